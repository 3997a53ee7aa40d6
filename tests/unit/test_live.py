"""News without a database: cursors, windows that forget, who hears what, and one answer for all who ask at once."""

import asyncio
import re
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lazaretto.apps.accounts.models import Role
from lazaretto.apps.accounts.permissions import POLICY
from lazaretto.apps.console.live import cursor, frames, hub
from lazaretto.apps.console.live.cursor import MOST, Step, step
from lazaretto.apps.console.live.hearing import HEARINGS, Heard, Listening, kinds_for
from lazaretto.apps.console.live.hub import PER_PROCESS, PER_USER, Full, Hub
from lazaretto.apps.console.live.sharing import Shared
from lazaretto.apps.console.live.telling import told
from lazaretto.apps.journal.news import Head, News

heads = st.builds(Head, st.integers(0, 10**6), st.integers(0, 10**12))
PEOPLE_KINDS = {"movements_recorded", "person_registered", "standing_set"}


@settings(suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly
@given(st.dictionaries(st.integers(1, 10**9), heads))
def test_a_cursor_survives_the_wire(there: dict[int, Head]) -> None:
    assert cursor.parsed(cursor.text(there)) == there


@given(st.text())
def test_what_is_no_cursor_says_nothing_it_does_not_say(claim: str) -> None:
    found = cursor.parsed(claim)
    assert cursor.parsed(cursor.text(found)) == found


@pytest.mark.parametrize("claim", ["", "x", "1.2", "1.2.3.4", "-1.0.3x", "1.0.٣", "1.0." + "9" * 19, "a1.0.1"])
def test_garbage_is_no_cursor(claim: str) -> None:
    assert cursor.parsed(claim) == {}


@pytest.mark.parametrize(
    ("seen", "there", "wanted"),
    [
        (Head(0, 5), Head(0, 5), Step(5, 5, False)),
        (Head(0, 5), Head(0, 8), Step(5, 8, False)),
        (Head(0, 0), Head(0, MOST), Step(0, MOST, False)),
        (Head(0, 0), Head(0, MOST + 1), Step(MOST + 1, MOST + 1, True)),  # too much was missed
        (Head(0, 9), Head(0, 8), Step(8, 8, True)),  # more than there is: a claim that cannot be true
        (Head(0, 5), Head(1, 8), Step(8, 8, True)),  # a backup was restored in between
    ],
)
def test_what_was_missed(seen: Head, there: Head, wanted: Step) -> None:
    assert step(seen, there) == wanted


class Ledger:
    """A log in memory, read as the database is."""

    def __init__(self) -> None:
        self.head, self.reads = Head(0, 0), 0

    def look(self, known: Mapping[int, Head]) -> dict[int, tuple[Head, list[News]]]:
        before = known.get(1)
        if before is None or before == self.head:
            return {}
        first = max(before.size, self.head.size - MOST) if before.epoch == self.head.epoch else self.head.size
        return {1: (self.head, self.rows(first, self.head.size))}

    def between(self, log: int, first: int, end: int) -> list[News]:
        self.reads += 1
        return self.rows(first, end)

    def rows(self, first: int, end: int) -> list[News]:
        return [News(1, seq, "facts_recorded", 0, 1) for seq in range(first, end)]


class Ear:
    """A listener who joins at a size, and reads when he is told to; `heard` are the numbers, `None` where he was told to resync."""

    def __init__(self, at: Head) -> None:
        self.start, self.cursor, self.heard = at, {1: at}, list[int | None]()

    async def read(self, hub: Hub, pool: ThreadPoolExecutor) -> None:
        found = await hub.since(1, self.cursor[1], pool)
        if found is None:
            return
        if found.rows is None:
            self.cursor[1] = found.head
            self.heard.append(None)
            return
        said = told(found.rows, Listening("u", {1: Heard("YT", frozenset({"facts_recorded"}))}), self.cursor)
        self.heard += [int(n) for n in re.findall(r'"seq":(\d+)', said)]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.one_of(st.integers(1, 5), st.integers(MOST - 2, MOST + 2))),
        st.tuples(st.just("look"), st.just(0)),
        st.tuples(st.just("join"), st.integers(0, 8)),
        st.tuples(st.just("read"), st.integers(0, 5)),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(steps)
def test_whatever_the_order_each_listener_gets_each_entry_once(acts: list[tuple[str, int]]) -> None:
    """Appends, looks, joins at an old place and reads in any order; who is left too far behind is told so instead."""

    async def run() -> None:
        ledger, ears = Ledger(), list[Ear]()
        hub = Hub(ledger.look, ledger.between)
        hub._listeners[1] = 1  # somebody listens, and no task looks by itself
        with ThreadPoolExecutor(1) as pool:
            for act, n in acts:
                if act == "append":
                    ledger.head = Head(0, ledger.head.size + n)
                elif act == "look":
                    await hub.look()
                elif act == "join":
                    ears.append(Ear(Head(0, max(ledger.head.size - n, 0))))
                elif ears:
                    await ears[n % len(ears)].read(hub, pool)
            await hub.look()
            for ear in ears:
                await ear.read(hub, pool)
        for ear in ears:
            at = ear.start.size
            for seq in ear.heard:
                assert seq is None or seq == at or None in ear.heard
                at = at + 1 if seq is not None else at
            numbers = [seq for seq in ear.heard if seq is not None]
            assert numbers == sorted(set(numbers))
            assert ear.cursor[1] == ledger.head
            if None not in ear.heard:
                assert numbers == list(range(ear.start.size, ledger.head.size))

    asyncio.run(run())


def test_a_restored_record_is_told_as_one() -> None:
    async def run() -> None:
        ledger = Ledger()
        hub, ear = Hub(ledger.look, ledger.between), Ear(Head(0, 3))
        hub._listeners[1] = 1
        ledger.head = Head(0, 5)
        with ThreadPoolExecutor(1) as pool:
            await hub.look()
            await ear.read(hub, pool)
            ledger.head = Head(1, 4)
            await hub.look()
            await ear.read(hub, pool)
            ledger.head = Head(1, 6)
            await hub.look()
            await ear.read(hub, pool)
        assert ear.heard == [3, 4, None, 4, 5]
        assert ledger.reads == 1  # what came while somebody listened was read once, for all

    asyncio.run(run())


def test_a_page_that_is_ahead_of_the_last_look_waits() -> None:
    async def run() -> None:
        ledger = Ledger()
        hub, ear = Hub(ledger.look, ledger.between), Ear(Head(0, 7))
        hub._listeners[1] = 1
        ledger.head = Head(0, 5)
        with ThreadPoolExecutor(1) as pool:
            await hub.look()
            await ear.read(hub, pool)
            ledger.head = Head(0, 8)
            await hub.look()
            await ear.read(hub, pool)
        assert ear.heard == [7]

    asyncio.run(run())


def test_places_are_limited_per_user_and_given_back() -> None:
    found = Hub()
    with ExitStack() as held:
        for _ in range(PER_USER - 1):
            held.enter_context(found.place("u"))
        with found.place("u"), pytest.raises(Full), found.place("u"):
            pass
        with found.place("u"), found.place("another"):
            pass


def test_places_are_limited_per_process() -> None:
    found = Hub()
    with ExitStack() as held:
        for n in range(PER_PROCESS):
            held.enter_context(found.place(f"u{n}"))
        with pytest.raises(Full), found.place("late"):
            pass
    with found.place("late"):
        pass


def test_the_task_that_looks_ends_with_its_last_listener(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "EVERY", 0.001)

    async def run() -> None:
        ledger = Ledger()
        found = Hub(ledger.look, ledger.between)
        with found.listening({1}), found.listening({1, 2}):
            await asyncio.sleep(0.05)
            task = found._task
            assert task is not None
            assert not task.done()
        await asyncio.wait_for(task, 5)
        assert found._windows == {}

    asyncio.run(run())


def test_every_kind_that_is_told_is_one_that_is_recorded() -> None:
    apps = Path(hub.__file__).parents[2]
    source = "".join(
        path.read_text(encoding="utf-8") for path in apps.rglob("*.py") if "console" not in path.relative_to(apps).parts
    )
    for hearing in HEARINGS:
        for kind in hearing.kinds:
            assert f'"{kind}"' in source, kind


def test_bodies_above_hear_nothing_about_single_people() -> None:
    for role in (Role.BUREAU_VIEWER, Role.BUREAU_APPROVER, Role.PUBLIC_HEALTH, Role.ANALYST, Role.AUDITOR):
        assert not kinds_for(POLICY[role]) & PEOPLE_KINDS, role
    assert kinds_for(POLICY[Role.EPIDEMIC_LEAD]) > PEOPLE_KINDS
    assert kinds_for(frozenset()) == frozenset()


def test_an_event_is_an_id_a_name_and_one_line() -> None:
    said = frames.news(News(4, 56, "facts_recorded", 1_773_705_600_000, 40), "YT", {4: Head(0, 57)})
    assert said == (
        "id: 4.0.57\nevent: news\n"
        'data: {"kind":"facts_recorded","facility":"YT","seq":56,"occurred_at":"2026-03-17T00:00:00.000Z","n":40}\n\n'
    )


def test_what_a_listener_does_not_hear_moves_his_cursor_all_the_same() -> None:
    at = {4: Head(0, 5)}
    rows = [News(4, 5, "facts_recorded", 0, 1), News(4, 6, "sensitive_read", 0, 1)]
    said = told(rows, Listening("u", {4: Heard("YT", frozenset({"facts_recorded"}))}), at)
    assert "sensitive" not in said
    assert said.count("event: news") == 1
    assert at == {4: Head(0, 7)}
    assert frames.beat(at).startswith("id: 4.0.7\n")


def test_many_who_ask_at_once_wait_for_one_answer() -> None:
    made, go, shared = [], threading.Event(), Shared[str](keep_ms=1000)

    def make() -> str:
        go.wait(5)
        made.append(1)
        return "answer"

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(shared.get, "key", make, at=0) for _ in range(8)]
        go.set()
        assert {one.result() for one in asked} == {"answer"}
    assert len(made) == 1


def test_an_answer_is_kept_for_a_moment_and_for_its_key_only() -> None:
    made, shared = list[int](), Shared[int](keep_ms=1000)

    def make() -> int:
        made.append(1)
        return len(made)

    assert [shared.get("a", make, at=at) for at in (0, 1000, 1001)] == [1, 1, 2]
    assert shared.get("b", make, at=1001) == 3
    assert shared.get("a", make, at=0) == 4  # a clock set back
    shared.get("c", make, at=9000)
    assert set(shared._kept) == set(shared._locks) == {"c"}


def test_an_answer_that_failed_is_made_anew() -> None:
    shared = Shared[str](keep_ms=1000)

    def fail() -> str:
        raise ValueError

    with pytest.raises(ValueError):
        shared.get("a", fail, at=0)
    assert shared.get("a", lambda: "made", at=0) == "made"


def test_the_reference_says_what_the_code_does() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "events.md").read_text(encoding="utf-8")
    rows = [row.split("|")[1:3] for row in page.splitlines() if row.startswith("| `")]
    named = [tuple(frozenset(re.findall(r"`([\w.]+)`", cell)) for cell in row) for row in rows]
    for hearing in HEARINGS:
        assert (hearing.kinds, frozenset(p.value for p in hearing.permissions)) in named
    assert f"more than {MOST:,} entries" in page
    assert f"{PER_USER} streams per user and {PER_PROCESS:,} per process" in page
