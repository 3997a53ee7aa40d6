"""Fevers in words: what is owed by when, what was found, what follows."""

from typing import Any
from uuid import uuid4

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.presenters.clocks import Clock
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.rounds.fever_list import FalseAlarms, Fevers, Line
from lazaretto.apps.rounds.models import FeverEpisode
from lazaretto.apps.work.queries import Owing
from lazaretto.protocol.document import Document
from lazaretto.protocol.fever import TEMPERATURE
from lazaretto.protocol.trigger import Owed
from lazaretto.web.dates import moment

_STATES = {"waiting": "pending", "open": "due", "overdue": "missed", "done": "on_time", "done_late": "late"}


def board(found: Fevers, document: Document, zone: str, now: int) -> dict[str, Any]:
    observed = document.observation(TEMPERATURE)
    return {
        "said": _said(found, now),
        "owed": [_owed(line, zone, now) for line in found.owed],
        "confirmed": [_confirmed(line, zone, now) for line in found.confirmed],
        "past": [_past(line, zone) for line in found.past],
        "methods": [(m.id, title(m.title)) for m in observed.methods] if observed else [],
        "sites": [(s.id, title(s.title)) for s in observed.sites] if observed else [],
    }


def _said(found: Fevers, now: int) -> str:
    """Return the sentence that opens the page."""
    if not found.owed and not found.confirmed:
        return gettext("No fever is open: every high reading had its second one.")
    overdue = sum(now > line.episode.due_at for line in found.owed)
    owed = ngettext("%(n)s second reading is owed", "%(n)s second readings are owed", len(found.owed))
    late = ngettext("%(n)s of them overdue", "%(n)s of them overdue", overdue) if overdue else ""
    ill = ngettext("%(n)s fever is confirmed", "%(n)s fevers are confirmed", len(found.confirmed))
    parts = [owed % {"n": len(found.owed)}, late and late % {"n": overdue}, ill % {"n": len(found.confirmed)}]
    return gettext("; ").join(p for p in parts if p) + gettext(".")


def _line(line: Line, zone: str) -> dict[str, Any]:
    episode = line.episode
    return {
        "pk": episode.pk,
        "code": line.person.code,
        "name": line.person.name or gettext("name unknown"),
        "place": line.place,
        "first": _degrees(line.first),
        "first_at": moment(episode.first_at, zone),
        "why": gettext("far above the person's own usual") if episode.because == "own" else "",
        "token": str(uuid4()),
    }


def _owed(line: Line, zone: str, now: int) -> dict[str, Any]:
    due, opens = line.episode.due_at, line.episode.opens_at
    state = "missed" if now > due else "due" if now >= opens else "pending"
    return _line(line, zone) | {"state": state, "clock": Clock(now, zone).owed(due, opens)}


def _confirmed(line: Line, zone: str, now: int) -> dict[str, Any]:
    at = line.episode.confirmed_at or line.episode.first_at
    return _line(line, zone) | {
        "confirmed": _degrees(line.confirmed),
        "confirmed_at": moment(at, zone),
        "over": ""
        if line.episode.ended_at is None
        else gettext("over %(when)s") % {"when": moment(line.episode.ended_at, zone)},
        "responses": [_response(owing, zone, now) for owing in line.cascades],
    }


def _response(owing: Owing, zone: str, now: int) -> dict[str, Any]:
    before = {o.action.id: title(o.action.title) for o in owing.actions}
    return {
        "pk": owing.cascade.pk,
        "title": title(owing.measure.title),
        "actions": [_action(o, owing.cascade, before, zone, now) for o in owing.actions],
    }


def _action(owed: Owed, cascade: Any, before: dict[str, str], zone: str, now: int) -> dict[str, Any]:
    done = next((d for d in cascade.done.all() if d.action == owed.action.id), None)
    if done is not None:
        when = gettext("done %(when)s") % {"when": moment(done.done_at, zone)}
    elif owed.opens is None:
        when = gettext("after: %(what)s") % {"what": before.get(owed.action.after or "", "")}
    else:
        when = Clock(now, zone).owed(owed.due, owed.opens)
    return {
        "id": owed.action.id,
        "title": title(owed.action.title),
        "state": _STATES[owed.state],
        "when": when,
        "may": done is None and owed.opens is not None,
    }


def _past(line: Line, zone: str) -> dict[str, Any]:
    episode = line.episode
    words = {
        "unconfirmed": gettext("the second reading was low"),
        "over": gettext("over: a later reading was low"),
        "closed": gettext("closed: %(reason)s") % {"reason": episode.reason},
    }
    ended = moment(episode.ended_at, zone) if episode.ended_at is not None else ""
    return _line(line, zone) | {
        "confirmed": _degrees(line.confirmed) if line.confirmed else "",
        "ended": ended,
        "how": words.get(episode.state, ""),
        "state": "late" if episode.state == "over" else "excused" if episode.state == "closed" else "on_time",
    }


def after(episode: FeverEpisode) -> str:
    """Return what a reading that was just taken means."""
    return {
        "open": gettext("Recorded. It does not decide yet: the second reading is still owed."),
        "confirmed": gettext("Recorded. The fever is confirmed: isolate first, then treat."),
        "unconfirmed": gettext("Recorded. The fever is not confirmed and the matter is closed."),
        "over": gettext("Recorded. The fever is over."),
        "closed": gettext("Recorded."),
    }[episode.state]


def alarms(found: FalseAlarms) -> dict[str, Any]:
    def number(value: float) -> str:
        return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"

    return {
        "readings": f"{found.readings:,}",
        "people": f"{found.people:,}",
        "days": found.days,
        "lines": [
            {
                "threshold": _degrees(f"{a.threshold:f}"),
                "screened": number(a.screened),
                "by_chance": number(a.by_chance) if a.by_chance >= 0.05 else gettext("less than 0.1"),
                "chosen": a.threshold == found.at_present,
            }
            for a in found.rows
        ],
        "empty": not found.readings,
    }


def _degrees(value: str) -> str:
    return f"{value} °C" if value else "—"
