"""What other apps know of a person, beside the file: readings, today's duties, tests, courses, alerts, papers."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, NamedTuple

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import InForce, NoProtocol, in_force
from lazaretto.apps.console.presenters import person_parts as words
from lazaretto.apps.console.presenters.person import roles_with
from lazaretto.apps.console.presenters.readings import Chart, days_here
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.isolation.courses import courses, episodes_of
from lazaretto.apps.isolation.models import Episode
from lazaretto.apps.laboratory.queries import orders
from lazaretto.apps.registry.models import Person
from lazaretto.apps.rounds.course import temperatures
from lazaretto.apps.rounds.due import PersonRef, due_now
from lazaretto.apps.rounds.models import FeverEpisode
from lazaretto.apps.rounds.nearby import NothingThere
from lazaretto.apps.rounds.owed import actions_owed
from lazaretto.protocol.clock import instant

_P = Permission
DAYS = 14


class Parts(NamedTuple):
    """The parts for a template, and the sensitive fields that are in them, to be recorded as looked at."""

    said: dict[str, Any]
    shown: list[str]


def force_at(asked: Asked, now: int) -> InForce | None:
    """Return what is in force, None before the first adoption."""
    try:
        return in_force(asked.facility, now)
    except NoProtocol:
        return None


def parts(
    asked: Asked, person: Person, file: Any, shown: Collection[Permission], now: int, force: InForce | None
) -> Parts:
    """
    Return the parts that somebody may see. `shown` are the permissions in use: health information is among them for
    clinicians, and for others once they asked with a reason. Values are read by those who enter readings, too.
    """
    may = asked.may
    own = [person, *file.merged]
    values, health = _P.FACT_RECORD in may or _P.HEALTH_READ in shown, _P.HEALTH_READ in shown
    seen: list[str] = []
    said: dict[str, Any] = {
        "readings": _readings(asked, own, file, now, seen, force)
        if values
        else _hidden(_P.FACT_RECORD, _P.HEALTH_READ),
        "duties": _duties(asked, person, now) if may & {_P.FACT_RECORD, _P.REPORT_READ} else _hidden(_P.REPORT_READ),
        "tests": _tests(asked, own, seen) if health else _hidden(_P.HEALTH_READ, asks=_P.HEALTH_READ in may),
        "courses": _courses(asked, own, now, seen) if _P.ISOLATION_READ in may else _hidden(_P.ISOLATION_READ),
        "alerts": _alerts(asked, own, now, seen) if values else _hidden(_P.FACT_RECORD, _P.HEALTH_READ),
    }
    said["papers"] = words.papers(asked, person, said["courses"].get("rows", []))
    return Parts(said, seen)


def _hidden(*needed: Permission, asks: bool = False) -> dict[str, Any]:
    """What a role does not see, and who does; `asks` is set where it does after giving a reason."""
    return {"hidden": True, "asks": asks, "who": roles_with(needed[-1])}


def _readings(
    asked: Asked, own: list[Person], file: Any, now: int, seen: list[str], force: InForce | None
) -> dict[str, Any]:
    here, today = asked.facility, asked.today
    first = today - timedelta(days=DAYS - 1)
    rounds = force.resolved.measures if force else ()
    course = temperatures(here, own, instant(here.zone, first, 0), now, list(rounds))
    if course.readings:
        seen.append("facts")
    chart = Chart(course, here.zone, today, DAYS, days_here(file.stays, here.zone, first, today, now))
    return {"hidden": False, "chart": chart.drawn(), "rows": chart.rows(), "any": bool(course.readings)}


def _duties(asked: Asked, person: Person, now: int) -> dict[str, Any]:
    """Return what is owed of or to a person between midnight and the next hours."""
    start = instant(asked.facility.zone, asked.today, 0)
    try:
        found = due_now(asked.facility, PersonRef(person.code), now, back=max(now - start, 1))
    except (NoProtocol, NothingThere):
        return {"hidden": False, "rows": []}
    return {"hidden": False, "rows": words.duties(found, asked.facility.zone, values=_P.FACT_RECORD in asked.may)}


def _tests(asked: Asked, own: list[Person], seen: list[str]) -> dict[str, Any]:
    found = [order for some in orders(asked.facility, [p.pk for p in own]).values() for order in some]
    if found:
        seen.append("tests")
    return {"hidden": False, "rows": words.tests(found, asked.facility.zone, asked.today)}


def _courses(asked: Asked, own: list[Person], now: int, seen: list[str]) -> dict[str, Any]:
    rows: Any = Episode.objects.none()
    for one in own:
        rows = rows | episodes_of(one)
    found = courses(asked.facility, now, rows)
    seen += sorted({"isolation" if c.episode.is_isolation else "quarantine" for c in found})
    return {"hidden": False, "rows": words.courses(found, asked.facility)}


def _alerts(asked: Asked, own: list[Person], now: int, seen: list[str]) -> dict[str, Any]:
    here, codes = asked.facility, [p.code for p in own]
    fevers = list(FeverEpisode.objects.filter(facility=here, subject__in=codes).order_by("-first_at")[:10])
    owed = actions_owed(here, {f"person:{code}": "" for code in codes}, now)
    if fevers and "facts" not in seen:
        seen.append("facts")
    return {"hidden": False, "rows": words.alerts(fevers, owed, here, now)}
