"""
What rounds find: everything that a protocol in force makes due, walked by somebody, mostly in time.

Nothing here knows a measure by name. The slots are those of the evaluator; what is drawn is who walks when, what is
read, and what is left out. The same slot gives the same find at every run.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from lazaretto.apps.rehearse.bureau import ZONE, Manner
from lazaretto.apps.rehearse.founding import MINUTE
from lazaretto.apps.rehearse.institution import DAY, INTAKE, DemoInstitution, wings
from lazaretto.apps.rehearse.world import World
from lazaretto.protocol.clock import instant, local_day, local_minute, utc_text
from lazaretto.protocol.document import Document, ObservationType
from lazaretto.protocol.record import Institution, Phase, Subject
from lazaretto.protocol.round import Round
from lazaretto.protocol.selection import Selection
from lazaretto.protocol.slots import Calendar, Segment, Slot, segments, slots

#: Devices hand in what they hold every so often.
HAND_IN = 30 * MINUTE
#: What of a number that is no temperature is usual.
_USUAL = {"pulse": (62, 88), "spo2": (96, 99), "gate_count": (3, 16)}
_ROLL_CALL = 20 * 60 + 30

Claim = dict[str, str]


@dataclass(frozen=True, slots=True)
class Trouble:
    """
    What goes wrong in the week: a fever, a floor without power, a wing that is counted wrongly, a round whose sheet was
    copied from the one before. [start, end) in ms.
    """

    fever: tuple[str, int, int] = ("", 0, 0)
    outage: tuple[str, int, int] = ("", 0, 0)
    miscount: tuple[str, int, int] = ("", 0, 0)
    copied: tuple[str, int, int] = ("", 0, 0)


@dataclass(slots=True)
class Walks:
    """Draws the finds of one facility. `institution` holds everybody's stays, those to come too."""

    made: DemoInstitution
    world: World
    phases: Sequence[Phase]
    document: Document
    trouble: Trouble
    institution: Institution = field(init=False)
    selection: Selection = field(init=False)
    staff: list[str] = field(init=False)
    units: list[str] = field(init=False)
    own: dict[str, float] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)
    plain: dict[tuple[str, str, str], tuple[Segment, ...]] = field(default_factory=dict)
    keys: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.institution = self.world.as_planned()
        self.selection = Selection(self.institution)
        self.staff = sorted(p.code for p in self.made.staff)
        self.units = sorted({s.unit for s in self.institution.subjects if s.base == "resident"})

    @property
    def manner(self) -> Manner:
        return self.made.blueprint.manner

    def handed_in(self, since: int, until: int) -> dict[int, list[Claim]]:
        """Return what is handed in from `since` up to `until`, by the moment at which it is."""
        found: dict[int, list[Claim]] = defaultdict(list)
        for at, claim in self._finds(since - DAY * MINUTE, until):
            moment = (at // HAND_IN + 1) * HAND_IN
            if since <= moment <= until:
                found[moment].append(claim)
        return found

    def _finds(self, since: int, until: int) -> Iterator[tuple[int, Claim]]:
        for (due, measure, who), owed in sorted(self._owed(since, until).items(), key=lambda item: item[0]):
            yield from self._walk(f"{measure}|{due}|{who}", owed)
        yield from self._roll_calls(since, until)

    # -- what is owed -----------------------------------------------------------------------------------------------

    def _owed(self, since: int, until: int) -> dict[tuple[int, str, str], list[tuple[Subject, Slot]]]:
        """Return subjects with their slots due in [since, until), by the walk in which they are visited."""
        found: dict[tuple[int, str, str], list[tuple[Subject, Slot]]] = defaultdict(list)
        calendar, known = Calendar(ZONE, self.institution.facility), {}
        for measure in dict.fromkeys(r.id for p in self.phases for r in p.measures):
            for subject in self.institution.subjects:
                parts = self._parts(measure, subject)
                if not parts:
                    continue
                key = (parts, subject.base == "resident")
                if key not in known:
                    known[key] = slots(calendar, parts, subject.base, since, until)
                for slot in known[key]:
                    if since <= slot.due < until and self._asked(slot, subject):
                        found[slot.due, measure, self._walker(subject)].append((subject, slot))
        return found

    def _parts(self, measure: str, subject: Subject) -> tuple[Segment, ...]:
        if any(s.key in self._keys(measure) for s in subject.standings):
            return self._concerned(segments(self.phases, measure, subject), subject)
        key = (measure, subject.kind, subject.population)
        if key not in self.plain:
            self.plain[key] = self._concerned(segments(self.phases, measure, Subject("")), subject)
        return self.plain[key]

    def _keys(self, measure: str) -> set[str]:
        """Return the standings on which the value of a measure depends."""
        if measure not in self.keys:
            rounds = (r for p in self.phases for r in p.measures if r.id == measure)
            self.keys[measure] = {"wake_for_rounds"}.union(*(r.standing_keys() for r in rounds))
        return self.keys[measure]

    def _concerned(self, parts: Sequence[Segment], subject: Subject) -> tuple[Segment, ...]:
        return tuple(p for p in parts if self.selection.concerns(p.round, subject))

    def _asked(self, slot: Slot, subject: Subject) -> bool:
        span = (slot.due, slot.end) if slot.round.pace.per_day else None
        if not self.selection.owes(slot.round, subject, slot.due, span):
            return False
        return slot.round.covers == "self" or not self._covered(slot, subject)

    def _covered(self, slot: Slot, subject: Subject) -> bool:
        """Say whether a visit to a place around does for this one; a wing is visited although its site is."""
        places = self.institution.places
        around = (ref for ref in self.selection.chain(subject.ref)[1:] if places[ref].kind != "site")
        return any(self.selection.owes(slot.round, Subject(ref, "place", place=ref), slot.due) for ref in around)

    def _walker(self, subject: Subject) -> str:
        return subject.unit if subject.base == "resident" else subject.base or subject.kind

    # -- the walk ---------------------------------------------------------------------------------------------------

    def _walk(self, name: str, owed: list[tuple[Subject, Slot]]) -> Iterator[tuple[int, Claim]]:
        """One officer goes from bed to bed, or from room to room; sometimes late, sometimes not at all, seldom offline."""
        draw, slot = self.made.draw("walk", name), owed[0][1]
        of_people = owed[0][0].kind == "person"
        minute = local_minute(ZONE, slot.due)
        night = minute >= 22 * 60 or minute < 6 * 60
        skip = self.manner.skip_night if night else self.manner.skip_round
        if of_people and draw.random() < skip:
            return
        start = self._start(slot, draw)
        walker = self._officer(start, draw, owed[0][0].unit if owed[0][0].base == "resident" else "")
        offline = draw.random() < self.manner.offline
        moment, found = start, []
        for subject, own in sorted(owed, key=lambda item: (str(self.selection.place_of(item[0], start)), item[0].ref)):
            moment += draw.randint(9_000, 26_000) if of_people else draw.randint(45_000, 120_000)
            met = self._met(subject, own, moment)
            claim = self._find(subject, own, met, draw)
            if claim is not None:
                found.append((met, claim | {"by": walker, "source": "offline" if offline else "phone"}))
        handed_in = moment + (draw.randint(150, 230) if offline else draw.randint(1, 3)) * MINUTE
        yield from ((max(handed_in, met + MINUTE), claim) for met, claim in found)

    def _start(self, slot: Slot, draw: random.Random) -> int:
        """Return when a walk begins: soon after it is due, and within its window however long the walk takes."""
        if slot.round.pace.per_day:
            length = (slot.end - slot.due) // MINUTE
            return slot.due + draw.randint(3, max(4, min(100, length // 3))) * MINUTE
        start = slot.due + int(min(max(draw.gauss(2, 4), -6), 8) * MINUTE)
        late = draw.random() < self.manner.late
        return start + draw.randint(19, 36) * MINUTE if late else start

    def _officer(self, at: int, draw: random.Random, unit: str = "") -> str:
        """Return who walks. Each unit of residents has its own officers: nobody is in two wings at once."""
        on_duty = [code for code in self.staff if self.world.stay(code, at) is not None]
        own = on_duty[self.units.index(unit) :: len(self.units)] if unit in self.units else on_duty
        return draw.choice(own or on_duty or self.staff)

    def _find(self, subject: Subject, slot: Slot, moment: int, draw: random.Random) -> Claim | None:
        chance, round_ = draw.random(), slot.round
        if chance < (self.manner.skip_one if subject.kind == "person" else self.manner.skip_place):
            return None
        if self._in_the_dark(subject, slot.due):
            return None
        night = slot.night == "observe"
        claim = {"observation": "night_check" if night else round_.observation, "subject_kind": subject.kind,
                 "subject": subject.ref.partition(":")[2], "observed_at": utc_text(moment)}  # fmt: skip
        if subject.base == "resident" and chance > 1 - self.manner.refuse:
            return claim | {"outcome": "refused", "reason": "declined"}
        return claim if night else claim | self._value(round_, subject, moment, draw, slot.due)

    def _met(self, subject: Subject, slot: Slot, moment: int) -> int:
        """Return when somebody is met: on the walk, or else while he is there."""
        if subject.kind != "person" or slot.round.presence == "assigned" or self.selection.stay(subject, moment):
            return moment
        if self.selection.stay(subject, slot.due) is not None:
            return slot.due
        spans = ((max(s.start, slot.due), min(s.end, slot.end)) for s in subject.stays)
        return next((a + (b - a) // 2 for a, b in spans if b - a > MINUTE), moment)

    def _in_the_dark(self, subject: Subject, at: int) -> bool:
        place, start, end = self.trouble.outage
        return start <= at < end and f"place:{place}" in self.selection.chain(self.selection.place_of(subject, at))

    # -- what is read -----------------------------------------------------------------------------------------------

    def _value(self, round_: Round, subject: Subject, moment: int, draw: random.Random, due: int) -> Claim:
        kind = self.document.observation(round_.observation)
        if round_.observation == "temperature":
            read, last = self._temperature(subject, moment, draw), self.last.get(subject.ref)
            unit, first, end = self.trouble.copied
            value = last if last and subject.unit == unit and first <= due < end else read
            self.last[subject.ref] = value
            return {"value": value, "method": "infrared", "site": "forehead"}
        if round_.observation == "roll_call":
            return {"value": str(self._counted(subject, moment))}
        if kind is None or kind.value != "required":
            return {}
        return {"value": str(draw.randint(*_bounds(kind)))}

    def _temperature(self, subject: Subject, moment: int, draw: random.Random) -> str:
        code, start, end = self.trouble.fever
        if subject.ref == f"person:{code}" and start <= moment < end:
            return f"{38.1 + draw.gauss(0, 0.15):.1f}"
        if subject.ref not in self.own:
            self.own[subject.ref] = self.made.draw("own", subject.ref).gauss(36.45, 0.16)
        warmer = 0.12 if 14 * 60 <= local_minute(ZONE, moment) <= 20 * 60 else 0
        return f"{min(self.own[subject.ref] + draw.gauss(0, 0.14) + warmer, 37.1):.1f}"

    def _counted(self, subject: Subject, at: int) -> int:
        """Return how many of a group, or of the residents in a place, are inside at a moment."""
        if subject.kind == "group":
            code = subject.ref.partition(":")[2]
            return sum(
                (s.unit == code or any(a.key == code for a in s.assignments)) and self.selection.stay(s, at) is not None
                for s in self.institution.subjects
                if s.kind == "person"
            )
        return self.residents_in(subject.ref, at)

    def residents_in(self, place: str, at: int) -> int:
        return sum(
            place in self.selection.chain(self.selection.place_of(s, at))
            for s in self.institution.subjects
            if s.base == "resident"
        )

    def _roll_calls(self, since: int, until: int) -> Iterator[tuple[int, Claim]]:
        """Every evening each wing is counted, whether the protocol asks for it or not."""
        day, places = local_day(ZONE, since), [*wings(self.made.blueprint), INTAKE]
        while (start := instant(ZONE, day, _ROLL_CALL)) < until:
            draw = self.made.draw("roll", day)
            by = self._officer(start, draw)
            for place in places:
                at = start + draw.randint(10_000, 8 * MINUTE)
                wrong, first, last = self.trouble.miscount
                n = self.residents_in(f"place:{place}", at) - (wrong == place and first <= at < last)
                claim = {"observation": "roll_call", "subject_kind": "place", "subject": place, "value": str(n),
                         "observed_at": utc_text(at), "by": by, "source": "phone"}  # fmt: skip
                if since <= at:
                    yield at + 2 * MINUTE, claim
            day = local_day(ZONE, start + DAY * MINUTE)


def _bounds(kind: ObservationType) -> tuple[int, int]:
    low, high = (int(v if v is not None else Decimal(0)) for v in (kind.min, kind.max))
    return _USUAL.get(kind.id, (low, max(low, min(high, low + 20))))
