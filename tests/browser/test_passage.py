"""The pages of the gate in Chromium: accessible and fitting on a phone and a desk, and a visit walked by hand."""

from collections.abc import Callable
from typing import Any

import pytest

from lazaretto.apps.accounts import actions as accounts
from tests.browser.conftest import looks
from tests.browser.test_day_report import _violations, given_signed_in
from tests.integration.pages import PASSWORD, _plain_static, look_at  # noqa: F401
from tests.integration.passage import MINUTE, Gate

pytestmark = pytest.mark.browser
HERE = "/facilities/YT/gate/"
PAGES = ("", "new/", "visits/1/", "visits/2/", "inside/", "approvals/", "restrictions/", "refusals/", "findings/")


@pytest.fixture
def gate(make_facility: Callable[..., Any], look_at: Callable[[int], None]) -> Gate:
    from lazaretto.apps.passage.visiting import Request
    from lazaretto.apps.work.findings import find
    from lazaretto.apps.work.runs import open_run
    from lazaretto.protocol.refusal import Refusal

    found = Gate(make_facility, "facility-s0-prison")
    for name, role in (("lead", "epidemic_lead"), ("lead", "gate_officer")):
        user = accounts.create_user(username=name, password=PASSWORD, name_zh="秦既明", name_en="Qin", by="test", at=0)
        accounts.grant(user=user, role=role, organisation=found.facility.organisation, by="test", at=0)
    visit = found.visit(
        ("person", "staff", "欧阳既明"), ("vehicle", "ambulance", "鲁A 10120"), request=Request("上岗", "勤务")
    )
    found.walk(found.party(visit))
    asked = Request("送粮油", "后勤", "云岫粮油")
    found.visit(
        ("vehicle", "outside_vehicle", "鲁Q 8K260"), ("person", "outsider", "司机老赵"), ref="v2", request=asked
    )
    found.walk(found.party(visit, 2))
    lot = open_run(
        found.facility, measure="goods.disinfection", subject="lot:1", title="食堂粮油 26 箱", direction="in", of_class="food",
        ref="lot1", by="test", at=found.tick(),
    )  # fmt: skip
    from lazaretto.apps.work.running import state

    for step in ("barrier", "cart", "between_doors", "loading_area"):
        now = state(lot, found.at)
        found.do(now, now.chain.step(step))
    now = state(lot, found.at)
    with pytest.raises(Refusal):
        found.do(now, now.chain.step("release"))
    find(
        found.facility,
        rule="gate.unmatched",
        evidence="录像里有一辆手推车没有登记",
        ref="f",
        owner="gate_officer",
        by="t",
        at=found.at,
    )
    look_at(found.at + 9 * MINUTE)
    return found


@looks
def test_each_page_is_accessible_and_fits(
    gate: Gate, open_browser: Callable[..., Any], theme: str, language: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(language=language, width=width, theme=theme)
    given_signed_in(page, HERE)
    found = {}
    for path in PAGES:
        page.goto(HERE + path)
        found[path] = _violations(Axe().run(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert {path: bad for path, bad in found.items() if bad} == {}


def test_the_next_step_is_marked_and_recorded(gate: Gate, open_browser: Callable[..., Any]) -> None:
    """Registered, the first step recorded, the second refused until its list is confirmed."""
    page = open_browser(language="en-GB", width=390)
    given_signed_in(page, HERE)
    page.goto(HERE + "new/")
    page.locator("select[name=what1]").select_option("person/staff")
    page.locator("input[name=name1]").fill("Zhou")
    page.get_by_role("button", name="Register").click()
    page.get_by_text("The next step is marked.").wait_for()
    page.locator(".lz-dostep button").click()
    page.get_by_text("Recorded.", exact=True).wait_for()
    page.locator(".lz-dostep button").click()
    page.get_by_text("not confirmed yet").wait_for()
    page.locator(".lz-dostep input[type=checkbox]").check()
    page.locator(".lz-dostep button").click()
    page.get_by_text("Recorded.", exact=True).wait_for()
    assert page.locator(".lz-chain > .is-done").count() == 2
