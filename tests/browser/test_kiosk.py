"""The gate kiosk in Chromium: accessible, fits, refuses early, and loses nothing when the network, the page or the tab goes."""

from collections.abc import Callable
from typing import Any

import pytest

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.console import access
from lazaretto.apps.passage import lots
from lazaretto.apps.work.models import Refused, Run, StepDone
from lazaretto.protocol.clock import local_day
from tests.browser.conftest import looks
from tests.browser.test_day_report import _violations
from tests.browser.ward_phone import phone  # noqa: F401
from tests.conftest import Small
from tests.integration.goods import MINUTE, ROLES, arrived, rice, stepper, supplied
from tests.integration.pages import PASSWORD, _plain_static  # noqa: F401

pytestmark = pytest.mark.browser
HERE = "/facilities/YT/gate/kiosk/"
#: Everything that lies on the machine and waits to be sent, as text.
KEPT = """() => new Promise((done) => { const asked = indexedDB.open('lazaretto-kiosk-YT', 1); asked.onsuccess = () => {
  const all = asked.result.transaction('outbox').objectStore('outbox').getAll(); all.onsuccess = () => done(JSON.stringify(all.result)); }; })"""


@pytest.fixture
def gate(make_facility: Callable[..., Small], monkeypatch: pytest.MonkeyPatch) -> Small:
    """Two lots in the gate: one rests for its half hour, one has the second disinfection before it."""
    small = make_facility(protocol="facility-s0-prison")
    supplied(small)
    small.at = access.clock_now() - 40 * MINUTE
    first = stepper(arrived(small), "goods.disinfection")
    for n, name in enumerate(("barrier", "cart", "between_doors", "loading_area")):
        first(name, small.at + n * 6 * MINUTE)
    second = arrived(small, rice("5", "protective", "防护用品"), ref="a2", at=small.at + 20 * MINUTE)
    step = stepper(second, "goods.disinfection")
    step("barrier", small.at + 21 * MINUTE)
    step("cart", small.at + 22 * MINUTE)
    user = accounts.create_user(username="officer", password=PASSWORD, name_zh="姚既明", name_en="Yao", by="test", at=0)
    for role in ("gate_officer", "logistics"):
        accounts.grant(user=user, role=role, organisation=small.facility.organisation, by="test", at=0)
    return small


def given_open(page: Any) -> None:
    page.goto(HERE)
    page.locator("#username").fill("officer")
    page.locator("#password").fill(PASSWORD)
    page.locator("form:has(#password) button").click()
    page.locator("#kiosk[data-ready]").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


@looks
def test_it_is_accessible_and_fits(
    gate: Small, open_browser: Callable[..., Any], theme: str, language: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(language=language, width=width, theme=theme)
    given_open(page)
    for n in (0, 1):
        page.locator(".k-card").nth(n).click()
        assert _violations(Axe().run(page)) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@looks
def test_the_pages_of_goods_are_accessible_and_fit(
    gate: Small, open_browser: Callable[..., Any], theme: str, language: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(language=language, width=width, theme=theme)
    given_open(page)
    lot = Run.objects.filter(title__contains="防护").get().subject.removeprefix("lot:")
    found = {}
    for path in ("goods/", f"goods/lots/{lot}/", "goods/dilution/?class=food&hours_old=25", "goods/suppliers/", "goods/new/",
                 "goods/tables/suppliers/", f"gate/days/{access_day()}/"):  # fmt: skip
        page.goto(f"/facilities/YT/{path}")
        found[path] = _violations(Axe().run(page))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[path].append("too wide")
    assert {path: bad for path, bad in found.items() if bad} == {}


def access_day() -> str:
    return str(local_day("Asia/Shanghai", access.clock_now()))


def test_an_early_release_is_refused_and_the_next_job_is_offered(gate: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser(language="zh-CN", width=1280)
    given_open(page)
    page.locator(".k-timer").wait_for()
    page.locator(".k-locked").click()
    page.locator(".k-refused").wait_for()
    assert "不影响任何人" in page.locator(".k-refused").inner_text()
    assert Refused.objects.get(code="too_early").possible_at == gate.at + 48 * MINUTE
    page.locator(".k-job").click()
    page.locator("form.k-form").wait_for()
    assert page.locator(".k-how").inner_text().startswith("含氯 500 mg/L · 30 min")
    page.locator("form.k-form .k-do").click()
    page.locator("#kiosk[data-waiting='0'] form.k-form[data-step=loading_area]").wait_for()
    done = StepDone.objects.get(step="between_doors", run__title__contains="防护")
    assert done.values == {"agent": "chlorine", "mg_per_l": 500, "minutes": 30}


def test_the_scanner_finds_what_stands_in_the_gate(gate: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser(language="en-GB", width=1280)
    given_open(page)
    number = Run.objects.get(title__contains="防护").subject.removeprefix("lot:")
    page.locator("#k-code").fill("nothing")
    page.keyboard.press("Enter")
    page.locator(".k-trouble").wait_for()
    page.locator("#k-code").fill(number.lower())
    page.keyboard.press("Enter")
    page.locator(".k-title", has_text=number).wait_for()


def test_without_network_nothing_is_lost_by_reload_or_a_dead_tab(gate: Small, phone: Any) -> None:
    """S0 at the gate with the line cut: two steps, a reload, a killed tab; then all is sent, once, with its own times."""
    page = phone(language="en-GB", width=1280, height=800)
    given_open(page)
    page.locator(".k-card").nth(1).click()
    context = page.context
    context.set_offline(True)
    page.locator("form.k-form[data-step=between_doors] .k-do").click()
    page.locator("#kiosk[data-waiting='1']").wait_for()
    page.locator("form.k-form[data-step=loading_area] .k-do").click()
    page.locator("#kiosk[data-waiting='2'] .k-timer").wait_for()
    assert "2 kept" in page.locator(".k-offline").inner_text()
    kept = page.evaluate(KEPT)
    assert kept.count("between_doors") == 1
    assert "chlorine" not in kept, "what was measured is sealed"
    page.reload()
    page.locator("#kiosk[data-waiting='2']").wait_for()
    page.close()
    again = phone.tab(context)
    again.goto(HERE)
    again.locator("#kiosk[data-waiting='2']").wait_for()
    again.locator(".k-card").nth(1).click()
    again.locator(".k-timer").wait_for()
    assert not StepDone.objects.filter(step="between_doors", run__title__contains="防护").exists()
    context.set_offline(False)
    again.locator("#kiosk[data-waiting='0']").wait_for()
    rows = StepDone.objects.filter(run__title__contains="防护").order_by("at")
    assert [r.step for r in rows] == ["barrier", "cart", "between_doors", "loading_area"]
    again.reload()
    again.locator("#kiosk[data-waiting='0']").wait_for()
    assert StepDone.objects.filter(run__title__contains="防护").count() == 4


def test_what_somebody_else_did_meanwhile_is_shown_to_a_person(gate: Small, phone: Any) -> None:
    page = phone(language="en-GB", width=1280, height=800)
    given_open(page)
    page.locator(".k-card").nth(1).click()
    page.context.set_offline(True)
    page.locator("form.k-form[data-step=between_doors] .k-do").click()
    page.locator("#kiosk[data-waiting='1']").wait_for()
    run = Run.objects.select_related("facility__log").get(title__contains="防护")
    values = {"agent": "chlorine", "mg_per_l": 500, "minutes": 30}
    lots.do(run, "between_doors", ref="other", by="other", roles=ROLES, at=access.clock_now(), values=values)
    page.context.set_offline(False)
    page.locator(".k-refused").wait_for()
    assert "already recorded" in page.locator(".k-refused").inner_text()
    page.locator(".k-refused button").click()
    page.locator(".k-refused").wait_for(state="detached")
    assert StepDone.objects.get(run=run, step="between_doors").by == "other"
