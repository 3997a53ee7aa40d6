"""
Small numbers do not leave the house: a count of 1–4 is said as suppressed. 0 was looked at, and is said.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

SMALL = 5
#: Stands for several units or reasons that were put together.
SEVERAL = "*"


def suppressed(n: Any) -> Any:
    """Return a count of 1–4 as suppressed, anything else as it is."""
    if isinstance(n, int) and 0 < n < SMALL:
        return {"suppressed": True, "value": None}
    return n


def gap_cells(counted: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    """
    Return gaps per (unit, reason) as cells.

    The total of a measure is on the report, so one small cell alone could be found by subtraction: it is put together
    with the smallest other one, as several units (and reasons, if they differ).
    """
    cells = Counter(counted)
    small = [key for key, n in cells.items() if n < SMALL]
    if len(small) == 1 and len(cells) > 1:
        (alone,) = small
        other = min((key for key in cells if key != alone), key=lambda key: (cells[key], key))
        reason = alone[1] if alone[1] == other[1] else SEVERAL
        cells[SEVERAL, reason] = cells.pop(alone) + cells.pop(other)
    return [{"unit": unit, "reason": reason, "n": suppressed(n)} for (unit, reason), n in sorted(cells.items())]
