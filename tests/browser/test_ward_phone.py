"""The ward client beside the round: asked twice, skipped, undone, locked, handed over, and two who differ."""

import os
from typing import Any

import pytest

from lazaretto.apps.accounts.models import ApiToken
from lazaretto.apps.rounds.models import Fact, FeverEpisode
from tests.browser.conftest import _ALL
from tests.browser.test_day_report import _violations
from tests.browser.ward import PIN, given_the_ward_is_open, when_typing, when_unlocking
from tests.browser.ward_phone import Phones, _fresh_limits, phone  # noqa: F401
from tests.conftest import Small
from tests.integration.pages import PASSWORD, _plain_static  # noqa: F401
from tests.ward import noon, officer, ward_clock  # noqa: F401

pytestmark = pytest.mark.browser


def screen(page: Any, name: str) -> None:
    page.locator(f"#ward[data-screen={name}]").wait_for()


def when_sent(page: Any) -> None:
    page.locator(".w-pill, .w-offline").first.wait_for(state="detached")


def test_asked_twice_skipped_undone_and_found_by_code(noon: Small, phone: Phones) -> None:
    page = phone(language="en-GB")
    given_the_ward_is_open(page)
    page.locator("#next").click()
    when_typing(page, "4")
    page.keyboard.type("6")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    when_typing(page, "299")  # no body has 29 degrees: the pad does not take the 2, and 99 is 39.9
    assert page.locator("#number").inner_text().startswith("39.9")
    page.get_by_role("button", name="Erase a digit").click()
    page.get_by_role("button", name="Erase a digit").click()
    when_typing(page, "84")
    page.get_by_role("button", name="Cough").click()
    page.locator("#save").click()
    assert "38.4 °C, 2.3 above the own median. Is this right?" in page.get_by_role("alert").inner_text()
    page.get_by_role("button", name="Yes, 38.4").click()
    page.get_by_role("heading", name="钱二").wait_for()

    page.get_by_role("button", name="Skip").click()
    page.get_by_role("button", name="declined (informed)").click()
    screen(page, "beds")
    assert "2 / 2" in page.locator(".w-progress").inner_text()
    when_sent(page)
    assert FeverEpisode.objects.get().subject == "P1"
    assert Fact.objects.get(observation="symptoms").value == "1"
    assert Fact.objects.get(outcome="refused").reason == "declined"

    page.get_by_role("button", name="disinfection").click()
    page.get_by_role("button", name="Done now Cell 101").click()
    page.get_by_role("button", name="Undo Cell 101").click()
    page.get_by_role("button", name="Done now Cell 102").click()
    page.get_by_role("button", name="Undo Cell 102").wait_for()
    page.go_back()
    when_sent(page)
    done = Fact.objects.filter(observation="disinfection")
    assert sorted(done.values_list("subject", "outcome")) == [
        ("W1-101", "done"),
        ("W1-101", "void"),
        ("W1-102", "done"),
    ]

    page.get_by_role("button", name="Scan a door or wristband").click()
    page.get_by_label("Code on the door or wristband").fill("nobody")
    page.keyboard.press("Enter")
    assert "has the code nobody" in page.locator("form [role=alert]").inner_text()
    page.get_by_label("Code on the door or wristband").fill("person:p1")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="赵一").wait_for()
    page.context.clear_cookies()  # the session is over; recording goes on
    when_typing(page, "82")  # after a high reading the next is its second
    assert page.get_by_role("button", name="One more reading").get_attribute("aria-pressed") == "true"
    page.locator("#save").click()
    page.locator("#yes").click()
    screen(page, "beds")
    page.locator(".w-row", has_text="赵一").click()
    when_typing(page, "68")
    page.get_by_role("button", name="Corrects 38.2").click()
    page.locator("#save").click()
    screen(page, "beds")
    when_sent(page)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.get_by_role("link", name="Signed out.").click()
    page.locator("#username").fill("officer")
    page.locator("#password").fill(PASSWORD)
    page.locator("form:has(#password) button").click()
    when_unlocking(page)
    assert page.get_by_role("link", name="Signed out.").count() == 0
    second = Fact.objects.get(observation="temperature", value="38.2")
    assert second.supersedes == ""
    assert Fact.objects.get(observation="temperature", value="36.8", source="offline").supersedes == second.id


def test_locked_then_left_with_unsent_records_which_a_colleague_sends(noon: Small, phone: Phones) -> None:
    officer(noon, "colleague", "许怀瑾")
    page = phone(language="en-GB")
    given_the_ward_is_open(page)
    page.get_by_role("button", name="This phone").click()
    page.get_by_role("button", name="Lock now").click()
    screen(page, "locked")
    page.wait_for_timeout(300)
    page.goto("/facilities/YT/due/?place=W1")
    assert page.url.endswith("/ward/")
    assert "赵一" not in page.content()
    when_typing(page, "000001")
    page.get_by_text("4 tries are left").wait_for()
    when_unlocking(page)

    page.context.set_offline(True)
    page.locator("#next").click()
    when_typing(page, "65")
    page.locator("#save").click()
    page.get_by_role("heading", name="钱二").wait_for()
    page.locator(".w-pill").click()
    page.get_by_role("button", name="Change user").click()
    assert "1 records are not sent yet" in page.locator("#main").inner_text()
    page.get_by_role("button", name="Sign out all the same").click()
    screen(page, "welcome")
    assert "1 sealed records are still here" in page.locator("#main").inner_text()
    kept = page.evaluate(
        """() => new Promise((resolve) => { indexedDB.open("lazaretto-ward").onsuccess = ({ target }) => {
        const asked = target.result.transaction("kept").objectStore("kept").getAllKeys();
        asked.onsuccess = () => resolve(asked.result); }; })"""
    )
    assert set(kept) <= {"device", "sent", "settings"}  # no names, no key, no pass
    assert Fact.objects.filter(source="offline").count() == 0

    page.context.set_offline(False)
    page.context.clear_cookies()  # what the phone could not tell the server without network
    given_the_ward_is_open(page, user="colleague")
    page.wait_for_function("() => !document.querySelector('.w-offline')")
    row = Fact.objects.get(source="offline")
    assert (row.by, row.value) == ("S1", "36.5")
    assert ApiToken.objects.filter(user__username="colleague").count() == 1


def test_five_wrong_pins_destroy_the_names_and_not_the_records(noon: Small, phone: Phones) -> None:
    page = phone(language="en-GB")
    given_the_ward_is_open(page)
    page.context.set_offline(True)
    page.locator("#next").click()
    when_typing(page, "65")
    page.locator("#save").click()
    page.get_by_role("heading", name="钱二").wait_for()
    page.reload()
    for left in (4, 3, 2, 1):
        when_typing(page, "111112")
        page.get_by_text(f"{left} tries are left").wait_for()
        page.reload()  # a reload gives no try back
        page.locator("#ward[data-screen=locked] .w-pad").wait_for()
    when_typing(page, "111112")
    screen(page, "welcome")
    assert "are destroyed" in page.locator("#main").inner_text()
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.get_by_role("link", name="Sign in").wait_for()
    page.wait_for_function("() => !document.querySelector('#main').innerText.includes('sealed')")
    assert Fact.objects.get(source="offline").value == "36.5"


def test_two_who_differ_are_shown_and_one_is_let_stand(noon: Small, phone: Phones) -> None:
    noon.at = noon.moment("13:06")
    noon.bring("facts", "id,observation,subject_kind,subject,observed_at,outcome,value,ucum,by\nx1,temperature,person,P1,2026-03-17 13:05,done,37.1,Cel,S9")  # fmt: skip
    page = phone()
    given_the_ward_is_open(page)
    page.locator(".w-row", has_text="赵一").click()
    when_typing(page, "68")
    page.locator("#save").click()
    page.wait_for_timeout(300)
    page.goto("/ward/#results")
    page.reload()
    page.locator("#ward[data-screen=locked] .w-pad").wait_for()
    when_typing(page, PIN)
    page.get_by_text("两人记录不同，不会自动覆盖").wait_for()
    page.get_by_role("button", name="用 36.8").click()
    page.get_by_text("两人记录不同，不会自动覆盖").wait_for(state="detached")
    assert Fact.objects.get(supersedes="x1").outcome == "void"


#: All eight with LAZARETTO_LOOKS=all; else the two that differ in everything. Each is also tried at 320 px.
LOOKS = [look for look in _ALL if os.environ.get("LAZARETTO_LOOKS") == "all" or look in (_ALL[0], _ALL[-1])]
SMALL = """() => [...document.querySelectorAll('.w-app button, .w-app a, .w-app input, .w-app select')]
    .filter((e) => e.offsetParent && (e.offsetHeight < 44 || e.offsetWidth < 44)).map((e) => e.outerHTML)"""


@pytest.mark.parametrize(("width", "language", "theme"), LOOKS)
def test_each_screen_is_accessible_and_fits(noon: Small, phone: Phones, width: int, language: str, theme: str) -> None:
    """Pictures of each go to `var/`."""
    from axe_playwright_python.sync_playwright import Axe

    found: dict[str, list[str]] = {}
    page = phone(language=language, width=width, theme=theme)

    def look(name: str) -> None:
        page.screenshot(path=f"var/ward-{name}-{language[:2]}-{theme}-{width}.png")
        found[name] = _violations(Axe().run(page))
        for narrow, height in ((320, 568), (width, 844)):
            page.set_viewport_size({"width": narrow, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= narrow, name
            assert page.evaluate(SMALL) == [], name

    page.goto("/ward/")
    screen(page, "welcome")
    look("welcome")
    given_the_ward_is_open(page)
    look("beds")
    page.locator("#next").click()
    screen(page, "enter")
    when_typing(page, "84")
    look("enter")
    page.locator("#save").click()
    page.locator("#asked").wait_for()
    look("asked")
    page.locator("#yes").click()
    for name in ("how", "places", "results", "scan", "device", "leave"):
        page.evaluate(f"location.hash = '{name}'")
        screen(page, name)
        look(name)
    page.evaluate("location.hash = 'device'")
    page.locator("#ward[data-screen=device] footer button").click()
    screen(page, "locked")
    look("locked")
    assert {name: bad for name, bad in found.items() if bad} == {}


def test_left_alone_the_client_and_every_other_page_lock(noon: Small, phone: Phones) -> None:
    page = phone()
    page.clock.install()
    given_the_ward_is_open(page)
    page.locator("#next").click()
    screen(page, "enter")
    page.clock.fast_forward(4 * 60_000)
    screen(page, "enter")
    page.clock.fast_forward(2 * 60_000)
    screen(page, "locked")
    assert "赵一" not in page.content()
    when_unlocking(page)
    page.goto("/facilities/YT/due/?place=W1")
    page.get_by_role("link", name="用手机巡查").wait_for()
    page.clock.fast_forward(6 * 60_000)
    page.wait_for_url("**/ward/")
    screen(page, "locked")
    when_unlocking(page)
    page.goto("/facilities/YT/due/?place=W1")
    page.locator("form[action$='/sign-out/'] button").first.click()
    page.wait_for_url("**/sign-in/")
    page.goto("/ward/")
    screen(page, "welcome")  # signing out anywhere destroys what is under the PIN
