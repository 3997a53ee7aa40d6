"""
Taking in what facilities hand up. A file is taken whole or not at all; the same file again changes nothing; what does
not fit with what came before is kept beside it, and said.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db import transaction

from lazaretto.apps.accounts.models import Organisation
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.models import Entry, Log
from lazaretto.apps.reporting import checking, continuity, envelopes
from lazaretto.apps.reporting.continuity import Judged, Received, judge
from lazaretto.apps.reporting.envelopes import MALFORMED, refuse
from lazaretto.apps.reporting.models import ReceivedBundle, Submission
from lazaretto.apps.reporting.trust import check_believed, follow, node_log, trusted
from lazaretto.protocol.canonical import digest
from lazaretto.protocol.clock import parse_moment
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

NOTHING = "0" * 64


class Taken(NamedTuple):
    """A bundle that was handed in: `new` unless it was here already; `judged` is what is to be said of it now."""

    bundle: ReceivedBundle
    new: bool
    judged: Judged


def receive(*, data: bytes, by: str, at: int, among: Iterable[int] | None = None) -> list[Taken]:
    """
    Take a bundle file in. `among` are the ids of the organisations whose files the asker may take in (None: all).

    :raises Refusal: with what is wrong; then nothing is stored but an entry that a file was refused.
    """
    try:
        return _receive(data, by, at, among)
    except Refusal as refusal:
        record_refused("bundle_refused", data, refusal, by=by, at=at)
        raise


@transaction.atomic
def record_refused(kind: str, data: bytes, refusal: Refusal, *, by: str, at: int) -> Entry:
    """Remember that a file was refused and why, by its digest."""
    detail = {"digest": envelopes.digest_of(data), "code": refusal.code, "bytes": len(data)}
    return journal.append(node_log(at), kind, leaf=NOTHING, n=0, by=by, at=at, detail=detail)


@transaction.atomic
def _receive(data: bytes, by: str, at: int, among: Iterable[int] | None) -> list[Taken]:
    content = checking.opened(data)
    log = Log.objects.select_for_update().get(pk=node_log(at).pk)
    organisation = _organisation(content.code, among)
    believed = trusted(organisation)
    check_believed(content, believed, organisation.code)
    wrong = checking.faults(content, believed)
    if wrong:
        said = wrong[:3]
        raise Refusal("faulty", Text("；".join(f.zh for f in said), "; ".join(f.en for f in said)))
    stated = [_stated(bundle, at) for bundle in content.bundles]
    known = judged_of(organisation)
    follow(organisation, content, believed, by, at)
    rows = [
        _store(organisation, bundle, facts, log, by=by, at=at)
        for bundle, facts in zip(content.bundles, stated, strict=True)
    ]
    now = judged_of(organisation)
    _raise_alarm(organisation, log, known, now, by=by, at=at)
    return [Taken(row, new, now[row.digest]) for row, new in rows]


def _organisation(code: str, among: Iterable[int] | None) -> Organisation:
    found = Organisation.objects.filter(code=code).first()
    if found is None or (among is not None and found.pk not in set(among)):
        refuse(
            "unknown_facility",
            f"文件来自机构 {code}，不在下级之中；先登记机构和密钥",
            f"the file is from {code}, which is not among those below; register it and its key first",
        )
    return found


def _stated(bundle: Mapping[str, Any], at: int) -> checking.Stated:
    try:
        found = checking.stated(bundle)
    except MALFORMED as error:
        refuse("faulty", f"缺少或写错了 {error}", f"{error} is missing or malformed")
    if found.made_at > at + envelopes.AHEAD_MS:
        refuse(
            "from_the_future",
            f"文件称制作于 {bundle['made_at']}，晚于现在；核对两边的时钟",
            f"the file says it was made at {bundle['made_at']}, which is still to come; check both clocks",
        )
    return found


def _store(
    organisation: Organisation, document: dict[str, Any], facts: checking.Stated, log: Log, *, by: str, at: int
) -> tuple[ReceivedBundle, bool]:
    mark = digest(document)
    found = ReceivedBundle.objects.filter(organisation=organisation, digest=mark).first()
    if found is not None:
        return found, False
    point = document["checkpoint"]
    row = ReceivedBundle(
        organisation=organisation, log=point["log"], epoch=point["epoch"], number=document["number"], on=facts.on,
        zone=facts.zone, digest=mark, key_id=document["signature"]["key_id"], said=checking.says(document),
        proof_holds=checking.proof_holds(document), made_at=facts.made_at, received_at=at, due_at=facts.due_at,
        late_after=facts.late_after, by=by[:40], document=document, salt=journal.new_salt(),
    )  # fmt: skip
    reports = [_submission(row, report) for report in document["reports"]]
    here = set(Submission.objects.filter(organisation=organisation, on=facts.on).values_list("digest", flat=True))
    new = sorted((r for r in reports if r.digest not in here), key=lambda r: r.digest)
    leaves = [journal.salted_leaf(row.salt, row.record())]
    leaves += [journal.salted_leaf(r.salt, r.record()) for r in new]
    row.entry = journal.append(
        log, "bundle_received", leaf=journal.bulk_leaf(leaves), n=len(leaves), by=by, at=at,
        detail={"organisation": organisation.code, "number": row.number, "epoch": row.epoch},
    )  # fmt: skip
    row.save(force_insert=True)
    for report in new:
        report.bundle = row
    Submission.objects.bulk_create(new)
    return row, True


def _submission(row: ReceivedBundle, report: Mapping[str, Any]) -> Submission:
    return Submission(
        organisation=row.organisation, on=row.on, epoch=report["checkpoint"]["epoch"], number=report["number"],
        amends=report["amends"], status=report["status"], made_at=parse_moment(report["as_of"], "UTC"),
        received_at=row.received_at, due_at=row.due_at, late=row.received_at > row.late_after, digest=digest(report),
        checkpoint=report["checkpoint"], outgoing=dict(report), salt=journal.new_salt(),
    )  # fmt: skip


def judged_of(organisation: Organisation) -> dict[str, Judged]:
    """Return what is to be said of each bundle of an organisation, by its digest."""
    return judged_among([organisation.pk]).get(organisation.pk, {})


_SAID = ("organisation_id", "digest", "log", "epoch", "number", "key_id", "made_at", "proof_holds", "said")


def judged_among(organisations: Iterable[int]) -> dict[int, dict[str, Judged]]:
    """Return what is to be said of the bundles of several organisations, by id and digest, in one query."""
    found: dict[int, list[Received]] = {}
    rows = ReceivedBundle.objects.filter(organisation__in=list(organisations)).values_list(*_SAID)
    for organisation, *fields in rows.iterator(chunk_size=2000):
        found.setdefault(organisation, []).append(Received(*fields))
    return {organisation: judge(bundles) for organisation, bundles in found.items()}


def _raise_alarm(
    organisation: Organisation, log: Log, before: Mapping[str, Judged], now: Mapping[str, Judged], *, by: str, at: int
) -> None:
    """Write down contradictions that were not there before."""
    for code in continuity.CONTRADICTIONS:
        marks = {d for d, j in now.items() if code in j.contradictions}
        if marks - {d for d, j in before.items() if code in j.contradictions}:
            detail = {"organisation": organisation.code, "kind": code, "bundles": sorted(marks)[:20]}
            journal.append(log, "bundles_contradict", leaf=NOTHING, n=0, by=by, at=at, detail=detail)


def leaves_of(entry: Entry) -> list[bytes]:
    """Return the leaves of a bundle and of the reports that it brought first, in the order of their entry."""
    rows: list[ReceivedBundle | Submission] = list(ReceivedBundle.objects.filter(entry=entry))
    rows += Submission.objects.filter(bundle__entry=entry).order_by("digest")
    return [journal.salted_leaf(r.salt, r.record()) for r in rows]
