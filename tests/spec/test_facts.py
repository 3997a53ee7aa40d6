"""
Rule 5. What facts do, and what becomes of them.

A fact is of one observation, not of a measure: it fulfils every measure that observes it, at most one slot of each. Only
`done` fulfils; the earliest wins, ties by id. Every fact ends as `used`, else `repeat` (another was earlier), `extra` (not
owed), `superseded` or `void`; the five add up to the facts received. Neither their order nor posting them twice changes
anything: every table of this manual is also computed with its facts backwards and twice.
"""

from tests.spec.runners import Spec

DISINFECTION = 'times: ["09:00"]; subject: place, observation: disinfection'
PLACES = """
    place | in
    W1    |
    W1-1  | W1
    W1-2  | W1
    W2    |
    """


def test_outcomes(spec: Spec) -> None:
    """`refused` and `unable` excuse with a reason, and only with one; `not_done` leaves the slot missed, with its reason."""
    spec.each(
        """
        outcome  | fact at | why            || state   | reason         | fate
        done     | 08:10   |                || on_time |                | used
        done     | 09:10   |                || late    |                | used
        refused  | 08:10   | declined       || excused | declined       | used
        refused  | 09:10   | declined       || excused | declined       | used
        refused  | 08:10   |                || missed  |                | used
        unable   | 08:10   | device_fault   || excused | device_fault   | used
        unable   | 08:10   |                || missed  |                | used
        not_done | 08:10   | staff_shortage || missed  | staff_shortage | used
        not_done | 08:10   |                || missed  |                | used
        """,
        cadence='times: ["08:00"]',
    )


def test_which_of_several_facts_decides(spec: Spec) -> None:
    """The earliest done one; else the earliest that excuses; else the earliest. The facts are called a, b in their order."""
    spec.each(
        """
        facts                                           || state   | fact | reason   | fates
        08:10; 08:05                                    || on_time | b    |          | a repeat, b used
        08:05; 08:05                                    || on_time | a    |          | a used, b repeat
        08:31; 08:40                                    || late    | a    |          | a used, b repeat
        08:00 refused asleep; 08:10                     || on_time | b    |          | a repeat, b used
        08:00 refused asleep; 08:45                     || late    | b    |          | a repeat, b used
        08:10; 08:20 refused asleep                     || on_time | a    |          | a used, b repeat
        08:00 not_done no_staff; 08:10 refused asleep   || excused | b    | asleep   | a repeat, b used
        08:00 refused; 08:10 unable asleep              || excused | b    | asleep   | a repeat, b used
        08:05 refused asleep; 08:06 unable device_fault || excused | a    | asleep   | a used, b repeat
        08:00 not_done no_staff; 08:10 not_done no_key  || missed  | a    | no_staff | a used, b repeat
        """,
        cadence='times: ["08:00"]',
    )


def test_one_fact_for_two_measures(spec: Spec) -> None:
    """The ward's protocol and the baseline both ask for a temperature: one reading serves both; a pulse serves neither."""
    spec.ward(
        measures={
            "baseline": "per_day: 1, between: ['06:00', '20:00']",
            "ward": 'times: ["08:00", 10:00]',
            "pulse": 'times: ["08:00"]; observation: pulse',
        },
        facts="""
        fact | at    | observes
        a    | 08:05 | temperature
        b    | 08:06 | spo2
        """,
        slots="""
        measure  | due   || state   | fact
        baseline | 06:00 || on_time | a
        pulse    | 08:00 || missed  |
        ward     | 08:00 || on_time | a
        ward     | 10:00 || missed  |
        """,
        fates="""
        fact || fate
        a    || used
        b    || extra
        """,
    )


def test_a_fact_on_a_place_covers_below(spec: Spec) -> None:
    """A fact on a place counts for the places below it only if the measure says `covers: below`; never for those above."""
    facts = """
        fact | about | observes     | at
        a    | W1    | disinfection | 09:00
        b    | W1-2  | disinfection | 09:10
        """
    spec.ward(
        measures={"m": DISINFECTION + ", covers: below"},
        places=PLACES,
        facts=facts,
        slots="""
        subject | due   || state   | fact
        W1      | 09:00 || on_time | a
        W1-1    | 09:00 || on_time | a
        W1-2    | 09:00 || on_time | a
        W2      | 09:00 || missed  |
        """,
        fates="""
        fact || fate
        a    || used
        b    || repeat
        """,
    )
    spec.ward(
        measures={"m": DISINFECTION},
        places=PLACES,
        facts=facts,
        slots="""
        subject | due   || state   | fact
        W1      | 09:00 || on_time | a
        W1-1    | 09:00 || missed  |
        W1-2    | 09:00 || on_time | b
        W2      | 09:00 || missed  |
        """,
        fates="""
        fact || fate
        a    || used
        b    || used
        """,
    )


def test_one_of_each_fate(spec: Spec) -> None:
    """A was taken away at 11:00 and owed nothing at 12:00; d was a mistake, and e says so."""
    spec.ward(
        measures={"m": 'times: ["08:00", 12:00]'},
        people="""
        person | present
        A      | until 11:00
        """,
        facts="""
        fact | at    | outcome | supersedes
        a    | 08:05 | done    |
        b    | 08:10 | done    |
        c    | 12:10 | done    |
        d    | 08:01 | done    |
        e    | 08:01 | void    | d
        """,
        slots="""
        due   || state   | fact
        08:00 || on_time | a
        """,
        fates="""
        fact || fate
        a    || used
        b    || repeat
        c    || extra
        d    || superseded
        e    || void
        """,
    )


def test_a_correction_replaces(spec: Spec) -> None:
    """Of a chain of corrections the leaf counts, whatever its time, its subject or its outcome."""
    spec.ward(
        measures={"m": 'times: ["08:00", 12:00]'},
        people="""
        person | present
        A      | always
        B      | always
        """,
        facts="""
        fact | about | at    | outcome | reason   | supersedes
        a    | A     | 08:00 | done    |          |
        b    | A     | 08:35 | done    |          | a
        c    | A     | 08:40 | done    |          | b
        p    | B     | 08:00 | done    |          |
        q    | B     | 08:00 | refused | declined | p
        x    | A     | 12:00 | done    |          |
        y    | B     | 12:00 | done    |          | x
        """,
        slots="""
        subject | due   || state   | fact | reason
        A       | 08:00 || late    | c    |
        A       | 12:00 || missed  |      |
        B       | 08:00 || excused | q    | declined
        B       | 12:00 || on_time | y    |
        """,
        fates="""
        fact || fate       | conflict
        a    || superseded |
        b    || superseded |
        c    || used       |
        p    || superseded |
        q    || used       |
        x    || superseded |
        y    || used       |
        """,
    )


def test_a_void_and_a_void_taken_back(spec: Spec) -> None:
    """A void leaf counts for nothing; correcting the void brings the reading back."""
    spec.ward(
        measures={"m": 'times: ["08:00", 12:00]'},
        facts="""
        fact | at    | outcome | supersedes
        a    | 08:00 | done    |
        b    | 08:00 | void    | a
        p    | 12:00 | done    |
        q    | 12:00 | void    | p
        r    | 12:00 | done    | q
        """,
        slots="""
        due   || state   | fact
        08:00 || missed  |
        12:00 || on_time | r
        """,
        fates="""
        fact || fate
        a    || superseded
        b    || void
        p    || superseded
        q    || superseded
        r    || used
        """,
    )


def test_corrections_that_contradict(spec: Spec) -> None:
    """Of two leaves, and in a circle, the greatest id counts, and `correction_conflict` is reported for it."""
    spec.ward(
        measures={"m": 'times: ["08:00", 12:00, 16:00]'},
        facts="""
        fact | at    | outcome | supersedes
        a    | 08:00 | done    |
        b    | 09:00 | done    | a
        c    | 08:05 | done    | a
        k    | 12:00 | done    | l
        l    | 12:31 | done    | k
        y    | 16:00 | done    | x
        z    | 16:05 | void    | x
        """,
        slots="""
        due   || state   | fact
        08:00 || on_time | c
        12:00 || late    | l
        16:00 || missed  |
        """,
        fates="""
        fact || fate       | conflict
        a    || superseded |
        b    || superseded |
        c    || used       | yes
        k    || superseded |
        l    || used       | yes
        y    || superseded |
        z    || void       | yes
        """,
    )


def test_a_correction_may_arrive_first(spec: Spec) -> None:
    """The correction was recorded at 09:00 and what it corrects at 15:00; it counts from the start."""
    late_original = """
        fact | at    | recorded | supersedes
        a    | 08:00 | 15:00    |
        b    | 08:40 | 09:00    | a
        """
    for as_of, fates in (
        ("14:59", "fact || fate \n b || used"),
        ("15:00", "fact || fate \n a || superseded \n b || used"),
    ):
        spec.ward(
            measures={"m": 'times: ["08:00"]'},
            as_of=as_of,
            facts=late_original,
            slots="""
            due   || state | fact
            08:00 || late  | b
            """,
            fates=fates,
        )


def test_a_fact_counts_for_one_slot_of_a_measure(spec: Spec) -> None:
    """A fact counts for the slot in whose window it was observed, and for no other slot of that measure."""
    spec.each(
        """
        facts                                  || due                 | state                    | fates
        09:44                                  || 08:00, 10:00, 12:00 | late, missed, missed     | a used
        09:45                                  || 08:00, 10:00, 12:00 | missed, on_time, missed  | a used
        09:44; 09:45                           || 08:00, 10:00, 12:00 | late, on_time, missed    | a used, b used
        09:44 refused asleep; 12:00 unable ill || 08:00, 10:00, 12:00 | excused, missed, excused | a used, b used
        """,
        cadence='times: ["08:00", 10:00, 12:00]',
    )
