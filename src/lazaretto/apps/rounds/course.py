"""A person's temperatures over some days, and the lines by which a reading is high."""

from collections.abc import Sequence
from decimal import Decimal
from statistics import median
from typing import NamedTuple

from lazaretto.apps.registry.models import Facility, Person
from lazaretto.apps.rounds.models import Fact
from lazaretto.protocol.fever import TEMPERATURE, rule_for
from lazaretto.protocol.record import Subject
from lazaretto.protocol.round import Round

#: With fewer readings than this nobody's usual temperature is known.
ENOUGH = 10


class Reading(NamedTuple):
    """One reading. `value` is None if none was taken: declined or not possible, and `reason` says why."""

    at: int
    value: Decimal | None
    outcome: str
    reason: str
    site: str


class Course(NamedTuple):
    """
    Readings in order of time. `screen` is the value from which a second reading is asked, None where the protocol has
    none; `usual` is the person's own median, None where too little is known.
    """

    readings: list[Reading]
    screen: Decimal | None
    usual: Decimal | None


def temperatures(facility: Facility, people: Sequence[Person], since: int, at: int, rounds: Sequence[Round]) -> Course:
    """Return the readings of a person, under whichever of his merged files they were taken, as corrected by `at`."""
    rows = Fact.objects.filter(
        facility=facility, subject_kind="person", subject__in=[p.code for p in people], observation=TEMPERATURE,
        observed_at__gte=since, observed_at__lt=at + 1, recorded_at__lte=at,
    )  # fmt: skip
    found = list(rows.order_by("observed_at", "id"))
    superseded = {f.supersedes for f in found if f.supersedes}
    readings = [
        Reading(f.observed_at, _number(f), f.outcome, f.reason, f.site)
        for f in found if f.id not in superseded and f.outcome != "void"
    ]  # fmt: skip
    one = people[0]
    rule = rule_for(Subject(f"person:{one.code}", "person", one.population, one.base), rounds)
    low = [r.value for r in readings if r.value is not None and (rule is None or r.value < rule.screen)]
    return Course(readings, rule.screen if rule else None, median(low) if len(low) >= ENOUGH else None)


def _number(fact: Fact) -> Decimal | None:
    try:
        return Decimal(fact.value) if fact.outcome == "done" and fact.value else None
    except ArithmeticError:
        return None
