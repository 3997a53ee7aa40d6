"""
The two steps of a fever as they happen: the task, its clock, what confirms and what ends it, and the cascade that follows.
"""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from lazaretto.apps.command.queries import in_force
from lazaretto.apps.journal.models import Entry
from lazaretto.apps.journal.queries import verify_deep
from lazaretto.apps.registry.models import Person
from lazaretto.apps.rounds import fevers
from lazaretto.apps.rounds.actions import record_facts
from lazaretto.apps.rounds.facts import Border
from lazaretto.apps.rounds.models import FeverEpisode
from lazaretto.apps.work import actions as work
from lazaretto.apps.work.queries import Owing, open_cascades
from lazaretto.protocol.refusal import Refusal
from tests.conftest import HOUR, Small

MINUTE = 60_000


def tell(small: Small, *said: str, at: int | None = None, **more: str) -> None:
    """Record readings such as `a P1 08:00 38.1` in one batch; `x>a P1 08:00 36.5` supersedes a."""
    rows = []
    for text in said:
        id_, who, when, *value = text.split()
        id_, _, old = id_.partition(">")
        row = {"id": id_, "subject": who, "observed_at": f"2026-03-17 {when}", "observation": "temperature"}
        rows.append(row | {"value": value[0] if value else "", "supersedes": old} | more)
    border = Border(small.facility, in_force(small.facility, small.at).resolved.document, small.at)
    record_facts(small.facility, [border.admit(row) for row in rows], by="t", at=at or small.at)


def states(small: Small) -> list[tuple[str, str, str]]:
    rows = FeverEpisode.objects.filter(facility=small.facility).order_by("first_at", "pk")
    return [(e.subject, e.first, e.state) for e in rows if e.reason != fevers.CORRECTED]


def response(small: Small, at: int) -> Owing:
    return next(o for o in open_cascades(small.facility, at) if o.measure.id == "fever.response")


def kinds(small: Small) -> list[str]:
    rows = Entry.objects.filter(log=small.facility.log, kind__startswith="fever").order_by("seq")
    return list(rows.values_list("kind", flat=True))


def test_a_first_high_reading_asks_for_a_second_by_a_clock(small: Small) -> None:
    tell(small, "a P1 08:00 36.5", "b P1 10:00 37.3", "c P2 10:00 37.2")
    episode = FeverEpisode.objects.get()
    assert (episode.subject, episode.first, episode.state) == ("P1", "b", "open")
    assert episode.due_at == small.moment("10:30")
    assert kinds(small) == ["fever_suspected"]
    entry = Entry.objects.get(kind="fever_suspected")
    assert entry.subjects == [Person.objects.get(code="P1").ref]
    assert entry.occurred_at == small.moment("10:00")
    assert not open_cascades(small.facility, small.at)


def test_the_second_confirms_and_starts_what_follows(small: Small) -> None:
    tell(small, "a P1 10:00 38.0")
    tell(small, "b P1 10:20 38.2")
    assert states(small) == [("P1", "a", "confirmed")]
    assert kinds(small) == ["fever_suspected", "fever_confirmed"]
    owing = response(small, small.moment("10:21"))
    assert owing.cascade.event_at == small.moment("10:20")
    isolate = next(o for o in owing.actions if o.action.id == "isolate")
    assert (isolate.state, isolate.due) == ("open", small.moment("10:50"))
    clinician = next(o for o in owing.actions if o.action.id == "clinician")
    assert clinician.state == "waiting"  # isolate first, then treat
    tell(small, "c P1 14:00 36.6")
    assert states(small) == [("P1", "a", "over")]
    assert kinds(small)[-1] == "fever_closed"
    assert list(verify_deep(small.facility.log)) == []


def test_a_low_second_reading_closes_it(small: Small) -> None:
    tell(small, "a P1 10:00 38.0", "b P1 10:20 36.8")
    assert states(small) == [("P1", "a", "unconfirmed")]
    assert kinds(small) == ["fever_suspected", "fever_closed"]
    assert not open_cascades(small.facility, small.at)


def test_under_a_fever_medicine_a_low_reading_ends_nothing(small: Small) -> None:
    tell(small, "a P1 10:00 38.4", "b P1 10:20 38.4")
    tell(small, "m P1 10:30", observation="antipyretic")
    tell(small, "c P1 12:00 36.5")
    assert states(small) == [("P1", "a", "confirmed")]
    tell(small, "d P1 16:31 36.5")
    assert states(small) == [("P1", "a", "over")]


def test_a_device_that_is_off_judges_nothing_and_a_known_error_is_taken_off(small: Small) -> None:
    from lazaretto.apps.registry.models import Asset

    for code in ("T-1", "T-2"):
        Asset.objects.create(facility=small.facility, code=code, kind="thermometer")
    tell(small, "k1 T-1 06:00 0.2", "k2 T-2 06:00 0.6", observation="thermometer_check")
    tell(small, "a P1 10:00 37.4", device="T-1")
    assert states(small) == []  # 37.2 by a true thermometer
    tell(small, "b P1 11:00 37.5", device="T-1")
    tell(small, "c P1 11:10 36.0", device="T-2")
    assert states(small) == [("P1", "b", "open")]
    tell(small, "d P1 11:20 37.6", device="T-1")
    assert states(small) == [("P1", "b", "open")]
    tell(small, "e P1 11:25 37.7", device="T-1")
    assert states(small) == [("P1", "b", "confirmed")]


def test_a_correction_takes_a_fever_back(small: Small) -> None:
    tell(small, "a P1 10:00 38.0", "b P1 10:20 38.5")
    assert open_cascades(small.facility, small.at)
    tell(small, "x>a P1 10:00 36.8", "y>b P1 10:20 36.7")
    assert states(small) == []
    assert FeverEpisode.objects.get().reason == fevers.CORRECTED
    assert not open_cascades(small.facility, small.at)
    tell(small, "c P1 12:00 38.0")
    assert states(small) == [("P1", "c", "open")]


def test_a_reading_that_ended_a_fever_may_be_moved(small: Small) -> None:
    """The low one was of the afternoon, says a correction: so the fever was not over in the morning."""
    tell(small, "a P1 10:00 38.0", "b P1 10:20 38.2", "c P1 11:00 36.5")
    assert states(small) == [("P1", "a", "over")]
    tell(small, "x>c P1 16:00 36.5")
    assert states(small) == [("P1", "a", "over")]
    assert FeverEpisode.objects.get().ended_at == small.moment("16:00")
    tell(small, "y>x P1 16:00 37.9")
    assert states(small) == [("P1", "a", "confirmed")]


def test_a_correction_may_come_before_what_it_corrects(small: Small) -> None:
    tell(small, "x>a P1 10:00 36.5")
    tell(small, "a P1 10:00 38.0")
    assert states(small) == []


@pytest.mark.parametrize("order", list(permutations(range(4)))[::3])
def test_order_and_batches_do_not_matter(make_facility: Callable[..., Small], order: tuple[int, ...]) -> None:
    """Late readings end in the same state as readings in time."""
    said = ["a P1 10:00 38.0", "b P1 10:20 37.6", "c P1 12:00 36.6", "d P1 15:00 37.9"]
    small = make_facility()
    for n in order:
        tell(small, said[n])
    assert states(small) == [("P1", "a", "over"), ("P1", "d", "open")]
    assert list(verify_deep(small.facility.log)) == []


def test_a_person_closes_it_with_a_reason(small: Small) -> None:
    tell(small, "a P1 10:00 38.0", at=small.moment("10:01"))
    episode = FeverEpisode.objects.get()
    with pytest.raises(Refusal, match="no_reason"):
        fevers.close(episode, reason=" ", by="dr", at=small.moment("10:10"))
    closed = fevers.close(episode, reason="taken to hospital", by="dr", at=small.moment("10:10"))
    assert closed.state == "closed"
    assert fevers.close(episode, reason="again", by="dr", at=small.moment("10:11")).reason == "taken to hospital"
    tell(small, "b P1 12:00 38.0")  # the next high one is a first one again
    assert states(small) == [("P1", "a", "closed"), ("P1", "b", "open")]
    assert list(verify_deep(small.facility.log)) == []


def test_a_closed_fever_no_longer_contradicts_the_report(small: Small) -> None:
    tell(small, "a P1 10:00 38.0", at=small.moment("10:01"))

    def contradicts(as_of: int) -> bool:
        return any(c["kind"] == "fever_open" for c in small.draft(as_of=as_of)["contradictions"])

    assert contradicts(small.moment("10:05"))
    fevers.close(FeverEpisode.objects.get(), reason="taken to hospital", by="dr", at=small.moment("10:10"))
    assert contradicts(small.moment("10:09"))
    assert not contradicts(small.moment("10:11"))


def test_posting_again_changes_nothing(small: Small) -> None:
    for _ in range(2):
        tell(small, "a P1 10:00 38.0", "b P1 10:20 38.2")
    assert kinds(small) == ["fever_suspected", "fever_confirmed"]


def test_staff_may_have_one_too_and_others_have_none(small: Small) -> None:
    tell(small, "a S1 10:00 38.0", "b P3 10:00 37.2")
    assert states(small) == [("S1", "a", "open")]


def test_far_above_ones_own_usual_is_high_whatever_the_threshold(small: Small, monkeypatch: Any) -> None:
    """Somebody who mostly has 35.9 and now 36.8 is asked again, where the protocol looks at a person's own usual."""
    from lazaretto.protocol.second_reading import OwnUsual

    old = [f"o{n} P1 {n:02d}:00 35.9" for n in range(12)]
    tell(small, *old)
    rounds = in_force(small.facility, small.at).resolved.measures
    for round_ in rounds:
        if round_.second_reading is not None:
            how = round_.second_reading.model_copy(update={"own_usual": OwnUsual(above="0.8", readings=10)})
            monkeypatch.setitem(round_.__dict__, "second_reading", how)
    tomorrow = small.at + 8 * HOUR
    border = Border(small.facility, in_force(small.facility, tomorrow).resolved.document, tomorrow)
    row = {"observation": "temperature", "subject": "P1"}
    rows = [("p", "2026-03-18 06:00", "36.6"), ("q", "2026-03-18 07:00", "36.7"), ("r", "2026-03-18 07:20", "36.8")]
    for id_, when, value in rows:
        claim = row | {"id": id_, "observed_at": when, "value": value}
        record_facts(small.facility, [border.admit(claim)], by="t", at=tomorrow)
    episode = FeverEpisode.objects.get()
    assert (episode.first, episode.because, episode.state) == ("q", "own", "confirmed")


def test_an_action_of_the_response_is_done_in_its_order(small: Small) -> None:
    tell(small, "a P1 10:00 38.0", "b P1 10:20 38.2")
    at = small.moment("11:00")
    owing = response(small, at)
    with pytest.raises(Refusal, match="not_open"):
        work.do(owing.cascade, "clinician", done_at=at, by="dr", at=at)
    with pytest.raises(Refusal, match="no_action"):
        work.do(owing.cascade, "dance", done_at=at, by="dr", at=at)
    with pytest.raises(Refusal, match="before_event"):
        work.do(owing.cascade, "isolate", done_at=small.moment("10:00"), by="dr", at=at)
    with pytest.raises(Refusal, match="in_future"):
        work.do(owing.cascade, "isolate", done_at=at + MINUTE, by="dr", at=at)
    first = work.do(owing.cascade, "isolate", done_at=small.moment("10:40"), by="dr", at=at)
    assert work.do(owing.cascade, "isolate", done_at=at, by="dr", at=at).pk == first.pk
    with pytest.raises(Refusal, match="not_open"):
        work.do(owing.cascade, "clinician", done_at=small.moment("10:30"), by="dr", at=at)
    work.do(owing.cascade, "clinician", done_at=small.moment("10:59"), by="dr", at=at)
    states_now = {o.action.id: o.state for o in response(small, at).actions}
    assert (states_now["isolate"], states_now["clinician"]) == ("done", "done")
    assert list(verify_deep(small.facility.log)) == []
    for action in ("tests", "contacts", "tell"):
        work.do(owing.cascade, action, done_at=at, by="dr", at=at)
    owing.cascade.refresh_from_db()
    assert (owing.cascade.ended_at, owing.cascade.reason) == (at, work.DONE)
    assert all(o.measure.id != "fever.response" for o in open_cascades(small.facility, at))
    assert list(verify_deep(small.facility.log)) == []


def test_a_response_is_for_those_whom_it_names(small: Small) -> None:
    """Withdrawal is assessed in residents with a fever; a member of staff with one gets only what is for everybody."""
    tell(small, "a P1 10:00 38.0", "b P1 10:20 38.2", "c S1 10:00 38.0", "d S1 10:20 38.2")
    started = {(o.cascade.subject, o.measure.id) for o in open_cascades(small.facility, small.at)}
    assert {m for who, m in started if who == "person:P1"} >= {"fever.response", "withdrawal.score"}
    assert {m for who, m in started if who == "person:S1"} == {"fever.response"}
