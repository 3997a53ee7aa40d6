"""What a person mostly has: the median of the readings of the days before today, worked out once a day for each."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import NamedTuple

from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.models import Fact, OwnUsual
from lazaretto.protocol.clock import instant, local_day
from lazaretto.protocol.fever import TEMPERATURE, FeverRule

_BATCH = 900


class _Kept(NamedTuple):
    value: str
    n: int


def usual_of(facility: Facility, rules: dict[str, FeverRule], at: int) -> dict[str, Decimal]:
    """
    Return the median of each person's readings in the days before today, by reference, for people (by code) whose rule
    asks for it and who have enough. Worked out once a day for each.
    """
    today = local_day(facility.zone, at)
    asked = {code: own for code, rule in rules.items() if (own := rule.second.own_usual) is not None}
    if not asked:
        return {}
    kept = {
        row[0]: _Kept(*row[1:])
        for row in OwnUsual.objects.filter(facility=facility, on=today).values_list("subject", "value", "n")
        if row[0] in asked
    }
    missing = [code for code in asked if code not in kept]
    if missing:
        longest = max(asked[code].days for code in missing)
        end = instant(facility.zone, today, 0)
        start = instant(facility.zone, today - timedelta(days=longest), 0)
        values = _values(facility, missing, start, end)
        rows = [
            OwnUsual(facility=facility, subject=code, on=today, n=len(values.get(code, ())), value=_middle(values.get(code, ())))
            for code in missing
        ]  # fmt: skip
        OwnUsual.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["facility", "subject"], update_fields=["on", "value", "n"],
            batch_size=100,
        )  # fmt: skip
        kept |= {row.subject: _Kept(row.value, row.n) for row in rows}
    return {
        f"person:{code}": Decimal(kept[code].value)
        for code, own in asked.items()
        if kept[code].value and kept[code].n >= own.readings
    }


def _middle(values: Sequence[Decimal]) -> str:
    return f"{median(values):f}" if values else ""


def _values(facility: Facility, codes: Sequence[str], start: int, end: int) -> dict[str, list[Decimal]]:
    """Return what is on record of some people; one reading corrected more or less moves no median that matters."""
    found: dict[str, list[Decimal]] = {}
    for at in range(0, len(codes), _BATCH):
        rows = Fact.objects.filter(
            facility=facility, subject_kind="person", subject__in=codes[at : at + _BATCH], observation=TEMPERATURE,
            observed_at__gte=start, observed_at__lt=end, outcome="done",
        )  # fmt: skip
        for code, value in _numbers(rows.values_list("subject", "value")):
            found.setdefault(code, []).append(value)
    return found


def _numbers(rows: Iterable[tuple[str, str]]) -> Iterable[tuple[str, Decimal]]:
    for code, value in rows:
        if value.replace(".", "", 1).isdigit():
            yield code, Decimal(value)
