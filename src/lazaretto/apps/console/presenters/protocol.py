"""The protocol as a document that people read: what stands at its head, and each measure with its lines."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext

from lazaretto.apps.console.presenters.places import title
from lazaretto.protocol import kinds
from lazaretto.protocol.document import Document
from lazaretto.protocol.kinds import AnyMeasure
from lazaretto.protocol.resolve import Resolved
from lazaretto.protocol.wording.cadence import duration
from lazaretto.protocol.wording.describe import Line, changes, describe, grounds
from lazaretto.protocol.wording.describe.ceilings import ceiling_words
from lazaretto.protocol.wording.glossary import Glossary
from lazaretto.protocol.wording.who import LINES, line_of_defence
from lazaretto.web.dates import day_of_week, local, moment


def contents(measures: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return measures by line of defence, in the order of the document."""
    found = list(measures)
    return [
        {"id": line, "name": title(line_of_defence(line)), "measures": [m for m in found if m["line"] == line]}
        for line in LINES
        if any(m["line"] == line for m in found)
    ]


def measures(resolved: Resolved, asked: dict[str, str], link: "Link") -> Iterator[dict[str, Any]]:
    """Return the measures that fit a filter, in words; values of other levels come from the document itself."""
    words = Glossary(resolved.document)
    written = {m.id: m for m in resolved.document.measures}
    for m in resolved.everything:
        found = measure(m, written.get(m.id, m), words, link)
        if _fits(m, found, asked):
            yield found


def _fits(m: AnyMeasure, found: dict[str, Any], asked: dict[str, str]) -> bool:
    if asked["kind"] not in ("", m.kind) or asked["line"] not in ("", m.line):
        return False
    if asked["tag"] and asked["tag"] not in m.tags:
        return False
    text = asked["q"].casefold()
    return not text or text in found["text"].casefold()


def measure(m: AnyMeasure, written: AnyMeasure, words: Glossary, link: "Link") -> dict[str, Any]:
    """Return one measure; `written` is as the document has it, with its other levels."""
    own = [line for line in describe(m, words) if not line.path.startswith(("levels.", "when."))]
    other, why = changes(written, words), grounds(written, words)
    said = [title(m.title), m.id, *(f"{title(line.label)} {title(line.value)}" for line in (*own, *other, *why))]
    return {
        "id": m.id,
        "title": title(m.title),
        "kind": title(kinds.WORDS[m.kind]),
        "line": m.line,
        "line_name": title(line_of_defence(m.line)),
        "provisional": m.provisional,
        "inactive": not m.active,
        "red": m.waiver == "none",
        "unfilled": sum(not line.filled for line in own),
        "tags": [{"name": title(words.word(tag)), "href": link.but(tag=tag)} for tag in m.tags],
        "rows": rows(own, m.id, link),
        "changes": rows(other, m.id, link),
        "grounds": rows(why, m.id, link),
        "text": " ".join(said),
    }


def rows(lines: Sequence[Line], measure_id: str, link: "Link") -> list[dict[str, Any]]:
    """Return lines with what belongs to each of them below it."""
    found: list[dict[str, Any]] = []
    for line in lines:
        row = {
            "label": title(line.label),
            "value": title(line.value),
            "filled": line.filled,
            "href": link.why(measure_id, line.path) if line.path else "",
            "open": line.path != "" and link.opened == f"{measure_id}:{line.path}",
            "parts": [],
        }
        (found[-1]["parts"] if line.depth and found else found).append(row)
    return found


class Link:
    """Addresses of the page that keep what is filtered and which level is shown."""

    def __init__(self, given: dict[str, str], opened: str) -> None:
        self.given, self.opened = {k: v for k, v in given.items() if v}, opened

    def why(self, measure_id: str, path: str) -> str:
        """Return the address at which a value is explained, beside the measure."""
        return f"?{urlencode({**self.given, 'why': f'{measure_id}:{path}'}, safe=':')}#{measure_id}"

    def but(self, **changed: str) -> str:
        """Return the address with some of it changed, and nothing explained."""
        said = {k: v for k, v in (self.given | changed).items() if v}
        return f"?{urlencode(said)}" if said else "?"


def choices(resolved: Resolved, asked: dict[str, str], link: Link) -> dict[str, Any]:
    """Return what can be chosen: kinds, lines and tags that there are, and the levels."""
    words = Glossary(resolved.document)
    there = {m.kind for m in resolved.everything}
    tags = list(dict.fromkeys(tag for m in resolved.everything for tag in m.tags))
    return {
        "asked": asked,
        "kinds": [(kind, title(word)) for kind, word in kinds.WORDS.items() if kind in there],
        "lines": [
            (line, title(line_of_defence(line))) for line in LINES if any(m.line == line for m in resolved.everything)
        ],
        "tags": [(tag, title(words.word(tag))) for tag in tags],
        "filtered": any(asked[name] for name in ("kind", "line", "tag", "q")),
        "clear": link.but(kind="", line="", tag="", q=""),
    }


def head(found: Any, shown: Resolved, zone: str, link: Link) -> dict[str, Any]:
    """Return title, version, level and since when, of what is in force, and which level is shown."""
    document = shown.document
    names = {level.id: title(level.title) for level in document.levels}
    review = found.declaration.review_at if found.declaration else None
    current = found.resolved.level
    return {
        "title": title(document.title),
        "version": document.version,
        "id": document.id,
        "layer": title(Glossary(document).word(document.layer, "layer")),
        "since": moment(found.start, zone) if found.start > 0 else gettext("the beginning"),
        "level": names[current],
        "shown": names[shown.level],
        "other": shown.level != current,
        "normal": next(level.normal for level in document.levels if level.id == current),
        "review": day_of_week(local(review, zone).date()) if review else "",
        "digest": found.resolved.digest,
        "day_ends": document.day_ends,
        "sources": [title(s.words) for s in document.source],
        "note": title(document.note) if document.note else "",
        "levels": [_level(item, current, shown.level, link, document) for item in document.levels],
        "back": link.but(level=""),
    }


def _level(level: Any, current: str, shown: str, link: Link, document: Document) -> dict[str, Any]:
    words = Glossary(document)
    return {
        "id": level.id,
        "name": title(level.title),
        "current": level.id == current,
        "shown": level.id == shown,
        "href": link.but(level="" if level.id == current else level.id),
        "review": ""
        if level.normal
        else gettext("reviewed every %(span)s") % {"span": title(duration(level.review.nominal_ms))},
        "entry": [title(a) for a in level.entry_actions],
        "exit": [title(c) for c in level.exit_criteria],
        "decided_by": title(words.word(level.decided_by)) if level.decided_by else "",
        "government": [title(g) for g in level.government],
    }


def sentence(found: Any, shown: Resolved, zone: str) -> str:
    text = gettext("%(n)s measures in force since %(since)s, at level %(level)s. %(run)s of them are executed here.")
    since = moment(found.start, zone) if found.start > 0 else gettext("the beginning")
    level = next(item for item in found.resolved.document.levels if item.id == found.resolved.level)
    active = [m for m in found.resolved.everything if m.active]
    run = sum(not m.provisional for m in active)
    return text % {"n": len(active), "since": since, "level": title(level.title), "run": run}


def sections(found: Any, shown: Resolved) -> dict[str, Any]:
    """Return what stands in the document beside its measures."""
    document = shown.document
    held = {flag.flag for flag in found.flags}
    return {
        "deviations": [
            {
                "title": title(d.title),
                "row": d.row,
                "says": title(d.report_says),
                "adopted": title(d.adopted),
                "see": d.see,
            }
            for d in document.deviations
        ],
        "terms": [{"title": title(t.title), "row": t.row or "", "note": title(t.note)} for t in document.terms],
        "ceilings": [
            {
                "title": title(c.title),
                "said": title(ceiling_words(c, document)),
                "sources": [title(s.words) for s in c.source],
            }
            for c in document.ceilings
        ],
        "flags": [
            {"title": title(f.title), "held": f.id in held, "review": title(duration(f.review.nominal_ms))}
            for f in document.flags
        ],
    }
