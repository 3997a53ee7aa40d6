"""
What was written on a sheet, typed back: each box read, compared with what is on file, and recorded as facts.

Typing the same again changes nothing. What differs from an earlier entry is shown first, and then a correction.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from django.db import transaction

from lazaretto.apps.journal.models import Log
from lazaretto.apps.registry.models import Person
from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds import actions, sheets
from lazaretto.apps.rounds.facts import AHEAD_MS, Admitted, Border
from lazaretto.apps.rounds.models import Fact, Sheet, SheetRow
from lazaretto.protocol.canonical import digest
from lazaretto.protocol.clock import local
from lazaretto.protocol.document import ObservationType
from lazaretto.protocol.text import Text

Box = tuple[int, int]
#: How the outcomes are written; the first of each is what the legend says.
OUTCOMES = {"R": "refused", "U": "unable", "-": "not_done", "–": "not_done", "—": "not_done", "−": "not_done", "N": "not_done", "X": "void"}  # fmt: skip
LETTERS = {"refused": "R", "unable": "U", "not_done": "-", "void": "X"}
_TICKS = frozenset({"1", "Y", "V", "√", "✓", "OK", "是", "有", "好", "做了"})
TICK = "√"
_TIME = re.compile(r"(\d{1,2})[:：.\s]?(\d{2})")
_DAY_MS = 86_400_000


class Typed(NamedTuple):
    """One box as it was typed."""

    value: str = ""
    time: str = ""


class Said(NamedTuple):
    """What a box says."""

    outcome: str
    value: str = ""
    reason: str = ""


class Difference(NamedTuple):
    """A box that says something else than what is on file."""

    row: SheetRow
    column: int
    before: Fact
    after: Admitted


@dataclass(slots=True)
class Outcome:
    """What became of the boxes. `token` stands for exactly these differences: sent back, it confirms them."""

    created: list[Admitted] = field(default_factory=list)
    recorded: list[Admitted] = field(default_factory=list)
    corrected: int = 0
    same: int = 0
    errors: dict[Box, RowError] = field(default_factory=dict)
    column_errors: dict[int, RowError] = field(default_factory=dict)
    by_error: RowError | None = None
    differing: list[Difference] = field(default_factory=list)
    token: str = ""

    @property
    def settled(self) -> bool:
        return not (self.errors or self.column_errors or self.by_error or self.differing)


@transaction.atomic
def transcribe(
    *,
    sheet: Sheet,
    typed: Mapping[Box, Typed],
    times: Mapping[int, str],
    measured_by: str,
    confirmed: str,
    by: str,
    at: int,
) -> Outcome:
    """
    Record what was typed. `times` are the columns' own times where they are not the due ones, `confirmed` the token of
    the differences that were shown. Boxes left empty say nothing; those that cannot be read are left out with their
    error, and the others are kept.
    """
    Log.objects.select_for_update().get(pk=sheet.facility.log_id)  # what is on file does not change meanwhile
    work = _Work(sheet, times, at)
    work.read(typed, measured_by)
    outcome = work.outcome
    outcome.token = _token(outcome.differing)
    facts = list(outcome.created)
    if outcome.differing and confirmed == outcome.token:
        facts += [difference.after for difference in outcome.differing]
        outcome.corrected, outcome.differing = len(outcome.differing), []
    if facts:
        actions.record_facts(sheet.facility, facts, by=by, at=at)
    outcome.recorded = facts
    return outcome


def _token(differing: list[Difference]) -> str:
    said = [[d.row.number, d.column, d.before.id, d.after.id, *map(str, d.after.content().values())] for d in differing]
    return digest(said)[:16] if said else ""


class _Work:
    """Reads the boxes of one sheet against what is on file."""

    def __init__(self, sheet: Sheet, times: Mapping[int, str], at: int) -> None:
        self.sheet, self.times, self.at = sheet, times, at
        document = sheets.phase_of(sheet, at).resolved.document
        self.border = Border(sheet.facility, document, at)
        self.type = document.observation(sheet.observation)
        self.rows = {row.number: row for row in sheets.rows_of(sheet)}
        self.on_file = sheets.entries(sheet)
        self.outcome = Outcome()
        self.column_times: dict[int, int] = {}

    def read(self, typed: Mapping[Box, Typed], measured_by: str) -> None:
        for column, due in enumerate(self.sheet.columns):
            try:
                self.column_times[column] = self._moment(self.times.get(column, ""), due)
            except RowError as error:
                self.outcome.column_errors[column] = error
                self.column_times[column] = due
        who = ""
        try:
            who = measurer(self.sheet, measured_by)
        except RowError as error:
            self.outcome.by_error = error
        for box, cell in sorted(typed.items()):
            if cell.value.strip() and box[0] in self.rows and box[1] in self.column_times:
                try:
                    self._box(box, cell, who)
                except RowError as error:
                    self.outcome.errors[box] = error
        if not who and not self.outcome.by_error and (self.outcome.created or self.outcome.differing):
            self.outcome.by_error = RowError("by", Text("写明由谁测量", "say who measured"))
        if self.outcome.by_error or self.outcome.column_errors:
            self.outcome.created = []
            self.outcome.differing = []

    def _box(self, box: Box, cell: Typed, who: str) -> None:
        row, column = self.rows[box[0]], box[1]
        said = read(cell.value, self.type, self.sheet.reasons)
        chain = self.on_file.get(box, [])
        last = chain[-1] if chain else None
        own = cell.time.strip()
        moment = self._moment(own, self.sheet.columns[column]) if own else self.column_times[column]
        if last is not None:
            moment = moment if own else last.observed_at
            if self._is_on_file(said, moment, last):
                self.outcome.same += 1
                return
        elif said.outcome == "void":
            raise RowError(
                "value", Text("这一格没有录入过，不用划掉", "nothing was entered here; there is nothing to strike out")
            )
        if moment > self.at + AHEAD_MS:
            time = sheets.time_of(self.sheet.facility.zone, self.sheet.on, moment)
            raise RowError(
                "time", Text(f"{time} 还没到；写实际测量的时间", f"{time} is yet to come; write when it was done")
            )
        fact = self._fact(row, column, said, moment, who, chain)
        if last is None:
            self.outcome.created.append(fact)
        else:
            self.outcome.differing.append(Difference(row, column, last, fact))

    def _is_on_file(self, said: Said, moment: int, last: Fact) -> bool:
        if said.outcome == "void" or last.outcome == "void":
            return said.outcome == last.outcome
        same = (said.outcome, said.reason, moment) == (last.outcome, last.reason, last.observed_at)
        return same and _number(said.value) == _number(last.value)

    def _fact(self, row: SheetRow, column: int, said: Said, moment: int, who: str, chain: list[Fact]) -> Admitted:
        taken = {fact.id for fact in chain}
        first = id_ = sheets.fact_id(self.sheet, row, column)
        n = len(chain)
        while id_ in taken:
            n += 1
            id_ = f"{first}.{n}"
        return self.border.admit(
            {
                "id": id_,
                "observation": self.sheet.observation,
                "subject_kind": row.subject_kind,
                "subject": row.subject,
                "observed_at": local(self.sheet.facility.zone, moment).isoformat(),
                "outcome": said.outcome,
                "value": said.value,
                "reason": said.reason,
                "by": who,
                "source": "paper",
                "supersedes": chain[-1].id if chain else "",
            }
        )

    def _moment(self, text: str, due: int) -> int:
        """Return the moment nearest to `due` at which the clock shows what was typed; an empty one is `due` itself."""
        if not text.strip():
            return due
        minutes = read_time(text)
        shown = local(self.sheet.facility.zone, due)
        moment = due + (minutes - shown.hour * 60 - shown.minute) * 60_000
        return min((moment + shift for shift in (-_DAY_MS, 0, _DAY_MS)), key=lambda ms: abs(ms - due))


def _number(text: str) -> Decimal | str:
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def measurer(sheet: Sheet, word: str) -> str:
    """
    Return the code of the one who measured: the code itself, or the name of one person on file; else what was written.

    :raises RowError: if several people are called so.
    """
    word = word.strip()
    if not word:
        return ""
    if len(word) > 60:
        raise RowError("by", Text("最多 60 字", "up to 60 characters"))
    people = Person.objects.filter(facility=sheet.facility).exclude(base="resident")
    found = list(people.filter(code__iexact=word).values_list("code", flat=True)[:1])
    found = found or list(people.filter(name=word).values_list("code", flat=True)[:5])
    if len(found) > 1:
        listed = ", ".join(found)
        raise RowError("by", Text(f"叫 {word} 的不止一人（{listed}），写编号", f"several people are called {word} ({listed}); write the code"))  # fmt: skip
    return found[0] if found else word


# -- what a box says ---------------------------------------------------------------------------------------------------


def read(text: str, type_: ObservationType | None, reasons: list[str]) -> Said:
    """
    Return what was typed in a box: a value, a tick, or a letter with a reason (`R6`, `U 出庭`).

    :raises RowError: if it can mean two things, or lacks a reason.
    """
    clean = " ".join(text.replace("\u3000", " ").split())
    outcome = OUTCOMES.get(clean[:1].upper())
    if outcome and not (
        clean[1:2].isascii() and clean[1:2].isalpha()
    ):  # "Rash" is a word, "R6" and "R出庭" are refusals
        return _with_reason(outcome, clean[1:].strip(" .:：，,"), reasons)
    if type_ is None or type_.value == "none":
        if clean.upper() in _TICKS:
            return Said("done")
        raise RowError("value", Text(f"看不懂“{clean}”：做了写 1", f"cannot read “{clean}”: write 1 if it was done"))
    if type_.ucum == "Cel":
        return Said("done", _temperature(clean))
    if type_.value == "optional" and clean.upper() in _TICKS - {"1"}:
        return Said("done")
    return Said("done", clean.replace(" ", "") if type_.ucum else clean)


def _with_reason(outcome: str, rest: str, reasons: list[str]) -> Said:
    if outcome == "void":
        if rest:
            raise RowError("value", Text("划掉只写 X", "to strike an entry out write X alone"))
        return Said("void")
    if rest.isdigit():
        if not 1 <= int(rest) <= len(reasons):
            raise RowError("value", Text(f"没有第 {rest} 号原因，见图例", f"there is no reason {rest}; see the legend"))
        rest = reasons[int(rest) - 1]
    if not rest and outcome in ("refused", "unable"):
        letter = LETTERS[outcome]
        raise RowError(
            "value",
            Text(f"{letter} 要带原因：写 {letter} 和图例的号，如 {letter}1", f"{letter} needs a reason: write {letter} and its number, as {letter}1"),
        )  # fmt: skip
    if len(rest) > 120:
        raise RowError("value", Text("原因最多 120 字", "a reason has up to 120 characters"))
    return Said(outcome, "", rest)


def _temperature(text: str) -> str:
    """
    Return degrees from what is typed fast: 371 and 37 1 are 37.1; 71 and 7 1 are 37.1, as nobody measures 71.

    Two digits that could be whole degrees as well (38 may be 38.0 or 33.8) are asked about.
    """
    plain = text.replace("．", ".").replace("。", ".").replace("，", ".").replace(",", ".").replace("℃", "").strip()
    digits = plain.replace(" ", "").replace(".", "")
    parted = re.fullmatch(r"(\d{1,2})[. ](\d)", plain)
    if not digits.isdigit() or (len(digits) != len(plain) and not parted):
        return plain.replace(" ", "")
    if parted and (len(parted[1]) == 2 or parted[1] in "56789"):
        return f"{parted[1] if len(parted[1]) == 2 else '3' + parted[1]}.{parted[2]}"
    if parted:
        return f"{parted[1]}.{parted[2]}"
    if len(digits) == 3:
        return f"{digits[:2]}.{digits[2]}"
    if len(digits) == 2 and digits[0] in "56789":
        return f"3{digits[0]}.{digits[1]}"
    if len(digits) == 2:
        raise RowError(
            "value",
            Text(
                f"{digits} 可能是 {digits}.0，也可能是 3{digits[0]}.{digits[1]}：写三个数字",
                f"{digits} may be {digits}.0 or 3{digits[0]}.{digits[1]}: write three digits",
            ),
        )
    return plain


def read_time(text: str) -> int:
    """Return the minutes since 00:00 of what was typed: 9:05, 09：05, 905 and 0905 are the same. :raises RowError:"""
    found = _TIME.fullmatch(text.strip())
    minutes = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else -1
    if not 0 <= minutes < 24 * 60:
        raise RowError(
            "time", Text(f"看不懂时间“{text}”，写作 0905", f"cannot read the time “{text}”; write it as 0905")
        )
    return minutes


def shown(fact: Fact | Admitted, reasons: list[str]) -> str:
    """Return how a fact stands in its box, so that it reads back as itself."""
    if fact.outcome == "done":
        return fact.value or TICK
    if fact.outcome == "void":
        return LETTERS["void"]
    reason = str(reasons.index(fact.reason) + 1) if fact.reason in reasons else fact.reason
    if fact.outcome == "not_done" and not reason:
        return LETTERS["not_done"]
    return LETTERS[fact.outcome] + (reason if reason.isdigit() else f" {reason}")


def fevers(sheet: Sheet, outcome: Outcome, at: int) -> tuple[int, str]:
    """Return how many of the readings just recorded are at or over the screening threshold, and what that is."""
    round_ = sheets.phase_of(sheet, at).resolved.measure(sheet.measure)
    if round_ is None or round_.screen_threshold is None:
        return 0, ""
    readings = [_number(fact.value) for fact in outcome.recorded if fact.outcome == "done"]
    found = [r for r in readings if isinstance(r, Decimal) and r >= round_.screen_threshold]
    return len(found), f"{round_.screen_threshold:f}"
