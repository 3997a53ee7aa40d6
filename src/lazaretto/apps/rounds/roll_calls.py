"""What was counted at roll calls, for whoever lays it beside what is on file."""

from typing import NamedTuple

from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.reading import Facts
from lazaretto.protocol.corrections import corrected

#: A correction may change the time of a roll call by as much as this and still be found.
_AROUND = 86_400_000


class Counted(NamedTuple):
    """A roll call of a place, a group or the facility: what was counted, when, and by whom (a code)."""

    kind: str
    subject: str
    observed_at: int
    value: str
    by: str


def roll_calls(facility: Facility, start: int, end: int, as_of: int) -> list[Counted]:
    """Return the last roll call of each subject in [start, end) that has a number, corrections applied."""
    facts = Facts(facility, as_of).of("roll_call", (start - _AROUND, end + _AROUND))
    found: dict[str, Counted] = {}
    for fact in sorted(corrected(facts).leaves, key=lambda f: (f.observed_at, f.id)):
        if fact.subject.startswith("person:"):
            continue
        if fact.outcome == "done" and fact.value and start <= fact.observed_at < end:
            kind, _, code = fact.subject.partition(":")
            found[fact.subject] = Counted(kind, code, fact.observed_at, fact.value, fact.by)
    return [found[ref] for ref in sorted(found)]
