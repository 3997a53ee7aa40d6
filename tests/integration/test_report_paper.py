"""The day's report on paper: who may print which form, what stands on it, and that its signature holds for these bytes only."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.journal import keys
from lazaretto.apps.journal.queries import public_keys
from lazaretto.apps.reporting import actions as reporting
from lazaretto.apps.reporting.models import SignedReport
from lazaretto.apps.reporting.paper import verify_paper
from lazaretto.protocol.canonical import digest
from tests.conftest import DAY, HOUR, Small
from tests.integration.pages import READINGS, SignIn, _plain_static, every_role, look_at, sign_in  # noqa: F401
from tests.integration.test_command_line import lazaretto
from tests.paper_text import pages, squeezed, text

DAY_PAGE = f"/facilities/YT/days/{DAY}/"
FILES = ("reports/1.pdf", "reports/1.pdf.sig.json", "reports/1.xlsx", "draft.pdf", "draft.xlsx")
LATER = "id,observation,subject_kind,subject,observed_at,outcome,value,ucum,by\nx9,temperature,person,P3,2026-03-17 07:30,done,38.2,Cel,S1"


@pytest.fixture
def signed(small: Small, look_at: Callable[[int], None]) -> Small:
    """A facility whose day is signed, looked at two hours later."""
    small.bring("facts", READINGS)
    reporting.sign(facility=small.facility, on=DAY, by="test", signer="秦既明", at=small.at)
    small.at += 2 * HOUR
    look_at(small.at)
    return small


def get(client: Client, path: str) -> bytes:
    response = client.get(DAY_PAGE + path)
    assert response.status_code == 200, response
    return response.content


def ring(small: Small) -> dict[str, Any]:
    return public_keys([small.facility.log])


@pytest.mark.parametrize("path", FILES)
@every_role
def test_each_role_prints_the_form_that_it_may_read(signed: Small, sign_in: SignIn, role: str, path: str) -> None:
    client = sign_in(role, signed.facility.organisation)
    for query, needed in (("", Permission.REPORT_READ), ("?form=outgoing", Permission.REPORT_READ_OUTGOING)):
        expected = 200 if needed in POLICY[role] else 403
        assert client.get(DAY_PAGE + path + query).status_code == expected


@pytest.mark.parametrize("path", [*FILES, "gaps.pdf", "gaps.xlsx", "../../protocol/rounds.pdf"])
def test_another_facility_and_a_stranger_get_nothing(
    signed: Small, make_facility: Callable[..., Small], sign_in: SignIn, path: str
) -> None:
    other = make_facility("LX", people=False)
    address = DAY_PAGE + path if not path.startswith("..") else "/facilities/YT/protocol/rounds.pdf"
    assert sign_in("epidemic_lead", other.facility.organisation).get(address).status_code == 404
    assert Client().get(address).status_code == 302


def test_what_is_not_there_is_not_found(signed: Small, sign_in: SignIn) -> None:
    client = sign_in("epidemic_lead", signed.facility.organisation)
    for path in ("reports/2.pdf", "reports/2.pdf.sig.json", "reports/0.xlsx"):
        assert client.get(DAY_PAGE + path).status_code == 404
    assert client.get("/facilities/YT/days/2026-04-30/draft.pdf").status_code == 404
    assert client.get("/facilities/YT/days/2026-02-30/draft.pdf").status_code == 404


def test_the_own_form_names_the_gaps_and_says_what_the_document_says(signed: Small, sign_in: SignIn) -> None:
    document = SignedReport.objects.get().document
    client = sign_in("epidemic_lead", signed.facility.organisation)
    found = squeezed(text(get(client, "reports/1.pdf?lang=en")))
    code = digest(document)[:16]
    point = document["checkpoint"]
    for words in (
        "Yunting prison", "Tue 17 Mar 2026: day report", "contradictory", "孙三 P3", "no record", "66.6%",
        "Wing 2 owed rounds and sent no record", "Routine", "秦既明", code, digest(document), point["root"], point["log"],
        point["key_id"], document["protocol"][0]["digest"], "no electronic signature in the sense of the law",
        "Tests taken: not collected in this version", "page 2 of 2",
    ):  # fmt: skip
        assert squeezed(words) in found, words
    assert "DRAFT" not in found
    chinese = squeezed(text(get(client, "reports/1.pdf?lang=zh")))
    for words in ("云汀监狱", "2026年3月17日周二日报", "有矛盾", "孙三P3", "无记录", "未知", code, "第2页，共2页"):
        assert words in chinese, words


def test_what_is_null_or_hidden_is_a_word_and_never_zero(signed: Small, sign_in: SignIn) -> None:
    client = sign_in("epidemic_lead", signed.facility.organisation)
    own, form = (text(get(client, f"reports/1.pdf?lang=en&form={form}")) for form in ("own", "outgoing"))
    assert "Suspected cases unknown unknown" in own
    assert "Staff on duty 1 —" in own
    assert "Present at the start 0 3" in own
    assert "Present at the start 0 < 5" in form
    assert "Staff on duty < 5 —" in form


def test_the_outgoing_form_names_nobody(signed: Small, sign_in: SignIn) -> None:
    client = sign_in("epidemic_lead", signed.facility.organisation)
    outgoing = SignedReport.objects.get().outgoing
    for language in ("zh", "en"):
        found = squeezed(text(get(client, f"reports/1.pdf?form=outgoing&lang={language}")))
        assert not any(word in found for word in ("孙三", "赵一", "李四", "P3", "秦既明", "W2-201"))
        assert outgoing["internal_digest"] in found
        assert digest(outgoing)[:16] in found
        assert squeezed("Wing 2" if language == "en" else "二监区") in found
    book = CalamineWorkbook.from_filelike(io.BytesIO(get(client, "reports/1.xlsx?form=outgoing")))
    cells = json.dumps([book.get_sheet_by_name(name).to_python() for name in book.sheet_names], ensure_ascii=False)
    assert not any(word in cells for word in ("孙三", "P3", "秦既明"))
    assert "< 5" in cells


def test_the_workbook_has_the_numbers_of_the_document(signed: Small, sign_in: SignIn) -> None:
    content = get(sign_in("epidemic_lead", signed.facility.organisation), "reports/1.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    evidence = book.get_sheet_by_name("Evidence").to_python()
    row = next(line for line in evidence if line[0] == "Temperature of residents")
    assert row[1:7] == [3, 2, 0, 1, 0, 0]
    assert book.get_sheet_by_name("Gaps 1").to_python()[1][3:] == ["孙三", "P3"]


def test_a_draft_is_marked_and_has_no_code_and_no_signature(signed: Small, sign_in: SignIn) -> None:
    client = sign_in("epidemic_lead", signed.facility.organisation)
    for page in pages(get(client, "draft.pdf?lang=en")):
        assert "DRAFT" in page
        assert "printed by Qin, 2026-03-18 02:00" in page
    found = text(get(client, "draft.pdf?lang=zh"))
    assert "未签发" in found
    assert "凭证码 " not in found.replace("没有凭证码", "")
    assert client.get(DAY_PAGE + "draft.pdf.sig.json").status_code == 404


def test_an_amendment_prints_before_and_after(signed: Small, sign_in: SignIn) -> None:
    signed.bring("facts", LATER, name="later.csv")
    reporting.amend(facility=signed.facility, on=DAY, by="test", signer="秦既明", at=signed.at)
    client = sign_in("epidemic_lead", signed.facility.organisation)
    found = text(get(client, "reports/2.pdf?lang=en"))
    assert "No. 2 · amends no. 1" in found
    assert "What this amendment changes in no. 1" in found
    assert "Temperature of residents · coverage 66.6% 100%" in found
    assert "amends" not in text(get(client, "reports/1.pdf?lang=en"))


def test_what_is_recorded_later_changes_no_byte_of_a_signed_paper(signed: Small, sign_in: SignIn) -> None:
    """Nothing on it is computed anew: not the counts, not the gaps, and not the moment at which it is printed."""
    client = sign_in("epidemic_lead", signed.facility.organisation)
    before = [get(client, path) for path in ("reports/1.pdf", "reports/1.xlsx", "reports/1.pdf.sig.json")]
    signed.bring("facts", LATER, name="later.csv")
    assert [get(client, path) for path in ("reports/1.pdf", "reports/1.xlsx", "reports/1.pdf.sig.json")] == before


@pytest.mark.parametrize("query", ["?lang=zh", "?lang=en", "?lang=zh&form=outgoing", "?lang=en&form=outgoing"])
def test_the_signature_holds_for_these_bytes(signed: Small, sign_in: SignIn, query: str) -> None:
    client = sign_in("epidemic_lead", signed.facility.organisation)
    pdf, signature = get(client, "reports/1.pdf" + query), json.loads(get(client, "reports/1.pdf.sig.json" + query))
    report = SignedReport.objects.get()
    document = report.outgoing if "outgoing" in query else report.document
    assert verify_paper(pdf, signature, ring(signed), document) == []
    assert set(signature) == {"file", "of", "code", "checkpoint", "key_id", "signature"}
    assert signature["of"] == digest(document)


def test_anything_else_is_found(signed: Small, make_facility: Callable[..., Small], sign_in: SignIn) -> None:
    client = sign_in("epidemic_lead", signed.facility.organisation)
    pdf, signature = get(client, "reports/1.pdf"), json.loads(get(client, "reports/1.pdf.sig.json"))
    other = make_facility("LX", people=False)
    both = public_keys([signed.facility.log, other.facility.log])

    def faults(*, file: bytes = pdf, keyring: Any = both, report: Any = None, **change: Any) -> str:
        return " ".join(fault.en for fault in verify_paper(file, signature | change, keyring, report))

    assert faults() == ""
    assert "not the one that was signed" in faults(file=pdf[:-1] + b" ")
    assert "not the one that was signed" in faults(file=get(client, "reports/1.pdf?form=outgoing"))
    assert "signature file was changed" in faults(of="0" * 64)
    assert "code does not follow" in faults(code="0000 0000 0000 0000")
    assert "has no key" in faults(keyring={"keys": []})
    assert "checkpoint is not signed" in faults(checkpoint=signature["checkpoint"] | {"size": 1})
    assert "not made from this report" in faults(report=SignedReport.objects.get().outgoing)
    assert "malformed" in faults(checkpoint=None)
    assert "not the signature file" in verify_paper(pdf, [], both)[0].en
    assert "not the signature file" in verify_paper(pdf, signature | {"more": 1}, both)[0].en


def test_another_facilitys_key_cannot_sign_for_this_one(
    signed: Small, make_facility: Callable[..., Small], sign_in: SignIn
) -> None:
    """Its key is in the superior's key file too; the signature is over the checkpoint of the log it is said to be of."""
    from lazaretto.apps.journal.models import Key
    from lazaretto.protocol.canonical import canonical

    client = sign_in("epidemic_lead", signed.facility.organisation)
    pdf, signature = get(client, "reports/1.pdf"), json.loads(get(client, "reports/1.pdf.sig.json"))
    other = make_facility("LX", people=False)
    key = Key.objects.get(log=other.facility.log)
    forged = {name: value for name, value in signature.items() if name != "signature"} | {"key_id": key.key_id}
    forged["signature"] = keys.sign(key, canonical(forged))
    (fault,) = verify_paper(pdf, forged, public_keys([signed.facility.log, other.facility.log]))
    assert "not that of the log" in fault.en


def test_without_the_private_key_the_page_says_so(signed: Small, sign_in: SignIn) -> None:
    client = sign_in("epidemic_lead", signed.facility.organisation)
    (keys.folder() / ring(signed)["keys"][0]["key_id"]).unlink()
    response = client.get(DAY_PAGE + "reports/1.pdf.sig.json")
    assert response.status_code == 302
    assert client.get(DAY_PAGE + "reports/1.pdf").status_code == 200


def test_the_day_page_leads_to_the_papers(signed: Small, sign_in: SignIn) -> None:
    links = {
        "epidemic_lead": ("reports/1.pdf", "reports/1.pdf?form=outgoing", "reports/1.pdf.sig.json", "reports/1.xlsx"),
        "bureau_viewer": ("reports/1.pdf?form=outgoing", "reports/1.pdf.sig.json?form=outgoing"),
    }
    for role, wanted in links.items():
        page = sign_in(role, signed.facility.organisation).get(DAY_PAGE).content.decode()
        assert all(f'href="{DAY_PAGE}{link}"' in page for link in wanted)
        assert (f'href="{DAY_PAGE}reports/1.pdf"' in page) == (role == "epidemic_lead")


def test_gaps_and_plan_print(signed: Small, sign_in: SignIn) -> None:
    client = sign_in("epidemic_lead", signed.facility.organisation)
    found = text(get(client, "gaps.pdf?lang=en"))
    assert "孙三 P3 W2 Cell 201" in found
    assert "as of 18 Mar 00:00 · signed" in found
    counted = text(sign_in("bureau_viewer", signed.facility.organisation).get(DAY_PAGE + "gaps.pdf?lang=en").content)
    assert "孙三" not in counted
    assert "< 5" in counted
    plan = client.get("/facilities/YT/protocol/rounds.pdf?level=outbreak&lang=en")
    assert "level: Outbreak" in text(plan.content)
    assert client.get("/facilities/YT/protocol/rounds.pdf?level=none").status_code == 404
    assert client.get("/facilities/YT/protocol/rounds.xlsx").status_code == 200


def test_the_command_writes_what_the_page_gives_and_checks_it(signed: Small, sign_in: SignIn, tmp_path: Path) -> None:
    where = ("--facility", "YT", "--on", str(DAY))
    said = lazaretto(tmp_path, "report", "pdf", *where, "--lang", "zh", "--out", "r.pdf").stdout
    report = SignedReport.objects.get()
    assert digest(report.document)[:4] in said
    assert (tmp_path / "r.pdf").read_bytes() == get(
        sign_in("epidemic_lead", signed.facility.organisation), "reports/1.pdf?lang=zh"
    )
    (tmp_path / "report.json").write_text(json.dumps(report.document))
    (tmp_path / "keys").write_text(lazaretto(tmp_path, "keys").stdout)
    check = ("report", "verify-paper", "r.pdf", "--signature", "r.pdf.sig.json", "--keys", "keys")
    assert "Valid" in lazaretto(tmp_path, *check, "--report", "report.json").stdout
    assert json.loads(lazaretto(tmp_path, *check, "--json").stdout) == {"valid": True, "faults": []}
    lazaretto(tmp_path, "report", "pdf", *where, "--form", "outgoing", "--number", "1", "--out", "r.pdf")
    assert "Valid" in lazaretto(tmp_path, *check).stdout
    assert "not made from" in lazaretto(tmp_path, *check, "--report", "report.json", ok=False).stderr
    with (tmp_path / "r.pdf").open("ab") as file:
        file.write(b" ")
    assert "not the one that was signed" in lazaretto(tmp_path, *check, ok=False).stderr


def test_the_command_says_what_it_cannot_print(signed: Small, tmp_path: Path) -> None:
    where = ("--facility", "YT", "--on", str(DAY), "--out", "r.pdf")
    assert (
        "no report no. 2 was signed" in lazaretto(tmp_path, "report", "pdf", *where, "--number", "2", ok=False).stderr
    )
    assert "own or outgoing" in lazaretto(tmp_path, "report", "pdf", *where, "--form", "both", ok=False).stderr
    assert not (tmp_path / "r.pdf").exists()
    assert "no signature" in lazaretto(tmp_path, "report", "pdf", *where, "--draft").stdout
    assert (tmp_path / "r.pdf").exists()
    assert not (tmp_path / "r.pdf.sig.json").exists()
    lost = lazaretto(tmp_path, "report", "pdf", *where[:-1], "no/where/r.pdf", ok=False).stderr
    assert "cannot write no/where/r.pdf" in lost
