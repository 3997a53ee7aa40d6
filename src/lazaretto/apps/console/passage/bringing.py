"""Suppliers and announced goods in from a table: tried first, each row accounted for, then taken."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access, uploads
from lazaretto.apps.console.forms import in_words
from lazaretto.apps.console.presenters import tables as words
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.passage import reading_goods
from lazaretto.apps.passage.imports import IMPORTERS
from lazaretto.apps.registry.importing import run
from lazaretto.apps.registry.tables import Account, TableError, write_failures
from lazaretto.web import files
from lazaretto.web.spreadsheets import EXCEL

_P = Permission
TITLES = {"suppliers": gettext_lazy("Suppliers"), "consignments": gettext_lazy("Announced goods")}
BRINGS = {"suppliers": _P.GOODS_RECALL, "consignments": _P.GOODS_RECORD}


def _asked(request: HttpRequest, code: str, table: str) -> tuple[Asked, int]:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.GOODS_READ], now)
    if table not in IMPORTERS:
        raise Http404
    return asked, now


@require_safe
def out(request: HttpRequest, code: str, table: str) -> HttpResponse:
    """The table as it is now, or its heads alone."""
    asked, _ = _asked(request, code, table)
    heads = list(IMPORTERS[table].known)
    if table != "suppliers" or request.GET.get("empty") == "1":
        return files.excel([heads], f"{code}-{table}-template.xlsx")
    rows = [[_cell(getattr(row, name)) for name in heads] for row in reading_goods.suppliers(asked.facility)]
    return files.excel([heads, *rows], f"{code}-{table}-{asked.today}.xlsx")


def _cell(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value if value is not None else ""


@require_http_methods(["GET", "POST"])
def table(request: HttpRequest, code: str, table: str) -> HttpResponse:
    """Take a file in for a try: nothing is written, every row is accounted for."""
    asked, now = _asked(request, code, table)
    user: Any = request.user
    said: dict[str, Any] = _page(asked, table, now)
    if request.method != "POST":
        return render(request, "console/goods/bring.html", said)
    if BRINGS[table] not in asked.may:
        raise PermissionDenied
    given = request.FILES.get("file")
    problem = "" if given is not None else gettext("Choose a file.")
    if given is not None:
        try:
            kept = uploads.keep(
                given.chunks(), name=given.name or "", user=user.ref, facility=code, table=f"goods-{table}", at=now
            )
            account = run(
                IMPORTERS[table](asked.facility, now=now), kept.path, dry_run=True, by=user.ref, clock=lambda: now
            )
            _keep_errors(kept, account)
            said |= words.account(account) | {
                "kept": kept,
                "tried": True,
                "errors": _errors(kept, account, code, table),
            }
            return render(request, "console/goods/bring.html", said)
        except TableError as error:
            problem = in_words(error.message)
    return render(request, "console/goods/bring.html", said | {"problem": problem}, status=422)


def _page(asked: Asked, table: str, now: int) -> dict[str, Any]:
    own = IMPORTERS[table]
    return access.frame(asked, "goods", now) | {
        "crumbs": [(gettext("Goods and food"), reverse("goods", args=[asked.facility.code])), (TITLES[table], "")], "table": table,
        "name": TITLES[table], "columns": [(c, c in own.required) for c in own.known], "may_bring": BRINGS[table] in asked.may,
    }  # fmt: skip


def _keep_errors(kept: uploads.Kept, account: Account) -> None:
    if account.failures:
        write_failures(account, kept.errors, translation.get_language() or "zh")
        kept.errors.chmod(0o600)


def _errors(kept: uploads.Kept, account: Account, code: str, table: str) -> str:
    return reverse("goods-table-errors", args=[code, table, kept.token]) if account.failures else ""


def _kept(request: HttpRequest, asked: Asked, table: str, token: str, now: int) -> uploads.Kept | None:
    user: Any = request.user
    return uploads.find(token, user=user.ref, facility=asked.facility.code, table=f"goods-{table}", at=now)


@require_safe
def errors(request: HttpRequest, code: str, table: str, token: str) -> HttpResponse:
    """The rows that were refused, each with the reason, to be mended and brought in again."""
    asked, now = _asked(request, code, table)
    kept = _kept(request, asked, table, token, now)
    if kept is None or not kept.errors.is_file():
        raise Http404
    return files.answer(kept.errors.read_bytes(), EXCEL, f"{code}-{table}-errors.xlsx")


@require_POST
def confirm(request: HttpRequest, code: str, table: str) -> HttpResponse:
    """Take in the file that was tried."""
    asked, now = _asked(request, code, table)
    if BRINGS[table] not in asked.may:
        raise PermissionDenied
    kept = _kept(request, asked, table, request.POST.get("token", ""), now)
    if kept is None:
        return redirect("goods-table", code, table)
    user: Any = request.user
    account = run(
        IMPORTERS[table](asked.facility, now=now), kept.path, dry_run=False, by=user.ref, clock=access.clock_now
    )
    _keep_errors(kept, account)
    said = (
        _page(asked, table, now)
        | words.account(account)
        | {"done": True, "errors": _errors(kept, account, code, table)}
    )
    return render(request, "console/goods/bring.html", said)
