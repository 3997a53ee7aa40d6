"""The timetable of shared spaces: planned without overlap, refused above the size limit, and never a block's owed time dropped."""

from collections.abc import Iterable, Sequence

from django.db import transaction

from lazaretto.apps.command.queries import in_force
from lazaretto.apps.isolation.models import Activity
from lazaretto.apps.isolation.models.separation import PROTECTED
from lazaretto.apps.isolation.recording import lock, remember
from lazaretto.apps.isolation.slots import Slot, alternatives, overlaps
from lazaretto.apps.registry.models import Facility, Place
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.restriction import Restriction
from lazaretto.protocol.separation import Separation
from lazaretto.protocol.text import Text

GAP_MS = 10 * 60_000


def gap_of(facility: Facility, at: int) -> int:
    """Return the least time between two groups in one space: the longest gap that a separation in force names."""
    rules = [
        m
        for m in in_force(facility, at).resolved.everything
        if isinstance(m, Separation) and m.active and m.gap is not None
    ]
    return max((m.gap.nominal_ms for m in rules if m.gap is not None), default=GAP_MS)


def most_together(facility: Facility, at: int) -> int | None:
    """Return how many people may gather (0: gatherings are suspended), None where the protocol in force does not say."""
    found = [
        m.largest or 0 for m in in_force(facility, at).resolved.everything
        if isinstance(m, Restriction) and m.active and m.what == "gatherings"
    ]  # fmt: skip
    return min(found, default=None)


def on_day(facility: Facility, start: int, end: int) -> list[Activity]:
    rows = Activity.objects.filter(facility=facility, cancelled_at=None, starts__lt=end, ends__gt=start)
    return list(rows.select_related("place").order_by("starts", "pk"))


def as_slot(row: Activity) -> Slot:
    spaces = frozenset([row.place.code, *row.spaces])
    return Slot(row.starts, row.ends, row.kind, row.block, row.place.code, spaces, row.persons)


@transaction.atomic
def plan(facility: Facility, slots: Sequence[Slot], *, by: str, at: int) -> list[Activity]:
    """
    Put slots into the timetable, all or none. :raises Refusal: no_place, overlap (with what is there), too_large (with what
    may be done instead).
    """
    lock(facility)
    places = {p.code: p for p in Place.objects.filter(facility=facility, code__in={s.place for s in slots})}
    missing = next((s.place for s in slots if s.place not in places), None)
    if missing is not None or not slots:
        raise Refusal("no_place", Text(f"没有场所 {missing}", f"there is no place {missing}"))
    most = most_together(facility, at)
    _check_sizes(slots, most)
    _check_free(facility, slots, at)
    made = [
        Activity.objects.create(
            facility=facility, kind=s.kind, block=s.block[:60], place=places[s.place], spaces=sorted(s.spaces - {s.place}),
            persons=s.persons, starts=s.start, ends=s.end, by=by[:60], recorded_at=at,
        )
        for s in slots
    ]  # fmt: skip
    remember(facility, "activities_planned", made, by=by, at=at, occurred_at=min(s.start for s in slots))
    return made


def _check_sizes(slots: Iterable[Slot], most: int | None) -> None:
    for slot in slots:
        if most is not None and slot.kind == "gathering" and slot.persons > most:
            offered = alternatives(slot.persons, most)
            raise Refusal(
                "too_large",
                Text(
                    f"{slot.persons} 人超过上限 {most} 人。可以：{'；'.join(t.zh for t in offered)}",
                    f"{slot.persons} people are over the limit of {most}. Instead: {'; '.join(t.en for t in offered)}",
                ),
            )


def _check_free(facility: Facility, slots: Sequence[Slot], at: int) -> None:
    gap = gap_of(facility, at)
    first, last = min(s.start for s in slots) - gap, max(s.end for s in slots) + gap
    there = [as_slot(a) for a in on_day(facility, first, last)]
    for one, other in overlaps([*there, *slots], gap):
        if one in slots or other in slots:
            known = one if other in slots and one not in slots else other
            raise Refusal(
                "overlap",
                Text(
                    f"{one.block} 与 {other.block} 在 {'、'.join(sorted(one.spaces & other.spaces))} 相遇",
                    f"{one.block} and {other.block} would meet in {', '.join(sorted(one.spaces & other.spaces))}",
                ),
                known.end + gap,
            )


@transaction.atomic
def cancel(row: Activity, *, reason: str, by: str, at: int) -> Activity:
    """
    Take an activity out of the timetable, with the reason. Yard and calls are owed: they are only moved, so another of the
    same block and kind must be there that day. :raises Refusal: no_reason, protected.
    """
    lock(row.facility)
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明原因", "say why"))
    if row.kind in PROTECTED:
        day = 86_400_000
        others = on_day(row.facility, row.starts - day // 2, row.ends + day // 2)
        if not any(o.pk != row.pk and o.kind == row.kind and o.block == row.block for o in others):
            raise Refusal(
                "protected",
                Text("放风和通话不取消：先另排时间", "yard and calls are not dropped: plan another time first"),
            )
    row.cancelled_at, row.reason = at, reason.strip()[:200]
    row.save(update_fields=["cancelled_at", "reason"])
    remember(row.facility, "activity_cancelled", [row], by=by, at=at)
    return row
