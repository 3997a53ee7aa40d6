"""POST /api/v1/facts: who may, what comes back, and that repeats change nothing."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts import queries
from lazaretto.apps.accounts.models import ApiToken, Grant, Role, User
from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.rounds.models import Fact
from tests.conftest import Small

URL = "/api/v1/facts"


def token(small: Small, role: str, name: str = "") -> str:
    user = accounts.create_user(username=name or role, password="correct horse", by="t", at=small.at)
    accounts.grant(user=user, role=role, organisation=small.facility.organisation, by="t", at=small.at)
    return accounts.create_token(
        user=user, label="test", scopes=POLICY[role], ends_at=4_000_000_000_000, by="t", at=small.at
    )


def post(client: Client, secret: str, body: Any) -> Any:
    return client.post(URL, body, content_type="application/json", headers={"Authorization": f"Bearer {secret}"})


def batch(*facts: dict[str, Any], facility: str = "YT") -> dict[str, Any]:
    base = {"observation": "temperature", "subject": "P1", "observed_at": "2026-03-17T08:00+08:00", "value": "36.5"}
    return {"facility": facility, "facts": [base | fact for fact in facts]}


def test_repeats_change_nothing_and_each_bad_row_is_named(small: Small, client: Client) -> None:
    secret = token(small, Role.WARD_OFFICER)
    body = batch({"id": "a"}, {"id": "b", "subject": "nobody"}, {"id": "c", "value": 36.9})
    first = post(client, secret, body).json()
    assert (first["created"], first["skipped"], first["failed"]) == (2, 0, 1)
    assert (first["errors"][0]["index"], first["errors"][0]["field"]) == (1, "subject")
    second = post(client, secret, body).json()
    assert (second["created"], second["skipped"], second["failed"]) == (0, 2, 1)
    conflict = post(client, secret, batch({"id": "a", "value": "37.0"})).json()
    assert (conflict["created"], conflict["failed"], conflict["errors"][0]["field"]) == (0, 1, "id")
    assert Fact.objects.count() == 2


@pytest.mark.parametrize("role", Role.values)
def test_each_role(small: Small, client: Client, role: str) -> None:
    answer = post(client, token(small, role), batch({"id": "a"}))
    assert answer.status_code == (200 if Permission.FACT_RECORD in POLICY[role] else 403)
    assert Fact.objects.count() == (1 if answer.status_code == 200 else 0)


def test_another_facility_does_not_exist_for_you(small: Small, make_facility: Any, client: Client) -> None:
    make_facility("ZZ")
    secret = token(small, Role.WARD_OFFICER)
    for code in ("ZZ", "NO"):
        answer = post(client, secret, batch({"id": "a"}, facility=code))
        assert (answer.status_code, answer.json()["type"]) == (404, "not_found")


@pytest.mark.parametrize("secret", ["", "lz_wrong", "x" * 5000])
def test_nobody_gets_in_without_a_token(small: Small, client: Client, secret: str) -> None:
    answer = post(client, secret, batch({"id": "a"}))
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert client.post(URL, batch({"id": "a"}), content_type="application/json").status_code == 401


def test_an_ended_token_is_no_token(small: Small, client: Client) -> None:
    secret = token(small, Role.WARD_OFFICER)
    ApiToken.objects.update(ends_at=small.at)
    assert post(client, secret, batch({"id": "a"})).status_code == 401


def test_a_token_may_what_its_scopes_and_its_users_roles_have_in_common(small: Small, client: Client) -> None:
    secret = token(small, Role.WARD_OFFICER)
    ApiToken.objects.update(scopes=["protocol.read", "places.read"])
    answer = post(client, secret, batch({"id": "a"}))
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert answer.json()["type"] == "not_allowed"
    ApiToken.objects.update(scopes=["fact.record"])
    assert post(client, secret, batch({"id": "a"})).status_code == 200
    accounts.end_grant(grant=Grant.objects.get(), why="left", by="t", at=small.at)
    assert post(client, secret, batch({"id": "b"})).status_code == 404
    assert Fact.objects.count() == 1


def test_a_token_narrowed_to_an_organisation_opens_no_other(small: Small, make_facility: Any, client: Client) -> None:
    other = make_facility("ZZ").facility.organisation
    secret = token(small, Role.WARD_OFFICER)
    user = User.objects.get()
    accounts.grant(user=user, role=Role.WARD_OFFICER, organisation=other, by="t", at=small.at)
    assert post(client, secret, batch({"id": "a"}, facility="ZZ")).status_code == 200
    ApiToken.objects.update(organisation=small.facility.organisation)
    assert post(client, secret, batch({"id": "b"}, facility="ZZ")).status_code == 404
    assert post(client, secret, batch({"id": "b"})).status_code == 200
    bureau = accounts.create_organisation(code="BJ", kind="bureau", name_zh="局", by="t", at=0)
    accounts.set_parent(organisation=other, which="command_parent", parent=bureau, by="t", at=0)
    ApiToken.objects.update(organisation=bureau)
    assert post(client, secret, batch({"id": "c"})).status_code == 404
    assert post(client, secret, batch({"id": "c"}, facility="ZZ")).status_code == 200


def test_every_question_about_a_tokens_user_is_narrowed(small: Small) -> None:
    secret, on = token(small, Role.EPIDEMIC_LEAD), date(2026, 3, 17)
    home = small.facility.organisation
    ApiToken.objects.update(scopes=["report.read", "users.manage"])
    bearer = queries.user_of_token(secret, small.at)
    assert bearer
    assert bearer.scopes == {Permission.REPORT_READ, Permission.USERS_MANAGE}
    assert queries.everything(bearer.user, on) == {Permission.REPORT_READ}
    assert queries.permissions_in(bearer.user, home, on) == {Permission.REPORT_READ}
    assert queries.granting(bearer.user, Permission.OVERRIDE_APPROVE, home, on) == []
    assert queries.granting(bearer.user, Permission.REPORT_READ, home, on) == [home]
    assert not queries.may(bearer.user, Permission.REPORT_SIGN, home.pk, on)
    assert queries.everything(User.objects.get(), on) == POLICY[Role.EPIDEMIC_LEAD]


def test_a_revoked_token_and_a_deactivated_user_get_nothing(small: Small, client: Client) -> None:
    secret = token(small, Role.WARD_OFFICER)
    accounts.revoke_token(token=ApiToken.objects.get(), by="t", at=small.at)
    assert post(client, secret, batch({"id": "a"})).status_code == 401
    ApiToken.objects.update(revoked_at=None)
    accounts.deactivate(user=User.objects.get(), why="left", by="t", at=small.at)
    assert post(client, secret, batch({"id": "a"})).status_code == 401


def test_the_day_of_last_use_is_written_once_a_day(small: Small, client: Client) -> None:
    secret = token(small, Role.WARD_OFFICER)
    assert ApiToken.objects.get().last_used_on is None
    post(client, secret, batch({"id": "a"}))
    assert ApiToken.objects.get().last_used_on is not None
    with CaptureQueriesContext(connection) as seen:
        post(client, secret, batch({"id": "b"}))
    assert not [q for q in seen.captured_queries if q["sql"].startswith('UPDATE "accounts_apitoken"')]


@pytest.mark.parametrize(
    "body",
    ["", "{", [], {"facility": "YT"}, {"facility": "YT", "facts": "x"}, {"facility": "YT", "facts": [{"id": "a", "extra": 1}]},
     {"facility": "YT", "facts": [{"id": "a"}] * 1001}],
)  # fmt: skip
def test_rubbish_gets_a_problem_document(small: Small, client: Client, body: Any) -> None:
    answer = post(client, token(small, Role.WARD_OFFICER), body)
    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == "application/problem+json"


def test_a_batch_over_the_limit_of_bytes_is_refused(small: Small, client: Client) -> None:
    answer = post(client, token(small, Role.WARD_OFFICER), batch({"id": "a", "note": "x" * 6_000_000}))
    assert answer.status_code in (400, 413)
    assert Fact.objects.count() == 0
