"""
Rule 3. What a change of the rules does.

For each subject the value in force (version, level, override, conditions on its standing) is constant on segments [a, b).
A slot of a segment exists if a ≤ due < b. Nothing that was due before a change is created, moved or dropped by it.
"""

from tests.spec.runners import Spec


def test_a_level_raised_at_ten(spec: Spec) -> None:
    """Raised at 10:00: the old slot of 09:50 closes at 09:55, the new one of 10:00 opens then."""
    spec(
        protocol="""
        when        | m
        until 10:00 | times: ["09:50", "10:10"], early: PT15M, grace: PT5M
        from 10:00  | times: ["09:40", "10:00"], early: PT15M, grace: PT5M
        """,
        table="""
        due   || opens | on time until | closes
        09:50 || 09:35 | 09:55         | 09:55
        10:00 || 09:55 | 10:05         | 03-18 09:25
        """,
    )


def test_a_new_beat_begins_with_the_change(spec: Spec) -> None:
    """From two-hourly to four-hourly at 09:00; the slot of 08:00 stands, and stays open until the next that exists."""
    spec(
        protocol="""
        when        | m
        until 09:00 | every: PT2H, starts: '04:00'
        from 09:00  | every: PT4H, starts: '04:00'
        """,
        table="""
        due   | fact at || opens | closes      | state
        04:00 |         || 03:45 | 05:45       | missed
        06:00 |         || 05:45 | 07:45       | missed
        08:00 | 09:10   || 07:45 | 11:45       | late
        12:00 |         || 11:45 | 15:45       | missed
        16:00 |         || 15:45 | 19:45       | missed
        20:00 |         || 19:45 | 03-18 03:45 | missed
        """,
    )


def test_the_instant_of_the_change_belongs_to_the_new(spec: Spec) -> None:
    """A slot due at the very instant of the change is the new one, with the new grace."""
    spec(
        protocol="""
        when        | m
        until 10:00 | times: [10:00], grace: PT1H
        from 10:00  | times: [10:00], grace: PT5M
        """,
        table="""
        due   || on time until
        10:00 || 10:05
        """,
    )


def test_a_measure_that_begins_or_ends(spec: Spec) -> None:
    """A measure that ends leaves its last slot open for a day; one that begins asks nothing of the time before."""
    spec.ward(
        protocol="""
        when        | old                     | new
        until 10:00 | times: ["09:00", 11:00] |
        from 10:00  |                         | times: ["09:00", 11:00]
        """,
        slots="""
        measure | due   || opens | closes
        old     | 09:00 || 08:45 | 03-18 09:00
        new     | 11:00 || 10:45 | 03-18 08:45
        """,
    )


def test_two_a_day_become_four_on_isolation(spec: Spec) -> None:
    """Isolated at 09:00, two readings a day become four: a new segment from 09:00, and the earlier slot stands."""
    spec(
        cadence="per_day: 2",
        more="standings: [{where: {isolation_stage: '*'}, set: {cadence: {per_day: 4, between: ['00:00', '24:00']}}}]",
        standings="""
        subject | key             | value | when
        A       | isolation_stage | one   | from 09:00
        """,
        table="""
        due   | fact at || on time until | closes      | state
        00:00 | 08:00   || 12:00         | 12:00       | on_time
        12:00 |         || 18:00         | 18:00       | missed
        18:00 | 23:00   || 03-18 00:00   | 03-18 00:00 | on_time
        """,
    )


def test_when_isolation_ends(spec: Spec) -> None:
    """Until 15:00 four a day, then two again: the slot of 18:00 never was, and that of 12:00 keeps its six hours of grace."""
    spec(
        cadence="per_day: 2",
        more="standings: [{where: {isolation_stage: '*'}, set: {cadence: {per_day: 4, between: ['00:00', '24:00']}}}]",
        standings="""
        subject | key             | value | when
        A       | isolation_stage | one   | until 15:00
        """,
        table="""
        due   | fact at || on time until | closes      | state
        00:00 |         || 06:00         | 06:00       | missed
        06:00 |         || 12:00         | 12:00       | missed
        12:00 | 19:00   || 18:00         | 03-18 00:00 | late
        """,
    )


def test_which_condition_on_a_standing_wins(spec: Spec) -> None:
    """The first condition that matches wins; `*` matches any value, and all that stands in one condition must hold."""
    spec.each(
        """
        standing              || due
                              || 08:00
        stage=one             || 09:00
        stage=two             || 10:00
        stage=one; stage=two  || 09:00
        stage=two; risk=high  || 07:00
        risk=high             || 08:00
        stage=one from 08:30  || 08:00, 09:00
        stage=one until 08:30 || none
        stage=one from 08:00  || 09:00
        """,
        cadence="times: ['08:00']",
        measure="standings: ["
        "{where: {risk: high, stage: two}, set: {cadence: {times: ['07:00']}}}, "
        "{where: {stage: one}, set: {cadence: {times: ['09:00']}}}, "
        "{where: {stage: '*'}, set: {cadence: {times: ['10:00']}}}]",
    )
