"""
Regular medicines of people in isolation: whose doses are late, and whose were missed. Isolation must not interrupt treatment
(domain §8.2, D9): one dose late waits for somebody, more than one missed calls the clinic.

Who takes what is the register's standing `regular_medicine` (`insulin/2`: twice a day). A dose is on record as the good
`long_term` of the entitlement `medicines.continuity`, entered with the rest of care; it stands for all that is due then.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from django.db.models import Q

from lazaretto.apps.registry.models import Facility, Standing
from lazaretto.apps.work.models import Given

KEY = "regular_medicine"
MEASURE, GOOD = "medicines.continuity", "long_term"
_DAY = 86_400_000
_BATCH = 400


class Gap(NamedTuple):
    """That doses of somebody's regular medicine are not on record: since when, and how many by now."""

    person: int
    since: int
    missed: int

    @property
    def calls(self) -> bool:
        """More than one dose is missed: a clinician must come."""
        return self.missed > 1


def takers(facility: Facility, people: Collection[int], start: int, end: int) -> dict[int, list[Standing]]:
    """Return who of these people takes a regular medicine at any time of [start, end), with the standings that say so."""
    found: dict[int, list[Standing]] = {}
    ids = sorted(set(people))
    for n in range(0, len(ids), _BATCH):
        rows = Standing.objects.filter(facility=facility, key=KEY, person__in=ids[n : n + _BATCH])
        rows = rows.filter(Q(starts=None) | Q(starts__lt=end)).filter(Q(ends=None) | Q(ends__gt=start))
        for row in rows.order_by("pk"):
            assert row.person_id is not None
            found.setdefault(row.person_id, []).append(row)
    return found


def doses_a_day(standings: Iterable[Standing]) -> int:
    """Return how many doses a day the most frequent of these medicines takes."""
    said = (s.value.rpartition("/")[2] for s in standings)
    return max((int(n) for n in said if n.isdecimal() and 0 < int(n) <= 6), default=1)


def gaps(facility: Facility, inside_since: Mapping[int, int], at: int) -> list[Gap]:
    """
    Return whose doses are not on record at an instant, of people in isolation each since a moment. A dose given counts from
    its time; before the first, the day of entering counts. What was declined is no dose, and stays a gap for the clinic.
    """
    taking = takers(facility, inside_since, at, at + 1)
    last = _last_given(facility, taking, at)
    found = []
    for person, standings in taking.items():
        began = min(s.start_ms for s in standings)
        since = max(inside_since[person], began, last.get(person, 0))
        missed = (at - since) * doses_a_day(standings) // _DAY
        if missed > 0:
            found.append(Gap(person, since, missed))
    return found


def _last_given(facility: Facility, people: Iterable[int], at: int) -> dict[int, int]:
    ids, found = sorted(people), dict[int, int]()
    for n in range(0, len(ids), _BATCH):
        rows = Given.objects.filter(
            facility=facility, person__in=ids[n : n + _BATCH], measure=MEASURE, good=GOOD, outcome=Given.GIVEN,
            given_at__lte=at,
        ).order_by("given_at")  # fmt: skip
        found.update(rows.values_list("person_id", "given_at"))
    return found
