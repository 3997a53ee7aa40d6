"""What the protocol's page shows: at the level in force or another, filtered, with one value explained."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404

from lazaretto.apps.command.queries import InForce, as_override, protocol
from lazaretto.apps.console.presenters import protocol as words
from lazaretto.apps.console.presenters.why import why
from lazaretto.apps.console.queries import Asked
from lazaretto.papers import Stamp
from lazaretto.papers.protocol import NO_DATE
from lazaretto.protocol.resolve import Resolved, UnknownLevel, resolve
from lazaretto.protocol.text import Text
from lazaretto.web.dates import local

FILTERS = ("kind", "line", "tag", "q")


def at_level(found: InForce, level: str) -> Resolved:
    """
    Return the protocol in force as it holds at a level, under the flags and overrides that hold now.

    :raises Http404: if it has no such level.
    """
    if level in ("", found.resolved.level):
        return found.resolved
    held = [flag.flag for flag in found.flags]
    try:
        return resolve(protocol(found.document), level, held, [as_override(o) for o in found.overrides])
    except UnknownLevel:
        raise Http404 from None


def stamp(asked: Asked, found: InForce, shown: Resolved) -> Stamp:
    """Return what a paper says beside the protocol: the facility, and since when it is in force if it is."""
    organisation, start = asked.facility.organisation, local(found.start, asked.facility.zone)
    names = Text(
        organisation.name_zh or organisation.name_en or asked.facility.code,
        organisation.name_en or organisation.name_zh or asked.facility.code,
    )
    if shown.level != found.resolved.level:
        since = Text("此级别现未生效", "this level is not in force")
    elif found.start <= 0:
        since = Text("建立之初", "the beginning")
    else:
        since = Text(f"{start:%Y-%m-%d %H:%M}", f"{start:%Y-%m-%d %H:%M}")
    return Stamp(names, since, max(start.date(), NO_DATE))


def page(found: InForce, given: Mapping[str, str], zone: str) -> dict[str, Any]:
    """Return the context of the page. :raises Http404: if a level is asked for that the protocol does not have."""
    shown = at_level(found, given.get("level", ""))
    asked = {name: given.get(name, "").strip()[:100] for name in FILTERS}
    opened = given.get("why", "")[:300]
    level = "" if shown is found.resolved else shown.level
    link = words.Link({**asked, "level": level}, opened)
    lines = words.contents(words.measures(shown, asked, link))
    overrides = [as_override(o) for o in found.overrides]
    return {
        "head": words.head(found, shown, zone, link),
        "sentence": words.sentence(found, shown, zone),
        "lines": lines,
        "count": sum(len(line["measures"]) for line in lines),
        "choices": words.choices(shown, asked, link),
        "why": why(protocol(found.document), shown, overrides, opened, link.but()) if opened else None,
        "level_asked": level,
    } | words.sections(found, shown)
