"""The evidence of a question as small tables, and the last digits as bars."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext

from lazaretto.web.dates import moment

Numbers = Mapping[str, Any]
#: How long the longest bar is drawn, in the units of its picture.
WIDTH = 120


def digits(numbers: Numbers) -> list[dict[str, Any]]:
    """Return for each last digit how often it came, how often it was to be expected, and how long the bars are."""
    expected = [float(x) for x in numbers["expected"]]
    most = max([*numbers["observed"], *expected, 1])
    return [
        {
            "digit": digit, "observed": seen, "expected": numbers["expected"][digit],
            "width": round(WIDTH * seen / most), "mark": round(WIDTH * expected[digit] / most),
        }
        for digit, seen in enumerate(numbers["observed"])
    ]  # fmt: skip


def table(kind: str, numbers: Numbers, zone: str, unit: Callable[[str], str]) -> dict[str, Any] | None:
    """Return the heads and lines of the evidence of a question, None where its sentence says all."""
    rows = numbers.get("rows") or ()

    def when(ms: int) -> str:
        return moment(ms, zone)

    made: dict[str, Callable[[], tuple[Sequence[str], list[Sequence[Any]]]]] = {
        "digits": lambda: (
            [gettext("readings compared"), gettext("chance"), gettext("share in excess")],
            [[numbers["n"], numbers["p"], numbers["excess"]]],
        ),
        "same_in_round": lambda: (
            [gettext("round"), gettext("value"), gettext("so many"), gettext("of"), gettext("chance")],
            [[when(r["at"]), r["value"], r["most"], r["n"], r["chance"]] for r in rows],
        ),
        "copied": lambda: (
            [gettext("first round"), gettext("second round"), gettext("alike"), gettext("of"), gettext("to be expected"), gettext("raised by"), gettext("rows slipped"), gettext("chance")],
            [[when(r["first"]), when(r["second"]), r["same"], r["n"], r["expected"], r["shift"], r["slip"], r["chance"]] for r in rows],
        ),
        "same_for_person": lambda: (
            [gettext("value"), gettext("so many"), gettext("of"), gettext("people")],
            [[r["value"], r["most"], r["n"], r["people"]] for r in rows],
        ),
        "two_places": lambda: (
            [gettext("when"), gettext("seconds before"), gettext("wing before"), gettext("wing then")],
            [[when(r["at"]), r["seconds"], unit(r["first"]), unit(r["second"])] for r in rows],
        ),
        "cluster": lambda: ([gettext("when"), gettext("of what")], [[when(r["at"]), case(r["kind"])] for r in rows]),
        "chart": lambda: (
            [gettext("day from"), gettext("fevers"), gettext("read, of the people looked at")],
            [[when(r["at"]), gettext("unknown") if r["n"] is None else r["n"], r["read"]] for r in rows],
        ),
    }  # fmt: skip
    if kind not in made:
        return None
    heads, lines = made[kind]()
    return {"heads": heads, "rows": lines}


def case(kind: str) -> str:
    """Return what a case is of."""
    return {"fever": gettext("confirmed fever"), "symptoms": gettext("symptoms")}.get(kind, kind)
