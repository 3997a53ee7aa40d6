"""What the checks of a day find, before it is on record: which rule asks, about what, with which numbers."""

from typing import Any, NamedTuple

from lazaretto.protocol.text import Text
from lazaretto.surveillance.false_alarms import FalseAlarms

#: So many facts are kept with a question; its numbers say how many there are.
MOST_FACTS = 60
#: So many lines of evidence are kept with a question.
MOST_ROWS = 12

ENTRIES = FalseAlarms(
    None,
    Text("取决于录入方式和各台设备的时钟", "it depends on how entries are made and on the clocks of devices"),
)
SILENCE = FalseAlarms(
    None, Text("取决于记录为何没有来，请数一数以往的", "it depends on why no record came; count those of the past")
)


class Question(NamedTuple):
    """
    One question. `about` is `kind:code`, `author` whose entries it is about where they are one person's. `numbers` is plain
    data without names: whole numbers and text, so that it is the same on every machine.
    """

    rule: str
    about: str
    author: str
    start: int
    end: int
    numbers: dict[str, Any]
    facts: list[str]
    false_alarms: FalseAlarms

    def kept(self) -> dict[str, Any]:
        """Return the numbers as they are kept, with the false alarms to be expected."""
        a_year = self.false_alarms.per_year
        return self.numbers | {
            "false_alarms": {
                "a_year": None if a_year is None else short(a_year),
                "zh": self.false_alarms.reckoned.zh,
                "en": self.false_alarms.reckoned.en,
            }
        }


def short(value: float) -> str:
    """Return a number in three digits, as text."""
    return f"{value:.3g}"


def degrees(steps: int) -> str:
    """Return tenths of a degree as they are written."""
    return f"{steps / 10:.1f}"
