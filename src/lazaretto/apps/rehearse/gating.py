"""
The gate in the demo: one day at each gate. Somebody of the staff passes in by the report's own steps, what is denied is
refused with what is offered instead, a vehicle is at the gate, and a request waits for its approval.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lazaretto.apps.accounts.models import Role
from lazaretto.apps.command.queries import in_force
from lazaretto.apps.passage.inside import visits
from lazaretto.apps.passage.models import Party
from lazaretto.apps.passage.visiting import Request, Wanted, leave, open_visit, register
from lazaretto.apps.passage.ways import chains_in, classes
from lazaretto.apps.registry import actions as registry
from lazaretto.apps.registry.models import Assignment, Facility, Person, Place
from lazaretto.apps.rehearse.founding import BY
from lazaretto.apps.work.running import states
from lazaretto.apps.work.runs import do_step
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.resolve import Resolved

if TYPE_CHECKING:
    from lazaretto.apps.rehearse.acts import Life

REF = "demo-gate"
#: From when to when the day lasts, in minutes; every step of it takes so long.
COMES, LEAVES, EVERY, MOST = 7 * 60 + 40, 16 * 60 + 10, 2, 9
#: Who else signs where a step needs somebody else.
_OTHERS = {"approve": "demo-approver", "second": "demo-second"}


def day(life: "Life") -> Iterator[tuple[int, str]]:
    """Yield what happens at the gate of a facility, with its moments."""
    begin = life.script.at(5, COMES)
    yield begin, "come"
    for n in range(1, MOST + 1):
        yield begin + n * EVERY * 60_000, "step"
    yield begin + (MOST + 1) * EVERY * 60_000, "others"
    yield life.script.at(5, LEAVES), "go"


def happen(facility: Facility, what: str, at: int) -> None:
    """Let the next thing happen; what a rule refuses, it refuses here as it would at any gate."""
    try:
        _HAPPENS[what](facility, at)
    except Refusal:
        return


def _come(facility: Facility, at: int) -> None:
    officer = Person.objects.filter(facility=facility, base="staff_member", merged_into=None).order_by("code").last()
    if officer is None:
        return
    resolved = in_force(facility, at).resolved
    _man(facility, officer, approvers(resolved), at)
    known = {c.id for c in classes(resolved, "person")}
    of_class = "staff" if "staff" in known else ""
    wanted = Wanted("person", of_class, officer.name or officer.code, person=officer)
    open_visit(facility, parties=[wanted], ref=f"{REF}:staff", by=BY, at=at, request=Request(purpose="上岗"))


def approvers(resolved: Resolved) -> list[str]:
    """Return the posts that approve at the gate of a regime, beside the roles of accounts."""
    asked = {s.by for c in chains_in(resolved) if c.directions for s in c.steps if s.does == "approve" and s.by}
    return sorted(asked - set(Role.values))


def _man(facility: Facility, officer: Person, posts: list[str], at: int) -> None:
    """The gate is manned, and the lead holds the posts that approve."""
    gate = Place.objects.filter(facility=facility, kind="gate").first()
    lead = Person.objects.filter(facility=facility, base="staff_member").order_by("code").first()
    wanted = [(officer, "gate_officer", gate), *((lead, post, None) for post in posts if lead is not None)]
    for person, key, place in wanted:
        held = Assignment.objects.filter(facility=facility, kind="post", key=key)
        if person is not None and not held.exists():
            registry.assign(person=person, kind="post", key=key, starts=at, ends=None, place=place, by=BY, at=at)


def _step(facility: Facility, at: int) -> None:
    party = _party(facility)
    if party is None:
        return
    found = states(facility, at, subjects=[party.subject])
    if not found:
        if party.inside_since is None and not party.crossings.exists():
            register(party, ref=f"{REF}:in", by=BY, at=at)
        return
    state = found[0]
    step = next((s for s, moment in state.next if moment <= at), None)
    if step is None:
        return
    by = f"{_OTHERS['approve']}-{step.id}" if step.does == "approve" else BY
    result = "granted" if step.does == "approve" else next(iter(step.accept), "")
    do_step(
        state.run, step.id, ref=f"{REF}:{step.id}", by=by, roles={step.by or "gate_officer"}, at=at, result=result,
        second=_OTHERS["second"] if step.pair else "", values={item.id: True for item in step.items},
    )  # fmt: skip


def _others(facility: Facility, at: int) -> None:
    """A lorry comes to the gate; and a parcel, which some of the five do not let in."""
    lorry = Wanted("vehicle", "outside_vehicle", "鲁Q 8K260", origin="临州")
    asked = Request(purpose="送粮油", host="后勤", sender="云岫粮油")
    try:
        open_visit(facility, parties=[lorry], ref=f"{REF}:lorry", by=BY, at=at, request=asked)
    finally:
        open_visit(
            facility, parties=[Wanted("goods", "courier_parcel", "快递 1 件")], ref=f"{REF}:parcel", by=BY, at=at
        )


def _go(facility: Facility, at: int) -> None:
    party = _party(facility)
    if party is not None:
        leave(party, ref=f"{REF}:out", by=BY, at=at)


def _party(facility: Facility) -> Party | None:
    visit = visits(facility).filter(ref=f"{REF}:staff").first()
    return None if visit is None else visit.parties.select_related("visit__gate", "facility__log", "person").first()


_HAPPENS = {"come": _come, "step": _step, "others": _others, "go": _go}
