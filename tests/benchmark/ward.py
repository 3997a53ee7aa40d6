"""
The ward client on a slow phone: first load and first use at 4x CPU throttle and 1.6 Mbit/s, from a real server with its
compressed files; then the ward's list, opening by PIN, and a start without network.
"""

import os
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests import environment  # noqa: F401  (where the settings look)

CPU, DOWN, UP, LATENCY = 4, 1_600_000 / 8, 750_000 / 8, 150
PIN = "260317"


class Phone:
    """A browser slowed down to a phone, which counts what it loads."""

    def __init__(self, browser: Any, address: str, session: str) -> None:
        self.context = browser.new_context(base_url=address, viewport={"width": 390, "height": 844}, locale="zh-CN")
        self.context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        self.page = self.context.new_page()
        self.bytes = self.requests = 0
        self.wire = self.context.new_cdp_session(self.page)
        self.wire.send("Network.enable")
        self.wire.on("Network.loadingFinished", self._loaded)
        self.wire.send("Emulation.setCPUThrottlingRate", {"rate": CPU})
        slow = {"offline": False, "latency": LATENCY, "downloadThroughput": DOWN, "uploadThroughput": UP}
        self.wire.send("Network.emulateNetworkConditions", slow)

    def _loaded(self, told: dict[str, Any]) -> None:
        self.bytes, self.requests = self.bytes + told["encodedDataLength"], self.requests + 1

    def until(self, screen: str) -> None:
        self.page.locator(f"#ward[data-screen={screen}] button").first.wait_for()

    def type(self) -> None:
        for digit in PIN:
            self.page.locator(".w-key", has_text=digit).click()


def measure(browser: Any, address: str, session: str) -> None:
    warm = browser.new_context(base_url=address)
    warm.request.get("/ward/")
    warm.request.get("/ward/worker.js")
    warm.close()
    phone = Phone(browser, address, session)
    start = time.perf_counter()
    phone.page.goto("/ward/")
    phone.until("begin")
    usable = time.perf_counter() - start
    say(f"first load {phone.bytes / 1000:.1f} kB in {phone.requests} requests; first usable after {usable:.2f} s")
    phone.page.locator(".w-list button").nth(1).click()
    phone.type()
    phone.page.wait_for_timeout(300)
    start = time.perf_counter()
    phone.type()
    phone.until("beds")
    say(f"PIN set, pass given, ward listed: {time.perf_counter() - start:.2f} s")
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.page.wait_for_timeout(3000)
    phone.context.set_offline(True)
    start = time.perf_counter()
    phone.page.reload()
    phone.until("locked")
    locked = time.perf_counter() - start
    start = time.perf_counter()
    phone.type()
    phone.until("beds")
    say(
        f"without network: started after {locked:.2f} s, open {time.perf_counter() - start:.2f} s after the first digit"
    )
    phone.context.close()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    import django

    django.setup()
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import ARGUMENTS
    from tests.integration.installations.installation import Installation, end_workers
    from tests.integration.installations.live_clients import people, served

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with TemporaryDirectory() as folder:
        node = Installation(Path(folder), os.environ.get("LAZARETTO_DATABASE", ""))
        node.fill()
        end_workers()
        sessions, _ = people(node, 1)
        with served(node) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
            say(f"{CPU}x CPU throttle, {DOWN * 8 / 1e6:g} Mbit/s, {LATENCY} ms latency")
            measure(browser, f"http://127.0.0.1:{server.port}", sessions[0])
            browser.close()


if __name__ == "__main__":
    main()
