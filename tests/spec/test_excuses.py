"""
Rule 8. Excuses.

An excuse has a scope (subject, place and all below, measure, facility) × [from, to) × a reason × when it was recorded. It
covers a slot by its due instant, and by where the subject was then. A done fact beats an excuse. One recorded after
due + grace also counts in `excused_after`.
"""

from tests.spec.runners import Spec


def test_excuse_scopes(spec: Spec) -> None:
    """A is in W1-1 and B in W2. At 08:00 A is excused, at 10:00 place W1, at 12:00 one measure, at 14:00 the facility."""
    spec.ward(
        measures={
            "pulse": 'times: ["08:00", 10:00, 12:00, 14:00, 16:00]; observation: pulse',
            "temp": 'times: ["08:00", 10:00, 12:00, 14:00, 16:00]',
        },
        places="""
        place | in
        W1    |
        W1-1  | W1
        W2    |
        """,
        people="""
        person | place
        A      | W1-1
        B      | W2
        """,
        excuses="""
        scope    | subject | measure | when           | reason
        subject  | A       |         | 08:00 to 09:00 | court
        place    | W1      |         | 10:00 to 11:00 | no_power
        measure  |         | temp    | 12:00 to 13:00 | device_fault
        facility |         |         | 14:00 to 15:00 | incident
        facility |         | pulse   | 16:00 to 17:00 | sampling
        """,
        slots="""
        measure | subject | due   || state   | reason
        pulse   | A       | 08:00 || excused | court
        pulse   | A       | 10:00 || excused | no_power
        pulse   | A       | 12:00 || missed  |
        pulse   | A       | 14:00 || excused | incident
        pulse   | A       | 16:00 || excused | sampling
        pulse   | B       | 08:00 || missed  |
        pulse   | B       | 10:00 || missed  |
        pulse   | B       | 12:00 || missed  |
        pulse   | B       | 14:00 || excused | incident
        pulse   | B       | 16:00 || excused | sampling
        temp    | A       | 08:00 || excused | court
        temp    | A       | 10:00 || excused | no_power
        temp    | A       | 12:00 || excused | device_fault
        temp    | A       | 14:00 || excused | incident
        temp    | A       | 16:00 || missed  |
        temp    | B       | 08:00 || missed  |
        temp    | B       | 10:00 || missed  |
        temp    | B       | 12:00 || excused | device_fault
        temp    | B       | 14:00 || excused | incident
        temp    | B       | 16:00 || missed  |
        """,
        counts="""
        measure || expected | missed | excused | excused_after | coverage | gaps
        pulse   || 10       | 4      | 6       | 0             | 0        | A -, B -, B -, B -
        temp    || 10       | 4      | 6       | 0             | 0        | A -, B -, B -, B -
        """,
    )


def test_a_wing_without_power(spec: Spec) -> None:
    """W1 has no power from 09:00 to 13:00; A was moved out at 10:00 and owes again, B stayed."""
    spec.ward(
        measures={"m": 'times: ["08:00", "09:00", 10:00, 12:00, 13:00]'},
        people="""
        person | place | present
        A      | W1    | until 10:00
        A      | W2    | from 10:00
        B      | W1    | always
        """,
        excuses="""
        scope | subject  | when           | reason   | recorded
        place | place:W1 | 09:00 to 13:00 | no_power | 09:05
        """,
        slots="""
        subject | due   || state   | reason
        A       | 08:00 || missed  |
        A       | 09:00 || excused | no_power
        A       | 10:00 || missed  |
        A       | 12:00 || missed  |
        A       | 13:00 || missed  |
        B       | 08:00 || missed  |
        B       | 09:00 || excused | no_power
        B       | 10:00 || excused | no_power
        B       | 12:00 || excused | no_power
        B       | 13:00 || missed  |
        """,
    )


def test_places_are_excused_with_what_is_below(spec: Spec) -> None:
    """An excuse of place W1 covers rounds on W1 and W1-1, and on the camera there; not those on W2."""
    spec.ward(
        measures={
            "cameras": 'times: ["08:00"]; subject: asset',
            "rooms": 'times: ["08:00"]; subject: place',
        },
        places="""
        place | in
        W1    |
        W1-1  | W1
        W2    |
        """,
        others="""
        subject | kind  | place
        C1      | asset | W1-1
        C2      | asset | W2
        """,
        excuses="""
        scope | subject | when   | reason
        place | W1      | always | area_closed
        """,
        slots="""
        measure | subject | due   || state
        cameras | C1      | 08:00 || excused
        cameras | C2      | 08:00 || missed
        rooms   | W1      | 08:00 || excused
        rooms   | W1-1    | 08:00 || excused
        rooms   | W2      | 08:00 || missed
        """,
    )


def test_the_due_instant_decides(spec: Spec) -> None:
    """[from, to) holds the due instant or not; windows and the time of recording play no part."""
    spec.each(
        """
        excuse                || state
        08:00 to 08:00:00.001 || excused
        07:00 to 08:00        || missed
        08:00:00.001 to 09:00 || missed
        always                || excused
        """,
        cadence='times: ["08:00"]',
    )


def test_facts_and_excuses_in_one_slot(spec: Spec) -> None:
    """A done fact beats an excuse, also a late one; a refusal gives its own reason; `not_done` with an excuse is excused."""
    spec.each(
        """
        fact at | outcome  | why            || state   | reason   | excused_after | fate
        08:10   | done     |                || on_time |          |               | used
        09:10   | done     |                || late    |          |               | used
        08:10   | refused  | declined       || excused | declined |               | used
        08:10   | refused  |                || excused | drill    | yes           | used
        08:10   | not_done | staff_shortage || excused | drill    | yes           | used
        """,
        cadence='times: ["08:00"]',
        excuse="07:00 to 09:00, recorded 12:00",
    )


def test_excused_after(spec: Spec) -> None:
    """An excuse that was recorded after due + grace counts, and is told apart."""
    spec.each(
        """
        excuse                                || state   | excused_after
        07:00 to 09:00, recorded 06:00        || excused |
        07:00 to 09:00, recorded 08:30        || excused |
        07:00 to 09:00, recorded 08:30:00.001 || excused | yes
        07:00 to 09:00, recorded 03-20 08:00  || excused | yes
        """,
        cadence='times: ["08:00"]',
    )


def test_several_excuses_for_one_slot(spec: Spec) -> None:
    """The one recorded first gives the reason and decides `excused_after`; once it is withdrawn, the next one does."""
    for as_of, answer in (
        ("06:59", "pending |       |"),
        ("07:00", "excused | drill |"),
        ("12:59", "excused | drill |"),
        ("13:00", "excused | fire  | yes"),
    ):
        spec.ward(
            measures={"m": 'times: ["08:00"]'},
            as_of=as_of,
            excuses="""
            scope    | measure | when           | reason | recorded | withdrawn
            facility |         | 00:00 to 23:00 | fire   | 12:00    |
            measure  | m       | 08:00 to 08:01 | drill  | 07:00    | 13:00
            """,
            slots=f"due || state | reason | excused_after \n 08:00 || {answer}",
        )
