"""Goods and food: what is on hold with the time that is left, the register, one lot, suppliers, recalls."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lazaretto import packs
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access
from lazaretto.apps.console.isolation.words import refused
from lazaretto.apps.console.passage import goodswords as words
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.passage import doing, goods, kitchen, lots, outside, reading_goods, standing, suppliers
from lazaretto.apps.passage.doing import Said
from lazaretto.apps.passage.goods import Announced
from lazaretto.apps.passage.kitchen import ForMeal
from lazaretto.apps.passage.models import Lot
from lazaretto.apps.passage.models.goods import MEALS, RESULTS
from lazaretto.apps.work import delegations
from lazaretto.protocol.dilution import AGENTS
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text
from lazaretto.web import files
from lazaretto.web.dates import day, moment

_P = Permission
FILTERS = ("q", "class", "state", "page")
PAGE, MOST = 50, 2_000
_NO_NUMBER = Text("看不懂数值，写作 1 或 0.5", "the number cannot be read; write 1 or 0.5")


def _asked(request: HttpRequest, code: str, *wanted: Permission) -> tuple[Asked, int]:
    now = access.clock_now()
    return access.asked(request, code, wanted or (_P.GOODS_READ,), now), now


@require_safe
def register(request: HttpRequest, code: str) -> HttpResponse:
    """What is on hold, each with its clocks, and the register of all lots."""
    asked, now = _asked(request, code)
    given = access.given(request.GET, FILTERS)
    rows = _chosen(asked, given)
    page = Paginator(rows, PAGE).get_page(given["page"])
    found = standing.standings(asked.facility, page.object_list, now)
    if given["state"] in standing.STATES:
        every = standing.standings(asked.facility, rows[:MOST], now)
        page = Paginator([s for s in every if s.state == given["state"]], PAGE).get_page(given["page"])
        found = list(page.object_list)
    holds = reading_goods.on_hold(asked.facility, now)
    query = Query(given)
    context = access.frame(asked, "goods", now) | {
        "crumbs": [(gettext("Goods and food"), "")], "page": page, "link": query.turns(page), "query": query.but(),
        "rows": [words.row(s) for s in found], "holds": [words.row(s) for s in holds], "given": given,
        "filtered": any(given[k] for k in FILTERS if k != "page"), "zero": outside.zero(asked.facility, now),
        "coming": [_coming(c) for c in reading_goods.announced(asked.facility)],
        "classes": [(id_, words.said(w.title)) for id_, w in packs.goods().items()],
        "states": [(s, words.STATES[s][1]) for s in standing.STATES], "may_record": _P.GOODS_RECORD in asked.may,
        "may_recall": _P.GOODS_RECALL in asked.may, "may_export": _P.GOODS_READ in asked.may,
    }  # fmt: skip
    return render(request, "console/goods/list.html", context)


def _chosen(asked: Asked, given: dict[str, str]) -> Any:
    return standing.matching(standing.lots(asked.facility), text=given["q"], of_class=given["class"])


def _coming(consignment: Any) -> dict[str, Any]:
    return {
        "number": consignment.number, "title": consignment.title, "supplier": consignment.supplier.name if consignment.supplier else "",
        "on": day(consignment.expected_on) if consignment.expected_on else "", "direction": words.WAYS[consignment.direction],
    }  # fmt: skip


@require_safe
def excel(request: HttpRequest, code: str) -> HttpResponse:
    asked, now = _asked(request, code)
    rows = _chosen(asked, access.given(request.GET, FILTERS))[: 10 * MOST]
    found = standing.standings(asked.facility, rows, now)
    return files.excel(words.lines(found), f"{code}-goods-{asked.today}.xlsx")


# -- announced, and there --------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def announce(request: HttpRequest, code: str) -> HttpResponse:
    """Announce goods: one consignment with up to a few lots; more come in by table."""
    asked, now = _asked(request, code, _P.GOODS_RECORD)
    names = (
        "supplier",
        "direction",
        "plate",
        "expected_on",
        "visit",
        "token",
        "title",
        "of_class",
        "quantity",
        "unit",
        "batch",
        "origin",
        "best_before",
    )
    given = access.given(request.POST, names)
    problem = ""
    if request.method == "POST":
        try:
            lot = Announced(
                given["title"], given["of_class"], _number(given["quantity"]), given["unit"], given["batch"], given["origin"],
                access.date_of(given["best_before"]),
            )  # fmt: skip
            made = goods.announce(
                asked.facility, ref=given["token"] or str(uuid4()), title=given["title"], lots=[lot], supplier=given["supplier"],
                direction="out" if given["direction"] == "out" else "in", plate=given["plate"], visit=given["visit"],
                expected_on=access.date_of(given["expected_on"]), by=access.by(request), at=now,
            )  # fmt: skip
            messages.success(request, gettext("Announced as %(number)s.") % {"number": made.number})
            return redirect("goods", code)
        except Refusal as refusal:
            problem = refused(refusal, asked.facility.zone)
    context = access.frame(asked, "goods", now) | {
        "crumbs": [(gettext("Goods and food"), reverse("goods", args=[code])), (gettext("Announce goods"), "")], "given": given,
        "classes": [(id_, words.said(w.title)) for id_, w in packs.goods().items()], "problem": problem, "token": given["token"] or str(uuid4()),
        "suppliers": reading_goods.suppliers(asked.facility),
    }  # fmt: skip
    return render(request, "console/goods/announce.html", context, status=422 if problem else 200)


def _number(text: str) -> Decimal:
    """:raises Refusal: no_number."""
    try:
        found = Decimal(text.replace(",", "."))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise Refusal("no_number", _NO_NUMBER)
    return found


@require_POST
def arrive(request: HttpRequest, code: str, number: str) -> HttpResponse:
    asked, now = _asked(request, code, _P.GOODS_RECORD)
    found = reading_goods.consignment(asked.facility, number)
    if found is None:
        raise Http404
    back = redirect("goods", code)
    return _act(
        request,
        asked,
        back,
        lambda: goods.arrive(found, plate=request.POST.get("plate", "")[:20], by=access.by(request), at=now),
        gettext("It is at the gate; its chains run."),
    )


def _act(request: HttpRequest, asked: Asked, back: HttpResponse, do: Callable[[], object], done: str) -> HttpResponse:
    """Do something and go back; what a rule refuses is said, with when it will be possible."""
    try:
        do()
    except Refusal as refusal:
        messages.error(
            request, refused(refusal, asked.facility.zone) + " " + gettext("It is recorded and counts against nobody.")
        )
    else:
        messages.success(request, done)
    return back


# -- one lot ---------------------------------------------------------------------------------------------------------


def _lot(asked: Asked, number: str) -> Lot:
    found = lots.lot_called(asked.facility, number)
    if found is None:
        raise Http404
    return found


@require_safe
def lot(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """One lot: its clocks, its chains, its samples and readings, what it went into, and from whom it came."""
    asked, now = _asked(request, code)
    found, zone = _lot(asked, number), asked.facility.zone
    stands = standing.standing(found, now)
    user: Any = request.user
    wares = goods.wares(found.of_class)
    context = access.frame(asked, "goods", now) | {
        "crumbs": [(gettext("Goods and food"), reverse("goods", args=[code])), (found.number, "")], "lot": found, "row": words.row(stands),
        "clocks": words.clocks(stands), "chains": list(words.chains(stands, delegations.roles_of(user, asked.facility, now))),
        "wares": {"agent": words.said(AGENTS[wares.agent]), "mg_per_l": wares.mg_per_l, "minutes": wares.minutes, "surface": words.said(wares.surface), "rinse": wares.rinse, "checked": wares.checked},
        "samples": [{"code": s.code, "taken": moment(s.taken_at, zone), "result": words.RESULTS.get(s.result, ""), "when": moment(s.result_at, zone) if s.result_at else "", "pk": s.pk} for s in stands.samples],
        "readings": [(moment(r.read_at, zone), r.celsius, wares.keeps(r.celsius)) for r in reading_goods.readings(found)],
        "issues": [(moment(i.issued_at, zone), words.amount(i.quantity, found.unit), i.meal.on, words.MEALS[i.meal.meal], i.meal.place, i.meal.served) for i in kitchen.forward([found])],
        "found": stands.found, "alike": [one.number for one in kitchen.alike(found) if one.pk != found.pk], "cold": wares.is_cold, "food": "food" in wares.streams,
        "results": [(r, words.RESULTS[r]) for r in RESULTS], "meals": [(m, words.MEALS[m]) for m in MEALS], "today": asked.today,
        "token": str(uuid4()), "may_record": _P.GOODS_RECORD in asked.may, "may_recall": _P.GOODS_RECALL in asked.may,
    }  # fmt: skip
    return render(request, "console/goods/lot.html", context)


@require_POST
def act(request: HttpRequest, code: str, number: str, what: str) -> HttpResponse:
    """Do something with a lot: a step, a sample, its result, a reading, to the kitchen, a recall."""
    asked, now = _asked(request, code, _P.GOODS_RECORD, _P.GOODS_RECALL)
    wanted = {"recall": _P.GOODS_RECALL}.get(what, _P.GOODS_RECORD)
    if wanted not in asked.may:
        raise PermissionDenied
    done = {
        "step": _step, "sample": _sample, "result": _result, "reading": _reading, "issue": _issue, "recall": _recall,
    }.get(what)  # fmt: skip
    if done is None:
        raise Http404
    found = _lot(asked, number)
    back = redirect("lot", code, found.number)
    return _act(request, asked, back, lambda: done(request, asked, found, now), gettext("Recorded."))


def _who(request: HttpRequest, asked: Asked, now: int) -> dict[str, Any]:
    user: Any = request.user
    return {"by": access.by(request), "roles": delegations.roles_of(user, asked.facility, now), "at": now}


def _token(request: HttpRequest) -> str:
    return request.POST.get("token", "").replace("\x00", "")[:40] or str(uuid4())


def _step(request: HttpRequest, asked: Asked, found: Lot, now: int) -> None:
    given = access.given(request.POST, ("run", "step", "result", "second", "mg_per_l", "minutes", "cart", "code"))
    state = lots.open_run_of(found, given["run"], now)
    if state is None:
        raise Refusal("no_run", Text("没有这个流程", "there is no such run"))
    values: dict[str, Any] = {k: given[k] for k in ("mg_per_l", "minutes", "cart", "code") if given[k]}
    step = state.chain.step(given["step"])
    if step is not None and step.observation == lots.DISINFECTION:
        values["agent"] = goods.wares(found.of_class).agent
    if step is not None and step.observation == lots.HANDOVER:
        values["apart"] = request.POST.get("apart") == "1"
    values |= {item.id: True for item in (step.items if step is not None else ()) if request.POST.get(item.id) == "1"}
    user: Any = request.user
    said = Said(given["result"], values, given["second"], source="page")
    doing.do(state.run, given["step"], said, ref=f"{_token(request)}:{given['step']}", user=user, at=now)


def _sample(request: HttpRequest, asked: Asked, found: Lot, now: int) -> None:
    lots.take_sample(found, code=request.POST.get("code", ""), ref=_token(request), **_who(request, asked, now))


def _result(request: HttpRequest, asked: Asked, found: Lot, now: int) -> None:
    sample = reading_goods.sample(found, request.POST.get("code", ""))
    if sample is None:
        raise Refusal("no_sample", Text("没有这个样品", "there is no such sample"))
    lots.enter_result(sample, result=request.POST.get("result", ""), ref=_token(request), **_who(request, asked, now))


def _reading(request: HttpRequest, asked: Asked, found: Lot, now: int) -> None:
    lots.read(
        found,
        celsius=_number(request.POST.get("celsius", "").strip()),
        ref=_token(request),
        by=access.by(request),
        at=now,
    )


def _issue(request: HttpRequest, asked: Asked, found: Lot, now: int) -> None:
    given = access.given(request.POST, ("quantity", "meal", "place", "served", "on"))
    served = int(given["served"]) if given["served"].isdigit() and len(given["served"]) < 7 else 0
    meal = ForMeal(access.date_of(given["on"]) or asked.today, given["meal"], given["place"], served)
    kitchen.issue(found, _number(given["quantity"]), meal, ref=_token(request), by=access.by(request), at=now)


def _recall(request: HttpRequest, asked: Asked, found: Lot, now: int) -> None:
    wanted = kitchen.alike(found) if request.POST.get("alike") == "1" else [found]
    kitchen.recall(
        wanted,
        reason=request.POST.get("reason", "").replace("\x00", ""),
        ref=_token(request),
        by=access.by(request),
        at=now,
    )


@require_safe
def recall(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A recall: which lots, what of them was served where, and what is still to be fetched."""
    asked, now = _asked(request, code)
    row = reading_goods.recall(asked.facility, number)
    if row is None:
        raise Http404
    found = kitchen.called(row)
    context = access.frame(asked, "goods", now) | {
        "crumbs": [(gettext("Goods and food"), reverse("goods", args=[code])), (gettext("Recall %(n)s") % {"n": number}, "")],
        "recall": row, "when": moment(row.recalled_at, asked.facility.zone), "people": found.people,
        "lots": [(one.number, one.title, one.batch, words.amount(found.left[one.pk], one.unit)) for one in found.lots],
        "served": [(i.lot.number, words.amount(i.quantity, i.lot.unit), i.meal.on, words.MEALS[i.meal.meal], i.meal.place, i.meal.served) for i in found.served],
    }  # fmt: skip
    return render(request, "console/goods/recall.html", context)


# -- suppliers -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def supplier_list(request: HttpRequest, code: str) -> HttpResponse:
    """The register of suppliers: certificate, origin, and whether anything is taken of them today."""
    asked, now = _asked(request, code)
    given = access.given(
        request.POST, ("code", "name", "origin", "certificate", "certificate_until", "contact", "stop", "reason")
    )
    if request.method == "POST":
        if _P.GOODS_RECALL not in asked.may:
            raise PermissionDenied
        return _act(
            request,
            asked,
            redirect("suppliers", code),
            lambda: _save_supplier(request, asked, given, now),
            gettext("Recorded."),
        )
    every = reading_goods.suppliers(asked.facility, request.GET.get("q", "").replace("\x00", "")[:60])
    page = Paginator(every, PAGE).get_page(request.GET.get("page"))
    context = access.frame(asked, "goods", now) | {
        "crumbs": [(gettext("Goods and food"), reverse("goods", args=[code])), (gettext("Suppliers"), "")], "page": page,
        "rows": [(s, words.SUPPLY[suppliers.standing_of(s, asked.today)], suppliers.standing_of(s, asked.today)) for s in page.object_list],
        "link": Query(access.given(request.GET, ("q", "page"))).turns(page), "q": request.GET.get("q", ""), "may_keep": _P.GOODS_RECALL in asked.may,
    }  # fmt: skip
    return render(request, "console/goods/suppliers.html", context)


def _save_supplier(request: HttpRequest, asked: Asked, given: dict[str, str], now: int) -> None:
    by = access.by(request)
    if given["stop"]:
        row = reading_goods.suppliers(asked.facility).filter(code=given["stop"]).first()
        if row is None:
            raise Refusal("unknown_supplier", Text("没有这个供应商", "there is no such supplier"))
        suppliers.stop_supplier(row, reason=given["reason"], by=by, at=now)
        return
    suppliers.save_supplier(
        asked.facility, code=given["code"], name=given["name"], origin=given["origin"], certificate=given["certificate"],
        certificate_until=access.date_of(given["certificate_until"]), contact=given["contact"], by=by, at=now,
    )  # fmt: skip
