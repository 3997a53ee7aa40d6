"""What a superior body sees: who came, who is late, who is missing; and that nothing is made better by adding up."""

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from lazaretto.apps.accounts.models import Organisation
from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.reporting import actions as reporting
from lazaretto.apps.reporting import overview, submissions
from lazaretto.apps.reporting.models import ReceivedBundle, TrustedKey
from lazaretto.apps.reporting.overview import Bound
from tests.conftest import DAY, HOUR, Small
from tests.exchange import FIRST, Elsewhere, at, file_of
from tests.integration.pages import READINGS, SignIn, _plain_static, every_role, look_at, sign_in  # noqa: F401
from tests.integration.test_bundles import known

PAGE = "/bodies/JD/submissions/"
PAGES = (PAGE, "/bodies/JD/submissions.xlsx", "/bodies/JD/receive/", "/bodies/JD/keys/")
assert FIRST == DAY


@pytest.fixture
def houses(small: Small, look_at: Callable[[int], None]) -> dict[str, Any]:
    """
    A bureau with four facilities: one of this node that signed, one that sent in time, one that sent late and amended,
    and one of which nothing came.
    """
    known(Elsewhere(code="AA", name="澄岭监狱"))
    bureau = known(Elsewhere(code="BB", name="鹤汊监狱")).command_parent
    known(Elsewhere(code="CC", name="渚山监狱"))
    small.facility.organisation.command_parent = bureau
    small.facility.organisation.save()
    small.bring("facts", READINGS)
    reporting.sign(facility=small.facility, on=DAY, by="test", signer="Qin", at=small.at)
    first, second = Elsewhere(code="AA"), Elsewhere(code="BB")
    few = {"present_end": 80, "fever_confirmed": {"suppressed": True, "value": None}, "in_isolation": 7}
    first.report(DAY, counts=few)
    submissions.receive(data=file_of(first.bundle(DAY)), by="test", at=at(DAY, 40))
    second.report(DAY, missed=3)
    submissions.receive(data=file_of(second.bundle(DAY)), by="test", at=at(DAY, 24 + 20))
    second.report(DAY, missed=1)
    submissions.receive(data=file_of(second.bundle(DAY, made_at=at(DAY, 45))), by="test", at=at(DAY, 24 + 22))
    look_at(at(DAY, 24 + 23))
    return {"bureau": bureau, "small": small, "first": first, "second": second}


def rows_of(bureau: Any, now: int = at(DAY, 24 + 23)) -> dict[str, overview.Row]:
    below = overview.facilities_under(bureau, user=None, on=DAY)
    return {row.organisation.code: row for row in overview.overview(below, DAY, now)}


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return response.content.decode()


def row_of(page: str, code: str) -> str:
    return next(row for row in re.findall(r"<tr>.*?</tr>", page, re.S) if f">{code}<" in row)


def test_each_day_says_when_it_came(houses: dict[str, Any]) -> None:
    rows = rows_of(houses["bureau"])
    assert {code: row.day.word for code, row in rows.items()} == {
        "YT": "contradictory" if rows["YT"].day.state == "contradictory" else rows["YT"].day.state,
        "AA": "complete", "BB": "late", "CC": "unknown",
    }  # fmt: skip
    assert rows["AA"].day.late_ms == 0
    assert rows["BB"].day.late_ms == 3 * HOUR
    assert rows["BB"].day.is_amended
    assert rows["CC"].day.overdue_ms == 6 * HOUR
    assert rows["CC"].cells[0].on == DAY - timedelta(days=13)
    assert overview.received(list(rows.values())) == 3


def test_what_is_not_owed_yet_is_not_missing(houses: dict[str, Any]) -> None:
    assert rows_of(houses["bureau"], at(DAY, 24 + 17))["CC"].day.state == "pending"
    assert rows_of(houses["bureau"], at(DAY, 24 + 17) + 1)["CC"].day.state == "unknown"


def test_a_total_is_a_lower_bound_and_a_small_number_is_never_zero(houses: dict[str, Any]) -> None:
    rows = rows_of(houses["bureau"])
    assert rows["AA"].count("fever_confirmed") == Bound(1, exact=False)
    assert rows["AA"].count("in_quarantine") == Bound(None)
    assert rows["CC"].count("present_end") == Bound(None, exact=False)
    listed = [rows["AA"], rows["BB"]]
    assert overview.total(listed, "present_end") == Bound(200)
    assert overview.total(listed, "fever_confirmed") == Bound(1, exact=False)
    assert overview.total([*listed, rows["CC"]], "present_end") == Bound(200, exact=False)
    assert overview.total([rows["CC"]], "present_end") == Bound(None, exact=False)


def test_a_fever_that_nobody_measured_is_unknown(houses: dict[str, Any]) -> None:
    house = houses["first"]
    document = house.report(DAY + timedelta(days=1), missed=10)
    assert overview.bound(document, "fever_confirmed") == Bound(None, exact=False)
    assert overview.bound(document, "present_end") == Bound(120)
    assert overview.bound(house.report(DAY + timedelta(days=2), missed=1), "fever_confirmed") == Bound(0, exact=False)


def test_the_page_says_it(houses: dict[str, Any], sign_in: SignIn) -> None:
    page = text_of(sign_in("bureau_viewer", houses["bureau"]), PAGE + "?on=2026-03-17")
    assert "3 of 4 received" in page
    assert "1 facility unknown" in page
    assert "late by 3 h" in row_of(page, "BB")
    assert "amended, no. 2" in row_of(page, "BB")
    missing = row_of(page, "CC")
    assert "missing; overdue by 6 h" in missing
    assert missing.count("lz-hatch") >= 5
    assert not re.search(r">\s*0\s*<", missing)
    assert "≥" in page.partition("<tfoot>")[2].partition("</tfoot>")[0]
    assert "赵一" not in page
    assert "/facilities/YT/days/2026-03-17/" in page


def test_filters_and_order(houses: dict[str, Any], sign_in: SignIn) -> None:
    client = sign_in("bureau_viewer", houses["bureau"])
    page = text_of(client, PAGE + "?on=2026-03-17&state=unknown")
    assert ">CC<" in page
    assert ">AA<" not in page
    assert ">BB<" in text_of(client, PAGE + "?on=2026-03-17&q=鹤汊")
    assert "Nothing fits the filter." in text_of(client, PAGE + "?on=2026-03-17&q=nowhere")
    assert ">BB<" in text_of(client, PAGE + "?on=2026-03-17&state=amended")
    ordered = text_of(client, PAGE + "?on=2026-03-17&sort=state")
    assert ordered.index(">CC<") < ordered.index(">AA<")


def test_the_same_as_excel(houses: dict[str, Any], sign_in: SignIn) -> None:
    response = sign_in("bureau_viewer", houses["bureau"]).get("/bodies/JD/submissions.xlsx?on=2026-03-17")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()
    assert len(rows) == 6
    assert rows[-1][0] == "Total"
    assert str(rows[-1][5]).startswith("≥")
    assert [r[1] for r in rows[1:5]] == ["AA", "BB", "CC", "YT"]


@every_role
def test_each_role_sees_what_its_policy_says(houses: dict[str, Any], sign_in: SignIn, role: str) -> None:
    """At the bureau: the list with `submissions.read`, taking in and keys with `submissions.receive`."""
    client = sign_in(role, houses["bureau"])
    may = POLICY[role]
    below = role != "public_health"
    assert client.get(PAGE).status_code == (200 if Permission.SUBMISSIONS_READ in may else 403)
    assert client.get(PAGES[1]).status_code == (200 if Permission.SUBMISSIONS_READ in may else 403)
    for path in PAGES[2:]:
        wanted = 200 if Permission.SUBMISSIONS_RECEIVE in may else 403
        assert client.get(path).status_code == wanted
        assert client.post(path, {}).status_code in ((422, 404) if wanted == 200 else (403,))
    if Permission.SUBMISSIONS_READ in may:
        assert (">AA<" in text_of(client, PAGE + "?on=2026-03-17")) is below  # the scope follows the parent of the role
        assert client.get("/submissions/").status_code == 302
    else:
        assert client.get("/submissions/").status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_outside_the_scope_nothing_is_found(houses: dict[str, Any], sign_in: SignIn, path: str) -> None:
    for role in ("bureau_approver", "epidemic_lead"):
        client = sign_in(role, houses["small"].facility.organisation)
        assert client.get(path).status_code == 404
        assert client.get(path.replace("JD", "NOWHERE")).status_code == 404
    assert Client().get(path).status_code == 302


def test_a_facility_sees_itself_only(houses: dict[str, Any], sign_in: SignIn) -> None:
    page = text_of(sign_in("bureau_viewer", houses["small"].facility.organisation), "/bodies/YT/submissions/")
    assert ">YT<" in page
    assert ">AA<" not in page


def test_taking_a_bundle_in_on_the_page(houses: dict[str, Any], sign_in: SignIn, look_at: Any) -> None:
    client, house = sign_in("bureau_approver", houses["bureau"]), houses["first"]
    look_at(at(DAY, 60))
    data = file_of(house.day(1))

    def post(content: bytes) -> Any:
        return client.post("/bodies/JD/receive/", {"file": SimpleUploadedFile("b.json", content)})

    assert "taken in" in post(data).content.decode()
    assert "here already" in post(data).content.decode()
    response = post(data[:-10])
    assert response.status_code == 422
    assert "cut short" in response.content.decode()
    assert ReceivedBundle.objects.filter(organisation__code="AA").count() == 2
    stranger = Elsewhere(code="DD")
    known(stranger)
    outside = stranger.day(0)
    Organisation.objects.filter(code="DD").update(command_parent=None)
    assert post(file_of(outside)).status_code == 422


def test_telling_a_key_on_the_page(houses: dict[str, Any], sign_in: SignIn) -> None:
    """First the fingerprint in groups of four, then the act; another key needs a reason."""
    client = sign_in("bureau_approver", houses["bureau"])
    house = Elsewhere(code="CC", seed="another")
    keys = json.dumps(house.key_file).encode()
    given = {"organisation": "CC"}
    page = client.post("/bodies/JD/keys/", given | {"file": SimpleUploadedFile("k.json", keys)}).content.decode()
    marks = re.search(r'class="lz-fingerprint">(.*?)</p>', page, re.S)
    assert marks
    assert len(re.findall(r"<span>[0-9a-f]{4}</span>", marks[1])) == 8
    before = TrustedKey.objects.count()
    told = given | {"told": json.dumps(house.key_file), "compared": "yes"}
    response = client.post("/bodies/JD/keys/", told)
    assert response.status_code == 422
    assert "say why" in response.content.decode()
    assert client.post("/bodies/JD/keys/", told | {"reason": "new machine"}).status_code == 302
    assert TrustedKey.objects.count() == before + 1
    assert client.post("/bodies/JD/keys/", given | {"told": "[]", "compared": "yes"}).status_code == 422
    assert client.post("/bodies/JD/keys/", told | {"organisation": "JD"}).status_code == 404


def test_a_form_from_elsewhere_is_refused(houses: dict[str, Any], sign_in: SignIn) -> None:
    client = sign_in("bureau_approver", houses["bureau"], enforce_csrf=True)
    for path in PAGES[2:]:
        assert client.post(path, {}).status_code == 403


def test_a_contradiction_is_loud(houses: dict[str, Any], sign_in: SignIn) -> None:
    other = Elsewhere(code="AA")
    other.write("another past")
    submissions.receive(data=file_of(other.day(0)), by="test", at=at(DAY, 46))
    page = text_of(sign_in("bureau_viewer", houses["bureau"]), PAGE + "?on=2026-03-17")
    assert "two different bundles have one number" in row_of(page, "AA")
    assert "Two files do not fit together" in page


def test_the_page_asks_as_much_of_the_database_for_ten_facilities_as_for_four(
    houses: dict[str, Any], sign_in: SignIn
) -> None:
    client = sign_in("bureau_viewer", houses["bureau"])

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE + "?on=2026-03-17")
        return len(queries)

    few = asked()
    for n in range(6):
        house = Elsewhere(code=f"H{n}")
        known(house)
        submissions.receive(data=file_of(house.day(0)), by="test", at=at(DAY, 46))
    assert asked() == few


def test_the_figures_above_the_table_count_nobody_missing_as_zero(houses: dict[str, Any], sign_in: SignIn) -> None:
    page = text_of(sign_in("bureau_viewer", houses["bureau"]), PAGE)
    strip = re.search(r'<dl class="lz-figures.*?</dl>', page, re.S)
    assert strip is not None
    cells = [" ".join(re.sub(r"<[^>]+>", " ", c).split()) for c in re.findall(r"<div.*?</div>", strip[0], re.S)]
    assert cells[0] == "Received 3 / 4"
    assert cells[1] == "Unknown 1 not counted as zero anywhere"
    assert re.search(r'class="[^"]*lz-hatch"><dt><span class="lz-plate">Unknown', strip[0])
    assert cells[2].startswith("Fever confirmed ≥ 1")
    assert cells[3].startswith("Isolation ≥ ")
    assert re.fullmatch(r"Coverage [\d.]+% [\d.]+%–[\d.]+%", cells[-1]), cells[-1]
