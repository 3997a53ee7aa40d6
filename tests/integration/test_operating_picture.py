"""The operating picture and its wall: as each role, what it shows of a fever and of what is not known, how many queries."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.console import situation
from lazaretto.protocol.text import Text
from lazaretto.web import picture
from tests.conftest import Small
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401
from tests.integration.test_fevers import tell

PAGE, WALL, NOW = ("/facilities/YT/picture/", "/facilities/YT/wall/", "/facilities/YT/picture/now/")


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    situation._kept.forget()


@pytest.fixture
def noon(make_facility: Callable[..., Small], look_at: Callable[[int], None]) -> Small:
    """12:45 with a round every two hours: P1 was read at 08:40, of P2 and P3 nothing is known."""
    small = make_facility("YT", protocol="facility-s1-drug-rehab")
    small.at = small.moment("12:45")
    small.bring("facts", "id,observation,subject,observed_at,value,by\na,temperature,P1,2026-03-17 08:40,36.5,S1")
    look_at(small.at)
    return small


def text(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


@pytest.mark.parametrize("role", POLICY)
def test_each_role(noon: Small, sign_in: SignIn, role: str) -> None:
    client = sign_in(role, noon.facility.organisation)
    wanted = 200 if Permission.REPORT_READ in POLICY[role] else 403
    assert [client.get(page).status_code for page in (PAGE, WALL, NOW)] == [wanted] * 3


def test_nobody_another_facility_and_the_bureau(noon: Small, make_facility: Any, sign_in: SignIn, client: Any) -> None:
    make_facility("ZZ")
    assert client.get(PAGE).status_code == 302
    lead = sign_in("epidemic_lead", noon.facility.organisation)
    assert [lead.get(p.replace("YT", "ZZ")).status_code for p in (PAGE, WALL, NOW)] == [404] * 3


def test_unknown_is_not_missed_and_both_open_their_names(noon: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", noon.facility.organisation)
    found = lead.get(PAGE)
    said = text(found)
    assert "of 3 people no temperature is known" in said
    ring = re.search(r'aria-label="(Temperature of people[^"]*)"', found.content.decode())
    assert ring is not None
    states = {w: int(n) for w, n in re.findall(r"(late|missed|unknown|pending) (\d+)", ring[1])}
    row = next(m for m in noon.draft()["measures"] if m["id"] == "temperature.residents")
    assert states["missed"] + states["unknown"] == row["missed"]
    assert states["unknown"] == 2 * (states["missed"] + 1)  # P1 was seen once, the others never
    assert "/days/2026-03-17/?measure=temperature.residents#gaps" in found.content.decode()
    assert "Wing 1, 2 people" in found.content.decode()


def test_a_fever_is_an_alert_at_its_place_without_a_name(noon: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", noon.facility.organisation)
    assert "fever confirmed" not in text(lead.get(NOW))
    tell(noon, "b P2 12:01 38.2", "c P2 12:30 38.4")
    for page in (PAGE, WALL, NOW):
        said = text(lead.get(page))
        assert "1 fever confirmed" in said
        assert "Fever confirmed by a second reading." in said
        assert "Cell 102" in said
        assert "钱二" not in said
        assert "P2" not in said
    plan = lead.get(PAGE).content.decode()
    assert re.search(r'class="room is-alert"', plan)
    assert re.search(r'aria-label="Wing 1, 2 people, alert 1', plan)


def test_what_apps_fill_in_is_drawn_and_nothing_else(noon: Small, sign_in: SignIn, monkeypatch: Any) -> None:
    lead = sign_in("epidemic_lead", noon.facility.organisation)
    before = text(lead.get(PAGE))
    sources: dict[str, dict[str, picture.Source]] = {part: {} for part in picture.PARTS}
    monkeypatch.setattr(picture, "_sources", sources)
    picture.fill("alerts", "stock", lambda f, at, may: [picture.Alert("due", "KIT", at, Text("库存", "Gowns for 2 days"))])  # fmt: skip
    picture.fill("numbers", "stages", lambda f, at, may: [picture.Number("x", Text("出监前", "Before release"), None)])
    picture.fill("beside", "gate", lambda f, at, may: [picture.Beside("KIT", "hold", Text("留置", "2 lots on hold"))])
    said = text(lead.get(PAGE))
    for words in ("Gowns for 2 days", "Before release", "2 lots on hold"):
        assert words in said
        assert words not in before
    with pytest.raises(KeyError):
        picture.fill("nowhere", "x", lambda f, at, may: [])


def test_one_measure_colours_the_plan(noon: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", noon.facility.organisation)
    every, one = (lead.get(PAGE, {"measure": m}).content.decode() for m in ("", "ventilation.key_areas"))
    assert every.count('class="room is-unknown"') == 2
    assert one.count('class="room is-unknown"') == 0
    assert 'aria-current="true"' in one


def test_as_many_queries_for_many_as_for_few(noon: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", noon.facility.organisation)

    def asked() -> list[int]:
        found = []
        for page in (PAGE, WALL, NOW):
            situation._kept.forget()
            with CaptureQueriesContext(connection) as queries:
                assert lead.get(page).status_code == 200
            found.append(len(queries))
        with CaptureQueriesContext(connection) as kept:
            lead.get(NOW)
        return [*found, len(kept)]

    asked()
    few = asked()
    people = [f"Q{n}" for n in range(60)]
    noon.bring("people", "code,population\n" + "\n".join(f"{q},prisoner" for q in people), name="more.csv")
    noon.bring("presence", "subject,place,from\n" + "\n".join(f"{q},W1-101,2026-03-01" for q in people), name="mp.csv")
    tell(noon, *(f"h{q} {q} 12:01 38.2" for q in people[:20]))
    many = asked()
    assert [m <= f + 3 for f, m in zip(few, many, strict=True)] == [True] * 4, (
        few,
        many,
    )  # the fevers' people and places
    assert max(many) <= 60
    assert many[3] <= 22


def test_without_a_protocol_it_says_so(noon: Small, sign_in: SignIn) -> None:
    from lazaretto.apps.command.models import Adoption

    lead = sign_in("epidemic_lead", noon.facility.organisation)
    Adoption.objects.all().delete()
    assert lead.get(PAGE).status_code == 200
    assert lead.get(NOW).status_code == 204
