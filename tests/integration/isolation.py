"""A facility with rooms of three types, and short ways to order, place and test people in it."""

from datetime import date, timedelta
from typing import Any

from lazaretto.apps.isolation import deciding, opening, placing
from lazaretto.apps.isolation.models import Episode, Placement
from lazaretto.apps.laboratory import actions as laboratory
from lazaretto.apps.laboratory.models import Order
from lazaretto.apps.registry import actions as registry
from lazaretto.apps.registry.models import Person, Place
from tests.conftest import DAY, ZONE, Small

DAY_MS = 86_400_000
ROOMS = """
code,parent,kind,name_zh,name_en,capacity,key_area
ISO,SITE,zone,隔离区,Isolation zone,,
F1,ISO,cell,发热 1,Fever 1,1,
F2,ISO,cell,发热 2,Fever 2,1,
C1,ISO,cell,密接 1,Contact 1,1,
C2,ISO,cell,密接 2,Contact 2,1,
T1,ISO,cell,过渡 1,Intake 1,3,
T2,ISO,cell,过渡 2,Intake 2,3,
X1,SITE,segregation_cell,禁闭,Segregation,1,
"""


def furnish(small: Small, types: dict[str, str] | None = None) -> Small:
    """Add the rooms; `types` says of which type each is."""
    account = small.bring("places", ROOMS, name="rooms.csv")
    assert not account.failures, account.failures
    kinds = types or {"F1": "isolation", "F2": "isolation", "C1": "quarantine", "C2": "quarantine"}
    for code, type_ in kinds.items():
        registry.set_standing(
            subject=place(small, code),
            key="class",
            value=type_,
            starts=small.start,
            source="test",
            by="t",
            at=small.start,
        )
    return small


def place(small: Small, code: str) -> Place:
    return Place.objects.get(facility=small.facility, code=code)


def person(small: Small, code: str) -> Person:
    return Person.objects.select_related("facility__log", "facility__organisation").get(
        facility=small.facility, code=code
    )


def ordered(small: Small, code: str, measure: str, *, at: int, by: str = "clin", **more: Any) -> Episode:
    return opening.open_episode(
        person(small, code), opening.Ordered(measure, more.pop("ground", "contact of a case"), **more), by=by, at=at
    )


def placed(small: Small, episode: Episode, room: str, *, at: int, signed: bool = False) -> Placement:
    """Plan and carry out at once, with both signatures if it is a hand-over."""
    plan = placing.plan_placement(episode, place=place(small, room), starts=at, by="ward", at=at)
    if signed:
        placing.sign(plan, side="sent", by="sender", at=at)
        placing.sign(plan, side="received", by="receiver", at=at)
    return placing.carry_out(plan, by="ward", at=at)


def sampled(small: Small, episode: Episode, at: int, result: str = "negative") -> None:
    """Take and report the first sample that is due and not taken."""
    order = next(
        o for o in Order.objects.filter(person=episode.person).order_by("due_at", "pk") if not o.specimens.exists()
    )
    specimen = laboratory.take(order=order, code=f"S{order.number}", taken_at=at, by="clin", at=at)
    laboratory.report(specimen=specimen, result=result, reported_at=at, by="lab", at=at)


def confirm_all(episode: Episode, at: int) -> None:
    from lazaretto.apps.isolation.courses import course_of

    stage = course_of(episode, at).stage
    assert stage is not None
    for item in stage.exit:
        deciding.confirm(episode, criterion=item.id, by="clin", at=at)


def days_later(n: float) -> int:
    from lazaretto.protocol.clock import instant

    return instant(ZONE, DAY, 10 * 60) + round(n * DAY_MS)


def release_on(small: Small, code: str, on: date) -> None:
    registry.set_legal_date(person=person(small, code), kind="release", on=on, by="t", at=small.start)


def day_eight(small: Small) -> Small:
    """Day 8: a fever in isolation, a contact in quarantine, one more who waits for a room."""
    furnish(small)
    release_on(small, "P2", DAY + timedelta(days=11))
    contact = ordered(small, "P2", "quarantine.contacts", at=days_later(0), exposures=(days_later(-1),))
    placed(small, contact, "C1", at=days_later(0.1))
    sampled(small, contact, days_later(1))
    ill = ordered(small, "P1", "isolation.fever", at=days_later(7), ground="38.4 twice")
    placed(small, ill, "F1", at=days_later(7.1))
    ordered(small, "P3", "quarantine.contacts", at=days_later(7.9), exposures=(days_later(6),))
    small.at = days_later(8)
    return small
