"""
What changes for people if a protocol is adopted: duties by role, hours of work, wakings at night, rooms, and what would
newly be refused. Computed on the people and places really there, for one day; nothing is written.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil

from django.db.models import Min

from lazaretto.apps.command import queries as command
from lazaretto.apps.registry.models import Facility, Place, Presence
from lazaretto.apps.rounds.queries import institution_of
from lazaretto.protocol.activation import Activation, activation
from lazaretto.protocol.chain import Chain
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO, instant, local_day, local_minute
from lazaretto.protocol.diff import Change, diff
from lazaretto.protocol.evidence import day_bounds, evaluate
from lazaretto.protocol.load import Loaded
from lazaretto.protocol.pathway import Pathway, Stage
from lazaretto.protocol.record import Institution
from lazaretto.protocol.resolve import Resolved, resolve
from lazaretto.protocol.restriction import Restriction
from lazaretto.protocol.round import Round
from lazaretto.protocol.text import Text

#: Over how many days arrivals are averaged.
ARRIVALS_OVER = 28


@dataclass(frozen=True, slots=True)
class Duty:
    """One round before and after: acts a day, and hours of work a day (None where no effort is stated)."""

    measure: str
    title: Text
    owner: str
    acts: tuple[int, int]
    hours: tuple[Decimal | None, Decimal | None]
    wakings: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rooms:
    """
    What a stage alone in a room takes: `needed` = arrivals a day × days of the stage (Little's law), rounded up, and how
    many such rooms there are.
    """

    pathway: str
    stage: Text
    days: int
    arrivals_a_day: Decimal
    needed: int
    available: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What adopting a protocol on a day would change. `before` is None where nothing is in force yet."""

    on: date
    activation: Activation
    changes: tuple[Change, ...]
    duties: tuple[Duty, ...]
    rooms: tuple[Rooms, ...]
    refused: tuple[Text, ...]

    def hours_by_owner(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Return the hours of work a day before and after, by who does it; rounds without an effort are left out."""
        found: dict[str, tuple[Decimal, Decimal]] = {}
        for duty in self.duties:
            before, after = found.get(duty.owner, (Decimal(0), Decimal(0)))
            found[duty.owner] = (before + (duty.hours[0] or 0), after + (duty.hours[1] or 0))
        return found


def preview(facility: Facility, loaded: Loaded, at: int) -> Preview:
    """Return what adopting a protocol now would change, on the day after `at` with the people who are there then."""
    on = local_day(facility.zone, at) + timedelta(days=1)
    try:
        now: command.InForce | None = command.in_force(facility, at)
    except command.NoProtocol:
        now = None
    level = now.resolved.level if now else None
    known = {item.id for item in loaded.document.levels}
    flags = now.resolved.flags if now else ()
    after = resolve(loaded, level if level in known else None, flags)
    before = now.resolved if now else None
    start, end = instant(facility.zone, on - timedelta(days=1), 0), instant(facility.zone, on + timedelta(days=2), 0)
    institution = institution_of(facility, start, end, facts=[], excuses=[])
    return Preview(
        on,
        activation(loaded),
        tuple(diff(before, after)) if before else (),
        tuple(_duties(institution, before, after, on)),
        tuple(_rooms(facility, after, at)),
        tuple(_refused(before, after)),
    )


def _duties(institution: Institution, before: Resolved | None, after: Resolved, on: date) -> Iterable[Duty]:
    old, new = _acts(institution, before, on), _acts(institution, after, on)
    rounds: dict[str, Round] = {m.id: m for r in (before, after) if r for m in r.measures}
    for id_, round_ in rounds.items():
        acts = old[0][id_], new[0][id_]
        was = before.measure(id_) if before else None
        efforts = (was.effort if was else round_.effort), round_.effort
        hours = tuple(
            Decimal(n * effort.nominal_ms) / 3_600_000 if effort is not None else None
            for n, effort in zip(acts, efforts, strict=True)
        )
        yield Duty(id_, round_.title.text, round_.owner or "", acts, (hours[0], hours[1]), (old[1][id_], new[1][id_]))


def _acts(institution: Institution, resolved: Resolved | None, on: date) -> tuple[Counter[str], Counter[str]]:
    """Return the acts of a day by round, and those of them that wake residents."""
    acts: Counter[str] = Counter()
    wakings: Counter[str] = Counter()
    if resolved is None:
        return acts, wakings
    phase = resolved.phase(FOREVER_AGO, FOREVER)
    _, end = day_bounds([phase], institution.zone, on)
    residents = {s.ref for s in institution.subjects if s.base == "resident"}
    rounds = {m.id: m for m in resolved.measures}
    for slot in evaluate(institution, [phase], on, end).slots:
        acts[slot.measure] += 1
        night = rounds[slot.measure].pace.night
        if slot.subject in residents and night and night.policy == "same":
            wakings[slot.measure] += night.covers(local_minute(institution.zone, slot.due))
    return acts, wakings


def _rooms(facility: Facility, after: Resolved, at: int) -> Iterable[Rooms]:
    arrivals = _arrivals(facility, at)
    for pathway in after.everything:
        if isinstance(pathway, Pathway) and pathway.active and pathway.purpose == "intake":
            for stage in pathway.stages:
                if stage.length is not None and stage.placement == "single_room":
                    needed = ceil(arrivals * stage.length.days)
                    yield Rooms(
                        pathway.id, stage.title.text, stage.length.days, arrivals, needed, _available(facility, stage)
                    )


def _arrivals(facility: Facility, at: int) -> Decimal:
    since = instant(facility.zone, local_day(facility.zone, at) - timedelta(days=ARRIVALS_OVER), 0)
    residents = Presence.objects.filter(person__facility=facility, person__base="resident")
    first = residents.values("person").annotate(first=Min("starts")).filter(first__gte=since, first__lte=at)
    return Decimal(first.count()) / ARRIVALS_OVER


def _available(facility: Facility, stage: Stage) -> int:
    rooms = Place.objects.filter(facility=facility, capacity=1)
    return rooms.filter(kind=stage.place_class).count() if stage.place_class else rooms.count()


def _refused(before: Resolved | None, after: Resolved) -> Iterable[Text]:
    """Return in words what is let through today and would not be: new restrictions, new steps of a chain."""
    old = {m.id: m for m in before.everything} if before else {}
    for measure in after.everything:
        was = old.get(measure.id)
        if not measure.active:
            continue
        if isinstance(measure, Restriction) and (was is None or not was.active):
            yield measure.title.text
        elif isinstance(measure, Chain):
            known = {s.id for s in was.steps} if isinstance(was, Chain) else set()
            for step in measure.steps:
                if step.id not in known and was is not None:
                    yield Text(
                        f"{measure.title.zh}：未完成“{step.title.zh}”", f"{measure.title.en}: without “{step.title.en}”"
                    )
