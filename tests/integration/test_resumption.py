"""Work that stopped is resumed by assessment, plan and approval; a case stops it again (theme W)."""

from collections.abc import Callable
from typing import Any

import pytest

from lazaretto.apps.accounts.models import Role
from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.coordination import projects
from lazaretto.apps.rounds.models import FeverEpisode
from lazaretto.apps.work import actions as work
from lazaretto.apps.work import runs
from lazaretto.apps.work.models import Refused, Run
from lazaretto.protocol.record import Subject
from lazaretto.protocol.refusal import Refusal
from tests.conftest import Small
from tests.integration.pages import SignIn, _plain_static, every_role, look_at, sign_in  # noqa: F401

DAY = 86_400_000
CHAIN = "resumption.project"
STEPS = (
    ("assessment", "epidemic_lead", ""), ("plan", "deputy_head", ""), ("bureau_approval", "bureau_approver", "granted"),
    ("start", "deputy_head", ""),
)  # fmt: skip


@pytest.fixture
def centre(make_facility: Callable[..., Small], look_at: Callable[[int], None]) -> Small:
    small = make_facility(protocol="facility-s1-drug-rehab")
    look_at(small.at)
    return small


def _resumed(centre: Small, until: int = len(STEPS)) -> tuple[Any, Run]:
    made = projects.register(centre.facility, name="春耕", outdoor=True, ref="p1", by="lead", at=centre.at)
    run = projects.assess(made, measure=CHAIN, ref="a1", by="asker", at=centre.at)
    for step, role, result in STEPS[:until]:
        runs.do_step(
            run, step, ref=step, by=f"{role}-1", roles={role}, result=result, at=centre.at, values={"reference": "批 7"}
        )
    made.refresh_from_db()
    return made, run


def _refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value.code


def _fever(centre: Small, at: int) -> None:
    FeverEpisode.objects.create(
        facility=centre.facility, subject="person:R001", first=f"f{at}", first_at=at, because="threshold", opens_at=at,
        due_at=at, confirmed="c", confirmed_at=at,
    )  # fmt: skip


def test_the_way_from_stopped_to_running(centre: Small) -> None:
    made, run = _resumed(centre, until=0)
    assert made.state == "assessing"
    again = projects.register(centre.facility, name="x", outdoor=False, ref="p1", by="lead", at=centre.at)
    assert (again.pk, projects.assess(made, measure=CHAIN, ref="a1", by="asker", at=centre.at).pk) == (made.pk, run.pk)
    assert _refused(lambda: projects.assess(made, measure=CHAIN, ref="a2", by="asker", at=centre.at)) == "not_stopped"
    start = {"roles": {"deputy_head"}, "by": "d", "at": centre.at}
    assert _refused(lambda: runs.do_step(run, "start", ref="early", **start)) == "skipped"
    for step, role, result in STEPS[:3]:
        runs.do_step(
            run, step, ref=step, by=f"{role}-1", roles={role}, result=result, at=centre.at, values={"reference": "批 7"}
        )
    assert [s.state for s in projects.standings(centre.facility, centre.at)] == ["approved"]
    runs.do_step(run, "start", ref="start", **start)
    found = projects.standings(centre.facility, centre.at)[0]
    assert (found.state, [c.state for c in found.changes]) == ("running", ["assessing", "running"])
    assert found.changes[-1].reference == "批 7"


def test_who_asked_does_not_approve_and_a_refusal_leaves_it_stopped(centre: Small) -> None:
    made, run = _resumed(centre, until=2)
    own = {"roles": {"bureau_approver"}, "result": "granted", "at": centre.at}
    assert _refused(lambda: runs.do_step(run, "bureau_approval", ref="own", by="asker", **own)) == "own_request"
    runs.do_step(run, "bureau_approval", ref="no", by="b", roles={"bureau_approver"}, result="refused", at=centre.at)
    made.refresh_from_db()
    assert (made.state, Run.objects.get(pk=run.pk).outcome) == ("stopped", "stopped")
    assert projects.assess(made, measure=CHAIN, ref="a2", by="asker", at=centre.at).pk != run.pk


@pytest.mark.parametrize(("days", "code"), [(13, "too_early"), (14, "")])
def test_nothing_starts_within_14_days_of_the_last_case(centre: Small, days: int, code: str) -> None:
    _fever(centre, centre.at - days * DAY)
    made, run = _resumed(centre, until=3)
    start = {"roles": {"deputy_head"}, "by": "d", "at": centre.at}
    if code:
        assert _refused(lambda: runs.do_step(run, "start", ref="s", **start)) == code
        assert Refused.objects.get(run=run).possible_at == centre.at + DAY
    else:
        runs.do_step(run, "start", ref="s", **start)
    made.refresh_from_db()
    assert made.state == ("assessing" if code else "running")


def test_a_case_stops_what_runs_and_a_person_can_at_any_time(centre: Small) -> None:
    made, _ = _resumed(centre)
    assert made.state == "running"
    work.start(
        centre.facility,
        event="fever",
        source="fever:1",
        subject=Subject("person", "R001"),
        event_at=centre.at,
        by="t",
        at=centre.at,
    )
    made.refresh_from_db()
    assert made.state == "stopped"
    assert "停止条件" in projects.standings(centre.facility, centre.at)[0].changes[-1].reason
    projects.assess(made, measure=CHAIN, ref="a3", by="asker", at=centre.at)
    assert _refused(lambda: projects.stop(made, reason=" ", by="lead", at=centre.at)) == "no_reason"
    assert projects.stop(made, reason="降温", by="lead", at=centre.at).state == "stopped"
    assert not Run.objects.filter(ended_at=None).exists()
    assert _refused(lambda: projects.complete(made, reference="", by="lead", at=centre.at)) == "not_running"


WORK, PROCEDURES = "/facilities/YT/work/", "/facilities/YT/procedures/"


@every_role
def test_who_opens_what(centre: Small, sign_in: SignIn, role: str) -> None:
    _, run = _resumed(centre, until=1)
    client = sign_in(role, centre.facility.organisation)
    may = POLICY[role]
    reads = Permission.REPORT_READ in may
    assert client.get(WORK).status_code == (200 if reads or Permission.REPORT_READ_OUTGOING in may else 403)
    register = client.get(PROCEDURES).status_code
    assert register == (200 if reads or Permission.HEALTH_READ in may else 403)
    one = client.get(f"{PROCEDURES}{run.pk}/").status_code
    assert one == (200 if reads else 404 if register == 200 else 403)
    posted = {
        WORK + "add/": Permission.FACT_RECORD,
        WORK + "1/stop/": Permission.SIGNAL_ANSWER,
        PROCEDURES + "begin/": Permission.FACT_RECORD,
    }
    for address, needed in posted.items():
        assert (client.post(address).status_code == 403) == (needed not in may), address


def test_another_house_is_not_there(centre: Small, make_facility: Callable[..., Small], sign_in: SignIn) -> None:
    _, run = _resumed(centre, until=1)
    other = make_facility("ZX")
    client = sign_in(Role.EPIDEMIC_LEAD, other.facility.organisation)
    for address in (WORK, PROCEDURES, f"{PROCEDURES}{run.pk}/"):
        assert client.get(address).status_code == 404
        assert client.get(address.replace("YT", "ZX")).status_code == (404 if str(run.pk) in address else 200)
    assert client.post("/facilities/ZX/work/1/stop/", {"reason": "x"}).status_code == 404


def test_a_project_from_page_to_page(centre: Small, sign_in: SignIn) -> None:
    client = sign_in(Role.EPIDEMIC_LEAD, centre.facility.organisation)
    assert "No project here." in client.get(WORK).content.decode()
    client.post(WORK + "add/", {"name": "Choir", "token": "t1"})
    client.post(WORK + "add/", {"name": "Choir", "token": "t1"})  # sent twice
    page = client.get(WORK).content.decode()
    assert page.count("Choir</th>") + page.count("Choir ") >= 1
    assert "at least 14 days since the last case" in page
    opened = client.post(WORK + "1/assess/", {"measure": CHAIN, "token": "t2"}, follow=True)
    assert "Record: assessment" in opened.content.decode()
    address = opened.redirect_chain[-1][0]
    answer = client.post(
        address + "step/", {"step": "assessment", "token": "t3", "value_note": "no case"}, follow=True
    ).content.decode()
    assert "Record: plan" in answer
    answer = client.post(address + "step/", {"step": "start", "token": "t4"}, follow=True).content.decode()
    assert "comes first" in answer
    assert "a step before it is missing" in answer
    answer = client.post(address + "withdraw/", {"reason": "no need"}, follow=True).content.decode()
    assert "withdrawn" in answer
    assert "stopped" in client.get(WORK).content.decode()
    listed = client.get(PROCEDURES, {"state": "ended", "q": "Choi"}).content.decode()
    assert "Choir" in listed
    assert "Choir" not in client.get(PROCEDURES).content.decode()


def test_medicine_is_issued_by_its_chain(
    make_facility: Callable[..., Small], look_at: Callable[[int], None], sign_in: SignIn
) -> None:
    """Antipyretics of S0: asked for, temperature first, approved by the head of the clinic, numbered, issued."""
    prison = make_facility(protocol="facility-s0-prison")
    look_at(prison.at)
    client = sign_in(Role.CLINICIAN, prison.facility.organisation)
    code = prison.facility.people.filter(base="resident").order_by("pk")[0].code
    begin = {"measure": "medicines.antipyretics", "person": code, "token": "m1"}
    nobody = client.post(PROCEDURES + "begin/", begin | {"person": "nobody"}, follow=True).content.decode()
    assert "a person by the code of the file" in nobody
    opened = client.post(PROCEDURES + "begin/", begin, follow=True)
    assert "Record: asked for by the person or a clinician" in opened.content.decode()
    address = opened.redirect_chain[-1][0]
    client.post(address + "step/", {"step": "ask", "token": "1"})
    answer = client.post(
        address + "step/", {"step": "temperature", "token": "2", "value_temperature": "38.4"}, follow=True
    )
    assert "Record: leave by a doctor" in answer.content.decode()
    answer = client.post(address + "step/", {"step": "approve", "token": "3", "result": "granted"}, follow=True)
    assert "relief is never refused for a formality" in answer.content.decode()
    assert Refused.objects.filter(code__in=("wrong_role", "own_request")).count() == 1
    ward = sign_in(Role.INSPECTOR, prison.facility.organisation)
    assert ward.get(address).status_code == 404
    assert "antipyretics" not in ward.get(PROCEDURES).content.decode().lower()
