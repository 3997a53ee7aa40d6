"""
What goes with a person who is handed over: who it is, where he was, what holds for him and until when.

Never another person: of those who shared a room the file says how many. What this version does not collect is named.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q

from lazaretto.apps.command.queries import InForce, NoProtocol, in_force
from lazaretto.apps.isolation import handing as isolation
from lazaretto.apps.registry.exports import born
from lazaretto.apps.registry.models import LegalDate, Person, Presence, Standing
from lazaretto.apps.registry.queries import HELD
from lazaretto.apps.registry.standings import is_health
from lazaretto.apps.rounds.models import Excuse, Fact
from lazaretto.apps.rounds.reading import Facts
from lazaretto.apps.rounds.temperatures import around, readings, rules_of
from lazaretto.protocol.clock import utc_text
from lazaretto.protocol.corrections import corrected
from lazaretto.protocol.fever import TEMPERATURE, fever
from lazaretto.protocol.record import Fact as Observed
from lazaretto.protocol.record import Subject

DAY_MS = 86_400_000
STAYS_DAYS, READINGS_DAYS = 21, 14
#: What a clinician would look for, and no register of this version holds.
NOT_COLLECTED = ("exposures", "medicines", "laboratory")


def of_person(person: Person, at: int) -> dict[str, Any]:
    """Return everything that is handed over with a person, as of an instant."""
    try:
        held: InForce | None = in_force(person.facility, at)
    except NoProtocol:
        held = None
    readings = temperatures(person, at)
    clocks = isolation.out(person, at)
    return ({"isolation": clocks} if clocks else {}) | {
        "person": {
            "code": person.code, "population": person.population, "base": person.base, "name": person.name,
            "sex": person.sex, "born": born(person), "identity_kind": person.identity_kind,
            "identity_number": person.identity_number,
        },
        "aliases": [{"name": name, "kind": kind} for name, kind in person.aliases.order_by("name").values_list("name", "kind")],
        "stays": list(stays(person, at)),
        "standings": list(standings(person, at)),
        "legal_dates": [
            {"kind": kind, "on": on.isoformat()}
            for kind, on in LegalDate.objects.filter(person=person).order_by("kind").values_list("kind", "on")
        ],
        "temperatures": readings,
        "fever": open_fever(person, held, at),
        "excuses": list(excuses(person, at)),
        "protocol": protocol(held),
        "not_collected": list(NOT_COLLECTED),
    }  # fmt: skip


def stays(person: Person, at: int) -> Iterator[dict[str, Any]]:
    """Yield where a person was in the last days, with how many others were there at some time of the stay."""
    since = at - STAYS_DAYS * DAY_MS
    rows = Presence.objects.filter(_overlaps(since, at), person=person, layer="record").select_related("place")
    for stay in rows.order_by("starts"):
        end = at if stay.ends is None else stay.ends
        others = Presence.objects.filter(
            _overlaps(stay.starts or 0, end), place=stay.place, layer="record", person__base__in=HELD
        ).exclude(person=person)
        yield {
            "room": stay.place.code, "room_kind": stay.place.kind, "from": utc_text(stay.starts or 0),
            "to": None if stay.ends is None else utc_text(stay.ends),
            "others": others.values("person").distinct().count(),
        }  # fmt: skip


def _overlaps(start: int, end: int) -> Q:
    return Q(starts__lt=end) & (Q(ends=None) | Q(ends__gt=start))


def standings(person: Person, at: int) -> Iterator[dict[str, Any]]:
    """Yield what holds of a person, precautions included, each with the moment from which its clock runs."""
    rows = Standing.objects.filter(person=person).filter(Q(ends=None) | Q(ends__gt=at))
    for s in rows.order_by("key", "starts", "pk"):
        if s.start_ms <= at:
            yield {
                "key": s.key, "value": s.value, "from": None if s.starts is None else utc_text(s.starts),
                "to": None if s.ends is None else utc_text(s.ends), "health": is_health(s.key),
            }  # fmt: skip


def temperatures(person: Person, at: int) -> list[dict[str, str]]:
    """Return the readings of the last days, corrections applied, in order of time."""
    rows = Fact.objects.filter(
        facility=person.facility, subject_kind="person", subject=person.code, observation="temperature",
        recorded_at__lte=at,
    )  # fmt: skip
    facts = [
        Observed(f.id, f.observation, f.ref, f.observed_at, f.recorded_at, f.outcome, f.reason, f.supersedes or None, value=f.value)  # type: ignore[arg-type]
        for f in rows.filter(Q(observed_at__gt=at - READINGS_DAYS * DAY_MS) | Q(supersedes__gt=""))
    ]  # fmt: skip
    since = at - READINGS_DAYS * DAY_MS
    found = (f for f in corrected(facts).leaves if f.outcome == "done" and since < f.observed_at <= at)
    return [
        {"observed_at": utc_text(f.observed_at), "value": f.value}
        for f in sorted(found, key=lambda f: (f.observed_at, f.id))
        if _number(f.value) is not None
    ]


def _number(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def open_fever(person: Person, held: InForce | None, at: int) -> dict[str, Any]:
    """Return whether a fever is open by the rule of the protocol in force; null where it asks for none."""
    subject = Subject(f"person:{person.code}", population=person.population, base=person.base)
    rules = rules_of([subject], held.resolved.measures if held else ())
    if not rules:
        return {"measured": False, "confirmed": None, "open_since": None}
    facts, span = Facts(person.facility, at), (at - READINGS_DAYS * DAY_MS, at + 1)
    known = around(facts, rules, span, lambda observation, within: facts.about(observation, [person.code], within))
    found = readings(facts.about(TEMPERATURE, [person.code], span), rules, known).get(subject.ref, [])
    said = fever(found, rules[subject.ref], *span)
    since = None if said.open_since is None else utc_text(said.open_since)
    return {"measured": True, "confirmed": said.confirmed, "open_since": since}


def excuses(person: Person, at: int) -> Iterator[dict[str, Any]]:
    """Yield the excuses of the person's own that hold."""
    rows = Excuse.objects.filter(
        facility=person.facility, scope="subject", subject=f"person:{person.code}", ends__gt=at, withdrawn_at=None
    )
    for e in rows.order_by("starts", "pk"):
        yield {"measure": e.measure, "reason": e.reason, "from": utc_text(e.starts), "to": utc_text(e.ends)}


def protocol(held: InForce | None) -> dict[str, Any] | None:
    if held is None:
        return None
    document = held.resolved.document
    return {
        "id": document.id, "version": str(document.version), "digest": held.resolved.digest, "level": held.resolved.level,
        "title_zh": document.title.zh, "title_en": document.title.en,
    }  # fmt: skip
