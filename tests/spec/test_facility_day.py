"""
Rule 9. The facility-day, and the day that a fact belongs to.

Facility-day D is [`day_ends` of D − 1, `day_ends` of D), by due instant; `day_ends` is protocol data, usually 24:00. Each
fact is counted in one day: that of the earliest slot that used it, else of the earliest slot whose window holds it, else of
its own time.
"""

from tests.spec.runners import Spec


def test_where_a_day_ends(spec: Spec) -> None:
    """Where the report is owed at 17:00, what is due from 17:00 on is of the next day."""
    spec.each(
        """
        day_ends | day        || day from    | day to      | due
        24:00    | 2026-03-17 || 00:00       | 03-18 00:00 | 16:00, 17:00, 18:00
        17:00    | 2026-03-17 || 03-16 17:00 | 17:00       | 03-16 17:00, 03-16 18:00, 16:00
        17:00    | 2026-03-18 || 03-17 17:00 | 17:00       | 03-17 17:00, 03-17 18:00, 16:00
        17:01    | 2026-03-17 || 03-16 17:01 | 17:01       | 03-16 18:00, 16:00, 17:00
        """,
        cadence="times: [16:00, 17:00, 18:00]",
    )


def test_days_of_23_and_25_hours(spec: Spec) -> None:
    """A facility-day ends by the wall clock, whatever its length, also where midnight does not exist."""
    spec.each(
        """
        zone              | day        | day_ends || day from    | day to
        America/New_York  | 2026-03-08 | 24:00    || 00:00       | 03-09 00:00
        America/New_York  | 2026-03-08 | 02:30    || 03-07 02:30 | 03:00
        America/New_York  | 2026-11-01 | 01:30    || 10-31 01:30 | 01:30 EDT
        America/Sao_Paulo | 2018-11-03 | 24:00    || 00:00       | 11-04 01:00
        America/Sao_Paulo | 2018-11-04 | 24:00    || 01:00       | 11-05 00:00
        """,
        cadence="times: [16:00]",
    )


def test_which_version_ends_the_day(spec: Spec) -> None:
    """The version in force at 00:00 of the day says when it ends; before the first version, the first says so."""
    spec.ward(
        protocol="""
        when        | day_ends | m
        until 10:00 | 24:00    | times: [16:00, 18:00]
        from 10:00  | 17:00    | times: [16:00, 18:00]
        """,
        slots="""
        day   | due         || state
        03-16 | 03-16 16:00 || missed
        03-16 | 03-16 18:00 || missed
        03-17 | 16:00       || missed
        03-17 | 18:00       || missed
        03-18 | 03-18 16:00 || missed
        03-19 | 03-18 18:00 || missed
        03-19 | 03-19 16:00 || missed
        """,
    )
    spec.each(
        """
        day        || day from    | day to | due
        2026-03-17 || 03-16 17:00 | 17:00  | 16:00
        2026-03-18 || 03-17 17:00 | 17:00  | 03-17 18:00, 16:00
        """,
        protocol="""
        when             | day_ends | m
        from 03-17 10:00 | 17:00    | times: [16:00, 18:00]
        """,
    )


def test_a_reading_before_midnight_for_the_slot_of_midnight(spec: Spec) -> None:
    """A reading at 23:50 for the slot of 00:00 belongs to the next day, by due."""
    spec.ward(
        measures={"m": 'times: ["00:00"]'},
        facts="""
        fact | at
        a    | 23:50
        """,
        slots="""
        day   | due         || state
        03-17 | 00:00       || missed
        03-18 | 03-18 00:00 || on_time
        """,
        fates="""
        day   | fact || fate
        03-18 | a    || used
        """,
    )


def test_each_fact_has_one_home_day(spec: Spec) -> None:
    """
    Reading a serves the slot of 23:00 (late) and that of 00:00: it is counted on the 17th. b repeats a in both. c is of a
    thing that nobody asks; d corrects e, which lies in the window of 23:00.
    """
    spec.ward(
        measures={"evening": 'times: ["23:00"]', "midnight": 'times: ["00:00"]'},
        facts="""
        fact | at          | observes    | supersedes
        a    | 03-18 00:05 | temperature |
        b    | 03-18 03:00 | temperature |
        c    | 03-18 03:00 | spo2        |
        d    | 03-19 08:00 | temperature | e
        e    | 03-18 04:00 | temperature |
        """,
        slots="""
        day   | measure  | due         || state   | fact
        03-17 | evening  | 23:00       || late    | a
        03-17 | midnight | 00:00       || missed  |
        03-18 | evening  | 03-18 23:00 || late    | d
        03-18 | midnight | 03-18 00:00 || on_time | a
        """,
        fates="""
        day   | fact || fate
        03-17 | a    || used
        03-17 | b    || repeat
        03-17 | e    || superseded
        03-18 | c    || extra
        03-18 | d    || used
        """,
    )


def test_the_home_of_a_fact_that_was_not_owed(spec: Spec) -> None:
    """
    Slots exist for whom a measure can name, also where nobody owed them. A was away, and C in another place: their readings
    at 01:00 lie in the window of the slot of 20:00, and are extra on its day. B is no resident: no slot, so his own time.
    """
    spec.ward(
        measures={"m": "times: [20:00]; applies_to: [{populations: [resident], places: {within: [W1]}}]"},
        people="""
        person | base         | place | present
        A      | resident     | W1    | until 19:00
        A      | resident     | W1    | from 03-18 00:30
        B      | staff_member | W1    | always
        C      | resident     | W2    | always
        """,
        facts="""
        fact | about | at
        a    | A     | 03-18 01:00
        b    | B     | 03-18 01:00
        c    | C     | 03-18 01:00
        """,
        slots="""
        day   | subject | due         || state
        03-18 | A       | 03-18 20:00 || missed
        """,
        fates="""
        day   | fact || fate
        03-17 | a    || extra
        03-17 | c    || extra
        03-18 | b    || extra
        """,
    )
