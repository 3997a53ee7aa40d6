"""Pages of goods, of the kiosk and of the daily count: for each role, for another facility, and the way through them."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.journal import envelopes
from lazaretto.apps.passage import kiosk, reconciling
from lazaretto.apps.passage.models import Consignment, DayCheck, Issue, Recall, Seen, Supplier
from lazaretto.apps.work.models import Finding, Refused, StepDone
from tests.conftest import DAY, Small
from tests.integration.goods import MINUTE, arrived, rice, stepper, supplied
from tests.integration.pages import _plain_static, every_role, look_at, sign_in  # noqa: F401

_P = Permission
READS = ("goods", "suppliers", "goods-xlsx")


@pytest.fixture
def prison(make_facility: Callable[..., Small], look_at: Callable[[int], None]) -> Small:
    small = make_facility(protocol="facility-s0-prison")
    supplied(small)
    look_at(small.at)
    return small


@every_role
def test_each_page_is_for_whom_it_is_for(
    prison: Small, sign_in: Callable[..., Client], role: str, make_facility: Callable[..., Small]
) -> None:
    lot = arrived(prison)
    client, may = sign_in(role, prison.facility.organisation), POLICY[role]
    own = lambda name, *args: reverse(name, args=["YT", *args])  # noqa: E731
    wanted = {
        own("goods"): {_P.GOODS_READ}, own("goods-xlsx"): {_P.GOODS_READ}, own("suppliers"): {_P.GOODS_READ},
        own("goods-new"): {_P.GOODS_RECORD}, own("lot", lot.number): {_P.GOODS_READ}, own("dilution"): {_P.GOODS_READ, _P.FACT_RECORD},
        own("goods-table", "suppliers"): {_P.GOODS_READ}, own("goods-table-file", "suppliers"): {_P.GOODS_READ},
        own("gate-day", str(DAY)): {_P.GATE_CHECK, _P.GOODS_READ, _P.SUBMISSIONS_READ}, own("kiosk"): set(kiosk.MAY),
        own("kiosk-list") + "?device=kiosk-12345678": set(kiosk.MAY),
    }  # fmt: skip
    found = {path: client.get(path).status_code for path in wanted}
    assert found == {path: 200 if permissions & may else 403 for path, permissions in wanted.items()}
    acts = {
        own("lot-act", lot.number, "recall"): _P.GOODS_RECALL, own("lot-act", lot.number, "sample"): _P.GOODS_RECORD,
        own("gate-day-act", str(DAY), "tick"): _P.GATE_CHECK, own("suppliers"): _P.GOODS_RECALL,
    }  # fmt: skip
    assert {path: client.post(path).status_code for path in acts} == {
        path: 302 if p in may else 403 for path, p in acts.items()
    }
    other = make_facility("QX", people=False)
    elsewhere = sign_in(role, other.facility.organisation)
    assert {elsewhere.get(path).status_code for path in wanted} == {404}
    assert {elsewhere.post(path).status_code for path in acts} == {404}


def test_from_the_supplier_to_the_meal_and_back(
    prison: Small, sign_in: Callable[..., Client], look_at: Callable[[int], None]
) -> None:
    client = sign_in("epidemic_lead", prison.facility.organisation)
    post = lambda page, args, **data: client.post(reverse(page, args=["YT", *args]), data, follow=True).content.decode()  # noqa: E731
    post(
        "suppliers", (), code="S9", name="松墅食品", origin="松墅镇", certificate="SC9", certificate_until="2026-12-31"
    )
    assert Supplier.objects.get(code="S9").origin == "松墅镇"
    said = post(
        "goods-new",
        (),
        direction="in",
        supplier="NOBODY",
        title="冷鲜肉",
        of_class="chilled_food",
        quantity="10",
        token="t0",
    )
    assert "not on the register" in said
    assert "counts against nobody" in said
    post(
        "goods-new",
        (),
        direction="in",
        supplier="S9",
        title="冷鲜肉",
        of_class="chilled_food",
        quantity="10",
        unit="kg",
        token="t1",
        batch="B1",
    )
    made = Consignment.objects.get(ref="t1")
    page = post("goods-arrive", (made.number,), plate="云B1")
    assert made.number in page
    lot = made.lots.get()
    assert "three disinfections" in client.get(reverse("lot", args=["YT", lot.number])).content.decode().lower()
    said = post("lot-act", (lot.number, "issue"), quantity="1", meal="lunch", place="KIT", token="i0")
    assert "on hold" in said
    assert Refused.objects.filter(code="on_hold", of_class="chilled_food").exists()
    step = stepper(lot, "goods.disinfection")
    for name in ("barrier", "cart", "between_doors", "loading_area"):
        step(name, prison.at)
    assert "20" in client.get(reverse("goods", args=["YT"])).content.decode()
    step("release", prison.at + 30 * MINUTE)
    look_at(prison.at + 31 * MINUTE)
    post(
        "lot-act",
        (lot.number, "issue"),
        quantity="4",
        meal="lunch",
        place="KIT",
        served="8",
        token="i1",
        on="2026-03-18",
    )
    assert Issue.objects.get().quantity == 4
    post("lot-act", (lot.number, "reading"), celsius="9,5", token="c1")
    assert Finding.objects.filter(rule="cold_chain").exists()
    post("lot-act", (lot.number, "recall"), reason="通报", token="r1")
    said = client.get(reverse("recall", args=["YT", Recall.objects.get().number])).content.decode()
    assert "Meals for 8 people" in said
    assert "6 kg" in said
    assert (
        lot.number
        in client.get(reverse("goods", args=["YT"]), {"q": "冷鲜肉 松墅", "state": "recalled"}).content.decode()
    )
    assert "No lot is like that" in client.get(reverse("goods", args=["YT"]), {"q": "nothing"}).content.decode()


def test_the_list_asks_as_often_for_many_lots(
    prison: Small, sign_in: Callable[..., Client], django_assert_max_num_queries: Any
) -> None:
    client, page = sign_in("logistics", prison.facility.organisation), reverse("goods", args=["YT"])
    arrived(prison)
    client.get(page)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        client.get(page)
    for n in range(12):
        arrived(prison, rice(), rice("3", "food"), ref=f"m{n}")
    with CaptureQueriesContext(connection) as many:
        client.get(page)
    assert len(many) == len(few)


def test_tables_come_in_with_an_account_of_each_row(prison: Small, sign_in: Callable[..., Client]) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = sign_in("logistics", prison.facility.organisation)
    text = "ref,supplier,name,of_class,quantity,expected_on\nc1,S01,大米,food,20,2026-03-20\nc1,S01,油,food,5,2026-03-20\nc2,NOBODY,盐,food,1,\nc3,S01,铁,iron,1,\nc4,S01,糖,food,much,\n"
    address = reverse("goods-table", args=["YT", "consignments"])
    said = client.post(address, {"file": SimpleUploadedFile("g.csv", text.encode())})
    page = said.content.decode()
    assert "nothing is written yet" in page
    assert "not on the register" in page
    assert "no class of goods iron" in page
    assert not Consignment.objects.exists()
    token = page.split('name="token" value="')[1].split('"')[0]
    client.post(reverse("goods-table-confirm", args=["YT", "consignments"]), {"token": token})
    made = Consignment.objects.get()
    assert (made.ref, made.lots.count()) == ("c1", 2)
    assert client.get(reverse("goods-table-file", args=["YT", "suppliers"])).status_code == 200


def test_dilution_says_both(prison: Small, sign_in: Callable[..., Client]) -> None:
    client, page = sign_in("logistics", prison.facility.organisation), reverse("dilution", args=["YT"])
    said = client.get(page, {"target": "500", "litres": "1", "stock": "5", "hours_old": "25"}).content.decode()
    for part in ("10 mL", "10.1 mL", "495.05", "mixed 24 hours ago"):
        assert part in said, part
    assert "chlorine gas" in client.get(page, {"with": "acid"}).content.decode()
    for bad in ("x", "NaN", "1e999", "-1", "0"):
        assert client.get(page, {"target": bad}).status_code == 200


# -- the kiosk's door -------------------------------------------------------------------------------------------------


def sealed(small: Small, user: User, step: dict[str, Any], id_: str, device: str = "kiosk-12345678") -> dict[str, str]:
    from tests.ward import seal

    key = envelopes.current(small.facility.log, at=small.at)
    said = {"pass": kiosk.pass_for(user, small.facility, device, small.at), "step": step}
    return {"id": id_, **seal(key.key_id, key.public, kiosk.context_of(small.facility, device, id_), said)}


def test_what_the_kiosk_kept_is_taken_once_and_refusals_come_back(
    prison: Small, sign_in: Callable[..., Client]
) -> None:
    lot = arrived(prison)
    client = sign_in("gate_officer", prison.facility.organisation)
    user = User.objects.get(username="gate_officer-YT")
    run = f"{lot.subject}:goods.disinfection"
    good = {
        "run": run,
        "step": "barrier",
        "at": prison.at,
        "values": {"agent": "chlorine", "mg_per_l": 500, "minutes": 30},
    }

    def send(*records: dict[str, str], device: str = "kiosk-12345678") -> list[str]:
        body = json.dumps({"device": device, "records": list(records)})
        answer = client.post(reverse("kiosk-steps", args=["YT"]), body, content_type="application/json")
        return [r["outcome"] for r in answer.json()["receipts"]]

    first = sealed(prison, user, good, "id-1")
    assert send(first) == ["created"]
    assert send(first, first) == ["skipped", "skipped"]
    early = sealed(prison, user, {"run": run, "step": "between_doors", "at": prison.at}, "id-2")
    assert send(early) == ["refused"]
    moved = dict(first, id="id-9")
    assert send(moved, {**first, "id": "id-8", "text": first["text"][:-4] + "AAAA"}) == ["unreadable", "unreadable"]
    assert send(first, device="kiosk-87654321") == ["unreadable"]
    assert send(sealed(prison, user, {**good, "run": "nothing"}, "id-3")) == ["failed"]
    assert send(sealed(prison, user, {**good, "more": 1}, "id-4")) == ["failed"]
    assert client.post(reverse("kiosk-steps", args=["YT"]), b"{", content_type="application/json").status_code == 422
    assert StepDone.objects.get().by == user.ref
    assert Refused.objects.filter(ref="id-2").exists()


def test_the_kiosk_is_told_no_names(prison: Small, sign_in: Callable[..., Client]) -> None:
    arrived(prison)
    client = sign_in("gate_officer", prison.facility.organisation)
    said = client.get(reverse("kiosk-list", args=["YT"]) + "?device=kiosk-12345678").json()
    assert [r["number"] for r in said["runs"]] == [f"{Consignment.objects.get().number}-1"]
    assert said["zero"]["today"] == 0
    assert client.get(reverse("kiosk-list", args=["YT"]) + "?device=x").status_code == 422
    worker = client.get(reverse("kiosk-worker", args=["YT"])).content.decode()
    assert "lazaretto-kiosk-YT-" in worker


# -- the day at the gate ----------------------------------------------------------------------------------------------


def test_a_day_is_compared_signed_once_and_goes_up_if_not(
    prison: Small, sign_in: Callable[..., Client], look_at: Callable[[int], None]
) -> None:
    arrived(prison)
    inspector = sign_in("inspector", prison.facility.organisation)
    on = "2026-03-18"
    day = reverse("gate-day", args=["YT", on])
    tick = reverse("gate-day-act", args=["YT", on, "tick"])
    sign = reverse("gate-day-act", args=["YT", on, "sign"])
    later = prison.at + 37 * 3_600_000
    look_at(later)
    assert reconciling.unsigned(prison.facility, later) == [DAY.replace(day=18)]
    assert "stands before the superior" in inspector.get(day).content.decode()
    assert "compare with playback" in inspector.post(sign, follow=True).content.decode().lower()
    inspector.post(tick, {"token": "k1", "stream": "goods", "direction": "in", "time": "0004"})
    inspector.post(tick, {"token": "k1", "stream": "goods", "direction": "in", "time": "0004"})
    inspector.post(tick, {"token": "k2", "stream": "person", "direction": "in", "time": "12:30"})
    assert Seen.objects.count() == 2
    assert "cannot" not in inspector.get(day).content.decode()
    inspector.post(
        reverse("gate-day-act", args=["YT", on, "told"]),
        {"token": "k3", "stream": "goods", "direction": "in", "count": "2"},
    )
    inspector.post(sign, {"note": "看到消毒"})
    inspector.post(sign)
    assert DayCheck.objects.get().unmatched == 2
    assert Finding.objects.filter(rule=reconciling.RULE).count() == 2
    assert (
        "signed"
        in inspector.post(
            tick, {"token": "k4", "stream": "person", "direction": "in", "time": "1300"}, follow=True
        ).content.decode()
    )
    assert Seen.objects.count() == 3
    bureau = sign_in("bureau_viewer", prison.facility.organisation)
    assert bureau.get(day).status_code == 200


# -- over HTTP --------------------------------------------------------------------------------------------------------


def test_goods_over_http_are_announced_once_and_refused_with_the_moment(
    prison: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lazaretto.apps.accounts import actions as accounts
    from lazaretto.apps.console import access
    from lazaretto.apps.passage import api_goods

    monkeypatch.setattr(api_goods, "clock_now", lambda: prison.at)
    user = accounts.create_user(
        username="api", password="a-long-test-password", name_zh="甲", name_en="A", by="t", at=0
    )
    accounts.grant(user=user, role="logistics", organisation=prison.facility.organisation, by="t", at=0)
    scopes = ["goods.read", "goods.record", "goods.recall"]
    now = access.clock_now()
    secret = accounts.create_token(
        user=user, label="t", scopes=scopes, ends_at=int(time.time() * 1000) + 86_400_000, by=user, at=now
    )
    client, head = Client(), {"authorization": f"Bearer {secret}"}

    def post(path: str, **body: Any) -> Any:
        return client.post(
            f"/api/v1/facilities/YT/goods{path}", json.dumps(body), content_type="application/json", headers=head
        )

    lot = {"title": "米", "of_class": "food", "quantity": "10"}
    assert post("", ref="r1", supplier="NOBODY", lots=[lot]).json()["type"] == "unknown_supplier"
    made = post("", ref="r2", supplier="S01", lots=[lot], arrived=True).json()
    assert post("", ref="r2", supplier="S01", lots=[lot], arrived=True).json() == made
    number = made["lots"][0]
    answer = post(f"/lots/{number}", ref="i", what="issue", quantity="1", meal="lunch", place="KIT")
    assert (answer.status_code, answer.json()["type"]) == (409, "on_hold")
    held = client.get("/api/v1/facilities/YT/goods?on_hold=true", headers=head).json()
    assert [(one["number"], one["state"]) for one in held] == [(number, "waiting")]
    assert post(f"/lots/{number}", ref="s", what="sample", code="Y9").status_code == 200
    said = post("/recalls", ref="c", lots=[number], reason="x").json()
    assert (said["number"], said["lots"]) == (1, {number: "10.00"})
    assert post("/lots/NO", ref="s", what="sample", code="Y9").status_code == 404
    assert client.get("/api/v1/facilities/YT/goods").status_code == 401


def test_an_outside_vehicle_inside_is_a_finding_and_ends_the_count(prison: Small) -> None:
    """S0-23: days with none are counted; a plate that is recorded inside is a finding at once."""
    from lazaretto.apps.passage import outside
    from lazaretto.apps.passage.models import Party, Visit
    from lazaretto.apps.passage.passing import write_crossing
    from lazaretto.apps.registry.models import Place

    day, facility = 86_400_000, prison.facility
    gate = Place.objects.filter(facility=facility).first()

    def cross(number: int, of_class: str, direction: str, at: int) -> None:
        visit, _ = Visit.objects.get_or_create(
            facility=facility,
            number=number,
            defaults={"ref": str(number), "opened_at": at, "recorded_at": at, "by": "g", "gate": gate},
        )
        party, _ = Party.objects.get_or_create(
            facility=facility,
            visit=visit,
            position=1,
            defaults={"stream": "vehicle", "of_class": of_class, "name": "x"},
        )
        write_crossing(party, gate, direction, ref=f"{number}{direction}", run=None, at=at, recorded_at=at, by="g")

    start = prison.at
    cross(1, "internal_cart", "in", start)
    assert outside.zero(facility, start + 5 * day) == (5, DAY.replace(day=18), 0, 0)
    cross(2, "outside_vehicle", "in", start + 5 * day)
    assert outside.zero(facility, start + 6 * day)[0::3] == (0, 1)  # type: ignore[index]
    assert Finding.objects.get(rule=outside.RULE).severity == "high"
    cross(2, "outside_vehicle", "out", start + 6 * day)
    assert outside.zero(facility, start + 9 * day) == (2, DAY.replace(day=18), 0, 0)
    cross(3, "ambulance", "in", start + 9 * day)
    assert outside.zero(facility, start + 9 * day).days == 2  # type: ignore[union-attr]
    assert Finding.objects.filter(rule=outside.RULE).count() == 1
