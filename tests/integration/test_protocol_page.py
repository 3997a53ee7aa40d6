"""The protocol's page and papers: what is said, why, at which level, to whom, and what it costs."""

import html
import io
import re
from collections.abc import Callable
from typing import Any

import docx
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lazaretto import packs
from lazaretto.apps.command import actions as command
from lazaretto.protocol.bounds import matching
from tests.conftest import Small
from tests.integration.pages import SignIn, _plain_static, every_role, look_at, sign_in  # noqa: F401

PAGE = "/facilities/YT/protocol/"
WORD, PDF = "/facilities/YT/protocol.docx", "/facilities/YT/protocol.pdf"


@pytest.fixture
def reader(small: Small, sign_in: SignIn, look_at: Callable[[int], None]) -> Client:
    """A gate officer of a facility that runs the baseline."""
    look_at(small.at)
    return sign_in("gate_officer", small.facility.organisation)


def text_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return html.unescape(response.content.decode())


def section(page: str, measure: str) -> str:
    return page.partition(f'id="{measure}"')[2].partition("</section>")[0]


def test_every_measure_stands_on_the_page_under_its_line(reader: Client) -> None:
    page = text_of(reader, PAGE)
    document = packs.shipped("baseline").document
    for measure in document.measures:
        assert f'<a href="#{measure.id}">' in page
        assert measure.title.en in section(page, measure.id)
    order = [page.index(f'id="line-{line}"') for line in ("import", "internal", "export", "welfare")]
    assert order == sorted(order)
    fever = section(page, "isolation.fever")
    for words in (
        "pathway",
        "read only, not yet executed",
        "at least 1 day",
        "somebody from outside decides within 14 days",
    ):
        assert words in fever
    assert "not yet executed" not in section(page, "temperature.residents")
    assert "red line" in section(page, "isolation.clinician")
    assert "At level Outbreak" in section(page, "temperature.residents")


def test_what_stands_beside_the_measures(reader: Client) -> None:
    page = text_of(reader, PAGE)
    for part in ("ceilings", "flags", "levels"):
        assert f'id="{part}"' in page
    assert "at most 14 days" in page.partition('id="ceilings"')[2].partition("</section>")[0]


def test_deviations_and_terms_say_what_is_done_instead(
    make_facility: Callable[..., Small], sign_in: SignIn, look_at: Callable[[int], None]
) -> None:
    small = make_facility("YT", people=False, protocol="facility-s0-prison")
    look_at(small.at)
    page = text_of(sign_in("epidemic_lead", small.facility.organisation), PAGE)
    document = packs.shipped("facility-s0-prison").document
    assert document.deviations
    for deviation in document.deviations:
        assert deviation.report_says.en in page
        assert deviation.adopted.en in page
    for term in document.terms:
        assert term.note.en in page


def test_a_value_opens_the_layers_that_set_it(reader: Client) -> None:
    page = text_of(reader, PAGE)
    link = re.search(r'href="(\?why=isolation\.fever:stages\.fever_room\.outside_review#isolation\.fever)"', page)
    assert link
    panel = text_of(reader, PAGE + link[1]).partition('id="why"')[2].partition("</aside>")[0]
    for words in (
        "Why 14 days",
        "Isolation of a fever › stage “fever room” › review from outside",
        "national baseline: Baseline protocol",
        "baseline.yaml:",
        "sooner is stricter",
        "S0-47",
        "Fever: isolate first, then treat",
    ):
        assert words in panel, words
    assert panel.count("is-winner") == 1


def test_a_red_line_and_a_level_say_that_they_hold(reader: Client) -> None:
    panel = text_of(reader, PAGE + "?why=isolation.clinician:cadence").partition('id="why"')[2].partition("</aside>")[0]
    assert "A red line: no override loosens it." in panel
    assert "law and welfare" in panel
    panel = text_of(reader, PAGE + "?level=outbreak&why=temperature.residents:cadence").partition('id="why"')[2]
    winner = panel.partition("is-winner")[2].partition("</li>")[0]
    assert "level Outbreak" in winner
    assert "4 times a day" in winner
    assert "only for the people it names" in panel


@pytest.mark.parametrize(
    "asked",
    [
        "nothing",
        "temperature.residents:",
        "temperature.residents:attic",
        "a:b:c",
        ":",
        "x" * 2000,
        "temperature.residents:cadence..x",
    ],
)
def test_a_value_that_is_none_says_so(reader: Client, asked: str) -> None:
    assert "No such value" in text_of(reader, f"{PAGE}?why={asked}")


def test_every_link_of_the_page_opens_something(reader: Client) -> None:
    page = text_of(reader, PAGE)
    asked = set(re.findall(r'href="(\?why=[^"]+)#', page))
    assert len(asked) > 200
    for link in sorted(asked)[::9]:
        assert "No such value" not in text_of(reader, PAGE + link), link


def test_another_level_is_marked_as_not_in_force(reader: Client) -> None:
    page = text_of(reader, PAGE + "?level=outbreak")
    assert "That level is not in force; in force is Routine." in page
    assert "4 times a day, evenly between 06:00 and 22:00" in section(page, "temperature.residents")
    assert 'href="?why=' not in page
    assert "?level=outbreak&why=temperature.residents:cadence#" in page
    assert "That level is not in force" not in text_of(reader, PAGE + "?level=routine")
    assert reader.get(PAGE + "?level=panic").status_code == 404


def test_the_filter_finds_by_kind_line_tag_and_words(reader: Client) -> None:
    found = text_of(reader, PAGE + "?kind=pathway")
    assert re.findall(r'<section class="lz-panel lz-measure[^>]*id="([\w.]+)"', found) == [
        "isolation.fever",
        "quarantine.contacts",
    ]
    assert "2 measures fit" in found
    assert 'id="report.case"' in text_of(reader, PAGE + "?line=export")
    assert "1 measure fits" in text_of(reader, PAGE + "?line=export")
    assert 'id="fever.response"' in text_of(reader, PAGE + "?tag=early_detection&q=S0-47")
    assert 'id="panel.pcr"' not in text_of(reader, PAGE + "?tag=early_detection")
    assert 'id="temperature.residents"' in text_of(reader, PAGE + "?q=37.3")
    nothing = text_of(reader, PAGE + "?q=unicorn&kind=chain")
    assert "No measure fits the filter." in nothing
    assert "show all" in nothing
    assert "<script>" not in text_of(reader, PAGE + "?q=<script>").partition('name="q"')[2].partition(">")[0]


def test_an_override_is_the_winner(small: Small, sign_in: SignIn, look_at: Callable[[int], None]) -> None:
    """Whoever overrides, the panel names it first and the value that it set aside after it."""
    from lazaretto.apps.command.models import ProtocolOverride

    ProtocolOverride.objects.create(
        facility=small.facility, number=1, measure="temperature.residents", patch={"cadence": {"every": "PT2H"}},
        rank="facility", reason="test", requested_by="a", approved_by="b", starts=small.start, ends=small.at + 10**9, recorded_at=small.start,
    )  # fmt: skip
    look_at(small.at)
    client = sign_in("epidemic_lead", small.facility.organisation)
    page = text_of(client, PAGE + "?why=temperature.residents:cadence")
    assert "every 2 hours" in section(page, "temperature.residents")
    winner = page.partition("is-winner")[2].partition("</li>")[0]
    assert "override" in winner
    assert "every 2 hours" in winner


def test_the_page_costs_the_same_for_a_long_protocol(
    small: Small, sign_in: SignIn, look_at: Callable[[int], None], django_assert_num_queries: Any
) -> None:
    look_at(small.at)
    client = sign_in("epidemic_lead", small.facility.organisation)
    text_of(client, PAGE)
    with CaptureQueriesContext(connection) as few:
        text_of(client, PAGE)
    n = len(few.captured_queries)
    with django_assert_num_queries(n):
        text_of(client, PAGE + "?level=outbreak&why=temperature.residents:cadence")
    command.adopt(facility=small.facility, loaded=packs.shipped("facility-s0-prison"), by="test", at=small.at)
    look_at(small.at + 1)
    text_of(client, PAGE)
    with django_assert_num_queries(n):
        page = text_of(client, PAGE)
    assert page.count("lz-panel lz-measure") > 80


def test_word_and_pdf_of_what_is_in_force(reader: Client, small: Small) -> None:
    response = reader.get(WORD)
    assert response.headers["Content-Disposition"] == 'attachment; filename="YT-baseline-2026.1-routine.docx"'
    document = docx.Document(io.BytesIO(response.content))
    said = "\n".join(p.text for p in document.paragraphs)
    for measure in packs.shipped("baseline").document.measures:
        assert measure.title.en in said
    assert "Yunting prison" in said
    response = reader.get(PDF)
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"] == 'attachment; filename="YT-baseline-2026.1-routine.pdf"'
    assert response.content.startswith(b"%PDF")
    assert len(response.content) > 100_000
    assert response.content == reader.get(PDF).content


def test_papers_in_the_other_language_and_at_another_level(reader: Client) -> None:
    response = reader.get(WORD + "?lang=zh&level=outbreak")
    assert "outbreak.docx" in response.headers["Content-Disposition"]
    said = "\n".join(p.text for p in docx.Document(io.BytesIO(response.content)).paragraphs)
    assert "此级别现未生效" in said
    assert "被监管人员测温" in said
    assert "每天 4 次" in said
    assert reader.get(PDF + "?level=panic").status_code == 404


@pytest.mark.parametrize("path", [WORD, PDF, PAGE])
def test_who_may_read(
    small: Small, make_facility: Callable[..., Small], sign_in: SignIn, look_at: Callable[[int], None], path: str
) -> None:
    look_at(small.at)
    assert Client().get(path).status_code == 302
    other = make_facility("LX", people=False)
    client = sign_in("epidemic_lead", other.facility.organisation)
    assert client.get(path).status_code == 404
    assert client.get(path.replace("YT", "NOWHERE")).status_code == 404


@every_role
def test_each_role_of_the_facility_reads_the_protocol(
    small: Small, sign_in: SignIn, look_at: Callable[[int], None], role: str
) -> None:
    look_at(small.at)
    client = sign_in(role, small.facility.organisation)
    assert client.get(PAGE).status_code == 200
    assert client.get(WORD).status_code == 200


def test_without_a_protocol_there_is_no_paper(reader: Client) -> None:
    from lazaretto.apps.command.models import Adoption

    Adoption.objects.all().delete()
    assert reader.get(PAGE).status_code == 200
    assert reader.get(WORD).status_code == 404
    assert reader.get(PDF).status_code == 404


def test_the_direction_of_stricter_is_said_for_bounded_values(reader: Client) -> None:
    measure = packs.shipped("baseline").document.measure("isolation.fever")
    assert measure
    (path, bound, _), *_ = matching(measure, ("stages", "fever_room", "review"))
    panel = text_of(reader, f"{PAGE}?why=isolation.fever:{'.'.join(path)}").partition('id="why"')[2]
    assert bound.words.en in panel
    panel = text_of(reader, f"{PAGE}?why=isolation.fever:stages.fever_room.on_silence").partition('id="why"')[2]
    assert "stricter in this order: “it goes on”" in panel
    assert "Which way is stricter" not in text_of(reader, f"{PAGE}?why=isolation.fever:purpose")
