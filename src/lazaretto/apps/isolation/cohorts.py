"""Arrival batches: they open, close to newcomers, start again when one of them turns out to be a case, and end."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from lazaretto.apps.command.queries import in_force
from lazaretto.apps.isolation.courses import Course, course_of, courses
from lazaretto.apps.isolation.deciding import became_case, expose, starts_again
from lazaretto.apps.isolation.models import Cohort, Episode
from lazaretto.apps.isolation.models.episodes import ISOLATING
from lazaretto.apps.isolation.opening import Ordered, open_episode
from lazaretto.apps.isolation.recording import lock, remember
from lazaretto.apps.registry.models import Facility, Person
from lazaretto.protocol.pathway import Pathway
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text


@transaction.atomic
def open_cohort(facility: Facility, *, code: str, measure: str, by: str, at: int) -> Cohort:
    """Open a batch of a quarantine. :raises Refusal: no_code, code_taken, no_pathway (none in force, or one for cases)."""
    lock(facility)
    pathway = in_force(facility, at).resolved.any_measure(measure)
    if not isinstance(pathway, Pathway) or not pathway.active or pathway.purpose in ISOLATING:
        raise Refusal("no_pathway", Text("现行规程没有这条观察路径", "the protocol in force has no such quarantine"))
    if not code.strip():
        raise Refusal("no_code", Text("写明批次编号", "give the batch a code"))
    if Cohort.objects.filter(facility=facility, code=code.strip()).exists():
        raise Refusal("code_taken", Text(f"已有批次 {code}", f"there is a batch {code} already"))
    made = Cohort.objects.create(facility=facility, code=code.strip()[:40], measure=measure, opened_at=at, by=by[:60])
    remember(facility, "cohort_opened", [made], by=by, at=at)
    return made


@transaction.atomic
def join(
    cohort: Cohort, people: Sequence[Person], *, ground: str, exposures: tuple[int, ...] = (), by: str, at: int
) -> list[Episode]:
    """Order the quarantine of people as members, all or none. :raises Refusal: as `open_episode`, with who it is about."""
    found = []
    ordered = Ordered(cohort.measure, ground, exposures=exposures, cohort=cohort, source=f"cohort:{cohort.code}"[:80])
    for person in people:
        try:
            found.append(open_episode(person, ordered, by=by, at=at))
        except Refusal as refusal:
            words = Text(f"{person.code}：{refusal.words.zh}", f"{person.code}: {refusal.words.en}")
            raise Refusal(refusal.code, words, refusal.possible_at) from refusal
    return found


@transaction.atomic
def close(cohort: Cohort, *, by: str, at: int) -> Cohort:
    """Let nobody join any more: a newcomer would start everybody's clock again. Closing it again changes nothing."""
    lock(cohort.facility)
    cohort.refresh_from_db()
    if cohort.closed_at is None:
        cohort.closed_at = at
        cohort.save(update_fields=["closed_at"])
        remember(cohort.facility, "cohort_closed", [cohort], by=by, at=at)
    return cohort


@transaction.atomic
def turned_positive(episode: Episode, *, by: str, at: int) -> list[Episode]:
    """
    One of a batch is a case: his quarantine ends, and the clock of everybody who shared it starts again from the moment at
    which he leaves. Return those who start again, each with the cause on file. Who has not entered yet shared nothing; and
    where the pathway has no rule to start again, the clocks stay: a named person may extend them. :raises Refusal: no_cohort.
    """
    lock(episode.facility)
    cohort = episode.cohort
    if cohort is None:
        raise Refusal("no_cohort", Text("不在任何批次中", "is in no batch"))
    became_case(episode, by=by, at=at, reason=f"cohort {cohort.code}")
    members = (
        Episode.objects.filter(cohort=cohort, ended_at=None)
        .exclude(pk=episode.pk)
        .select_related("facility__log", "person")
    )
    again = []
    for member in members.order_by("pk"):
        course = course_of(member, at)
        if course.entered and starts_again(course):
            expose(member, exposed_at=at, source=f"episode:{episode.number}", by=by, at=at)
            again.append(member)
    if again:
        cohort.restarted_at, cohort.restarts = at, cohort.restarts + 1
    cohort.closed_at = cohort.closed_at or at
    cohort.save(update_fields=["restarted_at", "restarts", "closed_at"])
    remember(cohort.facility, "cohort_restarted" if again else "cohort_closed", [cohort], by=by, at=at)
    return again


@transaction.atomic
def end(cohort: Cohort, *, by: str, at: int) -> Cohort:
    """End a batch of which nobody is left. :raises Refusal: not_empty."""
    lock(cohort.facility)
    cohort.refresh_from_db()
    left = cohort.episodes.filter(ended_at=None).count()
    if left:
        raise Refusal("not_empty", Text(f"还有 {left} 人", f"{left} people are still in it"))
    if cohort.ended_at is None:
        cohort.ended_at, cohort.closed_at = at, cohort.closed_at or at
        cohort.save(update_fields=["ended_at", "closed_at"])
        remember(cohort.facility, "cohort_ended", [cohort], by=by, at=at)
    return cohort


class Outlook(NamedTuple):
    """How long a batch of `n` must expect to wait: the mean days until `days` clean ones in a row, and the days alone."""

    n: int
    days: int
    p_reset: float
    mean_days: float


def outlook(n: int, days: int, daily_hazard: float) -> Outlook:
    """
    Return what a cohort quarantine of `n` people costs if each has a chance `daily_hazard` a day of becoming a case: every
    case starts all of them again. Source: domain §2.2: p = 1 - (1-h)^n; mean ((1-p)^-q - 1) / p days.

    >>> round(outlook(1, 14, 0.05).mean_days, 1), round(outlook(1, 21, 0.05).mean_days, 1)
    (21.0, 38.7)
    """
    p = 1 - (1 - daily_hazard) ** n
    mean = float(days) if p <= 0 else ((1 - p) ** -days - 1) / p
    return Outlook(n, days, p, mean)


# -- reads ---------------------------------------------------------------------------------------------------------------


class Again(NamedTuple):
    """That somebody's clock started again: from when, for what (`source`, such as `episode:3`), in whose name and why."""

    at: int
    source: str
    by: str
    reason: str


class Member(NamedTuple):
    """One of a batch with where he stands, and each time that his clock started again after he came in."""

    course: Course
    again: list[Again]


STATES = ("open", "closed", "restarted", "ended")


def cohorts_of(facility: Facility, *, state: str = "", measure: str = "", text: str = "") -> QuerySet[Cohort]:
    """Return the batches of a facility, the newest first, each with how many are in it (`n`) and how many were (`ever`)."""
    rows = Cohort.objects.filter(facility=facility).annotate(
        n=Count("episodes", filter=Q(episodes__ended_at=None)), ever=Count("episodes"),
        cases=Count("episodes", filter=Q(episodes__outcome="case")),
    )  # fmt: skip
    wanted = {
        "open": Q(closed_at=None, ended_at=None), "closed": Q(closed_at__isnull=False, ended_at=None),
        "restarted": Q(restarts__gt=0, ended_at=None), "ended": Q(ended_at__isnull=False),
    }  # fmt: skip
    rows = rows.filter(wanted.get(state, Q()))
    if measure:
        rows = rows.filter(measure=measure)
    if text:
        rows = rows.filter(code__icontains=text)
    return rows.order_by("-opened_at", "-pk")


def cohort_of(facility: Facility, pk: int) -> Cohort | None:
    return Cohort.objects.select_related("facility__log").filter(facility=facility, pk=pk).first()


def members(cohort: Cohort, at: int) -> list[Member]:
    """Return everybody who is or was in a batch, in the order in which they came."""
    found = courses(cohort.facility, at, Episode.objects.filter(cohort=cohort))
    return [Member(course, list(_again(course))) for course in found]


def _again(course: Course) -> Iterable[Again]:
    began = course.entered[0].at if course.entered else None
    for note in course.notes:
        if began is not None and note.occurred_at > began and note.kind in ("exposure", "restarted"):
            yield Again(note.occurred_at, note.source, note.by, note.reason)


def quarantines(facility: Facility, at: int) -> list[Pathway]:
    """Return the pathways of which a batch may be opened. :raises NoProtocol: if nothing was adopted."""
    every = in_force(facility, at).resolved.everything
    return [m for m in every if isinstance(m, Pathway) and m.active and m.purpose not in ISOLATING]
