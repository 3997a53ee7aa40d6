"""
No sequence of calls, retries, clock changes or concurrent officers releases goods before their clocks.

The model knows only when a lot arrived, when its sample came back negative, and when it was last disinfected; whatever was
asked for, in whatever order and at whatever time by whatever clock, nothing was given out earlier than that.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lazaretto import packs
from lazaretto.apps.passage import kitchen, lots
from lazaretto.apps.passage.kitchen import ForMeal
from lazaretto.apps.passage.models import Issue
from lazaretto.apps.passage.standing import standing
from lazaretto.apps.work.models import StepDone
from lazaretto.protocol.chain import Chain, Done, released_at
from lazaretto.protocol.hold import clocks, free_from, passed
from lazaretto.protocol.refusal import Refusal
from tests.conftest import DAY, ZONE, Small
from tests.integration.goods import HOUR, MINUTE, ROLES, arrived, rice, run_of, stepper, supplied

LUNCH = ForMeal(DAY, "lunch", "KIT", 8)


def shipped(pack: str, measure: str) -> Chain:
    found = next(m for m in packs.shipped(pack).document.measures if m.id == measure)
    assert isinstance(found, Chain)
    return found


FOOD, GOODS = shipped("s2-tianshui-detention", "food.hold"), shipped("s0-shandong-prison", "goods.disinfection")
_moments = st.integers(0, 80 * 60)


@given(
    at=st.lists(_moments, min_size=4, max_size=4),
    now=_moments,
    result=st.sampled_from(["negative", "positive", "unclear"]),
)
def test_food_is_free_at_the_later_of_both_clocks(at: list[int], now: int, result: str) -> None:
    """Whatever is on the record, in whatever order of time: not before 48 h, not without a negative result."""
    received, sampled, came, release = (m * MINUTE for m in at)
    done = [
        Done("received", received),
        Done("sampled", sampled),
        Done("result", came, result=result),
        Done("release", release),
    ]
    both = max(received + 48 * HOUR, came, sampled)
    free = free_from([(FOOD, done[:3], "in")], ZONE)
    assert free == (both if result == "negative" else None)
    if passed(FOOD, done, ZONE, now * MINUTE, "in"):
        assert result == "negative"
        assert now * MINUTE >= release
    waits = clocks(FOOD, done[:2], ZONE, now * MINUTE, "in")
    assert [c.step.id for c in waits] == ["sampled", "result", "release"]
    assert waits[2].until == received + 48 * HOUR


@given(gaps=st.lists(st.integers(0, 90), min_size=4, max_size=4), way=st.sampled_from(["in", "out"]))
def test_goods_rest_half_an_hour_after_the_last_disinfection(gaps: list[int], way: str) -> None:
    steps = [s for s in GOODS.of(way) if s.does == "act"][:-1]
    at, done = 0, []
    for step, gap in zip(steps, gaps, strict=True):
        at += gap * MINUTE
        assert released_at(GOODS, done, ZONE, way) is None
        done.append(Done(step.id, at))
    assert released_at(GOODS, done, ZONE, way) == at + 30 * MINUTE


_ACTS = st.lists(
    st.tuples(
        st.sampled_from(["received", "sampled", "negative", "positive", "release", "issue", "again", "offline"]),
        st.integers(-30 * 60, 30 * 60),
    ),
    max_size=14,
)  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=_ACTS)
def test_no_sequence_of_calls_and_clocks_gives_food_out_early(
    make_facility: Callable[..., Small], acts: list[tuple[str, int]]
) -> None:
    """Calls in any order, repeated, entered offline with any time, by a clock that jumps to and fro."""
    from django.db import transaction

    with transaction.atomic():
        small = make_facility(f"F{_next()}", protocol="facility-s2-detention", people=False)
        supplied(small)
        _play(small, acts)
        transaction.set_rollback(True)


_count = [0]


def _next() -> int:
    _count[0] += 1
    return _count[0]


def _play(small: Small, acts: list[tuple[str, int]]) -> None:
    lot, start = arrived(small, rice(of_class="food")), small.at
    entry = stepper(lot, "goods.entry")
    for n, name in enumerate(
        ("deputy_chief_approval", "detachment_approval", "register", "disinfect", "sampling", "pass")
    ):
        entry(name, start, by=f"b{n}", result="granted" if "approval" in name else "")
    now, run = start, run_of(lot, "food.hold")
    for n, (what, minutes) in enumerate(acts):
        now = max(start, now + minutes * MINUTE)
        past = {"done_at": max(start, now - abs(minutes) * MINUTE), "source": "offline"} if what == "offline" else {}
        step = {"negative": "result", "positive": "result", "again": "release", "offline": "release"}.get(what, what)
        ref = "again" if what == "again" else f"n{n}"
        try:
            if what == "issue":
                kitchen.issue(lot, Decimal(1), LUNCH, ref=ref, by="k", at=now)
            else:
                result = what if what in ("negative", "positive") else ""
                lots.do(run, step, ref=ref, by="k", roles=ROLES, at=now, result=result, **past)  # type: ignore[arg-type]
        except Refusal:
            pass
        _check(lot, now)


def _check(lot: Any, now: int) -> None:
    done = {s.step: s for s in StepDone.objects.filter(run=run_of(lot, "food.hold"))}
    if "release" in done:
        assert done["result"].result == "negative"
        assert done["release"].at >= max(done["received"].at + 48 * HOUR, done["result"].at)
    for issue in Issue.objects.filter(lot=lot):
        assert issue.issued_at >= max(done["received"].at + 48 * HOUR, done["release"].at)
    if standing(lot, now).state == "free":
        assert done["release"].at <= now
