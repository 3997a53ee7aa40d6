"""Users, roles, organisations and looks on pages: who may open them, and what each rule refuses."""

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from lazaretto.apps.accounts import actions, queries
from lazaretto.apps.accounts.access import clock_now
from lazaretto.apps.accounts.models import Grant, Organisation, User
from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.accounts.rules import CONTROLLERS, READERS, Refused
from lazaretto.apps.journal.models import Entry, Record
from lazaretto.apps.journal.queries import verify, verify_deep
from lazaretto.protocol.clock import local_day
from tests.conftest import Small
from tests.integration.pages import PASSWORD, SignIn, _plain_static, every_role, sign_in  # noqa: F401

TODAY = local_day("Asia/Shanghai", clock_now())


def day(n: int) -> date:
    return TODAY + timedelta(days=n)


def user_in(organisation: Any, name: str, role: str = "") -> User:
    user = actions.create_user(
        username=name, password=PASSWORD, name_zh="葛以恒", organisation=organisation, by="t", at=0
    )
    if role:
        actions.grant(user=user, role=role, organisation=organisation, by="t", at=0)
    return user


@pytest.fixture
def home(small: Small) -> Any:
    return small.facility.organisation


@pytest.fixture
def bureau(home: Any) -> Any:
    made = actions.create_organisation(code="BJ", kind="bureau", name_zh="管理局", name_en="Bureau", by="t", at=0)
    actions.set_parent(organisation=home, which="command_parent", parent=made, by="t", at=0)
    return made


@pytest.fixture
def other(make_facility: Callable[..., Small]) -> Any:
    return make_facility("LX", people=False).facility.organisation


def pages_of(user: User) -> dict[str, Permission | None]:
    return {
        "/users/": Permission.USERS_MANAGE,
        "/users.xlsx": Permission.USERS_MANAGE,
        "/users/new/": Permission.USERS_MANAGE,
        f"/users/{user.ref}/": Permission.USERS_MANAGE,
        "/looks/": Permission.ACCESS_READ,
        "/looks.xlsx": Permission.ACCESS_READ,
        "/organisations/": None,
        "/me/": None,
    }


FORMS = ("/users/new/", "/users/{ref}/roles/", "/users/{ref}/roles/1/end/", "/users/{ref}/change/")


@every_role
def test_each_page_as_each_role(home: Any, sign_in: SignIn, role: str) -> None:
    user = user_in(home, "somebody", "ward_officer")
    client = sign_in(role, home)
    for path, needed in pages_of(user).items():
        wanted = 200 if needed is None or needed in POLICY[role] else 403
        assert client.get(path).status_code == wanted, path
    if Permission.USERS_MANAGE not in POLICY[role]:
        for path in FORMS:
            assert client.post(path.format(ref=user.ref), {"why": "x", "do": "deactivate"}).status_code == 403, path
    user.refresh_from_db()
    assert user.is_active


def test_nobody_sees_any_of_it(home: Any) -> None:
    user = user_in(home, "somebody", "ward_officer")
    for path in pages_of(user):
        assert Client().get(path).url == f"/sign-in/?next={path}"  # type: ignore[attr-defined]
    for path in FORMS:
        assert Client().post(path.format(ref=user.ref)).url.startswith("/sign-in/")  # type: ignore[attr-defined]


def test_another_organisations_user_is_not_found(home: Any, other: Any, sign_in: SignIn) -> None:
    user = user_in(home, "somebody", "ward_officer")
    client = sign_in("administrator", other)
    assert client.get(f"/users/{user.ref}/").status_code == 404
    for path in FORMS[1:]:
        answer = client.post(
            path.format(ref=user.ref), {"why": "x", "do": "deactivate", "role": "clinician", "organisation": "LX"}
        )
        assert answer.status_code == 404, path
    assert client.post("/users/new/", {"username": "x1", "organisation": "YT"}).status_code == 404
    assert "somebody" not in client.get("/users/").content.decode()
    assert "somebody" not in client.get("/users/?q=some").content.decode()
    tree = client.get("/organisations/").content.decode()
    assert ">LX<" in tree
    assert ">YT<" not in tree
    assert not User.objects.filter(username="x1").exists()


@pytest.mark.parametrize("path", FORMS)
def test_forms_need_their_token(home: Any, sign_in: SignIn, path: str) -> None:
    user = user_in(home, "somebody", "ward_officer")
    client = sign_in("administrator", home, enforce_csrf=True)
    assert client.post(path.format(ref=user.ref), {"why": "x", "do": "deactivate"}).status_code == 403
    assert User.objects.get(pk=user.pk).is_active


# -- the list ------------------------------------------------------------------------------------------------------


def test_the_list_is_searched_filtered_paged_and_taken_out(home: Any, sign_in: SignIn) -> None:
    client = sign_in("administrator", home)
    for n in range(60):
        user_in(home, f"user{n:02}", "gate_officer" if n % 2 else "ward_officer")
    actions.deactivate(user=User.objects.get(username="user07"), why="left", by="t", at=clock_now())

    def text(query: str) -> str:
        return client.get(f"/users/?{query}").content.decode()

    assert "61 users" in text("")
    assert "page 1 of 2" in text("")
    assert "user59" in text("page=2")
    assert "user59" not in text("page=1")
    assert "1 user " in text("q=user42")
    assert "30 users" in text("role=gate_officer")
    assert "1 user " in text("state=deactivated")
    assert "61 users" in text("organisation=YT")
    assert "Nothing fits the filter." in text("role=clinician")
    file = client.get("/users.xlsx?role=gate_officer").content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0).to_python()
    assert rows[0][0] == "user name"
    assert len(rows) == 31
    assert {row[5] for row in rows[1:]} == {"active", "deactivated"}


def test_the_list_costs_the_same_for_many(home: Any, sign_in: SignIn, django_assert_num_queries: Any) -> None:
    client = sign_in("administrator", home)
    user_in(home, "first", "ward_officer")
    client.get("/users/")
    with CaptureQueriesContext(connection) as few:
        client.get("/users/")
    for n in range(30):
        user_in(home, f"user{n:02}", "gate_officer")
    with django_assert_num_queries(len(few.captured_queries)):
        client.get("/users/")


# -- making users, roles -------------------------------------------------------------------------------------------


def test_make_a_user_give_a_role_and_end_it(home: Any, sign_in: SignIn) -> None:
    client = sign_in("administrator", home)
    made = client.post("/users/new/", {"username": "ma", "name_en": "Ma", "organisation": "YT"})
    assert "no-store" in made.headers["Cache-Control"]
    assert "One-time password for Ma" in made.content.decode()
    user = User.objects.get(username="ma")
    assert (user.organisation, user.once_until is not None) == (home, True)
    page = f"/users/{user.ref}/"
    given = {"role": "clinician", "organisation": "YT", "first": str(TODAY), "last": str(day(9))}
    done = client.post(page + "roles/", given, follow=True).content.decode()
    assert "The role is given and recorded." in done
    assert f"from {TODAY} to {day(9)}" in done
    grant = Grant.objects.get(user=user)
    assert grant.ends_on == day(10)
    overlap = client.post(page + "roles/", {**given, "first": str(day(5)), "last": ""}, follow=True).content.decode()
    assert "He has this role here already at that time." in overlap
    assert Grant.objects.filter(user=user).count() == 1
    end = page + f"roles/{grant.pk}/end/"
    assert "Say why." in client.post(end, {"why": " "}, follow=True).content.decode()
    assert "The end of the role is recorded." in client.post(end, {"why": "调离"}, follow=True).content.decode()
    assert not queries.everything(user, TODAY)
    assert client.post(page + "roles/", given, follow=True).status_code == 200
    assert queries.everything(user, TODAY) == POLICY["clinician"]
    kinds = list(Entry.objects.filter(log__name="node").order_by("seq").values_list("kind", flat=True))
    assert kinds[-4:] == ["user_created", "role_granted", "role_ended", "role_granted"]
    assert Record.objects.get(entry__kind="role_ended").record["why"] == "调离"
    entry = Entry.objects.get(kind="role_ended")
    assert entry.by == User.objects.get(username="administrator-YT").ref
    assert "调离" not in str(entry.statement())
    assert verify(entry.log) == verify_deep(entry.log) == []


def test_a_role_ends_on_a_later_day(home: Any, sign_in: SignIn) -> None:
    client = sign_in("administrator", home)
    user = user_in(home, "ma", "clinician")
    grant = Grant.objects.get(user=user)
    client.post(f"/users/{user.ref}/roles/{grant.pk}/end/", {"why": "x", "last": str(day(3))})
    grant.refresh_from_db()
    assert (grant.ends_on, grant.ended_at) == (day(4), None)
    assert queries.everything(user, day(3))
    assert not queries.everything(user, day(4))
    for nonsense in (str(day(-1)), "soon"):
        client.post(f"/users/{user.ref}/roles/{grant.pk}/end/", {"why": "x", "last": nonsense})
        grant.refresh_from_db()
        assert grant.ends_on == day(4)


@pytest.mark.parametrize("username", ["", "a", "x" * 61, "two words", "a/b", "administrator-YT", "ADMINISTRATOR-yt"])
def test_a_user_that_is_not_made(home: Any, sign_in: SignIn, username: str) -> None:
    client = sign_in("administrator", home)
    answer = client.post("/users/new/", {"username": username, "organisation": "YT"})
    assert answer.status_code == 422
    assert User.objects.count() == 1


@every_role
def test_which_roles_an_administrator_gives(home: Any, bureau: Any, sign_in: SignIn, role: str) -> None:
    """The administrator of the facility gives all roles but those that control; the one above gives those too."""
    user = user_in(home, "ma")
    given = {"role": role, "organisation": "YT"}
    sign_in("administrator", home).post(f"/users/{user.ref}/roles/", given)
    assert Grant.objects.filter(user=user, role=role).exists() is (role not in CONTROLLERS)
    Grant.objects.filter(user=user).delete()
    sign_in("administrator", bureau).post(f"/users/{user.ref}/roles/", given)
    assert Grant.objects.filter(user=user, role=role).exists()


def test_nobody_manages_himself(home: Any, bureau: Any, sign_in: SignIn) -> None:
    client = sign_in("administrator", home)
    me = User.objects.get(username="administrator-YT")
    page = f"/users/{me.ref}/"
    grant = Grant.objects.get(user=me)
    for path, given in (
        ("roles/", {"role": "duty_planner", "organisation": "YT"}),
        (f"roles/{grant.pk}/end/", {"why": "x"}),
        ("change/", {"do": "password", "why": "x"}),
        ("change/", {"do": "factor", "why": "x"}),
        ("change/", {"do": "deactivate", "why": "x"}),
    ):
        answer = client.post(page + path, given, follow=True)
        assert "You cannot manage your own account or roles." in answer.content.decode(), path
    grant.refresh_from_db()
    assert Grant.objects.filter(user=me).count() == 1
    assert grant.ended_at is None
    assert client.get(page).status_code == 200


def test_controllers_are_managed_from_above_only(home: Any, bureau: Any, sign_in: SignIn) -> None:
    """So an administrator cannot take over the auditor's account, nor that of his like, nor end their roles."""
    auditor = user_in(home, "auditor", "auditor")
    grant = Grant.objects.get(user=auditor)
    client, above = sign_in("administrator", home), sign_in("administrator", bureau)
    page = f"/users/{auditor.ref}/"
    for path, given in (("change/", {"do": "password", "why": "x"}), (f"roles/{grant.pk}/end/", {"why": "x"})):
        assert "from above" in client.post(page + path, given, follow=True).content.decode()
    assert "appointed and managed from above" in client.get(page).content.decode()
    grant.refresh_from_db()
    assert grant.ended_at is None
    assert "One-time password for" in above.post(page + "change/", {"do": "password", "why": "x"}).content.decode()
    above.post(page + f"roles/{grant.pk}/end/", {"why": "x"})
    grant.refresh_from_db()
    assert grant.ended_at is not None


@pytest.mark.parametrize("reader", sorted(READERS))
@pytest.mark.parametrize("controller", sorted(CONTROLLERS))
def test_control_and_reading_are_never_in_one_hand(home: Any, reader: str, controller: str) -> None:
    for n, (first, second) in enumerate(((reader, controller), (controller, reader))):
        user = user_in(home, f"{reader}-{controller}-{n}", first)
        with pytest.raises(Refused, match="does not also read names"):
            actions.grant(user=user, role=second, organisation=home, by="t", at=clock_now())


def test_who_has_a_role_elsewhere_is_changed_from_above(home: Any, other: Any, bureau: Any, sign_in: SignIn) -> None:
    user = user_in(home, "shared", "clinician")
    actions.grant(user=user, role="clinician", organisation=other, by="t", at=0)
    client = sign_in("administrator", home)
    page = f"/users/{user.ref}/"
    answer = client.post(page + "change/", {"do": "deactivate", "why": "x"}, follow=True).content.decode()
    assert "also has a role where you manage nobody" in answer
    theirs = Grant.objects.get(user=user, organisation=other)
    assert client.post(page + f"roles/{theirs.pk}/end/", {"why": "x"}).status_code == 404
    actions.set_parent(organisation=other, which="command_parent", parent=bureau, by="t", at=0)
    sign_in("administrator", bureau).post(page + "change/", {"do": "deactivate", "why": "x"})
    assert not User.objects.get(pk=user.pk).is_active


def test_a_role_reaches_no_further_than_who_gives_it(home: Any, other: Any, sign_in: SignIn) -> None:
    """A health agency commanded here but advising there: its role would reach there."""
    agency = actions.create_organisation(
        code="CDC", kind="health_agency", name_zh="疾控", command_parent=home, by="t", at=0
    )
    actions.set_parent(organisation=other, which="health_parent", parent=agency, by="t", at=0)
    user = user_in(home, "ma")
    answer = sign_in("administrator", home).post(
        f"/users/{user.ref}/roles/", {"role": "public_health", "organisation": "CDC"}, follow=True
    )
    assert "This role reaches further than yours." in answer.content.decode()
    assert not Grant.objects.filter(user=user).exists()


# -- accounts ------------------------------------------------------------------------------------------------------


def test_deactivation_ends_sessions_and_tokens_for_good(home: Any, sign_in: SignIn) -> None:
    user = user_in(home, "ma", "ward_officer")
    client = Client()
    client.post("/sign-in/", {"username": "ma", "password": PASSWORD})
    now = clock_now()
    secret = actions.create_token(user=user, label="x", scopes=["fact.record"], ends_at=now + 10**9, by="t", at=now)
    assert queries.user_of_token(secret, now)
    admin = sign_in("administrator", home)
    assert "Say why." in admin.post(f"/users/{user.ref}/change/", {"do": "deactivate"}, follow=True).content.decode()
    admin.post(f"/users/{user.ref}/change/", {"do": "deactivate", "why": "离职"})
    assert client.get("/me/").status_code == 302
    assert queries.user_of_token(secret, now) is None
    assert Client().post("/sign-in/", {"username": "ma", "password": PASSWORD}).status_code == 422
    admin.post(f"/users/{user.ref}/change/", {"do": "reactivate", "why": "返岗"})
    assert client.get("/me/").status_code == 302
    assert queries.user_of_token(secret, now) is None
    assert Client().post("/sign-in/", {"username": "ma", "password": PASSWORD}).status_code == 302


def test_a_reset_password_is_shown_once_and_ends_the_sessions(home: Any, sign_in: SignIn) -> None:
    user = user_in(home, "ma", "ward_officer")
    client = Client()
    client.post("/sign-in/", {"username": "ma", "password": PASSWORD})
    admin = sign_in("administrator", home)
    page = admin.post(f"/users/{user.ref}/change/", {"do": "password", "why": "忘记"}).content.decode()
    password = page.partition('class="lz-secret">')[2].partition("<")[0]
    assert client.get("/me/").status_code == 302
    assert client.post("/sign-in/", {"username": "ma", "password": PASSWORD}).status_code == 422
    client.post("/sign-in/", {"username": "ma", "password": password})
    assert client.get("/me/").url == "/me/password/"  # type: ignore[attr-defined]
    assert password not in str(list(Record.objects.values_list("record", flat=True)))
    assert admin.post(f"/users/{user.ref}/change/", {"do": "nonsense", "why": "x"}).status_code == 404
    answer = admin.post(f"/users/{user.ref}/change/", {"do": "factor", "why": "x"}, follow=True)
    assert "The user had no second factor." in answer.content.decode()


# -- organisations -------------------------------------------------------------------------------------------------


def test_the_tree_is_what_the_asker_may_see(home: Any, other: Any, bureau: Any, sign_in: SignIn) -> None:
    page = sign_in("bureau_viewer", bureau).get("/organisations/").content.decode()
    assert page.index("Bureau") < page.index("Yunting prison")
    assert 'class="lz-depth-1">Yunting prison' in page
    assert ">LX<" not in page
    assert ">BJ<" not in sign_in("gate_officer", home).get("/organisations/").content.decode()


def test_a_circle_is_refused_on_either_parent(home: Any, bureau: Any) -> None:
    for which in ("command_parent", "health_parent"):
        actions.set_parent(organisation=home, which=which, parent=bureau, by="t", at=0)
        for lower, upper in ((bureau, home), (home, home)):
            with pytest.raises(Refused, match="cannot be put below"):
                actions.set_parent(organisation=lower, which=which, parent=upper, by="t", at=0)
    assert Organisation.objects.get(code="BJ").command_parent is None


def test_closing_ends_the_roles_and_waits_for_what_stands_below(home: Any, bureau: Any) -> None:
    now = clock_now()
    user, soon = user_in(home, "ma", "clinician"), user_in(home, "mo")
    actions.grant(user=soon, role="clinician", organisation=home, starts_on=day(30), by="t", at=now)
    with pytest.raises(Refused, match="YT"):
        actions.close_organisation(organisation=bureau, on=day(5), by="t", at=now)
    assert actions.close_organisation(organisation=home, on=day(5), by="t", at=now) == 2
    assert queries.everything(user, day(4))
    assert not queries.everything(user, day(5))
    assert not queries.everything(soon, day(30))
    assert actions.close_organisation(organisation=bureau, on=day(5), by="t", at=now) == 0
    later = now + 6 * 86_400_000
    with pytest.raises(Refused, match="closed"):
        actions.grant(user=user, role="logistics", organisation=home, by="t", at=later)
    entry = Entry.objects.filter(kind="organisation_closed").earliest("seq")
    assert sorted(entry.subjects) == sorted([user.ref, soon.ref])
    assert verify_deep(entry.log) == []


def test_the_code_of_the_nodes_own_log_is_kept(db: None) -> None:
    with pytest.raises(Refused):
        actions.create_organisation(code="node", kind="bureau", name_zh="x", by="t", at=0)


# -- grants never overlap, whoever writes them ---------------------------------------------------------------------

SPANS = [
    ((None, None), (None, None), True),
    ((None, 5), (5, None), False),
    ((None, 5), (4, None), True),
    ((1, 5), (5, 9), False),
    ((1, 5), (4, 9), True),
    ((1, 9), (3, 4), True),
    ((None, None), (3, 4), True),
    ((3, None), (None, 3), False),
]


@pytest.mark.parametrize(("first", "second", "refused"), SPANS)
@pytest.mark.parametrize("swap", [False, True])
def test_the_database_refuses_overlapping_grants(
    home: Any, other: Any, first: Any, second: Any, refused: bool, swap: bool
) -> None:
    from django.db import IntegrityError, transaction

    def make(span: Any, **more: Any) -> Grant:
        starts, ends = (None if n is None else day(n) for n in span)
        fields = {"user": user, "role": "clinician", "organisation": home} | more
        return Grant.objects.create(starts_on=starts, ends_on=ends, **fields)

    user = user_in(home, "ma")
    first, second = (second, first) if swap else (first, second)
    kept = make(first)
    make(second, role="logistics")
    make(second, organisation=other)
    make(second, user=user_in(home, "mo"))
    make(second, ended_at=1)
    if not refused:
        make(second)
        return
    with pytest.raises(IntegrityError), transaction.atomic():
        make(second)
    kept.ended_at = 1
    kept.save()
    make(second)
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(pk=kept.pk).update(ended_at=None)


# -- who looked ----------------------------------------------------------------------------------------------------


@pytest.fixture
def looked(small: Small, other: Any, bureau: Any) -> dict[str, User]:
    doctor, lead = user_in(small.facility.organisation, "doctor"), user_in(small.facility.organisation, "lead")
    from lazaretto.protocol.clock import instant

    at = instant("Asia/Shanghai", date(2026, 3, 17), 600)
    log = small.facility.log
    actions.record_reads(
        log=log, subjects=["a" * 32, "b" * 32], fields=["health.note"], where="file", why="头痛", by=doctor.ref, at=at
    )
    actions.record_reads(
        log=log, subjects=["a" * 32], fields=["identity_number"], where="print", by=lead.ref, at=at + 86_400_000
    )
    actions.record_reads(
        log=other.facility.log, subjects=["c" * 32], fields=["health.note"], where="file", by=doctor.ref, at=at
    )
    return {"doctor": doctor, "lead": lead}


def test_who_looked_is_filtered_and_never_says_what(
    looked: dict[str, User], home: Any, bureau: Any, sign_in: SignIn
) -> None:
    client = sign_in("auditor", home)

    def text(query: str = "") -> str:
        return client.get("/looks/?" + query).content.decode()

    assert "3 looks" in text()
    assert "doctor" in text()
    assert "health.note" in text()
    assert "头痛" not in text()
    assert "cccc" not in text()
    assert "2 looks" in text("subject=" + "a" * 32)
    assert "1 look " in text("by=lead")
    assert "1 look " in text("by=" + looked["lead"].ref)
    assert "2 looks" in text("first=2026-03-17&last=2026-03-17")
    assert "1 look " in text("first=2026-03-18")
    assert "3 looks" in text("first=nonsense")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(client.get("/looks.xlsx?by=doctor").content))
    lines = rows.get_sheet_by_index(0).to_python()
    assert len(lines) == 3
    assert {line[2] for line in lines[1:]} == {"a" * 32, "b" * 32}
    assert "3 looks" in sign_in("auditor", bureau).get("/looks/").content.decode()


def test_looks_at_one_person_and_in_one_log(looked: dict[str, User], small: Small) -> None:
    assert [look.username for look in queries.looks_at(["a" * 32])] == ["lead", "doctor"]
    assert queries.looks_in(small.facility.log).count() == 3
    assert queries.looks_in(small.facility.log, refs=["a" * 32]).count() == 2


def test_who_looked_costs_the_same_for_many(
    looked: dict[str, User], small: Small, home: Any, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    client = sign_in("auditor", home)
    client.get("/looks/")
    with CaptureQueriesContext(connection) as few:
        client.get("/looks/")
    subjects = [f"{n:032}" for n in range(70)]
    actions.record_reads(
        log=small.facility.log, subjects=subjects, fields=["x"], where="list", by="nobody", at=clock_now()
    )
    with django_assert_num_queries(len(few.captured_queries)):
        page = client.get("/looks/").content.decode()
    assert "page 1 of 2" in page
