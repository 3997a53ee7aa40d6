"""What waits for somebody in a facility: fevers with what they ask for, places we know nothing of, and what apps report."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.urls import reverse

from lazaretto.apps.console.queries import Asked
from lazaretto.apps.console.situation import SEVERITY, Situation, around
from lazaretto.apps.rounds.fever_list import Fevers, Line, fevers
from lazaretto.protocol.text import Text
from lazaretto.web.picture import filled


@dataclass(frozen=True, slots=True)
class Waiting:
    """
    One line of the list. `state` is its shape; `what` says the kind of event, `titles` name what is to be done next. No
    name of a person stands in it, so that it can hang on a wall.
    """

    state: str
    what: str
    place: str
    at: int
    due: int | None = None
    n: int = 1
    titles: tuple[Text, ...] = ()
    said: Text | None = None
    url: str = ""


def waiting(asked: Asked, found: Situation | None, now: int) -> list[Waiting]:
    """Return what is open, the gravest first and of those the newest, in a fixed number of queries."""
    seen = fevers(asked.facility, now)
    lines = [*_fevers(asked, seen, now), *(_silent(asked, found) if found is not None else ())]
    lines += [
        Waiting(a.state, "other", a.place, a.at, a.due, titles=(a.next,) if a.next else (), said=a.said, url=a.url)
        for a in filled("alerts", asked.facility, now, asked.may)
    ]
    return sorted(lines, key=lambda w: (SEVERITY.index(w.state), -w.at))


def feverish(lines: Iterable[Waiting]) -> Counter[str]:
    """Return how many fevers are confirmed, and how many wait for a second reading."""
    return Counter(w.what for w in lines if w.what in ("confirmed", "second"))


def _fevers(asked: Asked, seen: Fevers, now: int) -> Iterator[Waiting]:
    address = reverse("fevers", args=[asked.facility.code])
    for line in seen.confirmed:
        if line.episode.state == "confirmed":
            at = line.episode.confirmed_at or line.episode.first_at
            due, titles = _next(line)
            yield Waiting("alert", "confirmed", line.place, at, due, titles=titles, url=address)
    for line in seen.owed:
        state = "late" if line.episode.due_at < now else "due"
        yield Waiting(state, "second", line.place, line.episode.first_at, line.episode.due_at, url=address)


def _next(line: Line) -> tuple[int | None, tuple[Text, ...]]:
    """Return by when the first thing that a fever asks for is owed, and what may be done now."""
    owed = [o for one in line.cascades for o in one.actions if o.state in ("open", "overdue")]
    owed.sort(key=lambda o: (o.due is None, o.due or 0))
    titles = tuple(Text(o.action.title.zh, o.action.title.en) for o in owed[:2])
    return (owed[0].due if owed else None), titles


def _silent(asked: Asked, found: Situation) -> Iterator[Waiting]:
    """Yield the buildings in which people have no temperature on record today, though one was owed."""
    by_house: Counter[str] = Counter()
    for place, n in found.unknown.items():
        chain = list(around(place, found.parents))
        by_house[chain[-2] if len(chain) > 1 else place] += n
    for code, n in sorted(by_house.items()):
        url = reverse("today", args=[asked.facility.code]) + f"?place={code}"
        yield Waiting("unknown", "silent", code, found.at, n=n, url=url)
