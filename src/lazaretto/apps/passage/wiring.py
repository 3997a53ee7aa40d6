"""What the journal is told of goods and of the daily count: how to read their rows, and what becomes of them."""

from collections.abc import Collection, Iterator
from typing import Any

from django.urls import reverse

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.journal import queries as journal
from lazaretto.apps.journal.retention import target
from lazaretto.apps.passage import keeping, outside, purging, reconciling
from lazaretto.apps.passage.models import Consignment, Issue, Lot, Reading, Sample
from lazaretto.apps.passage.rings import Rings
from lazaretto.apps.registry.models import Facility
from lazaretto.protocol.text import Text
from lazaretto.web import picture
from lazaretto.web.picture import Alert

#: By which way a row belongs to a log, and what its record reads besides.
_WAY: dict[type, str] = {Sample: "lot__facility__log", Reading: "lot__facility__log"}
_BESIDES: dict[type, tuple[str, ...]] = {
    Consignment: ("supplier",), Lot: ("consignment", "recall"), Sample: ("lot",), Reading: ("lot",), Issue: ("lot", "meal"),
}  # fmt: skip


def connect() -> None:
    for model, entity in keeping.ENTITIES.items():
        journal.rows_now(entity, _rows(model))
    target("goods", after="announced", due=purging.goods_due, purge=purging.purge_goods)
    picture.fill("alerts", "gate", alerts)
    target("gate_days", after="recorded", due=purging.days_due, purge=purging.purge_days)


def alerts(facility: Facility, at: int, may: Collection[str]) -> list[Alert]:
    """Return what waits at the gate for somebody: days that nobody signed, outside vehicles inside. No name stands in it."""
    if not set(may) & {Permission.GATE_CHECK, Permission.GOODS_READ}:
        return []
    days, zero = reconciling.unsigned(facility, at), outside.zero(facility, at)
    within = zero is not None and zero.inside
    outermost = Rings(facility, at).outermost() if days or within else None
    gate = outermost.code if outermost else ""
    here, next_ = [facility.code], Text("核对并签字", "check and sign it")
    found = [
        Alert(
            "late", gate, reconciling.sign_by(facility, on), Text(f"{on} 大门记录未签字", f"Gate record of {on} not signed"),
            next_, reverse("gate-day", args=[*here, on.isoformat()]),
        )
        for on in days
    ]  # fmt: skip
    if zero is not None and zero.inside:
        words = Text(f"外来车辆在内：{zero.inside}", f"Outside vehicles inside: {zero.inside}")
        leave = Text("查明并请其离开", "find out why, and have it leave")
        found.append(Alert("alert", gate, at, words, leave, reverse("gate", args=here)))
    return found


def _rows(model: Any) -> Any:
    def rows(log: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        found = model.objects.filter(**{_WAY.get(model, "facility__log"): log}).order_by("pk")
        besides = _BESIDES.get(model, ())
        for row in found.select_related(*besides) if besides else found:
            yield str(row.pk), row.record()

    return rows
