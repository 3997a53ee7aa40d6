"""Findings: raised once, fixed by one, verified by another, closed with a number; what was not fixed is reopened."""

from django.db import transaction
from django.db.models import F, Max, QuerySet

from lazaretto.apps.registry.models import Facility, Place
from lazaretto.apps.work.models import Finding
from lazaretto.apps.work.models.findings import SEVERITIES
from lazaretto.apps.work.recording import lock, remember
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: Until when what is found is to be fixed where nobody says otherwise.
WITHIN_MS = {"high": 4 * 3_600_000, "medium": 86_400_000, "low": 7 * 86_400_000}


def findings(facility: Facility) -> QuerySet[Finding]:
    """Return all findings of a facility: what is open first, by deadline."""
    rows = Finding.objects.filter(facility=facility).select_related("place")
    return rows.order_by(F("verified_at").asc(nulls_first=True), "deadline", "pk")


def overdue(facility: Facility, at: int) -> QuerySet[Finding]:
    """Return what is not fixed although its time is over: it goes up to the superior."""
    return findings(facility).filter(fixed_at=None, deadline__lte=at)


@transaction.atomic
def find(
    facility: Facility, *, rule: str, evidence: str, ref: str, severity: str = "medium", owner: str, by: str, at: int,
    place: Place | None = None, subject: str = "", found_at: int | None = None, deadline: int | None = None,
) -> Finding:  # fmt: skip
    """Raise a finding. The same `ref` again changes nothing. :raises Refusal: no_severity, no_evidence, future."""
    lock(facility)
    same = Finding.objects.filter(facility=facility, ref=ref[:80]).first()
    if same is not None:
        return same
    if severity not in SEVERITIES:
        raise Refusal("no_severity", Text("请选轻重", "choose how grave it is"))
    if not evidence.strip():
        raise Refusal("no_evidence", Text("写明看到了什么", "say what was seen"))
    moment = at if found_at is None else found_at
    if moment > at:
        raise Refusal("future", Text("时间还没到", "that moment is still to come"))
    number = (Finding.objects.filter(facility=facility).aggregate(last=Max("number"))["last"] or 0) + 1
    made = Finding.objects.create(
        facility=facility, ref=ref[:80], number=number, rule=rule[:64], place=place, subject=subject[:80],
        evidence=evidence.strip()[:500], severity=severity, owner=owner[:60], found_at=moment, recorded_at=at,
        found_by=by[:60], deadline=moment + WITHIN_MS[severity] if deadline is None else deadline,
    )  # fmt: skip
    remember(facility, "finding_raised", [made], by=by, at=at, occurred_at=moment)
    return made


def _begin(finding: Finding) -> Finding:
    lock(finding.facility)
    return Finding.objects.select_related("facility__log", "place").get(pk=finding.pk)


@transaction.atomic
def fix(finding: Finding, *, said: str, by: str, at: int) -> Finding:
    """Say how it was fixed; somebody else verifies it. :raises Refusal: closed, fixed_already, nothing_said."""
    row = _begin(finding)
    if row.state != "open":
        code = "closed" if row.state == "closed" else "fixed_already"
        raise Refusal(code, Text("已经整改", "it was fixed already"))
    if not said.strip():
        raise Refusal("nothing_said", Text("写明怎样整改", "say how it was fixed"))
    row.fixed_at, row.fixed_by, row.fix = at, by[:60], said.strip()[:300]
    row.save(update_fields=["fixed_at", "fixed_by", "fix"])
    remember(row.facility, "finding_fixed", [row], by=by, at=at)
    return row


@transaction.atomic
def verify(finding: Finding, *, by: str, at: int) -> Finding:
    """Confirm that it is fixed, and give it its close number. :raises Refusal: not_fixed, own_fix."""
    row = _begin(finding)
    if row.state == "closed":
        return row
    if row.state == "open":
        raise Refusal("not_fixed", Text("还没有整改", "it is not fixed yet"))
    if row.fixed_by == by[:60]:
        raise Refusal("own_fix", Text("整改的人不能自己销号", "who fixed it does not verify it"))
    last = Finding.objects.filter(facility=row.facility).aggregate(last=Max("close_number"))["last"] or 0
    row.verified_at, row.verified_by, row.close_number = at, by[:60], row.close_number or last + 1
    row.save(update_fields=["verified_at", "verified_by", "close_number"])
    remember(row.facility, "finding_closed", [row], by=by, at=at)
    return row


@transaction.atomic
def reopen(finding: Finding, *, reason: str, by: str, at: int, deadline: int | None = None) -> Finding:
    """Say that it is not fixed after all. Its close number stays its own. :raises Refusal: open_already, no_reason."""
    row = _begin(finding)
    if row.state == "open":
        raise Refusal("open_already", Text("还没有整改", "it is open"))
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明原因", "say why"))
    row.fixed_at, row.fixed_by, row.verified_at, row.verified_by = None, "", None, ""
    row.reopened, row.reason = row.reopened + 1, reason.strip()[:300]
    row.deadline = at + WITHIN_MS[row.severity] if deadline is None else deadline
    row.save(update_fields=["fixed_at", "fixed_by", "verified_at", "verified_by", "reopened", "reason", "deadline"])
    remember(row.facility, "finding_reopened", [row], by=by, at=at)
    return row
