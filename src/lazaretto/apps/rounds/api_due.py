"""The due list over HTTP: for a place, a post or a person, at this instant or an earlier one."""

from typing import Any, Literal

from django.http import HttpRequest, JsonResponse
from ninja import Router, Schema
from ninja.errors import ValidationError

from lazaretto.apps.accounts.access import asker, clock_now
from lazaretto.apps.registry.queries import open_facility, person
from lazaretto.apps.rounds.due import PersonRef, Post, Ward, due_now
from lazaretto.apps.rounds.nearby import NothingThere
from lazaretto.apps.rounds.owed import actions_owed, second_readings
from lazaretto.apps.rounds.sight import OPENS, Sight, actions_as_data, as_data, readings_as_data
from lazaretto.protocol.clock import parse_moment, utc_text

router = Router()
State = Literal["on_time", "late", "missed", "excused", "pending", "upcoming"]


class LineOut(Schema):
    """One subject in one slot. Names, values, reasons and who did it are there only for those who may read them."""

    subject: str
    place: str
    state: State
    name: str = ""
    fact: str = ""
    observed_at: str = ""
    value: str = ""
    by: str = ""
    reason: str = ""
    done: int = 0


class GroupOut(Schema):
    """The slots of a measure at one time, by place. `closes` is null while it would tell the next random time."""

    measure: str
    observation: str
    title_zh: str
    title_en: str
    due: str
    opens: str
    closes: str | None
    grace_until: str
    needed: int | None
    counts: dict[State, int]
    lines: list[LineOut]


class SecondReadingOut(Schema):
    """A second reading that is owed of somebody present."""

    subject: str
    place: str
    first_at: str
    opens: str
    due: str


class ActionOut(Schema):
    """An action that an event about somebody present asks for."""

    subject: str
    place: str
    measure: str
    action: str
    title_zh: str
    title_en: str
    by: str
    due: str | None
    state: Literal["open", "overdue"]


class DueOut(Schema):
    """What is due at an instant."""

    facility: str
    at: str
    second_readings: list[SecondReadingOut]
    actions: list[ActionOut]
    groups: list[GroupOut]


@router.get(
    "/facilities/{code}/due", response={200: DueOut, 401: Any, 403: Any, 404: Any, 409: Any, 422: Any}, url_name="due"
)
def get_due(
    request: HttpRequest, code: str, place: str = "", post: str = "", person: str = "", at: str = "", done: bool = False
) -> JsonResponse:
    """
    Return what is due, done, late, missed or excused, and what comes next. Give `place`, `person`, or `post` (with `place`
    for one unit of it); `at` is now or earlier. What was done on time is counted; with `done` it has lines as well.
    """
    now = clock_now()
    facility, may = open_facility(asker(request), code, OPENS, now)
    moment = _moment(at, facility.zone, now)
    found = due_now(facility, _where(facility, may, place[:60], post[:120], person[:60]), moment, done=done)
    sight = Sight(may, found.labels)
    present = {ref: where for ref, where in found.present.items() if sight.knows(ref)}
    return JsonResponse(
        {
            "facility": facility.code,
            "at": utc_text(moment),
            "second_readings": readings_as_data(second_readings(facility, present, moment)),
            "actions": actions_as_data(actions_owed(facility, present, moment)),
            "groups": as_data(found, sight),
        }
    )


def _where(facility: Any, may: Any, place: str, post: str, code: str) -> Ward | Post | PersonRef:
    if code and not (place or post):
        if person(facility, code, may) is None:
            raise NothingThere
        return PersonRef(code)
    if code or not (place or post):
        raise _refused(
            "place", "给出 place、person 或 post（可加 place）/ give place, person, or post (with a place if you like)"
        )
    return Post(post, place) if post else Ward(place)


def _moment(text: str, zone: str, now: int) -> int:
    """Return the instant that is asked about: what is to come is told to nobody, random rounds least of all."""
    if not text.strip():
        return now
    try:
        found = parse_moment(text[:40], zone)
    except (ValueError, OverflowError):
        raise _refused("at", "看不懂时间 / cannot read the time") from None
    if not 0 <= found <= now:
        raise _refused("at", "只能是现在或更早 / now or earlier")
    return found


def _refused(name: str, message: str) -> ValidationError:
    return ValidationError([{"type": "value_error", "loc": ["query", name], "msg": message}])
