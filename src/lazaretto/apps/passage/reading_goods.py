"""Reads of goods: what is on hold, what is announced, suppliers, one consignment, recall or sample."""

from django.db.models import Q, QuerySet

from lazaretto.apps.passage.models import Consignment, Lot, Reading, Recall, Sample, Supplier
from lazaretto.apps.passage.standing import Standing, lots, standings
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work.models import Run

#: What waits for a clock or a step comes by when it is free; what time alone does not free comes last.
_LAST = 2**62


def on_hold(facility: Facility, at: int) -> list[Standing]:
    """Return every lot that a chain still holds, what is free first at the top."""
    subjects = Run.objects.filter(facility=facility, ended_at=None, subject__startswith="lot:").values_list(
        "subject", flat=True
    )
    numbers = sorted({subject.removeprefix("lot:") for subject in subjects})
    found = [
        s
        for start in range(0, len(numbers), 400)
        for s in standings(facility, lots(facility).filter(number__in=numbers[start : start + 400]), at)
    ]
    return sorted(found, key=lambda s: (s.free_from if s.free_from is not None else _LAST, s.lot.number))


def announced(facility: Facility) -> list[Consignment]:
    """Return what is announced and not there, the next first."""
    rows = Consignment.objects.filter(facility=facility, arrived_at=None).select_related("supplier")
    return list(rows.order_by("expected_on", "announced_at")[:200])


def consignment(facility: Facility, number: str) -> Consignment | None:
    rows = Consignment.objects.select_related("supplier", "facility__log", "facility__organisation")
    return rows.filter(facility=facility, number=number[:20]).first()


def suppliers(facility: Facility, text: str = "") -> QuerySet[Supplier]:
    rows = Supplier.objects.filter(facility=facility).select_related("facility__log").order_by("code")
    return rows.filter(Q(name__icontains=text) | Q(code__icontains=text) | Q(origin__icontains=text)) if text else rows


def recall(facility: Facility, number: int) -> Recall | None:
    return Recall.objects.filter(facility=facility, number=number).first()


def sample(lot: Lot, code: str) -> Sample | None:
    return Sample.objects.select_related("lot__facility__log", "lot__recall").filter(lot=lot, code=code[:40]).first()


def readings(lot: Lot) -> list[Reading]:
    """Return the last readings of a lot, the newest first."""
    return list(lot.readings.order_by("-read_at", "-pk")[:50])
