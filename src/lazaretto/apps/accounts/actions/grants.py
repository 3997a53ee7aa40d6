"""Giving roles and ending them."""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from lazaretto.apps.accounts import rules
from lazaretto.apps.accounts.actions.acting import Actor, node, ref_of, today
from lazaretto.apps.accounts.models import Grant, Organisation, User
from lazaretto.apps.accounts.rules import Refused
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.protocol.text import Text

OVERLAP = Text(
    "他在这段时间已经有这个角色。先结束那一段，或改日期。",
    "He has this role here already at that time. End that one first, or choose other dates.",
)
DATES = Text("止日必须晚于起日和今天。", "It must end after it starts, and after today.")
NO_REASON = Text("写明原因。", "Say why.")


def grant_record(grant: Grant, why: str = "") -> dict[str, Any]:
    return {
        "user": grant.user.ref,
        "role": grant.role,
        "organisation": grant.organisation.code,
        "starts_on": grant.starts_on.isoformat() if grant.starts_on else None,
        "ends_on": grant.ends_on.isoformat() if grant.ends_on else None,
        "ended_at": grant.ended_at,
        **({"why": why} if why else {}),
    }


def grant_version(grant: Grant, why: str = "") -> Version:
    key = f"{grant.user.ref}/{grant.role}/{grant.organisation.code}/{grant.starts_on or ''}"
    return Version("grant", key[:120], grant_record(grant, why))


@transaction.atomic
def grant(
    *,
    user: User,
    role: str,
    organisation: Organisation,
    starts_on: date | None = None,
    ends_on: date | None = None,
    by: Actor,
    at: int,
) -> Grant:
    """
    Give a user a role in an organisation, from `starts_on` until before `ends_on`. What he has already is returned.

    :raises Refused: by a rule for users who grant, by dates that are none, or by another grant of the role at the time.
    """
    on = today(by, at)
    held = Grant.objects.filter(user=user, role=role, organisation=organisation, ended_at__isnull=True)
    found = held.filter(starts_on=starts_on, ends_on=ends_on).first()
    if found:
        return found
    if ends_on is not None and ends_on <= max(starts_on or on, on):
        raise Refused(DATES)
    if isinstance(by, User):
        rules.check_may_grant(by, user, role, organisation, on)
    else:
        rules.check_fits(user, role, organisation, on)
    try:
        with transaction.atomic():
            made = Grant.objects.create(
                user=user, role=role, organisation=organisation, starts_on=starts_on, ends_on=ends_on
            )
    except IntegrityError:
        raise Refused(OVERLAP) from None
    if user.organisation_id is None:
        user.organisation = organisation
        user.save(update_fields=["organisation"])
    _record("role_granted", made, ref_of(by), at)
    return made


@transaction.atomic
def end_grant(*, grant: Grant, why: str, ends_on: date | None = None, by: Actor, at: int) -> None:
    """
    End a role before its time: at once, or with `ends_on` from a later day on.

    :raises Refused: by a rule, without a reason, or if the day lies before it starts or after it ends anyway.
    """
    on = today(by, at)
    if isinstance(by, User):
        rules.check_may_end(by, grant, on)
    if not why.strip():
        raise Refused(NO_REASON)
    if ends_on is None:
        grant.ended_at = at
    elif ends_on <= max(grant.starts_on or on, on) or (grant.ends_on is not None and ends_on > grant.ends_on):
        raise Refused(DATES)
    else:
        grant.ends_on = ends_on
    grant.save(update_fields=["ended_at", "ends_on"])
    _record("role_ended", grant, ref_of(by), at, why.strip()[:200])


def _record(kind: str, made: Grant, by: str, at: int, why: str = "") -> None:
    versions = [grant_version(made, why)]
    journal.record(node(at), kind, versions, by=by, at=at, subjects=[made.user.ref])
