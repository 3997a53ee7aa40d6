"""Arrival batches: they open, close to newcomers, start again when one of them turns out to be a case, and end."""

from typing import NamedTuple

from django.db import transaction

from lazaretto.apps.isolation.courses import course_of
from lazaretto.apps.isolation.deciding import became_case, expose
from lazaretto.apps.isolation.models import Cohort, Episode
from lazaretto.apps.isolation.recording import lock, remember
from lazaretto.apps.registry.models import Facility
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text


@transaction.atomic
def open_cohort(facility: Facility, *, code: str, measure: str, by: str, at: int) -> Cohort:
    """Open a batch. :raises Refusal: no_code, code_taken."""
    lock(facility)
    if not code.strip():
        raise Refusal("no_code", Text("写明批次编号", "give the batch a code"))
    if Cohort.objects.filter(facility=facility, code=code.strip()).exists():
        raise Refusal("code_taken", Text(f"已有批次 {code}", f"there is a batch {code} already"))
    made = Cohort.objects.create(facility=facility, code=code.strip()[:40], measure=measure, opened_at=at, by=by[:60])
    remember(facility, "cohort_opened", [made], by=by, at=at)
    return made


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
    which he leaves. Return those who start again, each with the cause on file. :raises Refusal: no_cohort.
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
        if course_of(member, at).entered:
            expose(member, exposed_at=at, source=f"episode:{episode.number}", by=by, at=at)
            again.append(member)
    cohort.restarted_at, cohort.restarts = at, cohort.restarts + 1
    cohort.closed_at = cohort.closed_at or at
    cohort.save(update_fields=["restarted_at", "restarts", "closed_at"])
    remember(cohort.facility, "cohort_restarted", [cohort], by=by, at=at)
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
