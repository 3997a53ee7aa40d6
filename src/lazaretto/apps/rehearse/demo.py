"""
The demo: an invented bureau with five facilities, one for each regime, and a week of life in them up to now.

It goes through the same imports, border and actions as live facilities, with the moments handed in. Run again, it adds
what has fallen due since.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.db import transaction

from lazaretto import packs
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rehearse import founding
from lazaretto.apps.rehearse.acts import Act, Life
from lazaretto.apps.rehearse.bureau import DUTANG, FACILITIES, FIRST, ZHENXI, ZONE, Blueprint
from lazaretto.apps.rehearse.institution import DemoInstitution, institution
from lazaretto.apps.rehearse.invented import Inventor
from lazaretto.apps.rehearse.users import Credentials, Passwords, sign_up
from lazaretto.apps.rehearse.week import WEEK, Script
from lazaretto.apps.rounds.models import Fact
from lazaretto.protocol.clock import instant, local_day
from lazaretto.protocol.rotation import Rotation
from lazaretto.protocol.text import Text

CODE = FIRST
#: Acts that are committed together: few enough that nobody else waits long. Signing a day is long enough by itself.
COMMIT = {"register": 5, "rounds": 5, "reports": 1}
#: Told as it goes: what is done now, how much of it is done, of how much.
Progress = Callable[[str, int, int], None]


def _silent(title: str, n: int, total: int) -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Built:
    """Who can sign in, and how many facts were added."""

    people: list[Credentials]
    facts: int


def build(*, now: int, days: int = WEEK, size: float = 1.0, progress: Progress = _silent) -> Built:
    """
    Make or continue the demo up to `now`. Passwords are new each time.

    `days` (how long it has lived by then) and `size` (1.0: some 1,000 residents) are those of the first time.
    """
    before = Fact.objects.count()
    facilities = _facilities(local_day(ZONE, now), days, size)
    passwords = Passwords(facilities)
    lives = _found(facilities, days, now, progress)
    progress("rounds", 0, 1)
    acts = [(life, act) for life in lives for act in life.acts()]
    told = 0
    for together in _together(acts):
        progress(together[0][1].title, told, len(acts))
        with transaction.atomic():
            for life, act in together:
                life.happen(act)
        told += len(together)
    progress("users", told, told)
    return Built(sign_up(facilities, passwords, at=now), Fact.objects.count() - before)


def _together(acts: Sequence[tuple[Life, Act]]) -> Iterator[list[tuple[Life, Act]]]:
    """Yield runs of acts of one kind in one facility, each run to be committed at once."""
    for (_, title), run in groupby(acts, key=lambda item: (id(item[0]), item[1].title)):
        rest = list(run)
        while rest:
            yield rest[: COMMIT[title]]
            rest = rest[COMMIT[title] :]


def _facilities(today: date, days: int, size: float) -> list[DemoInstitution]:
    """Return the facilities as they are on their first day, which is kept once they are founded."""
    made = []
    for index, blueprint in enumerate(FACILITIES):
        known = Facility.objects.filter(code=blueprint.code).first()
        first = _first_day(known) if known else today - timedelta(days=days - 1)
        inventor = Inventor(blueprint.code, index, len(FACILITIES))
        made.append(institution(blueprint, inventor, first, _shifts(blueprint), size))
        Script(made[-1], days).settle()
    _move_on(made)
    return made


def _first_day(facility: Facility) -> date:
    """Return the day on which the demo began: the one of the facility's first journal entry."""
    return local_day(ZONE, facility.log.entries.order_by("seq")[0].recorded_at)


def _shifts(blueprint: Blueprint) -> list[tuple[str, Text]]:
    """Return the groups that take turns on duty, as the protocol calls them."""
    measures = packs.shipped(blueprint.protocol).document.measures
    turns = next(m for m in measures if isinstance(m, Rotation) and len(m.groups) > 1)
    return [(group.id, Text(group.title.zh, group.title.en)) for group in turns.groups]


def _move_on(facilities: list[DemoInstitution]) -> None:
    """Two people go from the detention centre to the prison, with all that is on file of them."""
    by_code = {made.blueprint.code: made for made in facilities}
    prison = by_code[ZHENXI.code]
    for person, known in zip(prison.newcomers[2:], by_code[DUTANG.code].cast["moved_on"], strict=True):
        person.name, person.sex, person.birth = known.name, known.sex, known.birth
        person.identity, person.aliases, person.vulnerable = known.identity, known.aliases, known.vulnerable
        person.population = prison.blueprint.populations[0][0]


def _found(facilities: list[DemoInstitution], days: int, now: int, progress: Progress) -> list[Life]:
    starts = {made.blueprint.code: instant(ZONE, made.first, 0) for made in facilities}
    organisations = founding.organisations(FACILITIES, at=min(starts.values()))
    lives = []
    for n, made in enumerate(facilities):
        code = made.blueprint.code
        progress("facilities", n, len(facilities))
        facility = Facility.objects.select_related("log").filter(code=code).first()
        if facility is None:
            facility = founding.found(made, organisations[code], at=starts[code])
            facility.log.refresh_from_db()
        lives.append(Life(made, facility, Script(made, days), now))
    return lives
