"""
Rule 1. How often something is owed.

A cadence is one value, shared by every kind of measure that recurs. It has exactly one of five forms: `every`, `times`,
`per_day`, `random`, `count`. This chapter shows the first three; `random` and `count` have chapters of their own.
"""

from tests.spec.runners import Spec


def test_every_two_hours(spec: Spec) -> None:
    """`every: PT2H` from 06:00 gives nine slots, the last at 22:00; from 00:00 it gives twelve."""
    spec(
        cadence="every: PT2H, starts: 06:00",
        table="""
        due   | fact at | outcome || opens | on time until | closes      | state
        06:00 | 06:10   | done    || 05:45 | 06:30         | 07:45       | on_time
        08:00 | 08:10   | done    || 07:45 | 08:30         | 09:45       | on_time
        10:00 |         |         || 09:45 | 10:30         | 11:45       | missed
        12:00 | 12:31   | done    || 11:45 | 12:30         | 13:45       | late
        14:00 | 13:45   | done    || 13:45 | 14:30         | 15:45       | on_time
        16:00 |         |         || 15:45 | 16:30         | 17:45       | missed
        18:00 |         |         || 17:45 | 18:30         | 19:45       | missed
        20:00 |         |         || 19:45 | 20:30         | 21:45       | missed
        22:00 | 23:59   | done    || 21:45 | 22:30         | 03-18 05:45 | late
        """,
    )
    spec.each("""
        cadence                      || slots | due
        every: PT2H, starts: "06:00" || 9     | 06:00, 08:00, 10:00, 12:00, 14:00, 16:00, 18:00, 20:00, 22:00
        every: PT2H, starts: "00:00" || 12    | 00:00, 02:00, 04:00, 06:00, 08:00, 10:00, 12:00, 14:00, 16:00, 18:00, 20:00, 22:00
        every: PT2H                  || 12    | 00:00, 02:00, 04:00, 06:00, 08:00, 10:00, 12:00, 14:00, 16:00, 18:00, 20:00, 22:00
    """)


def test_every_runs_up_to_but_not_including_its_end(spec: Spec) -> None:
    """`every` below a day runs from `starts` (usual 00:00) up to, but not including, `ends` (usual 24:00)."""
    spec.each("""
        cadence                                   || due
        every: PT4H, starts: 08:00, ends: 20:00   || 08:00, 12:00, 16:00
        every: PT4H, starts: 08:00, ends: "20:01" || 08:00, 12:00, 16:00, 20:00
        every: PT6H, ends: 12:00                  || 00:00, 06:00
        every: PT6H, starts: 13:30                || 13:30, 19:30
        every: PT90M, starts: 21:00               || 21:00, 22:30
    """)


def test_every_restarts_each_day(spec: Spec) -> None:
    """The beat of `every` below a day restarts each day, also when it does not divide 24 hours."""
    spec.each(
        """
        day        || due
        2026-03-17 || 00:00, 05:00, 10:00, 15:00, 20:00
        2026-03-18 || 00:00, 05:00, 10:00, 15:00, 20:00
        """,
        cadence="every: PT5H",
    )


def test_every_of_whole_days_beats_from_an_anchor(spec: Spec) -> None:
    """Whole days and weeks beat from the `anchor` date, in both directions; P1D needs none."""
    spec.each("""
        cadence                                         | day        || slots | due
        every: P1D, starts: 09:00                       | 2026-03-17 || 1     | 09:00
        every: P1D                                      | 2026-03-17 || 1     | 00:00
        every: P2D, anchor: 2026-03-15, starts: 09:00   | 2026-03-15 || 1     | 09:00
        every: P2D, anchor: 2026-03-15, starts: 09:00   | 2026-03-16 || 0     | none
        every: P2D, anchor: 2026-03-15, starts: 09:00   | 2026-03-17 || 1     | 09:00
        every: P2D, anchor: 2026-03-15, starts: 09:00   | 2026-03-11 || 1     | 09:00
        every: P2D, anchor: 2026-03-15, starts: 09:00   | 2026-03-12 || 0     | none
        every: P1W, anchor: 2026-03-31, starts: "08:30" | 2026-03-17 || 1     | 08:30
        every: P1W, anchor: 2026-03-31, starts: "08:30" | 2026-03-18 || 0     | none
    """)


def test_times_are_distinct_times_of_the_day(spec: Spec) -> None:
    """`times` lists local times; their order in the file does not matter."""
    spec(
        cadence="times: [20:00, '08:00', 12:30]",
        table="""
        due   || opens | on time until | closes
        08:00 || 07:45 | 08:30         | 12:15
        12:30 || 12:15 | 13:00         | 19:45
        20:00 || 19:45 | 20:30         | 03-18 07:45
        """,
    )


def test_per_day_shares_out_a_part_of_the_day(spec: Spec) -> None:
    """Slot i of `per_day: n` is due at a + i·(b − a)/n and lasts to the next one, or to b."""
    spec.each("""
        cadence                             || due                 | on time until
        per_day: 1                          || 00:00               | 03-18 00:00
        per_day: 2                          || 00:00, 12:00        | 12:00, 03-18 00:00
        per_day: 3                          || 00:00, 08:00, 16:00 | 08:00, 16:00, 03-18 00:00
        per_day: 1, between: [08:00, 20:00] || 08:00               | 20:00
        per_day: 3, between: [08:00, 20:00] || 08:00, 12:00, 16:00 | 12:00, 16:00, 20:00
    """)


def test_per_day_is_rounded_down_to_the_minute(spec: Spec) -> None:
    """Seven in twelve hours: every 102 6/7 minutes, each time rounded down by itself, so that nothing adds up."""
    spec(
        cadence="per_day: 7, between: [08:00, 20:00]",
        table="""
        due   || opens | on time until | closes
        08:00 || 08:00 | 09:42         | 09:42
        09:42 || 09:42 | 11:25         | 11:25
        11:25 || 11:25 | 13:08         | 13:08
        13:08 || 13:08 | 14:51         | 14:51
        14:51 || 14:51 | 16:34         | 16:34
        16:34 || 16:34 | 18:17         | 18:17
        18:17 || 18:17 | 20:00         | 03-18 08:00
        """,
    )
