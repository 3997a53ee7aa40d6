"""
A rotation of duty.

A `rotation` passes groups of staff through states of duty in turn: inside, at home, on standby. The group at position i of the
list starts in the i-th state on the `anchor`; the turn goes on for ever, and back before it. A calendar, made by the program or
by hand, is checked against it; and nobody enters a state without the standby and the results that it asks for.
"""

from datetime import date, timedelta

from lazaretto.protocol.rotation import Held, Rotation, Stint, calendar, check_may_enter, faults, state_on
from tests.spec.clocks import Clocks
from tests.spec.kinds import DATED, answer, moments, read, refused_in, split
from tests.spec.runners import Spec
from tests.spec.tables import Cells
from tests.spec.worlds import ZONE

AB = """\
- id: shifts
  kind: rotation
  title: {zh: AB 两班, en: Two shifts}
  source: [{row: S2-33}]
  groups: [{id: a, title: {zh: A 组, en: group A}}, {id: b, title: {zh: B 组, en: group B}}]
  states:
    - {id: duty, title: {zh: 值班, en: on duty}, where: inside, days: 7}
    - {id: resting, title: {zh: 轮休, en: resting}, where: home, days: 7}
  anchor: 2026-03-02
  rest_share: 1
"""
ABC = """\
- id: shifts
  kind: rotation
  title: {zh: ABC 三班, en: Three shifts}
  source: [{row: S2-35}, {row: S1-50}]
  groups: [{id: a, title: {zh: A 组, en: group A}}, {id: b, title: {zh: B 组, en: group B}}, {id: c, title: {zh: C 组, en: group C}}]
  states:
    - {id: duty, title: {zh: 封闭执勤, en: closed duty}, where: inside, days: 7, standby_days: 7, before: [{id: before_duty, panel: pcr, valid_for: P2D}]}
    - {id: home, title: {zh: 居家, en: at home}, where: home, days: 7}
    - {id: standby, title: {zh: 隔离备勤, en: isolated standby}, where: standby, days: 7, before: [{id: before_standby, panel: pcr}]}
    - {id: away, title: {zh: 外派, en: posted elsewhere}, where: away, cycle: false}
  anchor: 2026-03-02
  rest_share: 1
  leader_share_of: [1, 3]
- {id: pcr, kind: panel, title: {zh: 核酸, en: PCR}, source: [{row: S1-50}], on: [order], tests: [{id: pcr, title: {zh: 核酸, en: PCR}}]}
"""
UNEQUAL = ABC.replace("where: inside, days: 7", "where: inside, days: 14").replace(
    "where: home, days: 7", "where: home, days: 14"
).replace("where: standby, days: 7", "where: standby, days: 21")  # fmt: skip


def rotation_of(text: str, instead: str = "") -> Rotation:
    for change in split(instead):
        old, _, new = change.partition(" -> ")
        assert old in text, old
        text = text.replace(old, new)
    rotation = read(text)
    assert isinstance(rotation, Rotation)
    return rotation


def day_of(text: str) -> date:
    month, day = text.split("-")
    return date(2026, int(month), int(day))


def stints_of(text: str) -> list[Stint]:
    """Return the stints of `a duty 03-02 to 03-09; …`, the second day not included."""
    words = [part.split() for part in split(text)]
    return [Stint(group, state, day_of(start), day_of(end)) for group, state, start, _, end in words]


def said(rotation: Rotation, stints: list[Stint]) -> str:
    return ", ".join(f"{fault.code} {fault.on:%m-%d}" for fault in faults(rotation, stints))


def on_a_day(text: str, cells: Cells) -> dict[str, object]:
    rotation = rotation_of(text)
    return {group.id: state_on(rotation, group.id, day_of(cells["day"])).id for group in rotation.groups}


def test_two_shifts(spec: Spec) -> None:
    """A and B change places every 7 days, in both directions of time."""
    spec.rows(
        """
        day   || a    | b
        02-22 || duty | resting
        02-23 || resting | duty
        03-01 || resting | duty
        03-02 || duty | resting
        03-08 || duty | resting
        03-09 || resting | duty
        03-15 || resting | duty
        03-16 || duty | resting
        """,
        lambda cells: on_a_day(AB, cells),
        **{"ab.yaml": AB},
    )


def test_three_shifts(spec: Spec) -> None:
    """From duty to home, from home to standby, from standby to duty: who goes in has stood by just before."""
    spec.rows(
        """
        day   || a       | b       | c
        03-01 || standby | duty    | home
        03-02 || duty    | home    | standby
        03-08 || duty    | home    | standby
        03-09 || home    | standby | duty
        03-16 || standby | duty    | home
        03-22 || standby | duty    | home
        03-23 || duty    | home    | standby
        """,
        lambda cells: on_a_day(ABC, cells),
        **{"abc.yaml": ABC},
    )


def test_a_calendar(spec: Spec) -> None:
    """A calendar says of each group what it does from a day up to but not including another, cut off at both of its ends."""

    def made(cells: Cells) -> dict[str, object]:
        found = calendar(rotation_of(ABC), day_of(cells["first"]), day_of(cells["last"]))
        of = [s for s in found if s.group == cells["group"]]
        return {"stints": "; ".join(f"{s.state} {s.start:%m-%d} to {s.end:%m-%d}" for s in of)}

    spec.rows(
        """
        first | last  | group || stints
        03-02 | 03-22 | a     || duty 03-02 to 03-09; home 03-09 to 03-16; standby 03-16 to 03-23
        03-02 | 03-22 | c     || standby 03-02 to 03-09; duty 03-09 to 03-16; home 03-16 to 03-23
        03-06 | 03-10 | a     || duty 03-06 to 03-09; home 03-09 to 03-11
        03-06 | 03-06 | b     || home 03-06 to 03-07
        """,
        made,
        measure="abc.yaml, as above",
    )


def test_what_is_not_filled_in_is_refused(spec: Spec) -> None:
    """Without groups, days or a day to start from there is no calendar, and nobody guesses one."""

    def asked(cells: Cells) -> dict[str, object]:
        return answer(lambda: state_on(rotation_of(ABC, cells["instead"]), cells["group"], day_of("03-02")), DATED)

    groups = ABC[ABC.index("groups:") : ABC.index("\n  states")]
    spec.rows(
        f"""
        group | instead                                        || refused
        a     |                                                ||
        a     | where: home, days: 7 -> where: home, days: null || no_number
        a     | anchor: 2026-03-02 -> anchor: null             || no_number
        a     | {groups} -> groups: []                         || no_number
        d     |                                                || unknown_group
        """,
        asked,
        measure="abc.yaml, as above",
    )


def test_rotations_that_do_not_turn(spec: Spec) -> None:
    """Each group has its state: as many groups as states that take turns, and each of these lasts at least a day."""

    def refused(cells: Cells) -> dict[str, object]:
        old, _, new = cells["instead"].partition(" -> ")
        assert old in AB
        return {"refused": refused_in(AB.replace(old, new))}

    spec.rows(
        """
        instead                                                     || refused
        where: home, -> where: home, cycle: false,                  || 2 groups do not fit 1 states that take turns
        where: home, days: 7 -> where: home, days: 0                || a state that takes turns lasts at least a day
        where: home, days: 7 -> where: home, days: 1                ||
        """,
        refused,
        measure="ab.yaml, as above",
    )


def test_calendars_made_by_hand(spec: Spec) -> None:
    """
    Each fault with the day from which it is one. Duty is followed by rest at home that is as long (`rest_share: 1`), and
    preceded by standby without a break; stints that join are one. What was before the first day is not known, and is no fault.
    """
    rotation = rotation_of(ABC)
    spec.rows(
        """
        calendar                                                                                           || faults
        a duty 03-02 to 03-09; c standby 03-02 to 03-09; c duty 03-09 to 03-16                             ||
        a duty 03-02 to 03-09; c standby 03-02 to 03-05; c standby 03-05 to 03-09; c duty 03-09 to 03-16   ||
        a duty 03-02 to 03-04; c standby 03-02 to 03-04; c duty 03-04 to 03-09                             ||
        a duty 03-02 to 03-12                                                                              || too_long 03-09
        a duty 03-02 to 03-09; a duty 03-09 to 03-12                                                       || too_long 03-09
        a duty 03-02 to 03-09; c standby 03-05 to 03-09; c duty 03-09 to 03-16                             || no_standby 03-09
        a duty 03-02 to 03-09; c standby 03-02 to 03-08; c home 03-08 to 03-09; c duty 03-09 to 03-16      || no_standby 03-09
        a duty 03-02 to 03-09; c duty 03-09 to 03-16                                                       || no_standby 03-09
        a duty 03-02 to 03-09; a home 03-08 to 03-09                                                       || two_states 03-08
        a duty 03-02 to 03-06; c standby 03-02 to 03-08; c duty 03-08 to 03-10                             || nobody_inside 03-06, nobody_inside 03-07
        a duty 03-02 to 03-04; b standby 03-02 to 03-04; b home 03-04 to 03-05; c standby 03-02 to 03-05; c duty 03-05 to 03-07 || nobody_inside 03-04
        a duty 03-02 to 03-04; a duty 03-05 to 03-07                                                                            || nobody_inside 03-04, no_rest 03-05, no_standby 03-05
        """,
        lambda cells: {"faults": said(rotation, stints_of(cells["calendar"]))},
        measure="abc.yaml, as above",
    )


def test_rest_after_duty(spec: Spec) -> None:
    """Rest is time at home; standby is none. It is judged when the group is next called: not before the calendar says so."""
    others = "b standby 03-02 to 03-09; b duty 03-09 to 03-16; c standby 03-09 to 03-16; c duty 03-16 to 03-23; "

    def judged(cells: Cells) -> dict[str, object]:
        rotation = rotation_of(ABC, f"rest_share: 1 -> {cells['rest']}")
        found = faults(rotation, stints_of(others + cells["calendar of a"]))
        return {"no rest on": ", ".join(f"{fault.on:%m-%d}" for fault in found if fault.code == "no_rest")}

    spec.rows(
        """
        rest            | calendar of a                                                        || no rest on
        rest_share: 1   | a duty 03-02 to 03-09; a home 03-09 to 03-16; a standby 03-16 to 03-23 ||
        rest_share: 1   | a duty 03-02 to 03-09; a home 03-09 to 03-12; a standby 03-12 to 03-19 || 03-12
        rest_share: 1   | a duty 03-02 to 03-09; a standby 03-09 to 03-16                        || 03-09
        rest_share: 1   | a duty 03-02 to 03-09; a away 03-10 to 03-20                           || 03-10
        rest_share: 1   | a duty 03-02 to 03-09; a standby 03-12 to 03-19                        || 03-12
        rest_share: 1   | a duty 03-02 to 03-05; a home 03-05 to 03-08; a standby 03-08 to 03-15 ||
        rest_share: 1   | a duty 03-02 to 03-09; a home 03-09 to 03-12                           ||
        rest_share: 0.5 | a duty 03-02 to 03-08; a home 03-08 to 03-11; a standby 03-11 to 03-18 ||
        rest_share: 0.5 | a duty 03-02 to 03-08; a home 03-08 to 03-10; a standby 03-10 to 03-17 || 03-10
        rest: P5D       | a duty 03-02 to 03-09; a home 03-09 to 03-14; a standby 03-14 to 03-21 ||
        rest: P5D       | a duty 03-02 to 03-09; a home 03-09 to 03-13; a standby 03-13 to 03-20 || 03-13
        """,
        judged,
        **{"abc.yaml": ABC, "the others": others.removesuffix("; ")},
    )


def test_calendars_made_by_the_program(spec: Spec) -> None:
    """Three equal parts keep one group inside at all times, from whichever day one looks; three unequal ones do not."""

    def made(cells: Cells) -> dict[str, object]:
        rotation = rotation_of({"abc": ABC, "ab": AB, "unequal": UNEQUAL}[cells["rotation"]])
        return {"faults": said(rotation, calendar(rotation, day_of(cells["first"]), day_of(cells["last"])))}

    spec.rows(
        """
        rotation | first | last  || faults
        ab       | 03-02 | 04-12 ||
        abc      | 03-02 | 05-31 ||
        abc      | 03-20 | 05-31 ||
        abc      | 02-05 | 03-24 ||
        unequal  | 03-02 | 03-15 ||
        unequal  | 03-02 | 03-18 || nobody_inside 03-16, nobody_inside 03-17, nobody_inside 03-18
        unequal  | 03-21 | 03-29 || nobody_inside 03-21, nobody_inside 03-22
        """,
        made,
        unequal="14 days of duty, 14 at home, 21 on standby",
    )


def test_a_third_of_the_leaders(spec: Spec) -> None:
    """At least one third of the leaders on site each day, as a fraction: one of three is a third. `leader_share` takes a decimal."""

    def met(cells: Cells) -> dict[str, object]:
        rotation = rotation_of(ABC, f"leader_share_of: [1, 3] -> {cells['share']}")
        return {"met": rotation.share_met(int(cells["on site"]), int(cells["leaders"]))}

    spec.rows(
        """
        share                   | leaders | on site || met
        leader_share_of: [1, 3] | 3       | 0       ||
        leader_share_of: [1, 3] | 3       | 1       || yes
        leader_share_of: [1, 3] | 4       | 1       ||
        leader_share_of: [1, 3] | 4       | 2       || yes
        leader_share_of: [1, 3] | 6       | 2       || yes
        leader_share_of: [1, 3] | 7       | 2       ||
        leader_share_of: [1, 3] | 9       | 3       || yes
        leader_share_of: [1, 3] | 10      | 3       ||
        leader_share_of: [1, 3] | 300     | 100     || yes
        leader_share_of: [1, 3] | 301     | 100     ||
        leader_share: 0.34      | 3       | 1       ||
        leader_share: 0.25      | 4       | 1       || yes
        leader_share: null      | 4       | 0       || yes
        """,
        met,
        measure="abc.yaml, as above",
    )


def test_who_may_go_on_duty(spec: Spec) -> None:
    """
    Fit (the answer only, never its reason), long enough on standby, and the newest result of the panel as wanted and not too
    old. Home is entered by anybody.
    """

    def enters(cells: Cells) -> dict[str, object]:
        results = [Held(panel, at, result) for panel, at, result in moments(cells["results"], DATED)]

        def ask() -> None:
            check_may_enter(
                rotation_of(ABC), cells["state"], at=DATED.at(cells["at"]), zone=ZONE, results=results,
                standby=int(cells["stood by"]), fit=cells["fit"] == "yes",
            )  # fmt: skip

        return answer(ask, DATED)

    spec.rows(
        """
        state   | at          | results                                        | stood by | fit || refused
        duty    | 03-09 08:00 | pcr 03-08 08:00 negative                       | 7        | yes ||
        duty    | 03-09 08:00 | pcr 03-07 08:00 negative                       | 7        | yes ||
        duty    | 03-09 08:00 | pcr 03-07 07:59 negative                       | 7        | yes || test_missing
        duty    | 03-09 08:00 | pcr 03-09 08:01 negative                       | 7        | yes || test_missing
        duty    | 03-09 08:00 |                                                | 7        | yes || test_missing
        duty    | 03-09 08:00 | pcr 03-08 08:00 positive                       | 7        | yes || test_missing
        duty    | 03-09 08:00 | pcr 03-08 08:00 negative; pcr 03-08 20:00 positive | 7    | yes || test_missing
        duty    | 03-09 08:00 | pcr 03-08 20:00 positive; pcr 03-08 08:00 negative | 7    | yes || test_missing
        duty    | 03-09 08:00 | pcr 03-07 09:00 positive; pcr 03-08 20:00 negative | 7    | yes ||
        duty    | 03-09 08:00 | pcr 03-08 08:00 negative; pcr 03-08 08:00 positive | 7    | yes || test_missing
        duty    | 03-09 08:00 | antigen 03-08 08:00 negative                   | 7        | yes || test_missing
        duty    | 03-09 08:00 | pcr 03-08 08:00 negative                       | 6        | yes || standby_short
        duty    | 03-09 08:00 | pcr 03-08 08:00 negative                       | 7        | no  || not_fit
        standby | 03-09 08:00 |                                                | 0        | yes || test_missing
        standby | 03-09 08:00 | pcr 02-01 08:00 negative                       | 0        | yes ||
        home    | 03-09 08:00 |                                                | 0        | no  ||
        office  | 03-09 08:00 |                                                | 0        | yes || unknown_state
        """,
        enters,
        measure="abc.yaml, as above",
    )


def test_how_long_a_result_holds(spec: Spec) -> None:
    """Two days of the calendar, or 48 hours: in spring, where clocks go forward, these differ by one."""

    def enters(cells: Cells) -> dict[str, object]:
        clocks = Clocks("Europe/Berlin", DATED.day)
        rotation = rotation_of(ABC, f"valid_for: P2D -> valid_for: {cells['valid_for']}")
        held = [Held("pcr", clocks.at("03-28 08:00"), "negative")]

        def ask() -> None:
            check_may_enter(rotation, "duty", at=clocks.at(cells["at"]), zone=clocks.zone, results=held, standby=7)

        return answer(ask, clocks)

    spec.rows(
        """
        valid_for | at          || refused
        P2D       | 03-30 08:00 ||
        P2D       | 03-30 08:01 || test_missing
        PT48H     | 03-30 09:00 ||
        PT48H     | 03-30 09:01 || test_missing
        """,
        enters,
        zone="Europe/Berlin",
        sample="28 March, 08:00, negative",
    )


def test_a_generated_year_has_every_group_in_one_state_each_day(spec: Spec) -> None:
    """Over a year each group has each of the three states as long as the others, with one group inside on every day."""

    def counted(cells: Cells) -> dict[str, object]:
        rotation, first = rotation_of(ABC), day_of("03-02")
        days = [first + timedelta(days=i) for i in range(364 - 364 % 21)]
        of = [state_on(rotation, cells["group"], day).id for day in days]
        inside = [sum(state_on(rotation, g.id, day).where == "inside" for g in rotation.groups) for day in days]
        return {name: of.count(name) for name in ("duty", "home", "standby")} | {"inside each day": str(set(inside))}

    spec.rows(
        """
        group || duty | home | standby | inside each day
        a     || 119  | 119  | 119     | {1}
        b     || 119  | 119  | 119     | {1}
        c     || 119  | 119  | 119     | {1}
        """,
        counted,
        days="the 357 days (17 turns) from 2 March 2026",
        measure="abc.yaml, as above",
    )
