"""
A pathway of stages.

A `pathway` is a way through isolation, quarantine, intake or observation before release: its `stages`, each with a least stay,
a kind of room, tests, criteria for leaving it, and reviews. Days are those of the local calendar. The clock of a stage starts
with entry into it; that of the first where `counts_from` says. New exposures only ever move an end forward, and nothing here
moves the day on which the law sets somebody free.
"""

from lazaretto.protocol import pathway as rules
from lazaretto.protocol.pathway import Entered, Episode
from tests.spec.clocks import Clocks
from tests.spec.kinds import DATED, answer
from tests.spec.pathways import CONTACTS, INTAKE, RELEASE, ends, episode_of, pathway_of
from tests.spec.runners import Spec
from tests.spec.tables import Cells
from tests.spec.worlds import ZONE


def test_the_plan_with_its_dates(spec: Spec) -> None:
    """
    Whoever enters is told all dates at the start: 21, 21 and 14 days, 56 in all. With `next_day` the day of entry is day 0,
    and a stage ends on its last day at the hour of entry; with `same_day` it is day 1, and a stage ends at midnight when its
    last day is over. Days are days of the calendar, also when clocks change between.
    """

    def planned(cells: Cells) -> dict[str, object]:
        clocks = Clocks(cells["zone"], DATED.day)
        pathway = pathway_of(INTAKE, f"day_one_is: next_day -> day_one_is: {cells['day one is']}")
        found = rules.plan(pathway, clocks.at(cells["enters"]), clocks.zone)
        ends = {f"{p.stage.id} ends": "" if p.end is None else clocks.show(p.end) for p in found}
        return ends | {"days": sum(p.days or 0 for p in found)}

    spec.rows(
        """
        zone          | day one is | enters      || one ends    | two ends    | three ends  | days
        Asia/Shanghai | next_day   | 03-17 10:00 || 04-07 10:00 | 04-28 10:00 | 05-12 10:00 | 56
        Asia/Shanghai | same_day   | 03-17 10:00 || 04-07 00:00 | 04-28 00:00 | 05-12 00:00 | 56
        Asia/Shanghai | same_day   | 03-17 00:00 || 04-07 00:00 | 04-28 00:00 | 05-12 00:00 | 56
        Asia/Shanghai | same_day   | 03-17 23:59 || 04-07 00:00 | 04-28 00:00 | 05-12 00:00 | 56
        Europe/Berlin | next_day   | 03-20 10:00 || 04-10 10:00 | 05-01 10:00 | 05-15 10:00 | 56
        Europe/Berlin | same_day   | 03-20 10:00 || 04-10 00:00 | 05-01 00:00 | 05-15 00:00 | 56
        """,
        planned,
        **{"intake.yaml": INTAKE},
    )


def test_a_plan_in_hours(spec: Spec) -> None:
    """A length in hours counts from the moment, whichever day is day one; days and hours together count both."""

    def planned(cells: Cells) -> dict[str, object]:
        clocks = Clocks(cells["zone"], DATED.day)
        pathway = pathway_of(CONTACTS, f"P14D -> {cells['length']}")
        pathway = pathway.model_copy(update={"day_one_is": cells["day one is"]})
        (one,) = rules.plan(pathway, clocks.at(cells["starts"]), clocks.zone)
        return {"ends": "" if one.end is None else clocks.show(one.end)}

    spec.rows(
        """
        zone          | day one is | starts      | length  || ends
        Asia/Shanghai | next_day   | 03-28 20:00 | PT36H   || 03-30 08:00
        Asia/Shanghai | same_day   | 03-28 20:00 | PT36H   || 03-30 08:00
        Europe/Berlin | next_day   | 03-28 20:00 | PT36H   || 03-30 09:00
        Asia/Shanghai | next_day   | 03-28 20:00 | P1DT12H || 03-30 08:00
        Asia/Shanghai | same_day   | 03-28 20:00 | P1DT12H || 03-29 12:00
        """,
        planned,
        **{"contacts.yaml": CONTACTS},
    )


def test_a_number_that_is_not_filled_in(spec: Spec) -> None:
    """Where a length is `null` the plan ends there without a date, and nobody can be let go on by the clock."""

    def planned(cells: Cells) -> dict[str, object]:
        pathway = pathway_of(INTAKE, cells["instead"])
        found = rules.plan(pathway, DATED.at("03-17 10:00"), ZONE)
        episode = Episode(entered=[Entered("two", DATED.at("04-07 10:00"))])
        said = answer(
            lambda: rules.check_may_enter(pathway, "three", episode, at=DATED.at("12-01 10:00"), zone=ZONE), DATED
        )
        return {
            "stages": ", ".join(p.stage.id for p in found),
            "ends": ", ".join("unknown" if p.end is None else DATED.show(p.end) for p in found),
            "from two to three": said["refused"] or "may go",
        }

    spec.rows(
        """
        instead                                                           || stages          | ends                                  | from two to three
        en: second}, length: P21D -> en: second}, length: null            || one, two        | 04-07 10:00, unknown                  | no_number
        en: third}, length: P14D -> en: third}, length: null              || one, two, three | 04-07 10:00, 04-28 10:00, unknown     | may go
                                                                          || one, two, three | 04-07 10:00, 04-28 10:00, 05-12 10:00 | may go
        """,
        planned,
        measure="intake.yaml, as above",
    )


def test_counting_back_from_the_day_of_the_law(spec: Spec) -> None:
    """Observation before release starts `lead` before the day that the law sets, and never ends after it, whatever its length."""

    def planned(cells: Cells) -> dict[str, object]:
        clocks = Clocks(cells.get("zone") or ZONE, DATED.day)
        text = f"lead: P14D -> lead: {cells['lead']}; length: P14D -> length: {cells['length']}"
        found = rules.plan(pathway_of(RELEASE, text), clocks.at(cells["legal date"]), clocks.zone)
        starts = ", ".join(clocks.show(p.start) for p in found)
        return {"starts": starts, "ends": ", ".join(clocks.show(p.end) for p in found if p.end is not None)}

    spec.rows(
        """
        zone          | legal date  | lead | length || starts      | ends
        Asia/Shanghai | 04-15 00:00 | P14D | P14D   || 04-01 00:00 | 04-15 00:00
        Asia/Shanghai | 04-15 09:00 | P14D | P14D   || 04-01 00:00 | 04-15 00:00
        Asia/Shanghai | 04-15 00:00 | P14D | P21D   || 04-01 00:00 | 04-15 00:00
        Asia/Shanghai | 04-15 09:00 | P14D | P21D   || 04-01 00:00 | 04-15 09:00
        Asia/Shanghai | 04-15 00:00 | P21D | P14D   || 03-25 00:00 | 04-08 00:00
        Asia/Shanghai | 04-15 00:00 | null | P14D   ||             |
        Europe/Berlin | 04-05 00:00 | P14D | P14D   || 03-22 00:00 | 04-05 00:00
        """,
        planned,
        **{"release.yaml": RELEASE},
    )


def test_the_law_sets_people_free(spec: Spec) -> None:
    """On the day that the law sets, somebody leaves the house, however few of the 14 days are over and whatever is missing."""
    pathway = pathway_of(RELEASE)

    def leaves(cells: Cells) -> dict[str, object]:
        at, episode = DATED.at(cells["at"]), episode_of({"entered": f"room {cells['entered']}"}, DATED)
        said = answer(lambda: rules.check_may_exit(pathway, episode, at=at, zone=ZONE), DATED)
        legal = DATED.at(cells["legal date"]) if cells["legal date"] else None
        return said | {
            "stage": said["refused"] or "over",
            "leaves the house": rules.may_leave_the_house(at=at, legal_date=legal),
        }

    spec.rows(
        """
        entered     | legal date  | at          || stage     | leaves the house
        04-01 00:00 | 04-15 00:00 | 04-14 23:59 || too_early |
        04-01 00:00 | 04-15 00:00 | 04-15 00:00 || over      | yes
        04-10 09:00 | 04-15 00:00 | 04-15 00:00 || too_early | yes
        04-14 20:00 | 04-15 00:00 | 04-15 08:00 || too_early | yes
        04-10 09:00 |             | 04-15 00:00 || too_early |
        """,
        leaves,
        measure="release.yaml, as above",
    )


def test_the_clock_of_contacts(spec: Spec) -> None:
    """
    With `counts_from: last_exposure` the clock starts at the last exposure, not with the order or the room. A stage is never
    over before it is entered. Where the exposure is not known, entry counts.
    """
    spec.rows(
        """
        exposures                | entered          || may leave from
        03-10 18:00              | room 03-12 09:00 || 03-24 18:00
        03-08 10:00; 03-10 18:00 | room 03-12 09:00 || 03-24 18:00
        03-10 18:00; 03-08 10:00 | room 03-12 09:00 || 03-24 18:00
        03-10 18:00; 03-20 07:00 | room 03-12 09:00 || 04-03 07:00
        02-20 18:00              | room 03-12 09:00 || 03-12 09:00
                                 | room 03-12 09:00 || 03-26 09:00
        """,
        lambda cells: ends(CONTACTS, cells),
        measure="contacts.yaml, as above",
    )


def test_the_clock_of_the_ill(spec: Spec) -> None:
    """With `counts_from: onset` the clock starts with the first symptom; where that is not known, with entry."""
    spec.rows(
        """
        onset       | entered          || may leave from
        03-10 18:00 | room 03-12 09:00 || 03-24 18:00
        02-10 18:00 | room 03-12 09:00 || 03-12 09:00
                    | room 03-12 09:00 || 03-26 09:00
        """,
        lambda cells: ends(CONTACTS, cells | {"instead": "counts_from: last_exposure -> counts_from: onset"}),
        **{"ill.yaml": CONTACTS.replace("counts_from: last_exposure", "counts_from: onset")},
    )


def test_a_new_exposure_starts_the_stage_again(spec: Spec) -> None:
    """
    A new exposure restarts the clock of the stage somebody is in, if `restart_on` is given. It only moves forward: what was
    before entry, or before a later exposure, changes nothing.
    """
    spec.rows(
        """
        entered                          | exposures                || may leave from
        one 03-17 10:00                  |                          || 04-07 10:00
        one 03-17 10:00                  | 03-20 09:00              || 04-10 09:00
        one 03-17 10:00                  | 03-16 09:00              || 04-07 10:00
        one 03-17 10:00                  | 03-20 09:00; 03-25 09:00 || 04-15 09:00
        one 03-17 10:00                  | 03-25 09:00; 03-20 09:00 || 04-15 09:00
        one 03-17 10:00; two 04-07 10:00 | 03-20 09:00              || 04-28 10:00
        one 03-17 10:00; two 04-07 10:00 | 04-10 09:00              || 05-01 09:00
        """,
        lambda cells: ends(INTAKE, cells),
        measure="intake.yaml, as above",
    )
    spec.rows(
        """
        entered         | exposures   || may leave from
        one 03-17 10:00 | 03-20 09:00 || 04-07 10:00
        """,
        lambda cells: ends(INTAKE, cells | {"instead": "restart_on: [new_exposure] -> restart_on: []"}),
        instead="restart_on: []",
    )


def test_the_clock_of_the_exposure(spec: Spec) -> None:
    """
    `exposure_clock` runs beside the stages and is kept from stage to stage: the next stage may begin when the present one is
    over, but leaving the last needs both.
    """
    short = INTAKE.replace("P21D", "P3D").replace("length: P14D", "length: P3D") + "  exposure_clock: P14D\n"
    spec.rows(
        """
        entered                                             | exposures                | to         || may leave from
        one 03-17 10:00                                     | 03-16 10:00              | next stage || 03-20 10:00
        one 03-17 10:00; two 03-20 10:00                    | 03-16 10:00              | next stage || 03-23 10:00
        one 03-17 10:00; two 03-20 10:00; three 03-23 10:00 | 03-16 10:00              | leaving    || 03-30 10:00
        one 03-17 10:00; two 03-20 10:00; three 03-23 10:00 | 03-16 10:00; 03-21 08:00 | leaving    || 04-04 08:00
        one 03-17 10:00; two 03-20 10:00; three 03-23 10:00 |                          | leaving    || 03-26 10:00
        """,
        lambda cells: ends(short, cells),
        **{"short.yaml": short},
    )


def test_the_clock_stands_still(spec: Spec) -> None:
    """
    While somebody has symptoms and waits for a result, the clock stands (if `suspend_on` is given); it then goes on from where
    it was. Only what falls into the running clock counts, and what overlaps counts once.
    """
    spec.rows(
        """
        suspended                                            | exposures   || may leave from
        03-20 09:00 to 03-22 09:00                           |             || 04-09 10:00
        03-20 09:00 to 03-22 09:00; 03-21 09:00 to 03-23 09:00 |           || 04-10 10:00
        03-20 09:00 to 03-22 09:00; 04-08 10:00 to 04-10 10:00 |           || 04-11 10:00
        04-08 10:00 to 04-10 10:00; 03-20 09:00 to 03-22 09:00 |           || 04-11 10:00
        03-14 10:00 to 03-16 10:00                           |             || 04-07 10:00
        03-16 10:00 to 03-18 10:00                           |             || 04-08 10:00
        04-08 10:00 to 04-09 10:00                           |             || 04-07 10:00
        03-18 10:00 to 03-20 10:00                           | 03-22 09:00 || 04-12 09:00
        03-21 09:00 to 03-23 09:00                           | 03-22 09:00 || 04-13 09:00
        """,
        lambda cells: ends(INTAKE, cells | {"entered": "one 03-17 10:00"}),
        entered="one 03-17 10:00",
        measure="intake.yaml, as above",
    )
    spec.rows(
        """
        suspended                  || may leave from
        03-20 09:00 to 03-22 09:00 || 04-07 10:00
        """,
        lambda cells: ends(
            INTAKE, cells | {"entered": "one 03-17 10:00", "instead": "suspend_on: [symptoms] -> suspend_on: []"}
        ),
        instead="suspend_on: []",
    )
