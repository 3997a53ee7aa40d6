"""Laboratory results by table: tried first, every row accounted for, what is refused comes back with its reason."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lazaretto.apps.isolation.courses import course_of
from lazaretto.apps.laboratory import actions as laboratory
from lazaretto.apps.laboratory.models import Order, Specimen
from tests.conftest import Small
from tests.integration.isolation import days_later, furnish, ordered, person, placed
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401

HERE = "/facilities/YT/tables/results/"


@pytest.fixture
def ward(make_facility: Callable[..., Small], look_at: Callable[[int], None]) -> Small:
    small = furnish(make_facility())
    episode = ordered(small, "P1", "quarantine.contacts", at=days_later(0), exposures=(days_later(-1),))
    placed(small, episode, "C1", at=days_later(0))
    look_at(days_later(5))
    return small


ROWS = """
检验单,人员,样本编号,采样时间,采样情况,检验结果,报告时间,reason | what becomes of it
{a},P1,S1,2026-03-18 09:00,,阴性,2026-03-18 15:00, | created
{a},P1,S1,2026-03-18 09:00,taken,negative,2026-03-18 15:00, | unchanged
{a},P1,S1,2026-03-18 09:00,,阳性,2026-03-18 15:00, | has another result
{b},P1,S2,2026-03-19 09:00,,,, | created
{b},P2,S3,2026-03-19 09:00,,,, | is of P1
99,P1,S4,2026-03-19 09:00,,,, | there is no order 99
{b},,S5,soon,,,, | cannot read the time
{b},,S6,2030-01-01 09:00,,,, | still to come
{b},,S7,2026-03-19 09:00,,perhaps,2026-03-19 10:00, | is not one of
{b},,S8,2026-03-19 09:00,,negative,, | needs the time of its report
{b},,S9,2026-03-19 09:00,,negative,2026-03-19 08:00, | before the sample
{b},,,2026-03-19 09:00,refused,,, | say why
{b},,,2026-03-19 09:00,,,, | give the code
{c},,,,,,, | unchanged
{c},,,2026-03-20 09:00,refused,,,afraid | created
"""


def table(numbers: dict[str, int]) -> tuple[str, list[str]]:
    lines = [line.rpartition(" | ") for line in ROWS.strip().splitlines()]
    text = "\n".join(line.format(**numbers).replace("人员,", "person,") for line, _, _ in lines)
    return text, [said for _, _, said in lines[1:]]


def upload(client: Any, text: str) -> Any:
    return client.post(HERE, {"file": SimpleUploadedFile("results.csv", text.encode("utf-8-sig"))})


def test_each_row_is_accounted_for(ward: Small, sign_in: SignIn) -> None:
    orders = list(Order.objects.order_by("due_at", "number").values_list("number", flat=True))
    extra = laboratory.order(
        person=person(ward, "P1"),
        wanted=[laboratory.Wanted("panel.pcr", "pcr", days_later(4))],
        by="t",
        at=days_later(0),
    )
    text, said = table(dict(zip("abc", [*orders[:2], extra[0].number], strict=True)))
    client = sign_in("clinician", ward.facility.organisation)
    tried = upload(client, text).content.decode()
    assert not Specimen.objects.exists()
    refused = [(n, words) for n, words in enumerate(said, start=2) if words not in ("created", "unchanged")]
    for n, words in refused:
        assert f'<th scope="row">{n}</th>' in tried
        assert words in tried
    import re

    numbers = [int(n) for n in re.findall(r'<dd class="lz-number[^>]*>(?:<span[^>]*>(?:<svg.*?</svg>)?)?(\d+)', tried)]
    assert numbers[0] == sum(numbers[1:]) == len(said)
    assert numbers[1:] == [said.count("created"), 0, said.count("unchanged"), len(refused)]
    errors = client.get(re.search(r'href="([^"]+errors[^"]*)"', tried)[1])  # type: ignore[index]
    from python_calamine import CalamineWorkbook

    assert (
        len(CalamineWorkbook.from_filelike(io.BytesIO(errors.content)).get_sheet_by_index(0).to_python())
        == len(refused) + 1
    )
    token = re.search(r'name="token" value="([^"]+)"', tried)[1]  # type: ignore[index]
    done = b"".join(client.post(f"{HERE}confirm/", {"token": token, "total": len(said)})).decode()
    assert str(len(refused)) in done
    assert list(Specimen.objects.order_by("taken_at").values_list("code", "outcome", "result")) == [
        ("S1", "taken", "negative"), ("S2", "taken", ""), (str(extra[0].number), "refused", ""),
    ]  # fmt: skip
    again = upload(client, "order,code,taken_at,result,reported_at\n"
                   f"{orders[1]},S2,2026-03-19 09:00,negative,2026-03-19 12:00").content.decode()  # fmt: skip
    assert "Bring 1 row in" in again


def test_the_worklist_goes_out_and_comes_in_unchanged(ward: Small, sign_in: SignIn) -> None:
    client = sign_in("epidemic_lead", ward.facility.organisation)
    span = {"from": "2026-03-17", "to": "2026-04-10"}
    out = client.get(f"{HERE[:-1]}.csv", span)
    text = b"".join(out).decode("utf-8-sig") if out.streaming else out.content.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("order,person,panel,test,due_at,code")
    assert len(text.splitlines()) == Order.objects.count() + 1
    assert "on record already" in upload(client, text).content.decode()


def test_a_result_by_table_counts_for_the_clock(ward: Small, sign_in: SignIn) -> None:
    number = Order.objects.order_by("due_at").values_list("number", flat=True)[0]
    client = sign_in("clinician", ward.facility.organisation)
    page = upload(
        client, f"order,code,taken_at,result,reported_at\n{number},S1,2026-03-18 10:00,negative,2026-03-18 15:00"
    )
    token = page.content.decode().partition('name="token" value="')[2].partition('"')[0]
    b"".join(client.post(f"{HERE}confirm/", {"token": token, "total": 1}))
    course = course_of(ward.facility.episodes.get(), days_later(5))
    assert [t.result for t in course.tests()][0] == "negative"


@pytest.mark.parametrize(("role", "brings"), [("ward_officer", 403), ("inspector", 403), ("clinician", 200)])
def test_who_brings_results_in(ward: Small, sign_in: SignIn, role: str, brings: int) -> None:
    assert upload(sign_in(role, ward.facility.organisation), "order\n1").status_code == brings
