"""
Which excuse covers a slot. Source: contract, rule 8; ADR 0002, 5.
"""

from collections.abc import Iterable

from lazaretto.protocol.record import Excuse, Subject
from lazaretto.protocol.selection import Selection


class Excuses:
    """The excuses known at an instant, asked slot by slot."""

    def __init__(self, excuses: Iterable[Excuse], as_of: int, selection: Selection) -> None:
        known = (e for e in excuses if e.recorded_at <= as_of < e.withdrawn_at)
        self._known = sorted(known, key=lambda e: (e.recorded_at, e.id))
        self._selection = selection

    def __bool__(self) -> bool:
        return bool(self._known)

    def covering(self, measure: str, subject: Subject, due: int) -> Excuse | None:
        """Return the covering excuse that was recorded first."""
        place: str | None = None
        asked = False
        for excuse in self._known:
            if not excuse.start <= due < excuse.end or excuse.measure not in (None, measure):
                continue
            if excuse.scope == "facility" or (excuse.scope == "measure" and excuse.measure == measure):
                return excuse
            if excuse.scope == "subject" and excuse.subject == subject.ref:
                return excuse
            if excuse.scope == "place":
                if not asked:
                    place, asked = self._selection.place_of(subject, due), True
                if excuse.subject in self._selection.chain(place):
                    return excuse
        return None
