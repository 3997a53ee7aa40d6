"""A stored report in the words of its paper: every number is the document's own; only names and titles are looked up."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext

from lazaretto.apps.console.presenters import evidence, gaps, signing, verdict
from lazaretto.apps.console.presenters.contradictions import MOST, Speaker
from lazaretto.apps.console.presenters.month import period
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.papers.protocol import fours
from lazaretto.papers.report import Number, ReportPaper
from lazaretto.papers.table import Bar, Cell, Column, Table, Unknown
from lazaretto.web import figures
from lazaretto.web.dates import chinese, day_of_week, local, moment, ms_of
from lazaretto.web.words import state_word

NUMBERS = (("expected", ""), ("on_time", "●"), ("late", "▲"), ("missed", "■"), ("pending", "○"), ("excused", "–"))


def report_paper(
    document: Mapping[str, Any],
    *,
    own: bool,
    facility: str,
    words: Any,
    speaker: Speaker,
    units: Mapping[str, Any],
    digest: str = "",
    printed: str = "",
) -> ReportPaper:
    """
    Return the paper of a report. Without `digest` it is a draft; `printed` says on a draft who printed it and when.

    A signed one says nothing of its printing, so that everybody who prints it gets the same bytes.
    """
    zone, on = document["zone_time"], date.fromisoformat(document["on"])
    head = verdict.headline(document, is_signed=bool(digest))
    draft = "" if digest else gettext("DRAFT – not signed, unknown to everybody else")
    code = fours(digest[:16]) if digest else ""
    heading = gettext("%(day)s: day report") % {"day": full_day(on)}
    foot = (facility, heading, draft and gettext("draft"), code, printed)
    gap_tables = _named(document, words, speaker) if own else _counted(document, words, units)
    shared = (_contradictions(document, speaker), _counts(document, words), *_changes(document, words))
    return ReportPaper(
        language="zh" if chinese() else "en",
        on=on,
        facility=facility,
        title=heading,
        period=period(document, zone),
        form=_form(document, own),
        draft=draft,
        status=head["status"],
        verdict=head["word"],
        under=head["under"],
        numbers=tuple(_number(cell) for cell in verdict.cells(document)),
        tables=(_evidence(document, words), shared[0], gap_tables[0], *shared[1:], *_rules(document, words)),
        sheets=(_evidence(document, words), gap_tables[1], *shared, *_rules(document, words)),
        seal_title=gettext("Log checkpoint") if not digest else gettext("Signature and checkpoint"),
        seal=tuple(_seal(document, digest, code)),
        seal_note=_seal_note(signed=bool(digest)),
        code=code,
        code_label=gettext("proof code"),
        scan=_scan(document, digest) if digest else "",
        foot=" · ".join(part for part in foot if part),
    )


def full_day(on: date) -> str:
    return f"{on.year} 年 {day_of_week(on)}" if chinese() else f"{day_of_week(on)} {on.year}"


def _at(text: str, zone: str) -> str:
    return f"{local(ms_of(text), zone):%Y-%m-%d %H:%M}"


def _form(document: Mapping[str, Any], own: bool) -> str:
    form = gettext("Own form: with names, stays in the facility.") if own else gettext("Outgoing form: no names, small numbers hidden.")  # fmt: skip
    if not document["number"]:
        return form
    number = gettext("No. %(n)s") % {"n": document["number"]}
    if document["amends"]:
        number += " · " + gettext("amends no. %(n)s") % {"n": document["amends"]}
    return f"{number} · {form}"


def _number(cell: Mapping[str, str]) -> Number:
    """Return a number under the verdict; what no register collects is unknown on paper, as it is in the table of counts."""
    if cell["kind"] == "null":
        return Number(cell["label"], state_word("unknown"), cell["note"], "unknown")
    return Number(cell["label"], cell["value"], cell["note"], cell["kind"])


# -- tables ------------------------------------------------------------------------------------------------------------


def _evidence(document: Mapping[str, Any], words: Any) -> Table:
    signs = dict(NUMBERS)
    heads = {
        "expected": gettext("expected"), "on_time": gettext("on time"), "late": gettext("late"),
        "missed": gettext("missed"), "pending": gettext("pending"), "excused": gettext("excused"),
    }  # fmt: skip
    columns = (
        Column(gettext("Measure"), 46),
        *(Column(f"{signs[name]} {heads[name]}".strip(), 14, number=True) for name, _ in NUMBERS),
        Column("", 30),
        Column(gettext("coverage"), 16, number=True),
        Column(gettext("without a record"), 15, number=True),
    )
    rows = [
        (row["name"], *(row[name] for name, _ in NUMBERS), _bar(row), row["percent"], _silent(source))
        for row, source in zip(evidence.table(document, words.measures), document["measures"], strict=True)
    ]
    empty = gettext("The protocol in force asks for nothing on this day.")
    units = document["units"]
    note = evidence.facts_sentence(document) + (" " if not chinese() else "") + gettext(
        "%(a)s of %(b)s units that owed something sent a record."
    ) % {"a": units["reported"], "b": units["expected"]}  # fmt: skip
    return Table(gettext("Evidence"), columns, rows, note, empty)


def _bar(row: Mapping[str, Any]) -> Bar:
    if row["bar"] == "no_evidence":
        return Bar(said=gettext("no evidence"))
    if row["bar"] == "none":
        return Bar()
    names = ("on_time", "late", "missed", "pending", "excused")
    pieces = figures.segments(**{name: row[name] for name in names})
    return Bar(tuple((piece.state, round(piece.width / figures.BAR_WIDTH, 4)) for piece in pieces))


def _silent(row: Mapping[str, Any]) -> Cell:
    """Return how many gaps of a measure nobody said anything about; small numbers hide it in the outgoing form."""
    silent = [gap for gap in row["gaps"] if gap["reason"] in (None, "no_record")]
    if any(isinstance(gap.get("n"), dict) for gap in silent):
        return Unknown("< 5") if len(silent) == 1 else Unknown(gettext("hidden"))
    n = sum(int(gap.get("n", 1)) for gap in silent)
    return Unknown(figures.count(n)) if n else 0


def _contradictions(document: Mapping[str, Any], speaker: Speaker) -> Table:
    found = document["contradictions"]
    lines = [line for start in range(0, len(found), MOST) for line in speaker.lines(found[start : start + MOST])]
    columns = (Column(gettext("What does not fit"), 44), Column(gettext("What is known, and what settles it"), 130))
    title_ = gettext("Contradictions") + f" {figures.count(verdict.contradiction_count(document))}"
    rows = [(f"◆ {line['title']}", line["said"]) for line in lines]
    return Table(title_, columns, rows, empty=gettext("None found in what was recorded."))


def _named(document: Mapping[str, Any], words: Any, speaker: Speaker) -> tuple[Table, Table]:
    """Return the gaps by name: put together by measure, time and reason for the paper, one by one for the workbook."""
    zone, listed = document["zone_time"], gaps.listed(document)
    columns = (
        Column(gettext("Measure"), 40), Column(gettext("Due"), 24), Column(gettext("Known reason"), 26),
        Column(gettext("Who or where"), 40), Column(gettext("code"), 18),
    )  # fmt: skip
    order = {row["id"]: n for n, row in enumerate(document["measures"])}
    listed.sort(key=lambda gap: (order[gap["measure"]], gap["due"], str(gap["reason"] or ""), gap["subject"]))
    single: list[Sequence[Cell]] = []
    together: dict[tuple[str, str, str], list[str]] = {}
    for gap in listed:
        name, code = _called(gap["subject"], speaker.names)
        reason = gaps.reason_name(gap["reason"], words.reasons)
        measure = evidence.measure_name(gap["measure"], words.measures)
        due = moment(ms_of(gap["due"]), zone)
        single.append((measure, due, reason or Unknown(gettext("no record")), name, code))
        together.setdefault((measure, due, reason), []).append(f"{name} {code}" if name != code else name)
    n = sum(len(names) for names in together.values())
    heads = (*columns[:3], Column("n", 9, number=True), Column(gettext("Who or where"), 75))
    rows = [
        (measure, due, reason or Unknown(gettext("no record")), len(names), ("、" if chinese() else ", ").join(names))
        for (measure, due, reason), names in together.items()
    ]
    empty = gettext("No gaps.")
    titled = f"{gettext('Gaps')} {figures.count(n)}"
    return Table(titled, heads, rows, empty=empty), Table(titled, columns, single, empty=empty)


def _called(ref: str, names: Mapping[str, Any]) -> tuple[str, str]:
    known, code = names.get(ref), ref.partition(":")[2]
    return (in_language(known) if known else code), code


def _counted(document: Mapping[str, Any], words: Any, units: Mapping[str, Any]) -> tuple[Table, Table]:
    listed = gaps.listed(document)
    lines = gaps.unit_lines(listed, units=units, measures=words.measures, reasons=words.reasons)
    columns = (
        Column(gettext("Measure"), 60), Column(gettext("Unit"), 50), Column(gettext("Known reason"), 44),
        Column(gettext("Gaps"), 20, number=True),
    )  # fmt: skip
    rows = [
        (line["measure"], line["unit"], line["reason"] or Unknown(gettext("no record")), line["n"]) for line in lines
    ]
    note = gettext("< 5: one to four; the exact number stays in the facility.") if any(isinstance(g["n"], dict) for g in listed) else ""  # fmt: skip
    found = Table(gettext("Gaps"), columns, rows, note, gettext("No gaps."))
    return found, found


def _counts(document: Mapping[str, Any], words: Any) -> Table:
    """Return the counts with a column for each population. What is not known is said so, and why under the table."""
    counts = document["counts"]
    heads = [title(words.populations[code].title) if code in words.populations else code for code in counts]
    columns = (Column(gettext("Count"), 60), *(Column(head, 30, number=True) for head in heads))
    names = list(dict.fromkeys(name for row in counts.values() for name in row))
    rows = [(count_word(name), *(_count(counts[code].get(name)) for code in counts)) for name in names]
    said = dict.fromkeys(
        f"{count_word(name)}: {verdict.reason_words(value['reason'])}"
        for name in names
        for row in counts.values()
        if isinstance(value := row.get(name), dict) and value.get("reason") not in (None, "not_staff")
    )
    note = gettext("Unknown, and why – ") + ("；" if chinese() else "; ").join(said) + gettext(".") if said else ""
    return Table(gettext("Counts of people"), columns, rows, note, gettext("no people on file"))


def _count(value: Any) -> Cell:
    if isinstance(value, dict):
        if value.get("suppressed"):
            return Unknown("< 5")
        return "—" if value.get("reason") == "not_staff" else Unknown(state_word("unknown"))
    return value if isinstance(value, int) else Unknown(state_word("unknown"))


def count_word(name: str) -> str:
    words = {
        "present_start": gettext("Present at the start"),
        "admitted": gettext("Admitted"),
        "transferred_in": gettext("Transferred in"),
        "returned": gettext("Came back"),
        "released": gettext("Released"),
        "transferred_out": gettext("Transferred out"),
        "died": gettext("Died"),
        "away": gettext("Left for a while"),
        "present_end": gettext("Present at the end"),
        "fever_screened": gettext("Fever at first reading"),
        "fever_confirmed": gettext("Fever confirmed"),
        "suspected": gettext("Suspected cases"),
        "confirmed": gettext("Confirmed cases"),
        "in_isolation": gettext("In isolation (cases)"),
        "in_quarantine": gettext("In quarantine (exposed, admissions)"),
        "tests_taken": gettext("Tests taken"),
        "positives": gettext("Tests detected"),
        "staff_on_duty": gettext("Staff on duty"),
    }
    return words.get(name, name)


def _changes(document: Mapping[str, Any], words: Any) -> list[Table]:
    if not document["amends"]:
        return []
    columns = (
        Column(gettext("What differs"), 110),
        Column(gettext("before"), 32, number=True),
        Column(gettext("after"), 32, number=True),
    )
    lines = signing.change_lines(document.get("changes", ()), words.measures)
    rows = [(line["what"], line["before"], line["after"]) for line in lines]
    head = gettext("What this amendment changes in no. %(n)s") % {"n": document["amends"]}
    return [Table(head, columns, rows, empty=gettext("Only what is not said outside the facility differs."))]


def _rules(document: Mapping[str, Any], words: Any) -> list[Table]:
    zone = document["zone_time"]
    columns = (
        Column(gettext("Protocol and level"), 50), Column(gettext("from"), 28), Column(gettext("to"), 28),
        Column(gettext("digest, or review due"), 68),
    )  # fmt: skip
    rows = [
        (line["id"], _at(line["from"], zone), _at(line["to"], zone), fours(line["digest"]))
        for line in document["protocol"]
    ]
    for line in document["level"]:
        known = words.levels.get(line["level"])
        review = _at(line["review_at"], zone) if line["review_at"] else gettext("the normal level; no review")
        name = title(known.title) if known else line["level"]
        rows.append(
            (gettext("Level: %(level)s") % {"level": name}, _at(line["from"], zone), _at(line["to"], zone), review)
        )
    return [Table(gettext("Rules in force"), columns, rows)]


# -- seal --------------------------------------------------------------------------------------------------------------


def _seal(document: Mapping[str, Any], digest: str, code: str) -> list[tuple[str, str]]:
    point, zone = document["checkpoint"], document["zone_time"]
    rows = [(gettext("as of"), f"{_at(document['as_of'], zone)} ({zone})")]
    if document["signed_by"]:
        rows.append((gettext("signed by"), document["signed_by"]))
    if digest:
        rows += [(gettext("proof code"), code), (gettext("digest of the report"), fours(digest))]
    if document.get("internal_digest"):
        rows.append((gettext("digest of the own form"), fours(document["internal_digest"])))
    entries = gettext("%(n)s entries of log %(log)s, epoch %(epoch)s") % {
        "n": figures.count(point["size"]), "log": fours(point["log"]), "epoch": point["epoch"],
    }  # fmt: skip
    return [*rows, (gettext("checkpoint"), entries), (gettext("tree root"), fours(point["root"])), (gettext("key"), fours(point["key_id"]))]  # fmt: skip


def _seal_note(*, signed: bool) -> str:
    if not signed:
        return gettext(
            "A draft has no code and no signature: it is what was computed at that moment, and nothing keeps it."
        )
    return gettext(
        "This is no electronic signature in the sense of the law, and no seal. The file .sig.json that comes with the PDF "
        "holds an Ed25519 signature of the facility's log key over these very bytes. To check it, without network or "
        "database: lazaretto report verify-paper FILE.pdf --signature FILE.pdf.sig.json --keys KEYS. On paper, compare "
        "code, root and key with those that a superior holds."
    )


def _scan(document: Mapping[str, Any], digest: str) -> str:
    """Return what the square says: code, root and key, in the capitals that keep it small."""
    point = document["checkpoint"]
    return ":".join(("LZ", digest[:16], point["root"], point["key_id"])).upper()
