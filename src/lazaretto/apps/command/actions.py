"""
Adopting a protocol, declaring a level or a flag, overriding a value. Nothing takes effect before it is recorded
(contract, rule 3), and nothing that a floor, a red line or a ceiling forbids takes effect at all.
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from pydantic import ValidationError

from lazaretto.apps.accounts import queries as accounts
from lazaretto.apps.accounts.models import Organisation, OrganisationKind, User
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.models import (
    Adoption,
    FlagDeclaration,
    LevelDeclaration,
    ProtocolOverride,
    ProtocolRecord,
)
from lazaretto.apps.command.queries import as_override, in_force, protocol, timeline
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.registry.models import Facility
from lazaretto.protocol.activation import check_may_run
from lazaretto.protocol.canonical import digest
from lazaretto.protocol.clock import Duration, local_day, plus
from lazaretto.protocol.load import Loaded
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.resolve import Resolved, UnknownLevel, resolve
from lazaretto.protocol.text import Text

#: The longest that an override may hold (design §2).
LONGEST_OVERRIDE = Duration(days=30)


@transaction.atomic
def adopt(*, facility: Facility, loaded: Loaded, starts: int | None = None, by: str, at: int) -> Adoption:
    """
    Run a protocol in a facility from `starts` on, at the earliest from now.

    The first protocol of a facility changes nothing, so it holds for all days before as well: a roster and readings
    from last week can be brought in and judged by it.

    :raises NotActivated: while a demanded number is missing, a value is looser than a floor, or a floor is beyond a
        ceiling.
    """
    check_may_run(loaded)
    first = not Adoption.objects.filter(facility=facility).exists()
    starts = 0 if first else max(at, starts or at)
    record = {"layers": loaded.stack()}
    name = digest(record)
    document = ProtocolRecord(digest=name, name=loaded.document.id, record=record, layers=list(loaded.names))
    _keep_once([document, *(_record_of(resolve(loaded, level.id)) for level in loaded.document.levels)])
    made = Adoption.objects.create(facility=facility, document_id=name, starts=starts, recorded_at=at)
    journal.record(
        facility.log, "protocol_adopted", [Version("adoption", str(starts), made.record())], by=by, at=at,
        occurred_at=starts, protocol=name,
    )  # fmt: skip
    _keep(facility, starts, at)
    return made


def _keep(facility: Facility, starts: int, at: int) -> None:
    """Keep every protocol that is or will be in force from `starts` on."""
    _keep_once([_record_of(phase.resolved) for phase in timeline(facility, at) if phase.end > starts])


def _record_of(found: Resolved) -> ProtocolRecord:
    return ProtocolRecord(digest=found.digest, name=found.document.id, level=found.level, record=found.record)


def _keep_once(records: Sequence[ProtocolRecord]) -> None:
    """Keep documents once by their digest; those that are there are not read again, they are long."""
    new = {record.digest: record for record in records}
    for known in ProtocolRecord.objects.filter(digest__in=list(new)).values_list("digest", flat=True):
        del new[known]
    ProtocolRecord.objects.bulk_create(new.values(), ignore_conflicts=True)


@transaction.atomic
def declare_level(
    *,
    facility: Facility,
    level: str,
    reason: str,
    by: str,
    at: int,
    starts: int | None = None,
    review_at: int | None = None,
) -> LevelDeclaration:
    """
    Let a response level hold from `starts` on, at the earliest from now, with its review date, which a ceiling on the
    level may bring forward.

    :raises UnknownLevel: if the protocol in force has no such level.
    """
    resolved = in_force(facility, at).resolved
    known = resolved.document.level(level)
    if known is None:
        raise UnknownLevel(level)
    starts = max(at, starts or at)
    latest = None if known.normal else plus(facility.zone, starts, resolved.review_of(level))
    review_at = None if latest is None else min(latest, review_at or latest)
    made = LevelDeclaration.objects.create(
        facility=facility, level=level, starts=starts, review_at=review_at, reason=reason[:500], recorded_at=at
    )
    protocol_digest = in_force(facility, at).resolved.digest
    journal.record(
        facility.log, "level_declared", [Version("level", str(starts), made.record())], by=by, at=at,
        occurred_at=starts, protocol=protocol_digest,
    )  # fmt: skip
    _keep(facility, starts, at)
    return made


def review_level(*, facility: Facility, reason: str, by: str, at: int) -> LevelDeclaration:
    """Renew the level in force, with a reason and a new review date."""
    return declare_level(facility=facility, level=in_force(facility, at).resolved.level, reason=reason, by=by, at=at)


@transaction.atomic
def declare_flag(
    *, facility: Facility, flag: str, holds: bool, reason: str, by: str, at: int, starts: int | None = None
) -> FlagDeclaration:
    """
    Let a flag of the protocol hold from `starts` on, at the earliest from now, until it is declared over; it is reviewed
    like a level. Declaring it again renews the review.

    :raises Refusal: unknown_flag.
    """
    document = in_force(facility, at).resolved.document
    known = next((item for item in document.flags if item.id == flag), None)
    if known is None:
        listed = ", ".join(item.id for item in document.flags) or "—"
        raise Refusal(
            "unknown_flag", Text(f"没有标记 {flag}，有 {listed}", f"there is no flag {flag}; there are {listed}")
        )
    starts = max(at, starts or at)
    review_at = plus(facility.zone, starts, known.review) if holds else None
    made = FlagDeclaration.objects.create(
        facility=facility,
        flag=flag,
        holds=holds,
        starts=starts,
        review_at=review_at,
        reason=reason[:500],
        recorded_at=at,
    )
    journal.record(
        facility.log, "flag_declared", [Version("flag", f"{flag} {starts}", made.record())], by=by, at=at,
        occurred_at=starts, protocol=in_force(facility, at).resolved.digest,
    )  # fmt: skip
    _keep(facility, starts, at)
    return made


@transaction.atomic
def override(
    *,
    facility: Facility,
    measure: str,
    patch: dict[str, Any],
    reason: str,
    requested_by: User,
    approved_by: User,
    ends: int,
    by: str,
    at: int,
    starts: int | None = None,
) -> ProtocolOverride:
    """
    Let other values of a measure hold for a while. A floor is loosened only on the word of the layer that set it, or of a
    weightier one; a red line and a ceiling never.

    :raises Refusal: own_approval, no_reason, not_allowed, unknown_measure, cannot_change, makes_no_sense, too_long,
        over, and held (with the floor, red line or ceiling that would hold the value back).
    """
    starts = max(at, starts or at)
    now = in_force(facility, at)
    rank = _rank(facility, requested_by, approved_by, at)
    _check_span(facility, starts, ends, reason)
    row = ProtocolOverride(
        facility=facility, number=_next_number(facility), measure=measure, patch=patch, rank=rank, reason=reason[:500],
        requested_by=requested_by.username, approved_by=approved_by.username, starts=starts, ends=ends, recorded_at=at,
    )  # fmt: skip
    _check_patch(protocol(now.document), row)
    row.save()
    journal.record(
        facility.log, "protocol_overridden", [Version("override", str(row.number), row.record())], by=by, at=at,
        occurred_at=starts, protocol=now.resolved.digest,
    )  # fmt: skip
    _keep(facility, starts, at)
    return row


@transaction.atomic
def withdraw_override(*, row: ProtocolOverride, by: str, at: int) -> ProtocolOverride:
    """End an override before its time. One that is over already stays as it is."""
    if at < row.stops:
        row.withdrawn_at = max(at, row.starts)
        row.save(update_fields=["withdrawn_at"])
        journal.record(
            row.facility.log, "override_withdrawn", [Version("override", str(row.number), row.record())], by=by, at=at
        )
        _keep(row.facility, at, at)
    return row


def _next_number(facility: Facility) -> int:
    return (ProtocolOverride.objects.filter(facility=facility).aggregate(last=Max("number"))["last"] or 0) + 1


def _check_span(facility: Facility, starts: int, ends: int, reason: str) -> None:
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明理由", "say why"))
    if ends <= starts:
        raise Refusal("over", Text("结束时间须晚于开始", "it must end after it starts"))
    latest = plus(facility.zone, starts, LONGEST_OVERRIDE)
    if ends > latest:
        raise Refusal("too_long", Text("临时覆盖最长 30 天", "an override holds for at most 30 days"), latest)


def _rank(facility: Facility, requested_by: User, approved_by: User, at: int) -> str:
    """Return in the name of which layer the approver speaks. :raises Refusal: own_approval, not_allowed."""
    on = local_day(facility.zone, at)
    if requested_by.pk == approved_by.pk:
        raise Refusal("own_approval", Text("批准人不能是申请人", "nobody approves his own override"))
    if not accounts.may(requested_by, Permission.OVERRIDE_REQUEST, facility.organisation_id, on):
        raise Refusal(
            "not_allowed", Text(f"{requested_by} 无权申请临时覆盖", f"{requested_by} may not ask for an override")
        )
    places = accounts.granting(approved_by, Permission.OVERRIDE_APPROVE, facility.organisation, on)
    if not places:
        raise Refusal(
            "not_allowed", Text(f"{approved_by} 无权批准临时覆盖", f"{approved_by} may not approve an override")
        )
    return min((_rank_of(place, facility) for place in places), key=("national", "system", "facility").index)


def _rank_of(place: Organisation, facility: Facility) -> str:
    if place.pk == facility.organisation_id:
        return "facility"
    return "national" if place.kind == OrganisationKind.MINISTRY else "system"


def _check_patch(loaded: Loaded, row: ProtocolOverride) -> None:
    """:raises Refusal: if the patch is not one, or if something weightier would hold its values back."""
    measure = loaded.document.measure(row.measure)
    if measure is None:
        raise Refusal("unknown_measure", Text(f"没有措施 {row.measure}", f"there is no measure {row.measure}"))
    for name in row.patch:
        if name not in measure.changeable():
            raise Refusal("cannot_change", Text(f"不能改动 {name}", f"{name} cannot be changed"))
    try:
        loaded.document.check(measure.patched(row.patch), ())
    except (ValidationError, ValueError) as error:
        raise Refusal(
            "makes_no_sense", Text(f"改动后不成立：{_said(error)}", f"with that it makes no sense: {_said(error)}")
        ) from None
    before = {(h.path, h.kind) for level in loaded.document.levels for h in resolve(loaded, level.id).holds}
    for level in loaded.document.levels:
        for hold in resolve(loaded, level.id, (), [as_override(row)]).holds:
            if hold.measure == row.measure and (hold.path, hold.kind) not in before:
                raise Refusal(
                    "held",
                    Text(
                        f"被{hold.by.zh}挡住：{'.'.join(hold.path)}",
                        f"held back by the {hold.by.en}: {'.'.join(hold.path)}",
                    ),
                )


def _said(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        context = first.get("ctx") or {}
        return str(context.get("en") or f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
    return str(error)
