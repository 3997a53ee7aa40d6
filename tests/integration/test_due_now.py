"""
What is due now in a place is what the day's evidence says of those who are there: on random institutions, with every form
of cadence, moves, corrections, excuses and changes of the protocol, and in a fixed number of queries.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.registry.models import Asset, Assignment, Facility, Group, Person, Place, Presence, Standing
from lazaretto.apps.rounds import due as due_module
from lazaretto.apps.rounds import queries
from lazaretto.apps.rounds.due import DueList, PersonRef, Post, Ward, due_now
from lazaretto.apps.rounds.expected import DAY_MS
from lazaretto.apps.rounds.models import Excuse, Fact
from lazaretto.apps.rounds.nearby import NothingThere
from lazaretto.protocol import record
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO, local_day
from lazaretto.protocol.evidence import day_bounds
from lazaretto.protocol.record import SlotResult
from lazaretto.protocol.selection import Selection
from tests.conftest import HOUR, Small
from tests.property.worlds import World, world

WORLDS = int(os.environ.get("LAZARETTO_WORLDS", "24")) // 3
MINUTE = 60_000


@dataclass
class InForce:
    """A phase of a random world as the database would hand it out."""

    start: int
    end: int
    made: record.Phase

    resolved = SimpleNamespace(document=None)

    def phase(self) -> record.Phase:
        return self.made


def _open(ms: int) -> int | None:
    return None if ms in (FOREVER, FOREVER_AGO) else ms


def stored(made: World, small: Small, monkeypatch: pytest.MonkeyPatch) -> Facility:
    """Write a random world into the database; its timeline stands in for what was adopted."""
    from lazaretto.apps.accounts import actions as accounts
    from lazaretto.apps.registry import actions as registry

    place = made.institution
    own = accounts.create_organisation(code="F", kind="facility", name_zh="云汀", by="t", at=small.at)
    facility = registry.create_facility(organisation=own, zone=place.zone, by="t", at=small.at)
    places: dict[str, Place] = {}
    for ref, node in place.places.items():
        parent = places[node.parent] if node.parent else None
        places[ref] = Place.objects.create(facility=facility, code=ref[6:], kind=node.kind, parent=parent)
        _standings(facility, node.standings, place=places[ref])
    for subject in place.subjects:
        kind, _, code = subject.ref.partition(":")
        where = places[subject.place] if subject.place else None
        if kind == "asset":
            Asset.objects.create(facility=facility, code=code, kind="camera", place=where)
        elif kind == "group":
            Group.objects.create(facility=facility, code=code)
        elif kind == "person":
            _person(facility, subject, places)
    _facts(facility, place.facts)
    Excuse.objects.bulk_create(
        Excuse(facility=facility, scope=e.scope, subject=e.subject or "", measure=e.measure or "", starts=e.start,
               ends=e.end, reason=f"{e.reason}-{n}", by="S1", recorded_at=e.recorded_at, withdrawn_at=_open(e.withdrawn_at))
        for n, e in enumerate(place.excuses)
    )  # fmt: skip
    phases = [InForce(p.start, p.end, p) for p in made.timeline]
    for module in (due_module, queries):
        monkeypatch.setattr(module, "timeline", lambda facility, at: phases)
    return facility


def _standings(facility: Facility, standings: Iterable[record.Standing], **of: Any) -> None:
    Standing.objects.bulk_create(
        Standing(
            facility=facility, key=s.key, value=s.value, slot=str(n), starts=_open(s.start), ends=_open(s.end), **of
        )
        for n, s in enumerate(standings)
    )


def _person(facility: Facility, subject: record.Subject, places: dict[str, Place]) -> None:
    code = subject.ref.partition(":")[2]
    person = Person.objects.create(facility=facility, code=code, population=subject.population, base=subject.base)
    _standings(facility, subject.standings, person=person)
    Presence.objects.bulk_create(
        Presence(facility=facility, person=person, place=places[s.place], starts=s.start, ends=_open(s.end))
        for s in subject.stays
    )
    Assignment.objects.bulk_create(
        Assignment(
            facility=facility, person=person, kind=a.kind, key=f"{a.key}-{n}", starts=_open(a.start), ends=_open(a.end)
        )
        for n, a in enumerate(subject.assignments)
    )


def _facts(facility: Facility, facts: Iterable[record.Fact]) -> None:
    known = {f.id: f for f in facts}
    if known:
        entry = journal.append(facility.log, "facts_recorded", leaf="0" * 64, n=0, by="t", at=1)
        Fact.objects.bulk_create(
            Fact(facility=facility, id=f.id, observation=f.observation, subject_kind=f.subject.partition(":")[0],
                 subject=f.subject.partition(":")[2], observed_at=f.observed_at, recorded_at=f.recorded_at,
                 outcome=f.outcome, reason=f.reason, supersedes=f.supersedes or "", source=f.source, by=f.by,
                 value=f.value, salt=b"s" * 32, entry=entry)
            for f in known.values()
        )  # fmt: skip


def flat(found: DueList) -> set[tuple[Any, ...]]:
    """Return a list as the evidence says it: what is not open yet is pending, and no count or random time names an end."""
    return {
        (g.round.id, line.subject, g.due, g.opens, g.grace_until, "pending" if line.state == "upcoming" else line.state,
         None if g.counts else line.fact or None, line.reason)
        for g in found.groups for line in g.lines
    }  # fmt: skip


def same(slot: SlotResult) -> tuple[Any, ...]:
    return (
        slot.measure, slot.subject, slot.due, slot.opens, slot.grace_until, slot.state, slot.fact, slot.reason
    )  # fmt: skip


def expected(facility: Facility, at: int, place: str, *, back: int, ahead: int, far: int) -> set[tuple[Any, ...]]:
    """Return the same from the evidence of every day that can have such a slot, for those who are in a place then."""
    found = set()
    zone = facility.zone
    first, last = local_day(zone, at - back - far * DAY_MS), local_day(zone, at + ahead + (far + 2) * DAY_MS)
    for n in range((last - first).days + 1):
        day = queries.day_evidence(facility, first + timedelta(days=n), at)
        subjects = {s.ref: s for s in day.institution.subjects}
        selection = Selection(day.institution)
        counted = {r.id for p in day.in_force for r in p.phase().measures if r.pace.count}
        for slot in day.evidence.slots:
            counts = slot.measure in counted and slot.fact is None and slot.due == slot.closes == slot.grace_until
            lately = at - back < slot.due <= (at if counts else at + ahead)
            if not (lately or slot.opens <= at < slot.closes):
                continue
            if is_in(selection, subjects[slot.subject], slot, place, counts=counts):
                found.add(same(slot))
    return found


def is_in(selection: Selection, subject: record.Subject, slot: SlotResult, place: str, *, counts: bool) -> bool:
    """Say whether a subject is in a place when its slot is due; who came later in it is where he came first."""
    top = f"place:{place}"
    nowhere_counts = selection._places[top].parent is None
    if subject.kind in ("group", "facility"):
        return nowhere_counts
    where = selection.place_of(subject, slot.due - 1 if counts else slot.due)
    if where is None and subject.kind == "person":
        start = slot.opens if counts else slot.due
        end = slot.due if counts else slot.grace_until
        where = next((s.place for s in subject.stays if s.start < max(end, start + 1) and s.end > start), None)
    return nowhere_counts if where is None else top in selection.chain(where)


@pytest.mark.parametrize("seed", range(WORLDS))
def test_random_institutions(small: Small, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    made = world(seed * 7919)
    facility = stored(made, small, monkeypatch)
    draw = Random(seed)
    start, _ = day_bounds(made.timeline, facility.zone, made.day)
    longest = (
        max(_longest(r) for p in made.timeline for r in p.measures) if any(p.measures for p in made.timeline) else 1
    )
    for at in (made.as_of, start + draw.randrange(30 * 60) * MINUTE):
        for code in draw.sample([p[6:] for p in made.institution.places], 2):
            back, ahead = draw.choice(((DAY_MS, 4 * HOUR), (30 * HOUR, 26 * HOUR)))
            found = due_now(facility, Ward(code), at, back=back, ahead=ahead)
            wanted = expected(facility, at, code, back=back, ahead=ahead, far=longest + 1)
            assert flat(found) == wanted, (seed, code, at)
            counted = due_now(facility, Ward(code), at, back=back, ahead=ahead, done=False)
            assert counted.tally == found.tally
            assert flat(counted) == {row for row in wanted if row[5] != "on_time"}
            assert sum(len(g.lines) for g in found.groups) == len(flat(found))


def _longest(round_: Any) -> int:
    values = [round_, *(round_.under(frozenset(p.where.items())) for p in round_.standings)]
    return max(
        max(v.pace.every.days if v.pace.every else 1, v.pace.count.within.days if v.pace.count else 1, 1)
        for v in values
    )


# -- posts, people, and what is not shown --------------------------------------------------------------------------


def states(found: DueList, measure: str = "temperature.residents") -> list[tuple[str, str, str]]:
    zone = "Asia/Shanghai"
    from lazaretto.protocol.clock import local

    return [
        (f"{local(zone, g.due):%H:%M}", line.subject.partition(":")[2], line.state)
        for g in found.groups if g.round.id == measure for line in g.lines
    ]  # fmt: skip


@pytest.fixture
def outbreak(small: Small) -> Small:
    """Four temperatures a day from 06:00 to 22:00: slots at 06:00, 10:00, 14:00 and 18:00."""
    from lazaretto.apps.command import actions as command

    start = small.moment("00:00")
    command.declare_level(facility=small.facility, level="outbreak", reason="t", by="test", at=start - HOUR)
    return small


def test_a_ward_at_noon(make_facility: Callable[..., Small]) -> None:
    """Done, late and missed before, due now, and next; P3 is in another wing and staff are not residents."""
    small = make_facility("YT", protocol="facility-s1-drug-rehab")
    at = small.at = small.moment("12:05")
    small.bring(
        "facts",
        """id,observation,subject,observed_at,value,outcome,reason
        a,temperature,P1,2026-03-17 08:05,36.5,,
        b,temperature,P2,2026-03-17 08:40,36.6,,
        c,temperature,P2,2026-03-17 10:01,,refused,declined
        d,temperature,P1,2026-03-17 12:01,36.9,,""",
    )
    found = due_now(small.facility, Ward("W1"), at, back=5 * HOUR, ahead=3 * HOUR)
    assert states(found) == [
        ("08:00", "P1", "on_time"), ("08:00", "P2", "late"), ("10:00", "P1", "missed"), ("10:00", "P2", "excused"),
        ("12:00", "P1", "on_time"), ("12:00", "P2", "pending"), ("14:00", "P1", "upcoming"), ("14:00", "P2", "upcoming"),
    ]  # fmt: skip
    late = next(g for g in found.groups if g.round.id == "temperature.residents").lines[1]
    assert (late.place, late.fact, late.value) == ("W1-102", "b", "36.6")
    before = due_now(small.facility, Ward("W1"), small.moment("11:00"), back=HOUR, ahead=0)
    assert {s for _, _, s in states(before)} == {"missed"}  # nothing was recorded by then


def test_a_person_wherever_he_is(outbreak: Small) -> None:
    """The slot of 10:00 is P1's own in either wing; each ward lists what fell due while he was there."""
    small = outbreak
    small.bring("presence", "subject,place,from,to\nP1,W1-101,2026-03-01 00:00,2026-03-17 09:00", name="out.csv")
    small.bring("presence", "subject,place,from,to\nP1,W2-201,2026-03-17 09:00,", name="in.csv")
    at = small.moment("12:00")
    mine = states(due_now(small.facility, PersonRef("P1"), at, back=8 * HOUR))
    there = {code: states(due_now(small.facility, Ward(code), at, back=8 * HOUR)) for code in ("W1", "W2")}
    assert [m for m in there["W1"] if m[1] == "P1"] == [m for m in mine if m[0] == "06:00"]
    assert [m for m in there["W2"] if m[1] == "P1"] == [m for m in mine if m[0] > "06:00"]
    assert len(mine) == 3


def test_a_post_has_what_it_owns(outbreak: Small) -> None:
    at = outbreak.moment("12:00")
    owned = due_now(outbreak.facility, Post("logistics"), at)
    assert {g.round.id for g in owned.groups} == {"disinfection.key_areas"}
    ward = due_now(outbreak.facility, Post("temperature.ward_officer.deputy", "W1"), at)
    assert {line.subject for g in ward.groups for line in g.lines} == {"person:P1", "person:P2"}
    with pytest.raises(NothingThere):
        due_now(outbreak.facility, Post("astronaut"), at)


@pytest.mark.parametrize("where", [Ward("NO"), PersonRef("NO"), Post("logistics", "NO")])
def test_what_is_not_there_is_said(small: Small, where: Any) -> None:
    with pytest.raises(NothingThere):
        due_now(small.facility, where, small.at)


def test_random_rounds_tell_nothing_before_they_are_due(make_facility: Callable[..., Small]) -> None:
    """At no minute of a day does the list name a draw that is to come, nor an end from which it could be guessed."""
    small = make_facility("YT", protocol="facility-s0-prison")
    small.bring("standings", "subject,key,value,from,to\nW1,class,video_scope,2026-03-01 00:00,")
    seen = set()
    for minute in range(0, 24 * 60, 37):
        at = small.moment("00:00") + minute * MINUTE
        for group in due_now(small.facility, Ward("SITE"), at).groups:
            if group.round.pace.random is not None:
                assert group.due <= at
                assert group.closes is None or group.closes <= at
                seen.add(group.due)
    assert len(seen) >= 2


# -- cost ----------------------------------------------------------------------------------------------------------


def test_as_many_queries_for_many_as_for_few(outbreak: Small) -> None:
    small = outbreak
    at = small.at

    def queries_for(where: Any) -> int:
        with CaptureQueriesContext(connection) as asked:
            due_now(small.facility, where, at)
        return len(asked)

    small.bring("facts", "id,observation,subject,observed_at,value\nx,temperature,P1,2026-03-17 06:05,36.5")
    few = {where: queries_for(where) for where in (Ward("W1"), PersonRef("P1"), Post("ward_officer", "W1"))}
    people = "\n".join(f"Q{n},prisoner" for n in range(300))
    small.bring("people", "code,population\n" + people, name="more.csv")
    small.bring(
        "presence", "subject,place,from\n" + "\n".join(f"Q{n},W1-101,2026-03-01" for n in range(300)), name="mp.csv"
    )
    rows = "\n".join(f"q{n},temperature,Q{n},2026-03-17 06:{n % 60:02d},36.5" for n in range(300))
    small.bring("facts", "id,observation,subject,observed_at,value\n" + rows, name="mf.csv")
    assert {where: queries_for(where) for where in few} == few
    assert max(few.values()) <= 16
