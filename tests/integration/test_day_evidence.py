"""
The evidence of a day read from the database as columns is what the plain evaluator says of the same rows, one by one.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from lazaretto.apps.command.queries import in_force
from lazaretto.apps.registry import actions as registry
from lazaretto.apps.rounds import actions
from lazaretto.apps.rounds.facts import Border
from lazaretto.apps.rounds.models import Excuse, Fact
from lazaretto.apps.rounds.queries import day_evidence, institution_of
from lazaretto.protocol import record
from lazaretto.protocol.clock import FOREVER, local
from lazaretto.protocol.evidence import evaluate
from tests.conftest import DAY, HOUR, ZONE, Small

PEOPLE = ("P1", "P2", "P3", "S1", "KIT", "W1", "W1-101")
MINUTE = 60_000


def claims(small: Small, seed: int) -> list[dict[str, str]]:
    """Return what was written down over four days: good, late, refused, repeated, corrected, void, and badly typed."""
    draw = Random(seed)
    found: list[dict[str, str]] = []
    for n in range(400):
        subject = draw.choice(PEOPLE)
        at = small.moment("00:00") + draw.randrange(-36 * 60, 50 * 60) * MINUTE
        row = {
            "id": f"f{n:03d}", "subject": subject, "outcome": draw.choice(("done",) * 8 + ("refused", "not_done")),
            "observation": "disinfection" if subject in PEOPLE[4:] else draw.choice(("temperature", "night_check")),
            "observed_at": local(ZONE, at).strftime("%Y-%m-%d %H:%M"), "by": draw.choice(("S1", "S2", "")),
            "source": draw.choice(("", "phone", "paper")), "reason": draw.choice(("", "asleep", "odd\x1eone", "od\x1fd")),
        }  # fmt: skip
        if row["observation"] == "temperature":
            row["value"] = f"{draw.choice((36.5, 37.2, 38.4)):.1f}"
        if found and draw.random() < 0.15:
            old = draw.choice(found)
            row |= {name: old[name] for name in ("observation", "subject")} | {"supersedes": old["id"]}
            row |= {"outcome": "void"} if draw.random() < 0.3 else {}
        found.append({"value": "36.6", **row} if row["observation"] == "temperature" else row)
    return found


def one_by_one(small: Small, as_of: int) -> tuple[record.Fact, ...]:
    known = Fact.objects.filter(facility=small.facility, recorded_at__lte=as_of)
    return tuple(
        record.Fact(
            f.id, f.observation, f.ref, f.observed_at, f.recorded_at, f.outcome,  # type: ignore[arg-type]
            f.reason, f.supersedes or None, f.source, f.value, f.by,
        )
        for f in known
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_the_database_says_what_the_plain_evaluator_says(make_facility: Callable[..., Small], seed: int) -> None:
    small = make_facility("YT", ("baseline", "facility-s1-drug-rehab", "facility-s0-prison", "baseline")[seed])
    facility, later = small.facility, small.moment("24:00", DAY + timedelta(days=1))
    small.bring(
        "standings",
        "subject,key,value,from,to\nP1,isolation_stage,one,2026-03-17 09:00,\nKIT,service,out,2026-03-17 13:00,2026-03-17 15:00",
    )
    small.bring("presence", "subject,place,from,to\nS1,W2,2026-03-18 08:00,2026-03-18 16:00")
    excuse = {"starts": small.moment("09:00"), "ends": small.moment("13:00"), "reason": "court", "by": ""}
    for scope, subject in (("subject", "person:P2"), ("place", "place:W2")):
        actions.excuse(facility=facility, item=Excuse(scope=scope, subject=subject, **excuse), by="t", at=small.at)
    said = claims(small, seed)
    for start, at in ((0, small.moment("12:00")), (200, small.at + 3 * HOUR), (300, later)):
        border = Border(facility, _document(small), later + 9 * HOUR)
        some = [border.admit(c) for c in said[start : start + (200 if start == 0 else 100)]]
        actions.record_facts(facility, some, by="t", at=at)
    for on in (DAY - timedelta(days=1), DAY, DAY + timedelta(days=1)):
        for as_of in (small.moment("11:30"), small.at, small.at + 5 * HOUR, later + HOUR):
            day = day_evidence(facility, on, as_of)
            wide = institution_of(facility, 0, FOREVER, facts=one_by_one(small, as_of), excuses=day.institution.excuses)
            plain = evaluate(wide, [p.phase() for p in day.in_force], on, as_of)
            assert day.evidence.slots == plain.slots
            assert dict(day.evidence.fates) == dict(plain.fates)
            assert day.evidence.conflicts == plain.conflicts
            assert sum(day.evidence.fate_counts.values()) == len(plain.fates)


def _document(small: Small) -> Any:
    return in_force(small.facility, small.at).resolved.document


def test_a_reading_is_found_by_its_value(small: Small) -> None:
    """Whoever had a reading at or over the threshold, also one that was corrected, comes with all readings."""
    rows = [("a", "P1", "36.9"), ("b", "P1", "38.4"), ("c", "P2", "37.2"), ("d", "P3", "39"), ("e", "P3", "36.5")]
    border = Border(small.facility, _document(small), small.at)
    base = {"observation": "temperature", "observed_at": "2026-03-17 08:00"}
    taken = [border.admit(base | {"id": id_, "subject": who, "value": value}) for id_, who, value in rows]
    taken.append(border.admit(base | {"id": "f", "subject": "P3", "value": "36.4", "supersedes": "d"}))
    actions.record_facts(small.facility, taken, by="t", at=small.at)
    day = day_evidence(small.facility, DAY, small.at)
    found = {f.id for f in day.facts.reaching("temperature", day.near, Decimal("37.3"))}
    assert found == {"a", "b", "d", "e", "f"}
    assert {f.id for f in day.facts.of("temperature", day.near)} == {"a", "b", "c", "d", "e", "f"}


def test_a_past_day_knows_the_unit_of_that_day(small: Small) -> None:
    """A person who moves to another unit the day after keeps the old one in the evidence of the day, not in the next."""
    person = small.facility.people.get(code="P1")
    before, other = person.unit.code, small.facility.groups.filter(kind="unit").exclude(pk=person.unit_id).first()
    assert other is not None
    moved_at = small.at + 3 * HOUR
    registry.set_unit(person=person, unit=other, starts=moved_at, by="t", at=moved_at)

    def unit_of(on: date) -> str:
        day = day_evidence(small.facility, on, moved_at + 24 * HOUR)
        return next(s.unit for s in day.institution.subjects if s.ref == "person:P1")

    assert (unit_of(DAY - timedelta(days=1)), unit_of(DAY)) == (before, before)
    assert unit_of(DAY + timedelta(days=1)) == other.code
