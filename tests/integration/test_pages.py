"""Each page: who may see it, what it says of an unknown day, signing and amending, files, and what it costs."""

import io
import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import queries
from lazaretto.apps.reporting import actions as reporting
from lazaretto.apps.reporting.models import SignedReport
from tests.conftest import DAY, Small
from tests.integration.pages import READINGS, SignIn, _plain_static, look_at, sign_in  # noqa: F401

PAGES = ("/", "/facilities/YT/days/2026-03-17/", "/facilities/YT/protocol/")
DAY_PAGE = "/facilities/YT/days/2026-03-17/"


@pytest.fixture
def seen(small: Small, look_at: Callable[[int], None]) -> Small:
    """A facility with a day's readings, looked at as that day ends; nothing is signed."""
    small.bring("facts", READINGS)
    look_at(small.at)
    return small


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return response.content.decode()


def row_of(page: str, name: str) -> str:
    return next(row for row in re.findall(r"<tr.*?</tr>", page, re.S) if name in row)


@pytest.mark.parametrize("path", PAGES)
def test_the_epidemic_lead_reads_every_page(seen: Small, sign_in: SignIn, path: str) -> None:
    page = text_of(sign_in("epidemic_lead", seen.facility.organisation), path)
    assert page.count("<h1") == 1
    assert 'id="main"' in page
    assert "Yunting prison" in page


@pytest.mark.parametrize("path", [*PAGES, DAY_PAGE + "draft.json", DAY_PAGE + "gaps.xlsx", DAY_PAGE + "sign/"])
def test_without_a_sign_in_nothing_is_shown(seen: Small, path: str) -> None:
    response = Client().get(path)
    assert response.status_code == 302
    assert response.url == f"{reverse('sign-in')}?next={path}"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "path", [*PAGES[1:], "/facilities/YT/days/", DAY_PAGE + "draft.json", DAY_PAGE + "gaps.xlsx", DAY_PAGE + "sign/"]
)
def test_another_facility_is_not_found(
    seen: Small, make_facility: Callable[..., Small], sign_in: SignIn, path: str
) -> None:
    other = make_facility("LX", people=False)
    client = sign_in("epidemic_lead", other.facility.organisation)
    response = client.get(path)
    assert response.status_code == 404
    assert "云汀监狱" not in response.content.decode()
    assert client.get(path.replace("YT", "NOWHERE")).status_code == 404


@pytest.mark.parametrize(
    ("role", "path"),
    [
        ("gate_officer", DAY_PAGE),
        ("gate_officer", "/facilities/YT/days/"),
        ("administrator", DAY_PAGE),
        ("administrator", DAY_PAGE + "gaps.xlsx"),
        ("ward_officer", DAY_PAGE + "sign/"),
        ("ward_officer", DAY_PAGE + "draft.json?form=outgoing"),
        ("bureau_viewer", DAY_PAGE + "draft.json"),
        ("bureau_viewer", DAY_PAGE + "sign/"),
        ("bureau_viewer", DAY_PAGE + "amend/"),
    ],
)
def test_a_role_without_the_permission_is_refused(seen: Small, sign_in: SignIn, role: str, path: str) -> None:
    assert sign_in(role, seen.facility.organisation).get(path).status_code == 403


def test_signing_by_somebody_who_may_not_changes_nothing(seen: Small, sign_in: SignIn) -> None:
    response = sign_in("ward_officer", seen.facility.organisation).post(DAY_PAGE + "sign/", {"as_of": seen.at})
    assert response.status_code == 403
    assert not SignedReport.objects.exists()


def test_a_day_without_report_is_unknown(seen: Small, sign_in: SignIn) -> None:
    """Home, month strip and an empty day say unknown, by word and hatch: never zero, never complete."""
    client = sign_in("epidemic_lead", seen.facility.organisation)
    row = row_of(text_of(client, "/"), "Yunting prison")
    assert row.count("lz-hatch") == 2
    assert row.count("unknown") >= 2
    assert not re.search(r"\b(complete|incomplete)\b", row)
    page = text_of(client, "/facilities/YT/days/2026-03-16/")
    cell = re.search(r'<a class="lz-date[^>]*2026-03-16/".*?</a>', page, re.S)
    assert cell
    assert "lz-hatch" in cell[0]
    assert "unknown" in cell[0]
    verdict = page.partition('class="lz-panel lz-verdict')[2].partition("</section>")[0]
    assert verdict.startswith(" is-unknown")
    assert "That is not zero." in verdict
    fever = re.search(r'<div class="is-(\w+)[^>]*>\s*<dt>[^/]*Fever confirmed.*?</dd>', verdict, re.S)
    assert fever
    assert fever[1] == "unknown"
    assert ">0<" not in fever[0]


def test_no_evidence_is_a_word_and_not_a_percentage(seen: Small, sign_in: SignIn) -> None:
    page = text_of(sign_in("epidemic_lead", seen.facility.organisation), "/facilities/YT/days/2026-03-16/")
    row = row_of(page, 'id="m-temperature.residents"')
    assert "no evidence" in row
    assert "0%" not in row
    assert "0.0%" not in row


def test_the_day_names_its_gaps_to_those_who_may_read_names(seen: Small, sign_in: SignIn) -> None:
    client = sign_in("clinician", seen.facility.organisation)
    page = text_of(client, DAY_PAGE)
    assert "孙三" in page
    assert "Cell 201" in page
    assert "66.6%" in page
    assert "钱二" not in text_of(client, DAY_PAGE + "?q=孙三")
    assert "孙三" not in text_of(client, DAY_PAGE + "?q=钱二")
    assert "孙三" not in text_of(client, DAY_PAGE + "?measure=temperature.staff")
    assert "孙三" in text_of(client, DAY_PAGE + "?measure=temperature.residents&sort=-due&page=99")


def test_a_superior_body_sees_counts_and_no_names(seen: Small, sign_in: SignIn) -> None:
    client = sign_in("bureau_viewer", seen.facility.organisation)
    reporting.sign(facility=seen.facility, on=DAY, by="test", signer="Qin", at=seen.at)
    assert "Nothing fits the filter." in text_of(client, DAY_PAGE + "?q=孙三")
    for path in (DAY_PAGE, "/facilities/YT/days/2026-03-16/"):
        page = text_of(client, path)
        gaps = page.partition('id="gaps"')[2]
        assert not any(word in gaps for word in ("孙三", "P3", "W2-201", "Cell 201"))
    assert "&lt; 5" in text_of(client, DAY_PAGE)
    assert "Wing 2" in text_of(client, DAY_PAGE).partition('id="gaps"')[2]


def test_names_are_not_even_read_for_a_superior_body(seen: Small) -> None:
    asked = queries.Asked(seen.facility, frozenset({Permission.REPORT_READ_OUTGOING}), DAY)
    assert queries.named(asked, ["person:P3"]) == {}
    assert queries.whereabouts(asked, ["person:P3"], 0, seen.at) == {}
    assert queries.matching(asked, "孙三") == set()
    own = asked._replace(may=frozenset({Permission.REPORT_READ}))
    assert queries.named(own, ["person:P3"])["person:P3"].name_zh == "孙三"
    assert queries.matching(own, "孙三") == {"person:P3"}
    assert queries.whereabouts(own, ["person:P3"], 0, seen.at)["person:P3"][0][2].code == "W2-201"


def test_a_day_to_come_and_a_day_that_is_none(seen: Small, sign_in: SignIn) -> None:
    client = sign_in("epidemic_lead", seen.facility.organisation)
    assert "The day has not begun" in text_of(client, "/facilities/YT/days/2026-03-20/")
    assert client.get("/facilities/YT/days/2026-02-30/").status_code == 404
    assert client.get("/facilities/YT/days/2026-03-20/sign/").status_code == 302
    assert client.get("/facilities/YT/days/2026-03-20/draft.json").status_code == 404
    assert client.get("/facilities/YT/days/").url == "/facilities/YT/days/2026-03-18/"  # type: ignore[attr-defined]


def test_a_facility_without_protocol_says_what_to_do(seen: Small, sign_in: SignIn) -> None:
    from lazaretto.apps.command.models import Adoption

    Adoption.objects.all().delete()
    client = sign_in("epidemic_lead", seen.facility.organisation)
    for path in PAGES[1:]:
        page = text_of(client, path)
        assert "No protocol is in force" in page
        assert "lazaretto protocol adopt" in page


def test_sign_through_the_page_then_amend(seen: Small, sign_in: SignIn, look_at: Callable[[int], None]) -> None:
    client = sign_in("epidemic_lead", seen.facility.organisation)
    assert "/sign/" in text_of(client, DAY_PAGE)
    confirm = text_of(client, DAY_PAGE + "sign/")
    assert "The report says: contradictory." in confirm
    assert not SignedReport.objects.exists()
    response = client.post(DAY_PAGE + "sign/", {"as_of": seen.at}, follow=True)
    assert "The report is signed and recorded." in response.content.decode()
    report = SignedReport.objects.get()
    assert (report.number, report.signed_by, report.as_of) == (1, "Qin", seen.at)
    assert report.entry.by != "Qin"
    assert "Nothing on record differs" in response.content.decode()
    assert (
        "already has a signed report"
        in client.post(DAY_PAGE + "sign/", {"as_of": seen.at}, follow=True).content.decode()
    )

    seen.at += 3_600_000
    look_at(seen.at)
    late = "id,observation,subject_kind,subject,observed_at,outcome,value,ucum,by\nf9,temperature,person,P3,2026-03-17 12:00,done,36.4,Cel,S1"
    seen.bring("facts", late, name="late.csv")
    assert "differs from what was signed" in text_of(client, DAY_PAGE)
    confirm = text_of(client, DAY_PAGE + "amend/")
    assert "Temperature of residents · missed" in confirm
    response = client.post(DAY_PAGE + "amend/", {"as_of": seen.at}, follow=True)
    assert "Amendment no. 2 is signed and recorded." in response.content.decode()
    assert [r.document["amends"] for r in SignedReport.objects.order_by("number")] == [None, 1]
    assert "Not amended" in client.post(DAY_PAGE + "amend/", {"as_of": seen.at}, follow=True).content.decode()


@pytest.mark.parametrize("as_of", ["", "x", "0", "-5", "99999999999999999999", "stale", "later"])
def test_what_is_signed_is_what_was_shown_lately(seen: Small, sign_in: SignIn, as_of: str) -> None:
    """A page that was open too long, or a forged moment, shows the state now and signs nothing."""
    given = {"stale": str(seen.at - 15 * 60_000 - 1), "later": str(seen.at + 1)}.get(as_of, as_of)
    client = sign_in("epidemic_lead", seen.facility.organisation)
    page = client.post(DAY_PAGE + "sign/", {"as_of": given}).content.decode()
    assert "Not signed: the page was open" in page
    assert not SignedReport.objects.exists()


def test_forms_need_their_token(seen: Small, sign_in: SignIn) -> None:
    client = sign_in("epidemic_lead", seen.facility.organisation, enforce_csrf=True)
    for path in (
        DAY_PAGE + "sign/",
        DAY_PAGE + "amend/",
        reverse("sign-out"),
        reverse("set-theme"),
        reverse("set-language"),
    ):
        assert client.post(path, {"as_of": seen.at}).status_code == 403
    assert not SignedReport.objects.exists()


@pytest.mark.parametrize("path", [*PAGES, "/sign-in/", "/nowhere/"])
def test_no_page_runs_what_is_not_ours(seen: Small, sign_in: SignIn, path: str) -> None:
    client = sign_in("epidemic_lead", seen.facility.organisation) if path != "/sign-in/" else Client()
    response = client.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    page = response.content.decode()
    assert not re.search(r"""\sstyle=|<style|<script(?![^>]*src=)|\son\w+=""", page)


def test_files(seen: Small, sign_in: SignIn) -> None:
    client = sign_in("epidemic_lead", seen.facility.organisation)
    own = json.loads(client.get(DAY_PAGE + "draft.json").content)
    assert (own["number"], own["on"]) == (None, "2026-03-17")
    assert "person:P3" in json.dumps(own)
    form = json.loads(client.get(DAY_PAGE + "draft.json?form=outgoing").content)
    assert form["form"] == "outgoing"
    assert "person:P3" not in json.dumps(form)
    assert client.get(DAY_PAGE + "reports/1.json").status_code == 404
    report = reporting.sign(facility=seen.facility, on=DAY, by="test", signer="Qin", at=seen.at)
    response = client.get(DAY_PAGE + "reports/1.json")
    assert json.loads(response.content) == report.document
    assert response.headers["Content-Disposition"] == 'attachment; filename="YT-2026-03-17-1.json"'
    assert json.loads(client.get(DAY_PAGE + "reports/1.json?form=outgoing").content) == report.outgoing


def test_the_gaps_as_a_table(seen: Small, sign_in: SignIn) -> None:
    def rows(role: str) -> list[list[Any]]:
        content = sign_in(role, seen.facility.organisation).get(DAY_PAGE + "gaps.xlsx").content
        return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()

    named = rows("epidemic_lead")
    assert named[0][:4] == ["name", "code", "unit", "place"]
    assert named[1][:5] == ["孙三", "P3", "W2", "Cell 201", "17 Mar 06:00"]
    counted = rows("bureau_viewer")
    assert counted == [["unit", "measure", "reason", "gaps"], ["Wing 2", "Temperature of residents", "", "< 5"]]


def test_the_page_of_all_facilities_costs_the_same_for_many(
    seen: Small,
    make_facility: Callable[..., Small],
    sign_in: SignIn,
    django_assert_num_queries: Any,
) -> None:
    from lazaretto.apps.accounts import actions as accounts

    bureau = accounts.create_organisation(code="BJ", kind="bureau", name_zh="管理局", by="test", at=0)
    seen.facility.organisation.command_parent = bureau
    seen.facility.organisation.save()
    client = sign_in("bureau_viewer", bureau)
    text_of(client, "/")
    with CaptureQueriesContext(connection) as one:
        text_of(client, "/")
    for code in ("AA", "BB", "CC"):
        other = make_facility(code, people=False).facility.organisation
        other.command_parent = bureau
        other.save()
        reporting.sign(facility=other.facility, on=DAY, by="test", signer="Qin", at=seen.at)
    with django_assert_num_queries(len(one.captured_queries)):
        page = text_of(client, "/")
    assert page.count("Open the day") == 4
    assert "3 signed today" not in page
    assert "4 facilities" in page


def test_the_gap_list_costs_the_same_for_many(seen: Small, sign_in: SignIn, django_assert_num_queries: Any) -> None:
    client = sign_in("epidemic_lead", seen.facility.organisation)
    text_of(client, DAY_PAGE)
    with CaptureQueriesContext(connection) as few:
        text_of(client, DAY_PAGE)
    people = "\n".join(f"Q{n},prisoner" for n in range(120))
    seen.bring("people", "code,population\n" + people, name="more.csv")
    stays = "\n".join(f"Q{n},W1-101,2026-03-01 00:00" for n in range(120))
    seen.bring("presence", "subject,place,from\n" + stays, name="more-presence.csv")
    with django_assert_num_queries(len(few.captured_queries)):
        page = text_of(client, DAY_PAGE)
    assert "121 rows" in page
    assert "page 1 of 3" in page


def test_the_protocol_reads_as_prose_in_both_languages(seen: Small, sign_in: SignIn) -> None:
    client = sign_in("gate_officer", seen.facility.organisation)
    page = text_of(client, "/facilities/YT/protocol/")
    for words in (
        "once a day, between 06:00 and 20:00",
        "S3-32",
        "ward officer",
        "any isolation stage",
        "37.3 °C",
        "Routine",
    ):
        assert words in page
    client.cookies["lz_lang"] = "zh-hans"
    page = text_of(client, "/facilities/YT/protocol/")
    for words in ("每天 1 次，06:00 至 20:00", "监区值班人员", "常态", "复测 37.5 °C 起"):
        assert words in page


def test_a_signed_day_counts_as_signed_from_its_own_calendar(seen: Small, sign_in: SignIn) -> None:
    """It is the 18th in the facility when it is still the 17th in UTC: today is the 18th, unsigned, so unknown."""
    reporting.sign(facility=seen.facility, on=DAY, by="test", signer="Qin", at=seen.at)
    client = sign_in("epidemic_lead", seen.facility.organisation)
    row = row_of(text_of(client, "/"), "Yunting prison")
    today, yesterday = re.findall(r"<td data-label=.*?</td>", row, re.S)
    assert "unknown" in today
    assert "contradictory" in yesterday
    assert date(2026, 3, 18).isoformat() in row


def test_a_page_that_breaks_says_what_stands(rf: Any) -> None:
    from django.utils import translation

    from lazaretto.web import errors

    with translation.override("en"):
        response = errors.broken(rf.get("/"))
    assert response.status_code == 500
    assert "What was recorded before stands" in response.content.decode()
