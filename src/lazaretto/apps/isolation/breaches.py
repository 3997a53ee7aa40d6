"""
A breach of separation or isolation: a finding, the people who were there, and a clinical decision. Never a punishment: there
is nothing here that names a culprit, and nothing that leads to discipline.
"""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Max, Q

from lazaretto.apps.isolation.deciding import expose
from lazaretto.apps.isolation.models import Breach, Episode, Exposed
from lazaretto.apps.isolation.recording import lock, remember
from lazaretto.apps.registry.models import Facility, Person, Place, Presence
from lazaretto.apps.registry.queries import below
from lazaretto.apps.work import actions as work
from lazaretto.protocol.record import Subject
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: What a clinician may decide. There is no fourth.
DECISIONS = ("continue", "restart", "widen")
EVENT = "isolation_breach"


@transaction.atomic
def record(
    facility: Facility, *, rule: str, said: str, place: Place | None, starts: int, ends: int, people: Iterable[Person],
    by: str, at: int, source: str = "",
) -> Breach:  # fmt: skip
    """
    Record a breach with those who were there by somebody's word and by the registry, where a place is given.

    :raises Refusal: no_words, in_future, nobody.
    """
    lock(facility)
    if not said.strip():
        raise Refusal("no_words", Text("写明发生了什么", "say what happened"))
    if not starts <= ends <= at + 120_000:
        raise Refusal("in_future", Text("时间不对", "these moments cannot be right"))
    there = {p.pk: p for p in [*people, *(present(facility, place, starts, ends) if place else [])]}
    if not there:
        raise Refusal("nobody", Text("写明涉及的人员", "say who was there"))
    number = (Breach.objects.filter(facility=facility).aggregate(last=Max("number"))["last"] or 0) + 1
    made = Breach.objects.create(
        facility=facility, number=number, rule=rule[:80], place=place, starts=starts, ends=ends, said=said.strip()[:200],
        source=source[:80], by=by[:60], recorded_at=at,
    )  # fmt: skip
    Exposed.objects.bulk_create(Exposed(breach=made, person=p) for p in there.values())
    refs = [p.ref for p in there.values()]
    remember(facility, "breach_recorded", [made], by=by, at=at, occurred_at=starts, subjects=refs)
    subject = Subject(f"facility:{facility.code}", "facility", "", "")
    work.start(facility, event=EVENT, source=f"breach:{number}", subject=subject, event_at=starts, by=by, at=at)
    return made


def present(facility: Facility, place: Place, starts: int, ends: int) -> list[Person]:
    """Return who was in a place or anything below it at any time of a span, by the registry."""
    rows = Presence.objects.filter(
        facility=facility, layer="record", place__in=below(facility, place), starts__lte=ends
    )
    rows = rows.filter(Q(ends=None) | Q(ends__gt=starts)).select_related("person")
    return list({r.person_id: r.person for r in rows}.values())


@transaction.atomic
def decide(breach: Breach, *, decision: str, reason: str, by: str, at: int) -> Breach:
    """
    Enter what a clinician decides: `continue`, `restart` (the clocks of those who were there start again from the end of the
    breach), or `widen` (they are contacts to be asked and listed). :raises Refusal: unknown_value, no_reason, decided.
    """
    lock(breach.facility)
    breach.refresh_from_db()
    if decision not in DECISIONS:
        raise Refusal("unknown_value", Text(f"没有 {decision}", f"no {decision}; {', '.join(DECISIONS)}"))
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明理由", "say why"))
    if breach.decision:
        raise Refusal("decided", Text("已经决定", "it was decided already"))
    breach.decision, breach.decided_by, breach.decided_at, breach.reason = decision, by[:60], at, reason.strip()[:200]
    breach.save(update_fields=["decision", "decided_by", "decided_at", "reason"])
    remember(breach.facility, "breach_decided", [breach], by=by, at=at)
    if decision == "restart":
        people = list(breach.exposed.values_list("person", flat=True))
        for episode in Episode.objects.filter(person__in=people, ended_at=None).select_related(
            "facility__log", "person"
        ):
            if not episode.is_isolation:
                expose(
                    episode,
                    exposed_at=min(breach.ends, at),
                    source=f"breach:{breach.number}",
                    by=by,
                    at=at,
                    reason=reason,
                )
    return breach


def listed(facility: Facility, *, most: int = 50) -> list[Breach]:
    """Return the breaches of a facility with those who were there: what waits for a decision first, then the newest."""
    rows = Breach.objects.filter(facility=facility).select_related("place").prefetch_related("exposed__person")
    return sorted(rows.order_by("-starts")[:most], key=lambda b: bool(b.decision))
