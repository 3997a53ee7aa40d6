"""
Every register as a table, out and in: what is there now or an empty template out; a file in, tried first, then taken.

Each row is accounted for: created, updated, unchanged or refused. What was refused comes back as a file with reasons.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol
from lazaretto.apps.console import access, register, uploads
from lazaretto.apps.console.forms import in_words
from lazaretto.apps.console.presenters import tables as words
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.laboratory import tables as every
from lazaretto.apps.registry.importing import run, steps
from lazaretto.apps.registry.tables import Account, TableError, write_failures
from lazaretto.protocol.clock import instant
from lazaretto.web import files
from lazaretto.web.spreadsheets import EXCEL

_P = Permission
#: All of these are needed to bring a table in.
BRINGS: dict[str, frozenset[Permission]] = {
    "places": frozenset({_P.PLACES_WRITE}), "groups": frozenset({_P.PLACES_WRITE}),
    "assets": frozenset({_P.PLACES_WRITE}), "people": frozenset({_P.PEOPLE_WRITE}),
    "presence": frozenset({_P.PEOPLE_WRITE, _P.MOVE_INSIDE, _P.MOVE_ACROSS}),
    "movements": frozenset({_P.MOVE_INSIDE, _P.MOVE_ACROSS}),
    "standings": frozenset({_P.PEOPLE_WRITE, _P.PRECAUTION_SET}), "assignments": frozenset({_P.PEOPLE_WRITE}),
    "legal_dates": frozenset({_P.PEOPLE_WRITE}), "facts": frozenset({_P.FACT_RECORD}),
    "excuses": frozenset({_P.EXCUSE_RECORD}), "results": frozenset({_P.HEALTH_READ, _P.FACT_RECORD}),
}  # fmt: skip
#: All of these are needed to take what is in a table out.
TAKES: dict[str, frozenset[Permission]] = {
    **dict.fromkeys(("places", "groups", "assets"), frozenset({_P.PLACES_READ})),
    **dict.fromkeys(("people", "presence", "movements", "assignments", "legal_dates", "excuses"), frozenset({_P.TABLES_EXPORT})),
    **dict.fromkeys(("standings", "facts", "results"), frozenset({_P.TABLES_EXPORT, _P.HEALTH_READ})),
}  # fmt: skip
IDENTITY = ("identity_kind", "identity_number")
#: A span of facts or excuses that goes out at once.
MOST_DAYS = 31
_MARK = "<!-- progress -->"
_log = logging.getLogger(__name__)


def _asked(request: HttpRequest, code: str, table: str) -> tuple[Asked, int]:
    now = access.clock_now()
    asked = access.asked(request, code, [Permission.PLACES_READ], now)
    if table and table not in every.NAMES:
        raise Http404
    return asked, now


@require_safe
def tables(request: HttpRequest, code: str) -> HttpResponse:
    asked, now = _asked(request, code, "")
    uploads.sweep(now)
    context = access.frame(asked, "tables", now) | {
        "crumbs": [(gettext("Tables"), "")],
        "tables": [
            words.line(name, takes=TAKES[name] - asked.may, brings=BRINGS[name] - asked.may) for name in every.NAMES
        ],
    }
    return render(request, "console/tables/list.html", context)


# -- out -----------------------------------------------------------------------------------------------------------------


@require_safe
def out(request: HttpRequest, code: str, table: str, ending: str) -> HttpResponse:
    """A table as it is now, or its heads alone."""
    asked, now = _asked(request, code, table)
    if ending not in ("xlsx", "csv"):
        raise Http404
    make = files.excel if ending == "xlsx" else files.comma
    if request.GET.get("empty") == "1":
        return make([list(every.heads(table))], f"{code}-{table}-template.{ending}")
    if not TAKES[table] <= asked.may:
        raise PermissionDenied
    span = _span(request, asked)
    without = () if Permission.IDENTITY_READ in asked.may else IDENTITY
    lines = list(every.lines(asked.facility, table, span=span, without=without))
    _record(request, asked, table, lines, span, now)
    return make(lines, f"{code}-{table}-{asked.today}.{ending}")


def _span(request: HttpRequest, asked: Asked) -> tuple[int, int]:
    """Return the days asked for, at most `MOST_DAYS`; the last seven if none are."""
    last = access.date_of(request.GET.get("to", "")) or asked.today
    first = access.date_of(request.GET.get("from", "")) or last - timedelta(days=6)
    first = max(first, last - timedelta(days=MOST_DAYS - 1))
    return instant(asked.facility.zone, first, 0), instant(asked.facility.zone, last, 24 * 60)


def _record(request: HttpRequest, asked: Asked, table: str, lines: list[Any], span: tuple[int, int], now: int) -> None:
    """Remember that names went out, and of whom something sensitive did."""
    if TAKES[table] == {Permission.PLACES_READ}:
        return
    user: Any = request.user
    for refs, fields in register.sensitive_in(asked, table, span):
        accounts.record_reads(
            log=asked.facility.log, subjects=refs, fields=fields, where=f"{table} as a file", by=user.ref, at=now
        )
    accounts.record_taken_out(log=asked.facility.log, table=table, rows=len(lines) - 1, by=user.ref, at=now)


# -- in ------------------------------------------------------------------------------------------------------------------


def _page(request: HttpRequest, asked: Asked, table: str, now: int, **more: Any) -> dict[str, Any]:
    return access.frame(asked, "tables", now) | {
        "crumbs": [(gettext("Tables"), reverse("tables", args=[asked.facility.code])), (words.title_of(table), "")],
        "table": table,
        "name": words.title_of(table),
        "columns": words.columns(table),
        "line": words.line(table, takes=TAKES[table] - asked.may, brings=BRINGS[table] - asked.may),
        "by_time": table in every.BY_TIME,
        "today": asked.today,
    } | more  # fmt: skip


@require_http_methods(["GET", "POST"])
def table(request: HttpRequest, code: str, table: str) -> HttpResponse:
    """Take a file in for a try: nothing is written, every row is accounted for."""
    asked, now = _asked(request, code, table)
    if request.method != "POST":
        return render(request, "console/tables/table.html", _page(request, asked, table, now))
    if not BRINGS[table] <= asked.may:
        raise PermissionDenied
    user: Any = request.user
    given = request.FILES.get("file")
    problem = "" if given is not None else gettext("Choose a file.")
    account = kept = None
    if given is not None:
        try:
            kept = uploads.keep(
                given.chunks(), name=given.name or "", user=user.ref, facility=code, table=table, at=now
            )
            account = _try(asked, kept, user.ref, now)
        except TableError as error:
            problem = in_words(error.message)
        except NoProtocol:
            problem = gettext("No protocol is adopted yet; this table needs one.")
    said = _page(request, asked, table, now, problem=problem, kept=kept)
    if account is not None and kept is not None:
        said |= words.account(account) | {"errors": _errors_url(kept) if account.failures else ""}
        return render(request, "console/tables/tried.html", said)
    return render(request, "console/tables/table.html", said, status=422)


def _try(asked: Asked, kept: uploads.Kept, by: str, now: int) -> Account:
    try:
        account = run(
            every.importer(kept.table, asked.facility, now), kept.path, dry_run=True, by=by, clock=lambda: now
        )
    except Exception:
        uploads.remove(kept.token)
        raise
    _keep_errors(kept, account)
    return account


def _keep_errors(kept: uploads.Kept, account: Account) -> None:
    if account.failures:
        write_failures(account, kept.errors, translation.get_language() or "zh")
        kept.errors.chmod(0o600)


def _errors_url(kept: uploads.Kept) -> str:
    return reverse("table-errors", args=[kept.facility, kept.table, kept.token])


@require_safe
def errors(request: HttpRequest, code: str, table: str, token: str) -> HttpResponse:
    """The rows that were refused, each with the reason, to be mended and brought in again."""
    asked, now = _asked(request, code, table)
    kept = _kept(request, asked, table, token, now)
    if kept is None or not kept.errors.is_file():
        raise Http404
    return files.answer(kept.errors.read_bytes(), EXCEL, f"{code}-{table}-errors.xlsx")


def _kept(request: HttpRequest, asked: Asked, table: str, token: str, now: int) -> uploads.Kept | None:
    user: Any = request.user
    return uploads.find(token, user=user.ref, facility=asked.facility.code, table=table, at=now)


@require_POST
def confirm(request: HttpRequest, code: str, table: str) -> HttpResponseBase:
    """Take in the file that was tried. The answer grows while rows are written, and ends with the account."""
    asked, now = _asked(request, code, table)
    if not BRINGS[table] <= asked.may:
        raise PermissionDenied
    kept = _kept(request, asked, table, request.POST.get("token", ""), now)
    if kept is None:
        return redirect("table", code, table)
    said = _page(request, asked, table, now, kept=kept, total=request.POST.get("total", "")[:9])
    page = render_to_string("console/tables/taking.html", said, request)
    before, _, after = page.partition(_MARK)
    user: Any = request.user
    language = translation.get_language() or "zh-hans"
    importer: Callable[[], Any] = lambda: every.importer(table, asked.facility, now)  # noqa: E731
    lines = _taking(importer, kept, user.ref, said, language)
    response = StreamingHttpResponse(_around(before, lines, after))
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _around(before: str, lines: Iterator[str], after: str) -> Iterator[str]:
    yield before
    yield from lines
    yield after


def _taking(
    importer: Callable[[], Any], kept: uploads.Kept, by: str, said: dict[str, Any], language: str
) -> Iterator[str]:
    """Write chunk by chunk; each yields a line that takes the place of the one before, the account comes last."""
    account = None
    try:
        for account in steps(importer(), kept.path, dry_run=False, by=by, clock=access.clock_now):
            with translation.override(language):
                line = render_to_string("console/tables/so_far.html", {"rows": account.rows, "total": said["total"]})
            yield line
    except Exception:
        _log.exception("bringing a table in stopped")
        with translation.override(language):
            yield render_to_string("console/tables/stopped.html", said | {"rows": account.rows if account else 0})
        return
    assert account is not None
    with translation.override(language):
        _keep_errors(kept, account)
        found = said | words.account(account) | {"errors": _errors_url(kept) if account.failures else ""}
        yield render_to_string("console/tables/account.html", found)
    if not account.failures:
        uploads.remove(kept.token)
