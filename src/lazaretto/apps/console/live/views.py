"""Where news is heard: of one facility, or of all that the asker hears anything of; and what a page asks for again."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from lazaretto.apps.console import access, dayview, queries
from lazaretto.apps.console.live import cursor
from lazaretto.apps.console.live.hearing import ANYTHING, HEARINGS, Heard, Listening, kinds_for
from lazaretto.apps.console.live.response import EventStream
from lazaretto.apps.console.live.sharing import Shared
from lazaretto.apps.journal import news
from lazaretto.apps.journal.news import Head

_days = Shared[str](keep_ms=1000)


def _seen(request: HttpRequest) -> dict[int, Head]:
    """Return where the client says it stands: a stream that was cut says it in a header, a page in its address."""
    claim = request.headers.get("Last-Event-ID") or request.GET.get("after", "")
    return cursor.parsed(claim)


@require_safe
def facility(request: HttpRequest, code: str) -> HttpResponse:
    found = access.asked(request, code, ANYTHING, access.clock_now())
    heard = {found.facility.log_id: Heard(found.facility.code, kinds_for(found.may))}
    return EventStream(Listening(access.by(request), heard), _seen(request))


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """News of every facility in the asker's scope; of none, a stream that stays silent."""
    now = access.clock_now()
    heard: dict[int, Heard] = {}
    for hearing in HEARINGS:
        for one in queries.facilities(request.user, hearing.permissions, now):  # type: ignore[arg-type]
            before = heard.get(one.log_id, Heard(one.code, frozenset()))
            heard[one.log_id] = Heard(one.code, before.kinds | hearing.kinds)
    return EventStream(Listening(access.by(request), heard), _seen(request))


@require_safe
def day(request: HttpRequest, code: str, text: str) -> HttpResponse:
    """The parts of a day's page that news can change, made once for all who may see the same of it."""
    now = access.clock_now()
    found = access.asked(request, code, queries.READS_REPORT, now)
    on = access.day_of(text)
    stands = news.heads([found.facility.log_id])[found.facility.log_id]
    key = (code, on, stands, found.may, found.today, get_language(), request.GET.urlencode())
    said = _days.get(key, lambda: _day(request, found, on, now), at=now)
    return HttpResponse(said, status=200 if said else 204, headers={"Cache-Control": "no-store"})


def _day(request: HttpRequest, found: queries.Asked, on: date, now: int) -> str:
    seen = queries.day(found, on, now)
    if seen.shown is None:
        return ""
    words = dayview.Vocabulary(found, seen, now)
    context = access.frame(found, "day", now) | {"on": on}
    context |= dayview.report(found, seen, now, words) | dayview.gaps(found, seen, request.GET, words)
    return render_to_string("console/day_now.html", context)
