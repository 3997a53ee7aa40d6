"""A real Chromium in front of a live server. Without Chromium the tests are skipped, unless they are required."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.needs import not_here

#: Each page is looked at twice, on a phone in Chinese by day and on a desk in English by night, so that every width,
#: language and theme is met; with LAZARETTO_LOOKS=all, in all eight ways.
_ALL = [(w, at, theme) for w in (390, 1440) for at in ("zh-CN", "en-GB") for theme in ("light", "dark")]
_BOTH = [_ALL[0], _ALL[-1]]
looks = pytest.mark.parametrize(
    ("width", "language", "theme"), _ALL if os.environ.get("LAZARETTO_LOOKS") == "all" else _BOTH
)


ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Return the browser; LAZARETTO_REQUIRE=browser makes its absence a failure."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        not_here("browser", "chromium is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def served(db: None, settings: Any) -> Iterator[str]:
    """
    Return the address of a server that works inside the test's own transaction.

    pytest-django's `live_server` empties every table afterwards, which the append-only tables refuse.
    """
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.db import connections
    from django.test.testcases import LiveServerThread

    class Server(ThreadedWSGIServer):
        """Ends with its requests, and leaves the connection that it shares with the test open."""

        daemon_threads = False

        def _close_connections(self) -> None:
            pass

    class Thread(LiveServerThread):
        server_class = Server

    turn = threading.Lock()

    class OneAtATime(StaticFilesHandler):
        """All requests share the test's connection, and with it its savepoints: they take turns."""

        def __call__(self, environ: Any, start_response: Any) -> Any:
            with turn:
                return super().__call__(environ, start_response)

    connection = connections["default"]
    connection.inc_thread_sharing()
    thread = Thread("127.0.0.1", OneAtATime, connections_override={connection.alias: connection})
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()
    connection.dec_thread_sharing()


def _is_error(message: Any) -> bool:
    """A form that is refused is an answer (422), which the browser calls an error."""
    return message.type == "error" and "status of 422" not in message.text


@pytest.fixture
def open_browser(chromium: Any, served: str) -> Iterator[Callable[..., Any]]:
    """Return a maker of pages of a fresh profile; anything that a page writes to the console as an error fails the test."""
    contexts = []
    errors: list[str] = []

    def make(*, language: str = "zh-CN", width: int = 1440, script: bool = True, theme: str = "light") -> Any:
        context = chromium.new_context(
            base_url=served,
            locale=language,
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            color_scheme=theme,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if _is_error(message) else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


def _is_error(message: Any) -> bool:
    """A form that comes back with its errors (422) is an answer, though the browser notes it as a failure."""
    return message.type == "error" and "status of 422" not in message.text
