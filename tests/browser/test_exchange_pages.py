"""What came from below, and people handed over, in a real browser: accessible, fitting, and usable without script."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.reporting.models import TransferReceipt
from tests.browser.conftest import looks
from tests.browser.test_day_report import _violations, given_signed_in
from tests.conftest import HOUR, Small
from tests.exchange import FIRST, Elsewhere, at, file_of
from tests.integration.pages import PASSWORD, _plain_static, look_at  # noqa: F401
from tests.integration.test_submissions_page import houses  # noqa: F401
from tests.integration.test_transfers import WORD, both, sent  # noqa: F401

pytestmark = pytest.mark.browser
BELOW = "/bodies/JD/submissions/?on=2026-03-17"
TRANSFERS = "/facilities/YT/transfers/"


def given_a_user(*roles: tuple[str, Any]) -> None:
    user = accounts.create_user(username="lead", password=PASSWORD, name_zh="秦既明", name_en="Qin", by="test", at=0)
    for role, organisation in roles:
        accounts.grant(user=user, role=role, organisation=organisation, by="test", at=0)


def looked_at(open_browser: Callable[..., Any], pages: list[str], **how: Any) -> dict[str, list[str]]:
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(**how)
    given_signed_in(page, "/")
    found = {}
    for path in pages:
        page.goto(path)
        found[path] = _violations(Axe().run(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= how["width"], path
    return {path: bad for path, bad in found.items() if bad}


@looks
def test_what_came_is_accessible_and_fits(
    houses: dict[str, Any], open_browser: Callable[..., Any], theme: str, language: str, width: int
) -> None:
    given_a_user(("bureau_approver", houses["bureau"]))
    pages = [BELOW, BELOW + "&q=nowhere", "/bodies/JD/receive/", "/bodies/JD/keys/"]
    assert looked_at(open_browser, pages, theme=theme, language=language, width=width) == {}


@looks
def test_handing_over_is_accessible_and_fits(
    both: tuple[Small, Small],
    look_at: Callable[[int], None],
    open_browser: Callable[..., Any],
    theme: str,
    language: str,
    width: int,
) -> None:
    given_a_user(("epidemic_lead", both[0].facility.organisation))
    look_at(both[0].at + 2 * HOUR)
    transfer, _ = sent(both[0])
    pages = [TRANSFERS, f"{TRANSFERS}{transfer.ref}/", TRANSFERS + "send/", TRANSFERS + "send/?person=P2", TRANSFERS + "receive/"]  # fmt: skip
    assert looked_at(open_browser, pages, theme=theme, language=language, width=width) == {}


def test_a_bundle_and_a_key_without_script(
    houses: dict[str, Any], look_at: Callable[[int], None], open_browser: Callable[..., Any], tmp_path: Path
) -> None:
    given_a_user(("bureau_approver", houses["bureau"]))
    look_at(at(FIRST, 60))
    page = open_browser(language="en-GB", script=False)
    given_signed_in(page, BELOW)
    assert page.get_by_text("3 of 4 received").first.is_visible()
    page.get_by_role("link", name="Take a bundle in").click()
    (tmp_path / "b.json").write_bytes(file_of(houses["first"].day(1)))
    page.get_by_label("Bundle files").set_input_files(tmp_path / "b.json")
    page.get_by_role("button", name="Check and take in").click()
    assert page.get_by_text("taken in").first.is_visible()
    page.goto("/bodies/JD/keys/")
    (tmp_path / "k.json").write_text(json.dumps(Elsewhere(code="CC", seed="another").key_file))
    page.get_by_label("Facility", exact=True).select_option("CC")
    page.get_by_label("Its key file").set_input_files(tmp_path / "k.json")
    page.get_by_role("button", name="Show the fingerprint").click()
    assert page.locator(".lz-fingerprint span").count() == 8
    page.get_by_label("Why another key").fill("new machine, compared by telephone")
    page.get_by_role("button", name="All groups are the same").click()
    assert page.get_by_role("status").inner_text() == "CC is believed by this key from now on."


def test_somebody_goes_over_without_script(
    both: tuple[Small, Small], look_at: Callable[[int], None], open_browser: Callable[..., Any], tmp_path: Path
) -> None:
    a, b = both
    given_a_user(("epidemic_lead", a.facility.organisation), ("epidemic_lead", b.facility.organisation))
    look_at(a.at + 2 * HOUR)
    page = open_browser(script=False)
    given_signed_in(page, TRANSFERS)
    page.get_by_role("link", name="移交人员").click()
    page.get_by_label("人员编号").fill("P1")
    page.get_by_role("button", name="显示随行内容").click()
    assert page.get_by_text("释放 2026-03-24").is_visible()
    page.get_by_label("接收机构").fill("LX")
    page.get_by_label("理由", exact=True).fill("就近就医")
    page.get_by_label("口令（至少").fill(WORD)
    page.get_by_label("再输一次口令").fill(WORD)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="登记离开并取文件").click()
    waiting.value.save_as(tmp_path / "p.json")
    page.goto("/facilities/LX/transfers/receive/")
    page.get_by_label("随人来的文件").set_input_files(tmp_path / "p.json")
    page.get_by_label("口令", exact=True).fill(WORD)
    page.get_by_label("住进哪一间").select_option("W2-201")
    page.get_by_role("button", name="打开查看").click()
    assert page.get_by_text("将收为 YT-P1。").is_visible()
    page.get_by_label("再输一次口令").fill(WORD)
    page.get_by_role("button", name="接收并签回执").click()
    assert page.get_by_role("status").inner_text() == "已接收 YT-P1。把回执交回对方。"
    assert page.get_by_role("link", name="回执").is_visible()
    assert TransferReceipt.objects.count() == 2
    page.emulate_media(media="print")
    assert not page.get_by_role("navigation", name="主导航").is_visible()
    assert page.get_by_text("发热未结").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
