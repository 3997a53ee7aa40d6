"""Goods, lots and the day at the gate in words."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from lazaretto import packs
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.passage.models import Lot
from lazaretto.apps.passage.reconciling import Day, Passed, Tally
from lazaretto.apps.passage.standing import Standing
from lazaretto.protocol.hold import Clock
from lazaretto.protocol.text import Text
from lazaretto.web.dates import chinese, clock, moment

#: The state of a lot: its shape and its word.
STATES: dict[str, tuple[str, Any]] = {
    "recalled": ("alert", gettext_lazy("recalled")), "stopped": ("refused", gettext_lazy("stopped")),
    "found": ("late", gettext_lazy("something was found")), "expired": ("missed", gettext_lazy("past its date")),
    "announced": ("excused", gettext_lazy("announced")), "held": ("hold", gettext_lazy("on hold")),
    "waiting": ("due", gettext_lazy("a step is to be done")), "free": ("on_time", gettext_lazy("free")),
    "used": ("excused", gettext_lazy("used up")),
}  # fmt: skip
MEALS = {
    "breakfast": gettext_lazy("breakfast"), "lunch": gettext_lazy("lunch"), "supper": gettext_lazy("supper"), "extra": gettext_lazy("extra meal"),
}  # fmt: skip
RESULTS = {
    "negative": gettext_lazy("negative"), "positive": gettext_lazy("positive"), "inconclusive": gettext_lazy("inconclusive"),
}  # fmt: skip
STREAMS = {"person": gettext_lazy("people"), "vehicle": gettext_lazy("vehicles"), "goods": gettext_lazy("goods")}
WAYS = {"in": gettext_lazy("in"), "out": gettext_lazy("out")}
SUPPLY = {
    "": gettext_lazy("taken from"), "stopped_supplier": gettext_lazy("stopped"), "no_origin": gettext_lazy("origin not known"),
    "no_certificate": gettext_lazy("no certificate"), "certificate_ended": gettext_lazy("certificate has run out"),
}  # fmt: skip


def said(text: Text) -> str:
    return text.zh if chinese() else text.en


def left(ms: int) -> str:
    """Return a span as people say it, to the minute upwards: what is not over is never shown as nothing."""
    minutes = max(0, -(-ms // 60_000))
    if minutes < 60:
        return gettext("%(m)s min") % {"m": minutes}
    return gettext("%(h)s h %(m)s min") % {"h": minutes // 60, "m": minutes % 60}


def amount(value: Decimal, unit: str) -> str:
    return f"{value.normalize():f} {unit}".strip()


def class_name(of_class: str) -> str:
    found = packs.goods().get(of_class)
    return said(found.title) if found else of_class


def row(found: Standing) -> dict[str, Any]:
    """Return one line of the register."""
    lot, shape, word = found.lot, *STATES[found.state]
    supplier = lot.consignment.supplier
    waits = [c for c in found.clocks if not c.over and c.until is not None] or [c for c in found.clocks if not c.over]
    coming = [title(step.title) for one in found.runs for step, at in one.next if at <= found.at]
    return {
        "number": lot.number, "title": lot.title, "class": class_name(lot.of_class), "supplier": supplier.name if supplier else "",
        "url": reverse("lot", args=[lot.facility.code, lot.number]), "quantity": amount(lot.quantity, lot.unit),
        "left": amount(found.left, lot.unit), "shape": shape, "state": word, "batch": lot.batch,
        "waits": [*coming, *(_waits(c, found) for c in waits if found.state != "waiting" or c.until is not None)], "from": free(found),
        "direction": WAYS[lot.consignment.direction], "cold": _cold(found),
    }  # fmt: skip


def _waits(clock_: Clock, found: Standing) -> str:
    name = title(clock_.step.title)
    if clock_.until is None or clock_.over:
        return name
    return gettext("%(what)s: %(left)s left") % {"what": name, "left": left(clock_.until - found.at)}


def free(found: Standing) -> str:
    """Return from when on a lot can be given out."""
    if found.free_from is None or found.lot.consignment.arrived_at is None:
        return ""
    return moment(found.free_from, found.lot.facility.zone) if found.free_from > found.at else gettext("now")


def _cold(found: Standing) -> dict[str, Any] | None:
    due = found.reading_due
    if due is None:
        return None
    last = (
        f"{found.reading.celsius} °C {clock(found.reading.read_at, found.lot.facility.zone)}"
        if found.reading
        else gettext("none yet")
    )
    return {"last": last, "due": clock(due, found.lot.facility.zone), "late": due <= found.at}


def clocks(found: Standing) -> list[dict[str, Any]]:
    """Return each clock of a lot by itself, none merged with another."""
    zone = found.lot.facility.zone
    return [
        {
            "what": title(c.step.title), "over": c.over, "until": moment(c.until, zone) if c.until is not None else "",
            "left": left(c.until - found.at) if c.until is not None and not c.over else "",
        }
        for c in found.clocks
    ]  # fmt: skip


def chains(found: Standing, roles: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield each chain of a lot with its steps: who and when of what is done, and what can be done next."""
    zone, held = found.lot.facility.zone, set(roles)
    for one in found.runs:
        coming = {step.id: at for step, at in one.next}
        yield {
            "ref": one.run.ref, "title": title(one.chain.title), "outcome": one.run.outcome,
            "refused": [{"when": moment(r.at, zone), "code": r.code, "from": moment(r.possible_at, zone) if r.possible_at else ""} for r in one.refused],
            "steps": [
                {
                    "id": s.id, "title": title(s.title), "by": s.by or "", "needs": s.observation or "", "does": s.does, "accept": s.accept,
                    "pair": s.pair,
                    "list": [(i.id, title(i.title)) for i in s.items], "done": _done(one.done_of(s.id), zone), "from": moment(coming[s.id], zone) if coming.get(s.id, 0) > found.at else "",
                    "now": s.id in coming and coming[s.id] <= found.at, "mine": not s.by or s.by in held,
                    "approves": s.does == "approve",
                }
                for s in one.steps
            ],
        }  # fmt: skip


def _done(done: Any, zone: str) -> str:
    if done is None:
        return ""
    values = ", ".join(str(v) for v in done.values.values() if v not in (True, False, ""))
    return " · ".join(part for part in (clock(done.at, zone), done.result, values) if part)


def lines(found: Iterable[Standing]) -> Iterator[list[Any]]:
    """Yield the register as a table, its heads first."""
    yield [gettext("number"), gettext("goods"), gettext("class"), gettext("supplier"), gettext("batch"), gettext("origin"), gettext("amount"), gettext("left"), gettext("unit"), gettext("state"), gettext("arrived"), gettext("free from"), gettext("best before")]  # fmt: skip
    for one in found:
        lot, zone = one.lot, one.lot.facility.zone
        supplier, there = lot.consignment.supplier, lot.consignment.arrived_at
        yield [
            lot.number, lot.title, class_name(lot.of_class), supplier.name if supplier else "", lot.batch, lot.origin, lot.quantity,
            one.left, lot.unit, str(STATES[one.state][1]), moment(there, zone) if there else "", free(one),
            lot.best_before.isoformat() if lot.best_before else "",
        ]  # fmt: skip


def where(lot: Lot) -> str:
    return f"{lot.number} {lot.title}"


# -- the day at the gate ---------------------------------------------------------------------------------------------


def tallies(found: Day) -> list[dict[str, Any]]:
    return [_tally(t) for t in found.tallies]


def _tally(t: Tally) -> dict[str, Any]:
    return {
        "what": STREAMS[t.stream], "way": WAYS[t.direction], "stream": t.stream, "direction": t.direction, "registered": t.registered,
        "ticked": t.ticked, "told": t.told, "missing": len(t.only_registered), "extra": len(t.only_seen), "agrees": t.agrees,
    }  # fmt: skip


def unmatched(found: Day, zone: str) -> Iterator[dict[str, Any]]:
    """Yield what is on one side only, by time, with no name: what, which way, when."""
    for t in found.tallies:
        for one in t.only_registered:
            yield {
                "what": STREAMS[t.stream],
                "way": WAYS[t.direction],
                "at": clock(one.at, zone),
                "only": gettext("in the register, not on playback"),
            }
        for seen in t.only_seen:
            yield {
                "what": STREAMS[t.stream],
                "way": WAYS[t.direction],
                "at": clock(seen.seen_at or 0, zone),
                "only": gettext("on playback, not in the register"),
            }


def passed(found: Iterable[Passed], zone: str) -> list[dict[str, Any]]:
    return [
        {"what": STREAMS.get(p.stream, p.stream), "way": WAYS[p.direction], "at": clock(p.at, zone)}
        for p in sorted(found, key=lambda p: p.at)
    ]
