"""News of the record: what came since, who hears it, what ends a stream, and the parts of a page that are asked for again."""

import asyncio
import json
import queue
import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import Grant, User
from lazaretto.apps.accounts.permissions import POLICY
from lazaretto.apps.command import actions as command
from lazaretto.apps.console.live import cursor as cursors
from lazaretto.apps.console.live import stream
from lazaretto.apps.console.live.hearing import Heard, Listening, kinds_for
from lazaretto.apps.console.live.hub import Hub, look
from lazaretto.apps.console.live.response import EventStream
from lazaretto.apps.console.live.stream import follow
from lazaretto.apps.journal import news
from lazaretto.apps.journal.news import Head
from tests.conftest import DAY, Small
from tests.integration.pages import READINGS, SignIn, _plain_static, look_at, sign_in  # noqa: F401

EVENTS = "/facilities/YT/events/"
NOW = f"/facilities/YT/days/{DAY}/now/"
DAY_PAGE = f"/facilities/YT/days/{DAY}/"
MORE = READINGS.splitlines()[1] + "\nz1,temperature,person,P3,2026-03-17 07:20,done,36.5,Cel,S1,"
#: Of what happened below: facts, a level, people.
HEARS = {
    "ward_officer": "flp", "gate_officer": "lp", "clinician": "flp", "duty_planner": "l", "logistics": "fl",
    "department_head": "flp", "epidemic_lead": "flp", "inspector": "flp", "bureau_viewer": "fl",
    "bureau_approver": "fl", "public_health": "fl", "analyst": "fl", "auditor": "fl", "administrator": "l",
}  # fmt: skip
LETTERS = {"facts_recorded": "f", "level_declared": "l", "presence_imported": "p"}


@pytest.fixture
def here(small: Small, look_at: Callable[[int], None]) -> Small:
    """A facility looked at as its day ends."""
    look_at(small.at)
    return small


def size(small: Small) -> int:
    return news.heads([small.facility.log_id])[small.facility.log_id].size


def mark(small: Small, n: int, epoch: int = 0) -> str:
    return cursors.text({small.facility.log_id: Head(epoch, n)})


def events(response: Any) -> list[dict[str, Any]]:
    """Return the events of a response, each with its `event`, `id` and what its data say."""
    assert response.status_code == 200, response
    found = []
    for block in response.content.decode().strip().split("\n\n"):
        said = dict(line.split(": ", 1) for line in block.splitlines())
        if "event" in said:
            found.append({"event": said["event"], "id": said["id"], **json.loads(said["data"])})
    return found


def happen(small: Small) -> None:
    """Facts, a level and somebody's whereabouts, in this order."""
    small.bring("facts", READINGS)
    command.declare_level(facility=small.facility, level="outbreak", reason="t", by="test", at=small.at)
    small.bring("presence", "subject,place,from,to\nS1,SITE,2026-03-10 08:00,2026-03-10 16:00", name="moved.csv")


def test_what_came_since_comes_in_order_and_once(here: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", here.facility.organisation)
    before = size(here)
    assert events(lead.get(EVENTS)) == []  # who says nothing has seen everything
    here.bring("facts", READINGS)
    here.bring("facts", MORE, name="more.csv")
    found = events(lead.get(EVENTS, headers={"Last-Event-ID": mark(here, before)}))
    assert [(e["event"], e["kind"], e["facility"], e["seq"], e["n"]) for e in found] == [
        ("news", "facts_recorded", "YT", before, 4),
        ("news", "facts_recorded", "YT", before + 1, 1),
    ]
    assert found[-1]["id"] == mark(here, size(here))
    assert found[1]["occurred_at"] == "2026-03-16T23:20:00.000Z"
    assert [e["seq"] for e in events(lead.get(EVENTS, headers={"Last-Event-ID": found[0]["id"]}))] == [before + 1]
    assert [e["seq"] for e in events(lead.get(EVENTS, {"after": found[0]["id"]}))] == [before + 1]
    assert events(lead.get(EVENTS, {"after": mark(here, 0)}, headers={"Last-Event-ID": found[1]["id"]})) == []


def test_an_event_says_only_what_it_may(here: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", here.facility.organisation)
    happen(here)
    page = lead.get(EVENTS, {"after": mark(here, 0)})
    for event in events(page):
        assert event.keys() == {"event", "id", "kind", "facility", "seq", "occurred_at", "n"}
    for secret in ("赵一", "36.5", "W1-102", "秦既明", here.facility.log.ref):
        assert secret not in page.content.decode()
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Content-Type"] == "text/event-stream; charset=utf-8"


@pytest.mark.parametrize("claim", ["", "nonsense", "99.0.1", "1.0"])
def test_a_claim_about_nothing_begins_now(here: Small, sign_in: SignIn, claim: str) -> None:
    happen(here)
    lead = sign_in("epidemic_lead", here.facility.organisation)
    page = lead.get(EVENTS, headers={"Last-Event-ID": claim})
    assert events(page) == []
    assert f"id: {mark(here, size(here))}\n" in page.content.decode()


def test_who_is_too_far_behind_reads_the_page_again(
    here: Small, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead = sign_in("epidemic_lead", here.facility.organisation)
    happen(here)
    monkeypatch.setattr(cursors, "MOST", 2)
    for claim in (mark(here, 0), mark(here, size(here) + 1), mark(here, size(here), epoch=7)):
        found = events(lead.get(EVENTS, headers={"Last-Event-ID": claim}))
        assert found == [{"event": "resync", "id": mark(here, size(here)), "facility": "YT"}], claim
    assert len(events(lead.get(EVENTS, headers={"Last-Event-ID": mark(here, size(here) - 2)}))) == 2


@pytest.mark.parametrize("role", HEARS)
def test_each_role_hears_what_it_may_read(here: Small, sign_in: SignIn, role: str) -> None:
    before = size(here)
    happen(here)
    found = events(sign_in(role, here.facility.organisation).get(EVENTS, {"after": mark(here, before)}))
    assert "".join(LETTERS[e["kind"]] for e in found) == HEARS[role]


def test_nobody_and_the_neighbour_hear_nothing(here: Small, sign_in: SignIn, make_facility: Any) -> None:
    other = make_facility("LX", people=False)
    assert Client().get(EVENTS).status_code == 302
    assert Client().get("/events/").status_code == 302
    assert Client().get(NOW).status_code == 302
    neighbour = sign_in("epidemic_lead", other.facility.organisation)
    for path in (EVENTS, NOW, "/facilities/NONE/events/"):
        assert neighbour.get(path).status_code == 404
    assert neighbour.post("/facilities/LX/events/").status_code == 405
    happen(here)
    claim = f"{mark(here, 0)}-{other.facility.log_id}.0.{size(other)}"
    assert events(neighbour.get("/facilities/LX/events/", headers={"Last-Event-ID": claim})) == []
    assert events(neighbour.get("/events/", headers={"Last-Event-ID": claim})) == []
    assert mark(here, 0).split(".")[0] + "." not in neighbour.get("/events/").content.decode().split("id: ")[1]


def test_a_bureau_hears_all_its_facilities_and_no_other(
    here: Small, sign_in: SignIn, make_facility: Any, look_at: Callable[[int], None]
) -> None:
    second, foreign = make_facility("LX", people=False), make_facility("ZZ", people=False)
    bureau = accounts.create_organisation(code="JY", kind="bureau", name_zh="局", name_en="Bureau", by="test", at=0)
    for facility in (here, second):
        organisation = facility.facility.organisation
        organisation.command_parent = bureau
        organisation.save()
    starts = {f.facility.log_id: Head(0, size(f)) for f in (here, second, foreign)}
    happen(here)
    for facility in (second, foreign):
        facility.at = here.at
        command.declare_level(facility=facility.facility, level="outbreak", reason="t", by="test", at=here.at)
    viewer = sign_in("bureau_viewer", bureau)
    page = viewer.get("/events/", headers={"Last-Event-ID": cursors.text(starts)})
    assert [(e["facility"], e["kind"]) for e in events(page)] == [
        ("YT", "facts_recorded"), ("YT", "level_declared"), ("LX", "level_declared"),
    ]  # fmt: skip
    assert set(cursors.parsed(events(page)[-1]["id"])) == {here.facility.log_id, second.facility.log_id}
    assert viewer.get(EVENTS).status_code == 200
    assert viewer.get("/facilities/ZZ/events/").status_code == 404


def test_a_stream_keeps_no_session_alive(here: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", here.facility.organisation)
    before = Session.objects.get()
    page = lead.get(EVENTS)
    after = Session.objects.get()
    assert (before.expire_date, before.session_data) == (after.expire_date, after.session_data)
    assert "sessionid" not in page.cookies


def test_the_cost_of_opening_does_not_grow_with_the_log(
    here: Small, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    lead = sign_in("epidemic_lead", here.facility.organisation)
    with django_assert_num_queries(5):
        lead.get(EVENTS)
    happen(here)
    with django_assert_num_queries(6):
        lead.get(EVENTS, headers={"Last-Event-ID": mark(here, 0)})


def _sign_out(client: Client, user: User) -> None:
    client.post("/sign-out/")


def _end_grant(client: Client, user: User) -> None:
    accounts.end_grant(grant=Grant.objects.get(user=user), why="t", by="test", at=1)


def _deactivate(client: Client, user: User) -> None:
    accounts.deactivate(user=user, why="t", by="test", at=1)


@pytest.mark.parametrize("act", [_sign_out, _end_grant, _deactivate])
def test_who_may_hear_no_more_is_told_no_more(
    here: Small, sign_in: SignIn, act: Callable[[Client, User], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request is asked again from time to time, with the cursor where the stream stands; the test asks it often."""
    monkeypatch.setattr(stream, "CHECK", 0.05)
    client = sign_in("epidemic_lead", here.facility.organisation)
    asked: list[str] = []
    said: list[bytes] = []
    inbox: queue.Queue[tuple[str, Future[EventStream | None]]] = queue.Queue()

    async def again(cursor: str) -> EventStream | None:
        answer: Future[EventStream | None] = Future()
        inbox.put((cursor, answer))
        return await asyncio.wrap_future(answer)

    async def say(words: bytes) -> None:
        said.append(words)

    def ask(cursor: str) -> EventStream | None:
        asked.append(cursor)
        if len(asked) == 2:
            here.bring("facts", READINGS)
        if len(asked) == 4:
            act(client, User.objects.get())
        found = client.get(EVENTS, headers={"Last-Event-ID": cursor})
        return EventStream(opened.listening, cursors.parsed(cursor)) if found.status_code == 200 else None

    def stream_on(pool: ThreadPoolExecutor) -> None:
        asyncio.run(follow(Hub(lambda known: {}), opened, say=say, again=again, pool=pool))

    opened = _response_of(here)
    with ThreadPoolExecutor(2) as pool:  # the loop has a thread of its own: this one has the test's database
        telling = pool.submit(stream_on, pool)
        while not telling.done():
            with suppress(queue.Empty):
                cursor, answer = inbox.get(timeout=0.05)
                answer.set_result(ask(cursor))
        telling.result()
    assert len(asked) == 4
    assert sum(words.count(b"event: news") for words in said) == 1
    assert asked[-1] == mark(here, size(here))


def _response_of(small: Small) -> EventStream:
    heard = {small.facility.log_id: Heard("YT", kinds_for(POLICY["epidemic_lead"]))}
    return EventStream(Listening("u", heard), {})


def test_one_look_reads_all_logs_that_changed(here: Small, make_facility: Any, django_assert_num_queries: Any) -> None:
    other = make_facility("LX", people=False)
    known = news.heads([here.facility.log_id, other.facility.log_id])
    with django_assert_num_queries(1):
        assert look(known) == {}
    here.bring("facts", READINGS)
    with django_assert_num_queries(2):
        found = look(known)
    assert [(log, head.size, [row.kind for row in rows]) for log, (head, rows) in found.items()] == [
        (here.facility.log_id, known[here.facility.log_id].size + 1, ["facts_recorded"])
    ]


# -- the parts of a page that are asked for again ----------------------------------------------------------------------


def parts(page: str) -> dict[str, str]:
    found = re.findall(r'<section [^>]*data-live-part="(\w+)">(.*?)</section>', page, re.S)
    return dict(found)


def test_the_parts_are_those_of_the_page(here: Small, sign_in: SignIn) -> None:
    here.bring("facts", READINGS)
    lead = sign_in("epidemic_lead", here.facility.organisation)
    for query in ("", "?measure=temperature.residents&sort=measure"):
        whole, again = lead.get(DAY_PAGE + query).content.decode(), lead.get(NOW + query)
        assert parts(whole) == parts(again.content.decode())
        assert parts(whole).keys() == {
            "verdict", "evidence", "gaps", "contradictions", "units", "checkpoint", "signing",
        }  # fmt: skip
        assert f'data-live-src="{NOW}{query}"'.replace("&", "&amp;") in whole
        assert "<html" not in again.content.decode()
        assert again.headers["Cache-Control"] == "no-store"


def test_the_parts_change_with_the_record(here: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", here.facility.organisation)
    before = parts(lead.get(NOW).content.decode())
    here.bring("facts", READINGS)
    after = parts(lead.get(NOW).content.decode())
    assert before["evidence"] != after["evidence"]


def test_an_answer_is_not_shared_between_those_who_may_see_different_things(here: Small, sign_in: SignIn) -> None:
    """Asked in the same moment of the same record: names for those who may read them, counts for the others."""
    here.bring("facts", READINGS)
    organisation = here.facility.organisation
    lead, viewer = sign_in("epidemic_lead", organisation), sign_in("public_health", organisation)
    inside, outside = lead.get(NOW).content.decode(), viewer.get(NOW).content.decode()
    assert "孙三" in inside
    assert "孙三" not in outside
    assert sign_in("gate_officer", organisation).get(NOW).status_code == 403
    lead.cookies["lz_lang"] = "zh-hans"
    assert "证据" in lead.get(NOW).content.decode()


def test_a_page_carries_where_the_record_stood_before_it_was_read(
    here: Small, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is committed while the page is made is on it or is news to it."""
    from lazaretto.apps.console import queries

    lead, before, day = sign_in("epidemic_lead", here.facility.organisation), size(here), queries.day

    def slow(*asked: Any) -> Any:
        found = day(*asked)
        here.bring("facts", READINGS)
        return found

    monkeypatch.setattr(queries, "day", slow)
    page = lead.get(DAY_PAGE).content.decode()
    after = re.search(r'data-live-after="([^"]+)"', page)
    assert after
    assert after[1] == mark(here, before)
    assert [e["seq"] for e in events(lead.get(EVENTS, {"after": after[1]}))] == [before]


def test_a_day_that_has_not_begun_has_no_parts(here: Small, sign_in: SignIn) -> None:
    lead = sign_in("epidemic_lead", here.facility.organisation)
    later = DAY + timedelta(days=5)
    assert lead.get(f"/facilities/YT/days/{later}/now/").status_code == 204
    assert lead.get(f"/facilities/YT/days/{later}/").status_code == 200
