"""Today in words: the hours of the day by measure, then what is overdue, what is due now, and what comes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.presenters.clocks import Clock, span
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.situation import worst
from lazaretto.apps.console.today_list import Room
from lazaretto.apps.rounds.due import DueList
from lazaretto.apps.rounds.due_lines import Group
from lazaretto.apps.rounds.sight import Sight
from lazaretto.web import figures
from lazaretto.web.dates import chinese, local
from lazaretto.web.figures import count
from lazaretto.web.words import state_word

HOUR_MS = 3_600_000
#: The ruler in units of its drawing: a label, then 24 hours.
LABEL, HOUR, ROW, TOP = 150, 34, 26, 24
LEAST = 16
GROUPS = ("overdue", "now", "later")


def kind_of(group: Group, at: int) -> str:
    """Return which part of the page a group stands in, "" for one that asks nothing more of anybody."""
    states = group.tally
    if states["missed"]:
        return "overdue"
    if states["pending"]:
        return "now" if group.opens <= at else "later"
    return "later" if states["upcoming"] else ""


def state_of(group: Group, at: int) -> str:
    """Return the state in which a group of slots is drawn."""
    states = group.tally
    if states["missed"]:
        return "late" if group.is_open(at) else "missed"
    if states["pending"]:
        return "due"
    if states["upcoming"]:
        return "upcoming"
    return "late" if states["late"] else "on_time" if states["on_time"] else "excused"


def done_of(group: Group) -> int:
    return group.tally["on_time"] + group.tally["late"]


class Words:
    """Says what a day holds in a place, to somebody who may do this and that there."""

    def __init__(self, found: DueList, sight: Sight, zone: str, code: str, place: str, *, may_enter: bool) -> None:
        self.found, self.sight, self.zone, self.code, self.place = found, sight, zone, code, place
        self.may_enter, self.clock = may_enter, Clock(found.at, zone)
        today = local(found.at, zone).date()
        self.groups = [g for g in found.groups if local(g.due, zone).date() == today or (kind_of(g, found.at) == "overdue" and g.is_open(found.at))]  # fmt: skip
        self.today = today

    def ruler(self) -> dict[str, Any]:
        """Return the day as a drawing: a row for each measure, a box for each of its times, and where now is."""
        rows: dict[str, list[Group]] = {}
        for group in self.groups:
            if local(group.due, self.zone).date() == self.today:
                rows.setdefault(group.round.id, []).append(group)
        width = LABEL + 24 * HOUR + 8
        return {
            "width": width, "height": TOP + ROW * len(rows) + 4, "top": TOP,
            "hours": [{"text": f"{h:02d}", "x": LABEL + h * HOUR} for h in range(0, 25, 2)],
            "now": round(self._x(self.found.at), 1), "clock": f"{local(self.found.at, self.zone):%H:%M}",
            "rows": [self._row(n, groups) for n, groups in enumerate(rows.values())],
        }  # fmt: skip

    def _x(self, ms: int) -> float:
        at = local(ms, self.zone)
        if at.date() != self.today:
            return LABEL + (24 * HOUR if at.date() > self.today else 0)
        return LABEL + (at.hour + at.minute / 60) * HOUR

    def _row(self, n: int, groups: Sequence[Group]) -> dict[str, Any]:
        y = TOP + n * ROW
        name = title(groups[0].round.title)
        return {
            "name": name, "short": name if len(name) <= (11 if chinese() else 23) else name[: 10 if chinese() else 22] + "…",
            "y": y, "text": y + 17, "boxes": [self._box(g, y + 4) for g in groups],
        }  # fmt: skip

    def _box(self, group: Group, y: float) -> dict[str, Any]:
        state, x = state_of(group, self.found.at), self._x(group.due)
        until = group.grace_until if group.closes is not None else group.due + HOUR_MS // 2
        said = f"{done_of(group)}/{group.n}" if state not in ("on_time", "upcoming") else ""
        word = gettext("comes") if state == "upcoming" else state_word(state)
        return {
            "state": state, "x": round(x, 1), "y": y, "width": round(max(self._x(until) - x, LEAST), 1), "said": said,
            "label": f"{title(group.round.title)} {local(group.due, self.zone):%H:%M}: {word} {done_of(group)}/{group.n}",
        }  # fmt: skip

    def sections(self) -> list[dict[str, Any]]:
        """Return the three parts of the page that hold anything, each line with the one thing to do."""
        names = {"overdue": gettext("Past its time"), "now": gettext("Now"), "later": gettext("Later")}
        found: dict[str, list[Group]] = {name: [] for name in GROUPS}
        for group in self.groups:
            kind = kind_of(group, self.found.at)
            if kind == "later" and any(g.round.id == group.round.id for g in found["later"]):
                continue  # the next time of a measure; the hours show the rest
            if kind:
                found[kind].append(group)
        return [
            {
                "id": name,
                "name": names[name],
                "n": len(found[name]),
                "lines": [self._line(name, g, first=n == 0) for n, g in enumerate(found[name])],
            }
            for name in GROUPS
            if found[name]
        ]

    def _line(self, section: str, group: Group, *, first: bool) -> dict[str, Any]:
        states, at = group.tally, self.found.at
        left = states["missed"] + states["pending"] + states["upcoming"]
        parts = {s: states[s] for s in ("on_time", "late", "missed", "excused")}
        state = state_of(group, at)
        return {
            "time": self.clock.time(group.due), "clock": self._when(section, group), "title": title(group.round.title),
            "where": self._where(group), "state": "due" if state == "upcoming" else state,
            "bar": figures.segments(**parts, pending=states["pending"] + states["upcoming"], width=104),
            "label": gettext("%(n)s of %(all)s done") % {"n": count(done_of(group)), "all": count(group.n)},
            "url": self._url(section, group), "do": self._do(section, group, left),
            "main": first and section != "later" and self.may_enter,
            "places": group.round.subject == "place",
        }  # fmt: skip

    def _when(self, section: str, group: Group) -> str:
        at = self.found.at
        if section == "overdue":
            return gettext("%(n)s past its time") % {"n": span(at - group.grace_until)}
        if section == "now":
            return gettext("%(left)s left") % {"left": span(group.grace_until - at)}
        return gettext("in %(left)s") % {"left": span(group.due - at)}

    def _where(self, group: Group) -> str:
        """Return where what is left is to be done: up to three places, then how many more."""
        places = list(dict.fromkeys(line.place for line in group.lines if line.place and line.state in ("missed", "pending", "upcoming")))  # fmt: skip
        shown = []
        for code in places[:3]:
            label = self.sight.label(f"place:{code}")
            shown.append((label.name_zh if chinese() else label.name_en) if label else code)
        more = gettext(" and %(n)s more") % {"n": len(places) - 3} if len(places) > 3 else ""
        return gettext(", ").join(shown) + more

    def _do(self, section: str, group: Group, left: int) -> str:
        if section == "later" or not self.may_enter:
            return gettext("Look")
        if section == "overdue" and not group.is_open(self.found.at):
            return gettext("Say why")
        if section == "overdue":
            return gettext("Make up %(n)s") % {"n": count(left)}
        return gettext("Continue") if done_of(group) else gettext("Enter")

    def _url(self, section: str, group: Group) -> str:
        """Return where the one button leads: to the sheet on which it is entered, or to the list of names."""
        enters = self.may_enter and section != "later" and not group.counts
        if enters and (section == "now" or group.is_open(self.found.at)):
            on = local(group.due, self.zone).date().isoformat()
            query = {"measure": group.round.id, "where": f"place:{self.place}", "on": on}
            return f"{reverse('sheets', args=[self.code])}?{urlencode(query)}"
        state = {"overdue": "missed", "now": "due", "later": "next"}[section]
        if section == "overdue" and group.is_open(self.found.at):
            state = "overdue"
        query = {"place": self.place, "measure": group.round.id, "state": state}
        return f"{reverse('due', args=[self.code])}?{urlencode(query)}"

    def tiles(self, rooms: Sequence[Room], names: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the rooms as tiles, floor by floor; each leads to the sheet of what is owed there, else to the list."""
        floors: dict[str, list[dict[str, Any]]] = {}
        open_now = [
            g for g in self.groups if kind_of(g, self.found.at) in ("overdue", "now") and g.is_open(self.found.at)
        ]
        for room in rooms:
            wanted = next((g for g in open_now if any(line.place == room.code for line in g.lines)), None)
            url = f"{reverse('due', args=[self.code])}?{urlencode({'place': room.code})}"
            if wanted is not None and self.may_enter and not wanted.counts:
                query = {"measure": wanted.round.id, "where": f"place:{room.code}", "on": self.today.isoformat()}
                url = f"{reverse('sheets', args=[self.code])}?{urlencode(query)}"
            floors.setdefault(room.floor, []).append(_tile(room, names.get(room.floor, ""), url))
        return [{"name": names.get(floor, floor), "rooms": cells} for floor, cells in floors.items()]

    def houses(self, houses: Sequence[Room]) -> list[dict[str, Any]]:
        """Return buildings as tiles; each leads to its own Today."""
        address = reverse("today", args=[self.code])
        return [{"name": "", "rooms": [_tile(h, "", f"{address}?{urlencode({'place': h.code})}") for h in houses]}]


def _tile(room: Room, around: str, url: str) -> dict[str, Any]:
    state = worst(room.states)
    loud = state if state not in ("", "on_time", "excused") else ""
    first, second = (room.name_zh, room.name_en) if chinese() else (room.name_en, room.name_zh)
    name = first or second or room.code
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(name, around, strict=False)))
    while (
        0 < shared < len(name) and name[shared - 1 : shared + 1].isascii() and name[shared - 1 : shared + 1].isalnum()
    ):
        shared -= 1  # not in the middle of a number or word
    own = name[shared:].strip(" ,，·") or name
    return {"name": own, "people": room.people, "state": loud, "word": state_word(loud or "on_time"), "url": url}


def sentence(sections: Sequence[Mapping[str, Any]], urgent: int) -> str:
    """Return how the day stands, in one sentence."""
    n = Counter({s["id"]: s["n"] for s in sections})
    parts = [
        ngettext("%(n)s task cannot wait", "%(n)s tasks cannot wait", urgent) % {"n": urgent} if urgent else "",
        gettext("%(n)s past their time") % {"n": n["overdue"]} if n["overdue"] else "",
        gettext("%(n)s to do now") % {"n": n["now"]} if n["now"] else "",
        gettext("%(n)s later") % {"n": n["later"]} if n["later"] else "",
    ]
    there = [p for p in parts if p]
    return gettext(", ").join(there) + gettext(".") if there else gettext("Nothing more is to be done today.")
