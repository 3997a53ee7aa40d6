"""
The two-step fever rule on one person's readings.

A reading at or over `screen` asks for a second one; `confirm` judges the second. A single infrared reading is weak
evidence. Source: domain handbook §4.3.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

from lazaretto.protocol.record import Subject
from lazaretto.protocol.round import Round
from lazaretto.protocol.second_reading import SecondReading
from lazaretto.protocol.selection import names_population

TEMPERATURE, MEDICINE = "temperature", "antipyretic"


class Reading(NamedTuple):
    """
    One temperature in °C, corrected where its device is known to be off. `masked`: a fever medicine was at work. `usual` is
    what the person mostly has. `judges` is False for a device that is out of order.
    """

    observed_at: int
    value: Decimal
    id: str = ""
    method: str = ""
    site: str = ""
    device: str = ""
    masked: bool = False
    usual: Decimal | None = None
    judges: bool = True


@dataclass(frozen=True, slots=True)
class FeverRule:
    """What a protocol says of one person's readings: the two thresholds, and how the second reading is taken."""

    screen: Decimal
    confirm: Decimal
    second: SecondReading = field(default_factory=SecondReading)

    def is_high(self, reading: Reading) -> bool:
        """Say whether a reading asks for a second one."""
        return reading.value >= self.screen or self._far_from_own(reading)

    def confirms(self, reading: Reading) -> bool:
        return reading.value >= self.confirm or self._far_from_own(reading)

    def _far_from_own(self, reading: Reading) -> bool:
        own = self.second.own_usual
        return own is not None and reading.usual is not None and reading.value >= reading.usual + own.above

    def is_second(self, reading: Reading, first: Reading) -> bool:
        """Say whether a reading may judge the first one: taken after the rest, and in the way the protocol asks for."""
        how = self.second
        return (
            reading.judges
            and reading.observed_at >= first.observed_at + how.rest.nominal_ms
            and (not how.methods or reading.method in how.methods)
            and (not how.sites or reading.site in how.sites)
            and (not how.other_device or (reading.device != "" and reading.device != first.device))
        )


def rule_for(subject: Subject, rounds: Iterable[Round]) -> FeverRule | None:
    """
    Return the rule for a person: the lowest thresholds that any temperature measure sets, and the first way of taking the
    second reading. None where no measure with a threshold concerns them.
    """
    found: FeverRule | None = None
    for round_ in rounds:
        screen, confirm = round_.screen_threshold, round_.confirm_threshold or round_.screen_threshold
        if round_.observation != TEMPERATURE or screen is None or confirm is None:
            continue
        if names_population(round_, subject):
            second = round_.second_reading
            if found is not None:
                screen, confirm = min(found.screen, screen), min(found.confirm, confirm)
                second = found.second if found.second != SecondReading() else second
            found = FeverRule(screen, confirm, second or SecondReading())
    return found


class Episode(NamedTuple):
    """
    What followed a first high reading: `due` is by when a second was owed; `confirmed` is the reading that confirmed it,
    `ended` the first one after it that was low again, or the moment at which a person closed it.
    """

    first: Reading
    due: int
    confirmed: Reading | None = None
    ended: Reading | int | None = None

    @property
    def state(self) -> Literal["open", "confirmed", "unconfirmed", "over"]:
        if self.ended is None:
            return "open" if self.confirmed is None else "confirmed"
        return "unconfirmed" if self.confirmed is None else "over"


def episodes(readings: Sequence[Reading], rule: FeverRule, closed: Sequence[int] = ()) -> list[Episode]:
    """
    Return what one person's readings (in order of time) say, in order. `closed` are moments at which a person closed what
    was open.
    """
    found: list[Episode] = []
    for event in _in_time(readings, closed):
        open_ = found[-1] if found and found[-1].ended is None else None
        if isinstance(event, int):
            if open_ is not None:
                found[-1] = open_._replace(ended=event)
        elif open_ is None:
            if rule.is_high(event):
                found.append(Episode(event, event.observed_at + rule.second.within.nominal_ms))
        elif rule.is_second(event, open_.first):
            found[-1] = _judged(open_, event, rule)
    return found


def _judged(open_: Episode, second: Reading, rule: FeverRule) -> Episode:
    if rule.is_high(second):
        confirms = open_.confirmed is None and rule.confirms(second)
        return open_._replace(confirmed=second) if confirms else open_
    return open_ if second.masked else open_._replace(ended=second)


def _in_time(readings: Sequence[Reading], closed: Sequence[int]) -> Iterator[Reading | int]:
    """Yield readings and closings in order; a reading of the same moment comes first."""
    events: list[tuple[int, int, Reading | int]] = [(r.observed_at, 0, r) for r in readings]
    events += [(moment, 1, moment) for moment in closed]
    for _, _, event in sorted(events, key=lambda e: e[:2]):
        yield event


class Fever(NamedTuple):
    """
    What the readings of a span say: `screened` that one was over the first threshold, `confirmed` that a later one was
    over the second, `open_since` when the fever began that no later reading ended (None if there is none).
    """

    screened: bool
    confirmed: bool
    open_since: int | None


def fever(readings: Sequence[Reading], rule: FeverRule, start: int, end: int) -> Fever:
    """
    Return what happened in [start, end), knowing all `readings` in order of time, also those after `end`.

    A fever is over with the first later reading below the first threshold that may judge it.
    """
    found = [e for e in episodes(readings, rule) if e.first.observed_at < end]
    inside = [r for r in readings if start <= r.observed_at < end]
    confirmed = any(
        rule.confirms(r) and rule.is_second(r, e.first) and r is not e.first
        for e in found
        for r in inside
        if e.first.observed_at <= r.observed_at and (e.ended is None or r.observed_at < moment_of(e.ended))
    )
    return Fever(
        screened=any(rule.is_high(r) for r in inside),
        confirmed=confirmed,
        open_since=next((e.first.observed_at for e in found if e.ended is None), None),
    )


def moment_of(event: Reading | int) -> int:
    return event if isinstance(event, int) else event.observed_at
