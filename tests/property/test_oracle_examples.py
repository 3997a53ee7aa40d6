"""
The oracle against days that were worked out by hand: the contract's edge cases, then the lines of ADR 0002.

Times are of 17 March 2022 in Shanghai (UTC+8, no change of clocks) unless they say otherwise.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from lazaretto.protocol.clock import FOREVER, FOREVER_AGO
from lazaretto.protocol.record import (
    Assigned,
    Evidence,
    Excuse,
    Fact,
    Institution,
    Outcome,
    Phase,
    Place,
    Shift,
    SlotResult,
    Standing,
    Stay,
    Subject,
)
from lazaretto.protocol.round import Round
from tests.property.oracle import oracle
from tests.property.worlds import World, worlds

DAY = date(2022, 3, 17)
NIGHT = {"from": "22:00", "to": "06:00"}


def at(text: str) -> int:
    """Return the instant of `HH:MM[:SS[.fff]]` on the day, `DD HH:MM` in its month, or of ISO text with an offset."""
    if "T" not in text:
        day, _, clock = text.rpartition(" ")
        text = f"2022-03-{day or '17'}T{clock}+08:00"
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def shown(moment: int, hours: int = 8) -> str:
    """Return an instant as the clock of Shanghai shows it, or one so many hours ahead of UTC."""
    text = (datetime.fromtimestamp(moment / 1000, UTC) + timedelta(hours=hours)).strftime("%d %H:%M:%S")
    return text.removeprefix("17 ").removesuffix(":00")


def measure(cadence: dict[str, Any], measure_id: str = "m", **more: Any) -> Round:
    document = {
        "id": measure_id,
        "kind": "round",
        "title": {"zh": "测温", "en": "Temperature"},
        "source": [{"text": "example"}],
        "observation": "temperature",
        "cadence": cadence,
    }
    return Round.model_validate(document | more)


def person(ref: str = "person:A", *stays: Stay, **more: Any) -> Subject:
    if not stays:
        stays = (Stay(FOREVER_AGO, FOREVER, "place:W1"),)
    return Subject(ref, "person", "detainee", "resident", stays=stays, **more)


def fact(name: str, observed: str, outcome: Outcome = "done", **more: Any) -> Fact:
    moment = at(observed)
    usual = {"observation": "temperature", "subject": "person:A", "observed_at": moment, "recorded_at": moment}
    return Fact(**{"id": name, "outcome": outcome, **usual, **more})


def judge(
    rounds: Round | Iterable[Phase],
    subjects: Subject | tuple[Subject, ...] | None = None,
    facts: tuple[Fact, ...] = (),
    excuses: tuple[Excuse, ...] = (),
    *,
    day: date = DAY,
    as_of: str = "25 00:00",
    zone: str = "Asia/Shanghai",
    places: tuple[Place, ...] = (Place("place:W1"), Place("place:W2")),
    facility: str = "F1",
) -> Evidence:
    """Run the oracle; one measure stands for a protocol that always held it."""
    timeline = (always(rounds),) if isinstance(rounds, Round) else tuple(rounds)
    who = person() if subjects is None else subjects
    institution = Institution(
        facility,
        zone,
        (who,) if isinstance(who, Subject) else who,
        {place.ref: place for place in places},
        facts,
        excuses,
    )
    return oracle(institution, timeline, day, at(as_of))


def always(*rounds: Round, **more: Any) -> Phase:
    return Phase(FOREVER_AGO, FOREVER, rounds, **more)


def dues(evidence: Evidence, hours: int = 8) -> list[str]:
    return [shown(slot.due, hours) for slot in evidence.slots]


def states(evidence: Evidence) -> dict[str, str]:
    return {shown(slot.due): slot.state for slot in evidence.slots}


def only(evidence: Evidence) -> SlotResult:
    (slot,) = evidence.slots
    return slot


# The contract's edge cases


@pytest.mark.parametrize(
    ("observed", "state"), [("20:00", "on_time"), ("20:00:00.001", "late"), ("20:30", "late"), ("18 07:55", "late")]
)
def test_per_day_three_between_eight_and_twenty(observed: str, state: str) -> None:
    evidence = judge(measure({"per_day": 3, "between": ["08:00", "20:00"]}), facts=(fact("f", observed),))
    assert states(evidence) == {"08:00": "missed", "12:00": "missed", "16:00": state}
    assert shown(evidence.slots[2].closes) == "18 08:00"
    assert evidence.fates == {"f": "used"}


def test_an_act_at_07_55_after_another_in_the_third_slot_is_a_repeat_of_the_day_before() -> None:
    facts = (fact("a", "18:00"), fact("b", "18 07:55"))
    protocol = measure({"per_day": 3, "between": ["08:00", "20:00"]})
    assert judge(protocol, facts=facts).fates == {"a": "used", "b": "repeat"}
    assert judge(protocol, facts=facts, day=date(2022, 3, 18)).fates == {}


def test_a_level_raised_at_ten() -> None:
    before = Phase(FOREVER_AGO, at("10:00"), (measure({"times": ["09:50", "10:10"], "grace": "PT5M"}),))
    after = Phase(at("10:00"), FOREVER, (measure({"times": ["09:40", "10:00"], "grace": "PT5M"}),))
    old, new = judge([before, after]).slots
    assert [shown(m) for m in (old.opens, old.due, old.closes)] == ["09:35", "09:50", "09:55"]
    assert [shown(m) for m in (new.opens, new.due, new.closes)] == ["09:55", "10:00", "18 09:25"]


def test_a_reading_at_23_50_belongs_to_the_next_day() -> None:
    protocol, facts = measure({"times": ["00:00"]}), (fact("f", "17 23:50"),)
    assert judge(protocol, facts=facts).fates == {}
    evidence = judge(protocol, facts=facts, day=date(2022, 3, 18))
    assert (only(evidence).state, evidence.fates) == ("on_time", {"f": "used"})


@pytest.mark.parametrize(("admitted", "owes"), [("08:00", True), ("12:00", True), ("12:00:00.001", False)])
def test_who_was_admitted_for_at_least_half_owes_the_daily_reading(admitted: str, owes: bool) -> None:
    evidence = judge(measure({"per_day": 1}), person("person:A", Stay(at(admitted), FOREVER, "place:W1")))
    assert bool(evidence.slots) is owes


def test_two_readings_a_day_become_four_on_isolation_at_nine() -> None:
    isolated = {"per_day": 4, "between": ["00:00", "24:00"]}
    protocol = measure({"per_day": 2}, standings=[{"where": {"isolation_stage": "*"}, "set": {"cadence": isolated}}])
    evidence = judge(protocol, person(standings=(Standing("isolation_stage", "one", at("09:00")),)))
    assert [(shown(s.due), shown(s.grace_until)) for s in evidence.slots] == [
        ("00:00", "12:00"),
        ("12:00", "18:00"),
        ("18:00", "18 00:00"),
    ]


def test_a_wing_without_power_from_nine_to_thirteen() -> None:
    stays = (Stay(FOREVER_AGO, at("10:00"), "place:W1-1"), Stay(at("10:00"), FOREVER, "place:W2"))
    places = (Place("place:W1"), Place("place:W1-1", "place:W1"), Place("place:W2"))
    power = Excuse("x", "place", at("09:00"), at("13:00"), "no_power", at("09:05"), "place:W1")
    evidence = judge(
        measure({"times": ["08:00", "09:00", "10:00", "13:00"]}),
        (person("person:A", *stays), person("person:B")),
        excuses=(power,),
        places=places,
    )
    assert [s.state for s in evidence.slots] == [
        "missed", "excused", "missed", "missed", "missed", "excused", "excused", "missed",
    ]  # fmt: skip


def test_every_two_hours() -> None:
    six = dues(judge(measure({"every": "PT2H", "starts": "06:00"})))
    assert (len(six), six[0], six[-1]) == (9, "06:00", "22:00")
    assert len(dues(judge(measure({"every": "PT2H", "starts": "00:00"})))) == 12


def test_one_fact_fulfils_two_measures() -> None:
    protocol = always(measure({"times": ["08:00"]}, "ward"), measure({"times": ["08:10"]}, "baseline"))
    evidence = judge([protocol], facts=(fact("f", "08:05"),))
    assert [(s.measure, s.state, s.fact) for s in evidence.slots] == [
        ("baseline", "on_time", "f"),
        ("ward", "on_time", "f"),
    ]
    assert evidence.fates == {"f": "used"}


# Clocks that are put forward and back


def test_times_in_the_gap_are_one_slot_at_its_end() -> None:
    """New York, 2022-03-13: after 01:59:59 EST comes 03:00 EDT, which is 07:00 in UTC."""
    protocol = measure({"times": ["02:00", "02:30", "03:00"], "early": "PT0M"})
    slot = only(judge(protocol, zone="America/New_York", day=date(2022, 3, 13)))
    assert shown(slot.due, 0) == "13 07:00"
    assert shown(slot.closes, 0) == "14 06:00"  # the next is at 02:00 EDT


def test_of_slots_in_the_gap_the_last_gives_the_length() -> None:
    protocol = measure({"per_day": 6, "between": ["01:00", "04:00"]})
    evidence = judge(protocol, zone="America/New_York", day=date(2022, 3, 13))
    assert [(shown(s.due, 0), shown(s.grace_until, 0)) for s in evidence.slots] == [
        ("13 06:00", "13 06:30"),
        ("13 06:30", "13 07:00"),
        ("13 07:00", "13 07:30"),
        ("13 07:30", "13 08:00"),
    ]


def test_a_midnight_that_does_not_exist() -> None:
    """São Paulo, 2018-11-04: the day begins at 01:00, which is 03:00 in UTC, and has 23 hours."""
    protocol = measure({"times": ["00:00"]})
    evidence = judge(protocol, zone="America/Sao_Paulo", day=date(2018, 11, 4))
    assert (shown(evidence.start, 0), shown(evidence.end, 0)) == ("04 03:00", "05 02:00")
    assert shown(only(evidence).due, 0) == "04 03:00"


def test_a_gap_of_half_an_hour() -> None:
    """Lord Howe, 2022-10-02: 02:00 to 02:30 is left out; 02:30 is 15:30 in UTC of the day before."""
    evidence = judge(measure({"times": ["02:10"]}), zone="Australia/Lord_Howe", day=date(2022, 10, 2))
    assert shown(only(evidence).due, 0) == "01 15:30"


def test_an_ambiguous_hour_is_its_first_occurrence() -> None:
    """New York, 2022-11-06: 01:00 to 02:00 is shown twice, first from 05:00 in UTC."""
    evidence = judge(measure({"every": "PT1H"}), zone="America/New_York", day=date(2022, 11, 6))
    assert len(evidence.slots) == 24
    assert dues(evidence, 0)[:3] == ["06 04:00", "06 05:00", "06 07:00"]
    one, two = evidence.slots[1:3]
    assert (shown(one.closes, 0), shown(two.opens, 0)) == ("06 06:45", "06 06:45")


def test_a_day_of_25_hours_leaves_no_hole() -> None:
    protocol = measure({"times": ["00:30"], "early": "PT0M"})
    observed = "2022-11-07T05:29:59+00:00"
    evidence = judge(
        protocol,
        facts=(fact("f", observed),),
        zone="America/New_York",
        day=date(2022, 11, 6),
        as_of="2022-12-01T00:00:00+00:00",
    )
    assert (shown(only(evidence).due, 0), shown(only(evidence).closes, 0)) == ("06 04:30", "07 05:30")
    assert (only(evidence).state, evidence.fates) == ("late", {"f": "used"})


# The lines of ADR 0002


def test_a_slot_that_was_not_owed_still_shapes_windows() -> None:
    """Line 1: away at 10:00, so that reading is extra and not early for 12:00."""
    stays = (Stay(FOREVER_AGO, at("09:00"), "place:W1"), Stay(at("11:00"), FOREVER, "place:W1"))
    protocol = measure({"times": ["08:00", "10:00", "12:00"]})
    evidence = judge(protocol, person("person:A", *stays), (fact("f", "11:30"),))
    assert states(evidence) == {"08:00": "missed", "12:00": "missed"}
    assert evidence.fates == {"f": "extra"}


@pytest.mark.parametrize(
    ("observed", "state"),
    [
        ("07:44:59.999", "missed"),
        ("07:45", "on_time"),
        ("08:30", "on_time"),
        ("08:30:00.001", "late"),
        ("11:44:59.999", "late"),
        ("11:45", "missed"),
    ],
)
def test_the_edges_of_a_window(observed: str, state: str) -> None:
    """Line 2 and 3: [opens, closes), and grace with its end."""
    assert states(judge(measure({"times": ["08:00", "12:00"]}), facts=(fact("f", observed),)))["08:00"] == state


@pytest.mark.parametrize(("as_of", "state"), [("08:29:59.999", "pending"), ("08:30", "missed")])
def test_pending_until_grace_is_over(as_of: str, state: str) -> None:
    assert states(judge(measure({"times": ["08:00"]}), as_of=as_of)) == {"08:00": state}


def test_excuses_count_when_recorded_and_the_first_gives_the_reason() -> None:
    """Line 5."""
    late = Excuse("a", "facility", at("00:00"), at("23:00"), "fire", at("12:00"))
    soon = Excuse("b", "measure", at("08:00"), at("08:01"), "drill", at("07:00"), measure="m", withdrawn_at=at("13:00"))
    protocol = measure({"times": ["08:00"]})

    def seen(as_of: str) -> tuple[str, str, bool]:
        slot = only(judge(protocol, excuses=(late, soon), as_of=as_of))
        return slot.state, slot.reason, slot.excused_late

    assert seen("06:59:59") == ("pending", "", False)
    assert seen("07:00") == ("excused", "drill", False)
    assert seen("12:00") == ("excused", "drill", False)
    assert seen("13:00") == ("excused", "fire", True)


@pytest.mark.parametrize(
    ("facts", "state", "used", "reason"),
    [
        ((fact("a", "08:00", "refused", reason="asleep"), fact("b", "08:10", "done")), "on_time", "b", ""),
        ((fact("a", "08:00", "not_done", reason="no_staff"),), "missed", "a", "no_staff"),
        ((fact("a", "08:00", "refused"),), "missed", "a", ""),
        (
            (fact("a", "08:00", "not_done", reason="no_staff"), fact("b", "08:10", "unable", reason="asleep")),
            "excused",
            "b",
            "asleep",
        ),
        ((fact("b", "08:00"), fact("a", "08:00")), "on_time", "a", ""),
    ],
)
def test_what_facts_that_were_not_done_do(facts: tuple[Fact, ...], state: str, used: str, reason: str) -> None:
    """Line 6; the last row is rule 5: ties by id."""
    evidence = judge(measure({"times": ["08:00"]}), facts=facts)
    slot = only(evidence)
    assert (slot.state, slot.fact, slot.reason) == (state, used, reason)
    assert evidence.fates == {f.id: "used" if f.id == used else "repeat" for f in facts}


def test_corrections() -> None:
    """Line 7: a chain, two leaves, a circle, a void, and a correction that arrives before its target."""
    protocol = measure({"times": ["08:00"]})
    chain = (fact("a", "08:00"), fact("b", "09:00", supersedes="a"))
    assert judge(protocol, facts=chain).fates == {"a": "superseded", "b": "used"}
    assert only(judge(protocol, facts=chain)).state == "late"

    leaves = judge(protocol, facts=(*chain, fact("c", "08:05", supersedes="a")))
    assert (leaves.fates, leaves.conflicts) == ({"a": "superseded", "b": "superseded", "c": "used"}, ("c",))

    circle = judge(protocol, facts=(fact("a", "08:00", supersedes="b"), fact("b", "08:01", supersedes="a")))
    assert (circle.fates, circle.conflicts) == ({"a": "superseded", "b": "used"}, ("b",))

    void = judge(protocol, facts=(fact("a", "08:00"), fact("b", "08:00", "void", supersedes="a")))
    assert (only(void).state, void.fates) == ("missed", {"a": "superseded", "b": "void"})

    early = (fact("a", "08:00", recorded_at=at("15:00")), fact("b", "09:00", supersedes="a"))
    assert judge(protocol, facts=early, as_of="14:00").fates == {"b": "used"}
    assert judge(protocol, facts=early, as_of="15:00").fates == {"a": "superseded", "b": "used"}


def test_the_home_of_a_fact() -> None:
    """Line 8: at 00:05 on the 18th it is late for 23:00 by one measure and on time for 00:00 by the other."""
    protocol = always(measure({"times": ["23:00"]}, "old"), measure({"times": ["00:00"]}, "new"))
    facts = (fact("f", "18 00:05"), fact("x", "18 03:00", observation="pulse"))
    assert judge([protocol], facts=facts).fates == {"f": "used"}
    after = judge([protocol], facts=facts, day=date(2022, 3, 18))
    assert after.fates == {"x": "extra"}
    assert [(s.measure, s.state) for s in after.slots] == [("new", "on_time"), ("old", "missed")]


def test_count_windows_tile_the_day_and_are_judged_at_their_end() -> None:
    """Line 9: the last tile is cut at midnight, and a window that ends as the day ends is in the day."""
    protocol = measure({"count": {"at_least": 2, "within": "PT10H"}})
    facts = (fact("a", "09:59:59.999"), fact("b", "10:00"), fact("c", "11:00"), fact("d", "19:00"))
    evidence = judge(protocol, facts=(*facts, fact("e", "23:00", "refused", reason="asleep")), as_of="17 23:59")
    assert states(evidence) == {"10:00": "missed", "20:00": "on_time", "18 00:00": "pending"}
    assert evidence.fates == {"a": "used", "b": "used", "c": "used", "d": "repeat", "e": "extra"}
    assert [(shown(s.opens), s.closes == s.due == s.grace_until) for s in evidence.slots] == [
        ("00:00", True),
        ("10:00", True),
        ("20:00", True),
    ]
    assert all(s.fact is None for s in evidence.slots)


def test_random_minutes() -> None:
    """
    Lines 10 and 15, with numbers from `printf '%s' 'F1|m|2022-03-17|day|0' | sha256sum` and `|1`.

    The first eight bytes of each stand below; L = 720 and the gap is 45, so modulo 631.
    """
    protocol = Phase(
        FOREVER_AGO, FOREVER, (measure({"random": {"n": 2, "per": "shift"}}),), shifts=(Shift("day", "08:00", "20:00"),)
    )
    low, high = sorted((0x6688E78ED11E4AB6 % 631, 0x4ABC3BFEA52B5251 % 631))
    expected = [at("08:00") + low * 60_000, at("08:00") + (high + 45) * 60_000]
    assert [s.due for s in judge([protocol]).slots] == expected
    assert [s.due for s in judge([protocol], as_of=shown(expected[0])).slots] == expected[:1]
    assert judge([protocol], as_of="08:00").slots == ()


def test_assigned_people_owe_wherever_they_are() -> None:
    """Line 11."""
    away = Subject("person:A", assignments=(Assigned("post", "gate", at("08:00"), at("10:00")),))
    protocol = measure({"times": ["08:00", "10:00"]}, presence="assigned", applies_to=[{"places": {"kinds": ["ward"]}}])
    assert dues(judge(protocol, away)) == ["08:00"]


@pytest.mark.parametrize(
    ("policy", "base", "standing", "state"),
    [
        ({}, "resident", None, "on_time"),
        ({}, "staff", None, "missed"),
        ({"policy": "observe"}, "staff", None, "on_time"),
        ({"policy": "same"}, "resident", None, "missed"),
        ({"policy": "skip"}, "resident", None, None),
        ({"policy": "skip"}, "resident", "yes", "missed"),
        ({}, "resident", "no", "on_time"),
        ({}, "resident", "yes", "missed"),
    ],
)
def test_the_night(policy: dict[str, str], base: str, standing: str | None, state: str | None) -> None:
    """Line 12, with a night check at the slot of 22:00; the slot of 06:00 is of the day."""
    standings = (Standing("wake_for_rounds", standing),) if standing else ()
    subject = Subject("person:A", base=base, stays=(Stay(FOREVER_AGO, FOREVER, "place:W1"),), standings=standings)
    protocol = measure({"times": ["06:00", "22:00"], "night": NIGHT | policy})
    checks = (fact("a", "06:00", observation="night_check"), fact("b", "22:00", observation="night_check"))
    evidence = judge(protocol, subject, checks)
    assert states(evidence) == {"06:00": "missed"} | ({"22:00": state} if state else {})


def test_the_facility_day_ends_as_the_version_at_its_midnight_says() -> None:
    """Line 14: the version with 17:00 came at 10:00, so it ends the next day and not this one."""
    rounds = (measure({"times": ["16:00", "18:00"]}),)
    timeline = (Phase(FOREVER_AGO, at("10:00"), rounds), Phase(at("10:00"), FOREVER, rounds, "17:00"))
    assert dues(judge(timeline)) == ["16:00", "18:00"]
    assert dues(judge(timeline, day=date(2022, 3, 18))) == ["18 16:00"]
    assert dues(judge(timeline, day=date(2022, 3, 19))) == ["18 18:00", "19 16:00"]


def test_places_owe_while_in_service_of_the_class_and_occupied() -> None:
    """Rule 7, and rule 5 on facts about the place above."""
    clean = Standing("class", "clean", at("09:00"))
    out = Standing("service", "out", at("12:00"), at("13:00"))
    places = (Place("place:W1", None, "ward"), Place("place:W1-1", "place:W1", "room", (clean, out)))
    room = Subject("place:W1-1", "place", place="place:W1-1")
    guest = person("person:A", Stay(at("08:00"), at("13:00"), "place:W1-1"))
    protocol = measure(
        {"times": ["08:00", "09:00", "12:00", "12:59", "13:00"], "early": "PT0M", "grace": "PT0M"},
        subject="place",
        occupied=True,
        covers="below",
        applies_to=[{"places": {"kinds": ["room"], "classes": ["clean"], "within": ["W1"]}}],
    )
    evidence = judge(protocol, (room, guest), (fact("f", "09:00", subject="place:W1"),), places=places)
    assert states(evidence) == {"09:00": "on_time"}


def test_entered_late() -> None:
    """Rule 8: two hours online, a day offline; the allowance itself is not late."""
    late = fact("f", "08:00", recorded_at=at("10:00:00.001"))
    just = fact("f", "08:00", recorded_at=at("10:00"))
    paper = fact("f", "08:00", recorded_at=at("18 08:00"), source="paper")
    found = [only(judge(measure({"times": ["08:00"]}), facts=(f,))).entered_late for f in (late, just, paper)]
    assert found == [True, False, False]


# What must hold of the oracle itself


@settings(max_examples=40, deadline=None)
@given(worlds)
def test_each_fact_has_one_home(world: World) -> None:
    """Added up over the days around, each fact that has arrived is counted once."""
    institution, timeline, day, as_of = world
    known = sorted(f.id for f in institution.facts if f.recorded_at <= as_of)
    moments = [datetime.fromtimestamp(f.observed_at / 1000, UTC).date() for f in institution.facts]
    first = min([day, *moments]) - timedelta(days=16)
    days = [first + timedelta(days=n) for n in range((max([day, *moments]) - first).days + 17)]
    counted = [name for one in days for name in oracle(institution, timeline, one, as_of).fates]
    assert sorted(counted) == known


@settings(max_examples=200, deadline=None)
@given(worlds)
def test_a_due_instant_lies_in_its_own_window(world: World) -> None:
    evidence = oracle(*world)
    for slot in evidence.slots:
        assert slot.opens <= slot.due <= slot.closes
        assert evidence.start <= slot.due <= evidence.end
    keys = [(slot.measure, slot.subject, slot.opens, slot.due) for slot in evidence.slots]
    assert len(keys) == len(set(keys))
