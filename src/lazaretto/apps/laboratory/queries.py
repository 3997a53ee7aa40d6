"""Reads of the laboratory: results by person, what is still due."""

from collections.abc import Iterable
from typing import Any

from lazaretto.apps.laboratory.models import Order, Specimen
from lazaretto.apps.registry.models import Facility, Person

_BATCH = 400


def specimens(people: Iterable[int], *, since: int = 0) -> dict[int, list[Specimen]]:
    """Return the samples of people, by the id of the person, in the order in which they were taken."""
    ids = sorted(set(people))
    found: dict[int, list[Specimen]] = {pk: [] for pk in ids}
    for start in range(0, len(ids), _BATCH):
        rows = Specimen.objects.filter(order__person__in=ids[start : start + _BATCH], taken_at__gte=since)
        for row in rows.select_related("order").order_by("taken_at", "pk"):
            found[row.order.person_id].append(row)
    return found


def orders(facility: Facility, people: Iterable[int]) -> dict[int, list[Order]]:
    """Return the orders of people, by the id of the person, in the order in which they fall due."""
    ids = sorted(set(people))
    found: dict[int, list[Order]] = {pk: [] for pk in ids}
    for start in range(0, len(ids), _BATCH):
        rows = Order.objects.filter(facility=facility, person__in=ids[start : start + _BATCH])
        for row in rows.prefetch_related("specimens").order_by("due_at", "pk"):
            found[row.person_id].append(row)
    return found


def people_tested(facility: Facility, start: int, end: int) -> list[str]:
    """Return the references of those of whom a test falls due in [start, end)."""
    rows = Order.objects.filter(facility=facility, due_at__gte=start, due_at__lt=end)
    return sorted(set(rows.values_list("person__ref", flat=True)))


def order_of(facility: Facility, number: int) -> Order | None:
    return Order.objects.select_related("facility__log", "person").filter(facility=facility, number=number).first()


def orders_of(person: Person) -> list[dict[str, Any]]:
    """Return what was ordered of a person and what came out; who did it is left out."""
    found = []
    for row in Order.objects.filter(person=person).prefetch_related("specimens__order").order_by("number"):
        taken = [s.record() | {"by": None, "result_by": None} for s in row.specimens.all()]
        found.append(row.record() | {"by": None, "specimens": taken})
    return found


def counts(facility: Facility, start: int, end: int) -> dict[str, dict[str, int]]:
    """Return per population how many samples were taken in [start, end), and how many of them were positive."""
    rows = Specimen.objects.filter(
        order__facility=facility, outcome=Specimen.TAKEN, taken_at__gte=start, taken_at__lt=end
    ).values_list("order__person__population", "result")
    found: dict[str, dict[str, int]] = {}
    for population, result in rows:
        line = found.setdefault(population, {"tests_taken": 0, "positives": 0})
        line["tests_taken"] += 1
        line["positives"] += result == "positive"
    return found


def in_use(facility: Facility) -> bool:
    """Say whether this facility keeps its tests here: before, a count of none would be a guess."""
    return Specimen.objects.filter(order__facility=facility).exists()
