"""Words that several pages of isolation say: kinds of stay, stages, what waits, refusals."""

from datetime import date
from typing import Any

from django.utils.translation import gettext, gettext_lazy

from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.isolation.courses import Course
from lazaretto.apps.isolation.queue import Item
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text
from lazaretto.web.dates import day, moment

PURPOSES = {
    "isolation": gettext_lazy("Isolation (cases)"), "cohorting": gettext_lazy("Isolation: cases together"),
    "quarantine": gettext_lazy("Quarantine · contacts"), "intake": gettext_lazy("Quarantine · intake"),
    "pre_release": gettext_lazy("Quarantine · before release"), "standby": gettext_lazy("Quarantine · standby"),
    "observation": gettext_lazy("Quarantine · observation"),
}  # fmt: skip
WAITS = {
    "no_room": gettext_lazy("No room is planned. Choose one below."),
    "silence": gettext_lazy("The outside review is overdue. Without a decision the stay may not continue: company or clearance."),
    "lawful_release": gettext_lazy("Lawful release. What is left of the observation is handed over."),
    "to_carry_out": gettext_lazy("Planned into a room: carry it out."),
    "to_order": gettext_lazy("Proposed by an event. A clinician orders it, with the ground."),
    "visit_overdue": gettext_lazy("No clinician for more than 26 hours."),
    "medicine_gap": gettext_lazy("Regular medicine: more than one dose is not on record. Give it today."),
    "medicine_late": gettext_lazy("Regular medicine: a dose is not on record."),
    "test_overdue": gettext_lazy("A test of an earlier day is still owed."),
    "past_criteria": gettext_lazy("All criteria are met. Each hour from here is an hour too late."),
    "outside_review": gettext_lazy("Somebody from outside decides by then."),
    "near_limit": gettext_lazy("Long alone: the outside review comes near."),
    "review": gettext_lazy("Review of the stay."),
    "to_tell": gettext_lazy("Reason, expected end and how to complain: to be told."),
    "to_sign": gettext_lazy("Hand-over between stages: two signatures."),
    "next_stage": gettext_lazy("This stage is over. Plan the next one."),
    "test_due": gettext_lazy("A test is due today."),
}  # fmt: skip
OUTCOMES = {
    "criteria_met": gettext_lazy("criteria met"), "decision": gettext_lazy("ended by decision"),
    "lawful_release": gettext_lazy("lawful release"), "transferred": gettext_lazy("transferred"),
    "withdrawn": gettext_lazy("taken back"), "case": gettext_lazy("became a case"), "died": gettext_lazy("died"),
}  # fmt: skip
NOTES = {
    "exposure": gettext_lazy("exposure"), "restarted": gettext_lazy("clock started again"),
    "suspended": gettext_lazy("symptoms: the clock stands"), "confirmed": gettext_lazy("criterion confirmed"),
    "reviewed": gettext_lazy("reviewed"), "outside": gettext_lazy("decided from outside"),
    "extended": gettext_lazy("extended"), "override": gettext_lazy("rule set aside"),
}  # fmt: skip
DECISIONS = {
    "continue": gettext_lazy("continue"), "cohort": gettext_lazy("company: a shared room"), "clear": gettext_lazy("clear"),
    "restart": gettext_lazy("start the clock again"), "widen": gettext_lazy("widen the contacts"),
}  # fmt: skip


NO_TIME = Text("看不懂时间，写作 2026-03-17 08:00", "the time cannot be read; write 2026-03-17 08:00")


def nobody(codes: list[str]) -> Text:
    """Say that numbers are not on file; without any, that none was given."""
    if not codes:
        return Text("写明人员编号", "give the people's numbers")
    some = "、".join(codes[:8])
    return Text(f"没有登记这些编号：{some}", f"not on file: {', '.join(codes[:8])}")


def refused(refusal: Refusal, zone: str) -> str:
    """Return a refusal as it is said: the rule's words, and when it will be possible."""
    said = title(refusal.words)
    if refusal.possible_at is None:
        return said + gettext(".")
    return said + gettext("; possible from %(when)s.") % {"when": moment(refusal.possible_at, zone)}


def name(course: Course) -> str:
    person = course.episode.person
    return person.name or person.code


def day_word(course: Course) -> str:
    """Return the day of the stage as people say it."""
    if not course.entered:
        return gettext("not begun")
    length = course.stage.length.days if course.stage and course.stage.length else None
    if length:
        return gettext("day %(n)s of %(of)s") % {"n": course.stage_day, "of": length}
    return gettext("day %(n)s") % {"n": course.stage_day}


def end_word(course: Course) -> str:
    end = course.expected_end
    return "—" if end is None else day(local_day(course.zone, end))


def until(course: Course) -> date | None:
    return None if course.expected_end is None else local_day(course.zone, course.expected_end)


def item(one: Item, zone: str, code: str, *, health: bool) -> dict[str, Any]:
    """Return an item of the queue in words."""
    course = one.course
    place = course.room or course.planned
    clinical = one.kind in ("test_due", "test_overdue", "medicine_gap", "medicine_late")
    return {
        "kind": one.kind,
        "number": course.episode.number,
        "code": course.episode.person.code,
        "name": name(course),
        "place": place.place.code if place else "",
        "day": day_word(course) if course.entered else "",
        "purpose": PURPOSES[course.episode.purpose],
        "state": "alert" if one.severe else "late" if one.late else "due",
        "what": WAITS[one.kind] if health or not clinical else gettext("The clinic comes today."),
        "when": moment(one.at, zone),
        "short": one.kind in ("review", "outside_review", "silence"),
    }


def grouped(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put what waits for one person together, in the place of the most urgent."""
    found: dict[int, dict[str, Any]] = {}
    for one in items:
        found.setdefault(one["number"], one | {"items": []})["items"].append(one)
    return list(found.values())
