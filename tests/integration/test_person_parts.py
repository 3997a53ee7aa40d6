"""What other apps know of a person, on his file: by role, looked at on record, and missing is not zero."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from lazaretto.apps.accounts.models import Role, SensitiveRead
from lazaretto.apps.rounds.course import Course, Reading
from tests.conftest import DAY, ZONE, Small
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401

HERE = "/facilities/YT/people/P1/"
HIGH = """
id,observation,subject_kind,subject,observed_at,outcome,value,ucum,by,reason,site
a1,temperature,person,P1,2026-03-16 07:00,done,36.5,Cel,S1,,axilla
a2,temperature,person,P1,2026-03-17 07:00,done,38.4,Cel,S1,,axilla
a3,temperature,person,P1,2026-03-17 09:00,refused,,,S1,asleep,
"""


@pytest.fixture
def seen(small: Small, look_at: Callable[[int], None]) -> Small:
    small.at = small.moment("10:00")
    assert not small.bring("facts", HIGH).failures
    look_at(small.at)
    return small


def part(client: Client, name: str) -> str:
    page = client.get(HERE).content.decode()
    return re.search(rf'aria-labelledby="{name}".*?</section>', page, re.S)[0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("role", "parts"),
    [
        (Role.CLINICIAN, "readings duties tests courses alerts"), (Role.WARD_OFFICER, "readings duties courses alerts"),
        (Role.EPIDEMIC_LEAD, "readings duties courses alerts"), (Role.INSPECTOR, "duties courses"),
        (Role.GATE_OFFICER, ""),
    ],
)  # fmt: skip
def test_each_role_sees_its_parts_and_the_look_is_kept(seen: Small, sign_in: SignIn, role: str, parts: str) -> None:
    client = sign_in(role, seen.facility.organisation)
    open_ = {n for n in ("readings", "duties", "tests", "courses", "alerts") if "hiddenrow" not in part(client, n)}
    assert open_ == set(parts.split())
    page = client.get(HERE).content.decode()
    assert ("38.4" in page) == ("readings" in open_)
    looks = {f for look in SensitiveRead.objects.all() for f in look.fields.split(",")}
    assert ("facts" in looks) == ("readings" in open_)


def test_the_lead_sees_tests_after_saying_why(seen: Small, sign_in: SignIn) -> None:
    client = sign_in(Role.EPIDEMIC_LEAD, seen.facility.organisation)
    assert "under Health" in part(client, "tests")
    page = client.post(HERE + "show/", {"what": "health", "why": "contact tracing"}).content.decode()
    assert "None was ordered." in page


def test_a_day_without_a_reading_is_unknown_and_a_refusal_says_so(seen: Small, sign_in: SignIn) -> None:
    told = part(sign_in(Role.CLINICIAN, seen.facility.organisation), "readings")
    rows = re.findall(r"<tr><th scope=\"row\".*?</tr>", told, re.S)
    assert len(rows) == 14
    assert ["38.4" in row and "asleep" in row and "high" in row for row in rows[:2]] == [True, False]
    assert "36.5" in rows[1]
    assert all("unknown" in row for row in rows[2:])
    assert told.count('class="nothing"') == 12
    assert 'class="high"' in told
    assert "second reading from 37.3" in told
    assert not re.search(r">0(\.0)?<", told)
    alerts = part(sign_in(Role.WARD_OFFICER, seen.facility.organisation), "alerts")
    assert "waits for its second one" in alerts


def test_a_person_who_was_away_is_not_unknown() -> None:
    from datetime import timedelta

    from lazaretto.apps.console.presenters.readings import Chart
    from lazaretto.protocol.clock import instant

    at = instant(ZONE, DAY - timedelta(days=3), 8 * 60)
    readings = [Reading(at, Decimal("36.4"), "done", "", ""), Reading(at + 3 * 86_400_000, Decimal("36.6"), "done", "", "")]  # fmt: skip
    chart = Chart(Course(readings, Decimal("37.3"), None), ZONE, DAY, 14, {DAY - timedelta(days=n) for n in (0, 1, 3)})
    drawn = chart.drawn()
    assert chart.silent() == [DAY - timedelta(days=1)]
    assert [d["kind"] for d in drawn["days"]].count("away") == 11
    assert drawn["paths"] == []  # no line over a day of which nothing is known
    assert drawn["points"][0]["y"] > drawn["points"][1]["y"]
    assert drawn["screen"]["y"] < drawn["points"][1]["y"]
