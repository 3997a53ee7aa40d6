"""The questions of a facility: those that are open, those that were answered, and what the protocol in force looks at."""

from typing import NamedTuple

from django.db.models import Case, Q, QuerySet, Value, When

from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.models import Signal
from lazaretto.apps.rounds.signals import ANSWERS
from lazaretto.apps.rounds.warning import KINDS
from lazaretto.protocol.checks import Checks


def open_signals(facility: Facility) -> QuerySet[Signal]:
    """Return what waits for an answer, warnings of illness first, then the latest."""
    ill = Q(rule__startswith="cluster.") | Q(rule__startswith="chart.")
    found = Signal.objects.filter(facility=facility, answered_at=None)
    first = Case(When(ill, then=Value(0)), default=Value(1))
    return found.alias(first=first).order_by("first", "-starts", "rule", "pk")


def answered_signals(facility: Facility, *, rule: str = "", answer: str = "") -> QuerySet[Signal]:
    """Return what was answered, the latest answer first; `rule` is a kind (`cluster`) or a whole rule."""
    found = Signal.objects.filter(facility=facility, answered_at__isnull=False)
    if rule:
        found = found.filter(rule__startswith=f"{rule}.") if rule in ("cluster", "chart") else found.filter(rule=rule)
    if answer in ANSWERS:
        found = found.filter(answer=answer)
    return found.order_by("-answered_at", "-pk")


class Looked(NamedTuple):
    """What is looked at: the checks of the protocol in force, and the cluster rules that nothing on record can feed yet."""

    checks: Checks
    unfed: frozenset[str]


def looked_at(facility: Facility, at: int) -> Looked | None:
    """Return what the protocol in force looks at, None if nothing was adopted."""
    try:
        checks = in_force(facility, at).resolved.document.checks
    except NoProtocol:
        return None
    return Looked(checks, frozenset(c.id for c in checks.clusters if not set(c.about) & set(KINDS)))
