"""Outside vehicles: for how many days none was inside, and an alert the moment one is recorded there."""

from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import QuerySet

from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.passage.models import Crossing, Party
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work import findings
from lazaretto.protocol.clock import instant, local_day
from lazaretto.protocol.restriction import Restriction

RULE = "outside_vehicle_inside"


class Zero(NamedTuple):
    """Days in a row with no outside vehicle inside, since when it is counted, how many came today, and which are inside now."""

    days: int
    since: date
    today: int
    inside: int


def banned(facility: Facility, at: int) -> tuple[frozenset[str], date | None]:
    """Return the classes of vehicles that do not come in, and since when that holds (None: nobody bans any)."""
    try:
        resolved = in_force(facility, at).resolved
    except NoProtocol:
        return frozenset(), None
    rules = [m for m in resolved.everything if isinstance(m, Restriction) and m.active and m.what == "vehicles"]
    classes = frozenset(item.id for rule in rules for item in rule.denies)
    begun = [rule.since for rule in rules if rule.since is not None]
    return classes, min(begun, default=None) if rules else None


def _came(facility: Facility, classes: frozenset[str]) -> QuerySet[Crossing]:
    return Crossing.objects.filter(
        facility=facility, direction="in", party__stream="vehicle", party__of_class__in=classes
    )


def zero(facility: Facility, at: int) -> Zero | None:
    """
    Return how long no outside vehicle was inside; None where the protocol bans none. A day counts once it is over and none
    came in or was inside on it; before the rule and before the first record of the house nothing is counted.
    """
    classes, since = banned(facility, at)
    if not classes:
        return None
    zone, today = facility.zone, local_day(facility.zone, at)
    first = Crossing.objects.filter(facility=facility).order_by("at").values_list("at", flat=True).first()
    recorded = local_day(zone, first) if first is not None else today
    begun = max(since or recorded, recorded)
    inside = Party.objects.filter(
        facility=facility, stream="vehicle", of_class__in=classes, inside_since__isnull=False
    ).count()
    here = Crossing.objects.filter(facility=facility, party__stream="vehicle", party__of_class__in=classes, at__lte=at)
    last = here.order_by("-at").values_list("at", flat=True).first()
    start = max(begun, local_day(zone, last) + timedelta(days=1)) if last is not None else begun
    n = _came(facility, classes).filter(at__gte=instant(zone, today, 0), at__lte=at).count()
    return Zero(0 if inside else max((today - start).days, 0), begun, n, inside)


def vehicle_came_in(crossing: Crossing, *, by: str, at: int) -> None:
    """Raise the alert of an outside plate inside; told in the transaction of its crossing. Again changes nothing."""
    classes, _ = banned(crossing.facility, at)
    if crossing.direction == "in" and crossing.party.stream == "vehicle" and crossing.party.of_class in classes:
        findings.find(
            crossing.facility, rule=RULE, ref=f"outside:{crossing.ref}"[:80], severity="high", subject=crossing.party.subject,
            owner="epidemic_lead", by=by, at=at, found_at=crossing.at,
            evidence="外来车辆进入监管区 / An outside vehicle is inside",
        )  # fmt: skip
