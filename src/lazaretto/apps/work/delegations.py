"""Who may do which step: the roles somebody was granted, the posts he holds, and what others lent him for a while."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q, QuerySet

from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.queries import roles_in
from lazaretto.apps.registry.models import Assignment, Facility
from lazaretto.apps.work.models import Delegation
from lazaretto.apps.work.recording import lock, remember
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

LONGEST_MS = 30 * 86_400_000


def delegations(facility: Facility, at: int) -> QuerySet[Delegation]:
    """Return what is lent now or will be, the newest first."""
    return Delegation.objects.filter(facility=facility, ended_at=None, ends__gt=at).order_by("-starts", "-pk")


def lent_to(facility: Facility, user: str, at: int) -> frozenset[str]:
    """Return the roles that others lent to somebody, as they hold at an instant."""
    rows = Delegation.objects.filter(facility=facility, to_user=user, starts__lte=at, ends__gt=at, ended_at=None)
    return frozenset(rows.values_list("role", flat=True))


def own_roles(user: User, facility: Facility, at: int) -> frozenset[str]:
    """Return the roles somebody was granted here or above, and the posts that his person holds here."""
    found = set(roles_in(user, facility.organisation, local_day(facility.zone, at)))
    if user.person_code:
        held = Assignment.objects.filter(facility=facility, person__code=user.person_code, kind__in=("post", "role"))
        now = held.filter(Q(starts=None) | Q(starts__lte=at)).filter(Q(ends=None) | Q(ends__gt=at))
        found |= {key.removesuffix(".deputy").rpartition(".")[2] for key in now.values_list("key", flat=True)}
    return frozenset(found)


def roles_of(user: User, facility: Facility, at: int) -> frozenset[str]:
    """Return everything in whose name somebody may act in a facility: his own roles and posts, and what he was lent."""
    return own_roles(user, facility, at) | lent_to(facility, user.ref, at)


@transaction.atomic
def delegate(
    facility: Facility, *, role: str, from_user: str, roles: Collection[str], to_user: str, starts: int, ends: int,
    reason: str, by: str, at: int,
) -> Delegation:  # fmt: skip
    """
    Lend a role that somebody holds himself (`roles`) to another until a moment. What was lent is not lent on.

    :raises Refusal: not_held, himself, no_reason, in_past, too_long.
    """
    lock(facility)
    if role not in roles:
        raise Refusal("not_held", Text(f"没有 {role} 这一职责，不能委托", f"who does not hold {role} cannot lend it"))
    if from_user == to_user:
        raise Refusal("himself", Text("不能委托给自己", "nobody lends a role to himself"))
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明原因", "say why"))
    if ends <= max(starts, at):
        raise Refusal("in_past", Text("结束时间须在以后", "the end must be to come"))
    if ends - starts > LONGEST_MS:
        raise Refusal("too_long", Text("委托不超过 30 天", "30 days is the longest"), starts + LONGEST_MS)
    made = Delegation.objects.create(
        facility=facility, role=role[:60], from_user=from_user[:60], to_user=to_user[:60], starts=starts, ends=ends,
        reason=reason.strip()[:200], recorded_at=at, by=by[:60],
    )  # fmt: skip
    remember(facility, "role_delegated", [made], by=by, at=at)
    return made


@transaction.atomic
def take_back(delegation: Delegation, *, by: str, at: int) -> Delegation:
    """End a delegation now. Ending it again changes nothing."""
    lock(delegation.facility)
    row = Delegation.objects.select_related("facility__log").get(pk=delegation.pk)
    if row.ended_at is None:
        row.ended_at = at
        row.save(update_fields=["ended_at"])
        remember(row.facility, "delegation_ended", [row], by=by, at=at)
    return row
