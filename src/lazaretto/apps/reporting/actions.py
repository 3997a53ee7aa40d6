"""Signing a day's report, and amending it."""

from datetime import date
from typing import Any

from django.db import transaction

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal import keys
from lazaretto.apps.journal.models import Entry, Key, Log
from lazaretto.apps.passage.reconciling import alert_unsigned
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.reporting.models import SignedReport
from lazaretto.apps.reporting.queries import bound_to, draft_with_outgoing, signed_reports
from lazaretto.apps.rounds.signals import look
from lazaretto.protocol.canonical import canonical

COMPARED = ("expected", "on_time", "late", "missed", "excused", "excused_after", "pending", "coverage", "entered_late")


class AlreadySigned(Exception):
    """The day has a signed report; it can be amended."""


class NothingToAmend(Exception):
    """The day has no signed report yet, or nothing has changed since the last one."""


class DayNotBegun(Exception):
    """A day that has not begun cannot be reported on."""


@transaction.atomic
def sign(*, facility: Facility, on: date, by: str, signer: str, at: int, as_of: int | None = None) -> SignedReport:
    """
    Sign the day's report as of `as_of` (now, if not given). `signer` is the name printed; `by` stands in the journal.

    :raises AlreadySigned: if it was. :raises DayNotBegun: if the day has not begun by then.
    """
    _lock(facility)
    if signed_reports(facility, on):
        raise AlreadySigned
    return _sign(facility, on, min(at, as_of or at), by, signer, at, None)


@transaction.atomic
def amend(*, facility: Facility, on: date, by: str, signer: str, at: int) -> SignedReport:
    """
    Sign a numbered amendment that says, per measure, what was and what is.

    :raises NothingToAmend: if there is no signed report, or nothing it says has changed.
    """
    _lock(facility)
    reports = signed_reports(facility, on)
    if not reports:
        raise NothingToAmend
    return _sign(facility, on, at, by, signer, at, reports[-1])


def _lock(facility: Facility) -> None:
    Log.objects.select_for_update().get(pk=facility.log_id)


def _sign(
    facility: Facility, on: date, as_of: int, by: str, signer: str, at: int, amended: SignedReport | None
) -> SignedReport:
    document, form = draft_with_outgoing(facility, on, as_of)
    if document["day"]["from"] > document["as_of"]:
        raise DayNotBegun
    log = Log.objects.get(pk=facility.log_id)
    number = amended.number + 1 if amended else 1
    document |= {"number": number, "amends": amended.number if amended else None, "signed_by": signer,
                 "checkpoint": journal.checkpoint(log, at=at)}  # fmt: skip
    if amended:
        changes = changed(amended.document, document)
        if not changes:
            raise NothingToAmend
        document["changes"] = changes
        form["changes"] = [c for c in changes if "measure" in c]
    key = Key.objects.filter(log=log, until=None).latest("since")
    document = signed(document, key)
    outgoing = signed(bound_to(document, form), key)
    report = SignedReport(
        facility=facility, on=on, number=number, status=document["status"], as_of=as_of, signed_by=signer,
        document=document, outgoing=outgoing, salt=journal.new_salt(),
    )  # fmt: skip
    leaf = journal.salted_leaf(report.salt, report.record()).hex()
    kind = "report_amended" if amended else "report_signed"
    last = document["protocol"][-1]["digest"] if document["protocol"] else ""
    report.entry = journal.append(log, kind, leaf=leaf, by=by, at=at, protocol=last)
    report.save(force_insert=True)
    journal.checkpoint(log, at=at)
    # What the checks ask is for people, and no part of the report: it is looked for once the report stands.
    transaction.on_commit(lambda: look(facility, on, at=at, by=by), robust=True)
    # A gate's day that nobody signed is the superior's to know, on the next day at the latest.
    transaction.on_commit(lambda: alert_unsigned(facility, by=by, at=at), robust=True)
    return report


def signed(document: dict[str, Any], key: Key) -> dict[str, Any]:
    """Return a document with its signature, which is over the canonical form of everything else in it."""
    value = keys.sign(key, canonical(document))
    return document | {"signature": {"value": value, "key_id": key.key_id}}


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what differs: each measure before and after, and the status, facts, counts and contradictions if they do."""
    found: list[dict[str, Any]] = []
    old = {row["id"]: row for row in before["measures"]}
    new = {row["id"]: row for row in after["measures"]}
    for id_ in {**old, **new}:
        then, now = _numbers(old.get(id_)), _numbers(new.get(id_))
        if then != now:
            found.append({"measure": id_, "before": then, "after": now})
    for name in ("status", "facts", "clock_corrected", "counts", "contradictions"):
        if before.get(name) != after.get(name):
            found.append({"part": name, "before": before.get(name), "after": after.get(name)})
    return found


def _numbers(row: dict[str, Any] | None) -> dict[str, Any] | None:
    return {name: row[name] for name in COMPARED} if row else None


def leaf_of(entry: Entry) -> list[bytes]:
    """Return the leaf of the report that an entry recorded."""
    return [journal.salted_leaf(r.salt, r.record()) for r in SignedReport.objects.filter(entry=entry)]
