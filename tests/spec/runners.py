"""
Four ways to ask the contract a question. Each takes a table, and is kept for the manual.

`spec(cadence=…, table=…)`   the day of one subject: per slot, when it is due and what became of it.
`spec.each(table, …)`        each row is a world of its own.
`spec.ward(…)`               several subjects, measures, facts and excuses in one world.
`spec.rows(table, answer)`   each row is put to a function.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from lazaretto.protocol.record import Evidence, Phase, SlotResult
from lazaretto.protocol.tally import measure_row, tally
from tests.spec import worlds
from tests.spec.clocks import Clocks
from tests.spec.tables import Cells, Row, Table, TableError, checking, compare, drawn
from tests.spec.worlds import World, always, changing, measure


@dataclass(frozen=True, slots=True)
class Block:
    """What one question printed: its givens, one a line, and its tables with their headings."""

    givens: tuple[str, ...]
    tables: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Spec:
    """Asks, compares, and remembers what was asked in `blocks`."""

    blocks: list[Block] = field(default_factory=list)

    def __call__(
        self,
        *,
        table: str,
        cadence: str = "",
        more: str = "",
        base: str = "",
        protocol: str = "",
        standings: str = "",
        zone: str = worlds.ZONE,
        day: str = "",
        day_ends: str = "",
        shifts: str = "",
        as_of: str = "",
    ) -> None:
        """
        Compare every slot of one resident's day. A row with `fact at` (and `outcome`, `why`, `recorded`) adds a fact.
        """
        asked = checking(table)
        givens = _given(
            cadence=cadence, more=more, base=base, zone=zone, day=day, day_ends=day_ends, shifts=shifts, as_of=as_of
        )
        self._keep(givens, protocol=protocol, standings=standings, table=table)
        clocks = Clocks(zone, date.fromisoformat(day) if day else worlds.DAY)
        rounds = always(measure("m", cadence, more), day_ends=day_ends or "24:00", shifts=shifts) if cadence else ()
        world = World(clocks, rounds or changing(protocol, clocks, {"m": more}))
        world.add_people(f"person | base\n A | {base}")
        if standings:
            world.add_standings(standings)
        for row in asked.rows:
            _add_row_fact(world, row.left)
        key = tuple(name for name in asked.left if name in ("due",))
        slim = Table(
            key,
            asked.right,
            tuple(Row({k: r.left[k] for k in key}, r.right) for r in asked.rows if any(r.right.values())),
        )
        compare(slim, _slots(world, world.evidence(as_of)))

    def each(self, table: str, **givens: str) -> None:
        """
        Put each row as a world of its own, and compare what came out of all its slots (or of the one `due` on the left).

        The cells on the left, and the givens for all rows, are those of `_world_of`; any other column on the left fills
        its `<name>` in the givens.
        """
        asked = checking(table)
        self._keep(_given(**{k: v for k, v in givens.items() if "\n" not in v}),
                   **{k: v for k, v in givens.items() if "\n" in v}, table=table)  # fmt: skip
        rows = []
        for row in asked.rows:
            rows.append(row.left | _answer(_filled(givens, row.left), asked.right))
        compare(asked, rows)

    def ward(
        self,
        *,
        measures: Mapping[str, str] | None = None,
        protocol: str = "",
        more: Mapping[str, str] | None = None,
        timeline: tuple[Phase, ...] = (),
        pack: str = "",
        zone: str = worlds.ZONE,
        day: str = "",
        day_ends: str = "",
        as_of: str = "",
        slots: str = "",
        fates: str = "",
        counts: str = "",
        **tables: str,
    ) -> None:
        """
        Compare all slots, all fates and all counts of a day, as far as their tables are given.

        `measures` is, per id, `cadence; other keys`; `tables` are those that `World.add_…` reads. A column `day` (as
        month-day) asks several facility-days at once.
        """
        if not (slots or fates or counts):
            raise TableError("nothing is checked: give slots, fates or counts")
        lines = [f"{name}: {text}" for name, text in (measures or {}).items()]
        lines += [f"{name}: {text}" for name, text in (more or {}).items()]
        lines += _given(protocol=pack, zone=zone, day=day, day_ends=day_ends, as_of=as_of)
        self._keep(lines, protocol=protocol, **tables, slots=slots, fates=fates, counts=counts)
        clocks = Clocks(zone, date.fromisoformat(day) if day else worlds.DAY)
        if measures:
            rounds = [measure(name, *_parts(text)) for name, text in measures.items()]
            timeline = always(*rounds, day_ends=day_ends or "24:00")
        world = World(clocks, timeline or changing(protocol, clocks, more or {}))
        for name in ("places", "people", "others", "standings", "assignments", "facts", "excuses"):
            if name in tables:
                getattr(world, f"add_{name}")(tables.pop(name))
        if tables:
            raise TableError(f"no such table: {', '.join(tables)}")
        kinds = [
            (checking(text), found) for text, found in ((slots, _slots), (fates, _fates), (counts, _counts)) if text
        ]
        evidence = dict(_days(world, [asked for asked, _ in kinds], as_of))
        for asked, found in kinds:
            compare(asked, [{"day": day} | row for day, one in evidence.items() for row in found(world, one)])

    def rows(self, table: str, answer: Callable[[Cells], Mapping[str, object]], **givens: str) -> None:
        """Put the left of each row to `answer`, and compare what it returns under the names on the right."""
        asked = checking(table)
        self._keep(_given(**{k: v for k, v in givens.items() if "\n" not in v}),
                   **{k: v for k, v in givens.items() if "\n" in v}, table=table)  # fmt: skip
        found = []
        for row in asked.rows:
            said = answer(dict(row.left))
            found.append(row.left | {name: _word(said[name]) for name in asked.right})
        compare(asked, found)

    def _keep(self, givens: list[str], **tables: str) -> None:
        kept = tuple(
            (name, text.rstrip() if name.endswith(".yaml") else drawn(text)) for name, text in tables.items() if text
        )
        self.blocks.append(Block(tuple(givens), kept))


def _given(**values: str) -> list[str]:
    usual = {"zone": worlds.ZONE}
    names = {"more": "measure", "base": "base class", "as_of": "as of", "day_ends": "day_ends"}
    return [f"{names.get(k, k)}: {v}" for k, v in values.items() if v and v != usual.get(k)]


def _parts(text: str) -> tuple[str, str]:
    cadence, _, more = text.partition("; ")
    return cadence, more


def _add_row_fact(world: World, left: Cells) -> None:
    if left.get("fact at"):
        world.add_fact(
            {k: left[k] for k in ("outcome", "recorded", "observes", "source") if k in left}
            | {"fact": left.get("fact") or f"f{len(world.facts)}", "at": left["fact at"], "reason": left.get("why", "")}
        )


# -- one world per row ---------------------------------------------------------------------------------------------

_KNOWN = ("cadence", "measure", "protocol", "base", "zone", "day", "day_ends", "shifts", "as of", "facility", "present",
          "standing", "facts", "excuse", "places", "standings", "due")  # fmt: skip


def _filled(givens: Mapping[str, str], left: Cells) -> Cells:
    """Return the givens of one row, with `<name>` filled in from its other cells."""
    merged = {k.replace("_", " ") if k == "as_of" else k: v for k, v in givens.items()} | left
    used = {name for text in givens.values() for name in re.findall(r"<([^>]+)>", text)}
    unknown = [
        k for k in left if k not in (*_KNOWN, *used, "fact at", "outcome", "why", "recorded", "observes", "source")
    ]
    if unknown:
        raise TableError(f"no such column on the left: {', '.join(unknown)}")
    return {k: re.sub(r"<([^>]+)>", lambda m: left[m[1]], v) for k, v in merged.items()}


def _world_of(said: Cells) -> World:
    clocks = Clocks(said.get("zone") or worlds.ZONE, date.fromisoformat(said["day"]) if said.get("day") else worlds.DAY)
    more = said.get("measure", "")
    if said.get("protocol"):
        timeline = changing(said["protocol"], clocks, {"m": more})
    else:
        round_ = measure("m", said["cadence"], more)
        timeline = always(round_, day_ends=said.get("day_ends") or "24:00", shifts=said.get("shifts", ""))
    world = World(clocks, timeline, said.get("facility") or worlds.FACILITY)
    if said.get("places"):
        world.add_places(said["places"])
    world.add_people(f"person | base | present\n A | {said.get('base', '')} | {said.get('present') or 'always'}")
    if said.get("standings"):
        world.add_standings(said["standings"])
    for item in filter(None, said.get("standing", "").split("; ")):
        key, _, rest = item.partition("=")
        value, _, when = rest.partition(" ")
        world.add_standings(f"subject | key | value | when\n A | {key} | {value} | {when}")
    for letter, item in zip("abcdefgh", filter(None, said.get("facts", "").split("; ")), strict=False):
        _add_short_fact(world, letter, item)
    _add_row_fact(world, said)
    for item in filter(None, said.get("excuse", "").split("; ")):
        when, _, recorded = item.partition(", recorded ")
        recorded, _, withdrawn = recorded.partition(", withdrawn ")
        world.add_excuse({"when": when, "recorded": recorded, "withdrawn": withdrawn})
    return world


def _add_short_fact(world: World, name: str, item: str) -> None:
    """Read `08:00`, `03-18 08:00 refused asleep`."""
    found = re.fullmatch(r"((?:\d\d-\d\d )?[\d:.]+)(?: (\w+))?(?: (\w+))?", item)
    if found is None:
        raise TableError(f"no fact: {item}")
    world.add_fact({"fact": name, "at": found[1], "outcome": found[2] or "", "reason": found[3] or ""})


def _answer(said: Cells, names: tuple[str, ...]) -> Cells:
    world = _world_of(said)
    evidence = world.evidence(said.get("as of", ""))
    rows = [row for row in _slots(world, evidence) if said.get("due") in (None, "", row["due"])]
    clocks = world.clocks
    whole = {
        "slots": str(len(rows)),
        "fates": ", ".join(f"{k} {v}" for k, v in sorted(evidence.fates.items())) or "none",
        "fate": ", ".join(evidence.fates.values()) or "none",
        "conflicts": ", ".join(evidence.conflicts),
        "day from": clocks.show(evidence.start),
        "day to": clocks.show(evidence.end),
    }
    totals = {
        k: _word(v)
        for k, v in measure_row(world.timeline[-1].measures[0], tally(evidence.slots), ()).items()
        if k != "gaps"
    }
    return {n: whole[n] if n in whole else _all(rows, n) if n in _SLOT else totals[n] for n in names}


def _all(rows: list[Cells], name: str) -> str:
    if not rows:
        return "none"
    return rows[0][name] if len(rows) == 1 else ", ".join(row[name] or "-" for row in rows)


# -- what comes out ------------------------------------------------------------------------------------------------

_SLOT = ("measure", "subject", "due", "due in UTC", "opens", "closes", "on time until", "state", "fact", "reason",
         "excused_after", "entered_late")  # fmt: skip


def _slots(world: World, evidence: Evidence) -> list[Cells]:
    return [_slot(world.clocks, slot) for slot in evidence.slots]


def _slot(clocks: Clocks, slot: SlotResult) -> Cells:
    return {
        "measure": slot.measure,
        "subject": slot.subject.partition(":")[2],
        "due": clocks.show(slot.due),
        "due in UTC": clocks.in_utc(slot.due),
        "opens": clocks.show(slot.opens),
        "closes": clocks.show(slot.closes),
        "on time until": clocks.show(slot.grace_until),
        "state": slot.state,
        "fact": slot.fact or "",
        "reason": slot.reason,
        "excused_after": _word(slot.excused_late),
        "entered_late": _word(slot.entered_late),
    }


def _fates(world: World, evidence: Evidence) -> list[Cells]:
    return [
        {"fact": name, "fate": fate, "conflict": _word(name in evidence.conflicts)}
        for name, fate in sorted(evidence.fates.items())
    ]


def _counts(world: World, evidence: Evidence) -> list[Cells]:
    rounds = {r.id: r for phase in world.timeline for r in phase.measures}
    found = []
    for name, round_ in sorted(rounds.items()):
        own = [s for s in evidence.slots if s.measure == name]
        row = measure_row(round_, tally(own), [s for s in own if s.state == "missed"])
        gaps = ", ".join(f"{g['subject'].partition(':')[2]} {g['reason'] or '-'}" for g in row.pop("gaps"))
        found.append({"measure": name, "gaps": gaps} | {k: _word(v) for k, v in row.items()})
    return found


def _days(world: World, tables: list[Table], as_of: str) -> Iterator[tuple[str, Evidence]]:
    """Yield the evidence of every facility-day that any of the tables names, else of the day itself."""
    named = [row.left["day"] for asked in tables for row in asked.rows if "day" in asked.left]
    for name in dict.fromkeys(named or [""]):
        month, _, day = name.partition("-")
        yield name, world.evidence(as_of, date(world.clocks.day.year, int(month), int(day)) if name else None)


def _word(value: object) -> str:
    """Return a value as a cell shows it: nothing for no and None is `null`."""
    if value is None:
        return "null"
    return ("yes" if value else "") if isinstance(value, bool) else str(value)
