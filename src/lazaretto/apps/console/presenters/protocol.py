"""The protocol in force as a document that people read."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import get_language, gettext

from lazaretto.apps.console.presenters.cadence import duration, how_often, night, window
from lazaretto.apps.console.presenters.places import title
from lazaretto.protocol.cadence import Cadence
from lazaretto.web.dates import chinese, day_of_week, local, moment
from lazaretto.web.words import role_word

LINES = ("import", "internal", "export", "welfare")


def line_word(line: str) -> str:
    words = {
        "import": gettext("Against bringing in"),
        "internal": gettext("Against spreading inside"),
        "export": gettext("Against carrying out"),
        "welfare": gettext("What people are owed"),
    }
    return words.get(line, line)


def contents(resolved: Any) -> list[dict[str, Any]]:
    """Return the measures by line of defence, in the order of the document."""
    return [
        {
            "name": line_word(line),
            "measures": [measure(m, resolved.document) for m in resolved.measures if m.line == line],
        }
        for line in LINES
        if any(m.line == line for m in resolved.measures)
    ]


def measure(m: Any, document: Any) -> dict[str, Any]:
    residents = _residents(m, document)
    return {
        "id": m.id,
        "title": title(m.title),
        "observation": _observation(m, document),
        "who": who(m, document),
        "often": how_often(m.cadence),
        "window": window(m.cadence),
        "night": night(m.cadence, residents=residents),
        "exceptions": [_exception(s) for s in m.standings],
        "thresholds": _thresholds(m),
        "complete": _complete(m),
        "owner": role_word(m.owner) if m.owner else "—",
        "checker": role_word(m.checker) if m.checker else "—",
        "sources": [s.words.in_(get_language() or "zh") for s in m.source],
        "assumption": title(m.assumption) if m.assumption else "",
    }


def _residents(m: Any, document: Any) -> bool:
    base = {p.id: p.base for p in document.populations}
    codes = [code for s in m.applies_to for code in s.populations]
    return m.subject == "person" and bool(codes) and all(base.get(c, c) == "resident" for c in codes)


def _observation(m: Any, document: Any) -> str:
    known = document.observation(m.observation)
    return title(known.title) if known else m.observation


def base_word(base: str) -> str:
    words = {
        "resident": gettext("residents"),
        "staff_member": gettext("staff"),
        "contractor": gettext("contractors"),
        "visitor": gettext("visitors"),
        "legal_visitor": gettext("legal visitors"),
        "supervisee": gettext("people under supervision"),
        "student": gettext("students"),
    }
    return words.get(base, base)


def kind_word(kind: str) -> str:
    words = {
        "person": gettext("people"),
        "place": gettext("places"),
        "asset": gettext("devices and vehicles"),
        "group": gettext("groups"),
        "facility": gettext("the facility"),
        "key_area": gettext("key areas"),
        "wing": gettext("wings"),
        "floor": gettext("floors"),
        "cell": gettext("cells"),
        "room": gettext("rooms"),
    }
    return words.get(kind, kind)


def who(m: Any, document: Any) -> str:
    """Return on whom or on which places the measure is owed; several selectors are joined by `or`."""
    said = gettext(" or ").join(_selector(s, m.subject, document) for s in m.applies_to)
    notes = []
    if m.occupied:
        notes.append(gettext("only with somebody inside"))
    if m.covers == "below":
        notes.append(gettext("what is done on a place counts for the places in it"))
    if m.presence == "assigned":
        notes.append(gettext("by assignment, also off duty"))
    elif m.subject == "person":
        notes.append(gettext("while present"))
    return said + (_aside(notes) if notes else "")


def _aside(notes: Iterable[str]) -> str:
    return f"（{'；'.join(notes)}）" if chinese() else f" ({'; '.join(notes)})"


def _selector(s: Any, subject: str, document: Any) -> str:
    comma = "、" if chinese() else ", "
    found = [_population(code, document) for code in s.populations]
    text = comma.join(found) if found else kind_word(subject)
    for values in (s.places.kinds, s.places.classes):
        if values:
            places = comma.join(kind_word(v) for v in values)
            text = places if subject == "place" else gettext("%(who)s in %(places)s") % {"who": text, "places": places}
    if s.places.within:
        text = gettext("%(who)s within %(places)s") % {"who": text, "places": comma.join(s.places.within)}
    return text


def _population(code: str, document: Any) -> str:
    known = document.population(code)
    return title(known.title) if known else base_word(code)


def _exception(standing: Any) -> str:
    """Return what holds for subjects with a standing, from the patch as it was written."""
    where = (", ").join(f"{k}" if v == "*" else f"{k} = {v}" for k, v in standing.where.items())
    parts = []
    for name, value in standing.set.items():
        parts.append(how_often(Cadence.model_validate(value)) if name == "cadence" else f"{name} = {value}")
    return gettext("with %(standing)s: %(values)s") % {"standing": where, "values": "; ".join(parts)}


def _thresholds(m: Any) -> str:
    if m.screen_threshold is None:
        return ""
    said = gettext("from %(screen)s °C on a second reading is owed") % {"screen": m.screen_threshold}
    if m.confirm_threshold is not None:
        said += gettext("; from %(confirm)s °C in it the fever is confirmed") % {"confirm": m.confirm_threshold}
    return said


def _complete(m: Any) -> str:
    if not m.required:
        return gettext("does not decide whether a day is complete")
    if m.complete_at == 1:
        return gettext("a day is complete only with all of them")
    return gettext("a day is complete from %(share)s%% on") % {"share": f"{m.complete_at * 100:.1f}".removesuffix(".0")}


def head(found: Any, zone: str) -> dict[str, Any]:
    """Return title, version, level and since when, of what is in force."""
    document = found.resolved.document
    level = next(item for item in document.levels if item.id == found.resolved.level)
    review = found.declaration.review_at if found.declaration else None
    return {
        "title": title(document.title),
        "version": document.version,
        "id": document.id,
        "since": moment(found.start, zone) if found.start > 0 else gettext("the beginning"),
        "level": title(level.title),
        "normal": level.normal,
        "review": day_of_week(local(review, zone).date()) if review else "",
        "digest": found.resolved.digest,
        "day_ends": document.day_ends,
        "sources": [s.words.in_(get_language() or "zh") for s in document.source],
        "levels": [_level(item, found.resolved.level) for item in document.levels],
    }


def _level(level: Any, current: str) -> dict[str, Any]:
    return {
        "name": title(level.title),
        "current": level.id == current,
        "review": ""
        if level.normal
        else gettext("reviewed every %(span)s") % {"span": duration(level.review.nominal_ms)},
        "entry": [title(a) for a in level.entry_actions],
        "exit": [title(c) for c in level.exit_criteria],
    }


def sentence(found: Any, zone: str) -> str:
    text = gettext("%(n)s measures in force since %(since)s, at level %(level)s.")
    said = head(found, zone)
    return text % {"n": len(found.resolved.measures), "since": said["since"], "level": said["level"]}


def by_id(items: Iterable[Any]) -> Mapping[str, Any]:
    return {item.id: item for item in items}
