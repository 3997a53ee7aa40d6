"""A phone in a real browser for the journeys of the ward client; errors on its console fail the test."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lazaretto.apps.console.ward import views
from lazaretto.apps.rounds import api_ward

#: What a browser says when a request finds no network, or the server says that a session is locked.
EXPECTED = re.compile(r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|status of 423")


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the server stands still in these tests: its limits would never be over."""
    for module, names in ((api_ward, ("BY_DEVICE", "BY_ADDRESS")), (views, ("ASKS", "TRIES"))):
        for name in names:
            monkeypatch.setattr(getattr(module, name), "n", 10_000)


class Phones:
    """Makes phones, each with a profile of its own."""

    def __init__(self, chromium: Any, served: str) -> None:
        self.chromium, self.served = chromium, served
        self.contexts: list[Any] = []
        self.errors: list[str] = []

    def __call__(self, *, language: str = "zh-CN", width: int = 390, theme: str = "light", height: int = 844) -> Any:
        context = self.chromium.new_context(
            base_url=self.served, locale=language, color_scheme=theme, viewport={"width": width, "height": height}
        )
        self.contexts.append(context)
        return self.tab(context)

    def tab(self, context: Any) -> Any:
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._hear)
        return page

    def _hear(self, message: Any) -> None:
        if message.type == "error" and not EXPECTED.search(message.text):
            self.errors.append(message.text)


@pytest.fixture
def phone(chromium: Any, served: str) -> Iterator[Phones]:
    phones = Phones(chromium, served)
    yield phones
    for context in phones.contexts:
        context.close()
    assert phones.errors == []


Phone = Callable[..., Any]
