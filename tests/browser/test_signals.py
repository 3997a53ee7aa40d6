"""The page Questions in a real browser: an answer without JavaScript, and both languages, themes and widths."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.rounds import signals
from lazaretto.apps.rounds.models import Signal
from tests.browser.conftest import looks
from tests.browser.test_register import _violations, given_signed_in
from tests.conftest import HOUR, Small
from tests.integration.pages import PASSWORD, _plain_static, look_at  # noqa: F401
from tests.integration.test_signals_page import asked  # noqa: F401

pytestmark = pytest.mark.browser
PATH = "/facilities/YT/questions/"


@pytest.fixture
def world(asked: Small) -> Small:
    user = accounts.create_user(
        username="epidemic_lead", password=PASSWORD, name_zh="秦既明", name_en="Qin", by="test", at=0
    )
    accounts.grant(user=user, role="epidemic_lead", organisation=asked.facility.organisation, by="test", at=0)
    one = Signal.objects.get(rule="same_in_round", about="unit:W1")
    signals.answer(one, code="explained", note="new thermometer, always 36.5", by="u1", at=asked.at + HOUR)
    return asked


def test_a_question_is_answered(world: Small, open_browser: Callable[..., Any]) -> None:
    page = open_browser(language="en-GB", script=False)
    given_signed_in(page, PATH)
    one = page.get_by_role("article", name="Two rounds alike Wing 1 (W1)")
    one.get_by_role("combobox").select_option(label="it is so, and was dealt with")
    one.get_by_role("textbox").fill("typed from the morning sheet; read again")
    one.get_by_role("button", name="Answer it").click()
    assert "Noted. The record itself is as it was." in page.get_by_role("status").inner_text()
    assert page.get_by_role("row", name="typed from the morning sheet").is_visible()
    assert Signal.objects.get(rule="copied", about="unit:W1").answer == "true"


@looks
def test_the_page_is_accessible_and_fits(
    world: Small, open_browser: Callable[..., Any], theme: str, language: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_browser(language=language, width=width, theme=theme)
    given_signed_in(page, PATH)
    assert _violations(Axe().run(page)) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if os.environ.get("LAZARETTO_PICTURES"):
        name = f"questions.{width}.{language[:2]}.{theme}.png"
        page.screenshot(path=Path(os.environ["LAZARETTO_PICTURES"]) / name, full_page=True)
