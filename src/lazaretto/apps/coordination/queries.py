"""Where the cycle of a day stands."""

from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Count

from lazaretto.apps.coordination.models import STEPS, DailyStep
from lazaretto.apps.registry.models import Facility


class Step(NamedTuple):
    """A step of a day: done, next, or still closed because one before it is not done."""

    step: str
    state: str
    row: DailyStep | None


def cycle(facility: Facility, on: date) -> list[Step]:
    """Return the four steps of a day in order."""
    done = {s.step: s for s in DailyStep.objects.filter(facility=facility, on=on)}
    first = next((s for s in STEPS if s not in done), "")
    return [Step(s, "done" if s in done else "next" if s == first else "closed", done.get(s)) for s in STEPS]


def unbroken(facility: Facility, on: date) -> int:
    """Return on how many days in a row, up to and including `on` or the day before it, all four steps were done."""
    rows = DailyStep.objects.filter(facility=facility, on__lte=on, on__gt=on - timedelta(days=400))
    whole = set(rows.values("on").annotate(n=Count("pk")).filter(n=len(STEPS)).order_by().values_list("on", flat=True))
    at, n = on if on in whole else on - timedelta(days=1), 0
    while at in whole:
        n, at = n + 1, at - timedelta(days=1)
    return n
