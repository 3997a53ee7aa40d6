"""The page of fevers: who may see it, a second reading, closing with a reason, the responses, and false alarms."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from lazaretto.apps.accounts.models import Role, SensitiveRead
from lazaretto.apps.rounds.models import Fact, FeverEpisode
from lazaretto.apps.work.models import Cascade
from tests.conftest import Small
from tests.integration.pages import SignIn, _plain_static, every_role, look_at, sign_in  # noqa: F401
from tests.integration.test_fevers import tell

URL = "/facilities/YT/fevers/"
MAY = {Role.WARD_OFFICER, Role.CLINICIAN, Role.DEPARTMENT_HEAD, Role.EPIDEMIC_LEAD}


@pytest.fixture
def ill(small: Small, look_at: Callable[[int], None]) -> Small:
    """P1 waits for a second reading at 10:10, P2's fever is confirmed."""
    tell(small, "a P1 10:00 38.0", "b P2 09:00 38.5", "c P2 09:20 38.6", at=small.moment("10:01"))
    look_at(small.moment("10:10"))
    return small


def _text(client: Client, url: str = URL) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_is_owed_and_what_follows(ill: Small, sign_in: SignIn) -> None:
    page = _text(sign_in(Role.WARD_OFFICER, ill.facility.organisation))
    assert "1 second reading is owed; 1 fever is confirmed." in page
    assert "by 10:30, 20 min left" in page
    assert "38.0 °C" in page
    assert "Fever: isolate first, then treat" in page
    assert "by 09:50" not in page  # that half hour is over
    assert "was due" in page
    looks = set(SensitiveRead.objects.values_list("fields", "where"))
    assert looks == {("temperature", "fevers")}


@every_role
def test_each_role(ill: Small, sign_in: SignIn, role: str) -> None:
    client = sign_in(role, ill.facility.organisation)
    episode = FeverEpisode.objects.get(subject="P1")
    assert (client.get(URL).status_code == 200) is (role in MAY)
    answer = client.post(f"{URL}{episode.pk}/close/", {"reason": "x"})
    assert (answer.status_code == 302) is (role in {Role.CLINICIAN, Role.EPIDEMIC_LEAD})
    if role not in MAY:
        assert client.post(f"{URL}{episode.pk}/read/", {"value": "36.5"}).status_code in (403, 404)


def test_another_facility_and_nobody(
    ill: Small, make_facility: Callable[..., Small], sign_in: SignIn, client: Client
) -> None:
    other = make_facility("ZZ")
    stranger = sign_in(Role.EPIDEMIC_LEAD, other.facility.organisation)
    episode, cascade = FeverEpisode.objects.get(subject="P1"), Cascade.objects.first()
    assert cascade is not None
    paths = [
        f"{episode.pk}/read/",
        f"{episode.pk}/close/",
        f"responses/{cascade.pk}/do/isolate/",
        f"responses/{cascade.pk}/end/",
    ]
    assert stranger.get(URL).status_code == 404
    assert stranger.get(f"{URL}alarms/").status_code == 404
    for path in paths:
        assert stranger.post(URL + path, {"value": "36.5", "reason": "x"}).status_code == 404
        # through his own facility's address, too
        assert stranger.post(f"/facilities/ZZ/fevers/{path}", {"value": "36.5", "reason": "x"}).status_code == 404
        assert client.post(URL + path).status_code == 302
    assert client.get(URL).status_code == 302
    assert FeverEpisode.objects.get(subject="P1").state == "open"


def test_a_second_reading_is_taken_here_once(ill: Small, sign_in: SignIn) -> None:
    client = sign_in(Role.WARD_OFFICER, ill.facility.organisation)
    episode = FeverEpisode.objects.get(subject="P1")
    said = {
        "id": "6f9619ff-8b86-d011-b42d-00c04fc964ff",
        "value": "38.2",
        "method": "electronic_contact",
        "site": "axillary",
    }
    for _ in range(2):  # the button was pressed twice
        answer = client.post(f"{URL}{episode.pk}/read/", said, follow=True)
        assert "The fever is confirmed" in answer.content.decode()
    assert Fact.objects.filter(subject="P1").count() == 2
    other = client.post(f"{URL}{episode.pk}/read/", said | {"value": "36.0"}, follow=True)
    assert "entered before with another value" in other.content.decode()


@pytest.mark.parametrize("value", ["", "hot", "366", "-1", "36,6 x", "\x00"])
def test_rubbish_is_refused_in_words(ill: Small, sign_in: SignIn, value: str) -> None:
    client = sign_in(Role.WARD_OFFICER, ill.facility.organisation)
    episode = FeverEpisode.objects.get(subject="P1")
    answer = client.post(f"{URL}{episode.pk}/read/", {"value": value}, follow=True)
    assert answer.status_code == 200
    assert Fact.objects.filter(subject="P1").count() == 1


def test_what_no_database_takes_is_left_out_of_a_reason(ill: Small, sign_in: SignIn) -> None:
    client = sign_in(Role.CLINICIAN, ill.facility.organisation)
    episode = FeverEpisode.objects.get(subject="P1")
    client.post(f"{URL}{episode.pk}/close/", {"reason": "to\x00 hospital"})
    assert FeverEpisode.objects.get(subject="P1").reason == "to hospital"


def test_closing_needs_a_reason_and_keeps_it(ill: Small, sign_in: SignIn) -> None:
    client = sign_in(Role.CLINICIAN, ill.facility.organisation)
    episode = FeverEpisode.objects.get(subject="P1")
    assert "say why" in client.post(f"{URL}{episode.pk}/close/", {"reason": " "}, follow=True).content.decode()
    page = client.post(f"{URL}{episode.pk}/close/", {"reason": "taken to hospital"}, follow=True).content.decode()
    assert "closed: taken to hospital" in page


def test_an_action_is_noted_as_done(ill: Small, sign_in: SignIn) -> None:
    client = sign_in(Role.CLINICIAN, ill.facility.organisation)
    cascade = Cascade.objects.get(measure="fever.response")
    url = f"{URL}responses/{cascade.pk}/"
    assert "first: give a room" in client.post(f"{url}do/clinician/", follow=True).content.decode()
    assert "cannot be read" in client.post(f"{url}do/isolate/", {"done_at": "soon"}, follow=True).content.decode()
    page = client.post(f"{url}do/isolate/", {"done_at": "2026-03-17 09:40"}, follow=True).content.decode()
    assert "done 03-17 09:40" in page or "09:40" in page
    assert cascade.done.get().action == "isolate"


def test_what_is_over_stays_until_its_response_is_done_or_ended(ill: Small, sign_in: SignIn) -> None:
    tell(ill, "z P2 10:02 36.4", at=ill.moment("10:03"))
    client = sign_in(Role.CLINICIAN, ill.facility.organisation)
    page = _text(client)
    assert "over 17 Mar 2026 10:02" in page or "over 17 Mar 10:02" in page
    assert "give a room in isolation" in page
    for cascade in Cascade.objects.all():
        assert "Say why." in client.post(f"{URL}responses/{cascade.pk}/end/", follow=True).content.decode()
        client.post(f"{URL}responses/{cascade.pk}/end/", {"reason": "an injury"})
    assert "give a room in isolation" not in _text(client)
    assert set(Cascade.objects.values_list("reason", flat=True)) == {"an injury"}


def test_false_alarms_on_the_facilitys_own_readings(ill: Small, sign_in: SignIn) -> None:
    tell(ill, *[f"n{n} P3 {n:02d}:00 37.{n % 5}" for n in range(10)])
    page = _text(sign_in(Role.EPIDEMIC_LEAD, ill.facility.organisation), f"{URL}alarms/")
    assert "From the 11 readings of 2 people" in page  # P2's fever was confirmed and is left out
    assert "in force" in page


def test_no_alarms_without_readings(small: Small, sign_in: SignIn, look_at: Callable[[int], None]) -> None:
    look_at(small.at)
    assert "Enter a round" in _text(sign_in(Role.EPIDEMIC_LEAD, small.facility.organisation), f"{URL}alarms/")
    assert "Nobody waits" in _text(sign_in(Role.EPIDEMIC_LEAD, small.facility.organisation))


def test_as_many_queries_however_many_fevers(
    ill: Small, sign_in: SignIn, django_assert_max_num_queries: Any, django_assert_num_queries: Any
) -> None:
    client = sign_in(Role.EPIDEMIC_LEAD, ill.facility.organisation)
    client.get(URL)
    with django_assert_max_num_queries(60) as few:
        client.get(URL)
    tell(ill, "d P3 09:00 38.0", "e P3 09:20 38.0", "f S1 09:00 38.0", "g S1 09:10 39.0", at=ill.moment("10:02"))
    with django_assert_num_queries(len(few.captured_queries)):
        client.get(URL)
