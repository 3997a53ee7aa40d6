"""Where runs stand: what is done, what comes next and from when on, what it waits for, what was refused."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from lazaretto.apps.command.queries import measures_once
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work.models import Refused, Run, StepDone
from lazaretto.protocol.chain import Chain, Done, Step, next_steps, possible_at, released_at

#: Chains by the digest of their resolved protocol and their id: what a digest names never changes.
_known: dict[tuple[str, str], Chain] = {}
_MOST = 2_000


class RunState(NamedTuple):
    """
    Where a run stands. `next` are the steps that can be done next, each with from when on; `released_at` is from when on
    the last step may be done if all others are (None while one is missing); `waits` are its timers with their ends.
    """

    run: Run
    chain: Chain
    direction: str
    done: list[StepDone]
    next: list[tuple[Step, int]]
    released_at: int | None
    ended: bool
    refused: list[Refused]

    @property
    def steps(self) -> list[Step]:
        """The steps owed in this direction, in order."""
        return self.chain.of(self.direction)

    def done_of(self, step: str) -> StepDone | None:
        return next((d for d in self.done if d.step == step), None)

    def waits_until(self, at: int) -> int | None:
        """Return when the next step becomes possible if nothing is possible yet; None if something is, or all is over."""
        return min((moment for _, moment in self.next), default=None) if self.is_held(at) else None

    def is_held(self, at: int) -> bool:
        """Say whether the run waits for a clock and for nothing else."""
        return not self.ended and bool(self.next) and all(moment > at for _, moment in self.next)


def as_done(steps: Iterable[StepDone]) -> list[Done]:
    """Return steps as the protocol's rules read them."""
    return [Done(s.step, s.at, s.by, s.result, s.second) for s in steps]


def chains(facility: Facility, at: int, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], Chain]:
    """Return chains as runs were opened under them, by the digest of the protocol and their id."""
    missing = {key for key in wanted if key not in _known}
    if missing:
        if len(_known) > _MOST:
            _known.clear()
        _known.update(measures_once(facility, at, missing, Chain))
    return {key: _known[key] for key in wanted if key in _known}


def chain_of(run: Run, at: int) -> Chain:
    key = (run.protocol, run.measure)
    return chains(run.facility, at, {key})[key]


def state(run: Run, at: int) -> RunState:
    """Return where one run stands."""
    return _state(run, chain_of(run, at), list(run.steps.order_by("at", "pk")), list(run.refusals.order_by("pk")))


def states(
    facility: Facility, at: int, *, streams: Collection[str] = (), open_only: bool = True,
    subjects: Collection[str] | None = None,
) -> list[RunState]:  # fmt: skip
    """
    Return where runs stand, the oldest first; `streams` and `subjects` narrow them. However many there are, the queries
    are as many.
    """
    rows = Run.objects.filter(facility=facility).order_by("opened_at", "pk")
    if open_only:
        rows = rows.filter(ended_at=None)
    if streams:
        rows = rows.filter(stream__in=list(streams))
    if subjects is not None:
        rows = rows.filter(subject__in=list(subjects))
    return states_of(facility, at, rows)


def recent(
    facility: Facility, at: int, *, streams: Collection[str], measure: str = "", ended: bool = False, text: str = "",
    most: int = 100,
) -> list[RunState]:  # fmt: skip
    """Return where the newest runs of some streams stand, open or ended; `measure` and a part of the title narrow them."""
    rows = Run.objects.filter(facility=facility, stream__in=list(streams), ended_at__isnull=not ended)
    if measure:
        rows = rows.filter(measure=measure)
    if text:
        rows = rows.filter(title__icontains=text)
    return states_of(facility, at, rows.order_by("-opened_at", "-pk")[:most])


def run_of(facility: Facility, pk: int) -> Run | None:
    """Return a run of a facility."""
    found = Run.objects.filter(facility=facility, pk=pk).first()
    if found is not None:
        found.facility = facility
    return found


def states_of(facility: Facility, at: int, rows: Iterable[Run]) -> list[RunState]:
    """Return where these runs stand, in their order, in three queries more."""
    found = list(rows)
    keys = [run.pk for run in found]
    steps: dict[int, list[StepDone]] = {key: [] for key in keys}
    refused: dict[int, list[Refused]] = {key: [] for key in keys}
    for start in range(0, len(keys), 400):
        part = keys[start : start + 400]
        for done in StepDone.objects.filter(run__in=part).order_by("at", "pk"):
            steps[done.run_id].append(done)
        for row in Refused.objects.filter(run__in=part).order_by("pk"):
            if row.run_id is not None:
                refused[row.run_id].append(row)
    known = chains(facility, at, {(run.protocol, run.measure) for run in found})
    for run in found:
        run.facility = facility
    return [
        _state(run, known[run.protocol, run.measure], steps[run.pk], refused[run.pk])
        for run in found
        if (run.protocol, run.measure) in known
    ]


def _state(run: Run, chain: Chain, steps: list[StepDone], refused: list[Refused]) -> RunState:
    done, zone = as_done(steps), run.facility.zone
    ended = run.ended_at is not None
    coming = [] if ended else next_steps(chain, done, zone, run.direction)
    free = released_at(chain, done, zone, run.direction)
    return RunState(run, chain, run.direction, steps, coming, free, ended, refused)


def timers(found: RunState) -> list[tuple[Step, int | None]]:
    """Return the steps that wait for a clock, each with when it is over (None while it has not begun)."""
    done, zone = as_done(found.done), found.run.facility.zone
    return [(s, possible_at(found.chain, s, done, zone, found.direction)) for s in found.steps if s.wait is not None]
