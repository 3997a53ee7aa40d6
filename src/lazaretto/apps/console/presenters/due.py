"""The due list in words: one sentence, what cannot wait, then overdue, due, next, and what is behind."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from lazaretto.apps.console.forms import Field, Form
from lazaretto.apps.console.presenters.clocks import Clock, span
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.presenters.words import dotted
from lazaretto.apps.rounds.due import DueList
from lazaretto.apps.rounds.due_lines import Group, Line
from lazaretto.apps.rounds.labels import Label
from lazaretto.apps.rounds.mending import Mending
from lazaretto.apps.rounds.owed import ActionOwed, ReadingOwed
from lazaretto.apps.rounds.sight import Sight
from lazaretto.protocol.document import Document
from lazaretto.web.dates import chinese, local, moment

#: So many lines of a section are named; a smaller place has fewer.
MOST = 400


class Section(NamedTuple):
    """A part of the page: its id (as in the address), its heading, its shape, and whether its lines are named at once."""

    id: str
    name: Promise
    shape: str
    named: bool


SECTIONS = (
    Section("overdue", _("Overdue, still to do"), "late", True),
    Section("due", _("Due now"), "due", True),
    Section("next", _("Next"), "due", False),
    Section("missed", _("Missed"), "missed", False),
    Section("excused", _("Excused"), "excused", False),
    Section("done", _("Done"), "on_time", False),
)


def section_of(group: Group, line: Line, at: int) -> str:
    """Return the section in which a line stands."""
    if line.state == "missed":
        return "overdue" if group.is_open(at) else "missed"
    return {"pending": "due", "upcoming": "next", "excused": "excused"}.get(line.state, "done")


class Words:
    """Says what a list holds to somebody with a sight of his own, in the time of the facility."""

    def __init__(self, found: DueList, sight: Sight, zone: str, query: Query, place: str) -> None:
        self.found, self.sight, self.zone, self.query, self.place = found, sight, zone, query, place
        self.reasons = {r.id: r for r in found.document.reasons}
        self.clock = Clock(found.at, zone)

    def who(self, ref: str) -> dict[str, str]:
        """Return what a subject is called; of somebody whom the reader may not know, the code."""
        kind, _, code = ref.partition(":")
        label = self.sight.label(ref)
        name = "" if label is None else named(label)
        if kind == "person" and not name and self.sight.knows(ref):
            name = gettext("name unknown")
        return {
            "name": name or code,
            "code": code if name and name != code else "",
            "kind": kind if self.sight.knows(ref) else "",
        }

    def where(self, code: str) -> str:
        label = self.sight.label(f"place:{code}")
        return named(label) if label else code

    def sections(self, chosen: Mapping[str, str], may_enter: bool, may_excuse: bool) -> list[dict[str, Any]]:
        """Return the sections that hold anything, each with its groups; the lines are named where they are looked at."""
        sorted_in: dict[str, list[tuple[Group, list[Line]]]] = {s.id: [] for s in SECTIONS}
        for group in self.found.groups:
            if chosen["measure"] in ("", group.round.id):
                parts: dict[str, list[Line]] = {}
                if group.on_time:
                    parts["done"] = []
                for line in group.lines:
                    parts.setdefault(section_of(group, line, self.found.at), []).append(line)
                for id_, lines in parts.items():
                    sorted_in[id_].append((group, lines))
        return [
            self._section(s, sorted_in[s.id], chosen, may_enter, may_excuse)
            for s in SECTIONS
            if sorted_in[s.id] and chosen["state"] in ("", s.id)
        ]

    def _section(
        self, section: Section, groups: list[tuple[Group, list[Line]]], chosen: Mapping[str, str], may_enter: bool,
        may_excuse: bool,
    ) -> dict[str, Any]:  # fmt: skip
        open_, left = section.named or chosen["state"] == section.id, MOST
        if section.id in ("missed", "excused", "done"):
            groups = groups[::-1]
        shown = []
        for group, lines in groups:
            some = lines[:left] if open_ else []
            left -= len(some)
            shown.append(self._group(section, group, lines, some, may_enter=may_enter, may_excuse=may_excuse))
        return {
            "id": section.id, "name": str(section.name), "shape": section.shape, "open": open_,
            "n": sum(g["n"] for g in shown), "groups": shown, "full": open_ and left <= 0,
            "url": self.query.but(state=section.id),
        }  # fmt: skip

    def _group(
        self,
        section: Section,
        group: Group,
        lines: Sequence[Line],
        some: Sequence[Line],
        *,
        may_enter: bool,
        may_excuse: bool,
    ) -> dict[str, Any]:
        enters = may_enter and section.id in ("overdue", "due", "next")
        sheet = enters and not group.counts
        return {
            "title": title(group.round.title),
            "due": self.clock.time(group.due),
            "clock": self._clock(section.id, group),
            "n": len(lines) + (group.on_time if section.id == "done" else 0),
            "of": group.n,
            "url": self.query.but(measure=group.round.id, state=section.id),
            "sheet": {"measure": group.round.id, "on": self._day(group)} if sheet else None,
            "no_sheet": enters and group.counts,
            "lines": [self._line(section, group, line, may_enter, may_excuse) for line in some],
        }

    def _day(self, group: Group) -> str:
        return local(group.due, self.zone).date().isoformat()

    def _clock(self, section: str, group: Group) -> str:
        """Return what the clock says: by when, since when, or from when."""
        at = self.found.at
        if section == "next":
            return gettext("from %(time)s") % {"time": self.clock.time(group.opens)}
        if section == "due":
            until = group.grace_until
            return gettext("on time until %(time)s, %(left)s left") % {
                "time": self.clock.time(until),
                "left": span(until - at),
            }
        if section == "overdue":
            late = gettext("%(n)s past its time") % {"n": span(at - group.grace_until)}
            return (
                late
                if group.closes is None
                else gettext("%(late)s; can be done until %(time)s")
                % {"late": late, "time": self.clock.time(group.closes)}
            )
        return ""

    def _line(self, section: Section, group: Group, line: Line, may_enter: bool, may_excuse: bool) -> dict[str, Any]:
        seen, who = self.sight.line(line), self.who(line.subject)
        excusable = may_excuse and section.id in ("overdue", "due", "next", "missed") and who["kind"]
        correctable = may_enter and line.fact and who["kind"] and section.id != "next"
        return {
            **who,
            "place": self.where(line.place) if line.place and line.subject != f"place:{line.place}" else "",
            "state": line.state if section.id not in ("overdue", "next") else "",
            "said": self._said(group, seen),
            "excuse": {"subject": line.subject, "measure": group.round.id, "due": group.due} if excusable else None,
            "correct": line.fact if correctable else "",
        }

    def _said(self, group: Group, line: Line) -> str:
        parts = []
        if group.counts and group.round.pace.count:
            parts.append(gettext("%(n)s of %(all)s done") % {"n": line.used, "all": group.round.pace.count.at_least})
        if line.observed_at is not None and (line.value or line.by or line.fact):
            parts.append(self.clock.time(line.observed_at))
        parts += [line.value, self.reason(line.reason)]
        if line.by:
            parts.append(gettext("by %(who)s") % {"who": line.by})
        return " · ".join(p for p in parts if p)

    def reason(self, code: str) -> str:
        return title(self.reasons[code].title) if code in self.reasons else code

    def readings(self, found: Iterable[ReadingOwed]) -> list[dict[str, Any]]:
        """Return the second readings that are owed, with their clocks."""
        return [
            self._urgent(r.subject, r.place, gettext("Second temperature"), r.due_at, r.opens_at) | {
                "why": gettext("a high reading at %(time)s") % {"time": self.clock.time(r.first_at)}}
            for r in found
        ]  # fmt: skip

    def actions(self, found: Iterable[ActionOwed], name_of: Callable[[str], str]) -> list[dict[str, Any]]:
        return [
            self._urgent(a.subject, a.place, title(a.owed.action.title), a.owed.due, a.owed.opens) | {
                "why": title(a.cascade.measure.title), "by": name_of(a.owed.action.by or "")}
            for a in found
        ]  # fmt: skip

    def _urgent(self, ref: str, place: str, what: str, due: int | None, opens: int | None) -> dict[str, Any]:
        late, said = due is not None and self.found.at > due, self.clock.owed(due, opens)
        return {**self.who(ref), "place": self.where(place), "what": what, "late": late, "clock": said, "by": ""}


def named(label: Label) -> str:
    return label.name_zh if chinese() else label.name_en


def sentence(place: str, sections: Sequence[Mapping[str, Any]], urgent: int) -> str:
    """Return how things stand, in one sentence."""
    n = {s["id"]: s["n"] for s in sections}
    parts = [
        ngettext("%(n)s task cannot wait", "%(n)s tasks cannot wait", urgent) % {"n": urgent} if urgent else "",
        gettext("%(n)s overdue") % {"n": n["overdue"]} if n.get("overdue") else "",
        gettext("%(n)s due now") % {"n": n["due"]} if n.get("due") else "",
        gettext("%(n)s next") % {"n": n["next"]} if n.get("next") else "",
    ]
    said = [p for p in parts if p]
    if not said:
        return gettext("%(place)s: nothing is to be done now.") % {"place": place}
    return gettext("%(place)s: ") % {"place": place} + gettext("; ").join(said) + gettext(".")


def filters(
    places: Iterable[tuple[str, str, str]], measures: Iterable[tuple[str, Any]], chosen: Mapping[str, str]
) -> list[Field]:
    """Return the fields by which the list is chosen."""
    wards = [(code, f"{zh if chinese() else en} · {code}") for code, zh, en in places]
    kinds = [("", gettext("all")), *((id_, title(name)) for id_, name in measures)]
    states = [("", gettext("all")), *((s.id, str(s.name)) for s in SECTIONS)]
    return [
        Field("place", gettext("Ward or place"), chosen["place"], options=wards),
        Field("measure", gettext("Measure"), chosen["measure"], options=kinds),
        Field("state", gettext("State"), chosen["state"], options=states),
    ]


def excuse_form(document: Document) -> Form:
    reasons = [(r.id, title(r.title)) for r in document.reasons]
    return Form([Field("reason", gettext("Reason"), options=reasons)])


def correction_form(value: bool, unit: str) -> Form:
    """Return what a correction asks: another value or that it never happened, and why."""
    what = [("value", gettext("another value"))] if value else []
    fields = [Field("what", gettext("What is right"), options=[*what, ("void", gettext("it was never done"))])]
    if value:
        fields.append(Field("value", gettext("The right value"), hint=unit))
    fields.append(Field("reason", gettext("Reason"), hint=gettext("such as: typed in the wrong line"), required=True))
    return Form(fields)


def about(seen: Mending, sight: Sight, zone: str) -> str:
    """Return what is excused or corrected, in one line."""
    label = sight.label(seen.subject)
    name = named(label) if label else ""
    code = seen.subject.partition(":")[2]
    parts = [f"{name} {code}".strip() if name != code else code]
    if seen.round is not None:
        parts.append(title(seen.round.title))
    if seen.fact is not None:
        parts += [title(seen.type.title) if seen.type else seen.fact.observation]
        parts += [seen.fact.value or seen.fact.reason] if sight.values else []
    return dotted([*parts, moment(seen.due, zone)])
