"""Extracts hold counts and no identities, and only those who may read figures get them."""

from datetime import date

import pytest

from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.reporting.extracts import TABLES, extract
from tests.conftest import DAY, Small
from tests.integration.pages import SignIn, sign_in  # noqa: F401


def test_no_table_names_anybody(small: Small) -> None:
    rows = "\n".join(
        f"t{n}-{h},temperature,P{n},2026-03-17 {h:02}:00,36.{n}" for n in (1, 2, 3) for h in range(0, 24, 2)
    )
    small.bring("facts", f"id,observation,subject,observed_at,value\n{rows}")
    for table in TABLES:
        lines = list(extract(small.facility, table, DAY, DAY))
        assert len(lines) > 1, table
        said = str(lines)
        assert not [word for word in ("P1", "P2", "赵一", "1980") if word in said.replace("1980-", "")], said
    population = list(extract(small.facility, "population", DAY, DAY))[1:]
    assert all(line[-2] is None for line in population)
    assert list(extract(small.facility, "reports", DAY, DAY))[1][:3] == ["2026-03-17", None, "unknown"]


def test_a_span_too_long_is_refused(small: Small) -> None:
    with pytest.raises(ValueError):
        list(extract(small.facility, "reports", date(2026, 1, 1), date(2026, 12, 31)))


@pytest.mark.parametrize("role", POLICY)
def test_who_gets_figures(small: Small, sign_in: SignIn, role: str) -> None:
    client = sign_in(role, small.facility.organisation)
    wanted = 200 if Permission.EXTRACT_READ in POLICY[role] else 403
    assert client.get("/facilities/YT/figures/").status_code == wanted
    assert client.get("/facilities/YT/figures/headcount.csv").status_code == wanted
    assert client.get("/facilities/NN/figures/").status_code == 404


def test_rubbish_in_the_address(small: Small, sign_in: SignIn) -> None:
    client = sign_in("analyst", small.facility.organisation)
    for query in ("first=x", "first=2026-03-18&last=2026-03-17", "first=2020-01-01&last=2026-01-01"):
        page = client.get(f"/facilities/YT/figures/?{query}")
        assert (page.status_code, b"x-wrong" in page.content) == (422, True), query
        assert client.get(f"/facilities/YT/figures/headcount.xlsx?{query}").status_code == 404
    assert client.get("/facilities/YT/figures/headcount.exe").status_code == 404
    assert client.get("/facilities/YT/figures/headcount.xlsx").content[:2] == b"PK"
