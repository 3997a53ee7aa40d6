"""Residual risk in words: the figure with its inputs and their span, never alone."""

from typing import Any

from django.utils.translation import gettext

from lazaretto.apps.isolation.courses import Course
from lazaretto.apps.isolation.risks import Estimate, estimate, of_course


def chance(value: float) -> str:
    """Return a chance as people compare it: one in so many."""
    if value <= 0:
        return gettext("none by this formula")
    if value >= 0.5:
        return f"{value:.2f}"
    one_in = 1 / value
    digits = 10 ** max(len(f"{one_in:.0f}") - 2, 0)
    return gettext("1 in %(n)s") % {"n": f"{round(one_in / digits) * digits:,.0f}"}


def said(found: Estimate) -> dict[str, Any]:
    return {
        "now": chance(found.usual.total), "low": chance(found.low.total), "high": chance(found.high.total),
        "entry": chance(found.usual.entry), "inside": chance(found.usual.inside), "days": found.days,
        "tests": ", ".join(str(d) for d in found.tests) or "—",
        "prevalence": f"{found.prevalence:.1%}", "hazard": f"{found.hazard:.0e}".replace("e-0", "e-"),
        "points": list(found.curve),
    }  # fmt: skip


def course_risk(course: Course) -> dict[str, Any] | None:
    found = of_course(course)
    return None if found is None else said(found)


__all__ = ["chance", "course_risk", "estimate", "said"]
