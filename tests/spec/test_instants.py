"""
Rule 2. Instants, where clocks are put forward and back.

Slots are wall-clock times of the facility's time zone on a nominal day of 24 hours. A time that does not exist becomes the
first one that does; an ambiguous one is its first occurrence; slots of one measure and subject that fall on one instant
are one slot. Days are calendar days; durations in hours are elapsed time.
"""

from tests.spec.runners import Spec


def test_times_that_do_not_exist(spec: Spec) -> None:
    """A time that the clocks leave out becomes the first that they show. Lord Howe puts them forward by half an hour."""
    spec.each("""
        zone                | day        | cadence          || due   | due in UTC
        America/New_York    | 2026-03-08 | times: ["01:59"] || 01:59 | 06:59
        America/New_York    | 2026-03-08 | times: ["02:00"] || 03:00 | 07:00
        America/New_York    | 2026-03-08 | times: ["02:59"] || 03:00 | 07:00
        America/New_York    | 2026-03-08 | times: ["03:00"] || 03:00 | 07:00
        Europe/London       | 2026-03-29 | times: ["01:30"] || 02:00 | 01:00
        Australia/Lord_Howe | 2026-10-04 | times: ["02:10"] || 02:30 | 10-03 15:30
        Australia/Lord_Howe | 2026-10-04 | times: ["02:30"] || 02:30 | 10-03 15:30
        America/Sao_Paulo   | 2018-11-04 | times: ["00:00"] || 01:00 | 03:00
    """)


def test_times_that_come_twice(spec: Spec) -> None:
    """A time that the clocks show twice is its first occurrence."""
    spec.each("""
        zone                | day        | cadence          || due       | due in UTC
        America/New_York    | 2026-11-01 | times: ["00:59"] || 00:59     | 04:59
        America/New_York    | 2026-11-01 | times: ["01:00"] || 01:00 EDT | 05:00
        America/New_York    | 2026-11-01 | times: ["01:30"] || 01:30 EDT | 05:30
        America/New_York    | 2026-11-01 | times: ["02:00"] || 02:00     | 07:00
        Europe/London       | 2026-10-25 | times: ["01:30"] || 01:30 BST | 00:30
        Australia/Lord_Howe | 2026-04-05 | times: ["01:40"] || 01:40 +11 | 04-04 14:40
    """)


def test_slots_on_one_instant_are_one(spec: Spec) -> None:
    """02:00, 02:30 and 03:00 all fall on 03:00 in New York on 8 March 2026."""
    spec(
        cadence='times: ["02:00", "02:30", "03:00"], early: PT0M',
        zone="America/New_York",
        day="2026-03-08",
        table="""
        due   || due in UTC | opens | on time until | closes
        03:00 || 07:00      | 03:00 | 03:30         | 03-09 02:00
        """,
    )
    spec.each(
        """
        zone             | day        || slots
        America/New_York | 2026-03-07 || 24
        America/New_York | 2026-03-08 || 23
        America/New_York | 2026-11-01 || 24
        Asia/Shanghai    | 2026-03-08 || 24
        """,
        cadence="every: PT1H",
    )


def test_one_slot_keeps_the_length_of_the_last(spec: Spec) -> None:
    """Of slots that fall on one instant, the last gives the length."""
    spec(
        cadence='per_day: 6, between: ["01:00", "04:00"]',
        zone="America/New_York",
        day="2026-03-08",
        table="""
        due   || due in UTC | on time until
        01:00 || 06:00      | 01:30
        01:30 || 06:30      | 03:00
        03:00 || 07:00      | 03:30
        03:30 || 07:30      | 04:00
        """,
    )


def test_windows_over_an_hour_that_comes_twice(spec: Spec) -> None:
    """Between 01:00 and 02:00 in New York on 1 November lie two hours; the second hour belongs to the slot of 01:00."""
    spec.each(
        """
        due       || due in UTC | opens       | on time until | closes
        00:00     || 04:00      | 10-31 23:45 | 00:30         | 00:45
        01:00 EDT || 05:00      | 00:45       | 01:30 EDT     | 01:45 EST
        02:00     || 07:00      | 01:45 EST   | 02:30         | 02:45
        """,
        cadence="every: PT1H",
        zone="America/New_York",
        day="2026-11-01",
    )


def test_a_day_of_25_hours_leaves_no_hole(spec: Spec) -> None:
    """One day after due means the same time by the clock, so a daily slot stays open through the long day."""
    spec.each(
        """
        fact at        || due   | closes      | state  | fate
        11-02 00:29:59 || 00:30 | 11-02 00:30 | late   | used
        11-02 00:30    || 00:30 | 11-02 00:30 | missed | none
        """,
        cadence='times: ["00:30"], early: PT0M',
        zone="America/New_York",
        day="2026-11-01",
    )


def test_hours_are_elapsed_time(spec: Spec) -> None:
    """`early` and `grace` are elapsed time: two hours after 00:30 the clocks of New York show 01:30 again."""
    spec.each(
        """
        cadence                       || due in UTC   | on time until
        times: ["00:30"], grace: PT2H || 04:30        | 01:30 EST
        times: ["00:30"], grace: PT1H || 04:30        | 01:30 EDT
        per_day: 2                    || 04:00, 17:00 | 12:00, 11-02 00:00
        """,
        zone="America/New_York",
        day="2026-11-01",
    )
