"""Chains of the protocol at work: opened once, done in order, refused with a trace, ended by the last step."""

from typing import Any

import pytest

from lazaretto.protocol.refusal import Refusal

MINUTE = 60_000
OFFICER, KITCHEN = "officer-1", "kitchen-1"


@pytest.fixture
def prison(make_facility: Any) -> Any:
    return make_facility(protocol="facility-s0-prison")


@pytest.fixture
def detention(make_facility: Any) -> Any:
    return make_facility(protocol="facility-s2-detention")


def _refused(act: Any) -> str:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.code


def test_goods_are_not_released_before_their_rest_is_over(prison: Any) -> None:
    """Three disinfections in order, half an hour of rest; an attempt at 20 minutes is refused and stays on file."""
    from lazaretto.apps.journal.models import Entry
    from lazaretto.apps.work import runs
    from lazaretto.apps.work.models import Refused
    from lazaretto.apps.work.running import state, states

    at = prison.at
    passed: list[str] = []
    runs.when_passed(lambda run, by, at: passed.append(run.ref))
    open_: dict[str, Any] = {"measure": "goods.disinfection", "subject": "lot:1", "direction": "in", "of_class": "food"}
    run = runs.open_run(prison.facility, **open_, ref="r1", by=OFFICER, at=at)
    assert runs.open_run(prison.facility, **open_, ref="r1", by=OFFICER, at=at + 1).pk == run.pk
    roles = {"gate_officer", "logistics"}

    def do(step: str, minute: int, **more: Any) -> Any:
        moment = at + minute * MINUTE
        given = {"ref": f"s-{step}-{minute}", "by": OFFICER, "roles": roles, "at": moment} | more
        return runs.do_step(run, step, **given)

    assert _refused(lambda: do("between_doors", 0)) == "skipped"
    for minute, step in enumerate(("barrier", "cart", "between_doors", "loading_area"), start=1):
        do(step, minute, values={"agent": "chlorine", "mg_per_l": 500})
    assert do("barrier", 9, ref="s-barrier-1").step == "barrier"
    assert _refused(lambda: do("barrier", 9)) == "repeated"
    assert _refused(lambda: do("release", 24)) == "too_early"
    assert _refused(lambda: do("release", 24)) == "too_early"  # the same attempt, sent again
    assert _refused(lambda: do("release", 33, at=at + 40 * MINUTE, done_at=at + 33 * MINUTE)) == "back_dated"
    assert _refused(lambda: do("release", 36, done_at=at + 37 * MINUTE)) == "future"
    assert _refused(lambda: do("release", 50, done_at=at + 40 * MINUTE)) == "back_dated"  # not at once, and not offline
    assert _refused(lambda: do("release", 35, roles={"gate_officer"})) == "wrong_role"
    held = state(run, at + 20 * MINUTE)
    assert (held.released_at, held.is_held(at + 20 * MINUTE)) == (at + 34 * MINUTE, True)
    do("release", 50, done_at=at + 40 * MINUTE, source="offline")
    assert (run.outcome, run.ended_at, passed) == ("passed", at + 40 * MINUTE, ["r1"])
    assert states(prison.facility, at + 51 * MINUTE) == []
    kept = Refused.objects.filter(facility=prison.facility)
    assert [(r.code, r.step) for r in kept].count(("too_early", "release")) == 1
    assert kept.get(code="too_early").possible_at == at + 34 * MINUTE
    assert Entry.objects.filter(log=prison.facility.log, kind="refused").count() == kept.count() == 7
    runs._passed.pop()


def test_two_levels_approve_and_neither_is_who_asks(detention: Any) -> None:
    """Two approvals by two people, neither the requester; a no ends the run."""
    from lazaretto.apps.work import runs

    at, both = detention.at, {"county_deputy_chief", "bureau_approver", "gate_officer"}

    def ask(ref: str) -> Any:
        given: dict[str, Any] = {
            "measure": "gate.entry",
            "subject": "visit:1/party:1",
            "direction": "in",
            "of_class": "outsider",
        }
        return runs.open_run(detention.facility, **given, ref=ref, by="chief", at=at)

    run = ask("a")

    def approve(step: str, by: str, result: str = "granted") -> Any:
        return runs.do_step(run, step, ref=f"{run.ref}{step}{by}", by=by, roles=both, at=at + MINUTE, result=result)

    assert _refused(lambda: approve("deputy_chief_approval", "chief")) == "own_request"
    approve("deputy_chief_approval", "deputy")
    assert _refused(lambda: approve("detachment_approval", "deputy")) == "same_approver"
    assert approve("detachment_approval", "leader", "refused").result == "refused"
    assert (run.outcome, run.reason) == ("stopped", "detachment_approval")
    assert _refused(lambda: approve("identity", "officer")) == "ended"
    with pytest.raises(Refusal, match="not_for_class"):
        runs.open_run(
            detention.facility,
            measure="gate.entry",
            subject="x",
            direction="in",
            of_class="pigeon",
            ref="p",
            by="c",
            at=at,
        )


def test_a_lent_role_counts_while_it_is_lent(small: Any) -> None:
    """A role is lent by who holds it, for a while, and never lent on."""
    from lazaretto.apps.work.delegations import delegate, lent_to, take_back

    at, hour = small.at, 3_600_000
    given: dict[str, Any] = {"role": "deputy_head", "from_user": "a", "to_user": "b", "starts": at, "reason": "leave"}
    lent = delegate(small.facility, **given, roles={"deputy_head"}, ends=at + hour, by="a", at=at)
    assert lent_to(small.facility, "b", at) == {"deputy_head"}
    assert lent_to(small.facility, "b", at + hour) == frozenset()
    assert _refused(lambda: delegate(small.facility, **given, roles=set(), ends=at + hour, by="a", at=at)) == "not_held"
    take_back(lent, by="a", at=at + 1)
    assert lent_to(small.facility, "b", at + 2) == frozenset()


def test_a_finding_is_verified_by_another_and_may_come_back(small: Any) -> None:
    """Found once, fixed, verified by another person with a close number; reopened it keeps its number."""
    from lazaretto.apps.work import findings

    at = small.at
    given: dict[str, Any] = {"rule": "gate.unmatched", "evidence": "a cart on the camera", "owner": "gate_officer"}
    found = findings.find(small.facility, **given, ref="f", by="a", at=at)
    assert findings.find(small.facility, **given, ref="f", by="b", at=at + 1).pk == found.pk
    assert [f.pk for f in findings.overdue(small.facility, at + 86_400_000)] == [found.pk]
    assert _refused(lambda: findings.verify(found, by="c", at=at)) == "not_fixed"
    findings.fix(found, said="entered", by="b", at=at + 2)
    assert _refused(lambda: findings.verify(found, by="b", at=at + 3)) == "own_fix"
    closed = findings.verify(found, by="c", at=at + 3)
    assert (closed.state, closed.close_number) == ("closed", 1)
    back = findings.reopen(found, reason="not in the book", by="c", at=at + 4)
    assert (back.state, back.close_number, back.reopened) == ("open", 1, 1)
