"""
Going on and leaving a pathway.

When the clock of a stage is over, its tests, criteria and reviews still ask their due: stages are entered in their order, and who
leaves has been through all of them. Silence is an answer only where the pathway says which, and never means to continue.
"""

from lazaretto.protocol import pathway as rules
from lazaretto.protocol.pathway import Entered
from tests.spec.clocks import Clocks
from tests.spec.kinds import DATED, answer, refused_in
from tests.spec.pathways import CONTACTS, INTAKE, RELEASE, episode_of, pathway_of
from tests.spec.runners import Spec
from tests.spec.tables import Cells
from tests.spec.worlds import ZONE


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
