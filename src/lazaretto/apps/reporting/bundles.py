"""
A facility's day as one file for the body above it: its reports with all amendments, where its log stands, and the
proof that the log grew out of the one of the bundle before. Never the internal form; no names.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal import keys
from lazaretto.apps.journal.models import Entry, Log
from lazaretto.apps.journal.queries import consistency, public_keys
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.reporting import envelopes
from lazaretto.apps.reporting.deadlines import deadline
from lazaretto.apps.reporting.envelopes import refuse
from lazaretto.apps.reporting.models import Bundle
from lazaretto.apps.reporting.queries import signed_reports
from lazaretto.protocol.canonical import canonical, digest
from lazaretto.protocol.clock import utc_text

ONE, SEVERAL = "lazaretto-bundle/1", "lazaretto-bundles/1"


@transaction.atomic
def make(*, facility: Facility, on: date, by: str, at: int) -> Bundle:
    """
    Return the bundle of a day: the last one made, if nothing was signed for the day since; else a new one.

    :raises Refusal: not_signed, if the day has no signed report. :raises KeyMissing: without the private key.
    """
    log = Log.objects.select_for_update().get(pk=facility.log_id)
    reports = [r.outgoing for r in signed_reports(facility, on)]
    if not reports:
        refuse("not_signed", f"{on} 没有签发的日报，先签发", f"no report was signed for {on}; sign it first")
    last = Bundle.objects.filter(facility=facility, on=on).order_by("number").last()
    if last is not None and last.document["reports"] == reports and last.epoch == log.epoch:
        return last
    document = _document(facility, log, on, reports, at)
    point = document["checkpoint"]
    bundle = Bundle(
        facility=facility, number=document["number"], epoch=point["epoch"], on=on, size=point["size"],
        root=point["root"], digest=digest(document), made_at=at, document=document, salt=journal.new_salt(),
    )  # fmt: skip
    leaf = journal.salted_leaf(bundle.salt, bundle.record()).hex()
    bundle.entry = journal.append(log, "bundle_made", leaf=leaf, by=by, at=at, detail={"number": bundle.number})
    bundle.save(force_insert=True)
    return bundle


def _document(facility: Facility, log: Log, on: date, reports: list[dict[str, Any]], at: int) -> dict[str, Any]:
    point = journal.checkpoint(log, at=at)
    before = Bundle.objects.filter(facility=facility).order_by("number").last()
    owed = deadline(facility, on, at)
    organisation = facility.organisation
    restores = _restores(log)
    wanted = [r["size"] for r in restores] + ([before.size] if before else [])
    proofs = {size: [p.hex() for p in consistency(log, size, point["size"])] for size in set(wanted)}
    return envelopes.signed(
        {
            "format": ONE,
            "facility": {
                "code": facility.code, "name_zh": organisation.name_zh, "name_en": organisation.name_en,
                "zone": facility.zone,
            },
            "number": before.number + 1 if before else 1,
            "on": on.isoformat(),
            "made_at": utc_text(at),
            "level": reports[-1]["level"],
            "deadline": {
                "due_at": utc_text(owed.due_at), "late_after": utc_text(owed.late_after), "measure": owed.measure,
            },
            "reports": reports,
            "checkpoint": point,
            "previous": _previous(before),
            "proof": proofs[before.size] if before else [],
            "restores": [r | {"proof": proofs[r["size"]]} for r in restores],
            "keys": [{k: v for k, v in key.items() if k != "name"} for key in public_keys([log])["keys"]],
        },
        keys.current(log),
    )  # fmt: skip


def _previous(before: Bundle | None) -> dict[str, Any] | None:
    if before is None:
        return None
    return {
        "epoch": before.epoch, "number": before.number, "size": before.size, "root": before.root,
        "digest": before.digest,
    }  # fmt: skip


def _restores(log: Log) -> list[dict[str, Any]]:
    """Return the restores that the log tells of: each began an epoch after so many entries with this root."""
    rows = log.entries.filter(kind="restored").order_by("seq")
    return [
        {"epoch": e.detail["epoch"], "size": e.detail["size"], "root": e.detail["root"], "at": utc_text(e.recorded_at)}
        for e in rows
    ]


def make_days(*, facility: Facility, first: date, last: date, by: str, at: int) -> tuple[dict[str, Any], list[date]]:
    """
    Return one file with the bundles of the signed days of [first, last], all that were ever made for them, and the
    days of which nothing is signed.

    :raises Refusal: not_signed, if none of the days has a signed report.
    """
    found: dict[int, Bundle] = {}
    missing = []
    for on in days(first, last):
        if not signed_reports(facility, on):
            missing.append(on)
            continue
        newest = make(facility=facility, on=on, by=by, at=at)
        found |= {b.number: b for b in Bundle.objects.filter(facility=facility, on=on)} | {newest.number: newest}
    if not found:
        refuse("not_signed", f"{first} 至 {last} 没有签发的日报", f"no report was signed from {first} to {last}")
    log = Log.objects.get(pk=facility.log_id)
    document = {
        "format": SEVERAL,
        "facility": facility.code,
        "made_at": utc_text(at),
        "bundles": [found[n].document for n in sorted(found)],
    }
    return envelopes.signed(document, keys.current(log)), missing


def days(first: date, last: date) -> Iterator[date]:
    on = first
    while on <= last:
        yield on
        on += timedelta(days=1)


def file_of(document: dict[str, Any]) -> bytes:
    """Return the bytes of a file; there is one way to write it."""
    return canonical(document)


def last_number(facility: Facility) -> int:
    return Bundle.objects.filter(facility=facility).aggregate(last=Max("number"))["last"] or 0


def leaf_of(entry: Entry) -> list[bytes]:
    return [journal.salted_leaf(b.salt, b.record()) for b in Bundle.objects.filter(entry=entry)]
