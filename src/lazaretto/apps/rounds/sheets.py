"""
Sheets of paper for places without network: who is asked and when, as printed, and what is on file of it.

`transcription` takes back what was written on them.
"""

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from django.db import transaction

from lazaretto.apps.accounts.models import User
from lazaretto.apps.command import queries as command
from lazaretto.apps.command.queries import InForce
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.registry.models import Facility, Group, Place
from lazaretto.apps.rounds import codes
from lazaretto.apps.rounds.labels import Label, labels
from lazaretto.apps.rounds.models import Fact, Sheet, SheetRow
from lazaretto.apps.rounds.queries import institution_of
from lazaretto.protocol.clock import local
from lazaretto.protocol.document import Document
from lazaretto.protocol.evidence import day_bounds
from lazaretto.protocol.record import Institution, Phase, Subject
from lazaretto.protocol.round import Round
from lazaretto.protocol.selection import Selection
from lazaretto.protocol.slots import Calendar, Segment, Slot, segments, slots
from lazaretto.protocol.text import Text

CODE_LENGTH, ROW_CODE_LENGTH = 8, 3
#: So many columns fit beside the names, and so many boxes are typed at one sitting and sent in one request.
MAX_COLUMNS, MAX_CELLS = 8, 400
_BATCH = 400


class SheetRefused(Exception):
    """A sheet that cannot be made; `message` says why and what to choose instead."""

    def __init__(self, message: Text) -> None:
        super().__init__(str(message))
        self.message = message


class Where(NamedTuple):
    """A place and all below it, or a unit, or (both empty) the whole facility."""

    place: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """
    Whom a round asks on a facility-day, within `where`: for each subject its due instants and where it is then.

    A subject is in the order in which somebody walks: by place, then by code.
    """

    round: Round
    document: Document
    on: date
    where: Where
    subjects: Mapping[str, Mapping[int, str]]

    def dues(self) -> dict[int, int]:
        """Return the due instants of the day, in order, each with how many are asked."""
        every = sorted({due for asked in self.subjects.values() for due in asked})
        return {due: sum(due in asked for asked in self.subjects.values()) for due in every}


# -- who is on it ------------------------------------------------------------------------------------------------------


def rounds_of(facility: Facility, at: int) -> tuple[Round, ...]:
    """Return the rounds that a sheet can be made of: those in force that fall due at fixed times. :raises NoProtocol:"""
    return tuple(m for m in command.in_force(facility, at).resolved.measures if m.pace.count is None)


def asked(facility: Facility, measure: str, on: date, where: Where, *, at: int) -> Asked:
    """
    Return whom a round asks on a day. Random times stay unknown until they are due.

    :raises SheetRefused: if there is no such round or place. :raises NoProtocol: if nothing was adopted.
    """
    in_force = command.timeline(facility, at)
    phases = [p.phase() for p in in_force]
    start, end = day_bounds(phases, facility.zone, on)
    inside = [p for p in in_force if p.start < end and p.end > start] or in_force[:1]
    found = [(m, p) for p in inside if (m := p.resolved.measure(measure))]
    if not found:
        raise SheetRefused(Text(f"当日规程里没有巡次 {measure}", f"the protocol of that day has no round {measure}"))
    round_, phase = found[-1]
    if round_.pace.count is not None:
        raise SheetRefused(
            Text(
                "这项措施只要求一段时间内做够次数，没有固定时间，不能制表",
                "this measure asks for a number of times within a span and has no fixed times; it has no sheet",
            )
        )
    institution = institution_of(facility, start, end)
    _check_where(institution, where)
    who = _Walk(institution, phases, measure, where, start, end, at).subjects()
    return Asked(round_, phase.resolved.document, on, where, who)


def _check_where(institution: Institution, where: Where) -> None:
    if where.place and f"place:{where.place}" not in institution.places:
        raise SheetRefused(Text(f"没有场所 {where.place}", f"there is no place {where.place}"))
    if where.unit and all(s.unit != where.unit and s.ref != f"group:{where.unit}" for s in institution.subjects):
        raise SheetRefused(Text(f"单位 {where.unit} 里没有人", f"nobody belongs to a unit {where.unit}"))


@dataclass(slots=True)
class _Walk:
    """Goes through the subjects as the evaluator does, and keeps those that owe within a place or unit."""

    institution: Institution
    phases: Sequence[Phase]
    measure: str
    where: Where
    start: int
    end: int
    at: int
    selection: Selection = field(init=False)
    known: dict[tuple[tuple[Segment, ...], bool], list[Slot]] = field(default_factory=dict)

    def subjects(self) -> dict[str, dict[int, str]]:
        self.selection = Selection(self.institution)
        found: list[tuple[str, str, dict[int, str]]] = []
        for subject in self.institution.subjects:
            dues = dict(self._dues(subject))
            if dues:
                found.append((next(iter(dues.values())), subject.ref, dues))
        return {ref: dues for _, ref, dues in sorted(found, key=lambda item: (as_walked(item[0]), as_walked(item[1])))}

    def _dues(self, subject: Subject) -> Iterator[tuple[int, str]]:
        if self.where.unit and subject.unit != self.where.unit and subject.ref != f"group:{self.where.unit}":
            return
        for slot in self._slots(subject):
            hidden = slot.round.pace.random is not None and slot.due > self.at
            if hidden or not self.start <= slot.due < self.end:
                continue
            place = self.selection.place_of(subject, slot.due)
            if self.where.place and f"place:{self.where.place}" not in self.selection.chain(place):
                continue
            span = (slot.due, slot.end) if slot.round.pace.per_day else None
            if self.selection.owes(slot.round, subject, slot.due, span):
                yield slot.due, (place or "").partition(":")[2]

    def _slots(self, subject: Subject) -> list[Slot]:
        parts = tuple(
            part
            for part in segments(self.phases, self.measure, subject)
            if part.round.pace.count is None and self.selection.concerns(part.round, subject)
        )
        if not parts:
            return []
        key = (parts, subject.base == "resident")
        if key not in self.known:
            calendar = Calendar(self.institution.zone, self.institution.facility)
            self.known[key] = slots(calendar, parts, subject.base, self.start, self.end)
        return self.known[key]


def as_walked(code: str) -> list[tuple[bool, int, str]]:
    """Return a key by which cell 9 comes before cell 10."""
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in re.split(r"(\d+)", code) if part]


# -- making one --------------------------------------------------------------------------------------------------------


@transaction.atomic
def make_sheet(*, facility: Facility, asked: Asked, dues: Iterable[int], by: str, at: int) -> Sheet:
    """
    Keep a sheet of the chosen due instants, so that it can be printed again and typed back.

    :raises SheetRefused: if nobody is asked then, or it would be too wide or too long to type at one sitting.
    """
    columns = sorted(set(dues))
    rows = [(ref, {due: place for due, place in own.items() if due in columns}) for ref, own in asked.subjects.items()]
    rows = [(ref, own) for ref, own in rows if own]
    _check_size(len(rows), columns, asked)
    sheet = Sheet.objects.create(
        facility=facility, code=_new_code(), measure=asked.round.id, observation=asked.round.observation,
        place=asked.where.place, unit=asked.where.unit, on=asked.on, columns=columns,
        reasons=[reason.id for reason in asked.document.reasons], made_at=at, by=by,
    )  # fmt: skip
    SheetRow.objects.bulk_create(
        SheetRow(
            sheet=sheet, number=n, code=codes.numbered(n, sheet.code), subject_kind=ref.partition(":")[0],
            subject=ref.partition(":")[2], place=next(iter(own.values())), asked=[columns.index(due) for due in sorted(own)],
        )
        for n, (ref, own) in enumerate(rows, start=1)
    )  # fmt: skip
    journal.record(facility.log, "sheet_made", [Version("sheet", sheet.code, sheet.record())], by=by, at=at)
    return sheet


def _check_size(rows: int, columns: Sequence[int], asked: Asked) -> None:
    if not columns or not set(columns) <= set(asked.dues()):
        raise SheetRefused(Text("选一个以上的应做时间", "choose one or more of the times that are due"))
    if not rows:
        raise SheetRefused(
            Text("这些时间这里没有应做的对象", "nobody and nothing is owed a round there at these times")
        )
    if len(columns) > MAX_COLUMNS:
        raise SheetRefused(
            Text(f"一张表最多 {MAX_COLUMNS} 个时间，分成几张", f"a sheet has up to {MAX_COLUMNS} times; make several")
        )
    if rows * len(columns) > MAX_CELLS:
        raise SheetRefused(
            Text(
                f"{rows} 行 × {len(columns)} 个时间，超过一张表的 {MAX_CELLS} 格；选小一些的场所，或少选时间",
                f"{rows} lines × {len(columns)} times is more than the {MAX_CELLS} boxes of a sheet;"
                " choose a smaller place, or fewer times",
            )
        )


def _new_code() -> str:
    while True:
        drawn = "".join(secrets.choice(codes.ALPHABET) for _ in range(CODE_LENGTH - 1))
        code = codes.with_check(drawn)
        if not Sheet.objects.filter(code=code).exists():
            return code


# -- reading them ------------------------------------------------------------------------------------------------------


def sheet_of(facility: Facility, code: str) -> Sheet | None:
    """Return the sheet of a code, if it is this facility's; with its rows."""
    return Sheet.objects.filter(facility=facility, code=code).prefetch_related("rows").first()


def latest(facility: Facility, n: int) -> list[Sheet]:
    """Return the sheets that were made last, the newest first."""
    return list(Sheet.objects.filter(facility=facility).order_by("-made_at", "-pk")[:n])


def rows_of(sheet: Sheet) -> list[SheetRow]:
    return sorted(sheet.rows.all(), key=lambda row: row.number)


def phase_of(sheet: Sheet, at: int) -> InForce:
    """Return the rules under which a sheet's first round falls, as known at `at`."""
    phases = command.timeline(sheet.facility, at)
    return next((p for p in phases if p.start <= sheet.columns[0] < p.end), phases[0])


def fact_id(sheet: Sheet, row: SheetRow, column: int) -> str:
    """Return the id of what is first typed for a box; corrections of it get a number behind."""
    return f"p-{sheet.code}-{row.code}-{column + 1}"


def entries(sheet: Sheet) -> dict[tuple[int, int], list[Fact]]:
    """
    Return what is on file for each box (row number, column): the chain of corrections, the one that counts last.

    A correction that came by another way is in it; of two that correct the same, the one with the greater id counts.
    """
    boxes = {fact_id(sheet, row, n): (row.number, n) for row in rows_of(sheet) for n in range(len(sheet.columns))}
    found = {fact.id: fact for fact in _with(sheet.facility, "id", list(boxes))}
    edge = list(found)
    while edge:
        later = [f for f in _with(sheet.facility, "supersedes", edge) if f.id not in found]
        found |= {f.id: f for f in later}
        edge = [f.id for f in later]
    chains: dict[tuple[int, int], list[Fact]] = {}
    for fact in found.values():
        first = fact
        while first.id not in boxes:
            first = found[first.supersedes]
        chains.setdefault(boxes[first.id], []).append(fact)
    return {box: _in_order(chain) for box, chain in chains.items()}


def _with(facility: Facility, name: str, values: list[str]) -> Iterator[Fact]:
    for start in range(0, len(values), _BATCH):
        yield from Fact.objects.filter(**{"facility": facility, f"{name}__in": values[start : start + _BATCH]})


def _in_order(chain: list[Fact]) -> list[Fact]:
    """Return a chain with the fact that counts last: no other supersedes it, and its id is the greatest of such."""
    targets = {fact.supersedes for fact in chain}
    return sorted(chain, key=lambda fact: (fact.id not in targets, fact.id))


def labels_of(sheet: Sheet) -> dict[str, Label]:
    """Return what the subjects and places of a sheet are called, by reference."""
    rows = rows_of(sheet)
    refs = {f"{row.subject_kind}:{row.subject}" for row in rows} | {f"place:{row.place}" for row in rows}
    return labels(sheet.facility, refs | {f"place:{sheet.place}", f"group:{sheet.unit}"})


def maker(sheet: Sheet) -> User | None:
    """Return the user who made a sheet, or None if it was made at the machine itself."""
    return User.objects.filter(ref=sheet.by).first()


def time_of(zone: str, on: date, ms: int) -> str:
    """Return a moment as it stands on a sheet of a day: the time, and the date where it is another one."""
    shown = local(zone, ms)
    return f"{shown:%H:%M}" if shown.date() == on else f"{shown:%m-%d %H:%M}"


def places_to_choose(facility: Facility) -> list[tuple[str, str, str]]:
    """Return (code, zh, en) of the places that hold others: a sheet is for somewhere to walk through."""
    held = Place.objects.filter(facility=facility, children__isnull=False).distinct().order_by("code")
    return [
        (code, zh or en or code, en or zh or code) for code, zh, en in held.values_list("code", "name_zh", "name_en")
    ]


def units_to_choose(facility: Facility) -> list[tuple[str, str, str]]:
    found = Group.objects.filter(facility=facility, people__isnull=False).distinct().order_by("code")
    return [
        (code, zh or en or code, en or zh or code) for code, zh, en in found.values_list("code", "name_zh", "name_en")
    ]
