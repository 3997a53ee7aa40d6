"""What the fevers of a facility stand at: second readings owed, confirmed ones with what they set going, and past ones."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Q

from lazaretto.apps.command.queries import in_force
from lazaretto.apps.registry.models import Facility, Person, Presence
from lazaretto.apps.rounds.fevers import CORRECTED, EVENT, source_of
from lazaretto.apps.rounds.models import Fact, FeverEpisode
from lazaretto.apps.work.queries import Owing, open_cascades
from lazaretto.protocol.fever import TEMPERATURE

PAST_MS = 3 * 86_400_000
#: How far back the page on false alarms looks, and the thresholds that it compares.
DAYS, DAY_MS = 7, 86_400_000
THRESHOLDS = tuple(Decimal(370 + n) / 10 for n in range(11))


class Line(NamedTuple):
    """One fever: whose, where the person is now, the readings that count, and the cascades that it started."""

    episode: FeverEpisode
    person: Person
    place: str
    first: str
    confirmed: str
    cascades: list[Owing]


class Fevers(NamedTuple):
    """What is owed first comes first. `confirmed` are also those that are over while something they ask for is not done."""

    owed: list[Line]
    confirmed: list[Line]
    past: list[Line]


def fevers(facility: Facility, at: int, *, staff: bool = True) -> Fevers:
    """Return the fevers that are open, and those that ended in the last days, in a fixed number of queries."""
    cascades: dict[str, list[Owing]] = {}
    for owing in open_cascades(facility, at, event=EVENT):
        cascades.setdefault(owing.cascade.source, []).append(owing)
    wanted = Q(ended_at=None) | Q(ended_at__gte=at - PAST_MS) | Q(pk__in=[_episode(source) for source in cascades])
    rows = list(
        FeverEpisode.objects.filter(wanted, facility=facility).exclude(reason=CORRECTED).order_by("due_at", "pk")
    )
    values = _values(facility, [id_ for e in rows for id_ in (e.first, e.confirmed) if id_])
    people = {p.code: p for p in Person.objects.filter(facility=facility, code__in={e.subject for e in rows})}
    places = _places(people.values(), at)
    lines = [
        Line(
            e, people[e.subject], places.get(people[e.subject].pk, ""), values.get(e.first, ""),
            values.get(e.confirmed, ""), cascades.get(source_of(e), []),
        )
        for e in rows
        if e.subject in people and (staff or people[e.subject].base == "resident")
    ]  # fmt: skip
    past = [line for line in lines if line.episode.ended_at is not None and not line.cascades]
    return Fevers(
        [line for line in lines if line.episode.state == "open"],
        [line for line in lines if line.episode.state == "confirmed" or line.cascades],
        sorted(past, key=lambda line: -(line.episode.ended_at or 0)),
    )


def _episode(source: str) -> int:
    return int(source.partition(":")[2])


def _values(facility: Facility, ids: list[str]) -> dict[str, str]:
    return dict(Fact.objects.filter(facility=facility, id__in=ids).values_list("id", "value"))


def _places(people: Iterable[Person], at: int) -> dict[int, str]:
    rows = Presence.objects.filter(
        Q(ends=None) | Q(ends__gt=at), person__in=list(people), layer="record", starts__lte=at
    )
    return dict(rows.values_list("person_id", "place__code"))


class Alarms(NamedTuple):
    """
    What a screening threshold would ask for: `screened` readings a day at or over it, and how many of them a second,
    independent reading would be at or over it by chance alone.
    """

    threshold: Decimal
    screened: float
    by_chance: float


class FalseAlarms(NamedTuple):
    """The readings of the last days on file, fevers that were confirmed left out."""

    readings: int
    people: int
    days: int
    at_present: Decimal | None
    rows: list[Alarms]


def false_alarms(facility: Facility, at: int) -> FalseAlarms:
    """
    Return how often each threshold would ask for a second reading, on this facility's own readings of the last days.

    Readings of one person are more alike than independent ones, so the true number of chance confirmations is higher.
    Source: domain handbook §4.3. :raises NoProtocol: if nothing was adopted.
    """
    since = at - DAYS * DAY_MS
    rounds = [r for r in in_force(facility, at).resolved.measures if r.observation == TEMPERATURE]
    screens = [r.screen_threshold for r in rounds if r.screen_threshold is not None]
    ill = FeverEpisode.objects.filter(facility=facility, confirmed_at__gte=since).values("subject")
    rows = Fact.objects.filter(facility=facility, observation=TEMPERATURE, observed_at__gte=since, observed_at__lte=at)
    healthy = rows.exclude(subject__in=ill).filter(outcome="done")
    counts: Counter[Decimal] = Counter()
    for value, n in healthy.order_by().values_list("value").annotate(n=Count("id")):
        if value.replace(".", "", 1).isdigit():
            counts[Decimal(value)] += n
    total = sum(counts.values())
    chosen = sorted({*THRESHOLDS, *screens})
    found = []
    for threshold in chosen:
        over = sum(n for value, n in counts.items() if value >= threshold)
        found.append(Alarms(threshold, over / DAYS, over * over / total / DAYS if total else 0.0))
    return FalseAlarms(
        total, healthy.order_by().values("subject").distinct().count(), DAYS, min(screens, default=None), found
    )


def begun(facility: Facility, since: int, at: int) -> tuple[list[int], list[int]]:
    """Return when fevers began since a moment: those that were confirmed, and those that wait or were not confirmed."""
    rows = FeverEpisode.objects.filter(facility=facility, first_at__gte=since, first_at__lte=at)
    confirmed: list[int] = []
    others: list[int] = []
    for first_at, confirmed_at in rows.exclude(reason=CORRECTED).values_list("first_at", "confirmed_at"):
        (others if confirmed_at is None else confirmed).append(first_at)
    return confirmed, others
