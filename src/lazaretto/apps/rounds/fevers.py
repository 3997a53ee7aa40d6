"""
The two steps of a fever as they happen: a first high reading asks for a second one by a clock, the second confirms it or
closes it.

Episodes are what `protocol.fever` says of the readings on record, worked out anew for a person each time some come in: so
late readings, corrections and batches in any order end in the same state. Called by `actions.record_facts` in its
transaction: a fever is never on record without its clock.

What others may build on: the journal's entries `fever_suspected`, `fever_confirmed` and `fever_closed` (subject: the
person's reference; `occurred_at`: the reading; leaf: the episode), and the cascades of the event `fever` (`apps.work`).
"""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.registry.models import Facility, Person
from lazaretto.apps.rounds.facts import Admitted
from lazaretto.apps.rounds.models import FeverEpisode
from lazaretto.apps.rounds.reading import Facts
from lazaretto.apps.rounds.temperatures import around, least_of, readings, rules_of
from lazaretto.apps.rounds.usual import usual_of
from lazaretto.apps.work import actions as work
from lazaretto.apps.work.models import Cascade
from lazaretto.protocol.clock import FOREVER
from lazaretto.protocol.fever import MEDICINE, TEMPERATURE, Episode, FeverRule, Reading, episodes, moment_of
from lazaretto.protocol.record import Subject
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.round import Round
from lazaretto.protocol.second_reading import SecondReading
from lazaretto.protocol.text import Text

EVENT = "fever"
CORRECTED = "corrected"
_WATCHED = frozenset({TEMPERATURE, MEDICINE})
_NONE = Decimal(0)
_BATCH = 900


def review(facility: Facility, facts: Sequence[Admitted], measures: Iterable[Round], *, by: str, at: int) -> None:
    """Look at what new facts say about fevers by the measures in force, and record what follows."""
    near = [f for f in facts if f.observation in _WATCHED and f.subject_kind == "person"]
    if not near:
        return
    rounds = [r for r in measures if r.observation == TEMPERATURE and r.screen_threshold is not None]
    if not rounds:
        return
    stored = _stored(facility, min(f.observed_at for f in near), [f.supersedes for f in near if f.supersedes])
    known = _people(facility, {f.subject for f in _may_matter(near, rounds, stored)})
    rules = rules_of(known.values(), rounds)
    if rules:
        _Review(facility, known, rules, by, at).run([f for f in near if f"person:{f.subject}" in rules], stored)


_Stored = dict[str, list[FeverEpisode]]


def _stored(facility: Facility, since: int, superseded: Sequence[str]) -> _Stored:
    """Return the episodes that were not over at a moment, and those that a superseded reading decided, by person."""
    found: _Stored = {}
    wanted = Q(ended_at=None) | Q(ended_at__gte=since)
    for start in range(0, len(superseded), _BATCH // 3):
        some = superseded[start : start + _BATCH // 3]
        wanted |= Q(first__in=some) | Q(confirmed__in=some) | Q(ended__in=some)
    for row in FeverEpisode.objects.filter(wanted, facility=facility).order_by("first_at", "pk"):
        found.setdefault(row.subject, []).append(row)
    return found


def _may_matter(facts: Sequence[Admitted], rounds: Sequence[Round], stored: _Stored) -> Sequence[Admitted]:
    """Return the facts that are high by any threshold, correct something or are about somebody who has a fever."""
    if any(r.second_reading is not None and r.second_reading.own_usual is not None for r in rounds):
        return facts
    high = _high(facts, rounds)
    return [f for f in facts if f.value in high or f.subject in stored]


def _high(facts: Sequence[Admitted], rounds: Sequence[Round]) -> set[str]:
    """Return the values that are high by the lowest threshold: readings say the same few over and over."""
    rules = [FeverRule(r.screen_threshold or _NONE, _NONE, r.second_reading or SecondReading()) for r in rounds]
    least = float(least_of(rules)) - 1e-9
    return {value for value in {f.value for f in facts if f.observation == TEMPERATURE} if _float(value) >= least}


def _people(facility: Facility, codes: Collection[str]) -> dict[str, Subject]:
    found = {}
    wanted = sorted(codes)
    for start in range(0, len(wanted), _BATCH):
        rows = Person.objects.filter(facility=facility, code__in=wanted[start : start + _BATCH])
        for code, population, base in rows.values_list("code", "population", "base"):
            found[code] = Subject(f"person:{code}", "person", population, base)
    return found


class _Review:
    def __init__(
        self, facility: Facility, people: dict[str, Subject], rules: dict[str, FeverRule], by: str, at: int
    ) -> None:
        self.facility, self.people, self.rules, self.by, self.at = facility, people, rules, by, at
        self.usual: dict[str, Decimal] = {}

    def run(self, facts: Sequence[Admitted], stored: _Stored) -> None:
        own = {f.subject: rule for f in facts if (rule := self.rules[f"person:{f.subject}"]).second.own_usual}
        self.usual = usual_of(self.facility, own, self.at)
        since: dict[str, int] = {}
        for fact in facts:
            if fact.subject in stored or self._may_be_high(fact):
                since[fact.subject] = min(since.get(fact.subject, FOREVER), fact.observed_at)
        gone = {f.supersedes for f in facts if f.supersedes}
        for row in (row for rows in stored.values() for row in rows):
            if row.subject in since and gone & {row.first, row.confirmed, row.ended}:
                since[row.subject] = min(since[row.subject], row.first_at)
        if since:
            self._judge(since, stored)

    def _may_be_high(self, fact: Admitted) -> bool:
        if fact.observation != TEMPERATURE or fact.outcome != "done":
            return False
        value, rule = _float(fact.value) + 1e-9, self.rules[f"person:{fact.subject}"]
        usual, own = self.usual.get(f"person:{fact.subject}"), rule.second.own_usual
        error = rule.second.device_check.most if rule.second.device_check else _NONE
        if usual is not None and own is not None and value >= float(usual + own.above - error):
            return True
        return value >= float(rule.screen - error)

    def _judge(self, since: dict[str, int], stored: dict[str, list[FeverEpisode]]) -> None:
        for code, moment in since.items():
            around_it = [e for e in stored.get(code, ()) if e.reason != CORRECTED and _end(e) >= moment]
            since[code] = min([moment, *(e.first_at for e in around_it)])
        facts = Facts(self.facility, max(self.at, self.facility.log.recorded_at))
        span = min(since.values()), FOREVER
        rules = {f"person:{code}": self.rules[f"person:{code}"] for code in since}
        known = around(facts, rules, span, lambda observation, within: facts.about(observation, since, within))
        found = readings(facts.about(TEMPERATURE, since, span), rules, known, self.usual)
        for code, start in sorted(since.items()):
            ref = f"person:{code}"
            own = [e for e in stored.get(code, ()) if e.first_at >= start]
            closed = [e.ended_at for e in own if e.closed_by and e.ended_at is not None]
            after = [r for r in found.get(ref, ()) if r.observed_at >= start]
            self._reconcile(code, episodes(after, self.rules[ref], closed), own)

    def _reconcile(self, code: str, derived: list[Episode], stored: list[FeverEpisode]) -> None:
        rows = {row.first: row for row in stored}
        for episode in derived:
            row = rows.pop(episode.first.id, None)
            self._keep(code, episode, row)
        for row in rows.values():
            if row.reason != CORRECTED and not row.closed_by:
                row.ended_at, row.reason = row.first_at, CORRECTED
                row.save(update_fields=["ended_at", "reason"])
                self._record(row, "fever_closed", row.ended_at)
                _end_cascades(row, CORRECTED, by=self.by, at=self.at)

    def _keep(self, code: str, episode: Episode, row: FeverEpisode | None) -> None:
        rule = self.rules[f"person:{code}"]
        if row is None:
            row = FeverEpisode.objects.filter(facility=self.facility, first=episode.first.id).first()
        if row is None:
            row = FeverEpisode(
                facility=self.facility, subject=code, first=episode.first.id, first_at=episode.first.observed_at,
                because="threshold" if episode.first.value >= rule.screen else "own",
                opens_at=episode.first.observed_at + rule.second.rest.nominal_ms, due_at=episode.due,
            )  # fmt: skip
        before, was = (row.record(), row.state) if row.pk else (None, "")
        confirmed, ended = episode.confirmed, episode.ended
        row.confirmed, row.confirmed_at = (confirmed.id, confirmed.observed_at) if confirmed else ("", None)
        if not row.closed_by:
            row.ended = ended.id if isinstance(ended, Reading) else ""
            row.ended_at, row.reason = None if ended is None else moment_of(ended), ""
        if row.record() == before:
            return
        row.save()
        self._tell(row, was)

    def _tell(self, row: FeverEpisode, was: str) -> None:
        """Record what is new about an episode: suspected, then confirmed, then over."""
        if not was:
            self._record(row, "fever_suspected", row.first_at)
        if row.confirmed_at is not None and was not in ("confirmed", "over"):
            ref = self._record(row, "fever_confirmed", row.confirmed_at)
            work.start(
                self.facility, event=EVENT, source=source_of(row), subject=self.people[row.subject],
                event_at=row.confirmed_at, by=self.by, at=self.at, ref=ref,
            )  # fmt: skip
        elif row.state in ("unconfirmed", "over") and was != row.state and row.ended_at is not None:
            self._record(row, "fever_closed", row.ended_at)
        elif was:
            self._record(row, "fever_reviewed", row.first_at)

    def _record(self, row: FeverEpisode, kind: str, occurred_at: int) -> str:
        return record(row, kind, occurred_at, by=self.by, at=self.at)


def _end(row: FeverEpisode) -> int:
    return FOREVER if row.ended_at is None else row.ended_at


def record(row: FeverEpisode, kind: str, occurred_at: int, *, by: str, at: int) -> str:
    """Record a version of an episode in the journal; return the reference of the person."""
    ref: str = Person.objects.values_list("ref", flat=True).get(facility=row.facility_id, code=row.subject)
    journal.record(
        row.facility.log, kind, [Version("fever", str(row.pk), row.record())], by=by, at=at, occurred_at=occurred_at,
        subjects=[ref],
    )  # fmt: skip
    return ref


def source_of(row: FeverEpisode) -> str:
    """Return how a cascade names the episode that started it."""
    return f"fever:{row.pk}"


def _end_cascades(row: FeverEpisode, reason: str, *, by: str, at: int) -> None:
    for cascade in Cascade.objects.filter(facility=row.facility_id, source=source_of(row), ended_at=None):
        work.end(cascade, reason=reason, by=by, at=at)


@transaction.atomic
def close(row: FeverEpisode, *, reason: str, by: str, at: int) -> FeverEpisode:
    """
    Close what is open with a reason (gone to hospital, another cause found). The next high reading is a first one again.

    :raises Refusal: no_reason, over (a reading ended it already).
    """
    row = FeverEpisode.objects.select_for_update().select_related("facility__log").get(pk=row.pk)
    if row.closed_by:
        return row
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明原因", "say why"))
    if row.ended_at is not None:
        raise Refusal("over", Text("后来的读数已经结束了这次发热", "a later reading has ended it"))
    row.ended_at, row.closed_by, row.reason = at, by, reason.strip()[:120]
    row.save(update_fields=["ended_at", "closed_by", "reason"])
    record(row, "fever_closed", at, by=by, at=at)
    _end_cascades(row, row.reason, by=by, at=at)
    return row


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0
