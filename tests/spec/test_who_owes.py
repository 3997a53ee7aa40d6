"""
Rule 7. Who owes.

A person owes who, at the due instant, is present in a population and place that the measure names, once, however many
selectors match. For `per_day` it is who is so present for at least half of the slot. Presence is half-open [from, to); who
is away is not present. A place owes while it is in service and of the named class, and if `occupied: true` only with
someone in it. Assets, groups and the facility itself may be subjects.
"""

from tests.spec.runners import Spec


def test_presence_is_half_open(spec: Spec) -> None:
    """A slot at an instant asks who is present at that instant; who leaves then is not, who comes then is."""
    spec.each(
        """
        present                 || slots
        from 08:00              || 1
        from 08:00:00.001       || 0
        until 08:00             || 0
        until 08:00:00.001      || 1
        08:00 to 08:00:00.001   || 1
        until 07:00; from 09:00 || 0
        until 08:00; from 08:00 || 1
                                || 1
        """,
        cadence='times: ["08:00"]',
    )


def test_half_of_a_slot(spec: Spec) -> None:
    """A slot of `per_day` asks who is present for at least half of it, in one piece or several."""
    spec.each("""
        cadence                             | present                        || slots
        per_day: 1                          | from 08:00                     || 1
        per_day: 1                          | from 12:00                     || 1
        per_day: 1                          | from 12:00:00.001              || 0
        per_day: 1                          | until 12:00                    || 1
        per_day: 1                          | until 11:59:59.999             || 0
        per_day: 1, between: [08:00, 20:00] | 11:00 to 17:00                 || 1
        per_day: 1, between: [08:00, 20:00] | until 11:00; from 17:00        || 1
        per_day: 1, between: [08:00, 20:00] | until 11:00; from 17:00:00.001 || 0
        per_day: 2, between: [08:00, 20:00] | until 11:00; from 17:00        || 2
        per_day: 2, between: [08:00, 20:00] | from 11:00:00.001              || 1
    """)


def test_half_is_elapsed_time(spec: Spec) -> None:
    """Half of a day is 11½ hours when it has 23, and 12½ when it has 25; a slot that the clocks swallow is asked when due."""
    spec.each(
        """
        day        | cadence                                 | present     || slots
        2026-03-08 | per_day: 1                              | until 12:30 || 1
        2026-03-08 | per_day: 1                              | until 12:29 || 0
        2026-11-01 | per_day: 1                              | until 11:30 || 1
        2026-11-01 | per_day: 1                              | until 11:29 || 0
        2026-03-08 | per_day: 1, between: ["02:00", "03:00"] | from 03:00  || 1
        2026-03-08 | per_day: 1, between: ["02:00", "03:00"] | until 03:00 || 0
        """,
        zone="America/New_York",
    )


def test_admitted_in_the_morning(spec: Spec) -> None:
    """Admitted at 08:00, a person owes the once-a-day reading of that day, and may give it at 08:00."""
    spec.each(
        """
        present    | fact at || state   | fate
        from 08:00 | 08:00   || on_time | used
        from 08:00 | 23:00   || on_time | used
        from 13:00 | 14:00   || none    | extra
        """,
        cadence="per_day: 1",
    )


def test_populations(spec: Spec) -> None:
    """A selector names populations by code or base class; who matches two of them owes once."""
    spec.ward(
        measures={
            "codes": 'times: ["08:00"]; applies_to: [{populations: [officer]}]',
            "everybody": 'times: ["08:00"]',
            "residents": 'times: ["08:00"]; applies_to: [{populations: [resident]}]',
            "twice": 'times: ["08:00"]; applies_to: [{populations: [staff_member]}, {populations: [officer, resident]}]',
        },
        people="""
        person | population | base
        A      | detainee   | resident
        B      | officer    | staff_member
        C      | cook       | staff_member
        """,
        slots="""
        measure   | subject | due   || state
        codes     | B       | 08:00 || missed
        everybody | A       | 08:00 || missed
        everybody | B       | 08:00 || missed
        everybody | C       | 08:00 || missed
        residents | A       | 08:00 || missed
        twice     | A       | 08:00 || missed
        twice     | B       | 08:00 || missed
        twice     | C       | 08:00 || missed
        """,
    )


def test_places_of_people(spec: Spec) -> None:
    """
    For a person, kind, class and `within` hold for the place where he is or any around it; all that one selector gives
    must hold. W2 is of class red from 10:00.
    """
    spec.ward(
        measures={
            "class": 'times: ["09:00", 11:00]; applies_to: [{places: {classes: [red]}}]',
            "kind": 'times: ["09:00", 11:00]; applies_to: [{places: {kinds: [room]}}]',
            "none": 'times: ["09:00", 11:00]; applies_to: [{places: {kinds: [room], within: [W2]}}]',
            "other": 'times: ["09:00", 11:00]; applies_to: [{populations: [officer], places: {within: [W1]}}]',
            "outer": 'times: ["09:00"]; applies_to: [{places: {kinds: [ward]}}]',
            "within": 'times: ["09:00", 11:00]; applies_to: [{places: {within: [W1]}}]',
        },
        places="""
        place | in | kind
        W1    |    | ward
        W1-1  | W1 | room
        W2    |    | ward
        """,
        standings="""
        subject | key   | value | when
        W2      | class | red   | from 10:00
        """,
        people="""
        person | population | base         | place | present
        A      | detainee   | resident     | W1-1  | until 10:00
        A      | detainee   | resident     | W2    | from 10:00
        B      | officer    | staff_member | W2    | always
        """,
        slots="""
        measure | subject | due   || state
        class   | A       | 11:00 || missed
        class   | B       | 11:00 || missed
        kind    | A       | 09:00 || missed
        outer   | A       | 09:00 || missed
        outer   | B       | 09:00 || missed
        within  | A       | 09:00 || missed
        """,
    )


def test_half_of_a_slot_in_the_place_that_is_named(spec: Spec) -> None:
    """Only the time in the named place counts, and only while it is of the named class."""
    spec.each(
        """
        red from     || slots
        13:00        || 1
        14:00        || 1
        14:00:00.001 || 0
        """,
        cadence="per_day: 1, between: [08:00, 20:00]",
        measure="applies_to: [{places: {classes: [red]}}]",
        places="place\n W1",
        standings="subject | key | value | when\n W1 | class | red | from <red from>",
    )
    spec.ward(
        measures={
            "w1": "per_day: 1, between: [08:00, 20:00]; applies_to: [{places: {within: [W1]}}]",
            "w2": "per_day: 1, between: [08:00, 20:00]; applies_to: [{places: {within: [W2]}}]",
        },
        people="""
        person | place | present
        A      | W1    | until 13:00
        A      | W2    | from 13:00
        B      | W1    | until 14:00
        B      | W2    | from 14:00
        """,
        slots="""
        measure | subject | due   || state
        w1      | B       | 08:00 || missed
        w2      | A       | 08:00 || missed
        w2      | B       | 08:00 || missed
        """,
    )


def test_places_owe_in_service_and_of_the_class(spec: Spec) -> None:
    """W1-1 is of class key_area from 09:00, out of service from 12:00 to 13:00, and has a guest from 08:00 until 14:00."""
    spec.ward(
        measures={
            "class": "every: PT1H, starts: '08:00', ends: '15:00', early: PT0M; subject: place, "
            "applies_to: [{places: {classes: [key_area]}}]",
            "guest": "every: PT1H, starts: '08:00', ends: '15:00', early: PT0M; subject: place, occupied: true, "
            "applies_to: [{places: {within: [W1]}}]",
            "kind": "times: [12:00]; subject: place, applies_to: [{places: {kinds: [ward]}}]",
        },
        places="""
        place | in | kind
        W1    |    | ward
        W1-1  | W1 | room
        """,
        standings="""
        subject | key     | value    | when
        W1-1    | class   | key_area | from 09:00
        W1-1    | service | out      | 12:00 to 13:00
        """,
        people="""
        person | place | present
        A      | W1-1  | 08:00 to 14:00
        """,
        slots="""
        measure | subject | due   || state
        class   | W1-1    | 09:00 || missed
        class   | W1-1    | 10:00 || missed
        class   | W1-1    | 11:00 || missed
        class   | W1-1    | 13:00 || missed
        class   | W1-1    | 14:00 || missed
        guest   | W1      | 08:00 || missed
        guest   | W1      | 09:00 || missed
        guest   | W1      | 10:00 || missed
        guest   | W1      | 11:00 || missed
        guest   | W1      | 12:00 || missed
        guest   | W1      | 13:00 || missed
        guest   | W1-1    | 08:00 || missed
        guest   | W1-1    | 09:00 || missed
        guest   | W1-1    | 10:00 || missed
        guest   | W1-1    | 11:00 || missed
        guest   | W1-1    | 13:00 || missed
        kind    | W1      | 12:00 || missed
        """,
    )


def test_assigned_people_owe_off_duty(spec: Spec) -> None:
    """`presence: assigned` asks who holds an assignment at the due instant, wherever he is."""
    spec.ward(
        measures={
            "declare": 'times: ["07:59", "08:45", 10:00]; observation: declaration, presence: assigned, '
            "applies_to: [{populations: [staff_member], places: {kinds: [ward]}}]"
        },
        people="""
        person | base         | present
        A      | staff_member |
        B      | staff_member | always
        """,
        assignments="""
        person | kind | key  | when
        A      | post | gate | 08:00 to 10:00
        """,
        slots="""
        measure | subject | due   || state
        declare | A       | 08:45 || missed
        """,
    )


def test_assets_groups_and_the_facility(spec: Spec) -> None:
    """An asset owes by the place where it stands; groups and the facility always owe; each only measures of its kind."""
    spec.ward(
        measures={
            "cameras": 'times: ["08:00"]; subject: asset, applies_to: [{places: {within: [W1]}}]',
            "drills": 'times: ["08:00"]; subject: facility',
            "shifts": 'times: ["08:00"]; subject: group',
        },
        places="""
        place | in
        W1    |
        W1-1  | W1
        W2    |
        """,
        others="""
        subject | kind     | place
        C1      | asset    | W1-1
        C2      | asset    | W2
        C3      | asset    |
        G1      | group    |
        F1      | facility |
        """,
        slots="""
        measure | subject | due   || state
        cameras | C1      | 08:00 || missed
        drills  | F1      | 08:00 || missed
        shifts  | G1      | 08:00 || missed
        """,
    )
