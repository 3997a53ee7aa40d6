"""The lines of a due list: one subject in one slot, grouped by measure and time."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from lazaretto.protocol.round import Round

DueState = Literal["on_time", "late", "missed", "excused", "pending", "upcoming"]


class Line(NamedTuple):
    """
    One subject in one slot. `place` is the code of where it is then, "" if nowhere in particular. `fact` decided it, was
    observed at `observed_at` and says `value`; `by` did, refused or excused it; `used` counts towards what a count needs.
    """

    subject: str
    place: str
    state: DueState
    fact: str = ""
    observed_at: int | None = None
    value: str = ""
    by: str = ""
    reason: str = ""
    used: int = 0


@dataclass(slots=True)
class Group:
    """
    The slots of a measure that are due at one time, in the order in which somebody walks. `closes` is when it can be done
    no longer; None where that would tell the next time of a random round. `on_time` are those who are counted, not named.
    """

    round: Round
    due: int
    opens: int
    closes: int | None
    grace_until: int
    counts: bool
    lines: list[Line] = field(default_factory=list)
    on_time: int = 0

    @property
    def tally(self) -> Counter[str]:
        found = Counter[str](line.state for line in self.lines)
        if self.on_time:
            found["on_time"] += self.on_time
        return found

    @property
    def n(self) -> int:
        """How many owe it."""
        return len(self.lines) + self.on_time

    def is_open(self, at: int) -> bool:
        """Say whether what is not done can still be done."""
        return self.opens <= at and (self.closes is None or at < self.closes)
