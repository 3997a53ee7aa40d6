"""Crossings: written with the last step of the chain; who is inside is true from the same transaction on."""

from django.db.models import Q

from lazaretto.apps.passage.clearance import clearance
from lazaretto.apps.passage.models import Crossing, Party, Visit
from lazaretto.apps.passage.outside import vehicle_came_in
from lazaretto.apps.passage.recording import remember
from lazaretto.apps.passage.rings import Rings
from lazaretto.apps.registry.models import Facility, Person, Place
from lazaretto.apps.registry.passing import passed_in, passed_out
from lazaretto.apps.work.models import Run
from lazaretto.apps.work.running import chains
from lazaretto.apps.work.runs import withdraw
from lazaretto.protocol.chain import Step
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text


def party_of(facility: Facility, subject: str) -> Party | None:
    """Return the party that runs are about, None if they are about something else."""
    visit, _, position = subject.removeprefix("visit:").partition("/party:")
    if not (subject.startswith("visit:") and visit.isdigit() and position.isdigit()):
        return None
    rows = Party.objects.select_related("visit__gate", "facility__log", "person__facility__log", "zone")
    return rows.filter(facility=facility, visit__number=int(visit), position=int(position)).first()


def write_crossing(
    party: Party, gate: Place | None, direction: str, *, ref: str, run: Run | None, at: int, recorded_at: int, by: str
) -> Crossing:
    """Write a crossing, and who is inside with it; called under the facility's lock, by who checked that it may be."""
    made = Crossing.objects.create(
        facility=party.facility, party=party, ref=ref[:80], gate=gate, direction=direction, run=run, at=at,
        recorded_at=recorded_at, by=by[:60],
    )  # fmt: skip
    was_inside = party.inside_since is not None
    outermost = gate is None or direction == "in" or gate.pk == party.visit.gate_id
    if direction == "in":
        party.inside_since = party.inside_since if was_inside else at
        party.zone = gate.parent if gate else None
    elif outermost:
        party.inside_since = party.zone = None
    else:
        assert gate is not None
        around = Rings(party.facility, recorded_at)
        outer = gate.parent.parent_id if gate.parent else None
        party.zone = around.places.get(outer) if outer is not None else None
    party.save(update_fields=["inside_since", "zone"])
    subjects = [party.person.ref] if party.person else []
    closed = _close(party, recorded_at) if party.inside_since is None else []
    remember(
        party.facility, "crossed", [made, party, *closed], by=by, at=recorded_at, occurred_at=at, subjects=subjects
    )
    _presence(party.person, party, made, was_inside)
    vehicle_came_in(made, by=by, at=recorded_at)
    return made


def _presence(person: Person | None, party: Party, made: Crossing, was_inside: bool) -> None:
    if person is None:
        return
    place = party.zone or made.gate or party.visit.gate
    if party.inside_since is not None and not was_inside and place is not None:
        passed_in(person, place, at=made.at, recorded_at=made.recorded_at, by=made.by)
    elif party.inside_since is None:
        passed_out(person, at=made.at, recorded_at=made.recorded_at, by=made.by)


def _close(party: Party, at: int) -> list[Visit]:
    """A visit is over when nobody of it is inside any more and nothing of it is under way."""
    visit = party.visit
    others = list(visit.parties.exclude(pk=party.pk))
    subjects = [f"visit:{visit.number}/party:{p.position}" for p in (party, *others)]
    under_way = Run.objects.filter(facility=party.facility, subject__in=subjects, ended_at=None).exists()
    if visit.closed_at is not None or under_way or any(p.inside_since is not None for p in others):
        return []
    visit.closed_at = at
    visit.save(update_fields=["closed_at"])
    return [visit]


def run_passed(run: Run, *, by: str, at: int) -> None:
    """The last step of the last chain that a party owes in a direction is its crossing."""
    party = party_of(run.facility, run.subject)
    if party is None or not run.direction:
        return
    own = Run.objects.filter(facility=run.facility, subject=run.subject, direction=run.direction)
    if own.filter(ended_at=None).exists():
        return
    assert run.ended_at is not None
    write_crossing(
        party, party.visit.gate, run.direction, ref=f"run:{run.pk}", run=run, at=run.ended_at, recorded_at=at, by=by
    )


def run_stopped(run: Run, *, by: str, at: int) -> None:
    """What one chain stopped, or was not gone on with, does not come in by another: the rest of the way is withdrawn."""
    party = party_of(run.facility, run.subject)
    if party is None:
        return
    for other in Run.objects.filter(facility=run.facility, subject=run.subject, direction=run.direction, ended_at=None):
        withdraw(other, reason=run.measure, by=by, at=at)


def before_step(run: Run, step: Step, *, last: bool, at: int, now: int) -> None:
    """
    What the gate asks before a step: an exception is granted before the ordinary way begins, and with the step that would
    be a crossing, the party may really go in or out.

    :raises Refusal: exception_first, inside_already, not_cleared, not_inside.
    """
    if not run.subject.startswith("visit:") or not run.direction:
        return
    others = list(
        Run.objects.filter(facility=run.facility, subject=run.subject, direction=run.direction, ended_at=None)
        .exclude(pk=run.pk).prefetch_related("steps")
    )  # fmt: skip
    known = chains(run.facility, now, {(o.protocol, o.measure) for o in others})
    for other in others:
        chain = known[other.protocol, other.measure]
        if run.measure in chain.requires:
            names = {s.step for s in other.steps.all()}
            left = [s for s in chain.of(other.direction)[:-1] if s.id not in names and s.does != "wait"]
            if left:
                raise Refusal(
                    "exception_first", Text(f"须先完成“{left[0].title.zh}”", f"“{left[0].title.en}” comes first")
                )
    if last and not others:
        _check_crossing(run, now)


def _check_crossing(run: Run, now: int) -> None:
    party = party_of(run.facility, run.subject)
    if party is None:
        return
    if run.direction == "in":
        check_may_go_in(party, now)
    elif party.inside_since is None:
        raise Refusal("not_inside", Text("不在里面", "is not inside"))


def check_may_go_in(party: Party, at: int) -> None:
    """:raises Refusal: inside_already, not_cleared (a member of staff of whom an app that knows says no)."""
    if party.inside_since is not None:
        raise Refusal("inside_already", Text("已在里面", "is inside already"))
    if party.person is None:
        return
    files = Q(person=party.person) | Q(person__merged_into=party.person)
    if Party.objects.filter(files, inside_since__isnull=False).exists():
        raise Refusal(
            "inside_already", Text("此人已在里面；先登记上次离开", "is inside already; record the way out first")
        )
    if party.person.base == "staff_member":
        answer = clearance(party.person, at)
        if answer.cleared is False:
            raise Refusal("not_cleared", answer.words, answer.possible_at)
