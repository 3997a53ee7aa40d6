"""
The shipped protocols, from their file to the counts of a day.

The two-hourly rounds and the key areas of report S1, and the baseline that every facility has.
"""

from lazaretto.packs import shipped
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO
from lazaretto.protocol.record import Phase
from lazaretto.protocol.resolve import resolve
from tests.spec.clocks import Clocks
from tests.spec.runners import Spec
from tests.spec.tables import Cells
from tests.spec.worlds import DAY, ZONE, World

S1 = "facility-s1-drug-rehab"


def timeline(pack: str, level: str = "routine") -> tuple[Phase, ...]:
    return (resolve(shipped(pack), level).phase(FOREVER_AGO, FOREVER),)


def test_two_hourly_rounds_of_s1(spec: Spec) -> None:
    """Twelve temperatures a day; from 22:00 to 06:00 a look is enough, unless the standing says `wake_for_rounds`."""
    spec.ward(
        pack=S1,
        timeline=timeline(S1),
        people="""
        person | population         | base
        A      | treatment_resident | resident
        """,
        facts="""
        fact | at    | observes    | outcome | reason
        a    | 00:05 | night_check | done    |
        b    | 02:00 | temperature | done    |
        c    | 04:31 | night_check | done    |
        d    | 06:00 | night_check | done    |
        e    | 07:45 | temperature | done    |
        f    | 10:31 | temperature | done    |
        g    | 12:00 | temperature | refused | declined
        h    | 20:10 | night_check | done    |
        i    | 22:10 | night_check | done    |
        """,
        slots="""
        measure               | due   || opens       | on time until | closes | state   | fact | reason
        temperature.residents | 00:00 || 03-16 23:45 | 00:30         | 01:45  | on_time | a    |
        temperature.residents | 02:00 || 01:45       | 02:30         | 03:45  | on_time | b    |
        temperature.residents | 04:00 || 03:45       | 04:30         | 05:45  | late    | c    |
        temperature.residents | 06:00 || 05:45       | 06:30         | 07:45  | missed  |      |
        temperature.residents | 08:00 || 07:45       | 08:30         | 09:45  | on_time | e    |
        temperature.residents | 10:00 || 09:45       | 10:30         | 11:45  | late    | f    |
        temperature.residents | 12:00 || 11:45       | 12:30         | 13:45  | excused | g    | declined
        temperature.residents | 14:00 || 13:45       | 14:30         | 15:45  | missed  |      |
        temperature.residents | 16:00 || 15:45       | 16:30         | 17:45  | missed  |      |
        temperature.residents | 18:00 || 17:45       | 18:30         | 19:45  | missed  |      |
        temperature.residents | 20:00 || 19:45       | 20:30         | 21:45  | missed  |      |
        temperature.residents | 22:00 || 21:45       | 22:30         | 23:45  | on_time | i    |
        """,
        fates="""
        fact || fate
        a    || used
        b    || used
        c    || used
        d    || extra
        e    || used
        f    || used
        g    || used
        h    || extra
        i    || used
        """,
        counts="""
        measure                || expected | on_time | late | missed | excused | coverage     | done_share
        disinfection.key_areas || 0        | 0       | 0    | 0      | 0       | null         | null
        temperature.residents  || 12       | 4       | 2    | 5      | 1       | 0.5454545454 | 0.5
        temperature.staff      || 0        | 0       | 0    | 0      | 0       | null         | null
        ventilation.key_areas  || 0        | 0       | 0    | 0      | 0       | null         | null
        """,
    )


def test_who_is_woken_for_the_rounds_of_s1(spec: Spec) -> None:
    """A look in the night counts for A and not for B, whose standing says `wake_for_rounds`."""
    spec.ward(
        pack=S1,
        timeline=timeline(S1),
        people="""
        person | population         | base
        A      | treatment_resident | resident
        B      | treatment_resident | resident
        """,
        standings="""
        subject | key             | value | when
        B       | wake_for_rounds | yes   | always
        """,
        facts="""
        fact | about | at    | observes
        a    | A     | 02:00 | night_check
        b    | B     | 02:00 | night_check
        c    | B     | 04:00 | temperature
        """,
        fates="""
        fact || fate
        a    || used
        b    || extra
        c    || used
        """,
    )


def test_key_areas_of_s1(spec: Spec) -> None:
    """K1 is classed key_area: five ventilations and three disinfections a day. W1 is not, and owes none."""
    spec.ward(
        pack=S1,
        timeline=timeline(S1),
        places="""
        place | in
        W1    |
        K1    | W1
        """,
        standings="""
        subject | key   | value
        K1      | class | key_area
        """,
        facts="""
        fact | about | at    | observes
        a    | K1    | 08:30 | disinfection
        b    | K1    | 09:00 | disinfection
        c    | W1    | 13:00 | disinfection
        d    | K1    | 20:30 | disinfection
        e    | K1    | 07:00 | ventilation
        f    | K1    | 13:00 | ventilation
        g    | K1    | 22:00 | ventilation
        """,
        slots="""
        measure                | subject | due   || on time until | closes      | state   | fact
        disinfection.key_areas | K1      | 08:00 || 12:00         | 12:00       | on_time | a
        disinfection.key_areas | K1      | 12:00 || 16:00         | 16:00       | missed  |
        disinfection.key_areas | K1      | 16:00 || 20:00         | 03-18 08:00 | late    | d
        ventilation.key_areas  | K1      | 07:00 || 10:00         | 10:00       | on_time | e
        ventilation.key_areas  | K1      | 10:00 || 13:00         | 13:00       | missed  |
        ventilation.key_areas  | K1      | 13:00 || 16:00         | 16:00       | on_time | f
        ventilation.key_areas  | K1      | 16:00 || 19:00         | 19:00       | missed  |
        ventilation.key_areas  | K1      | 19:00 || 22:00         | 03-18 07:00 | on_time | g
        """,
        fates="""
        fact || fate
        a    || used
        b    || repeat
        c    || extra
        d    || used
        e    || used
        f    || used
        g    || used
        """,
        counts="""
        measure                || expected | on_time | late | missed | coverage
        disinfection.key_areas || 3        | 1       | 1    | 1      | 0.6666666666
        temperature.residents  || 0        | 0       | 0    | 0      | null
        temperature.staff      || 0        | 0       | 0    | 0      | null
        ventilation.key_areas  || 5        | 3       | 0    | 2      | 0.6
        """,
    )


def test_baseline_once_a_day(spec: Spec) -> None:
    """One temperature a day for residents and a shift for staff, and one disinfection of key areas."""
    spec.ward(
        pack="baseline",
        timeline=timeline("baseline"),
        places="""
        place | in
        W1    |
        K1    | W1
        """,
        people="""
        person | population | base         | present
        A      | prisoner   | resident     | always
        B      | prisoner   | resident     | until 09:00
        C      | officer    | staff_member | 08:00 to 20:00
        D      | officer    | staff_member |
        E      | visitor    | visitor      | always
        """,
        standings="""
        subject | key   | value
        K1      | class | key_area
        """,
        facts="""
        fact | about | at    | observes
        a    | A     | 19:00 | temperature
        b    | B     | 06:30 | temperature
        c    | C     | 08:05 | temperature
        d    | D     | 08:05 | temperature
        k    | W1    | 09:00 | disinfection
        """,
        slots="""
        measure                | subject | due   || on time until | state   | fact
        disinfection.key_areas | K1      | 08:00 || 20:00         | on_time | k
        temperature.residents  | A       | 06:00 || 20:00         | on_time | a
        temperature.staff      | C       | 09:00 || 12:00         | on_time | c
        """,
        fates="""
        fact || fate
        a    || used
        b    || extra
        c    || used
        d    || extra
        k    || used
        """,
        counts="""
        measure                || expected | on_time | coverage
        disinfection.key_areas || 1        | 1       | 1
        temperature.residents  || 1        | 1       | 1
        temperature.staff      || 1        | 1       | 1
        """,
    )


def test_levels_and_isolation_of_the_baseline(spec: Spec) -> None:
    """How often the temperature of a resident is taken, by level and in isolation."""

    def due(cells: Cells) -> dict[str, object]:
        clocks = Clocks(ZONE, DAY)
        world = World(clocks, timeline("baseline", cells["level"]))
        world.add_people("person \n A")
        if cells["isolation_stage"]:
            world.add_standings(f"subject | key | value \n A | isolation_stage | {cells['isolation_stage']}")
        return {"due": ", ".join(clocks.show(slot.due) for slot in world.evidence().slots)}

    spec.rows(
        """
        level      | isolation_stage || due
        routine    |                 || 06:00
        heightened |                 || 06:00, 13:00
        outbreak   |                 || 06:00, 10:00, 14:00, 18:00
        routine    | one             || 06:00, 10:00, 14:00, 18:00
        outbreak   | one             || 06:00, 10:00, 14:00, 18:00
        """,
        due,
        protocol="baseline",
    )
