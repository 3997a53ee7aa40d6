"""`lazaretto user …` and `lazaretto organisation …`: each command, what it prints, and what it refuses."""

import json
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator

from lazaretto.apps.accounts import queries
from lazaretto.apps.accounts.models import ApiToken, Grant, Organisation, User
from lazaretto.config import runtime
from tests.conftest import Small
from tests.integration.test_command_line import lazaretto

PASSWORD = ("--password", "a-long-test-password")
YT = ("--organisation", "YT")


@pytest.fixture
def ma(small: Small, tmp_path: Path) -> User:
    done = lazaretto(tmp_path, "user", "create", "ma", "--role", "ward_officer", *YT, *PASSWORD, "--name", "马")
    assert done.stdout == "ma is ward_officer at YT.\n"
    return User.objects.get(username="ma")


def test_create_is_safe_to_run_again(ma: User, tmp_path: Path) -> None:
    lazaretto(tmp_path, "user", "create", "ma", "--role", "ward_officer", *YT, *PASSWORD)
    assert (User.objects.count(), Grant.objects.count()) == (1, 1)
    assert ma.organisation == Organisation.objects.get(code="YT")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("user", "create", "x1", "--role", "king", *YT, *PASSWORD), "there is no role king"),
        (
            ("user", "create", "x1", "--role", "auditor", "--organisation", "ZZ", *PASSWORD),
            "there is no organisation ZZ",
        ),
        (("user", "create", "x1", "--role", "auditor", *YT, "--password", "short"), "at least 10 characters"),
        (("user", "create", "ma", "--role", "auditor", *YT, *PASSWORD), "End the other role first"),
        (("user", "grant", "nobody", "--role", "logistics", *YT), "there is no user nobody"),
        (
            ("user", "grant", "ma", "--role", "logistics", *YT, "--from", "2030-02-01", "--to", "2030-01-01"),
            "end after it starts",
        ),
        (("user", "password", "ma", "--why", " "), "Say why."),
        (("user", "token", "ma", "--label", "x", "--scope", "rubbish"), "there is no permission rubbish"),
        (("user", "token", "ma", "--label", "x", "--scope", "users.manage"), "may not do what its user may not"),
        (("user", "token-revoke", "ma", "999"), "has no token number 999"),
        (("organisation", "create", "a b", "--kind", "bureau", "--name", "x"), "a code has letters"),
        (("organisation", "create", "BJ", "--kind", "castle", "--name", "x"), "there is no kind castle"),
        (("organisation", "set-parent", "YT", "YT"), "cannot be put below"),
    ],
)
def test_what_is_refused_gets_one_sentence(ma: User, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = lazaretto(tmp_path, *words, ok=False)
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_roles_come_and_go(ma: User, tmp_path: Path) -> None:
    lazaretto(tmp_path, "user", "grant", "ma", "--role", "logistics", *YT, "--from", "2030-01-01", "--to", "2030-01-31")
    rows = json.loads(lazaretto(tmp_path, "user", "list", "--json").stdout)
    assert rows[0]["roles"][-1] == {"role": "logistics", "organisation": "YT", "from": "2030-01-01", "to": "2030-02-01"}
    assert "ma" in lazaretto(tmp_path, "user", "list", "--role", "logistics").stdout
    assert lazaretto(tmp_path, "user", "list", "--role", "auditor").stdout == ""
    done = lazaretto(tmp_path, "user", "revoke", "ma", "--role", "logistics", *YT, "--why", "moved")
    assert "no longer logistics" in done.stdout
    again = lazaretto(tmp_path, "user", "revoke", "ma", "--role", "logistics", *YT, "--why", "moved")
    assert "nothing was changed" in again.stdout
    assert Grant.objects.filter(ended_at__isnull=True).count() == 1


def test_tokens_by_command(ma: User, tmp_path: Path) -> None:
    words = ("--label", "gateway", "--scope", "fact.record", "--scope", "protocol.read", "--days", "30", *YT)
    secret = lazaretto(tmp_path, "user", "token", "ma", *words).stdout.strip()
    bearer = queries.user_of_token(secret, runtime.now())
    assert bearer
    assert bearer.scopes == {"fact.record", "protocol.read"}
    row = json.loads(lazaretto(tmp_path, "user", "tokens", "ma", "--json").stdout)[0]
    assert (row["state"], row["organisation"], row["last_used_on"]) == ("active", "YT", None)
    number = str(ApiToken.objects.get().pk)
    for _ in range(2):
        lazaretto(tmp_path, "user", "token-revoke", "ma", number)
    assert queries.user_of_token(secret, runtime.now()) is None
    assert "revoked" in lazaretto(tmp_path, "user", "tokens", "ma").stdout


def test_password_deactivate_and_factor(ma: User, tmp_path: Path) -> None:
    made = lazaretto(tmp_path, "user", "password", "ma", "--why", "forgotten").stdout.strip()
    ma.refresh_from_db()
    assert ma.check_password(made)
    assert ma.once_until is not None
    lazaretto(tmp_path, "user", "deactivate", "ma", "--why", "left")
    assert "(deactivated)" in lazaretto(tmp_path, "user", "list").stdout
    lazaretto(tmp_path, "user", "reactivate", "ma", "--why", "back")
    ma.refresh_from_db()
    assert ma.is_active
    Authenticator.objects.create(user=ma, type="totp", data={"secret": "x"})
    assert "is removed" in lazaretto(tmp_path, "user", "reset-factor", "ma", "--why", "phone lost").stdout
    assert "nothing was changed" in lazaretto(tmp_path, "user", "reset-factor", "ma", "--why", "phone lost").stdout


def test_organisations_by_command(small: Small, tmp_path: Path) -> None:
    for _ in range(2):
        lazaretto(
            tmp_path, "organisation", "create", "BJ", "--kind", "bureau", "--name", "管理局", "--from", "2020-01-01"
        )
    lazaretto(tmp_path, "organisation", "create", "CDC", "--kind", "health_agency", "--name", "疾控")
    assert "YT now stands below BJ" in lazaretto(tmp_path, "organisation", "set-parent", "YT", "BJ").stdout
    lazaretto(tmp_path, "organisation", "set-parent", "YT", "CDC", "--health")
    rows = {row["code"]: row for row in json.loads(lazaretto(tmp_path, "organisation", "list", "--json").stdout)}
    assert (rows["YT"]["command_parent"], rows["YT"]["health_parent"]) == ("BJ", "CDC")
    assert rows["BJ"]["opened_on"] == "2020-01-01"
    assert (
        "Close them first"
        in lazaretto(tmp_path, "organisation", "close", "BJ", "--from", "2030-01-01", ok=False).stderr
    )
    lazaretto(tmp_path, "organisation", "set-parent", "YT", "-")
    assert "closed from 2030-01-01" in lazaretto(tmp_path, "organisation", "close", "BJ", "--from", "2030-01-01").stdout
    assert "closed from 2030-01-01" in lazaretto(tmp_path, "organisation", "list").stdout
