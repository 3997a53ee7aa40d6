"""
The HTTP API: its authentication, its one error handler, and the routes that the apps bring.

Every refusal is a problem document (RFC 9457) with its words in Chinese and English.
"""

import time
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from lazaretto.apps.accounts import queries as accounts
from lazaretto.apps.accounts.actions import note_use
from lazaretto.apps.accounts.queries import NotAllowed
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.isolation.api import router as isolation
from lazaretto.apps.isolation.api_cohorts import router as cohorts
from lazaretto.apps.passage.api import router as passage
from lazaretto.apps.passage.api_goods import router as goods
from lazaretto.apps.registry.queries import NoSuchFacility
from lazaretto.apps.rounds.api import router as rounds
from lazaretto.apps.rounds.api_due import router as due
from lazaretto.apps.rounds.api_ward import router as ward
from lazaretto.apps.rounds.lines import TooMuch
from lazaretto.apps.rounds.nearby import NothingThere
from lazaretto.config import trouble
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.text import Text


class TokenAuth(HttpBearer):
    """An API token as `Authorization: Bearer lz_…`. It may do what its scopes and its user's roles have in common."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        now = int(time.time() * 1000)
        bearer = accounts.user_of_token(token, now)
        if bearer is None:
            return None
        note_use(token=bearer.token, on=local_day("UTC", now))
        request.user = bearer.user  # it carries the token's scopes: every question about what it may do is narrowed
        return bearer


api = NinjaAPI(title="Lazaretto", version="1", auth=TokenAuth(), docs_url=None, urls_namespace="api")
api.add_router("", rounds)
api.add_router("", due)
api.add_router("", ward)
api.add_router("", isolation)
api.add_router("", cohorts)
api.add_router("", passage)
api.add_router("", goods)


def problem(status: int, kind: str, message: Text, **more: Any) -> HttpResponse:
    """Return a problem document."""
    body = {"type": kind, "title": message.en, "title_zh": message.zh, "status": status, **more}
    return JsonResponse(body, status=status, content_type="application/problem+json")


_PROBLEMS: dict[type[Exception], tuple[int, str, Text]] = {
    AuthenticationError: (401, "sign_in", Text("请带有效的访问令牌", "send a valid API token")),
    NotAllowed: (403, "not_allowed", Text("这个角色或令牌不能这样做", "your role or token may not do this")),
    NoSuchFacility: (404, "not_found", Text("没有这个机构", "there is no such facility")),
    NothingThere: (404, "not_found", Text("没有这个场所、岗位或人员", "there is no such place, post or person")),
    NoProtocol: (409, "no_protocol", Text("机构还没有采用规程", "the facility has adopted no protocol")),
}


def _handle(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    status, kind, message = _PROBLEMS[type(error)]  # type: ignore[index]
    return problem(status, kind, message)


for _known in _PROBLEMS:
    api.add_exception_handler(_known, _handle)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    places = [{"path": list(e["loc"]), "message": e["msg"]} for e in error.errors[:100]]
    message = Text("请求的格式不对", "the request is not in the expected form")
    return problem(422, "invalid", message, errors=places)


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, "http", Text(str(error), str(error)))


@api.exception_handler(RequestDataTooBig)
def _too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return _too_much(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)


@api.exception_handler(TooMuch)
def _too_many(request: HttpRequest, error: TooMuch) -> HttpResponse:
    return _too_much(error.limit, **error.totals)


def _too_much(limit: int, **taken: int) -> HttpResponse:
    size = f"{limit / 1_048_576:g}"
    zh = f"一次最多 {size} MB；请分几次发送，或用 NDJSON 逐行发送"
    en = f"one request brings at most {size} MB; send the facts in several, or line by line as NDJSON"
    return problem(413, "too_large", Text(zh, en), **taken)


@api.exception_handler(UnreadablePostError)
def _cut_short(request: HttpRequest, error: UnreadablePostError) -> HttpResponse:
    said = Text("连接中断；再发一次，已收录的不会重复", "the connection broke off; send it again, nothing is doubled")
    return problem(400, "cut_short", said)


@api.exception_handler(OperationalError)
def _trouble(request: HttpRequest, error: OperationalError) -> HttpResponse:
    """Answer 503 to a full disk or a database that is away: nothing of this request was written, send it again."""
    said = trouble.sentence(error)
    if said is None:
        raise error
    return problem(503, "storage", said)
