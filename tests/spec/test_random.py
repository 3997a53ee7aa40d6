"""
Rule 1. `random`: moments that nobody knows before they are due.

n distinct minutes are drawn per nominal day (or shift) of length L, at least early + grace apart, also over the edges: n draws
from 0 … L − n·gap are sorted, and i·gap is added to the i-th. A draw is the first eight bytes of SHA-256 over
`facility|measure|date|shift|i`, modulo L − n·gap + 1. A random slot enters a report only once it is due.
"""

from itertools import pairwise

from lazaretto.protocol.slots import draws
from tests.spec.clocks import Clocks
from tests.spec.runners import Spec
from tests.spec.tables import Cells
from tests.spec.worlds import DAY, ZONE, World, always, measure


def test_draws_can_be_checked_by_hand(spec: Spec) -> None:
    """
    `printf '%s' 'F1|m|2026-03-17||0' | sha256sum` begins with 2b7b1947e0516131, with 1 for 0 d07bd3ac2d6b5ff6. The gap is
    15 + 30 minutes, and modulo 1440 − 2·45 + 1 = 1351 they are 976 and 794: 13:14, and 16:16 with 45 minutes added, 17:01.
    """
    spec.each("""
        cadence                                                | facility | day        || due
        random: {n: 2, per: day}                               | F1       | 2026-03-17 || 13:14, 17:01
        random: {n: 2, per: day}                               | F1       | 2026-03-18 || 12:49, 16:30
        random: {n: 1, per: day}                               | F1       | 2026-03-17 || 06:29
        random: {n: 1, per: day}                               | F1       | 2026-03-18 || 12:16
        random: {n: 1, per: day}                               | F2       | 2026-03-17 || 21:41
        random: {n: 1, per: day}, early: PT0M, grace: PT0M     | F1       | 2026-03-17 || 17:53
        random: {n: 1, per: day}, early: PT0M, grace: PT30M30S | F1       | 2026-03-17 || 23:23
    """)
    spec.ward(
        measures={"other": "random: {n: 1, per: day}"},
        slots="""
        measure | due   || opens | on time until | closes
        other   | 18:34 || 18:19 | 19:04         | 03-18 09:27
        """,
    )


def test_draws_per_shift(spec: Spec) -> None:
    """Each shift draws for itself, by its name and the date on which it starts; that of the night reaches past midnight."""
    spec.each(
        """
        day        || due
        2026-03-16 || 18:59, 20:47
        2026-03-17 || 10:34, 22:43
        """,
        cadence="random: {n: 1, per: shift}",
        shifts="day 08:00-20:00, night 20:00-08:00",
    )


def test_a_random_slot_is_hidden_until_it_is_due(spec: Spec) -> None:
    """Before 06:29 nobody sees the slot, and a reading in its window is extra; from then on it is a slot like any other."""
    spec.each(
        """
        as of        | facts || slots | state   | fates
        06:28:59.999 |       || 0     | none    | none
        06:29        |       || 1     | pending | none
        06:58:59.999 |       || 1     | pending | none
        06:59        |       || 1     | missed  | none
        06:28        | 06:20 || 0     | none    | a extra
        06:29        | 06:20 || 1     | on_time | a used
        12:00        | 07:00 || 1     | late    | a used
        """,
        cadence="random: {n: 1, per: day}",
    )


def test_draws_keep_apart(spec: Spec) -> None:
    """Over a hundred days, also from the last of one day to the first of the next."""

    def apart(cells: Cells) -> dict[str, object]:
        round_ = measure("m", cells["cadence"])
        minutes: list[int] = []
        for n in range(100):
            on = DAY.fromordinal(DAY.toordinal() + n)
            minutes += [n * 1440 + minute for minute in draws("F1", round_.cadence, "m", (), on)]
        return {"draws": len(minutes), "apart": min(b - a for a, b in pairwise(minutes)) >= int(cells["gap"])}

    spec.rows(
        """
        cadence                                             | gap || draws | apart
        random: {n: 2, per: day}                            | 45  || 200   | yes
        random: {n: 16, per: day}                           | 45  || 1600  | yes
        random: {n: 32, per: day}                           | 45  || 3200  | yes
        random: {n: 24, per: day}, early: PT0M, grace: PT0M | 1   || 2400  | yes
        random: {n: 8, per: day}, early: PT0M, grace: PT90S | 2   || 800   | yes
        """,
        apart,
    )


def test_the_same_draws_each_time(spec: Spec) -> None:
    """Nothing but facility, measure, date and shift decides: who asks, when, and for whom, does not."""

    def drawn(cells: Cells) -> dict[str, object]:
        clocks = Clocks(ZONE, DAY)
        world = World(clocks, always(measure("m", "random: {n: 1, per: day}")))
        world.add_people(f"person | population \n {cells['person']} | {cells['population']}")
        return {"due": clocks.show(world.evidence(cells["as of"]).slots[0].due)}

    spec.rows(
        """
        person | population | as of       || due
        A      | detainee   | 12:00       || 06:29
        B      | officer    | 12:00       || 06:29
        B      | officer    | 03-20 09:00 || 06:29
        """,
        drawn,
    )
