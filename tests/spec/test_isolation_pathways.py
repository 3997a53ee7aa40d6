"""
The pathways of the five reports.

What each report asks for stands in its pack as data, and is run by one engine. The tables below are of the packs as they are
shipped, with the facility pack that fills in what a report leaves open: S0 Shandong prison, S1 Inner Mongolia drug
rehabilitation, S2 Tianshui detention, S3 Baicheng drug rehabilitation, S4 Hunan prison. Nothing in them can move a day of the law.
"""

from functools import cache

from lazaretto import packs
from lazaretto.protocol import pathway as rules
from lazaretto.protocol.pathway import Entered, Episode, Pathway, persons_in, type_of
from lazaretto.protocol.resolve import Resolved, resolve
from lazaretto.protocol.rotation import Held, Rotation, check_may_enter
from tests.spec.kinds import DATED, answer, moments, split
from tests.spec.runners import Spec
from tests.spec.tables import Cells
from tests.spec.worlds import ZONE

PACKS = {
    "S0": "facility-s0-prison", "S1": "facility-s1-drug-rehab", "S1 Hulunbuir": "facility-s1-hulunbuir",
    "S2": "facility-s2-detention", "S3": "facility-s3-drug-rehab", "S4": "facility-s4-prison",
}  # fmt: skip


@cache
def house(report: str) -> Resolved:
    loaded = packs.shipped(PACKS[report])
    return resolve(loaded, loaded.document.normal_level, [], [])


def pathway(cells: Cells) -> Pathway:
    found = house(cells["report"]).any_measure(cells["pathway"])
    assert isinstance(found, Pathway)
    return found


def days(duration: object) -> str:
    return "" if duration is None else str(getattr(duration, "days", ""))


def test_what_each_report_asks_for(spec: Spec) -> None:
    """
    The stages with their days: 21 + 21 + 14 for an arrival of S2, 14 for one of S4, 14 before release in S1, 14 for contacts and
    a fever room everywhere. Isolation is for cases; everything else is quarantine of people who are well.
    """

    def asked(cells: Cells) -> dict[str, object]:
        found = pathway(cells)
        return {
            "purpose": found.purpose, "stages": " + ".join(days(s.length) for s in found.stages),
            "counts from": found.counts_from, "starts again on": ", ".join(found.restart_on),
        }  # fmt: skip

    spec.rows(
        """
        report | pathway                || purpose     | stages       | counts from   | starts again on
        S0     | isolation.fever        || isolation   | 1            | entry         |
        S0     | quarantine.contacts    || quarantine  | 14           | last_exposure | new_exposure
        S1     | isolation.fever        || isolation   | 1            | entry         |
        S1     | quarantine.contacts    || quarantine  | 14           | last_exposure | new_exposure
        S1     | release.observation    || pre_release | 14           | legal_date    |
        S2     | isolation.transitional || intake      | 21 + 21 + 14 | entry         | new_exposure
        S3     | isolation.fever        || isolation   | 1            | entry         |
        S3     | quarantine.contacts    || quarantine  | 14           | last_exposure | new_exposure
        S4     | intake.isolation       || intake      | 14           | entry         |
        """,
        asked,
    )


def test_rooms_of_each_stage(spec: Spec) -> None:
    """
    One person to a room, in rooms of a type that no other kind of stay uses; a review every 7 days (a fever every day), a decision
    from outside by day 14, and silence brings company or an end. A hand-over takes two signatures.
    """

    def asked(cells: Cells) -> dict[str, object]:
        found = pathway(cells)
        stage = found.stage(cells["stage"])
        assert stage is not None
        return {
            "type of room": type_of(found, stage), "people": persons_in(stage), "review": days(stage.review),
            "outside by day": days(stage.outside_review), "on silence": stage.on_silence,
            "two sign": "yes" if stage.handover else "",
        }  # fmt: skip

    spec.rows(
        """
        report | pathway                | stage        || type of room                  | people | review | outside by day | on silence      | two sign
        S0     | isolation.fever        | fever_room   || isolation                     | 1      | 1      | 14             | cohort_or_clear |
        S0     | quarantine.contacts    | contact_room || quarantine                    | 1      | 7      | 14             | cohort_or_clear |
        S1     | isolation.fever        | fever_room   || fever                         | 1      | 1      | 14             | cohort_or_clear |
        S1     | quarantine.contacts    | contact_room || close_contact                 | 1      | 7      | 14             | cohort_or_clear |
        S1     | release.observation    | release_room || pre_release                   | 1      | 7      | 14             | cohort_or_clear | yes
        S2     | isolation.transitional | one          || vacated_detention_house       | 1      | 7      | 14             | cohort_or_clear | yes
        S2     | isolation.transitional | two          || transitional_detention_centre | 1      | 7      | 14             | cohort_or_clear | yes
        S2     | isolation.transitional | three        || home_transitional_cells       | 1      | 7      | 14             | cohort_or_clear |
        S3     | quarantine.contacts    | contact_room || quarantine                    | 1      | 7      | 14             | cohort_or_clear |
        S4     | intake.isolation       | intake_room  || reception_centre              | 1      | 7      | 14             | cohort_or_clear |
        """,
        asked,
    )


def test_no_type_of_room_serves_two_kinds_of_stay(spec: Spec) -> None:
    """In no house do cases and people who are well share a type of room; `shared` names those that would."""

    def asked(cells: Cells) -> dict[str, object]:
        kinds: dict[str, set[bool]] = {}
        for found in (m for m in house(cells["report"]).everything if isinstance(m, Pathway) and m.active):
            for stage in found.stages:
                kinds.setdefault(type_of(found, stage), set()).add(found.purpose in ("isolation", "cohorting"))
        return {"types": len(kinds), "shared": ", ".join(t for t, both in kinds.items() if len(both) > 1)}

    spec.rows(
        """
        report || types | shared
        S0     || 2     |
        S1     || 3     |
        S2     || 5     |
        S3     || 2     |
        S4     || 3     |
        """,
        asked,
    )


def test_the_dates_that_are_told(spec: Spec) -> None:
    """
    Entered on 17 March at 10:00, each stage ends at the hour of entry (the day of entry is day 0). Of contacts the clock started
    with the last exposure, wherever they were that day; before release it is counted back from the lawful date.
    """

    def told(cells: Cells) -> dict[str, object]:
        found = rules.plan(pathway(cells), DATED.at(cells["counts from"]), ZONE)
        return {"starts": DATED.show(found[0].start), "stages end": "; ".join(DATED.show(p.end or 0) for p in found)}

    spec.rows(
        """
        report | pathway                | counts from || starts      | stages end
        S0     | isolation.fever        | 03-17 10:00 || 03-17 10:00 | 03-18 10:00
        S1     | quarantine.contacts    | 03-15 22:00 || 03-15 22:00 | 03-29 22:00
        S1     | release.observation    | 04-20 00:00 || 04-06 00:00 | 04-20 00:00
        S2     | isolation.transitional | 03-17 10:00 || 03-17 10:00 | 04-07 10:00; 04-28 10:00; 05-12 10:00
        S4     | intake.isolation       | 03-17 10:00 || 03-17 10:00 | 03-31 10:00
        """,
        told,
    )


def test_no_stage_of_the_three_is_skipped(spec: Spec) -> None:
    """S2: the next stage opens on day 21 and not before, the last is not passed over, and nobody is cleared before its end."""

    def asks(cells: Cells) -> dict[str, object]:
        way = Episode(entered=[Entered(stage, at) for stage, at, _ in moments(cells["entered"], DATED)])
        found = pathway({"report": "S2", "pathway": "isolation.transitional"})
        at = DATED.at(cells["at"])
        if cells["asks for"] == "out":
            return answer(lambda: rules.check_may_exit(found, way, at=at, zone=ZONE), DATED)
        return answer(lambda: rules.check_may_enter(found, cells["asks for"], way, at=at, zone=ZONE), DATED)

    spec.rows(
        """
        entered                                          | asks for | at          || refused   | possible from
                                                         | two      | 03-17 10:00 || skipped   |
        one 03-17 10:00                                  | two      | 04-07 09:59 || too_early | 04-07 10:00
        one 03-17 10:00                                  | two      | 04-07 10:00 ||           |
        one 03-17 10:00                                  | three    | 04-07 10:00 || skipped   |
        one 03-17 10:00                                  | out      | 04-07 10:00 || skipped   |
        one 03-17 10:00; two 04-07 10:00                 | three    | 04-28 10:00 ||           |
        one 03-17 10:00; two 04-07 10:00                 | out      | 04-28 10:00 || skipped   |
        one 03-17 10:00; two 04-07 10:00; three 04-28 10:00 | out   | 05-12 09:59 || too_early | 05-12 10:00
        one 03-17 10:00; two 04-07 10:00; three 04-28 10:00 | out   | 05-12 10:00 ||           |
        one 03-17 10:00; two 04-07 10:00; three 04-28 10:00 | one   | 05-12 10:00 || repeated  |
        """,
        asks,
    )


def test_when_a_clock_starts_again(spec: Spec) -> None:
    """
    A new exposure starts the present stage again where the pathway says so (contacts everywhere, S2), and nowhere else: the 14 days
    of an arrival of S4 go on, unless a named person extends them with a reason. Symptoms stop the clock of contacts.
    """

    def ends(cells: Cells) -> dict[str, object]:
        found = pathway(cells)
        way = Episode(
            entered=[Entered(stage, at) for stage, at, _ in moments(cells["entered"], DATED)],
            exposures=[DATED.at(part) for part in split(cells["exposed"])],
            suspended=[DATED.span(part) for part in split(cells["symptoms"])],
        )
        at = rules.may_exit_at(found, way, ZONE)
        return {"may leave from": "" if at is None else DATED.show(at)}

    spec.rows(
        """
        report | pathway                | entered                          | exposed                  | symptoms                   || may leave from
        S1     | quarantine.contacts    | contact_room 03-17 10:00         | 03-15 10:00              |                            || 03-29 10:00
        S1     | quarantine.contacts    | contact_room 03-17 10:00         | 03-15 10:00; 03-26 10:00 |                            || 04-09 10:00
        S1     | quarantine.contacts    | contact_room 03-17 10:00         | 03-15 10:00              | 03-20 10:00 to 03-22 10:00 || 03-31 10:00
        S2     | isolation.transitional | one 03-17 10:00                  | 03-26 10:00              |                            || 04-16 10:00
        S2     | isolation.transitional | one 03-17 10:00; two 04-07 10:00 | 03-26 10:00              |                            || 04-28 10:00
        S2     | isolation.transitional | one 03-17 10:00; two 04-07 10:00 | 04-09 10:00              |                            || 04-30 10:00
        S4     | intake.isolation       | intake_room 03-17 10:00          | 03-26 10:00              |                            || 03-31 10:00
        """,
        ends,
    )


def test_what_opens_the_door(spec: Spec) -> None:
    """
    Time alone opens no door where tests or criteria are owed: contacts have a negative PCR for days 1, 4 and 7 (one taken late counts
    as well) and one within a day of leaving, and no symptoms; an arrival of S4 is examined.
    """

    def asks(cells: Cells) -> dict[str, object]:
        found = pathway(cells)
        stage = found.stages[0]
        way = Episode(
            entered=[Entered(stage.id, DATED.at("03-17 10:00"))],
            exposures=[DATED.at("03-17 10:00")] if found.counts_from == "last_exposure" else (),
            tests=[
                rules.Tested("panel.pcr", DATED.at(f"{day} 09:00"), "negative") for day in split(cells["negative on"])
            ],
            confirmed=frozenset((stage.id, name) for name in split(cells["confirmed"])),
        )
        return answer(lambda: rules.check_may_exit(found, way, at=DATED.at(cells["at"]), zone=ZONE), DATED)

    spec.rows(
        """
        report | pathway             | at          | negative on                | confirmed   || refused       | possible from
        S1     | quarantine.contacts | 03-31 10:00 | 03-18; 03-21; 03-24; 03-31 | no_symptoms ||               |
        S1     | quarantine.contacts | 03-31 09:00 | 03-18; 03-21; 03-24; 03-31 | no_symptoms || too_early     | 03-31 10:00
        S1     | quarantine.contacts | 03-31 10:00 | 03-18; 03-21; 03-24        | no_symptoms || test_missing  |
        S1     | quarantine.contacts | 03-31 10:00 | 03-18; 03-21; 03-31        | no_symptoms ||               |
        S1     | quarantine.contacts | 03-31 10:00 | 03-18; 03-31               | no_symptoms || test_missing  |
        S1     | quarantine.contacts | 03-31 10:00 | 03-18; 03-21; 03-24; 03-31 |             || not_confirmed |
        S4     | intake.isolation    | 03-31 10:00 |                            |             || not_confirmed |
        S4     | intake.isolation    | 03-31 10:00 |                            | exam        ||               |
        S4     | intake.isolation    | 03-31 09:59 |                            | exam        || too_early     | 03-31 10:00
        """,
        asks,
    )


def test_the_standby_of_staff(spec: Spec) -> None:
    """
    Standby is quarantine of staff, and what clears somebody for closed duty: 14 days, of S1 Hulunbuir 21 with a test before standby and
    one before duty. Who may enter is asked here; who must, is the roster's.
    """

    def enters(cells: Cells) -> dict[str, object]:
        every = [m for m in house(cells["report"]).everything if isinstance(m, Rotation) and m.active]
        rotation = next(m for m in every if any(s.id == cells["state"] for s in m.states))
        held = [Held(panel, at, result) for panel, at, result in moments(cells["results"], DATED)]
        return answer(
            lambda: check_may_enter(
                rotation,
                cells["state"],
                at=DATED.at("04-20 08:00"),
                zone=ZONE,
                results=held,
                standby=int(cells["stood by"]),
            ),
            DATED,
        )

    spec.rows(
        """
        report       | state              | stood by | results                        || refused
        S0           | closed_duty_inside | 13       | panel.pcr 04-19 08:00 negative || standby_short
        S0           | closed_duty_inside | 14       | panel.pcr 04-19 08:00 negative ||
        S1           | closed_duty        | 14       | panel.pcr 04-19 08:00 negative ||
        S3           | isolated_duty      | 13       | panel.pcr 04-19 08:00 negative || standby_short
        S1 Hulunbuir | standby            | 0        |                                || test_missing
        S1 Hulunbuir | standby            | 0        | panel.pcr 04-19 08:00 negative ||
        S1 Hulunbuir | closed_duty        | 14       | panel.pcr 04-19 08:00 negative || standby_short
        S1 Hulunbuir | closed_duty        | 21       |                                || test_missing
        S1 Hulunbuir | closed_duty        | 21       | panel.pcr 04-17 07:59 negative || test_missing
        S1 Hulunbuir | closed_duty        | 21       | panel.pcr 04-19 08:00 negative ||
        """,
        enters,
    )


def test_the_law_ends_every_pathway(spec: Spec) -> None:
    """On the lawful day somebody leaves the house, in the middle of whatever stage; what is left is handed over, and not held here."""

    def leaves(cells: Cells) -> dict[str, object]:
        free = rules.may_leave_the_house(at=DATED.at(cells["at"]), legal_date=DATED.at(cells["lawful day"]))
        found = rules.plan(pathway(cells), DATED.at("03-17 10:00"), ZONE)
        left = (found[-1].end or 0) - DATED.at(cells["at"])
        return {
            "leaves": "yes" if free else "no",
            "days left to hand over": max(-(-left // 86_400_000), 0) if free else "",
        }

    spec.rows(
        """
        report | pathway                | lawful day  | at          || leaves | days left to hand over
        S2     | isolation.transitional | 04-10 00:00 | 04-09 23:59 || no     |
        S2     | isolation.transitional | 04-10 00:00 | 04-10 00:00 || yes    | 33
        S4     | intake.isolation       | 03-20 00:00 | 03-20 00:00 || yes    | 12
        S0     | quarantine.contacts    | 03-30 00:00 | 03-30 08:00 || yes    | 2
        """,
        leaves,
    )
