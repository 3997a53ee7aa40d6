"""
Who owes: which subjects a measure names at an instant, and where they are.

Source: contract, rule 7; ADR 0002, 1 and 11.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import pairwise

from lazaretto.protocol.measures import Measure, PlaceSelector
from lazaretto.protocol.record import Institution, Place, Standing, Stay, Subject
from lazaretto.protocol.round import Round


def holds(standings: tuple[Standing, ...], key: str, value: str, at: int) -> bool:
    """Say whether a standing is in force at an instant."""
    return any(s.key == key and s.value == value and s.start <= at < s.end for s in standings)


def names_population(measure: Measure, subject: Subject) -> bool:
    """Say whether any selector of a measure names the subject's population or base class, or names none."""
    return any(_is_of(s.populations, subject) for s in measure.applies_to)


def _is_of(wanted: list[str], subject: Subject) -> bool:
    return not wanted or subject.population in wanted or subject.base in wanted


class Selection:
    """Answers, for one institution, whether a subject owes a measure at an instant."""

    def __init__(self, institution: Institution) -> None:
        self._institution = institution
        self._places: Mapping[str, Place] = institution.places
        self._chains: dict[str, tuple[str, ...]] = {}
        self._matches: dict[tuple[int, str], bool] = {}
        self._selectors: list[PlaceSelector] = []  # keeps them alive: matches are kept by identity

    def chain(self, place: str | None) -> tuple[str, ...]:
        """Return a place and all places around it, innermost first; a place that is not on file stands alone."""
        if place is None:
            return ()
        found = self._chains.get(place)
        if found is None:
            links: list[str] = []
            ref: str | None = place
            while ref is not None and ref not in links:
                links.append(ref)
                node = self._places.get(ref)
                ref = node.parent if node else None
            found = self._chains[place] = tuple(links)
        return found

    def place_of(self, subject: Subject, at: int) -> str | None:
        """Return where a subject is at an instant, or None if it is nowhere in the facility."""
        if subject.kind == "person":
            stay = self.stay(subject, at)
            return stay.place if stay else None
        return subject.ref if subject.kind == "place" else subject.place

    def stay(self, subject: Subject, at: int) -> Stay | None:
        """Return the presence of a person at an instant."""
        index = bisect_right(subject.stays, at, key=lambda s: s.start) - 1
        if index >= 0 and subject.stays[index].end > at:
            return subject.stays[index]
        return None

    def steady(self, subject: Subject, start: int, end: int) -> str | None:
        """Return where a person is all through [start, end), "" if nowhere in it, None if that changes."""
        near = [s for s in subject.stays if s.start < end and s.end > start]
        if not near:
            return ""
        return near[0].place if len(near) == 1 and near[0].start <= start and near[0].end >= end else None

    def concerns(self, round_: Round, subject: Subject) -> bool:
        """Say whether a measure can ever ask this subject, whatever the place and time."""
        if subject.kind != round_.subject:
            return False
        return names_population(round_, subject)

    def owes(self, round_: Round, subject: Subject, at: int, span: tuple[int, int] | None = None) -> bool:
        """
        Say whether a subject owes what is judged at `at`; `span` is the length of a `per_day` slot or count window, of
        which a person must be there for at least half.
        """
        if subject.kind == "person":
            if round_.presence == "assigned":
                return any(a.start <= at < a.end for a in subject.assignments)
            if span is None or span[0] == span[1]:
                stay = self.stay(subject, at)
                return stay is not None and self._selected(round_, subject, stay.place, at)
            return self._half_present(round_, subject, *span)
        if subject.kind == "place":
            return self._place_owes(round_, subject, at)
        if subject.kind == "asset":
            return any(self._around(s.places, subject.place, at) for s in round_.applies_to)
        return True

    def _half_present(self, round_: Round, subject: Subject, start: int, end: int) -> bool:
        inside = sum(
            b - a
            for stay in subject.stays
            if stay.start < end and stay.end > start
            for a, b in self._pieces(round_, stay, max(stay.start, start), min(stay.end, end))
            if self._selected(round_, subject, stay.place, a)
        )
        return 2 * inside >= end - start

    def _pieces(self, round_: Round, stay: Stay, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Cut a span where the class of a place around changes, if the measure asks for classes."""
        cuts = {start, end}
        if any(s.places.classes for s in round_.applies_to):
            for ref in self.chain(stay.place):
                node = self._places.get(ref)
                edges = (t for s in (node.standings if node else ()) if s.key == "class" for t in (s.start, s.end))
                cuts.update(t for t in edges if start < t < end)
        return pairwise(sorted(cuts))

    def _selected(self, round_: Round, subject: Subject, place: str, at: int) -> bool:
        return any(_is_of(s.populations, subject) and self._around(s.places, place, at) for s in round_.applies_to)

    def _around(self, wanted: PlaceSelector, place: str | None, at: int) -> bool:
        """Say whether a place, or one around it, meets each condition."""
        if not (wanted.kinds or wanted.classes or wanted.within):
            return True
        if wanted.classes:
            return self._meets(wanted, self.chain(place), at)
        key = (id(wanted), place or "")
        if key not in self._matches:
            self._selectors.append(wanted)
            self._matches[key] = self._meets(wanted, self.chain(place), at)
        return self._matches[key]

    def _meets(self, wanted: PlaceSelector, chain: tuple[str, ...], at: int) -> bool:
        nodes = [self._places[ref] for ref in chain if ref in self._places]
        return (
            (not wanted.kinds or any(node.kind in wanted.kinds for node in nodes))
            and (not wanted.classes or any(self._classed(node, wanted, at) for node in nodes))
            and (not wanted.within or any(f"place:{code}" in chain for code in wanted.within))
        )

    def _classed(self, node: Place, wanted: PlaceSelector, at: int) -> bool:
        return any(holds(node.standings, "class", name, at) for name in wanted.classes)

    def _place_owes(self, round_: Round, subject: Subject, due: int) -> bool:
        node = self._places.get(subject.ref)
        if node is None or holds(node.standings, "service", "out", due):
            return False
        if not any(self._itself(s.places, node, due) for s in round_.applies_to):
            return False
        return not round_.occupied or self.occupied(subject.ref, due)

    def _itself(self, wanted: PlaceSelector, node: Place, at: int) -> bool:
        return (
            (not wanted.kinds or node.kind in wanted.kinds)
            and (not wanted.classes or self._classed(node, wanted, at))
            and (not wanted.within or any(f"place:{code}" in self.chain(node.ref) for code in wanted.within))
        )

    @cached_property
    def _occupancy(self) -> dict[str, list[Stay]]:
        found: dict[str, list[Stay]] = {}
        for subject in self._institution.subjects:
            for stay in subject.stays:
                for ref in self.chain(stay.place):
                    found.setdefault(ref, []).append(stay)
        return found

    def occupied(self, place: str, at: int) -> bool:
        """Say whether anybody is in a place, or below it, at an instant."""
        return any(s.start <= at < s.end for s in self._occupancy.get(place, ()))
