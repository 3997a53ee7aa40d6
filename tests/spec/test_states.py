"""
Rule 6. States as of an instant.

Only facts and excuses recorded by then exist. A slot without a fact is pending until the earlier of due + grace and its
closing, then missed, unless it is excused. `expected` = on_time + late + missed + excused + pending.
"""

from tests.spec.runners import Spec


def test_pending_becomes_missed_when_grace_is_over(spec: Spec) -> None:
    """At the very instant due + grace a slot without a fact is missed."""
    spec.each(
        """
        as of        || state
        03-16 12:00  || pending
        07:00        || pending
        08:29:59.999 || pending
        08:30        || missed
        20:00        || missed
        """,
        cadence='times: ["08:00"]',
    )


def test_a_fact_exists_once_it_is_recorded(spec: Spec) -> None:
    """Done at 08:10 and typed in at 09:00: it was pending, then missed, and on time from 09:00 on."""
    spec.each(
        """
        as of        | fact at | recorded || state   | fate
        08:20        | 08:10   | 09:00    || pending | none
        08:59:59.999 | 08:10   | 09:00    || missed  | none
        09:00        | 08:10   | 09:00    || on_time | used
        08:00        | 07:50   | 07:50    || on_time | used
        08:20        | 08:40   | 08:15    || late    | used
        """,
        cadence='times: ["08:00"]',
    )


def test_pending_ends_when_the_window_closes(spec: Spec) -> None:
    """The slot of 09:50 closes at 09:55, half-way to the new one of 10:00: it can wait no longer, whatever its grace."""
    spec.each(
        """
        as of        | due   || closes | on time until | state
        09:54:59.999 | 09:50 || 09:55  | 11:50         | pending
        09:55        | 09:50 || 09:55  | 11:50         | missed
        """,
        protocol="""
        when        | m
        until 10:00 | times: ["09:50"], grace: PT2H
        from 10:00  | times: [10:00]
        """,
    )


def test_an_excuse_counts_from_its_recording(spec: Spec) -> None:
    """A slot that is covered is excused, not pending, from the moment the excuse is recorded until it is withdrawn."""
    spec.each(
        """
        as of        | excuse                                          || state
        06:59:59.999 | 07:30 to 09:00, recorded 07:00                  || pending
        07:00        | 07:30 to 09:00, recorded 07:00                  || excused
        11:59        | 07:30 to 09:00, recorded 12:00                  || missed
        12:00        | 07:30 to 09:00, recorded 12:00                  || excused
        07:59        | 07:30 to 09:00, recorded 07:00, withdrawn 08:00 || excused
        08:00        | 07:30 to 09:00, recorded 07:00, withdrawn 08:00 || pending
        09:00        | 07:30 to 09:00, recorded 07:00, withdrawn 08:00 || missed
        """,
        cadence='times: ["08:00"]',
    )


def test_the_five_states_add_up(spec: Spec) -> None:
    """At 13:00 one slot is in each state; the shares are of the four that can be judged, and of the three that had to be done."""
    spec.ward(
        measures={"m": "every: PT2H, starts: '06:00', ends: 16:00"},
        as_of="13:00",
        facts="""
        fact | at    | outcome | reason
        a    | 06:10 | done    |
        b    | 09:00 | done    |
        c    | 12:05 | refused | declined
        """,
        slots="""
        due   || state   | reason
        06:00 || on_time |
        08:00 || late    |
        10:00 || missed  |
        12:00 || excused | declined
        14:00 || pending |
        """,
        counts="""
        measure || expected | on_time | late | missed | excused | pending | coverage     | done_share
        m       || 5        | 1       | 1    | 1      | 1       | 1       | 0.6666666666 | 0.5
        """,
    )
