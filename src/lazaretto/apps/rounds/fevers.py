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
from datetime import timedelta
from decimal import Decimal
from statistics import median
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.registry.models import Facility, Person
from lazaretto.apps.rounds.facts import Admitted
from lazaretto.apps.rounds.models import Fact, FeverEpisode, OwnUsual
from lazaretto.apps.rounds.reading import Facts
from lazaretto.apps.rounds.temperatures import around, least_of, readings, rules_of
from lazaretto.apps.work import actions as work
from lazaretto.apps.work.models import Cascade
from lazaretto.protocol.clock import FOREVER, instant, local_day
from lazaretto.protocol.fever import MEDICINE, TEMPERATURE, Episode, FeverRule, Reading, episodes, moment_of
from lazaretto.protocol.record import Subject
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

EVENT = "fever"
CORRECTED = "corrected"
_BATCH = 900


def review(facility: Facility, facts: Sequence[Admitted], *, by: str, at: int) -> None:
    """Look at what new facts say about fevers, and record what follows."""
    watched = {TEMPERATURE, MEDICINE}
    near = [f for f in facts if f.subject_kind == "person" and f.observation in watched]
    if not near:
        return
    try:
        rounds = in_force(facility, at).resolved.measures
    except NoProtocol:
        return
    if not any(r.observation == TEMPERATURE and r.screen_threshold is not None for r in rounds):
        return
    people = _people(facility, {f.subject for f in near})
    rules = rules_of(people.values(), rounds)
    if rules:
        _Review(facility, rules, by, at).run(near)


def _people(facility: Facility, codes: Collection[str]) -> dict[str, Subject]:
    found = {}
    wanted = sorted(codes)
    for start in range(0, len(wanted), _BATCH):
        rows = Person.objects.filter(facility=facility, code__in=wanted[start : start + _BATCH])
        for code, population, base in rows.values_list("code", "population", "base"):
            found[code] = Subject(f"person:{code}", "person", population, base)
    return found


class _Review:
    def __init__(self, facility: Facility, rules: dict[str, FeverRule], by: str, at: int) -> None:
        self.facility, self.rules, self.by, self.at = facility, rules, by, at
        self.usual: dict[str, Decimal] = {}

    def run(self, facts: Sequence[Admitted]) -> None:
        facts = [f for f in facts if f"person:{f.subject}" in self.rules]
        if any(r.second.own_usual for r in self.rules.values()):
            self.usual = usual_of(self.facility, {f.subject: self.rules[f"person:{f.subject}"] for f in facts}, self.at)
        stored = self._stored({f.subject for f in facts})
        since: dict[str, int] = {}
        least = least_of(self.rules.values())
        for fact in facts:
            if fact.subject in stored or fact.supersedes or self._may_be_high(fact, least):
                since[fact.subject] = min(since.get(fact.subject, FOREVER), fact.observed_at)
        if since:
            self._judge(since, stored)

    def _stored(self, codes: Collection[str]) -> dict[str, list[FeverEpisode]]:
        """Return the episodes of some people: all that are not over, and those of the last days, which a late one changes."""
        found: dict[str, list[FeverEpisode]] = {}
        wanted = sorted(codes)
        recent = Q(ended_at=None) | Q(ended_at__gte=self.at - timedelta(days=90) // timedelta(milliseconds=1))
        for start in range(0, len(wanted), _BATCH):
            rows = FeverEpisode.objects.filter(
                recent, facility=self.facility, subject__in=wanted[start : start + _BATCH]
            )
            for row in rows.order_by("first_at", "pk"):
                found.setdefault(row.subject, []).append(row)
        return found

    def _may_be_high(self, fact: Admitted, least: Decimal) -> bool:
        if fact.observation != TEMPERATURE or fact.outcome != "done":
            return False
        value = _float(fact.value)
        usual = self.usual.get(f"person:{fact.subject}")
        own = self.rules[f"person:{fact.subject}"].second.own_usual
        return value >= float(least) - 1e-9 or (
            usual is not None and own is not None and value >= float(usual + own.above) - 1e-9
        )

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
        before = row.record() if row is not None else None
        was = row.state if row is not None else ""
        if row is None:
            row = FeverEpisode(
                facility=self.facility, subject=code, first=episode.first.id, first_at=episode.first.observed_at,
                because="threshold" if episode.first.value >= rule.screen else "own",
                opens_at=episode.first.observed_at + rule.second.rest.nominal_ms, due_at=episode.due,
            )  # fmt: skip
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
                self.facility, event=EVENT, source=source_of(row), subject=f"person:{row.subject}",
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


# -- a person's own usual temperature ------------------------------------------------------------------------------


class _Kept(NamedTuple):
    on: object
    value: str
    n: int


def usual_of(facility: Facility, rules: dict[str, FeverRule], at: int) -> dict[str, Decimal]:
    """
    Return the median of each person's readings in the days before today, by reference, for people (by code) whose rule
    asks for it and who have enough. Worked out once a day for each.
    """
    today = local_day(facility.zone, at)
    asked = {code: own for code, rule in rules.items() if (own := rule.second.own_usual) is not None}
    if not asked:
        return {}
    kept = {
        row[0]: _Kept(*row[1:])
        for row in OwnUsual.objects.filter(facility=facility, on=today).values_list("subject", "on", "value", "n")
        if row[0] in asked
    }
    missing = [code for code in asked if code not in kept]
    if missing:
        longest = max(asked[code].days for code in missing)
        end = instant(facility.zone, today, 0)
        start = instant(facility.zone, today - timedelta(days=longest), 0)
        values = _values(facility, missing, start, end)
        rows = [
            OwnUsual(facility=facility, subject=code, on=today, n=len(values.get(code, ())), value=_middle(values.get(code, ())))
            for code in missing
        ]  # fmt: skip
        OwnUsual.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["facility", "subject"], update_fields=["on", "value", "n"],
            batch_size=100,
        )  # fmt: skip
        kept |= {row.subject: _Kept(row.on, row.value, row.n) for row in rows}
    return {
        f"person:{code}": Decimal(kept[code].value)
        for code, own in asked.items()
        if kept[code].value and kept[code].n >= own.readings
    }


def _middle(values: Sequence[Decimal]) -> str:
    return f"{median(values):f}" if values else ""


def _values(facility: Facility, codes: Sequence[str], start: int, end: int) -> dict[str, list[Decimal]]:
    """Return what is on record of some people; one reading corrected more or less moves no median that matters."""
    found: dict[str, list[Decimal]] = {}
    for at in range(0, len(codes), _BATCH):
        rows = Fact.objects.filter(
            facility=facility, subject_kind="person", subject__in=codes[at : at + _BATCH], observation=TEMPERATURE,
            observed_at__gte=start, observed_at__lt=end, outcome="done",
        )  # fmt: skip
        for code, value in _numbers(rows.values_list("subject", "value")):
            found.setdefault(code, []).append(value)
    return found


def _numbers(rows: Iterable[tuple[str, str]]) -> Iterable[tuple[str, Decimal]]:
    for code, value in rows:
        if value.replace(".", "", 1).isdigit():
            yield code, Decimal(value)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0
