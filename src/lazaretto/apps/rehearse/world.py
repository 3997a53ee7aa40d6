"""
Who is where, as the demo goes on: what the register says, and what is planned from there. Only plans that are possible
are made, so what somebody changed by hand meanwhile is respected.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from lazaretto.apps.registry.movements import KINDS
from lazaretto.protocol.clock import FOREVER
from lazaretto.protocol.record import Institution, Stay, Subject


class Planned(NamedTuple):
    """A movement that is to happen. `kind` is one of the register's, or `shift` for staff who come on or go off duty."""

    at: int
    code: str
    kind: str
    place: str = ""
    counterpart: str = ""
    reason: str = ""
    back_by: int | None = None


@dataclass(slots=True)
class World:
    """The institution with everybody's stays as they are and as they are planned."""

    institution: Institution
    stays: dict[str, list[Stay]] = field(init=False)
    units: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        people = [s for s in self.institution.subjects if s.kind == "person"]
        self.stays = {_code(s): list(s.stays) for s in people}
        self.units = {_code(s): s.unit for s in people}

    def stay(self, code: str, at: int) -> Stay | None:
        return next((s for s in reversed(self.stays.get(code, ())) if s.start <= at < s.end), None)

    def settled(self, code: str, at: int) -> Stay | None:
        """Return where somebody had been just before a moment, or None if he was not inside."""
        return self.stay(code, at - 1)

    def possible(self, plan: Planned) -> bool:
        """Say whether a movement can still be entered: in the right whereabouts, and after everything else of the person."""
        stays = self.stays.get(plan.code, [])
        last = max((s.end if s.end != FOREVER else s.start for s in stays), default=-1)
        inside = bool(stays) and stays[-1].end == FOREVER
        if plan.kind == "shift":
            return last < plan.at and inside != bool(plan.place)
        wanted = KINDS[plan.kind].before
        now = ("inside",) if inside else ("away", "gone")
        if plan.place and inside and stays[-1].place == f"place:{plan.place}":
            return False
        return last < plan.at and bool(set(wanted) & set(now))

    def carry_out(self, plan: Planned) -> None:
        stays = self.stays.setdefault(plan.code, [])
        if stays and stays[-1].end == FOREVER:
            stays[-1] = stays[-1]._replace(end=plan.at)
        if plan.place:
            stays.append(Stay(plan.at, FOREVER, f"place:{plan.place}"))

    def taken(self, at: int) -> Counter[str]:
        """Return how many people are in each place at a moment."""
        every = (s for stays in self.stays.values() for s in stays if s.start <= at < s.end)
        return Counter(s.place.partition(":")[2] for s in every)

    def join(self, code: str, population: str, unit: str) -> None:
        """Know of somebody whose file is still to be made."""
        if code not in self.stays:
            subject = Subject(f"person:{code}", "person", population, "resident", unit)
            self.institution = replace(self.institution, subjects=(*self.institution.subjects, subject))
            self.stays[code], self.units[code] = [], unit

    def as_planned(self) -> Institution:
        """Return the institution with the stays that are planned."""

        def now(subject: Subject) -> Subject:
            known = self.stays.get(_code(subject)) if subject.kind == "person" else None
            return subject if known is None else subject._replace(stays=tuple(known))

        return replace(self.institution, subjects=tuple(now(s) for s in self.institution.subjects))


def _code(subject: Subject) -> str:
    return subject.ref.partition(":")[2]
