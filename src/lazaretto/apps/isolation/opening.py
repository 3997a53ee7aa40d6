"""Starting an episode: proposed by an event, or ordered by a named clinician with a ground and an expected end (D1)."""

from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Max

from lazaretto.apps.command.queries import in_force
from lazaretto.apps.isolation.courses import Course, course_of
from lazaretto.apps.isolation.models import Cohort, Episode, Note
from lazaretto.apps.isolation.models.episodes import ISOLATING
from lazaretto.apps.isolation.recording import lock, remember
from lazaretto.apps.registry.models import Person
from lazaretto.protocol.pathway import Pathway, Planned, plan
from lazaretto.protocol.record import Subject
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.selection import names_population
from lazaretto.protocol.text import Text


class Ordered(NamedTuple):
    """
    What is ordered: which pathway, on which clinical ground, of which pathogen or syndrome; when the last exposure or the
    onset was, where the pathway counts from it. `earlier` are stages done elsewhere, with when they were entered.
    """

    measure: str
    ground: str
    pathogen: str = ""
    exposures: tuple[int, ...] = ()
    onset_at: int | None = None
    cohort: Cohort | None = None
    source: str = ""
    earlier: tuple[tuple[str, int], ...] = ()


@transaction.atomic
def open_episode(person: Person, ordered: Ordered, *, by: str, at: int, proposed: bool = False) -> Episode:
    """
    Open an episode. `proposed` is for what an event starts by itself: a named person still orders it.

    :raises Refusal: no_pathway, not_for_them, no_ground, no_number (no end could be told), no_exposure, no_legal_date,
        merged, open_already, never_with, closed_cohort.
    """
    facility = person.facility
    lock(facility)
    resolved = in_force(facility, at).resolved
    pathway = _pathway(resolved.any_measure(ordered.measure), person)
    _check(person, pathway, ordered, at)
    number = (Episode.objects.filter(facility=facility).aggregate(last=Max("number"))["last"] or 0) + 1
    made = Episode.objects.create(
        facility=facility, number=number, person=person, cohort=ordered.cohort, measure=pathway.id, protocol=resolved.digest,
        purpose=pathway.purpose, ground=ordered.ground.strip()[:200], pathogen=ordered.pathogen.strip()[:60],
        source=ordered.source[:80], onset_at=ordered.onset_at, opened_at=at, opened_by=by[:60],
        ordered_by="" if proposed else by[:60], ordered_at=None if proposed else at, earlier=[list(e) for e in ordered.earlier],
    )  # fmt: skip
    notes = [
        Note.objects.create(
            episode=made, kind="exposure", occurred_at=moment, by=by[:60], recorded_at=at, source="order"
        )
        for moment in ordered.exposures
    ]
    if course_of(made, at).expected_end is None:
        raise Refusal(
            "no_number",
            Text("规程没有写明天数，无法告知预计结束日", "the protocol gives no length, so no end can be told"),
        )
    kind = "isolation_proposed" if proposed else "isolation_opened"
    remember(facility, kind, [made, *notes], by=by, at=at, subjects=[person.ref], protocol=resolved.digest)
    return made


def _pathway(measure: Any, person: Person) -> Pathway:
    if not isinstance(measure, Pathway) or not measure.active:
        raise Refusal("no_pathway", Text("现行规程没有这条路径", "the protocol in force has no such pathway"))
    subject = Subject(f"person:{person.code}", "person", person.population, person.base)
    if not names_population(measure, subject):
        raise Refusal("not_for_them", Text("这条路径不适用于此人", "this pathway is not for this person"))
    return measure


def _check(person: Person, pathway: Pathway, ordered: Ordered, at: int) -> None:
    if person.merged_into_id is not None:
        raise Refusal("merged", Text("此档案已并入另一份", "this file was merged into another"))
    if not ordered.ground.strip():
        raise Refusal(
            "no_ground",
            Text("写明临床理由：没有理由不隔离", "give the clinical ground: without one nobody is isolated"),
        )
    if pathway.counts_from == "last_exposure" and not ordered.exposures:
        raise Refusal(
            "no_exposure",
            Text(
                "写明最后一次接触的时间；不清楚就写最早可能离开接触的时间",
                "say when the last exposure was; if that is not known, when it can have ended at the latest",
            ),
        )
    if any(moment > at for moment in ordered.exposures) or (ordered.onset_at or 0) > at:
        raise Refusal("in_future", Text("时间还没到", "that moment is still to come"))
    if pathway.counts_from == "legal_date" and not person.legal_dates.filter(kind="release").exists():
        raise Refusal("no_legal_date", Text("没有登记法定释放日期", "no lawful day of release is on file"))
    if ordered.cohort is not None and (ordered.cohort.closed_at is not None or ordered.cohort.measure != pathway.id):
        raise Refusal("closed_cohort", Text("这一批已不再加人", "nobody joins this cohort any more"))
    for other in Episode.objects.filter(person=person, ended_at=None):
        if other.measure == pathway.id:
            raise Refusal("open_already", Text("已在这条路径上", "is on this pathway already"))
        if (other.purpose in ISOLATING) == (pathway.purpose in ISOLATING):
            raise Refusal(
                "never_with",
                Text("已在另一条同类路径上，先结束它", "is on another pathway of this kind; end that first"),
            )
        if other.purpose in ISOLATING:
            raise Refusal(
                "never_with", Text("隔离治疗中的人不作隔离观察", "somebody in isolation is not put in quarantine")
            )


@transaction.atomic
def order(episode: Episode, *, ground: str, pathogen: str = "", by: str, at: int) -> Episode:
    """Order what an event proposed: a named person, with the ground. :raises Refusal: no_ground, over."""
    lock(episode.facility)
    episode.refresh_from_db()
    check_open(episode)
    if not ground.strip():
        raise Refusal("no_ground", Text("写明临床理由", "give the clinical ground"))
    episode.ground, episode.pathogen = ground.strip()[:200], pathogen.strip()[:60] or episode.pathogen
    episode.ordered_by, episode.ordered_at = by[:60], at
    episode.save(update_fields=["ground", "pathogen", "ordered_by", "ordered_at"])
    remember(episode.facility, "isolation_ordered", [episode], by=by, at=at, subjects=[episode.person.ref])
    return episode


@transaction.atomic
def tell(episode: Episode, *, language: str, by: str, at: int) -> Episode:
    """Note that the person was told the reason, the expected end and how to complain. The end told first stays on file."""
    lock(episode.facility)
    episode.refresh_from_db()
    check_open(episode)
    if episode.told_at is not None:
        return episode
    episode.told_at, episode.told_by, episode.told_language = at, by[:60], language[:10]
    episode.told_end = course_of(episode, at).expected_end
    episode.save(update_fields=["told_at", "told_by", "told_end", "told_language"])
    remember(episode.facility, "isolation_told", [episode], by=by, at=at, subjects=[episode.person.ref])
    return episode


def check_open(episode: Episode) -> None:
    """:raises Refusal: over."""
    if episode.ended_at is not None:
        raise Refusal("over", Text("已经结束", "this is over already"))


def told_plan(course: Course) -> list[Planned]:
    """Return the stages with their dates as they would be told now."""
    return plan(
        course.pathway, course.start_if_begun(course.entered[0].at if course.entered else course.at), course.zone
    )
