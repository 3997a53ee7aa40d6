"""The parts of a person's file that other apps fill, in words."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console.isolation import words as isolation
from lazaretto.apps.console.isolation.episodewords import RESULT_WORDS
from lazaretto.apps.console.presenters import words
from lazaretto.apps.console.presenters.clocks import Clock
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.isolation.courses import Course
from lazaretto.apps.laboratory.models import Order
from lazaretto.apps.registry.models import Person
from lazaretto.apps.rounds.due import DueList
from lazaretto.apps.rounds.models import FeverEpisode
from lazaretto.apps.rounds.owed import ActionOwed
from lazaretto.protocol.wording.names import NAMES
from lazaretto.web.dates import local, moment

_P = Permission
STATES = {"upcoming": "due", "pending": "due"}
RESULTS = {"negative": "on_time", "positive": "alert", "inconclusive": "unknown", "spoiled": "missed"}


def duties(found: DueList, zone: str, *, values: bool) -> list[dict[str, Any]]:
    """Return today's rounds of one person in order of time; the next one of each measure, not all that come."""
    reasons = {r.id: r for r in found.document.reasons}
    rows, coming = [], set()
    for group in sorted(found.groups, key=lambda g: g.due):
        for line in group.lines:
            if line.state == "upcoming":
                if group.round.id in coming:
                    continue
                coming.add(group.round.id)
            why = title(reasons[line.reason].title) if line.reason in reasons else line.reason
            rows.append(
                {
                    "time": f"{local(group.due, zone):%H:%M}", "title": title(group.round.title),
                    "state": STATES.get(line.state, line.state), "coming": line.state == "upcoming",
                    "value": line.value if values else "", "why": why,
                }
            )  # fmt: skip
    return rows


def tests(found: Iterable[Order], zone: str, today: date) -> list[dict[str, Any]]:
    """Return what was ordered, the newest first, with its sample and what came out."""
    rows = []
    for order in sorted(found, key=lambda o: -o.due_at):
        taken = list(order.specimens.all())
        last = taken[-1] if taken else None
        said, state = gettext("no sample yet"), "due"
        if last is not None and last.outcome == "taken":
            said, state = title(RESULT_WORDS[last.result]), RESULTS.get(last.result, "due")
        elif last is not None:
            said, state = last.reason or last.outcome, "refused" if last.outcome == "refused" else "excused"
        rows.append(
            {
                "test": words.word(NAMES, order.test), "due": words.when(order.due_at, zone, today), "said": said, "state": state,
                "sample": last.code if last else "", "taken": words.when(last.taken_at, zone, today) if last else "",
            }
        )  # fmt: skip
    return rows


def courses(found: Sequence[Course], facility: Any) -> list[dict[str, Any]]:
    """Return somebody's isolation and quarantine: which, the day of the stage, the room, the end that is expected."""
    return [
        {
            "number": c.episode.number, "purpose": str(isolation.PURPOSES[c.episode.purpose]),
            "isolation": c.episode.is_isolation, "open": c.episode.ended_at is None,
            "day": isolation.day_word(c) if c.episode.ended_at is None else "",
            "since": moment(c.episode.opened_at, facility.zone), "end": isolation.end_word(c),
            "ended": moment(c.episode.ended_at, facility.zone) if c.episode.ended_at else "",
            "outcome": str(isolation.OUTCOMES.get(c.episode.outcome, "")), "room": c.room.place.code if c.room else "",
            "url": reverse("isolation-episode", args=[facility.code, c.episode.number]),
        }
        for c in sorted(found, key=lambda c: -c.episode.opened_at)
    ]  # fmt: skip


def alerts(fevers: Sequence[FeverEpisode], owed: Sequence[ActionOwed], facility: Any, now: int) -> list[dict[str, Any]]:
    """Return open fevers first, what they still ask for, then those that are over."""
    clock, rows = Clock(now, facility.zone), []
    said = {
        "open": ("due", gettext("A high reading waits for its second one.")),
        "confirmed": ("alert", gettext("Fever confirmed by a second reading.")),
    }
    for one in fevers:
        state, what = said.get(one.state, ("excused", gettext("A high reading that is over.")))
        due = clock.owed(one.due_at, one.opens_at) if one.state == "open" else ""
        rows.append({"state": state, "what": what, "when": clock.time(one.first_at), "due": due})
    for action in owed:
        state = "late" if action.owed.state == "overdue" else "due"
        due = clock.owed(action.owed.due, None) if action.owed.due is not None else ""
        rows.append({"state": state, "what": title(action.owed.action.title), "when": "", "due": due})
    return rows


def papers(asked: Any, person: Person, courses: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    """Return the papers that can be printed about somebody, as far as the reader may print them."""
    code, found = asked.facility.code, []
    for course in courses:
        url = reverse("isolation-notice", args=[code, course["number"]])
        found.append({"name": gettext("Notice of isolation or quarantine"), "note": course["since"], "url": url})
    if _P.SUBJECT_EXPORT in asked.may:
        url = reverse("person-copy", args=[code, person.code, "pdf"])
        found.append({"name": gettext("Copy of everything on file, for the person"), "note": "PDF", "url": url})
    return found
