"""
Rule 4. When a slot opens, until when it is on time, and when it closes.

The slots of one measure and subject stand in order of due. A slot opens at the later of due − `early` and half-way back
to the slot before; it closes when the next one opens, at most one day (for `every` of days: one interval) after due. The
window is [opens, closes). What is observed in it by due + `grace`, that instant included, is on time; the rest is late.
"""

from tests.spec.runners import Spec


def test_usual_early_and_grace(spec: Spec) -> None:
    """`early` is PT15M and `grace` PT30M; for `per_day` nothing and the slot's own length."""
    spec.each("""
        cadence                                                        | due   || opens | on time until
        times: ["08:00"]                                               | 08:00 || 07:45 | 08:30
        times: ["08:00"], early: PT5M                                  | 08:00 || 07:55 | 08:30
        times: ["08:00"], grace: PT1H                                  | 08:00 || 07:45 | 09:00
        times: ["08:00"], early: PT0M, grace: PT0M                     | 08:00 || 08:00 | 08:00
        every: P1D, starts: "08:00"                                    | 08:00 || 07:45 | 08:30
        per_day: 2, between: [08:00, 20:00]                            | 14:00 || 14:00 | 20:00
        per_day: 2, between: [08:00, 20:00], early: PT10M, grace: PT1H | 14:00 || 13:50 | 15:00
    """)


def test_the_edges_of_a_window(spec: Spec) -> None:
    """Times are compared to the millisecond: the window has its first instant and not its last, grace has its last."""
    spec.each(
        """
        fact at      | due   || state
        07:44:59.999 | 08:00 || missed
        07:45        | 08:00 || on_time
        08:00        | 08:00 || on_time
        08:30        | 08:00 || on_time
        08:30:00.001 | 08:00 || late
        11:44:59.999 | 08:00 || late
        11:45        | 08:00 || missed
        11:44:59.999 | 12:00 || missed
        11:45        | 12:00 || on_time
        """,
        cadence='times: ["08:00", 12:00]',
    )


def test_a_slot_opens_at_most_half_way_back(spec: Spec) -> None:
    """Where slots lie close, a slot opens half-way back to the one before, and that one closes there."""
    spec(
        cadence='times: ["08:00", "08:20", "08:41"], early: PT15M, grace: PT5M',
        table="""
        due   || opens    | on time until | closes
        08:00 || 07:45    | 08:05         | 08:10
        08:20 || 08:10    | 08:25         | 08:30:30
        08:41 || 08:30:30 | 08:46         | 03-18 07:45
        """,
    )


def test_a_slot_closes_at_most_one_day_after(spec: Spec) -> None:
    """Without a next slot, a window ends one day after due; for `every` of days, one interval after."""
    spec.each(
        """
        cadence                                       || opens | due   | closes
        times: [10:00]                                || 09:45 | 10:00 | 03-18 10:00
        per_day: 1, between: [10:00, 18:00]           || 10:00 | 10:00 | 03-18 10:00
        every: P3D, anchor: 2026-03-17, starts: 10:00 || 09:45 | 10:00 | 03-20 10:00
        every: P1W, anchor: 2026-03-17, starts: 10:00 || 09:45 | 10:00 | 03-24 10:00
        """,
        protocol="""
        when                       | m
        03-17 00:00 to 03-18 00:00 | <cadence>
        """,
    )
    spec.each("""
        cadence                                       || opens | due   | closes
        every: P3D, anchor: 2026-03-17, starts: 10:00 || 09:45 | 10:00 | 03-20 09:45
    """)


def test_three_a_day_between_eight_and_twenty(spec: Spec) -> None:
    """For `per_day` the slot's end is still on time; what is later counts for the third slot until the next morning."""
    spec.each(
        """
        fact at      || due                 | state                   | fate
        12:00        || 08:00, 12:00, 16:00 | missed, on_time, missed | used
        20:00        || 08:00, 12:00, 16:00 | missed, missed, on_time | used
        20:00:00.001 || 08:00, 12:00, 16:00 | missed, missed, late    | used
        20:30        || 08:00, 12:00, 16:00 | missed, missed, late    | used
        03-18 07:55  || 08:00, 12:00, 16:00 | missed, missed, late    | used
        """,
        cadence="per_day: 3, between: [08:00, 20:00]",
    )


def test_an_act_before_the_first_slot_is_of_the_day_before(spec: Spec) -> None:
    """At 07:55, after another act in yesterday's third slot, it is a repeat of yesterday and nothing of today."""
    spec.ward(
        measures={"m": "per_day: 3, between: [08:00, 20:00]"},
        facts="""
        fact | at
        a    | 03-16 18:00
        b    | 07:55
        """,
        fates="""
        day   | fact || fate
        03-16 | a    || used
        03-16 | b    || repeat
        """,
        slots="""
        day   | due         || state   | fact
        03-16 | 03-16 08:00 || missed  |
        03-16 | 03-16 12:00 || missed  |
        03-16 | 03-16 16:00 || on_time | a
        03-17 | 08:00       || missed  |
        03-17 | 12:00       || missed  |
        03-17 | 16:00       || missed  |
        """,
    )


def test_slots_that_nobody_owed_still_shape_windows(spec: Spec) -> None:
    """Slots exist by protocol. Away at 10:00, a reading at 11:30 is in that slot's window: it is extra, not early for 12:00."""
    spec.each(
        """
        present                 | fact at || due                 | state                | fate
        until 09:00; from 11:00 | 11:30   || 08:00, 12:00        | missed, missed       | extra
        until 09:00; from 11:00 | 11:45   || 08:00, 12:00        | missed, on_time      | used
        always                  | 11:30   || 08:00, 10:00, 12:00 | missed, late, missed | used
        """,
        cadence='times: ["08:00", 10:00, 12:00]',
    )
