"""Visits through the gate: denied by default, excepted by a chain, inside exactly between two crossings."""

from typing import Any

import pytest

from lazaretto.protocol.refusal import Refusal
from tests.integration.passage import MINUTE, Gate

PRISON, REHAB, DETENTION = "facility-s0-prison", "facility-s1-drug-rehab", "facility-s2-detention"


def _refused(act: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


def test_an_outside_vehicle_stays_outside_and_an_exception_needs_leave(make_facility: Any) -> None:
    """S0-23: zero outside vehicles, except by the chain of exceptions; an ambulance is never denied."""
    from lazaretto.apps.passage.inside import inside_by_crossings, inside_now
    from lazaretto.apps.passage.models import Party
    from lazaretto.apps.passage.visiting import leave, register

    gate = Gate(make_facility, PRISON)
    visit = gate.visit(("person", "staff", "Wei"), ("vehicle", "outside_vehicle", "鲁A 10001"))
    truck = gate.party(visit, 2)
    assert [s.run.measure for s in gate.runs(truck)] == ["gate.exception"]
    assert gate.walk(gate.party(visit)) == ["register", "protect", "do_not_meet", "disinfect", "separate", "pass"]
    assert gate.walk(truck, until="enter") == ["request", "approve"]
    assert [(line.stream, line.of_class, line.zone, line.n) for line in inside_now(gate.facility)] == [
        ("person", "staff", "SITE", 1)
    ]
    gate.walk(truck)
    gate.tick(60)
    assert leave(gate.party(visit, 2), ref="out", by="o", at=gate.tick()) == []
    assert leave(gate.party(visit, 2), ref="out", by="o", at=gate.tick()) == []
    assert [s.run.measure for s in map(gate_state, leave(gate.party(visit), ref="w", by="o", at=gate.tick()))] == [
        "gate.entry"
    ]
    rescue = gate.visit(("vehicle", "ambulance", "120"), ref="v2")
    assert gate.runs(gate.party(rescue)) == []
    register(gate.party(rescue), ref="in2", by="o", at=gate.tick())
    found = {p.pk for p in Party.objects.filter(inside_since__isnull=False)}
    assert found == set(inside_by_crossings(gate.facility)) == {gate.party(visit).pk, gate.party(rescue).pk}


def gate_state(run: Any) -> Any:
    from lazaretto.apps.work.running import state

    return state(run, run.recorded_at)


def test_parcels_are_refused_with_what_is_offered_instead(make_facility: Any) -> None:
    """S2-31: courier parcels and takeaway are refused; the refusal is kept, and the sender is told of the substitute."""
    from lazaretto.apps.passage.models import Visit
    from lazaretto.apps.work.models import Refused

    gate = Gate(make_facility, DETENTION)
    for of_class in ("courier_parcel", "takeaway"):
        refusal = _refused(lambda c=of_class: gate.visit(("goods", c, "box"), ref=c))
        assert refusal.code == "denied"
        assert "offered instead" in refusal.words.en
    kept = Refused.objects.filter(facility=gate.facility, code="denied")
    assert sorted(kept.values_list("of_class", flat=True)) == ["courier_parcel", "takeaway"]
    assert all("可改用" in row.told for row in kept)
    assert not Visit.objects.filter(facility=gate.facility).exists()


def test_two_levels_approve_before_the_gate_lets_in(make_facility: Any) -> None:
    """S2-19, S2-69: the deputy chief and the superior body approve, within the window; the gate refuses without both."""
    from lazaretto.apps.passage.inside import approvals, not_signed_out
    from lazaretto.apps.passage.visiting import Request

    gate = Gate(make_facility, DETENTION)
    window = Request(purpose="repair", host="logistics", starts=gate.at + 30 * MINUTE, ends=gate.at + 120 * MINUTE)
    visit = gate.visit(("person", "outsider", "Zhao"), request=window)
    party = gate.party(visit)
    (state,) = gate.runs(party)
    steps = {s.id: s for s in state.steps}
    assert len(approvals(gate.facility, {"county_deputy_chief"}, gate.at)) == 1
    gate.do(state, steps["deputy_chief_approval"])
    assert _refused(lambda: gate.do(state, steps["pass"])).code == "skipped"
    gate.do(state, steps["detachment_approval"])
    assert _refused(lambda: gate.do(state, steps["identity"])).code == "outside_window"
    gate.tick(40)
    assert gate.walk(party)[-1] == "pass"
    assert gate.party(visit).inside_since is not None
    assert not_signed_out(gate.facility, gate.at) == []
    assert [p.pk for p in not_signed_out(gate.facility, gate.at + 120 * MINUTE)] == [party.pk]
    late = gate.visit(("person", "outsider", "Qian"), ref="v2", request=window)
    (state,) = gate.runs(gate.party(late))
    gate.tick(120)
    assert _refused(lambda: gate.do(state, steps["identity"])).code == "outside_window"


def test_a_fever_stops_the_way_in(make_facility: Any) -> None:
    """S1-31: five steps; a result that is not accepted stops the chain, and nobody is inside."""
    gate = Gate(make_facility, REHAB)
    visit = gate.visit(("person", "outside_person", "Sun"))
    party = gate.party(visit)
    (state,) = gate.runs(party)
    assert [s.id for s in state.steps] == ["approval", "temperature", "disinfection", "security_check", "registration"]
    gate.do(state, state.steps[0])
    gate.do(state, state.steps[1], result="fever")
    assert (gate.runs(party), gate.party(visit).inside_since) == ([], None)


def test_staff_are_inside_once_and_cleared_by_who_knows(make_facility: Any) -> None:
    """S2-40: staff pass the steps of everybody and the clearance; until duty answers it says that nobody was asked."""
    from lazaretto.apps.passage import clearance
    from lazaretto.apps.passage.visiting import Wanted, leave
    from lazaretto.apps.registry.models import Person, Presence
    from lazaretto.protocol.text import Text

    gate = Gate(make_facility, PRISON)
    officer = Person.objects.get(code="S1")
    assert clearance.clearance(officer, gate.at) == clearance.NOBODY_ASKED
    first = gate.visit(Wanted("person", "staff", "Li", person=officer))
    second = gate.visit(Wanted("person", "staff", "Li", person=officer), ref="v2")
    clearance.asks(lambda person, at: clearance.Answer(False, Text("缺核酸", "no test"), at + MINUTE))
    gate.walk(gate.party(first), until="pass")
    (state,) = gate.runs(gate.party(first))
    assert _refused(lambda: gate.do(state, state.steps[-1])).code == "not_cleared"
    clearance._asked.clear()
    gate.do(state, state.steps[-1])
    held = Presence.objects.filter(person=officer, layer="passage")
    assert [(p.place.code, p.ends) for p in held] == [("SITE", None)]
    gate.walk(gate.party(second), until="pass")
    (state,) = gate.runs(gate.party(second))
    assert _refused(lambda: gate.do(state, state.steps[-1])).code == "inside_already"
    leave(gate.party(first), ref="out", by="o", at=gate.tick())
    gate.walk(gate.party(first))
    assert held.get().ends is not None
    gate.do(state, state.steps[-1])
    assert held.filter(ends=None).count() == 1


def test_an_inner_gate_needs_the_outer_one(make_facility: Any) -> None:
    """S3-42: five gates in depth; who is outside passes no inner gate, and goes out through all of them at once."""
    from lazaretto.apps.passage.rings import Rings
    from lazaretto.apps.passage.visiting import cross, leave
    from lazaretto.apps.registry.models import Place

    gate = Gate(make_facility, PRISON)
    door = Place.objects.get(code="DOOR1")
    rings = Rings(gate.facility, gate.at)
    assert {rings.all[n].gate.code for n in rings.all[door.pk].needs} == {"CORDON", "GATE"}
    visit = gate.visit(("person", "staff", "Zhou"))
    party = gate.party(visit)
    given = {"direction": "in", "by": "o"}
    assert _refused(lambda: cross(party, door, **given, ref="c1", at=gate.tick())).code == "not_inside"
    gate.walk(party)
    cross(party, door, **given, ref="c2", at=gate.tick())
    assert gate.party(visit).zone.code == "W1"
    cross(party, door, direction="out", by="o", ref="c3", at=gate.tick())
    assert gate.party(visit).zone.code == "SITE"
    leave(party, ref="out", by="o", at=gate.tick())
    gate.walk(party)
    found = gate.party(visit)
    assert (found.inside_since, found.zone) == (None, None)
    assert found.visit.closed_at is not None


def test_a_restriction_says_since_when_and_until_when(make_facility: Any) -> None:
    """No restriction is open-ended: it names its order and must be looked at again."""
    from lazaretto.apps.passage.restricting import restrictions, review

    gate = Gate(make_facility, DETENTION)
    found = {c.measure.id: c for c in restrictions(gate.facility, gate.at)}
    assert found["goods.banned"].instead.en
    assert found["gate.closure"].exception is not None
    closed = found["gate.closure"]
    assert closed.review_at - closed.since == 14 * 86_400_000
    given: dict[str, Any] = {
        "measure": "gate.closure",
        "decision": "continue",
        "next_on": None,
        "by": "lead",
        "at": gate.at,
    }
    assert _refused(lambda: review(gate.facility, **given, order="", reason="wave")).code == "no_order"
    review(gate.facility, **given, order="No. 12", reason="wave")
    again = next(c for c in restrictions(gate.facility, gate.at) if c.measure.id == "gate.closure")
    assert (again.order, again.review_at - gate.at) == ("No. 12", 14 * 86_400_000)


def test_the_record_verifies_and_a_persons_passages_go_with_his_file(make_facility: Any) -> None:
    """Every row of the gate is in the journal as it stands, also after a file was destroyed and visits ran out."""
    from lazaretto.apps.journal.queries import verify_deep
    from lazaretto.apps.journal.retention import policies
    from lazaretto.apps.passage.models import Party, Visit
    from lazaretto.apps.passage.retention import purge_visits, visits_due
    from lazaretto.apps.passage.visiting import Wanted, leave
    from lazaretto.apps.registry.models import Person
    from lazaretto.apps.registry.retention import forget
    from lazaretto.apps.work.models import Run

    gate = Gate(make_facility, PRISON)
    officer = Person.objects.get(code="S1")
    visit = gate.visit(Wanted("person", "staff", "Li", person=officer), ("person", "staff", "Wu"))
    for position in (1, 2):
        gate.walk(gate.party(visit, position))
        leave(gate.party(visit, position), ref=f"o{position}", by="o", at=gate.tick())
        gate.walk(gate.party(visit, position))
    assert verify_deep(gate.facility.log) == []
    forget(officer, "staff", by="admin", at=gate.tick())
    assert list(Party.objects.values_list("position", flat=True)) == [2]
    assert verify_deep(gate.facility.log) == []
    policy = next(p for p in policies() if p.what == "visits")
    late = gate.at + 40 * 86_400_000
    assert visits_due(gate.facility.log, policy, late) == 1
    assert list(purge_visits(gate.facility.log, policy, by="admin", at=late)) == [1]
    assert (Visit.objects.count(), Run.objects.count()) == (0, 0)
    assert verify_deep(gate.facility.log) == []
