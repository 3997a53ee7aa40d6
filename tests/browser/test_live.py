"""An open page in front of the real server: what another process records shows without loading again, also after the network was cut."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_day_report import _violations
from tests.conftest import DAY
from tests.integration.installations.installation import Installation, end_workers
from tests.integration.installations.live_clients import Server, people, served

pytestmark = pytest.mark.browser
PAGE = f"/facilities/YT/days/{DAY}/"
HEADER = "id,observation,subject_kind,subject,observed_at,outcome,value,ucum,by,reason\n"
CELL = "#m-temperature\\.residents td:nth-of-type(2)"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, Server, str]]:
    """An installation with its own server, and a session of its epidemic lead."""
    node = Installation(tmp_path_factory.mktemp("live"))
    node.fill()
    more = [f"Q{n}" for n in range(6)]
    (node.folder / "q.csv").write_text("code,population,name\n" + "".join(f"{q},prisoner,孙某\n" for q in more))
    (node.folder / "in.csv").write_text("subject,place,from\n" + "".join(f"{q},W1-101,2026-03-01\n" for q in more))
    node.run("import", "people", "q.csv", "--facility", "YT")
    node.run("import", "presence", "in.csv", "--facility", "YT")
    sessions, _ = people(node, 1)
    with served(node) as server:
        yield node, server, sessions[0]
    end_workers()


@pytest.fixture
def look(chromium: Any, live: tuple[Installation, Server, str]) -> Iterator[Callable[..., Any]]:
    """Return an opener of the day's page in a fresh profile."""
    _, server, session = live
    contexts = []

    def opened(*, language: str = "en", script: bool = True, width: int = 1440, theme: str = "light") -> Any:
        address = f"http://127.0.0.1:{server.port}"
        context = chromium.new_context(
            base_url=address,
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            color_scheme=theme,
        )
        contexts.append(context)
        named = {"sessionid": session, "lz_lang": "en" if language == "en" else "zh-hans"}
        context.add_cookies([{"name": k, "value": v, "url": address} for k, v in named.items()])
        page = context.new_page()
        page.goto(PAGE)
        return page

    yield opened
    for context in contexts:
        context.close()


def record(node: Installation, name: str, subject: str, clock: str) -> None:
    """Record a temperature from a process of its own."""
    row = f"{name},temperature,person,{subject},{DAY} {clock},done,36.5,Cel,S1,\n"
    Path(node.folder / "one.csv").write_text(HEADER + row, encoding="utf-8")
    assert "created" in node.run("import", "facts", "one.csv", "--facility", "YT").stdout


def test_a_count_changes_while_the_page_is_open(live: Any, look: Callable[..., Any]) -> None:
    node, _, _ = live
    page = look()
    page.get_by_role("status").filter(has_text="live").wait_for()
    before = int(page.locator(CELL).inner_text())
    page.evaluate("window.stillHere = true")
    link = page.locator('[data-live-part="gaps"] thead a').nth(1)
    link.focus()
    address = link.get_attribute("href")
    record(node, "b1", "Q1", "07:20")
    page.wait_for_function("([at, n]) => document.querySelector(at).textContent === n", arg=[CELL, str(before + 1)])
    assert page.evaluate("window.stillHere")
    assert page.evaluate("document.activeElement.getAttribute('href')") == address  # who stood somewhere stands there


def test_who_types_is_not_disturbed(live: Any, look: Callable[..., Any]) -> None:
    node, _, _ = live
    page = look()
    page.get_by_role("status").filter(has_text="live").wait_for()
    entries = page.locator('[data-live-part="checkpoint"] dd').first.inner_text()
    page.locator("#q").press_sequentially("赵")
    record(node, "b2", "Q2", "07:30")
    page.wait_for_function(
        "n => document.querySelector('[data-live-part=checkpoint] dd').textContent !== n", arg=entries
    )
    assert page.locator("#q").input_value() == "赵"
    assert page.evaluate("document.activeElement.id") == "q"


def test_a_cut_network_is_said_and_caught_up_with(live: Any, look: Callable[..., Any]) -> None:
    node, _, _ = live
    page = look()
    page.get_by_role("status").filter(has_text="live").wait_for()
    before = int(page.locator(CELL).inner_text())
    page.context.set_offline(True)
    page.get_by_role("status").filter(has_text="reconnecting").wait_for()
    record(node, "b3", "Q3", "07:40")
    page.wait_for_timeout(1500)
    assert int(page.locator(CELL).inner_text()) == before
    page.context.set_offline(False)
    page.get_by_role("status").filter(has_text="live").wait_for()
    page.wait_for_function("([at, n]) => document.querySelector(at).textContent === n", arg=[CELL, str(before + 1)])


def test_a_server_that_is_away_is_said_with_the_time(live: Any, look: Callable[..., Any]) -> None:
    """Not cut off by this machine: the server itself is gone, and back after a while."""
    _, server, _ = live
    page = look(language="zh")
    page.get_by_role("status").filter(has_text="实时").wait_for()
    server.kill()
    page.get_by_role("status").filter(has_text="正在重新连接").wait_for(timeout=15_000)
    page.get_by_text("起未更新").wait_for(timeout=60_000)
    said = page.locator("[data-live-since]").inner_text()
    assert said[:2] == "自 "
    server.start()
    page.get_by_role("status").filter(has_text="实时").wait_for(timeout=90_000)


def test_without_script_the_page_says_nothing_of_it(live: Any, look: Callable[..., Any]) -> None:
    page = look(script=False)
    assert page.get_by_role("heading", level=1).is_visible()
    assert not page.locator("[data-live]").is_visible()


@pytest.mark.parametrize(
    ("width", "language", "theme"),
    [(390, "zh", "light"), (390, "en", "dark"), (1440, "zh", "dark"), (1440, "en", "light")],
)
def test_the_state_is_accessible_and_fits(look: Callable[..., Any], theme: str, language: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = look(language=language, width=width, theme=theme)
    page.get_by_role("status").filter(has_text="实时" if language == "zh" else "live").wait_for()
    assert _violations(Axe().run(page)) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
