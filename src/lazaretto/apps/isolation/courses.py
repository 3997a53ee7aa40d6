"""
Where each episode stands: its stage, its clocks, what keeps it open, what comes next. Everything is computed from what
happened and the protocol that held when it began; in a fixed number of queries however many there are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from django.db.models import QuerySet

from lazaretto.apps.command.queries import in_force, measures_once
from lazaretto.apps.isolation.models import Episode, Note, Placement
from lazaretto.apps.laboratory import queries as laboratory
from lazaretto.apps.laboratory.models import Specimen
from lazaretto.apps.registry.models import Facility, LegalDate, Person
from lazaretto.protocol import pathway as rules
from lazaretto.protocol.clock import Duration, instant, local_day, plus
from lazaretto.protocol.pathway import Entered, Pathway, Stage, Tested
from lazaretto.protocol.refusal import Refusal

RELEASE = "release"
_BATCH = 400


class TestDue(NamedTuple):
    """A test of a stage on a day: what became of it. `result` is empty while there is none."""

    at: int
    panel: str
    test: str
    result: str
    taken: bool


@dataclass(frozen=True)
class Course:
    """One episode with everything that its clocks need; `at` is the moment of the answer."""

    episode: Episode
    pathway: Pathway
    zone: str
    at: int
    placements: Sequence[Placement]
    notes: Sequence[Note]
    specimens: Sequence[Specimen]
    legal_on: date | None

    # -- what happened ----------------------------------------------------------------------------------------------

    @cached_property
    def way(self) -> rules.Episode:
        tests = [
            Tested(s.order.panel, s.taken_at, s.result)
            for s in self.specimens
            if s.result and s.result != "spoiled" and self._counts(s)
        ]
        return rules.Episode(
            entered=self.entered,
            exposures=sorted(n.occurred_at for n in self.notes if n.kind in ("exposure", "restarted")),
            suspended=[
                (n.occurred_at, max(n.ends_at if n.ends_at is not None else self.at, n.occurred_at))
                for n in self.notes
                if n.kind == "suspended"
            ],
            tests=tests,
            confirmed=frozenset((n.stage, n.value) for n in self.notes if n.kind == "confirmed"),
            decisions=[n.occurred_at for n in self.notes if n.kind == "outside"],
            onset=self.episode.onset_at,
        )

    def _counts(self, specimen: Specimen) -> bool:
        """A panel may hold several tests: only the one that a stage names counts, all if it names none of the panel."""
        named = {t.id for s in self.pathway.stages for t in s.tests if t.panel == specimen.order.panel}
        of_panel = self._ordered.get(specimen.order.panel, frozenset())
        return specimen.order.test in named or not named & of_panel

    @cached_property
    def _ordered(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for s in self.specimens:
            found[s.order.panel].add(s.order.test)
        return {panel: frozenset(tests) for panel, tests in found.items()}

    @cached_property
    def entered(self) -> list[Entered]:
        """The stages entered, the first placement of each; those done elsewhere first."""
        found: dict[str, int] = dict(self.episode.earlier)
        for placement in sorted(self.placements, key=lambda p: p.starts):
            if placement.status in (Placement.OPEN, Placement.ENDED):
                found.setdefault(placement.stage, placement.starts)
        return [Entered(stage, at) for stage, at in found.items()]

    @property
    def room(self) -> Placement | None:
        return next((p for p in self.placements if p.status == Placement.OPEN), None)

    @property
    def planned(self) -> Placement | None:
        return next((p for p in self.placements if p.status == Placement.PLANNED), None)

    @property
    def suspended(self) -> Note | None:
        return next((n for n in self.notes if n.kind == "suspended" and n.ends_at is None), None)

    # -- where it stands --------------------------------------------------------------------------------------------

    @property
    def stage(self) -> Stage | None:
        return self.pathway.stage(self.entered[-1].stage) if self.entered else None

    @property
    def next_stage(self) -> Stage | None:
        return rules.next_stage(self.pathway, self.way)

    @property
    def stage_day(self) -> int:
        """The number of the day in the present stage, by the convention of the pathway; 0 before any."""
        if not self.entered:
            return 0
        days = (local_day(self.zone, self.at) - local_day(self.zone, self.entered[-1].at)).days
        return days + (self.pathway.day_one_is == "same_day")

    @property
    def legal_at(self) -> int | None:
        return None if self.legal_on is None else instant(self.zone, self.legal_on, 0)

    @property
    def extended_to(self) -> int | None:
        return max((n.ends_at for n in self.notes if n.kind == "extended" and n.ends_at is not None), default=None)

    def may_end_at(self, *, leaving: bool = True) -> int | None:
        """Return from when the clocks let the person leave the stage; None where no number is given."""
        if not self.entered:
            return None
        earliest = rules.may_exit_at(self.pathway, self.way, self.zone, leaving=leaving)
        if earliest is None or self.extended_to is None:
            return earliest
        return max(earliest, self.extended_to)

    def refusal(self, *, leaving: bool = True) -> Refusal | None:
        """Return why the person may not leave the stage now, None if he may."""
        try:
            rules.check_may_exit(self.pathway, self.way, at=self.at, zone=self.zone, leaving=leaving)
        except Refusal as refusal:
            return refusal
        earliest = self.may_end_at(leaving=leaving)
        if earliest is not None and self.at < earliest:
            return Refusal("extended", self.pathway.title.text, earliest)
        return None

    @cached_property
    def expected_end(self) -> int | None:
        """
        Return when the whole way ends as far as is known, with the stages to come; the law's day if that is sooner.
        None where a number is missing.
        """
        end = self.end_by_clocks()
        if self.legal_at is None or end is None:
            return end if self.legal_at is None else self.legal_at
        return min(end, self.legal_at)

    def end_by_clocks(self) -> int | None:
        """Return when the whole way would end if the law set no day."""
        if not self.entered:
            planned = rules.plan(self.pathway, self.start_if_begun(self.at), self.zone)
            return planned[-1].end if len(planned) == len(self.pathway.stages) else None
        ahead = self.pathway.stages[self.pathway.stages.index(self.stage) + 1 :] if self.stage else []
        end = self.may_end_at(leaving=not ahead)
        if end is None or not ahead:
            return end
        rest = self.pathway.model_copy(update={"stages": ahead, "counts_from": "entry", "lead": None})
        planned = rules.plan(rest, end, self.zone)
        last = planned[-1].end if len(planned) == len(ahead) else None
        if last is None or self.pathway.exposure_clock is None:
            return last
        return max([last, *(plus(self.zone, e, self.pathway.exposure_clock) for e in self.way.exposures)])

    def start_if_begun(self, at: int) -> int:
        """Return from when the first clock counts if the first stage is entered at `at`."""
        if self.pathway.counts_from == "legal_date" and self.legal_at is not None:
            return self.legal_at
        if self.pathway.counts_from == "last_exposure" and self.way.exposures:
            return self.way.exposures[-1]
        if self.pathway.counts_from == "onset" and self.episode.onset_at is not None:
            return self.episode.onset_at
        return at

    @cached_property
    def met_at(self) -> int | None:
        """Return since when all criteria are met, None while one is not: from then on each hour is an hour too late."""
        if self.episode.ended_at is not None or self.refusal() is not None:
            return None
        found = [self.may_end_at() or self.at]
        found += [n.recorded_at for n in self.notes if n.kind == "confirmed" and n.stage == self.entered[-1].stage]
        found += [
            s.reported_at for s in self.specimens if s.reported_at is not None and s.taken_at >= self.entered[-1].at
        ]
        return min(max(found), self.at)

    @property
    def days_alone(self) -> int:
        return rules.alone_days(self.pathway, self.way, at=self.ended_or_now, zone=self.zone)

    @property
    def ended_or_now(self) -> int:
        return self.at if self.episode.ended_at is None else min(self.at, self.episode.ended_at)

    @property
    def silence(self) -> str | None:
        """What must happen to a stay whose outside review passed without a decision; never `continue`."""
        return rules.on_silence(self.pathway, self.way, at=self.at, zone=self.zone)

    def reviews(self, until: int) -> list[rules.Review]:
        """Return the reviews of the present stage up to a moment that nobody has done yet."""
        if not self.entered:
            return []
        entered = self.entered[-1]
        done = sorted(
            n.occurred_at for n in self.notes if n.kind in ("reviewed", "outside") and n.occurred_at >= entered.at
        )
        outside = [n.occurred_at for n in self.notes if n.kind == "outside" and n.occurred_at >= entered.at]
        found: list[rules.Review] = []
        before = entered.at
        for review in rules.reviews(self.pathway, entered, until, self.zone):
            # A review that is done up to a day early, or late, answers the one that is due, and all before it.
            answers = outside if review.outside else [d for d in done if d >= min(before, review.at - 86_400_000)]
            if review.outside and not answers:
                found.append(review)
            elif not review.outside:
                if not any(d >= review.at - 86_400_000 for d in answers):
                    found.append(review)
                before = review.at
        return found

    def tests(self) -> list[TestDue]:
        """Return the tests of the present stage by day, each with what became of it, in order."""
        if not self.entered or self.stage is None:
            return []
        found = []
        entered = self.entered[-1].at
        for test in self.stage.tests:
            taken = [
                s for s in self.specimens
                if s.order.panel == test.panel and s.outcome == Specimen.TAKEN and s.taken_at >= entered and self._counts(s)
            ]  # fmt: skip
            for day in test.on_days:
                due = plus(self.zone, entered, Duration(days=max(day - (self.pathway.day_one_is == "same_day"), 0)))
                on = local_day(self.zone, due)
                of_day = [s for s in taken if local_day(self.zone, s.taken_at) == on]
                last = of_day[-1] if of_day else None
                found.append(
                    TestDue(
                        last.taken_at if last else due, test.panel, test.id, last.result if last else "", bool(last)
                    )
                )
            if test.before_exit is not None and (end := self.may_end_at()) is not None:
                since = end - test.before_exit.nominal_ms
                after = [s for s in taken if s.taken_at >= since]
                last = after[-1] if after else None
                found.append(
                    TestDue(
                        last.taken_at if last else max(since, entered),
                        test.panel,
                        test.id,
                        last.result if last else "",
                        bool(last),
                    )
                )
        return sorted(found)


# -- reads ----------------------------------------------------------------------------------------------------------


def pathways(facility: Facility, at: int) -> list[Pathway]:
    """Return the pathways in force, in the order of the protocol. :raises NoProtocol: if nothing was adopted."""
    return [m for m in in_force(facility, at).resolved.everything if isinstance(m, Pathway) and m.active]


def courses(
    facility: Facility, at: int, rows: QuerySet[Episode] | None = None, *, only: Collection[int] | None = None
) -> list[Course]:
    """
    Return the open episodes of a facility (or `rows`, or those of `rows` whose id is in `only`) with where they stand, the
    oldest first.
    """
    if rows is None:
        rows = Episode.objects.filter(facility=facility, ended_at=None)
    found = _episodes(facility, rows, only)
    known = measures_once(facility, at, {(e.protocol, e.measure) for e in found}, Pathway)
    placements = _by_episode(found, Placement.objects.select_related("place"), "starts")
    notes = _by_episode(found, Note.objects.all(), "occurred_at")
    people = {e.person_id for e in found}
    specimens = laboratory.specimens(people, since=min((e.opened_at for e in found), default=0) - 60 * 86_400_000)
    legal = legal_dates(people)
    return [
        Course(
            e, known[e.protocol, e.measure], facility.zone, at, placements[e.pk], notes[e.pk],
            [s for s in specimens[e.person_id] if s.taken_at <= at], legal.get(e.person_id),
        )
        for e in found
        if (e.protocol, e.measure) in known
    ]  # fmt: skip


def _episodes(facility: Facility, rows: QuerySet[Episode], only: Collection[int] | None) -> list[Episode]:
    """Read episodes with their people. The facility is the one that is asked for: one row, not one for each of them."""
    rows = rows.select_related("person", "cohort").order_by("opened_at", "pk")
    if only is None:
        found = list(rows)
    else:
        ids = sorted(only)
        found = [e for start in range(0, len(ids), _BATCH) for e in rows.filter(pk__in=ids[start : start + _BATCH])]
        found.sort(key=lambda e: (e.opened_at, e.pk))
    for episode in found:
        episode.facility = episode.person.facility = facility
    return found


def course_of(episode: Episode, at: int) -> Course:
    """Return where one episode stands."""
    return courses(episode.facility, at, Episode.objects.filter(pk=episode.pk))[0]


def legal_dates(people: Iterable[int]) -> dict[int, date]:
    """Return the day on which the law sets each of these people free, where it is on file."""
    ids, found = sorted(set(people)), dict[int, date]()
    for start in range(0, len(ids), _BATCH):
        rows = LegalDate.objects.filter(person__in=ids[start : start + _BATCH], kind=RELEASE)
        found.update(rows.values_list("person_id", "on"))
    return found


def _by_episode(found: Sequence[Episode], rows: QuerySet, order: str) -> dict[int, list]:  # type: ignore[type-arg]
    ids = [e.pk for e in found]
    by: dict[int, list] = defaultdict(list)  # type: ignore[type-arg]
    for start in range(0, len(ids), _BATCH):
        for row in rows.filter(episode__in=ids[start : start + _BATCH]).order_by(order, "pk"):
            by[row.episode_id].append(row)
    return by


def episode_of(facility: Facility, number: int) -> Episode | None:
    rows = Episode.objects.select_related("facility__log", "facility__organisation", "person", "cohort")
    return rows.filter(facility=facility, number=number).first()


def episodes_of(person: Person) -> QuerySet[Episode]:
    return Episode.objects.filter(person=person)
