"""Each page of the register, tried as every role, as another facility, as a superior and as nobody."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement
from tests.conftest import Small
from tests.integration.pages import SignIn, _plain_static, every_role, look_at, sign_in  # noqa: F401

HERE = "/facilities/YT/"
WARD, GATE, CLINICIAN, PLANNER, LOGISTICS, HEAD, LEAD, INSPECTOR = (
    "ward_officer", "gate_officer", "clinician", "duty_planner", "logistics", "department_head", "epidemic_lead",
    "inspector",
)  # fmt: skip
NAMES = {WARD, GATE, CLINICIAN, HEAD, LEAD, INSPECTOR}
#: Method and address → the roles that it opens to. What is not here is closed: 403, or 404 where the person is not known.
OPEN: dict[str, set[str]] = {
    "GET people/": NAMES | {PLANNER},
    "GET people.xlsx": {HEAD, LEAD},
    "GET people.xlsx?identity=1": {HEAD, LEAD},
    "GET register/": {HEAD, LEAD},
    "GET people/P1/": NAMES,
    "GET people/S1/": NAMES | {PLANNER},
    "POST people/P1/show/?what=identity&why=papers": {CLINICIAN, HEAD, LEAD},
    "POST people/P1/show/?what=health&why=papers": {CLINICIAN, LEAD},
    "GET people/P1/edit/": {HEAD, LEAD},
    "GET people/P1/copy.json": {CLINICIAN, LEAD},
    "GET people/P1/copy.pdf": {CLINICIAN, LEAD},
    "POST people/P1/precaution/?value=mask": {CLINICIAN, LEAD},
    "GET people/P9/part/": {HEAD, LEAD},
    "GET movements/": NAMES | {PLANNER},
    "GET movements.xlsx": {HEAD, LEAD},
    "GET movements/new/?person=P1": {WARD, GATE, HEAD, LEAD},
    "GET movements/1/void/": {WARD, HEAD, LEAD},
    "GET movements/2/void/": {GATE, HEAD, LEAD},
    "GET headcount/": NAMES,
    "GET headcount.xlsx": {HEAD, LEAD},
    "GET duplicates/": {HEAD, LEAD},
    "GET duplicates/P1/P8/": {HEAD, LEAD},
    "GET places/": NAMES | {PLANNER, LOGISTICS},
    "GET places/W1-101/": NAMES | {PLANNER, LOGISTICS},
    "POST places/W1-101/service/?value=in": {HEAD, LEAD},
    "GET add-place/": {HEAD, LEAD},
    "GET tables/": NAMES | {PLANNER, LOGISTICS},
    "GET tables/people/": NAMES | {PLANNER, LOGISTICS},
    "GET tables/people.xlsx": {HEAD, LEAD},
    "GET tables/people.xlsx?empty=1": NAMES | {PLANNER, LOGISTICS},
    "GET tables/places.csv": NAMES | {PLANNER, LOGISTICS},
    "GET tables/standings.csv": {LEAD},
    "GET tables/facts.xlsx": {LEAD},
    "GET tables/excuses.xlsx": {HEAD, LEAD},
    "POST tables/people/": {HEAD, LEAD},
    "POST tables/facts/": {WARD, CLINICIAN, LOGISTICS, HEAD, LEAD},
    "POST tables/movements/confirm/?token=x": {WARD, HEAD, LEAD} - {WARD},
    "GET looks/": {"auditor"},
    "GET looks.xlsx": {"auditor"},
}


@pytest.fixture
def world(small: Small, look_at: Callable[[int], None]) -> Small:
    """P1 was moved inside, P2 is at court, P9 was merged into P3, P8 looks like P1."""
    from lazaretto.apps.registry.merging import merge

    small.bring(
        "people", "code,population,name,birth_date\nP8,prisoner,赵一,1980-01-01\nP9,prisoner,周九,", name="more.csv"
    )
    people, places = small.facility.people.select_related("facility"), small.facility.places
    record_movement(
        Move(people.get(code="P1"), "cell_move", small.moment("08:00"), places.get(code="W1-102")), by="t", at=small.at
    )
    record_movement(Move(people.get(code="P2"), "court_appearance", small.moment("09:00")), by="t", at=small.at)
    merge(keep=people.get(code="P3"), absorb=people.get(code="P9"), reason="papers", by="t", at=small.at)
    look_at(small.at + 60_000)
    return small


def ask(client: Client, what: str) -> int:
    method, _, address = what.partition(" ")
    path, _, query = address.partition("?")
    if method == "POST":
        data = dict(part.split("=") for part in query.split("&") if part)
        return client.post(HERE + path, data).status_code
    return client.get(HERE + address).status_code


@every_role
def test_each_page_opens_to_the_roles_that_need_it(world: Small, sign_in: SignIn, role: str) -> None:
    client = sign_in(role, world.facility.organisation)
    answers = {what: ask(client, what) for what in OPEN}
    opened = {what for what, status in answers.items() if status in (200, 302, 422)}
    assert opened == {what for what, roles in OPEN.items() if role in roles}
    assert {answers[what] for what in OPEN if role not in OPEN[what]} <= {403, 404}


def test_another_facility_is_not_found(world: Small, make_facility: Callable[..., Small], sign_in: SignIn) -> None:
    other = make_facility("LX", people=False)
    client = sign_in(LEAD, other.facility.organisation)
    assert {ask(client, what) for what in OPEN} == {404}
    client = sign_in("auditor", other.facility.organisation)
    assert {ask(client, what) for what in OPEN} == {404}


@pytest.mark.parametrize("role", ["bureau_viewer", "bureau_approver", "auditor"])
def test_a_superior_sees_no_names(world: Small, sign_in: SignIn, role: str) -> None:
    bureau = accounts.create_organisation(code="MC", kind="bureau", name_zh="管理局", by="t", at=0)
    organisation = world.facility.organisation
    organisation.command_parent = bureau
    organisation.save()
    client = sign_in(role, bureau)
    assert {ask(client, what) for what in OPEN} == {403}


def test_without_a_sign_in_nothing_is_shown(world: Small) -> None:
    for what in OPEN:
        method, _, address = what.partition(" ")
        response = getattr(Client(), method.lower())(HERE + address.partition("?")[0])
        assert response.status_code == 302, what
        assert "/sign-in/" in response.url, what


def test_navigation_offers_what_can_be_opened_and_nothing_else(world: Small, sign_in: SignIn) -> None:
    sections = {"people", "movements", "headcount", "duplicates", "places", "tables", "looks"}
    for role in (WARD, PLANNER, LOGISTICS, HEAD, "auditor", "administrator"):
        client = sign_in(role, world.facility.organisation)
        page = client.get(HERE + "protocol/").content.decode()
        offered = {s for s in sections if f'href="{HERE}{s}/"' in page}
        assert offered == {s for s in sections if role in OPEN[f"GET {s}/"]}, role
        for one in offered:
            assert client.get(f"{HERE}{one}/").status_code == 200


@every_role
def test_every_link_of_the_navigation_opens(world: Small, sign_in: SignIn, role: str) -> None:
    """Whoever may do anything here finds no link that is closed to him."""
    client = sign_in(role, world.facility.organisation)
    page = client.get(HERE + "protocol/").content.decode()
    for link in set(re.findall(rf'href="({HERE}[a-z]+/)"', page)):
        assert client.get(link, follow=True).status_code == 200, link


def test_who_reads_no_report_still_finds_the_way_in(world: Small, sign_in: SignIn) -> None:
    page = sign_in(GATE, world.facility.organisation).get("/").content.decode()
    assert f'href="{HERE}people/"' in page
