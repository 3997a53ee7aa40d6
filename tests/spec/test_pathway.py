"""
A pathway of stages.

A `pathway` is a way through isolation, quarantine, intake or observation before release: its `stages`, each with a least stay,
a kind of room, tests, criteria for leaving it, and reviews. Days are those of the local calendar. The clock of a stage starts
with entry into it; that of the first where `counts_from` says. New exposures only ever move an end forward, and nothing here
moves the day on which the law sets somebody free.
"""

from lazaretto.protocol import pathway as rules
from lazaretto.protocol.pathway import Entered, Episode, Pathway
from tests.spec.clocks import Clocks
from tests.spec.kinds import DATED, answer, moments, read, refused_in, split
from tests.spec.runners import Spec
from tests.spec.tables import Cells
from tests.spec.worlds import ZONE

INTAKE = """\
- id: intake
  kind: pathway
  title: {zh: 过渡隔离, en: Transitional isolation}
  source: [{row: S2-49}]
  purpose: intake
  day_one_is: next_day
  stages:
    - {id: one, title: {zh: 第一段, en: first}, length: P21D, placement: single_room, review: P7D, outside_review: P14D, on_silence: cohort_or_clear}
    - {id: two, title: {zh: 第二段, en: second}, length: P21D, placement: single_room, review: P7D, outside_review: P14D, on_silence: cohort_or_clear}
    - {id: three, title: {zh: 第三段, en: third}, length: P14D, placement: single_room, review: P7D, outside_review: P14D, on_silence: cohort}
  restart_on: [new_exposure]
  suspend_on: [symptoms]
"""
CONTACTS = """\
- id: contacts
  kind: pathway
  title: {zh: 接触者观察, en: Quarantine of contacts}
  source: [{text: an example}]
  purpose: quarantine
  counts_from: last_exposure
  stages:
    - id: room
      title: {zh: 单间, en: single room}
      length: P14D
      tests: [{id: days, panel: pcr, on_days: [1, 4, 7]}]
      exit: [{id: well, title: {zh: 无症状, en: no symptoms}}]
  restart_on: [new_exposure]
- {id: pcr, kind: panel, title: {zh: 核酸, en: PCR}, source: [{text: an example}], on: [order], tests: [{id: pcr, title: {zh: 核酸, en: PCR}}]}
"""
RELEASE = """\
- id: release
  kind: pathway
  title: {zh: 解戒前观察, en: Observation before release}
  source: [{row: S1-41}]
  purpose: pre_release
  counts_from: legal_date
  lead: P14D
  stages: [{id: room, title: {zh: 单间, en: single room}, length: P14D}]
"""


def pathway_of(text: str, instead: str = "") -> Pathway:
    """Return a pathway, with parts of its text replaced: `a -> b; c -> d`."""
    for change in split(instead):
        old, _, new = change.partition(" -> ")
        assert old in text, old
        text = text.replace(old, new)
    pathway = read(text)
    assert isinstance(pathway, Pathway)
    return pathway


def episode_of(cells: Cells, clocks: Clocks) -> Episode:
    return Episode(
        entered=[Entered(stage, at) for stage, at, _ in moments(cells.get("entered", ""), clocks)],
        exposures=[clocks.at(part) for part in split(cells.get("exposures", ""))],
        suspended=[clocks.span(part) for part in split(cells.get("suspended", ""))],
        tests=[rules.Tested("pcr", clocks.at(part[:11]), part[12:]) for part in split(cells.get("samples", ""))],
        confirmed=frozenset((stage, item) for stage, _, item in (p.partition(".") for p in split(cells.get("confirmed", "")))),
        decisions=[clocks.at(part) for part in split(cells.get("decided", ""))],
        onset=clocks.at(cells["onset"]) if cells.get("onset") else None,
    )  # fmt: skip


def ends(text: str, cells: Cells) -> dict[str, object]:
    """Return when the clocks let somebody leave the stage that he is in."""
    clocks = Clocks(cells.get("zone") or ZONE, DATED.day)
    pathway, leaving = pathway_of(text, cells.get("instead", "")), cells.get("to") != "next stage"
    at = rules.may_exit_at(pathway, episode_of(cells, clocks), clocks.zone, leaving=leaving)
    return {"may leave from": "" if at is None else clocks.show(at)}


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


def test_no_stage_is_passed_over(spec: Spec) -> None:
    """Stages are entered in their order, each when the one before is over, and none twice. Only one that is `skippable` is left out."""

    def enters(cells: Cells) -> dict[str, object]:
        pathway = pathway_of(INTAKE, "en: second}, -> en: second}, skippable: true," if cells["skippable"] else "")
        episode, at = episode_of(cells, DATED), DATED.at(cells["at"])
        return answer(lambda: rules.check_may_enter(pathway, cells["stage"], episode, at=at, zone=ZONE), DATED)

    spec.rows(
        """
        skippable | entered                          | stage | at          || refused       | possible from
                  |                                  | one   | 03-17 10:00 ||               |
                  |                                  | two   | 03-17 10:00 || skipped       |
                  | one 03-17 10:00                  | two   | 04-07 09:59 || too_early     | 04-07 10:00
                  | one 03-17 10:00                  | two   | 04-07 10:00 ||               |
                  | one 03-17 10:00                  | three | 04-07 10:00 || skipped       |
                  | one 03-17 10:00; two 04-07 10:00 | one   | 04-28 10:00 || repeated      |
                  | one 03-17 10:00                  | one   | 04-07 10:00 || repeated      |
                  | one 03-17 10:00                  | four  | 04-07 10:00 || unknown_stage |
        two       | one 03-17 10:00                  | three | 04-07 10:00 ||               |
        two       | one 03-17 10:00                  | three | 04-07 09:59 || too_early     | 04-07 10:00
        two       |                                  | three | 04-07 10:00 || skipped       |
        two       | one 03-17 10:00                  | two   | 04-07 10:00 ||               |
        """,
        enters,
        measure="intake.yaml, as above",
    )


def test_who_leaves_has_been_through_all(spec: Spec) -> None:
    """Nobody is cleared with a stage to come, unless it is skippable."""

    def exits(cells: Cells) -> dict[str, object]:
        pathway = pathway_of(INTAKE, "en: third}, -> en: third}, skippable: true," if cells["skippable"] else "")
        episode, at = episode_of(cells, DATED), DATED.at(cells["at"])
        return answer(lambda: rules.check_may_exit(pathway, episode, at=at, zone=ZONE), DATED)

    spec.rows(
        """
        skippable | entered                                             | at          || refused     | possible from
                  |                                                     | 03-17 10:00 || not_entered |
                  | one 03-17 10:00                                     | 04-07 10:00 || skipped     |
                  | one 03-17 10:00; two 04-07 10:00                    | 04-28 10:00 || skipped     |
                  | one 03-17 10:00; two 04-07 10:00; three 04-28 10:00 | 05-12 09:59 || too_early   | 05-12 10:00
                  | one 03-17 10:00; two 04-07 10:00; three 04-28 10:00 | 05-12 10:00 ||             |
        three     | one 03-17 10:00; two 04-07 10:00                    | 04-28 10:00 ||             |
        three     | one 03-17 10:00                                     | 04-07 10:00 || skipped     |
        """,
        exits,
        measure="intake.yaml, as above",
    )


def test_tests_on_their_days(spec: Spec) -> None:
    """
    A test of a day is owed from that day on, and can be taken later; but the samples of one day stand for one day, and a sample
    taken before its day for none. What was spoiled or not accepted does not count, and the newest result has the last word.
    Here somebody entered on 12 March at 09:00, so that day 1 is the 13th (with `same_day` the 12th).
    """

    def missing(cells: Cells) -> dict[str, object]:
        pathway = pathway_of(CONTACTS).model_copy(update={"day_one_is": cells["day one is"]})
        episode = episode_of({"entered": "room 03-12 09:00", "samples": cells["samples"]}, DATED)
        found = rules.missing_tests(pathway, episode, at=DATED.at(cells["at"]), zone=ZONE)
        return {"missing": ", ".join(test.id for test in found)}

    spec.rows(
        """
        day one is | at          | samples                                                                                       || missing
        next_day   | 03-12 20:00 |                                                                                               ||
        next_day   | 03-12 20:00 | 03-11 20:00 positive                                                                          ||
        next_day   | 03-13 08:00 |                                                                                               || days
        next_day   | 03-13 08:00 | 03-13 07:00 negative                                                                          ||
        next_day   | 03-13 20:00 | 03-12 20:00 negative                                                                          || days
        next_day   | 03-13 20:00 | 03-11 20:00 negative                                                                          || days
        next_day   | 03-15 08:00 | 03-14 10:00 negative                                                                          ||
        next_day   | 03-13 20:00 | 03-13 10:00 positive                                                                          || days
        next_day   | 03-13 20:00 | 03-13 10:00 spoiled                                                                           || days
        next_day   | 03-16 12:00 | 03-13 10:00 negative                                                                          || days
        next_day   | 03-16 12:00 | 03-13 10:00 negative; 03-17 10:00 negative                                                    || days
        next_day   | 03-19 12:00 | 03-13 10:00 negative; 03-16 10:00 negative                                                    || days
        next_day   | 03-19 12:00 | 03-13 10:00 negative; 03-16 10:00 negative; 03-19 10:00 negative                              ||
        next_day   | 03-19 12:00 | 03-13 10:00 negative; 03-14 10:00 negative; 03-19 10:00 negative                              || days
        next_day   | 03-19 12:00 | 03-19 08:00 negative; 03-19 08:10 negative; 03-19 08:20 negative                              || days
        next_day   | 03-21 12:00 | 03-19 10:00 negative; 03-20 10:00 negative; 03-21 10:00 negative                              ||
        next_day   | 03-20 08:00 | 03-13 10:00 negative; 03-16 10:00 negative; 03-19 10:00 negative; 03-19 15:00 positive        || days
        next_day   | 03-20 12:00 | 03-13 10:00 negative; 03-16 10:00 negative; 03-19 10:00 positive; 03-20 10:00 negative        ||
        same_day   | 03-12 20:00 |                                                                                               || days
        same_day   | 03-12 20:00 | 03-12 10:00 negative                                                                          ||
        same_day   | 03-15 12:00 | 03-12 10:00 negative                                                                          || days
        """,
        missing,
        measure="contacts.yaml, as above",
    )


def test_a_test_before_leaving(spec: Spec) -> None:
    """`before_exit: P1D` asks for a sample no older than a day; criteria that are not confirmed keep the door shut as well."""
    text = CONTACTS.replace("on_days: [1, 4, 7]", "before_exit: P1D")

    def exits(cells: Cells) -> dict[str, object]:
        episode = episode_of(cells | {"entered": "room 03-12 09:00"}, DATED)
        return answer(
            lambda: rules.check_may_exit(pathway_of(text), episode, at=DATED.at(cells["at"]), zone=ZONE), DATED
        )

    spec.rows(
        """
        at          | samples              | confirmed  || refused       | possible from
        03-26 08:59 | 03-26 08:00 negative | room.well  || too_early     | 03-26 09:00
        03-26 09:00 | 03-26 08:00 negative | room.well  ||               |
        03-26 09:00 | 03-25 09:00 negative | room.well  ||               |
        03-26 09:00 | 03-25 08:59 negative | room.well  || test_missing  |
        03-26 09:00 | 03-26 08:00 positive | room.well  || test_missing  |
        03-26 09:00 | 03-26 10:00 negative | room.well  || test_missing  |
        03-26 09:00 |                      | room.well  || test_missing  |
        03-26 09:00 | 03-26 08:00 negative |            || not_confirmed |
        03-26 09:00 | 03-26 08:00 negative | other.well || not_confirmed |
        """,
        exits,
        **{"contacts_with_a_last_test.yaml": text},
    )


def test_reviews(spec: Spec) -> None:
    """A stay is looked at every 7 days, and by somebody from outside by day 14: at the hour of entry, as the local clocks show it."""

    def reviewed(cells: Cells) -> dict[str, object]:
        clocks = Clocks(cells["zone"], DATED.day)
        pathway, entered = pathway_of(INTAKE, cells["instead"]), Entered("one", clocks.at(cells["entered"]))
        found = rules.reviews(pathway, entered, clocks.at(cells["until"]), clocks.zone)
        assert found == sorted(found)
        return {
            "inside": ", ".join(clocks.show(r.at) for r in found if not r.outside),
            "outside": ", ".join(clocks.show(r.at) for r in found if r.outside),
        }

    spec.rows(
        """
        zone             | entered     | until       | instead                     || inside                                | outside
        Asia/Shanghai    | 03-17 10:00 | 03-24 09:59 |                             ||                                       |
        Asia/Shanghai    | 03-17 10:00 | 03-24 10:00 |                             || 03-24 10:00                           |
        Asia/Shanghai    | 03-17 10:00 | 04-07 10:00 |                             || 03-24 10:00, 03-31 10:00, 04-07 10:00 | 03-31 10:00
        Asia/Shanghai    | 03-17 10:00 | 03-20 12:00 | review: P7D -> review: P1D  || 03-18 10:00, 03-19 10:00, 03-20 10:00 |
        Asia/Shanghai    | 03-17 10:00 | 04-07 10:00 | review: P7D -> review: null ||                                       | 03-31 10:00
        Europe/Berlin    | 03-20 10:00 | 04-04 10:00 |                             || 03-27 10:00, 04-03 10:00              | 04-03 10:00
        America/New_York | 03-01 02:30 | 03-16 02:30 |                             || 03-08 03:00, 03-15 02:30              | 03-15 02:30
        """,
        reviewed,
        measure="intake.yaml, as above",
    )


def test_silence_never_means_to_continue(spec: Spec) -> None:
    """
    Where nobody from outside has decided by day 14, what `on_silence` says must happen. A decision counts for the stage in which
    it was made; one that comes late still counts from then on.
    """

    def silent(cells: Cells) -> dict[str, object]:
        pathway, episode = pathway_of(INTAKE, cells["instead"]), episode_of(cells, DATED)
        return {"must happen": rules.on_silence(pathway, episode, at=DATED.at(cells["at"]), zone=ZONE) or ""}

    spec.rows(
        """
        entered                          | decided     | at          | instead                                     || must happen
                                         |             | 04-30 10:00 |                                             ||
        one 03-17 10:00                  |             | 03-31 09:59 |                                             ||
        one 03-17 10:00                  |             | 03-31 10:00 |                                             || cohort_or_clear
        one 03-17 10:00                  | 03-30 12:00 | 04-05 10:00 |                                             ||
        one 03-17 10:00                  | 04-01 12:00 | 03-31 20:00 |                                             || cohort_or_clear
        one 03-17 10:00                  | 04-01 12:00 | 04-02 10:00 |                                             ||
        one 03-17 10:00                  | 03-16 12:00 | 03-31 10:00 |                                             || cohort_or_clear
        one 03-17 10:00; two 04-07 10:00 | 03-31 09:00 | 04-21 09:59 |                                             ||
        one 03-17 10:00; two 04-07 10:00 | 03-31 09:00 | 04-21 10:00 |                                             || cohort_or_clear
        three 04-28 10:00                |             | 05-12 10:00 |                                             || cohort
        one 03-17 10:00                  |             | 04-20 10:00 | outside_review: P14D -> outside_review: null ||
        """,
        silent,
        measure="intake.yaml, as above",
    )


def test_days_alone_add_up(spec: Spec) -> None:
    """Days in single rooms are added up over all stages (21 + 21 + 14 = 56); a day is counted when the next one begins."""

    def counted(cells: Cells) -> dict[str, object]:
        changed = "en: second}, length: P21D, placement: single_room -> en: second}, length: P21D, placement: cohort"
        pathway = pathway_of(INTAKE, changed if cells["cohort"] else "")
        return {"days alone": rules.alone_days(pathway, episode_of(cells, DATED), at=DATED.at(cells["at"]), zone=ZONE)}

    spec.rows(
        """
        cohort | entered                                             | at          || days alone
               | one 03-17 10:00                                     | 03-17 23:59 || 0
               | one 03-17 10:00                                     | 03-18 00:00 || 1
               | one 03-17 10:00                                     | 03-31 10:00 || 14
               | one 03-17 10:00; two 04-07 10:00                    | 04-07 10:00 || 21
               | one 03-17 10:00; two 04-07 10:00                    | 04-21 10:00 || 35
               | one 03-17 10:00; two 04-07 10:00; three 04-28 10:00 | 05-12 10:00 || 56
        two    | one 03-17 10:00; two 04-07 10:00; three 04-28 10:00 | 05-12 10:00 || 35
               | one 03-17 10:00; two 04-07 10:00                    | 03-20 10:00 || 3
        """,
        counted,
        measure="intake.yaml, as above",
    )


def test_pathways_that_make_no_sense(spec: Spec) -> None:
    """A protocol is refused where its clocks contradict each other."""

    def said(cells: Cells) -> dict[str, object]:
        old, _, new = cells["instead"].partition(" -> ")
        text = RELEASE if cells["file"] == "release" else INTAKE
        assert old in text
        return {"refused": refused_in(text.replace(old, new))}

    spec.rows(
        """
        file    | instead                                          || refused
        release | lead: P14D -> note: {zh: 无, en: none}            || counting from a legal date needs lead
        release | length: P14D -> length: P14D, max: P7D           || max is shorter than length
        release | length: P14D -> length: P14D, max: P14D          ||
        release | length: P14D -> length: P14D, review: P0D        || review cannot be zero
        """,
        said,
        measure="release.yaml, as above",
    )
