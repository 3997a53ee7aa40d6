"""
Two people recorded one thing differently, as happens when one of them was without network: found here, and settled by a
person. Nothing is overwritten: what does not count is set aside by a fact that says so, and stays on record.
"""

import uuid
from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import NamedTuple

from django.db import transaction

from lazaretto.apps.command.queries import in_force
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.journal.models import Log
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.actions import record_facts
from lazaretto.apps.rounds.facts import Border
from lazaretto.apps.rounds.models import Fact, FeverEpisode, SettledPair
from lazaretto.apps.rounds.outbox import SOURCE
from lazaretto.protocol.clock import local
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: So far apart two acts are still about one round, and so far back it is looked.
NEAR, BACK = 30 * 60_000, 24 * 3_600_000
_BATCH = 900

GONE = Text("其中一条已被更正，请重新打开", "one of the two was corrected meanwhile; open it again")


class Pair(NamedTuple):
    """Two facts about the same, in order of time, that differ."""

    first: Fact
    second: Fact

    @property
    def ids(self) -> tuple[str, str]:
        one, other = sorted((self.first.id, self.second.id))
        return one, other


def unsettled(facility: Facility, codes: Collection[str], at: int) -> list[Pair]:
    """
    Return what different people recorded differently about some persons in the last `BACK`, and nobody has settled. One of
    the two came from a phone that was offline. A second reading after a high one differs rightly.
    """
    found = [pair for _, facts in sorted(_recent(facility, codes, at).items()) for pair in _differing(facts)]
    if not found:
        return []
    settled = set(
        SettledPair.objects.filter(facility=facility, settled_at__gte=at - 2 * BACK).values_list("one", "other")
    )
    firsts = set(
        FeverEpisode.objects.filter(facility=facility, first__in=[p.first.id for p in found]).values_list(
            "first", flat=True
        )
    )
    return [p for p in found if p.ids not in settled and p.first.id not in firsts]


def _recent(facility: Facility, codes: Collection[str], at: int) -> dict[str, list[Fact]]:
    wanted, found = sorted(codes), dict[str, list[Fact]]()
    for start in range(0, len(wanted), _BATCH):
        rows = Fact.objects.filter(
            facility=facility, subject_kind="person", subject__in=wanted[start : start + _BATCH],
            observed_at__gte=at - BACK, observed_at__lte=at,
        ).order_by("observed_at", "id")  # fmt: skip
        facts = list(rows)
        corrected = set(
            Fact.objects.filter(facility=facility, supersedes__in=[f.id for f in facts]).values_list(
                "supersedes", flat=True
            )
        )
        for fact in facts:
            if fact.outcome == "done" and fact.id not in corrected:
                found.setdefault(fact.subject, []).append(fact)
    return found


def _differing(facts: list[Fact]) -> Iterator[Pair]:
    by_observation: dict[str, list[Fact]] = {}
    for fact in facts:
        by_observation.setdefault(fact.observation, []).append(fact)
    for own in by_observation.values():
        for first, second in pairwise(own):
            near = second.observed_at - first.observed_at <= NEAR
            differ = first.value != second.value and first.by != second.by
            if near and differ and SOURCE in (first.source, second.source):
                yield Pair(first, second)


@transaction.atomic
def settle(facility: Facility, one: str, other: str, *, keeps: str, by: str, at: int) -> None:
    """
    Let one of two facts stand and set the other aside, or let both stand (`keeps` empty). Done already, it stays as it is.

    :raises Refusal: gone, if one of them is not there or was corrected meanwhile.
    """
    Log.objects.select_for_update().get(pk=facility.log_id)
    one, other = sorted((one, other))
    facts = {f.id: f for f in Fact.objects.filter(facility=facility, id__in=[one, other])}
    if len(facts) != 2 or keeps not in ("", one, other):
        raise Refusal("gone", GONE)
    if SettledPair.objects.filter(facility=facility, one=one, other=other).exists():
        return
    if Fact.objects.filter(facility=facility, supersedes__in=[one, other]).exists():
        raise Refusal("gone", GONE)
    if keeps:
        _set_aside(facility, facts[other if keeps == one else one], facts[keeps], by=by, at=at)
    row = SettledPair.objects.create(facility=facility, one=one, other=other, keeps=keeps, settled_at=at, by=by)
    journal.record(
        facility.log, "pair_settled", [Version("settled_pair", f"{one}/{other}", row.record())], by=by, at=at
    )


def _set_aside(facility: Facility, fact: Fact, kept: Fact, *, by: str, at: int) -> None:
    claim = {
        "id": str(uuid.uuid4()), "observation": fact.observation, "subject_kind": fact.subject_kind,
        "subject": fact.subject, "observed_at": local(facility.zone, fact.observed_at).isoformat(), "outcome": "void",
        "by": fact.by, "source": "console", "supersedes": fact.id, "note": f"kept {kept.id}",
    }  # fmt: skip
    void = Border(facility, in_force(facility, at).resolved.document, at).admit(claim)
    record_facts(facility, [void], by=by, at=at)
