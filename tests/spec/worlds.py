"""
Worlds made of tables: an institution, the protocol in force over time, and what two engines make of them.

What a table leaves out is as usual: one resident A, in place W1 all the time, owes one measure `m` of temperature.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

import yaml

from lazaretto.protocol.clock import FOREVER, FOREVER_AGO
from lazaretto.protocol.evidence import evaluate
from lazaretto.protocol.record import (
    Assigned,
    Evidence,
    Excuse,
    Fact,
    Institution,
    Phase,
    Place,
    Shift,
    Standing,
    Stay,
    Subject,
)
from lazaretto.protocol.round import Round
from tests.property.oracle import oracle
from tests.spec.clocks import Clocks
from tests.spec.tables import Cells, given

ZONE, DAY, FACILITY = "Asia/Shanghai", date(2026, 3, 17), "F1"
LONG_AFTER = 40 * 86_400_000
_BASE = {
    "id": "m",
    "kind": "round",
    "title": {"zh": "测温", "en": "Temperature"},
    "source": [{"text": "a spec test"}],
    "observation": "temperature",
}


def flow(text: str) -> dict[str, Any]:
    """Return what `a: 1, b: {c: 2}` says, as YAML reads it."""
    read = yaml.safe_load("{" + text + "}")
    assert isinstance(read, dict), text
    return read


@lru_cache(maxsize=2_000)
def measure(id_: str, cadence: str, more: str = "") -> Round:
    """Return a measure with this cadence and other keys, both written as in a protocol."""
    return Round.model_validate(_BASE | {"id": id_, "cadence": flow(cadence)} | flow(more))


@dataclass(slots=True)
class World:
    """An institution in the making. Each `add_…` reads the rows of one table."""

    clocks: Clocks
    timeline: tuple[Phase, ...]
    facility: str = FACILITY
    subjects: dict[str, Subject] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=lambda: {"place:W1": Place("place:W1")})
    facts: list[Fact] = field(default_factory=list)
    excuses: list[Excuse] = field(default_factory=list)

    # -- who and where -------------------------------------------------------------------------------------------

    def add_people(self, text: str) -> None:
        """`person | population | base | unit | place | present`; a person on several rows has several stays."""
        for row in given(text):
            ref = f"person:{row['person']}"
            known = self.subjects.get(ref) or Subject(
                ref, "person", row.get("population", "detainee"), row.get("base") or "resident", row.get("unit", "")
            )
            stays = list(known.stays)
            for span in filter(None, (row.get("present", "always")).split("; ")):
                stays.append(Stay(*self.clocks.span(span), f"place:{row.get('place') or 'W1'}"))
            self.subjects[ref] = known._replace(stays=tuple(sorted(stays)))

    def add_places(self, text: str) -> None:
        """`place | in | kind`; each may owe rounds of its own."""
        for row in given(text):
            ref, above = f"place:{row['place']}", row.get("in", "")
            self.places[ref] = Place(ref, f"place:{above}" if above else None, row.get("kind", ""))
            self.subjects[ref] = Subject(ref, "place", place=ref)

    def add_others(self, text: str) -> None:
        """`subject | kind | place`: assets, groups and the facility."""
        for row in given(text):
            ref = f"{row['kind']}:{row['subject']}"
            place = f"place:{row['place']}" if row.get("place") else None
            self.subjects[ref] = Subject(ref, row["kind"], place=place)  # type: ignore[arg-type]

    def add_standings(self, text: str) -> None:
        """`subject | key | value | when`, of people and of places."""
        for row in given(text):
            ref = self.ref(row["subject"])
            standing = Standing(row["key"], row["value"], *self.clocks.span(row.get("when") or "always"))
            if ref.startswith("place:"):
                place = self.places[ref]
                self.places[ref] = replace(place, standings=(*place.standings, standing))
            else:
                subject = self.subjects[ref]
                self.subjects[ref] = subject._replace(standings=(*subject.standings, standing))

    def add_assignments(self, text: str) -> None:
        """`person | kind | key | when`."""
        for row in given(text):
            ref = f"person:{row['person']}"
            held = Assigned(row["kind"], row["key"], *self.clocks.span(row["when"]))
            self.subjects[ref] = self.subjects[ref]._replace(assignments=(*self.subjects[ref].assignments, held))

    def ref(self, code: str) -> str:
        """Return the reference of a code that one subject or place has."""
        known = [ref for ref in dict.fromkeys([*self.subjects, *self.places]) if ref.partition(":")[2] == code]
        return known[0] if len(known) == 1 else code if ":" in code else f"person:{code}"

    # -- what was done -------------------------------------------------------------------------------------------

    def add_facts(self, text: str) -> None:
        """`fact | at | …`; see `add_fact`."""
        for row in given(text):
            self.add_fact(row)

    def add_fact(self, row: Cells) -> None:
        """`fact | about | observes | at | outcome | reason | recorded | source | supersedes`."""
        at = self.clocks.at(row["at"])
        self.facts.append(
            Fact(
                row["fact"],
                row.get("observes") or "temperature",
                self.ref(row.get("about") or "A"),
                at,
                self.clocks.at(row["recorded"]) if row.get("recorded") else at,
                row.get("outcome") or "done",  # type: ignore[arg-type]
                row.get("reason", ""),
                row.get("supersedes") or None,
                row.get("source", ""),
            )
        )

    def add_excuses(self, text: str) -> None:
        """`scope | subject | measure | when | reason | recorded | withdrawn`; usually recorded long before."""
        for row in given(text):
            self.add_excuse(row)

    def add_excuse(self, row: Cells) -> None:
        start, end = self.clocks.span(row["when"])
        self.excuses.append(
            Excuse(
                row.get("excuse") or f"x{len(self.excuses)}",
                row.get("scope") or "facility",  # type: ignore[arg-type]
                start,
                end,
                row.get("reason") or "drill",
                self.clocks.at(row["recorded"]) if row.get("recorded") else FOREVER_AGO,
                self.ref(row["subject"]) if row.get("subject") else None,
                row.get("measure") or None,
                self.clocks.at(row["withdrawn"]) if row.get("withdrawn") else FOREVER,
            )
        )

    # -- what it comes to ----------------------------------------------------------------------------------------

    def institution(self) -> Institution:
        if not self.subjects:
            self.add_people("person \n A")
        return Institution(
            self.facility,
            self.clocks.zone,
            tuple(self.subjects.values()),
            self.places,
            tuple(self.facts),
            tuple(self.excuses),
        )

    def evidence(self, as_of: str = "", day: date | None = None) -> Evidence:
        """Return the evidence, on which both engines agree, also with the facts backwards and posted twice."""
        institution = self.institution()
        moment = self.clocks.at(as_of) if as_of else self.clocks.at("12:00") + LONG_AFTER
        found = evaluate(institution, self.timeline, day or self.clocks.day, moment)
        again = replace(institution, facts=(*reversed(institution.facts), *institution.facts))
        _same(found, evaluate(again, self.timeline, day or self.clocks.day, moment), "facts backwards and posted twice")
        _same(found, oracle(institution, self.timeline, day or self.clocks.day, moment), "the row-by-row oracle")
        return found


def _same(one: Evidence, other: Evidence, which: str) -> None:
    assert one.slots == other.slots, which
    assert (dict(one.fates), one.conflicts) == (dict(other.fates), other.conflicts), which
    assert (one.start, one.end) == (other.start, other.end), which


def always(*rounds: Round, day_ends: str = "24:00", shifts: str = "") -> tuple[Phase, ...]:
    """Return the timeline of a protocol that never changed. `shifts` is written `day 08:00-20:00, night 20:00-08:00`."""
    return (Phase(FOREVER_AGO, FOREVER, rounds, day_ends, _shifts(shifts)),)


def changing(text: str, clocks: Clocks, more: Mapping[str, str]) -> tuple[Phase, ...]:
    """Return the timeline of `when | day_ends | m | …`: per measure its cadence, nothing where it is not asked."""
    phases = []
    for row in given(text):
        ids = [name for name in row if name not in ("when", "day_ends")]
        rounds = tuple(measure(name, row[name], more.get(name, "")) for name in ids if row[name])
        phases.append(Phase(*clocks.span(row["when"]), rounds, row.get("day_ends") or "24:00"))
    return tuple(phases)


def _shifts(text: str) -> tuple[Shift, ...]:
    words = [item.split() for item in text.split(", ") if item]
    return tuple(Shift(name, *hours.split("-")) for name, hours in words)
