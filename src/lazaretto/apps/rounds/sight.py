"""How much of a due list somebody sees: names, values, reasons, and who did it, each by its own permission."""

from collections.abc import Container, Mapping
from typing import Any

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.registry.queries import HELD
from lazaretto.apps.rounds.due import DueList
from lazaretto.apps.rounds.due_lines import Group, Line
from lazaretto.apps.rounds.labels import Label
from lazaretto.apps.rounds.owed import ActionOwed, ReadingOwed
from lazaretto.protocol.clock import utc_text

#: Either opens the list.
OPENS = frozenset({Permission.FACT_RECORD, Permission.REPORT_READ})


class Sight:
    """
    What the holder of some permissions sees of subjects. Of people whose names he may not read he sees the code, what is
    due and its state; a value is shown to those who enter readings or read health information.
    """

    def __init__(self, may: Container[Permission], labels: Mapping[str, Label]) -> None:
        self.labels = labels
        self._residents, self._staff = Permission.RESIDENTS_READ in may, Permission.STAFF_READ in may
        self.values = Permission.FACT_RECORD in may or Permission.HEALTH_READ in may
        self.who = self._staff

    def knows(self, ref: str) -> bool:
        """Say whether he may read who this is."""
        if not ref.startswith("person:"):
            return True
        label = self.labels.get(ref)
        return label is not None and (self._residents if label.base in HELD else self._staff)

    def label(self, ref: str) -> Label | None:
        return self.labels.get(ref) if self.knows(ref) else None

    def line(self, line: Line) -> Line:
        """Return a line without what he may not see."""
        if not self.knows(line.subject):
            return Line(line.subject, line.place, line.state, used=line.used)
        if self.values and self.who:
            return line
        hidden = line.subject.startswith("person:") and not self.values
        return line._replace(value="" if hidden else line.value, by=line.by if self.who else "")


def as_data(found: DueList, sight: Sight) -> list[dict[str, Any]]:
    """Return the groups of a list as plain data; what is empty is left out of a line."""
    return [_group(group, sight) for group in found.groups]


def _group(group: Group, sight: Sight) -> dict[str, Any]:
    round_ = group.round
    needed = round_.pace.count.at_least if group.counts and round_.pace.count else None
    return {
        "measure": round_.id,
        "observation": round_.observation,
        "title_zh": round_.title.zh,
        "title_en": round_.title.en,
        "due": utc_text(group.due),
        "opens": utc_text(group.opens),
        "closes": None if group.closes is None else utc_text(group.closes),
        "grace_until": utc_text(group.grace_until),
        "needed": needed,
        "counts": dict(group.tally),
        "lines": [_line(sight.line(line), sight, needed) for line in group.lines],
    }


def _line(line: Line, sight: Sight, needed: int | None) -> dict[str, Any]:
    said: dict[str, Any] = {"subject": line.subject, "place": line.place, "state": line.state}
    label = sight.label(line.subject)
    if label is not None and label.name_zh:
        said["name"] = label.name_zh
    if line.fact:
        said["fact"] = line.fact
    if line.observed_at is not None:
        said["observed_at"] = utc_text(line.observed_at)
    for name in ("value", "by", "reason"):
        if getattr(line, name):
            said[name] = getattr(line, name)
    return said if needed is None else said | {"done": line.used}


def readings_as_data(found: list[ReadingOwed]) -> list[dict[str, Any]]:
    return [
        {"subject": r.subject, "place": r.place, "first_at": utc_text(r.first_at), "opens": utc_text(r.opens_at),
         "due": utc_text(r.due_at)}
        for r in found
    ]  # fmt: skip


def actions_as_data(found: list[ActionOwed]) -> list[dict[str, Any]]:
    return [
        {"subject": a.subject, "place": a.place, "measure": a.cascade.measure.id, "action": a.owed.action.id,
         "title_zh": a.owed.action.title.zh, "title_en": a.owed.action.title.en, "by": a.owed.action.by or "",
         "due": None if a.owed.due is None else utc_text(a.owed.due), "state": a.owed.state}
        for a in found
    ]  # fmt: skip
