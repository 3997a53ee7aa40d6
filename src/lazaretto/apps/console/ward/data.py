"""What the ward client is told, as plain data: times in milliseconds, words in both languages."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from lazaretto.apps.accounts.models import User
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.journal import envelopes
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds import pairs
from lazaretto.apps.rounds.due_lines import Group, Line
from lazaretto.apps.rounds.labels import Label
from lazaretto.apps.rounds.models import Fact
from lazaretto.apps.rounds.sight import Sight
from lazaretto.apps.rounds.ward_list import Walked, WardList
from lazaretto.protocol.document import Document, ObservationType
from lazaretto.protocol.fever import TEMPERATURE

#: Below this a reading is asked twice: a body is seldom so cold, a thermometer often (hypothermia, WHO ICD-11).
LOW = "35.0"
#: Reasons by what they make of a round that was not done. What is not here leaves it missed, with its reason: that a round
#: was not owed is for somebody else to say (contract, rule 8).
REFUSED = frozenset({"declined"})
UNABLE = frozenset({"court", "hospital", "questioning", "leave", "asleep", "sampling"})


def user(found: User) -> dict[str, str]:
    return {"ref": found.ref, "zh": found.name_zh or found.username, "en": found.name_en or found.username}


def choices(facility: Facility, places: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """Return a facility with the places that one walks."""
    return {
        **_facility(facility),
        "places": [{"code": code, "zh": zh, "en": en} for code, zh, en in places],
    }


def _facility(facility: Facility) -> dict[str, str]:
    own = facility.organisation
    return {
        "code": facility.code,
        "zh": own.name_zh or facility.code,
        "en": own.name_en or own.name_zh or facility.code,
        "zone": facility.zone,
    }


def ward(asked: Asked, place: str, found: WardList, at: int, by: str) -> dict[str, Any]:
    """Return a ward as far as the asker may see it. Of people whose names he may not read he sees the code."""
    sight, document = Sight(asked.may, found.due.labels), found.due.document
    people = [_person(p, sight) for p in found.people]
    codes = [p.code for p in found.people if sight.knows(f"person:{p.code}")]
    key = envelopes.current(asked.facility.log, at=at)
    places = {line.place for g in found.due.groups for line in g.lines} | {p.place for p in found.people} | {place}
    return {
        "at": at,
        "by": by,
        "facility": _facility(asked.facility),
        "place": place,
        "places": {code: _named(sight.labels.get(f"place:{code}"), code) for code in sorted(places - {""})},
        "key": {"id": key.key_id, "public": key.public},
        "observations": {o.id: _observation(o) for o in document.observations},
        "reasons": [_reason(r.id, r.title) for r in document.reasons],
        "people": people,
        "groups": [_group(g, sight) for g in found.due.groups if not g.counts],
        "second": {r.subject: [r.first_at, r.opens_at, r.due_at] for r in found.second if sight.knows(r.subject)},
        "pairs": [_pair(p, sight) for p in pairs.unsettled(asked.facility, codes, at)],
        "thermometers": _thermometers(document),
    }


def _named(label: Label | None, code: str) -> dict[str, str]:
    return {"zh": label.name_zh or code, "en": label.name_en or code} if label else {"zh": code, "en": code}


def _person(p: Walked, sight: Sight) -> dict[str, Any]:
    ref = f"person:{p.code}"
    said: dict[str, Any] = {
        "ref": ref,
        "place": p.place,
        "name": (label.name_zh if (label := sight.label(ref)) else ""),
    }
    if sight.values and sight.knows(ref):
        said |= {"last": [[at, _tenth(value)] for at, value in p.last], "usual": _tenth(p.usual) if p.usual else ""}
    if p.rule is not None:
        second = p.rule.second
        said |= {
            "screen": _tenth(p.rule.screen),
            "rest": second.rest.nominal_ms // 60_000,
            "within": second.within.nominal_ms // 60_000,
            "above": _tenth(second.own_usual.above) if second.own_usual else "",
        }
    return said


def _tenth(value: Decimal) -> str:
    return f"{value:.1f}"


def _observation(o: ObservationType) -> dict[str, Any]:
    said: dict[str, Any] = {"zh": o.title.zh, "en": o.title.en, "value": o.value, "ucum": o.ucum or ""}
    if o.min is not None and o.max is not None:
        said |= {"min": str(o.min), "max": str(o.max)}
    if o.id == TEMPERATURE:
        said["low"] = LOW
    return said


def _reason(id_: str, title: Any) -> dict[str, str]:
    outcome = "refused" if id_ in REFUSED else "unable" if id_ in UNABLE else "not_done"
    return {"id": id_, "zh": title.zh, "en": title.en, "outcome": outcome}


def _thermometers(document: Document) -> dict[str, list[dict[str, str]]]:
    """Return how and where a temperature is taken."""
    type_ = document.observation(TEMPERATURE)
    if type_ is None:
        return {"methods": [], "sites": []}
    return {
        "methods": [{"id": m.id, "zh": m.title.zh, "en": m.title.en} for m in type_.methods],
        "sites": [{"id": s.id, "zh": s.title.zh, "en": s.title.en} for s in type_.sites],
    }


def _group(group: Group, sight: Sight) -> dict[str, Any]:
    return {
        "measure": group.round.id,
        "observation": group.round.observation,
        "zh": group.round.title.zh,
        "en": group.round.title.en,
        "due": group.due,
        "opens": group.opens,
        "closes": group.closes,
        "grace": group.grace_until,
        "done": group.on_time,
        "lines": [_line(sight.line(line)) for line in group.lines],
    }


def _line(line: Line) -> list[Any]:
    """Return subject, place, state, and of what was done the value and when."""
    head = [line.subject, line.place, line.state]
    return head if line.observed_at is None else [*head, line.value, line.observed_at]


def _pair(pair: pairs.Pair, sight: Sight) -> dict[str, Any]:
    return {
        "ref": pair.first.ref,
        "observation": pair.first.observation,
        "facts": [_fact(pair.first, sight), _fact(pair.second, sight)],
    }


def _fact(fact: Fact, sight: Sight) -> dict[str, Any]:
    return {
        "id": fact.id,
        "value": fact.value,
        "at": fact.observed_at,
        "by": fact.by if sight.who else "",
        "method": fact.method,
        "source": fact.source,
    }


def as_script(said: dict[str, Any]) -> str:
    """Return data as it may stand inside a script element that runs nothing."""
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
