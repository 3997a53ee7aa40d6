"""The hand-overs of a place."""

from lazaretto.apps.duty.models import Handover
from lazaretto.apps.registry.models import Facility


def latest(facility: Facility, place: str) -> Handover | None:
    """Return the open hand-over of a place, else the last one that was signed, with its items."""
    rows = Handover.objects.filter(facility=facility, place__code=place).select_related("place", "facility__log")
    open_first = rows.prefetch_related("items").order_by("-written_at", "-pk")
    return open_first.first()


def handover(facility: Facility, pk: int) -> Handover | None:
    return Handover.objects.select_related("place", "facility__log").filter(facility=facility, pk=pk).first()
