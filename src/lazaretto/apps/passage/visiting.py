"""
Visits at the gate: opened with everything that comes together, passed step by step, crossed in and out.

A party is inside from the crossing that the last step of its last chain writes, in the same transaction, until the one out.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction
from django.db.models import Max

from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.passage.models import Crossing, Party, Visit
from lazaretto.apps.passage.passing import check_may_go_in, write_crossing
from lazaretto.apps.passage.recording import remember
from lazaretto.apps.passage.rings import Rings
from lazaretto.apps.passage.ways import STREAMS, Coming, Ways, told, ways
from lazaretto.apps.registry.models import Facility, Person, Place
from lazaretto.apps.work import runs
from lazaretto.apps.work.models import Run
from lazaretto.apps.work.recording import lock
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.resolve import Resolved
from lazaretto.protocol.text import Text

#: A visit has no more parties than this.
MOST = 60
#: No window is longer: what lasts longer is asked for again.
LONGEST_MS = 30 * 86_400_000


class Wanted(NamedTuple):
    """One that wants to come in: a person, a vehicle, goods; by a file on record, or by name."""

    stream: str
    of_class: str
    name: str
    person: Person | None = None
    identity_kind: str = ""
    identity_number: str = ""
    origin: str = ""
    note: str = ""


class Request(NamedTuple):
    """What a visit is about: why, for whom, from whom, at which gate, and in which window."""

    purpose: str = ""
    host: str = ""
    sender: str = ""
    gate: Place | None = None
    starts: int | None = None
    ends: int | None = None


NOTHING_SAID = Request()


def open_visit(
    facility: Facility, *, parties: Sequence[Wanted], ref: str, by: str, at: int, request: Request = NOTHING_SAID,
    opened_at: int | None = None, source: str = "",
) -> Visit:  # fmt: skip
    """
    Open a visit, with the chains that each of its parties owes. The same `ref` again changes nothing. What a restriction
    denies without exception is refused with what is offered instead, and the refusal stays on file.

    :raises Refusal: nobody, no_name, no_class, no_protocol, denied, bad_window, merged, inside_already, and those of `open_run`.
    """
    moment = at if opened_at is None else opened_at
    asking = runs.Asking(facility, "", ref, by, at, moment)
    try:
        with transaction.atomic():
            lock(facility)
            same = Visit.objects.filter(facility=facility, ref=ref[:80]).first()
            if same is not None:
                return same
            _check_request(parties, request)
            resolved, rings = _resolved(facility, at), Rings(facility, at)
            gate = request.gate or rings.outermost()
            visit = _visit(facility, request, gate, ref, by, at, moment)
            for position, wanted in enumerate(parties, start=1):
                asking = asking._replace(stream=wanted.stream, of_class=wanted.of_class, direction="in")
                found = _ways(resolved, facility, rings, gate, wanted.stream, wanted.of_class, "in", moment)
                _check_denied(resolved, found)
                party = _party(visit, position, wanted)
                _open_runs(party, found, "in", request, by=by, at=at, opened_at=moment, source=source)
            remember(
                facility,
                "visit_opened",
                [visit, *visit.parties.select_related("visit", "person", "zone")],
                by=by,
                at=at,
                occurred_at=moment,
            )
            return visit
    except Refusal as refusal:
        runs.keep_refusal(asking, refusal, told=refusal.words.zh)
        raise


def _check_request(parties: Sequence[Wanted], request: Request) -> None:
    if not 0 < len(parties) <= MOST:
        raise Refusal("nobody", Text(f"写明来的人、车或物，最多 {MOST} 项", f"say who or what comes, {MOST} at most"))
    if request.starts is not None and request.ends is not None and not 0 < request.ends - request.starts <= LONGEST_MS:
        raise Refusal(
            "bad_window", Text("结束须晚于开始，时段不超过 30 天", "the window ends after it starts, 30 days at most")
        )
    for wanted in parties:
        if wanted.stream not in STREAMS:
            raise Refusal("no_class", Text("请选人、车或物", "choose a person, a vehicle or goods"))
        if not wanted.name.strip():
            raise Refusal(
                "no_name", Text("每一项都要写名称：姓名、车牌或物品", "each needs a name, a plate or a description")
            )
        if wanted.person is not None and wanted.person.merged_into_id is not None:
            raise Refusal("merged", Text("此档案已并入另一份", "this file was merged into another"))


def _resolved(facility: Facility, at: int) -> Resolved:
    try:
        return in_force(facility, at).resolved
    except NoProtocol:
        raise Refusal("no_protocol", Text("没有规程", "no protocol was adopted")) from None


def _visit(facility: Facility, request: Request, gate: Place | None, ref: str, by: str, at: int, moment: int) -> Visit:
    number = (Visit.objects.filter(facility=facility).aggregate(last=Max("number"))["last"] or 0) + 1
    return Visit.objects.create(
        facility=facility, number=number, ref=ref[:80], gate=gate, purpose=request.purpose.strip()[:200],
        host=request.host.strip()[:120], sender=request.sender.strip()[:200], starts=request.starts, ends=request.ends,
        opened_at=moment, recorded_at=at, by=by[:60],
    )  # fmt: skip


def _party(visit: Visit, position: int, wanted: Wanted) -> Party:
    return Party.objects.create(
        facility=visit.facility, visit=visit, position=position, stream=wanted.stream, of_class=wanted.of_class[:64],
        name=wanted.name.strip()[:120], person=wanted.person, identity_kind=wanted.identity_kind[:12],
        identity_number=wanted.identity_number.strip()[:40], origin=wanted.origin.strip()[:120],
        note=wanted.note.strip()[:200],
    )  # fmt: skip


def _ways(
    resolved: Resolved, facility: Facility, rings: Rings, gate: Place | None, stream: str, of_class: str, direction: str,
    moment: int,
) -> Ways:  # fmt: skip
    names = rings.names_of(gate.parent_id if gate else None) | ({gate.code, gate.kind} if gate else set())
    on = local_day(facility.zone, moment)
    return ways(resolved, Coming(stream, of_class, direction, frozenset(names), on))


def _check_denied(resolved: Resolved, found: Ways) -> None:
    if (denied := found.refused) is not None:
        raise Refusal("denied", told(resolved, denied))


def _open_runs(
    party: Party, found: Ways, direction: str, request: Request, *, by: str, at: int, opened_at: int, source: str
) -> list[Run]:
    often = Run.objects.filter(facility=party.facility, subject=party.subject, direction=direction).count()
    return [
        runs.open_run(
            party.facility,
            measure=chain.id,
            subject=party.subject,
            title=party.name,
            direction=direction,
            of_class=of_class,
            ref=f"{party.visit.ref[:40]}/{party.position}/{direction}{often}/{chain.id}"[:80],
            by=by,
            at=at,
            opened_at=opened_at,
            window=(request.starts, request.ends),
            source=source,
        )
        for chain, of_class in found.chains
    ]


# -- passing ---------------------------------------------------------------------------------------------------------


def leave(party: Party, *, ref: str, by: str, at: int, done_at: int | None = None, source: str = "") -> list[Run]:
    """
    Let a party go out: the chains that the protocol has for that way are opened; where it has none, the crossing is
    registered at once. Nobody is held because of a missing rule. :raises Refusal: not_inside.
    """
    facility = party.facility
    with transaction.atomic():
        lock(facility)
        now = _party_now(party)
        known = list(Run.objects.filter(facility=facility, subject=now.subject, direction="out", ended_at=None))
        if known or Crossing.objects.filter(facility=facility, ref=ref[:80]).exists():
            return known
        if now.inside_since is None:
            raise Refusal("not_inside", Text("不在里面", "is not inside"))
        resolved, rings = _resolved(facility, at), Rings(facility, at)
        found = _ways(resolved, facility, rings, now.visit.gate, now.stream, now.of_class, "out", at)
        if found.chains:
            moment = at if done_at is None else done_at
            return _open_runs(now, found, "out", NOTHING_SAID, by=by, at=at, opened_at=moment, source=source)
        write_crossing(
            now, now.visit.gate, "out", ref=ref, run=None, at=at if done_at is None else done_at, recorded_at=at, by=by
        )
        return []


def register(party: Party, *, ref: str, by: str, at: int, done_at: int | None = None, source: str = "") -> Crossing:
    """
    Let a party in for which the protocol has no chain: what is never denied, or what no rule speaks of. The same `ref`
    again changes nothing. :raises Refusal: chain_owed, inside_already, not_cleared, back_dated, future.
    """
    facility, moment = party.facility, at if done_at is None else done_at
    asking = runs.Asking(
        facility, "", ref, by, at, moment, stream=party.stream, direction="in", of_class=party.of_class
    )
    try:
        with transaction.atomic():
            lock(facility)
            same = Crossing.objects.filter(facility=facility, ref=ref[:80]).first()
            if same is not None:
                return same
            now = _party_now(party)
            if Run.objects.filter(facility=facility, subject=now.subject, direction="in").exists():
                raise Refusal("chain_owed", Text("按流程逐步登记", "its steps are recorded one by one"))
            runs.check_entry(moment, at, source)
            check_may_go_in(now, at)
            return write_crossing(now, now.visit.gate, "in", ref=ref, run=None, at=moment, recorded_at=at, by=by)
    except Refusal as refusal:
        runs.keep_refusal(asking, refusal)
        raise


def cross(party: Party, gate: Place, *, direction: str, ref: str, by: str, at: int) -> Crossing:
    """
    Let a party that is inside through an inner gate. All outer rings come first, and what closes the zone behind it holds.

    :raises Refusal: not_inside, outer_first, denied, not_there.
    """
    facility = party.facility
    asking = runs.Asking(
        facility, "", ref, by, at, at, stream=party.stream, direction=direction, of_class=party.of_class
    )
    try:
        with transaction.atomic():
            lock(facility)
            same = Crossing.objects.filter(facility=facility, ref=ref[:80]).first()
            if same is not None:
                return same
            now = _party_now(party)
            if now.inside_since is None:
                raise Refusal("not_inside", Text("不在里面", "is not inside"))
            rings = Rings(facility, at)
            _check_ring(now, gate, direction, rings)
            if direction == "in":
                resolved = _resolved(facility, at)
                found = _ways(resolved, facility, rings, gate, now.stream, now.of_class, "in", at)
                passed = set(
                    Run.objects.filter(facility=facility, subject=now.subject, outcome=Run.PASSED).values_list(
                        "measure", flat=True
                    )
                )
                left = next((d for d in found.denials if d.exception not in passed), None)
                if left is not None and not found.exempt:
                    raise Refusal("denied", told(resolved, left))
            return write_crossing(now, gate, direction, ref=ref, run=None, at=at, recorded_at=at, by=by)
    except Refusal as refusal:
        runs.keep_refusal(asking, refusal, told=refusal.words.zh)
        raise


def _check_ring(party: Party, gate: Place, direction: str, rings: Rings) -> None:
    if direction == "out" and gate.parent_id not in rings.inside(party.zone_id):
        raise Refusal("not_there", Text("不在这道门里面", "is not inside that gate"))
    missing = rings.missing(gate, party.zone_id) if direction == "in" else None
    if missing is not None:
        zh, en = missing.gate.name_zh or missing.gate.code, missing.gate.name_en or missing.gate.code
        raise Refusal("outer_first", Text(f"须先通过外侧的“{zh}”", f"“{en}” comes first"))


def _party_now(party: Party) -> Party:
    rows = Party.objects.select_for_update(of=("self",)).select_related(
        "visit__gate", "facility__log", "person__facility__log", "zone"
    )
    return rows.get(pk=party.pk)
