"""
Rule 2. The night.

`night [from, to)` may cross midnight; a slot is a night slot if its due instant is inside. `skip` removes it; `observe`
lets a `night_check` fulfil it as well as the measure's own observation; `same` changes nothing. Without a policy residents
are observed, and everybody else is `same`. Whose standing says `wake_for_rounds` is treated as `same`.
"""

from tests.spec.runners import Spec


def test_the_policy_of_the_night(spec: Spec) -> None:
    """A look at night, at 22:05, for the slot of 22:00."""
    spec.each(
        """
        policy  | base         | standing            | observes    || state
                | resident     |                     | night_check || on_time
                | resident     |                     | temperature || on_time
                | staff_member |                     | night_check || missed
                | resident     | wake_for_rounds=yes | night_check || missed
                | resident     | wake_for_rounds=yes | temperature || on_time
                | resident     | wake_for_rounds=no  | night_check || on_time
        observe | resident     |                     | night_check || on_time
        observe | staff_member |                     | night_check || on_time
        same    | resident     |                     | night_check || missed
        same    | resident     |                     | temperature || on_time
        skip    | resident     |                     | night_check || none
        skip    | staff_member |                     | temperature || none
        skip    | resident     | wake_for_rounds=yes | night_check || missed
        skip    | resident     | wake_for_rounds=yes | temperature || on_time
        """,
        cadence="times: [22:00], night: {from: 22:00, to: '06:00', policy: <policy>}",
        **{"fact at": "22:05"},
    )


def test_which_slots_are_of_the_night(spec: Spec) -> None:
    """The night has its first instant and not its last, and the due instant alone decides."""
    spec.each(
        """
        due   | night                      || slots
        21:59 | from: 22:00, to: "06:00"   || 1
        22:00 | from: 22:00, to: "06:00"   || 0
        00:00 | from: 22:00, to: "06:00"   || 0
        05:59 | from: 22:00, to: "06:00"   || 0
        06:00 | from: 22:00, to: "06:00"   || 1
        00:59 | from: "01:00", to: "05:00" || 1
        01:00 | from: "01:00", to: "05:00" || 0
        05:00 | from: "01:00", to: "05:00" || 1
        """,
        cadence='times: ["<due>"], night: {<night>, policy: skip}',
    )


def test_a_slot_of_the_evening_is_not_fulfilled_at_night(spec: Spec) -> None:
    """A look at 22:10 does not fulfil the slot of 21:50, nor one at 06:00 the slot of the morning."""
    spec.each(
        """
        due   | fact at || state
        21:50 | 22:10   || missed
        05:50 | 06:10   || on_time
        06:00 | 05:50   || missed
        """,
        cadence='times: ["<due>"], night: {from: 22:00, to: "06:00", policy: observe}',
        observes="night_check",
    )


def test_skipped_slots_do_not_exist(spec: Spec) -> None:
    """With the night skipped, the last slot of the evening stays open until the first of the morning opens."""
    spec(
        cadence="every: PT4H, night: {from: 22:00, to: '06:00', policy: skip}",
        table="""
        due   || opens | closes
        08:00 || 07:45 | 11:45
        12:00 || 11:45 | 15:45
        16:00 || 15:45 | 19:45
        20:00 || 19:45 | 03-18 07:45
        """,
    )


def test_who_is_woken_for_a_while(spec: Spec) -> None:
    """A standing that says `wake_for_rounds` from 01:00 until 03:00 brings back the slot of 02:00 only."""
    spec.each(
        """
        standing                           || due
                                           || 06:00
        wake_for_rounds=yes 01:00 to 03:00 || 02:00, 06:00
        wake_for_rounds=yes 02:00 to 04:00 || 02:00, 06:00
        wake_for_rounds=yes                || 00:00, 02:00, 04:00, 06:00
        """,
        cadence="every: PT2H, ends: '08:00', night: {from: '00:00', to: '06:00', policy: skip}",
    )


def test_the_wall_clock_decides_what_is_night(spec: Spec) -> None:
    """A slot of 02:30 that the clocks move to 03:00 is not in a night that ends at 03:00."""
    spec.each(
        """
        day        || due
        2026-03-07 || none
        2026-03-08 || 03:00
        """,
        cadence='times: ["02:30"], night: {from: "01:00", to: "03:00", policy: skip}',
        zone="America/New_York",
    )
