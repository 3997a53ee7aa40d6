"""What this app does when something happens below it, in the same transaction: a fever is confirmed, people move."""

from collections.abc import Sequence

from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.isolation import breaches
from lazaretto.apps.isolation.courses import course_of, episodes_of
from lazaretto.apps.isolation.deciding import finish
from lazaretto.apps.isolation.models import Episode, Placement
from lazaretto.apps.isolation.models.episodes import ISOLATING
from lazaretto.apps.isolation.opening import Ordered, open_episode
from lazaretto.apps.isolation.placing import plan_placement, request, rooms_of
from lazaretto.apps.registry.models import Facility, Movement, Person
from lazaretto.apps.work.models import Cascade
from lazaretto.protocol.measures import Measure
from lazaretto.protocol.pathway import Pathway
from lazaretto.protocol.record import Subject
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.trigger import Action

#: How an episode ends when its person leaves the house for good.
_LEAVES = {
    "release": "lawful_release", "medical_release": "lawful_release", "transfer_out": "transferred", "death": "died",
}  # fmt: skip


def isolate_first(cascade: Cascade, action: Action, measure: Measure, subject: Subject, *, by: str, at: int) -> None:
    """
    An event such as a fever asks for isolation of the person it is about: the episode opens with the event, and the first
    free room of the right type is planned for him. Where none is free it opens all the same, and the queue says so.
    """
    if not isinstance(measure, Pathway) or measure.purpose not in ISOLATING or subject.kind != "person":
        return
    person = Person.objects.select_related("facility__log", "facility__organisation").get(
        facility=cascade.facility_id, code=subject.ref.partition(":")[2]
    )
    ground = cascade.event
    onset = cascade.event_at if measure.counts_from == "onset" else None
    try:
        episode = open_episode(
            person, Ordered(measure.id, ground, onset_at=onset, source=cascade.source), by=by, at=at, proposed=True
        )
    except Refusal:
        return  # in isolation already, or no way for this person: the cascade asks a human
    _first_free(episode, by=by, at=at)


def _first_free(episode: Episode, *, by: str, at: int) -> None:
    course = course_of(episode, at)
    stage = course.pathway.stages[0]
    for room in rooms_of(episode.facility, at).free(request(course, stage, at, None)):
        if room.closed_at(at):
            continue
        try:
            plan_placement(episode, place=room.place, starts=at, by=by, at=at)
        except Refusal:
            continue
        return


def people_moved(facility: Facility, movements: Sequence[Movement], *, by: str, at: int) -> None:
    """
    Release, transfer and death end an episode: nothing holds anybody here. A move out of the room by the ordinary way is a
    breach: a finding with those who are where he went, for a clinician to decide.
    """
    moved = {m.person_id: m for m in movements}
    rows = Episode.objects.filter(facility=facility, person__in=list(moved), ended_at=None)
    for episode in rows.select_related("person", "facility__log", "facility__organisation"):
        movement = moved[episode.person_id]
        outcome = _LEAVES.get(movement.kind)
        if outcome is not None:
            finish(episode, outcome, by=by, at=max(at, movement.occurred_at), remark=_left(episode, at))
        elif movement.kind == "cell_move":
            _check_room(facility, episode, movement, by=by, at=at)


def _left(episode: Episode, at: int) -> str:
    """Say what of the observation is handed over; the day of release did not move."""
    end = course_of(episode, at).end_by_clocks()
    days = 0 if end is None else max(-(-(end - at) // 86_400_000), 0)
    return f"handed over: {days} d" if days else ""


def _check_room(facility: Facility, episode: Episode, movement: Movement, *, by: str, at: int) -> None:
    room = Placement.objects.filter(episode=episode, status=Placement.OPEN).first()
    if room is None or movement.place_id == room.place_id or movement.place is None:
        return
    try:
        breaches.record(
            facility, rule="left_room", said=f"{movement.place.code}", place=movement.place, starts=movement.occurred_at,
            ends=max(movement.occurred_at, at), people=[episode.person], by=by, at=at, source=f"movement:{movement.number}",
        )  # fmt: skip
    except NoProtocol:
        return


def of_person(person: Person) -> list[dict[str, object]]:
    """Return everything on file about a person's isolation and quarantine; who did it is left out."""
    hidden = ("by", "opened_by", "ordered_by", "told_by", "ended_by", "sent_by", "received_by", "decided_by")
    found: list[dict[str, object]] = []
    for episode in episodes_of(person).select_related("person", "cohort").order_by("number"):
        record = episode.record()
        record["placements"] = [
            p.record() for p in episode.placements.select_related("place", "episode").order_by("pk")
        ]
        record["notes"] = [n.record() for n in episode.notes.select_related("episode").order_by("pk")]
        for row in (record, *record["placements"], *record["notes"]):
            row.update({name: None for name in hidden if name in row})
        found.append(record)
    return found
