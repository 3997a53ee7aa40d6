"""
Rule 1. `count`: at least so many within a window.

A `count` has no slots. Its windows [a, b) tile the local day from 00:00, or whole days from an anchor (usually a Monday); each
is one expectation, judged at its end. It is on time with enough done facts inside, else excused if an excuse covers its last
instant, else pending before its end, else missed.
"""

from tests.spec.runners import Spec


def test_windows_tile_the_day(spec: Spec) -> None:
    """The last window of a day is cut at midnight, and each is due at its end."""
    spec.each("""
        cadence                                               | day        || opens               | due
        count: {at_least: 2, within: PT10H}                   | 2026-03-17 || 00:00, 10:00, 20:00 | 10:00, 20:00, 03-18 00:00
        count: {at_least: 2, within: PT12H}                   | 2026-03-17 || 00:00, 12:00        | 12:00, 03-18 00:00
        count: {at_least: 2, within: P1D}                     | 2026-03-17 || 00:00               | 03-18 00:00
        count: {at_least: 2, within: PT24H}                   | 2026-03-17 || 00:00               | 03-18 00:00
        count: {at_least: 2, within: P1W}                     | 2026-03-22 || 03-16 00:00         | 03-23 00:00
        count: {at_least: 2, within: P1W}                     | 2026-03-23 || none                | none
        count: {at_least: 2, within: P1W}, anchor: 2026-01-06 | 2026-03-23 || 03-17 00:00         | 03-24 00:00
        count: {at_least: 2, within: P2D}, anchor: 2026-03-16 | 2026-03-17 || 03-16 00:00         | 03-18 00:00
        count: {at_least: 2, within: P2D}, anchor: 2026-03-16 | 2026-03-18 || none                | none
    """)


def test_the_first_facts_are_used(spec: Spec) -> None:
    """Two are asked: the first two of a window are used, later ones repeat, other outcomes do nothing and are extra."""
    spec.each(
        """
        as of | facts                                                   || due                       | state
        23:59 | 09:59:59.999; 10:00; 11:00; 19:00; 23:00 refused asleep || 10:00, 20:00, 03-18 00:00 | missed, on_time, pending
        """,
        cadence="count: {at_least: 2, within: PT10H}",
    )
    spec.each(
        """
        as of | facts                                                   || fates
        23:59 | 09:59:59.999; 10:00; 11:00; 19:00; 23:00 refused asleep || a used, b used, c used, d repeat, e extra
        """,
        cadence="count: {at_least: 2, within: PT10H}",
    )


def test_a_window_is_judged_at_its_end(spec: Spec) -> None:
    """Pending before its end, missed from then on; with enough facts it is on time at once."""
    spec.each(
        """
        as of        | facts        || state
        09:59:59.999 |              || pending, pending
        12:00        |              || missed, pending
        13:00        | 08:00        || missed, pending
        08:00        | 07:00; 08:00 || on_time, pending
        12:00        | 07:00; 12:00 || missed, pending
        03-18 00:00  |              || missed, missed
        """,
        cadence="count: {at_least: 2, within: PT12H}",
    )


def test_who_owes_a_window(spec: Spec) -> None:
    """A person who is there for at least half of it."""
    spec.each(
        """
        present           || due
        always            || 12:00, 03-18 00:00
        from 06:00        || 12:00, 03-18 00:00
        from 06:00:00.001 || 03-18 00:00
        until 18:00       || 12:00, 03-18 00:00
        until 17:59       || 12:00
        09:00 to 15:00    || none
        """,
        cadence="count: {at_least: 1, within: PT12H}",
    )


def test_excuses_for_a_window(spec: Spec) -> None:
    """An excuse counts that covers the last instant of the window; recorded after its end, it counts in `excused_after`."""
    spec.each(
        """
        excuse                                | facts || state            | excused_after
        11:00 to 12:00, recorded 08:00        |       || excused, missed  | -, -
        11:00 to 11:59:59.999, recorded 08:00 |       || missed, missed   | -, -
        12:00 to 13:00, recorded 08:00        |       || missed, missed   | -, -
        00:00 to 24:00, recorded 12:00        |       || excused, excused | -, -
        00:00 to 24:00, recorded 12:00:00.001 |       || excused, excused | yes, -
        00:00 to 24:00, recorded 12:00:00.001 | 09:00 || on_time, excused | -, -
        """,
        cadence="count: {at_least: 1, within: PT12H}",
    )


def test_places_owe_a_window(spec: Spec) -> None:
    """A place owes if it does so at the last instant of the window."""
    spec.ward(
        measures={
            "m": "count: {at_least: 2, within: PT12H}; subject: place, observation: patrol, "
            "applies_to: [{places: {classes: [key_area]}}]"
        },
        places="""
        place
        W1
        W2
        """,
        standings="""
        subject | key   | value    | when
        W1      | class | key_area | from 11:59
        W2      | class | key_area | until 11:59
        """,
        facts="""
        fact | about | observes | at
        a    | W1    | patrol   | 09:00
        b    | W1    | patrol   | 10:00
        c    | W2    | patrol   | 10:00
        """,
        slots="""
        subject | due         || state
        W1      | 12:00       || on_time
        W1      | 03-18 00:00 || missed
        """,
        fates="""
        fact || fate
        a    || used
        b    || used
        c    || extra
        """,
    )


def test_the_day_of_a_window(spec: Spec) -> None:
    """A window is of the facility-day in which it ends; one that ends as the day does is still in it."""
    spec.each(
        """
        day_ends || due
        24:00    || 12:00, 03-18 00:00
        17:00    || 00:00, 12:00
        12:00    || 00:00, 12:00
        """,
        cadence="count: {at_least: 1, within: PT12H}",
    )


def test_a_count_that_changes(spec: Spec) -> None:
    """The value in force at the last instant of a window asks for it."""
    spec.each(
        """
        change       || opens               | due
        12:00        || 00:00, 12:00, 18:00 | 12:00, 18:00, 03-18 00:00
        11:59:59.999 || 06:00, 12:00, 18:00 | 12:00, 18:00, 03-18 00:00
        13:00        || 00:00, 12:00, 18:00 | 12:00, 18:00, 03-18 00:00
        """,
        protocol="""
        when           | m
        until <change> | count: {at_least: 1, within: PT12H}
        from <change>  | count: {at_least: 1, within: PT6H}
        """,
    )


def test_windows_and_changing_clocks(spec: Spec) -> None:
    """A window that the clocks swallow is not owed; one with an hour that comes twice is longer."""
    spec.each(
        """
        day        || slots
        2026-03-07 || 24
        2026-03-08 || 23
        2026-11-01 || 24
        """,
        cadence="count: {at_least: 1, within: PT1H}",
        zone="America/New_York",
    )
