"""
Random admissions, moves, absences, releases and corrections: presence never overlaps, the headcount closes, and what the
register says is what presence shows.
"""

from itertools import pairwise
from random import Random
from typing import Any

import pytest

from lazaretto.apps.registry import headcount, queries
from lazaretto.apps.registry.models import Movement, Person, Place, Presence
from lazaretto.apps.registry.movements import KINDS, Move, possible
from lazaretto.apps.registry.moving import courses, record_movement, record_movements, void_movement
from lazaretto.protocol.refusal import Refusal
from tests.conftest import HOUR, Small

PEOPLE, STEPS = 12, 120


def live(small: Small, draw: Random) -> dict[int, list[tuple[int, str, str | None]]]:
    """Let random things happen; return for each person the acts that were taken and not made void."""
    facility = small.facility
    cells = list(Place.objects.filter(facility=facility, kind="cell"))
    people = [
        Person.objects.create(facility=facility, code=f"Q{n:02d}", population="prisoner", base="resident")
        for n in range(PEOPLE)
    ]
    said: dict[int, list[tuple[int, str, str | None]]] = {p.pk: [] for p in people}
    now = small.moment("00:00")
    for _ in range(STEPS):
        now += draw.randrange(1, HOUR // 3)
        person = draw.choice(people)
        own = said[person.pk]
        if own and draw.random() < 0.12:
            last = Movement.objects.filter(person=person, voided_at=None).latest("number")
            void_movement(last, reason="slip", by="t", at=now)
            own.pop()
            continue
        kind = draw.choice(list(KINDS.values()))
        place = draw.choice(cells) if kind.needs_place else None
        move = Move(person, kind.id, now - draw.choice((0, 0, 0, 40_000)), place, reason="r")
        allowed = kind in possible(courses([person])[person.pk].whereabouts)
        try:
            record_movement(move, by="t", at=now)
            refused = ""
        except Refusal as refusal:
            refused = refusal.code
        assert refused in ("", "out_of_order", "same_place") if allowed else refused, (kind.id, refused)
        if not refused:
            own.append((move.occurred_at, kind.id, place.code if place else None))
    small.at = now + 1
    return said


def where(acts: list[tuple[int, str, str | None]], at: int) -> str | None:
    """Return in which cell somebody is by his acts alone, None if in none."""
    cell: str | None = None
    for moment, kind, place in acts:
        if moment <= at:
            cell = place if KINDS[kind].after == "inside" else None
    return cell


@pytest.mark.parametrize("seed", range(4))
def test_presence_is_what_the_register_says(small: Small, seed: int) -> None:
    draw = Random(seed)
    said = live(small, draw)
    moments = sorted(draw.randrange(small.moment("00:00"), small.at + HOUR) for _ in range(60))
    for pk, acts in said.items():
        stays = list(Presence.objects.filter(person=pk).order_by("starts").select_related("place"))
        for before, after in pairwise(stays):
            assert before.ends is not None
            assert before.ends <= (after.starts or 0), (seed, pk)
        for at in moments:
            there = [s.place.code for s in stays if s.start_ms <= at < s.end_ms]
            assert there == ([c] if (c := where(acts, at)) else []), (seed, pk, at)


@pytest.mark.parametrize("seed", range(4))
def test_the_headcount_closes_for_every_span_and_unit(small: Small, seed: int) -> None:
    draw = Random(1000 + seed)
    live(small, draw)
    edges = sorted(draw.sample(range(small.moment("00:00") - HOUR, small.at + HOUR), 8))
    spans = [(a, b) for i, a in enumerate(edges) for b in edges[i + 1 :]]
    for (start, end), lines in zip(spans, queries.headcounts(small.facility, spans), strict=True):
        for line in lines.values():
            assert line.closes, (seed, start, end, line)
        whole = headcount.total(lines.values())
        assert whole.closes
        counted = Presence.objects.filter(facility=small.facility, person__base="resident", starts__lt=end)
        assert whole.end == sum(p.end_ms >= end for p in counted), (seed, end)


@pytest.mark.parametrize("seed", range(2))
def test_movements_given_together_are_those_given_one_by_one(make_facility: Any, seed: int) -> None:
    one, all_ = make_facility("A1"), make_facility("A2")
    live(one, Random(seed))
    made = list(Movement.objects.filter(facility=one.facility, voided_at=None).order_by("number"))
    people = {
        m.person.code: Person.objects.get_or_create(
            facility=all_.facility, code=m.person.code, population="prisoner", base="resident"
        )[0]
        for m in made
    }
    places = {p.code: p for p in Place.objects.filter(facility=all_.facility)}
    moves = [
        Move(people[m.person.code], m.kind, m.occurred_at, places.get(m.place.code) if m.place else None) for m in made
    ]
    record_movements(all_.facility, moves, by="t", at=one.at)

    def stays(small: Small) -> list[Any]:
        rows = Presence.objects.filter(facility=small.facility, source="movement").order_by("person__code", "starts")
        return list(rows.values_list("person__code", "starts", "ends", "place__code", "entry", "exit"))

    assert stays(one) == stays(all_)
