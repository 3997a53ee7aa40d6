"""Sheets in words: what can be chosen, the paper, and the grid in which it is typed back."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.presenters.report_paper import full_day
from lazaretto.apps.rounds import transcription
from lazaretto.papers.sheet import SheetLine, SheetPaper
from lazaretto.protocol.document import Document, ObservationType
from lazaretto.protocol.text import Text
from lazaretto.web.dates import chinese, local
from lazaretto.web.figures import count
from lazaretto.web.traditional import written

UNITS = {"Cel": "°C", "/min": "/min", "%": "%"}

Box = tuple[int, int]
TimeOf = Callable[[int], str]


def say(text: Text) -> str:
    return written(text.zh) if chinese() else text.en


def grouped(code: str) -> str:
    """Return a sheet's code in two groups, as it is printed."""
    return f"{code[:4]} {code[4:]}"


class Names:
    """What subjects and places are called; a person whose name may not be read goes by the code."""

    def __init__(self, labels: Mapping[str, Any], hidden: Callable[[str], bool]) -> None:
        self.labels, self.hidden = labels, hidden

    def __call__(self, kind: str, code: str) -> str:
        known = self.labels.get(f"{kind}:{code}")
        if known is None or (known.base and self.hidden(known.base)):
            return code
        first, second = (known.name_zh, known.name_en) if chinese() else (known.name_en, known.name_zh)
        return str(first or second or code)


def measure_title(sheet: Any, document: Document) -> str:
    known = document.measure(sheet.measure)
    return title(known.title) if known else str(sheet.measure)


def where(sheet: Any, names: Names) -> str:
    if sheet.place:
        return names("place", sheet.place)
    return names("group", sheet.unit) if sheet.unit else gettext("the whole facility")


# -- on paper ----------------------------------------------------------------------------------------------------------


def paper(
    sheet: Any, rows: Sequence[Any], *, facility: str, document: Document, names: Names, time_of: TimeOf, by: str
) -> SheetPaper:
    """Return the sheet as it is printed; `by` is who made it."""
    type_ = document.observation(sheet.observation)
    at = f"{local(sheet.made_at, sheet.facility.zone):%Y-%m-%d %H:%M}"
    made = gettext("made by %(by)s, %(at)s") % {"by": by, "at": at}
    return SheetPaper(
        language="zh" if chinese() else "en",
        on=sheet.on,
        title=measure_title(sheet, document),
        facility=facility,
        where=where(sheet, names),
        day=full_day(sheet.on),
        code=sheet.code,
        columns=tuple(time_of(due) for due in sheet.columns),
        lines=tuple(
            SheetLine(
                row.number, names("place", row.place) if row.subject_kind != "place" else "",
                names(row.subject_kind, row.subject), row.subject, row.code, tuple(row.asked),
            )
            for row in rows
        ),
        unit=unit(type_),
        how=how_on_paper(type_),
        legend=legend(),
        reasons=tuple(reasons(sheet, document)),
        foot=" · ".join((facility, grouped(sheet.code), made)),
    )  # fmt: skip


def unit(type_: ObservationType | None) -> str:
    return UNITS.get(type_.ucum, "") if type_ is not None and type_.ucum else ""


def reasons(sheet: Any, document: Document) -> list[str]:
    """Return the reasons in the order of the numbers that the sheet gave them."""
    known = {reason.id: title(reason.title) for reason in document.reasons}
    return [known.get(code, code) for code in sheet.reasons]


def legend() -> str:
    return gettext(
        "R refused, U unable: always with a reason or its number, as R6. – not done. Hatched: not owed then."
    )


def how_on_paper(type_: ObservationType | None) -> str:
    if type_ is None or type_.value == "none":
        return gettext("Time: only if it was not the printed one. Result: a tick if it was done.")
    return gettext("Time: only if it was not the printed one. Result: the value.")


def how_on_screen(type_: ObservationType | None) -> str:
    """Return what stands under the boxes: how a value is typed fast, and what is asked about."""
    if type_ is None or type_.value == "none":
        return gettext("1 if it was done. Enter or an arrow moves on.")
    if type_.ucum == "Cel":
        return gettext(
            "371, 37.1, 71 and 7 1 are all 37.1. Two digits that begin with 3 or 4 can mean two things and are asked about. "
            "Enter or an arrow moves on."
        )
    return gettext("The value as written. Enter or an arrow moves on.")


# -- choosing ----------------------------------------------------------------------------------------------------------


def listed(sheets: Sequence[Any], document: Document, zone: str) -> list[dict[str, Any]]:
    """Return sheets for a list. Places go by their code here, which costs no look-up."""
    return [
        {
            "code": sheet.code,
            "shown": grouped(sheet.code),
            "measure": measure_title(sheet, document),
            "where": sheet.place or sheet.unit or gettext("the whole facility"),
            "on": f"{sheet.on:%m-%d}",
            "made": f"{local(sheet.made_at, zone):%m-%d %H:%M}",
        }
        for sheet in sheets
    ]


def choices(items: Sequence[tuple[str, str, str]], kind: str, chosen: str) -> list[dict[str, Any]]:
    """Return options for places or units; the value says which of the two."""
    return [
        {
            "value": f"{kind}:{code}",
            "name": zh if chinese() else en,
            "code": code,
            "selected": chosen == f"{kind}:{code}",
        }
        for code, zh, en in items
    ]


def times(dues: Mapping[int, int], time_of: TimeOf) -> list[dict[str, Any]]:
    return [
        {
            "value": due,
            "time": time_of(due),
            "asked": ngettext("%(n)s asked", "%(n)s asked", n) % {"n": count(n)},
        }
        for due, n in dues.items()
    ]


# -- typing back -------------------------------------------------------------------------------------------------------


def grid(
    sheet: Any,
    rows: Sequence[Any],
    *,
    on_file: Mapping[Box, Any],
    typed: Mapping[Box, Any],
    outcome: Any,
    names: Names,
    time_of: TimeOf,
) -> list[dict[str, Any]]:
    """
    Return the lines of the grid. A box shows what was typed, else what is on file; beside what was entered before
    stands what that is, once it differs.
    """
    errors = outcome.errors if outcome else {}
    differing = {(d.row.number, d.column): d for d in outcome.differing} if outcome else {}
    lines = []
    for row in rows:
        name = names(row.subject_kind, row.subject)
        line: dict[str, Any] = {
            "number": row.number,
            "code": row.code,
            "name": name,
            "subject": row.subject if row.subject != name else "",
            "place": names("place", row.place) if row.subject_kind != "place" else "",
            "cells": [],
        }
        for column, due in enumerate(sheet.columns):
            box = (row.number, column)
            fact, given = on_file.get(box), typed.get(box)
            value, time = _on_file(sheet, fact, due, time_of)
            error, difference = errors.get(box), differing.get(box)
            label = f"{name} {row.code} {time_of(due)}"
            line["cells"].append(
                {
                    "name": f"{row.number}-{column}",
                    "label": label,
                    "time_label": gettext("time, %(box)s") % {"box": label},
                    "value": given.value if given and given.value.strip() else value,
                    "time": given.time if given and given.time.strip() else time,
                    "asked": column in row.asked,
                    "kept": fact is not None and not difference and not error,
                    "error": say(error.message) if error else "",
                    "time_error": bool(error and error.column == "time"),
                    "before": _before(sheet, difference, time_of) if difference else "",
                    "column": column,
                    "due": time_of(due)[-5:],
                }
            )
        lines.append(line)
    return lines


def _on_file(sheet: Any, fact: Any, due: int, time_of: TimeOf) -> tuple[str, str]:
    if fact is None:
        return "", ""
    time = "" if fact.observed_at == due else f"{local(fact.observed_at, sheet.facility.zone):%H:%M}"
    return transcription.shown(fact, sheet.reasons), time


def _before(sheet: Any, difference: Any, time_of: TimeOf) -> str:
    """Return what is on file, with the time where that is what differs."""
    before, after = difference.before, difference.after
    said = transcription.shown(before, sheet.reasons)
    if before.observed_at != after.observed_at:
        said += f" {time_of(before.observed_at)}"
    return gettext("before: %(said)s") % {"said": said}


def saved(outcome: Any) -> list[tuple[str, str]]:
    """Return in sentences what was recorded, each with its tone."""
    said = []
    created, corrected = len(outcome.created), outcome.corrected
    if created:
        said.append(
            ("success", ngettext("%(n)s box recorded.", "%(n)s boxes recorded.", created) % {"n": count(created)})
        )
    if corrected:
        words = ngettext("%(n)s corrected; the earlier entry stays on file.", "%(n)s corrected; the earlier entries stay on file.", corrected)  # fmt: skip
        said.append(("success", words % {"n": count(corrected)}))
    if not created and not corrected:
        said.append(("info", gettext("Nothing new: what is typed is already on file.") if outcome.same else gettext("Nothing was typed.")))  # fmt: skip
    return said


def open_points(outcome: Any) -> list[str]:
    """Return in sentences what stands in the way of the rest."""
    said = []
    if outcome.by_error:
        said.append(gettext("Nothing is recorded yet: %(why)s") % {"why": say(outcome.by_error.message)})
    if outcome.column_errors:
        said.append(gettext("Nothing is recorded yet: a time over a column cannot be read."))
    n = len(outcome.errors)
    if n:
        said.append(ngettext("%(n)s box needs a look; it is marked, and what you typed stays.", "%(n)s boxes need a look; they are marked, and what you typed stays.", n) % {"n": count(n)})  # fmt: skip
    return said


def differs(outcome: Any) -> str:
    n = len(outcome.differing)
    return ngettext("%(n)s box differs from what was entered before.", "%(n)s boxes differ from what was entered before.", n) % {"n": count(n)}  # fmt: skip


def fevers(n: int, threshold: str) -> str:
    """Return what to do about readings at or over the threshold that were just recorded."""
    text = ngettext(
        "%(n)s reading of %(threshold)s °C or more: measure again with a contact thermometer, apart from others.",
        "%(n)s readings of %(threshold)s °C or more: measure again with a contact thermometer, apart from others.", n,
    )  # fmt: skip
    return text % {"n": count(n), "threshold": threshold}
