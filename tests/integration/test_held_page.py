"""The page of records with doubtful times: as each role, and what is decided on it."""

from collections.abc import Callable
from typing import Any

import pytest

from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.rounds import holding
from lazaretto.apps.rounds.facts import Border, Waits
from lazaretto.apps.rounds.models import Fact, HeldClaim
from tests.conftest import HOUR, Small
from tests.integration.pages import SignIn, _plain_static, look_at, sign_in  # noqa: F401

HERE = "/facilities/YT/held/"


def wait(small: Small, id_: str, device: str = "T-1", **said: str) -> HeldClaim:
    """Have a claim of the future, or of another reason, wait."""
    from lazaretto.apps.command.queries import in_force

    border = Border(small.facility, in_force(small.facility, small.at).resolved.document, small.at)
    border.oldest = small.moment("06:00")
    claim = {
        "id": id_,
        "observation": "temperature",
        "subject": "P1",
        "observed_at": "2026-03-19 08:00",
        "value": "36.5",
    }
    with pytest.raises(Waits) as waits:
        border.admit(claim | said)
    assert holding.hold(small.facility, [waits.value], device=device, by="api", at=small.at) == ["held"]
    return HeldClaim.objects.get(fact_id=id_)


@pytest.fixture
def now(small: Small, look_at: Callable[[int], None]) -> int:
    look_at(small.at + HOUR)
    return small.at + HOUR


@pytest.mark.parametrize("role", POLICY)
def test_who_sees_and_who_decides(small: Small, now: int, sign_in: SignIn, role: str) -> None:
    claim = wait(small, "a")
    client, may = sign_in(role, small.facility.organisation), Permission.CLAIM_DECIDE in POLICY[role]
    assert client.get(HERE).status_code == (200 if may else 403)
    said = {"do": "refuse", "reason": "nobody was there"}
    assert client.post(f"{HERE}{claim.pk}/", said).status_code == (302 if may else 403)
    assert HeldClaim.objects.get().decision == ("refused" if may else "")


def test_another_facilitys_claims_do_not_exist(small: Small, make_facility: Any, now: int, sign_in: SignIn) -> None:
    claim = wait(small, "a")
    client = sign_in("epidemic_lead", make_facility("ZZ").facility.organisation)
    assert client.get(HERE).status_code == 404
    assert client.get(f"/facilities/ZZ/held/{claim.pk}/").status_code == 404
    assert b"Nothing waits. A record appears here" in client.get("/facilities/ZZ/held/").content


def test_filters_and_what_is_shown(small: Small, now: int, sign_in: SignIn) -> None:
    wait(small, "a")
    wait(small, "b", "T-2", subject="P2", value="37.9", observed_at="2026-03-17 05:00")
    client = sign_in("epidemic_lead", small.facility.organisation)
    page = client.get(HERE).content.decode()
    assert "2 records wait" in page
    assert "钱二" in page
    assert "37.9 °C" in page
    one = client.get(HERE + "?device=T-1").content.decode()
    assert ("赵一" in one, "钱二" in one) == (True, False)
    old = client.get(HERE + "?why=before_last_sync").content.decode()
    assert ("赵一" in old, "钱二" in old) == (False, True)
    assert "No record fits the filter." in client.get(HERE + "?state=taken").content.decode()
    assert client.get(HERE + "?state=nonsense&page=x%00").status_code == 200


def test_taking_in_with_the_right_time(small: Small, now: int, sign_in: SignIn) -> None:
    claim = wait(small, "a")
    client, path = sign_in("department_head", small.facility.organisation), f"{HERE}{claim.pk}/"
    for said, why in (
        ({"observed_at": "2026-03-17T08:00", "reason": ""}, "Give the reason."),
        ({"observed_at": "", "reason": "x"}, "Give the time at which it happened."),
        ({"observed_at": "2026-03-25T08:00", "reason": "x"}, "in the future"),
    ):
        page = client.post(path, said | {"do": "take"})
        assert page.status_code == 422
        assert why in page.content.decode()
    said = {"do": "take", "observed_at": "2026-03-17T08:00", "reason": "wrong day on the phone"}
    for _ in range(2):
        page = client.post(path, said, follow=True)
        assert "Taken in with the time that you gave." in page.content.decode()
    fact = Fact.objects.get()
    assert (fact.observed_at, fact.claimed_at) == (small.moment("08:00"), claim.claim["observed_at"])
    page = client.post(path, {"do": "refuse", "reason": "x"})
    assert page.status_code == 422
    assert "Somebody has decided this already" in page.content.decode()
    shown = client.get(path).content.decode()
    assert "wrong day on the phone" in shown
    assert "<textarea" not in shown
    client.cookies["lz_lang"] = "zh-hans"
    assert "时间可疑的记录" in client.get(HERE).content.decode()


def test_the_page_costs_the_same_for_many(
    small: Small,
    now: int,
    sign_in: SignIn,
    django_assert_max_num_queries: Any,
) -> None:
    for n in range(12):
        wait(small, f"n{n}", device=f"T-{n}")
    client = sign_in("epidemic_lead", small.facility.organisation)
    client.get(HERE)
    with django_assert_max_num_queries(30):
        assert client.get(HERE).status_code == 200
