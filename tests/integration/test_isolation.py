"""Isolation and quarantine: opened, placed, timed, reviewed, ended; and what they never do."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from lazaretto.apps.isolation import breaches, cohorts, deciding, opening, placing
from lazaretto.apps.isolation.courses import course_of, courses
from lazaretto.apps.isolation.models import Breach, Episode, Note, Placement
from lazaretto.apps.journal.models import Entry
from lazaretto.apps.journal.queries import verify_deep
from lazaretto.apps.laboratory.models import Order, Specimen
from lazaretto.apps.registry.models import LegalDate, Presence, Standing
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement
from lazaretto.apps.work.queries import open_cascades
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.refusal import Refusal
from tests.conftest import DAY, PEOPLE, PLACES, PRESENCE, ZONE, Small
from tests.integration.isolation import (
    DAY_MS,
    confirm_all,
    days_later,
    furnish,
    ordered,
    person,
    place,
    placed,
    release_on,
    sampled,
)
from tests.integration.test_fevers import tell

CONTACT = "quarantine.contacts"


@pytest.fixture
def ward(make_facility: Callable[..., Small]) -> Small:
    return furnish(make_facility())


@pytest.fixture
def detention(make_facility: Callable[..., Small]) -> Small:
    """A detention centre with the pathway 21 + 21 + 14, its three sorts of room, and rooms for contacts."""
    small = make_facility("YT", protocol="facility-s2-detention", people=False)
    for kind, text in (
        ("places", PLACES),
        ("people", PEOPLE.replace("prisoner", "remand_prisoner")),
        ("presence", PRESENCE),
    ):
        account = small.bring(kind, text)
        assert not account.failures, account.failures
    types = {"F1": "vacated_detention_house", "F2": "vacated_detention_house", "C1": "transitional_detention_centre",
             "C2": "home_transitional_cells", "T1": "quarantine", "T2": "quarantine"}  # fmt: skip
    return furnish(small, types)


def refused(act: Callable[[], object]) -> tuple[str, int | None]:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.code, caught.value.possible_at


def contact(small: Small, code: str = "P1", *, exposed: float = -1.0, at: float = 0.0) -> Episode:
    return ordered(small, code, CONTACT, at=days_later(at), exposures=(days_later(exposed),))


def here(small: Small, code: str) -> str:
    return Presence.objects.get(person=person(small, code), ends=None).place.code


def test_isolate_first_then_treat(ward: Small) -> None:
    """A confirmed fever opens the episode with its room in the same act; carried out, treatment may begin."""
    ward.at = days_later(0.5)
    tell(ward, "a P1 10:00 38.0", at=days_later(0.001))
    assert not Episode.objects.exists()
    tell(ward, "b P1 10:20 38.4", at=days_later(0.015))
    episode = Episode.objects.get()
    assert (episode.purpose, episode.ordered_by, episode.source[:6]) == ("isolation", "", "fever:")
    assert {(o.panel, o.test) for o in Order.objects.all()} == {("panel.fever", "blood_count"), ("panel.fever", "pcr")}
    plan = Placement.objects.get()
    assert (plan.place.code, plan.status) == ("F1", "planned")
    assert here(ward, "P1") == "W1-101"
    placing.carry_out(plan, by="ward", at=days_later(0.02))
    assert here(ward, "P1") == "F1"
    standing = Standing.objects.get(person=episode.person, key="isolation_stage", ends=None)
    assert standing.value == "fever_room"
    owing = next(o for o in open_cascades(ward.facility, days_later(0.02)) if o.measure.id == "fever.response")
    assert {o.action.id: o.state for o in owing.actions}["isolate"] == "done"
    assert {o.action.id: o.state for o in owing.actions}["clinician"] == "open"
    assert list(verify_deep(ward.facility.log)) == []


def test_a_fever_opens_its_episode_also_where_no_room_is_free(ward: Small) -> None:
    """Nothing is lost for want of a room: the episode is there without a plan."""
    for code in ("F1", "F2"):
        placing.to_be_disinfected(place(ward, code), by="t", at=ward.start + 1)
    ward.at = days_later(0.5)
    tell(ward, "a P1 10:00 38.0", "b P1 10:20 38.4", at=days_later(0.015))
    assert Episode.objects.count() == 1
    assert not Placement.objects.exists()


def test_the_clock_of_a_contact_starts_at_the_last_exposure(ward: Small) -> None:
    episode = contact(ward, exposed=-2)
    placed(ward, episode, "C1", at=days_later(0.25))
    course = course_of(episode, days_later(1))
    assert course.expected_end == days_later(12)
    assert (course.stage_day, course.days_alone) == (1, 1)
    assert [local_day(ZONE, t.at) - DAY for t in course.tests()[:3]] == [timedelta(days=n) for n in (1, 4, 7)]
    assert Order.objects.filter(source__startswith="episode:").count() == 4
    deciding.expose(episode, exposed_at=days_later(3), source="case:9", by="t", at=days_later(3.5))
    assert course_of(episode, days_later(4)).expected_end == days_later(17)
    assert Placement.objects.get(status="open").planned_end == days_later(17)


def test_nobody_leaves_before_the_criteria_and_each_is_named(ward: Small) -> None:
    episode = contact(ward, exposed=0)
    placed(ward, episode, "C1", at=days_later(0))
    back = place(ward, "W1-101")
    assert refused(lambda: deciding.clear(episode, to=back, by="clin", at=days_later(13)))[0] == "too_early"
    for day in (1, 4, 7):
        sampled(ward, episode, days_later(day))
    assert refused(lambda: deciding.clear(episode, to=back, by="clin", at=days_later(14)))[0] == "test_missing"
    sampled(ward, episode, days_later(13.5))
    assert refused(lambda: deciding.clear(episode, to=back, by="clin", at=days_later(14)))[0] == "not_confirmed"
    confirm_all(episode, days_later(14))
    assert course_of(episode, days_later(14.5)).met_at == days_later(14)
    assert refused(lambda: deciding.clear(episode, to=None, by="clin", at=days_later(14.5)))[0] == "no_place"
    deciding.clear(episode, to=back, by="clin", at=days_later(14.5))
    assert (here(ward, "P1"), Episode.objects.get().outcome) == ("W1-101", "criteria_met")
    assert not Standing.objects.filter(person=episode.person, key="quarantine_stage", ends=None).exists()
    assert Standing.objects.get(place=place(ward, "C1"), key="service", ends=None).value == "cleaning"
    assert list(verify_deep(ward.facility.log)) == []


def test_a_named_human_may_end_it_before_with_a_reason(ward: Small) -> None:
    episode = contact(ward)
    placed(ward, episode, "C1", at=days_later(0))
    deciding.clear(
        episode, to=place(ward, "W1-101"), by="clin", at=days_later(5), override="needs hospital care elsewhere"
    )
    note = Note.objects.get(kind="override")
    assert (note.value, note.by, note.reason) == ("too_early", "clin", "needs hospital care elsewhere")
    assert Episode.objects.get().outcome == "decision"


def test_what_an_episode_needs_before_it_begins(ward: Small) -> None:
    """D1: a ground, an exposure where the clock needs one, an end that can be told; and a pathway for this person."""
    at = days_later(0)
    assert refused(lambda: ordered(ward, "P1", CONTACT, at=at, ground=" ", exposures=(at,)))[0] == "no_ground"
    assert refused(lambda: ordered(ward, "P1", CONTACT, at=at))[0] == "no_exposure"
    assert refused(lambda: ordered(ward, "P1", "no.such", at=at))[0] == "no_pathway"
    assert refused(lambda: ordered(ward, "P1", CONTACT, at=at, exposures=(at + 1,)))[0] == "in_future"
    contact(ward)
    assert refused(lambda: contact(ward))[0] == "open_already"


def test_types_never_share_a_room_and_segregation_is_never_used(ward: Small) -> None:
    episode = contact(ward)
    at = days_later(0)

    def into(code: str, who: Episode = episode) -> str:
        return refused(lambda: placing.plan_placement(who, place=place(ward, code), starts=at, by="w", at=at))[0]

    assert (into("F1"), into("X1"), into("W1-101")) == ("wrong_type", "segregation", "wrong_type")
    placed(ward, episode, "C1", at=at)
    other = contact(ward, "P2")
    assert into("C1", other) == "full"
    ill = ordered(ward, "P3", "isolation.fever", at=at, ground="fever")
    assert into("C2", ill) == "wrong_type"


def test_a_room_is_disinfected_between_two_people(ward: Small) -> None:
    one, two = contact(ward), contact(ward, "P2")
    placed(ward, one, "C1", at=days_later(0))
    deciding.clear(one, to=place(ward, "W1-101"), by="clin", at=days_later(2), override="sent to hospital")
    plan = lambda at: placing.plan_placement(two, place=place(ward, "C1"), starts=at, by="w", at=days_later(2))  # noqa: E731
    assert refused(lambda: plan(days_later(2) + 60_000)) == ("disinfection", days_later(2) + 2 * 3_600_000)
    made = plan(days_later(2) + 3 * 3_600_000)
    assert refused(lambda: placing.carry_out(made, by="w", at=days_later(2) + 3 * 3_600_000))[0] == "out_of_service"
    placing.disinfected(place(ward, "C1"), by="log", at=days_later(2) + 2 * 3_600_000)
    placing.carry_out(made, by="w", at=days_later(2) + 3 * 3_600_000)
    assert here(ward, "P2") == "C1"


def test_the_law_sets_people_free_in_mid_quarantine(ward: Small) -> None:
    """Whatever is missing: the movement is taken, the episode ends with it, and what is left is handed over."""
    release_on(ward, "P1", DAY + timedelta(days=5))
    episode = contact(ward, exposed=0)
    placed(ward, episode, "C1", at=days_later(0))
    course = course_of(episode, days_later(1))
    assert local_day(ZONE, course.expected_end or 0) == DAY + timedelta(days=5)
    far = days_later(20)
    assert (
        refused(lambda: deciding.extend(episode, until=far, reason="more", by="c", at=days_later(1)))[0]
        == "lawful_release"
    )
    record_movement(Move(person(ward, "P1"), "release", days_later(5)), by="gate", at=days_later(5))
    ended = Episode.objects.get()
    assert (ended.outcome, ended.remark) == ("lawful_release", "handed over: 9 d")
    assert LegalDate.objects.get().on == DAY + timedelta(days=5)
    assert list(verify_deep(ward.facility.log)) == []


def test_intake_in_three_stages_with_two_signatures(detention: Small) -> None:
    """21 + 21 + 14: no stage is entered before its day or without both signatures, and none is skipped."""
    small = detention
    episode = ordered(small, "P1", "isolation.transitional", at=days_later(0), ground="new arrival")
    assert course_of(episode, days_later(0)).expected_end == days_later(56)
    placed(small, episode, "F1", at=days_later(0))

    def move(code: str, stage: str, at: float, *, signed: bool = True) -> object:
        plan = placing.plan_placement(
            episode, place=place(small, code), starts=days_later(at), stage=stage, by="w", at=days_later(at)
        )
        if signed:
            placing.sign(plan, side="sent", by="a", at=days_later(at))
            assert refused(lambda: placing.sign(plan, side="received", by="a", at=days_later(at)))[0] == "same_person"
            placing.sign(plan, side="received", by="b", at=days_later(at))
        return placing.carry_out(plan, by="w", at=days_later(at))

    assert refused(lambda: move("C2", "three", 21))[0] == "skipped"
    assert refused(lambda: move("C1", "two", 20.9)) == ("too_early", days_later(21))
    assert refused(lambda: move("C1", "two", 21, signed=False))[0] == "not_signed"
    move("C1", "two", 21)
    assert (
        refused(lambda: deciding.clear(episode, to=place(small, "W1-101"), by="c", at=days_later(42)))[0] == "skipped"
    )
    move("C2", "three", 42)
    assert course_of(episode, days_later(50)).days_alone == 50
    deciding.clear(episode, to=place(small, "W1-101"), by="c", at=days_later(56))
    assert Standing.objects.filter(person=episode.person, key="quarantine_stage").count() == 3


def test_reviews_silence_and_the_decision_from_outside(detention: Small) -> None:
    episode = ordered(detention, "P1", "isolation.transitional", at=days_later(0), ground="new arrival")
    placed(detention, episode, "F1", at=days_later(0))

    def due(day: float) -> list[tuple[bool, int]]:
        found = course_of(episode, days_later(day)).reviews(days_later(day))
        return [(r.outside, round((r.at - days_later(0)) / DAY_MS)) for r in found]

    assert due(6) == []
    assert due(8) == [(False, 7)]
    deciding.review(episode, said="still exposed", by="clin", at=days_later(7.5))
    assert due(8) == []
    assert course_of(episode, days_later(14)).silence == "cohort_or_clear"
    assert (True, 14) in due(14)
    until = days_later(23)
    assert (
        refused(lambda: deciding.extend(episode, until=until, reason="", by="c", at=days_later(13)))[0] == "no_reason"
    )
    assert refused(
        lambda: deciding.decide_outside(episode, value="continue", reason="pcr positive", by="clin", body="B", at=days_later(14))
    )[0] == "own_order"  # fmt: skip
    deciding.decide_outside(
        episode, value="continue", reason="exposed on day 3", by="out", body="BUREAU", at=days_later(14)
    )
    assert course_of(episode, days_later(14)).silence is None
    deciding.extend(episode, until=until, reason="a test is missing", by="clin", at=days_later(15))
    assert course_of(episode, days_later(15)).may_end_at(leaving=False) == until


def test_a_positive_on_day_nine_starts_the_batch_again(ward: Small) -> None:
    """Only those who shared the batch start again, each with the cause on file; nobody joins it any more."""
    batch = cohorts.open_cohort(ward.facility, code="0317", measure=CONTACT, by="c", at=days_later(0))
    people = {
        code: ordered(ward, code, CONTACT, at=days_later(0), exposures=(days_later(0),), cohort=batch)
        for code in ("P1", "P2")
    }
    placed(ward, people["P1"], "C1", at=days_later(0))
    placed(ward, people["P2"], "C2", at=days_later(0))
    again = cohorts.turned_positive(people["P1"], by="clin", at=days_later(9))
    assert [e.person.code for e in again] == ["P2"]
    assert course_of(people["P2"], days_later(9)).expected_end == days_later(23)
    assert Note.objects.get(source=f"episode:{people['P1'].number}").kind == "exposure"
    assert Episode.objects.get(person__code="P1").outcome == "case"
    late = lambda: ordered(ward, "P3", CONTACT, at=days_later(9), exposures=(days_later(8),), cohort=batch)  # noqa: E731
    batch.refresh_from_db()
    assert (refused(late)[0], batch.restarts) == ("closed_cohort", 1)
    assert refused(lambda: cohorts.end(batch, by="c", at=days_later(10)))[0] == "not_empty"
    assert list(verify_deep(ward.facility.log)) == []


def test_who_falls_ill_in_quarantine_leaves_it(ward: Small) -> None:
    """Isolation and quarantine are never merged: the room, the standing and the clock of the quarantine stop."""
    episode = contact(ward, exposed=0)
    placed(ward, episode, "C1", at=days_later(0))
    ill = ordered(ward, "P1", "isolation.fever", at=days_later(3), ground="fever 38.4")
    placed(ward, ill, "F1", at=days_later(3))
    keys = set(Standing.objects.filter(person=episode.person, ends=None).values_list("key", flat=True))
    assert keys == {"isolation_stage"}
    assert course_of(episode, days_later(5)).suspended is not None
    assert refused(lambda: contact(ward, "P1", at=4))[0] in ("open_already", "never_with")
    deciding.resume(episode, by="clin", at=days_later(5))
    assert course_of(episode, days_later(6)).may_end_at() == days_later(16)


def test_a_breach_is_a_finding_with_exposures_and_a_decision(ward: Small) -> None:
    episode = contact(ward, exposed=0)
    placed(ward, episode, "C1", at=days_later(0))
    record_movement(
        Move(person(ward, "P1"), "cell_move", days_later(2), place(ward, "W1-102")), by="ward", at=days_later(2)
    )
    breach = Breach.objects.get()
    assert (breach.rule, {e.person.code for e in breach.exposed.all()}) == ("left_room", {"P1", "P2"})
    assert (
        refused(lambda: breaches.decide(breach, decision="punish", reason="x", by="c", at=days_later(2)))[0]
        == "unknown_value"
    )
    assert (
        refused(lambda: breaches.decide(breach, decision="restart", reason="", by="c", at=days_later(2)))[0]
        == "no_reason"
    )
    breaches.decide(breach, decision="restart", reason="met others for an hour", by="clin", at=days_later(2))
    assert course_of(episode, days_later(3)).expected_end == days_later(16)


def test_vulnerable_people_are_not_put_alone_without_a_plan_of_company(ward: Small) -> None:
    from lazaretto.apps.registry import actions as registry

    registry.set_standing(
        subject=person(ward, "P1"), key="vulnerable", value="age", starts=ward.start, source="t", by="t", at=ward.start
    )
    episode = contact(ward)

    def plan(reason: str) -> Placement:
        return placing.plan_placement(
            episode, place=place(ward, "C1"), starts=days_later(0), reason=reason, by="w", at=days_later(0)
        )

    assert refused(lambda: plan(""))[0] == "needs_company"
    placing.carry_out(plan("cell mate Chen sits with him twice a day"), by="w", at=days_later(0))


def test_a_refused_sample_is_recorded_and_the_person_told(ward: Small) -> None:
    from lazaretto.apps.laboratory import actions as laboratory

    episode = contact(ward, exposed=0)
    placed(ward, episode, "C1", at=days_later(0))
    order = Order.objects.order_by("due_at").first()
    assert order is not None
    assert (
        refused(
            lambda: laboratory.take(
                order=order, code="a", taken_at=days_later(1), by="c", at=days_later(1), outcome="refused"
            )
        )[0]
        == "no_reason"
    )
    laboratory.take(
        order=order,
        code="a",
        taken_at=days_later(1),
        by="c",
        at=days_later(1),
        outcome="refused",
        reason="does not want it",
    )
    assert Specimen.objects.get().outcome == "refused"
    opening.tell(episode, language="zh", by="ward", at=days_later(0.1))
    told = Episode.objects.get()
    assert (told.told_end, told.told_language) == (days_later(14), "zh")
    assert Entry.objects.filter(kind="isolation_told").count() == 1


def test_where_all_stand_in_a_fixed_number_of_queries(
    ward: Small, django_assert_max_num_queries: Callable[..., object]
) -> None:
    for code, room in (("P1", "C1"), ("P2", "C2")):
        placed(ward, contact(ward, code), room, at=days_later(0))
    with django_assert_max_num_queries(11):  # type: ignore[attr-defined]
        assert [c.expected_end is not None for c in courses(ward.facility, days_later(1))] == [True, True]


def test_the_clocks_go_along_to_the_next_facility(detention: Small, make_facility: Callable[..., Small]) -> None:
    """The file is signed by the sender, the receipt by the receiver; the next stage begins there, and none is skipped."""
    from lazaretto.apps.registry.models import Person, Place
    from lazaretto.apps.reporting import arrivals, transfers

    other = make_facility("LX", protocol="facility-s2-detention", people=False)
    assert not other.bring("places", PLACES).failures
    furnish(other, {"C1": "transitional_detention_centre", "C2": "home_transitional_cells"})
    episode = ordered(detention, "P1", "isolation.transitional", at=days_later(0), ground="new arrival")
    placed(detention, episode, "F1", at=days_later(0))
    order = transfers.Order(person(detention, "P1"), "LX", "second stage", passphrase="a long passphrase")
    _, data = transfers.send(order, by="sender", at=days_later(21.5))
    assert Episode.objects.get(pk=episode.pk).outcome == "transferred"
    choices = arrivals.Choices(place="W1-101", code="N1")
    arrivals.take_in(
        facility=other.facility,
        data=data,
        passphrase="a long passphrase",
        choices=choices,
        by="rec",
        at=days_later(21.6),
    )
    came = Episode.objects.get(facility=other.facility)
    assert (came.earlier[0][0], came.source[:9], came.ordered_by) == ("one", "transfer:", "")
    opening.order(came, ground="arrived from YT", by="clin", at=days_later(21.7))
    target = lambda code: Place.objects.get(facility=other.facility, code=code)  # noqa: E731
    skip = placing.plan_placement(
        came, place=target("C2"), starts=days_later(21.7), stage="three", by="w", at=days_later(21.7)
    )
    assert refused(lambda: placing.carry_out(skip, by="w", at=days_later(21.7)))[0] == "skipped"
    plan = placing.plan_placement(came, place=target("C1"), starts=days_later(21.7), by="w", at=days_later(21.7))
    assert plan.stage == "two"
    assert refused(lambda: placing.carry_out(plan, by="w", at=days_later(21.7)))[0] == "not_signed"
    placing.sign(plan, side="received", by="rec", at=days_later(21.7))
    placing.carry_out(plan, by="w", at=days_later(21.7))
    assert course_of(came, days_later(22)).may_end_at(leaving=False) == days_later(42.7)
    assert Person.objects.filter(facility=other.facility, code="N1").exists()
    assert list(verify_deep(other.facility.log)) == []
