"""The calculator: how much stock, made up to or into, tablets, and whether what was mixed may be used."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from lazaretto import packs
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import access
from lazaretto.apps.console.passage.goodswords import said
from lazaretto.protocol import dilution as rules
from lazaretto.protocol.dilution import Solution
from lazaretto.protocol.refusal import Refusal

_P = Permission
FIELDS = ("target", "litres", "stock", "tablet", "strip", "days_open", "hours_old", "minutes", "class", "with")
_HOUR, _DAY = 3_600_000, 86_400_000


@require_safe
def calculator(request: HttpRequest, code: str) -> HttpResponse:
    now = access.clock_now()
    asked = access.asked(request, code, [_P.GOODS_READ, _P.FACT_RECORD], now)
    given = access.given(request.GET, FIELDS)
    chosen = packs.goods().get(given["class"])
    wanted = {
        "target": given["target"] or (str(chosen.mg_per_l) if chosen and chosen.mg_per_l else "500"),
        "litres": given["litres"] or "1", "stock": given["stock"] or "5",
    }  # fmt: skip
    context: dict[str, Any] = access.frame(asked, "goods", now) | {
        "crumbs": [(gettext("Goods and food"), reverse("goods", args=[code])), (gettext("Dilution"), "")],
        "given": dict(given) | wanted, "agents": [(a, said(t)) for a, t in rules.AGENTS.items() if a != "chlorine"],
        "classes": [(id_, said(w.title)) for id_, w in packs.goods().items()], "chosen": chosen,
        "surface": said(chosen.surface) if chosen else "", "blocked": [said(t) for t in _blocked()],
    }  # fmt: skip
    try:
        context |= _answer(given | wanted, chosen, now)
    except Refusal as refusal:
        context["problem"] = said(refusal.words)
    except (InvalidOperation, ValueError, ArithmeticError):
        context["problem"] = gettext("A number cannot be read. Write 1 or 0.5.")
    return render(request, "console/goods/dilution.html", context)


def _blocked() -> list[Any]:
    found = []
    for pair in rules.BLOCKED:
        try:
            rules.check_together(*sorted(pair))
        except Refusal as refusal:
            found.append(refusal.words)
    return found


def _answer(given: Mapping[str, str], chosen: Any, now: int) -> dict[str, Any]:
    target, total = _number(given["target"]), _number(given["litres"]) * 1000
    label, stock = _number(given["stock"]), rules.strength(_number(given["stock"]))
    if given["with"]:
        rules.check_together("chlorine", given["with"])
    to, into = rules.made_up_to(target, total, stock), rules.into(target, total, stock)
    found: dict[str, Any] = {
        "to": (_shown(to.stock_ml), _shown(to.water_ml)), "into": (_shown(into.stock_ml), _shown(into.water_ml)),
        "slip": _shown(rules.poured(to.stock_ml, total, stock).mg_per_l), "total": _shown(total),
    }  # fmt: skip
    if given["tablet"]:
        counted = rules.tablets(target, total, _number(given["tablet"]))
        found["tablets"] = (counted.whole, _shown(counted.mg_per_l))
    solution = Solution(
        target,
        _ago(given["hours_old"], now, _HOUR),
        _ago(given["days_open"], now, _DAY),
        label,
        _maybe(given["strip"]),
        _maybe(given["minutes"]),
    )
    wanted = chosen.minutes if chosen else Decimal(30)
    found["checks"] = [(said(w.words), w.stops) for w in rules.checks(solution, wanted_min=wanted, at=now)]
    found["wanted"] = wanted
    return found


def _number(text: str) -> Decimal:
    found = Decimal(text.replace(",", "."))
    if not found.is_finite() or abs(found) > 10_000_000:
        raise ValueError(text)
    return found


def _maybe(text: str) -> Decimal | None:
    return _number(text) if text else None


def _ago(text: str, now: int, unit: int) -> int | None:
    return now - int(_number(text) * unit) if text else None


def _shown(value: Decimal) -> str:
    """Return a figure as one measures it: to the hundredth."""
    return f"{value.quantize(Decimal('0.01'), rounding=ROUND_HALF_UP).normalize():f}"
