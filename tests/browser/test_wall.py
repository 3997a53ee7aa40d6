"""The wall in front of the real server: a fever stands on it within a second of being recorded."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.browser.test_day_report import _violations
from tests.integration.installations.installation import Installation, end_workers
from tests.integration.installations.live_clients import Server, people, served

pytestmark = pytest.mark.browser
PAGES = ("/facilities/YT/wall/", "/facilities/YT/picture/", "/facilities/YT/today/?place=W1")


class Ward:
    """Posts readings as a ward's program does."""

    def __init__(self, server: Server, token: str) -> None:
        self._port, self._token = server.port, token

    def post(self, name: str, minutes: int, value: str) -> float:
        """Post a reading of P1 taken some minutes ago; return the moment at which it was on record."""
        observed = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat(timespec="seconds")
        fact = {"id": name, "observation": "temperature", "subject": "P1", "value": value, "observed_at": observed}
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        body = json.dumps({"facility": "YT", "facts": [fact | {"by": "S1", "site": "axilla"}]})
        connection.request("POST", "/api/v1/facts", body, headers)
        said = json.loads(connection.getresponse().read())
        connection.close()
        assert said["created"] == 1, said
        return time.monotonic()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str, Ward]]:
    node = Installation(tmp_path_factory.mktemp("wall"))
    node.fill()
    sessions, token = people(node, 1)
    with served(node) as server:
        yield server, sessions[0], Ward(server, token)
    end_workers()


@pytest.fixture
def look(chromium: Any, live: tuple[Server, str, Ward]) -> Iterator[Callable[..., Any]]:
    """Return an opener of pages in a fresh profile."""
    contexts = []

    def opened(path: str, *, language: str = "en", script: bool = True, width: int = 1920, theme: str = "dark") -> Any:
        address = f"http://127.0.0.1:{live[0].port}"
        context = chromium.new_context(
            base_url=address, viewport={"width": width, "height": 1080}, java_script_enabled=script, color_scheme=theme
        )
        contexts.append(context)
        named = {"sessionid": live[1], "lz_lang": "en" if language == "en" else "zh-hans"}
        context.add_cookies([{"name": k, "value": v, "url": address} for k, v in named.items()])
        page = context.new_page()
        assert page.goto(path).status == 200
        return page

    yield opened
    for context in contexts:
        context.close()


def test_a_fever_stands_on_the_wall_within_a_second(live: Any, look: Callable[..., Any]) -> None:
    _, _, ward = live
    wall = look("/facilities/YT/wall/")
    wall.get_by_role("status").filter(has_text="live").wait_for()
    ward.post("w1", 40, "38.2")
    wall.get_by_text("A high reading waits for its second one.").wait_for(timeout=5000)
    wall.wait_for_timeout(1500)  # until the plan has come too: what is timed is news on a quiet wall
    recorded = ward.post("w2", 5, "38.4")
    wall.get_by_text("Fever confirmed by a second reading.").wait_for(timeout=5000)
    assert time.monotonic() - recorded < 1.0
    said = wall.locator("main").inner_text()
    assert "Cell 101" in said
    assert "赵一" not in said
    assert wall.evaluate("document.documentElement.scrollHeight") <= 1080
    assert wall.locator("main a, main button, main input").count() == 0


def test_the_plan_can_be_walked_with_the_keyboard(live: Any, look: Callable[..., Any]) -> None:
    page = look("/facilities/YT/picture/", width=1440)
    house = page.get_by_role("link", name="Wing 1, 2 people").first
    house.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/today/?place=W1")
    assert page.get_by_role("heading", level=1).inner_text().startswith("Today")


@pytest.mark.parametrize(
    ("width", "language", "theme"),
    [(390, "zh", "light"), (390, "en", "dark"), (1440, "zh", "dark"), (1440, "en", "light")],
)
def test_each_page_is_accessible_and_fits(look: Callable[..., Any], theme: str, language: str, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = {}
    for path in PAGES:
        page = look(path, language=language, width=width, theme=theme)
        found[path] = _violations(Axe().run(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert {path: bad for path, bad in found.items() if bad} == {}


def test_it_reads_without_script(look: Callable[..., Any]) -> None:
    page = look("/facilities/YT/picture/", script=False)
    page.get_by_text("As a table").first.click()
    assert page.get_by_role("row", name="Wing 1").is_visible()
