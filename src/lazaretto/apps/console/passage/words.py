"""What the pages of the gate say: parties and their states, steps, time left, classes, refusals."""

from collections.abc import Container
from typing import Any

from django.utils.translation import gettext, gettext_lazy

from lazaretto import packs
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.passage.inside import Passing
from lazaretto.apps.passage.models import Party
from lazaretto.apps.passage.ways import STREAMS, classes
from lazaretto.apps.registry.identity import masked
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work.models import StepDone
from lazaretto.apps.work.running import RunState, timers
from lazaretto.protocol.chain import Step
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.resolve import Resolved
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording.names import NAMES
from lazaretto.web.dates import clock, moment

_P = Permission
#: Streams whose title is a person's name.
NAMED = frozenset({"person", "patient", "case", "medicine"})
HIDDEN = "•••"
STREAM_WORDS = {
    "person": gettext_lazy("persons"), "vehicle": gettext_lazy("vehicles"), "goods": gettext_lazy("goods"),
    "food": gettext_lazy("food"), "medicine": gettext_lazy("medicine"), "patient": gettext_lazy("patients"),
    "document": gettext_lazy("documents"), "project": gettext_lazy("projects"), "case": gettext_lazy("cases"),
}  # fmt: skip
STATES = {
    "inside": (gettext_lazy("inside"), "on_time"), "leaving": (gettext_lazy("on the way out"), "due"),
    "waiting": (gettext_lazy("at the gate"), "due"), "refused": (gettext_lazy("not let in"), "refused"),
    "gone": (gettext_lazy("left"), "excused"), "announced": (gettext_lazy("no chain is owed: register"), "due"),
}  # fmt: skip
RESULTS = {
    "granted": Text("同意", "granted"), "refused": Text("不同意", "refused"), "normal": Text("正常", "normal"),
    "negative": Text("阴性", "negative"), "positive": Text("阳性", "positive"), "known": Text("来源清楚", "known"),
    "good": Text("合格", "good"), "cleared": Text("准予", "cleared"), "not_so": Text("不符合", "not so"),
}  # fmt: skip
#: What may be said of an act: field, words, kind of value.
EVIDENCE = (
    ("agent", gettext_lazy("agent"), "text"), ("mg_per_l", gettext_lazy("mg/L"), "decimal"),
    ("minutes", gettext_lazy("minutes of contact"), "numeric"), ("photo", gettext_lazy("photo reference"), "text"),
    ("note", gettext_lazy("note"), "text"),
)  # fmt: skip


def refused(refusal: Refusal, zone: str) -> str:
    """Return a refusal as it is said: the rule's words, and from when on it is possible."""
    said = title(refusal.words)
    if refusal.possible_at is None:
        return said + gettext(".")
    return said + gettext("; possible from %(when)s.") % {"when": moment(refusal.possible_at, zone)}


def not_done(refusal: Refusal, zone: str) -> str:
    """Return what somebody is told whose step was refused."""
    said = gettext("Not done: %(why)s This attempt is kept; it counts against nobody.")
    return said % {"why": refused(refusal, zone)}


def left(ms: int) -> str:
    """Return how long is left, as a clock shows it."""
    seconds = max(-(-ms // 1000), 0)
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return gettext("%(h)s h %(m)02d min") % {"h": hours, "m": minutes}
    return f"{minutes:02d}:{seconds % 60:02d}"


def resolved_in(facility: Facility, now: int) -> Resolved | None:
    try:
        return in_force(facility, now).resolved
    except NoProtocol:
        return None


def class_words(facility: Facility, now: int) -> dict[str, str]:
    """Return what classes are called: those of the protocol in force, before those that goods have everywhere."""
    resolved = resolved_in(facility, now)
    found = {id_: title(kind.title) for id_, kind in packs.goods().items()}
    return found | {c.id: title(c.title) for s in STREAMS for c in classes(resolved, s)} if resolved else found


def name(party: Party, may: Container[Permission]) -> str:
    """Return what a party is called; a person's name only to those who may read names."""
    if party.stream in NAMED and _P.STAFF_READ not in may:
        return HIDDEN
    return party.name


def run_name(state: RunState, may: Container[Permission]) -> str:
    if state.run.stream in NAMED and not ({_P.STAFF_READ, _P.RESIDENTS_READ} & set(may)):  # type: ignore[call-overload]
        return HIDDEN
    return state.run.title or state.run.subject


def role_word(role: str | None) -> str:
    if not role:
        return gettext("anybody at the gate")
    return title(NAMES[role]) if role in NAMES else role


def result_word(result: str) -> str:
    return title(RESULTS[result]) if result in RESULTS else result


def results(step: Step) -> list[tuple[str, str]]:
    """Return the results that can be chosen for a step: those with which it goes on, and one with which it does not."""
    if step.does == "approve":
        return [("granted", result_word("granted")), ("refused", result_word("refused"))]
    if not step.accept:
        return []
    return [*((r, result_word(r)) for r in step.accept), ("not_so", gettext("not so: it ends here"))]


def step_line(state: RunState, step: Step, now: int, users: dict[str, Any]) -> dict[str, Any]:
    """Return one step of a run in words: done, possible now, waiting, or still to come."""
    zone = state.run.facility.zone
    done = state.done_of(step.id)
    ready = next((at for s, at in state.next if s.id == step.id), None)
    shown = "done" if done else "to_come"
    if ready is not None:
        shown = "now" if ready <= now else "hold"
    over = _over(state, step, now)
    if over is not None:
        shown = "done" if over <= now else "hold"
    return {
        "id": step.id, "title": title(step.title), "by": role_word(step.by), "place": title(NAMES[step.place]) if step.place in NAMES else step.place or "",
        "state": shown, "glyph": {"done": "on_time", "now": "due", "hold": "hold", "to_come": "unknown"}[shown],
        "when": clock(done.at, zone) if done else "", "said": _said(done, users) if done else "",
        "free": moment(ready, zone) if ready is not None and ready > now else (moment(over, zone) if over and over > now else ""),
        "left": left(ready - now) if ready is not None and ready > now else (left(over - now) if over and over > now else ""),
        "pair": step.pair, "results": results(step), "items": [{"id": i.id, "title": title(i.title)} for i in step.items],
        "measures": step.observation, "acts": step.does == "act", "approves": step.does == "approve",
        "run": state.run.pk,
    }  # fmt: skip


def _over(state: RunState, step: Step, now: int) -> int | None:
    if step.does != "wait":
        return None
    return next((end for s, end in timers(state) if s.id == step.id), None)


def _said(done: StepDone, users: dict[str, Any]) -> str:
    parts = [in_language(users[done.by]) if done.by in users else "", result_word(done.result)]
    if done.second in users:
        parts.append("+ " + in_language(users[done.second]))
    parts += [f"{value}" for key, value in done.values.items() if key in ("agent", "temperature", "note")]
    if "mg_per_l" in done.values:
        parts.append(f"{done.values['mg_per_l']} mg/L")
    return " · ".join(p for p in parts if p)


def hold(state: RunState, now: int, may: Container[Permission]) -> dict[str, Any]:
    """Return a run that waits for a clock: what it is, which step comes next, and how long is left."""
    step, at = min(state.next, key=lambda pair: pair[1])
    subject = state.run.subject
    visit = subject.removeprefix("visit:").partition("/")[0] if subject.startswith("visit:") else ""
    return {
        "name": run_name(state, may), "title": title(state.chain.title), "step": title(step.title), "held": at > now,
        "left": left(at - now), "free": clock(at, state.run.facility.zone), "visit": visit,
        "stream": STREAM_WORDS.get(state.run.stream, state.run.stream),
    }  # fmt: skip


def party_line(
    passing: Passing, now: int, may: Container[Permission], known: dict[str, str], users: dict[str, Any]
) -> dict[str, Any]:
    """Return a party with its chains, step by step."""
    party, zone = passing.party, passing.party.visit.facility.zone
    word, glyph = STATES[passing.state]
    return {
        "position": party.position, "name": name(party, may), "stream": STREAM_WORDS.get(party.stream, party.stream),
        "of_class": known.get(party.of_class, party.of_class), "state": passing.state, "word": word, "glyph": glyph,
        "since": moment(party.inside_since, zone) if party.inside_since else "",
        "zone": in_language(party.zone) if party.zone else "", "origin": party.origin, "note": party.note,
        "identity": masked(party.identity_number) if party.identity_number else "",
        "runs": [
            {
                "pk": s.run.pk, "title": title(s.chain.title), "direction": s.direction, "open": not s.ended,
                "outcome": s.run.outcome, "steps": [step_line(s, step, now, users) for step in s.steps],
                "refused": len(s.refused), "refusal": title(s.chain.refusal) if s.chain.refusal else "",
            }
            for s in passing.runs
        ],
    }  # fmt: skip


def report_lines(said: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Return what a day's report says of the gate; a small count of the form that leaves is said as suppressed."""
    if said is None:
        return []

    def count(value: Any) -> str:
        return "< 5" if isinstance(value, dict) else str(value)

    def by_stream(values: dict[str, Any]) -> str:
        return ", ".join(f"{STREAM_WORDS[s]} {count(n)}" for s, n in values.items()) or "0"

    return [
        (gettext("entries"), by_stream(said["entries"])), (gettext("exits"), by_stream(said["exits"])),
        (gettext("approvals given"), count(said["approved"])), (gettext("Refusals"), count(said["refused"])),
        (gettext("not reconciled"), count(said["unreconciled"])),
    ]  # fmt: skip
