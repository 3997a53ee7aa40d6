"""
The two-step fever rule on one person's readings.

A reading at or over `screen_threshold` asks for a second one; `confirm_threshold` judges the second. A single infrared
reading is weak evidence. Source: domain handbook §4.3.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple


class Reading(NamedTuple):
    """One temperature in °C."""

    observed_at: int
    value: Decimal


class Fever(NamedTuple):
    """
    What the readings of a span say: `screened` that one was over the first threshold, `confirmed` that a later one was
    over the second, `open_since` when the fever began that no later reading ended (None if there is none).
    """

    screened: bool
    confirmed: bool
    open_since: int | None


def fever(readings: Sequence[Reading], screen: Decimal, confirm: Decimal, start: int, end: int) -> Fever:
    """
    Return what happened in [start, end), knowing all `readings` in order of time, also those after `end`.

    A fever is over with the first later reading below `screen`.
    """
    screened = confirmed = False
    since: int | None = None
    for reading in readings:
        inside = start <= reading.observed_at < end
        if reading.value < screen:
            since = None
            continue
        screened |= inside
        if since is not None and reading.value >= confirm:
            confirmed |= inside
        if since is None and reading.observed_at < end:
            since = reading.observed_at
    return Fever(screened, confirmed, since)
