"""
Who shares the slots of a measure. Subjects of one kind, population and base share them, but for those of whom something
holds that the measure asks about: so what a measure asks is worked out a few times, however many there are.
"""

from collections.abc import Iterator, Sequence

from lazaretto.protocol.record import Phase, Subject
from lazaretto.protocol.round import Round
from lazaretto.protocol.selection import Selection
from lazaretto.protocol.slots import Segment, segments

#: What decides the slots of a subject: the values that hold for it and when, and whether it is a resident, who may sleep.
Key = tuple[tuple[Segment, ...], bool]


def takes(round_: Round, night: str = "") -> tuple[str, ...]:
    """Return the observations that fulfil a slot."""
    if night == "observe" and round_.observation != "night_check":
        return round_.observation, "night_check"
    return (round_.observation,)


def sharing(
    phases: Sequence[Phase], selection: Selection, subjects: Sequence[Subject]
) -> Iterator[tuple[str, Key, list[int]]]:
    """Yield each measure with what decides its slots and the numbers of the subjects for whom that is so, ascending."""
    alike: dict[tuple[str, str, str], list[int]] = {}
    for n, subject in enumerate(subjects):
        alike.setdefault((subject.kind, subject.population, subject.base), []).append(n)
    marked = [n for n, s in enumerate(subjects) if s.standings]
    for measure in dict.fromkeys(r.id for p in phases for r in p.measures):
        rounds = [r for p in phases for r in p.measures if r.id == measure]
        keys = {"wake_for_rounds"}.union(*(r.standing_keys() for r in rounds))
        apart = {n for n in marked if any(s.key in keys for s in subjects[n].standings)}
        plain = segments(phases, measure, Subject(""))
        found: dict[Key, list[int]] = {}
        for numbers in alike.values():
            key = _key(plain, subjects[numbers[0]], selection)
            if key[0]:
                found.setdefault(key, []).extend(n for n in numbers if n not in apart)
        for n in apart:
            key = _key(segments(phases, measure, subjects[n]), subjects[n], selection)
            if key[0]:
                found.setdefault(key, []).append(n)
        for key, numbers in found.items():
            if numbers:
                yield measure, key, sorted(numbers)


def _key(parts: Sequence[Segment], subject: Subject, selection: Selection) -> Key:
    return tuple(p for p in parts if selection.concerns(p.round, subject)), subject.base == "resident"
