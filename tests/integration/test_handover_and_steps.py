"""The hand-over between shifts and the four daily steps: what is refused, what is kept, and who may do what."""

from typing import Any

import pytest

from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.coordination.actions import take_step
from lazaretto.apps.coordination.models import STEPS, DailyStep
from lazaretto.apps.coordination.queries import unbroken
from lazaretto.apps.duty.models import Handover
from lazaretto.apps.journal.models import Entry, Log
from lazaretto.apps.journal.queries import verify, verify_deep
from lazaretto.protocol.refusal import Refusal
from tests.conftest import DAY, HOUR, Small
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401
from tests.integration.test_operating_picture import _nothing_kept, noon, text  # noqa: F401

TODAY = "/facilities/YT/today/?place=W1"


def test_a_hand_over_is_read_item_by_item_and_signed_by_somebody_else(noon: Small, sign_in: SignIn) -> None:
    giver, taker = (sign_in(role, noon.facility.organisation) for role in ("ward_officer", "department_head"))
    begin = {"place": "W1", "counted": "3"}
    said = text(giver.post("/facilities/YT/handover/", begin, follow=True))
    assert "Counted 3, on record 2. The record counts" in said
    assert "a hand-over of this place waits" in text(giver.post("/facilities/YT/handover/", begin, follow=True))
    row = Handover.objects.get()
    here = f"/facilities/YT/handover/{row.pk}/"
    giver.post(here + "add/", {"kind": "task", "said": "Room 102: second reading at 13:00"})
    giver.post(here + "add/", {"kind": "thing", "said": "Thermometer T-07 reads 0.4 high"})
    assert "say what is handed over" in text(giver.post(here + "add/", {"kind": "task", "said": " "}, follow=True))
    assert "reads the items" in text(giver.post(here + "read/1/", follow=True))
    assert "does not sign" in text(giver.post(here + "sign/", {"counted": "2"}, follow=True))
    assert "Sign after reading 2 items" in text(taker.get(TODAY))
    assert "2 items are not read yet" in text(taker.post(here + "sign/", {"counted": "2"}, follow=True))
    for n in (1, 2):
        taker.post(here + f"read/{n}/")
    assert "the count is from 0" in text(taker.post(here + "sign/", {"counted": "two"}, follow=True))
    assert "Taken over." in text(taker.post(here + "sign/", {"counted": "2"}, follow=True))
    assert "this hand-over is signed" in text(taker.post(here + "sign/", {"counted": "2"}, follow=True))
    row.refresh_from_db()
    assert (row.counted, row.on_record, row.counted_by_taker) == (3, 2, 2)
    assert "Counted 3 / 2, on record 2" in text(taker.get(TODAY))
    kinds = list(Entry.objects.filter(kind__startswith="handover").order_by("seq").values_list("kind", flat=True))
    assert kinds == ["handover_written"] * 3 + ["handover_read"] * 2 + ["handover_signed"]
    log = Log.objects.get(pk=noon.facility.log_id)
    assert verify(log) == verify_deep(log) == []
    assert giver.post("/facilities/YT/handover/", {"place": "W1", "counted": "2"}).status_code == 302
    assert Handover.objects.count() == 2


@pytest.mark.parametrize("role", POLICY)
def test_each_role(noon: Small, make_facility: Any, sign_in: SignIn, role: str) -> None:
    make_facility("ZZ")
    client, may = sign_in(role, noon.facility.organisation), POLICY[role]
    enters = Permission.FACT_RECORD in may
    assert client.post("/facilities/YT/handover/", {"place": "W1", "counted": "2"}).status_code == (302 if enters else 403)  # fmt: skip
    assert client.post("/facilities/ZZ/handover/", {"place": "W1", "counted": "2"}).status_code == 404
    assert Handover.objects.count() == enters
    step = client.post("/facilities/YT/picture/step/", {"step": "screen"})
    assert step.status_code == (302 if enters and Permission.REPORT_READ in may else 403)
    last = client.post("/facilities/YT/picture/step/", {"step": "deploy"})
    assert last.status_code == (302 if Permission.REPORT_SIGN in may else 403)
    assert not DailyStep.objects.filter(step="deploy").exists()  # its turn has not come
    assert client.post("/facilities/YT/handover/999/sign/", {"counted": "1"}).status_code == (404 if enters else 403)


def test_steps_are_taken_in_order_each_once(noon: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", noon.facility.organisation)
    address = "/facilities/YT/picture/step/"
    assert "Screen comes first" in text(lead.post(address, {"step": "assess"}, follow=True))
    for step in STEPS:
        said = text(lead.post(address, {"step": step, "note": f"about {step}"}, follow=True))
        assert f"about {step}" in said
    assert "1 whole day" in said
    assert DailyStep.objects.count() == 4
    lead.post(address, {"step": "screen"})  # again by the same: nothing changes
    other = sign_in("department_head", noon.facility.organisation)
    assert "somebody has recorded this step" in text(other.post(address, {"step": "screen"}, follow=True))
    assert Entry.objects.filter(kind="daily_step_done").count() == 4
    assert verify_deep(Log.objects.get(pk=noon.facility.log_id)) == []
    wall = text(lead.get("/facilities/YT/wall/"))
    assert "about deploy" not in wall


def test_days_in_a_row(noon: Small) -> None:
    from datetime import timedelta

    for back in (3, 2, 1):
        at = noon.at - back * 24 * HOUR
        for step in STEPS[: 3 if back == 3 else 4]:
            take_step(facility=noon.facility, on=DAY - timedelta(days=back), step=step, note="", by="x", at=at)
    assert unbroken(noon.facility, DAY) == 2
    with pytest.raises(Refusal, match="only a step of today"):
        take_step(facility=noon.facility, on=DAY - timedelta(days=1), step="screen", note="", by="x", at=noon.at)
