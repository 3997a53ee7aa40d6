"""
A pathway: ordered stages of placement with clocks, tests and exit criteria. Isolation is care, with an end told at the
start; nothing here can hold anybody beyond the day the law sets him free.

Source: design §2 and §8, domain §2.1 to §2.3 and §8.2 (D5), themes G and M of the requirements.
"""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from lazaretto.protocol.bounds import ALL, FEWER, LONGER, SOONER, YES, ordered
from lazaretto.protocol.cadence import Span, Strict, refuse
from lazaretto.protocol.clock import Duration, instant, local_day, plus
from lazaretto.protocol.measures import Identifier, Item, Measure, Title, Whole
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

Placement = Literal["single_room", "cohort", "own_room", "home", "site", "ward"]
#: What a stage without an outside decision does, the least protective for the person first.
SILENCE = ordered("continue", "cohort_or_clear", "cohort", "clear")


class StageTest(Strict):
    """A test of a stage: the panel, on which days of the stage, or how long before leaving it."""

    id: Identifier
    panel: Identifier
    on_days: Annotated[list[Whole], ALL] = []
    before_exit: Annotated[Span | None, FEWER] = None
    result: str = "negative"


class Stage(Item):
    """
    One stage. `length` is its least stay, `max` its longest; `placement` and `place_class` say where, `persons` how
    many share the room. `review` is how often the stay is looked at again; `outside_review` by which day somebody from
    outside decides, and `on_silence` what happens when nobody did. `return_to` is taken when the pathway says so.
    """

    length: Annotated[Span | None, LONGER]
    max: Annotated[Span | None, FEWER] = None
    placement: Placement = "single_room"
    place_class: str | None = None
    site: str | None = None
    persons: Annotated[Whole | None, FEWER] = None
    tests: Annotated[list[StageTest], ALL] = []
    exit: Annotated[list[Item], ALL] = []
    review: Annotated[Span | None, SOONER] = None
    warn: Annotated[Span | None, SOONER] = None
    outside_review: Annotated[Span | None, SOONER] = None
    on_silence: Annotated[Literal["continue", "cohort_or_clear", "cohort", "clear"], SILENCE] = "continue"
    skippable: bool = False
    handover: Annotated[bool, YES] = False
    approved_by: str | None = None


class Pathway(Measure):
    """
    Ordered stages. `counts_from` says where the first clock starts: `entry` into the stage, `last_exposure`, `onset`,
    or `legal_date` (then the first stage starts `lead` before it, and the date stands whatever the stage does).
    `restart_on` and `suspend_on` name the events that restart or stop the clock; `exposure_clock` is the least time
    since the last exposure, beside the stages; `entitlements` is what everybody on the pathway is owed.
    """

    kind: Literal["pathway"]
    purpose: Literal["isolation", "quarantine", "cohorting", "intake", "pre_release", "standby", "observation"]
    counts_from: Literal["entry", "last_exposure", "onset", "legal_date"] = "entry"
    day_one_is: Literal["same_day", "next_day"] = "next_day"
    lead: Annotated[Span | None, LONGER] = None
    exposure_clock: Annotated[Span | None, LONGER] = None
    stages: Annotated[list[Stage], ALL] = Field(min_length=1)
    restart_on: Annotated[list[Identifier], ALL] = []
    suspend_on: list[Identifier] = []
    max_total: Annotated[Span | None, FEWER] = None
    entitlements: Annotated[list[Identifier], ALL] = []
    starts_care: Annotated[bool, YES] = True
    never_with: list[Identifier] = []
    reserve: Title | None = None
    capacity: list[Item] = []

    @model_validator(mode="after")
    def _clocks_fit(self) -> "Pathway":
        for stage in self.stages:
            if stage.length and stage.max and stage.max.nominal_ms < stage.length.nominal_ms:
                raise refuse("max", Text("max 短于 length", "max is shorter than length"), ("stages",))
            if stage.review is not None and not stage.review.nominal_ms:
                raise refuse("review", Text("review 不能为零", "review cannot be zero"), ("stages",))
        if self.counts_from == "legal_date" and self.lead is None and "lead" not in self.model_fields_set:
            raise refuse("lead", Text("按法定日期起算须给出 lead", "counting from a legal date needs lead"))
        return self

    def stage(self, id_: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.id == id_), None)


class Entered(NamedTuple):
    """That somebody entered a stage at an instant."""

    stage: str
    at: int


class Tested(NamedTuple):
    """A result of a panel: when the sample was taken, and what came out."""

    panel: str
    at: int
    result: str


class Episode(NamedTuple):
    """
    One person's way so far: the stages entered in order, the restarts (new exposures) and spans of suspension, the
    tests, the exit criteria that were confirmed, the outside decisions by instant, and the onset of the illness.
    """

    entered: Sequence[Entered]
    exposures: Sequence[int] = ()
    suspended: Sequence[tuple[int, int]] = ()
    tests: Sequence[Tested] = ()
    confirmed: frozenset[tuple[str, str]] = frozenset()
    decisions: Sequence[int] = ()
    onset: int | None = None


class Planned(NamedTuple):
    """A stage with when it starts, when it may end at the earliest, and the days of it; None where no number is given."""

    stage: Stage
    start: int
    end: int | None
    days: int | None


class Review(NamedTuple):
    """A moment at which a stay must be looked at: inside the house, or by somebody outside."""

    at: int
    stage: str
    outside: bool


def type_of(pathway: Pathway, stage: Stage) -> str:
    """Return the type of room that a stage needs: the class it names, else its purpose."""
    return stage.place_class or pathway.purpose


def persons_in(stage: Stage) -> int | None:
    """Return how many share a room of a stage; None: as many as the room holds."""
    return stage.persons or (1 if stage.placement == "single_room" else None)


def plan(pathway: Pathway, start: int, zone: str) -> list[Planned]:
    """
    Return the stages with their dates, as told to the person at the start; those after a missing number are left out.

    With `legal_date`, `start` is that date, the first stage starts `lead` before it, and nothing is planned beyond it.
    """
    latest = None
    if pathway.counts_from == "legal_date":
        if pathway.lead is None:
            return []
        latest, start = start, _back(zone, start, pathway.lead.days)
    found = []
    for stage in pathway.stages:
        if stage.length is None:
            found.append(Planned(stage, start, None, None))
            break
        end = _ends(pathway, stage, start, zone)
        end = end if latest is None else min(end, latest)
        found.append(Planned(stage, start, end, stage.length.days))
        start = end
    return found


def reviews(pathway: Pathway, entered: Entered, until: int, zone: str) -> list[Review]:
    """Return the reviews of one stage up to `until`, in order; a stage without `review` has only the outside one."""
    stage = pathway.stage(entered.stage)
    assert stage is not None
    found = []
    if stage.review is not None:
        for n in count(1):
            at = plus(zone, entered.at, Duration(n * stage.review.days, n * stage.review.seconds))
            if at > until:
                break
            found.append(Review(at, stage.id, outside=False))
    if stage.outside_review is not None and (at := plus(zone, entered.at, stage.outside_review)) <= until:
        found.append(Review(at, stage.id, outside=True))
    return sorted(found)


def next_stage(pathway: Pathway, episode: Episode) -> Stage | None:
    """Return the stage that comes after the last one entered, None after the last."""
    ids = [stage.id for stage in pathway.stages]
    if not episode.entered:
        return pathway.stages[0]
    index = ids.index(episode.entered[-1].stage) + 1
    return pathway.stages[index] if index < len(ids) else None


def check_may_enter(pathway: Pathway, stage: str, episode: Episode, *, at: int, zone: str) -> None:
    """
    Say why a stage may not be entered now. A stage may be passed over only where it says `skippable`.

    :raises Refusal: unknown_stage, repeated, skipped, or what keeps the person in the stage before.
    """
    ids = [s.id for s in pathway.stages]
    if stage not in ids:
        raise Refusal("unknown_stage", Text(f"没有阶段 {stage}", f"there is no stage {stage}"))
    current = ids.index(episode.entered[-1].stage) if episode.entered else -1
    if ids.index(stage) <= current:
        raise Refusal("repeated", Text("不能回到已过的阶段", "a stage that is over is not entered again"))
    for passed in pathway.stages[current + 1 : ids.index(stage)]:
        if not passed.skippable:
            raise Refusal("skipped", Text(f"须先经过“{passed.title.zh}”", f"“{passed.title.en}” comes first"))
    if episode.entered:
        check_may_exit(pathway, episode, at=at, zone=zone, leaving=False)


def may_exit_at(pathway: Pathway, episode: Episode, zone: str, *, leaving: bool = True) -> int | None:
    """
    Return from when on the clocks let a person leave the present stage: the stage's own clock, moved by restarts and
    suspensions, and (when leaving the pathway) the exposure clock; never before the stage was entered. None where the
    stage has no number.
    """
    entered = episode.entered[-1]
    stage = pathway.stage(entered.stage)
    assert stage is not None
    if stage.length is None:
        return None
    stops = sorted(episode.suspended) if pathway.suspend_on else []
    ends = [_over(start, _ends(pathway, stage, start, zone), stops) for start in _starts(pathway, episode)]
    if pathway.exposure_clock is not None and (leaving or next_stage(pathway, episode) is None):
        ends += [_over(e, plus(zone, e, pathway.exposure_clock), stops) for e in episode.exposures]
    return max(entered.at, *ends)


def _starts(pathway: Pathway, episode: Episode) -> list[int]:
    """Return the moments from which the clock of the present stage counts; the latest end of them holds."""
    entered = episode.entered[-1]
    restarts = [e for e in episode.exposures if e > entered.at] if pathway.restart_on else []
    first = len(episode.entered) == 1
    if first and pathway.counts_from == "onset" and episode.onset is not None:
        return [episode.onset, *restarts]
    before = [e for e in episode.exposures if e <= entered.at]
    if first and pathway.counts_from == "last_exposure" and (before or restarts):
        return [*before, *restarts]
    return [entered.at, *restarts]


def _over(start: int, end: int, stops: Sequence[tuple[int, int]]) -> int:
    """Return when a clock that runs from `start` to `end` is over if it stands still during the stops, in their order."""
    for a, b in stops:
        a = max(a, start)
        if a < end and b > a:
            start, end = b, end + b - a
    return end


def check_may_exit(pathway: Pathway, episode: Episode, *, at: int, zone: str, leaving: bool = True) -> None:
    """
    Say why a person may not leave the present stage now. Lawful release is another matter: see `may_leave_the_house`.

    :raises Refusal: not_entered, skipped (leaving the pathway with a stage to come that is not skippable), no_number,
        too_early (with when), test_missing, not_confirmed.
    """
    if not episode.entered:
        raise Refusal("not_entered", Text("尚未进入任何阶段", "no stage has been entered"))
    stage = pathway.stage(episode.entered[-1].stage)
    assert stage is not None
    ahead = pathway.stages[pathway.stages.index(stage) + 1 :] if leaving else []
    for coming in (s for s in ahead if not s.skippable):
        raise Refusal("skipped", Text(f"还须经过“{coming.title.zh}”", f"“{coming.title.en}” is still to come"))
    earliest = may_exit_at(pathway, episode, zone, leaving=leaving)
    if earliest is None:
        raise Refusal("no_number", Text("本阶段的天数未填写", "the length of this stage is not filled in"))
    if at < earliest:
        raise Refusal("too_early", Text(f"“{stage.title.zh}”未满", f"“{stage.title.en}” is not over"), earliest)
    for test in missing_tests(pathway, episode, at=at, zone=zone):
        raise Refusal("test_missing", Text(f"缺少检测 {test.id}", f"the test {test.id} is missing"))
    for item in stage.exit:
        if (stage.id, item.id) not in episode.confirmed:
            raise Refusal("not_confirmed", Text(f"未确认：{item.title.zh}", f"not confirmed: {item.title.en}"))


def missing_tests(pathway: Pathway, episode: Episode, *, at: int, zone: str) -> list[StageTest]:
    """
    Return the tests of the present stage that are owed by `at` and have no accepted result.

    A test of a day may be taken later, but one day's samples stand for one day only; the newest result must be accepted.
    """
    entered = episode.entered[-1]
    stage = pathway.stage(entered.stage)
    assert stage is not None
    today = _day_of_stage(pathway, entered.at, at, zone)
    found = []
    for test in stage.tests:
        taken = [t for t in episode.tests if t.panel == test.panel and entered.at <= t.at <= at]
        good = [t.at for t in taken if t.result == test.result]
        days = {_day_of_stage(pathway, entered.at, sample, zone) for sample in good}
        owed = [d for d in test.on_days if d <= today]
        newest = max((t.at for t in taken), default=None)
        if (
            any(sum(day >= d for day in days) < sum(other >= d for other in owed) for d in owed)
            or any(t.at == newest and t.result != test.result for t in taken)
            or (test.before_exit and not any(plus(zone, sample, test.before_exit) >= at for sample in good))
        ):
            found.append(test)
    return found


def on_silence(pathway: Pathway, episode: Episode, *, at: int, zone: str) -> str | None:
    """
    Return what must happen to a stay whose outside review was due by `at` without a decision: `clear`, `cohort`,
    `cohort_or_clear`; None while no review is overdue.
    """
    if not episode.entered:
        return None
    entered = episode.entered[-1]
    stage = pathway.stage(entered.stage)
    if stage is None or stage.outside_review is None:
        return None
    due = plus(zone, entered.at, stage.outside_review)
    return stage.on_silence if at >= due and not any(entered.at <= d <= at for d in episode.decisions) else None


def alone_days(pathway: Pathway, episode: Episode, *, at: int, zone: str) -> int:
    """Return the days in single rooms by `at`, added up over all stages; a day is counted when the next one begins."""
    total = 0
    for index, entered in enumerate(episode.entered):
        stage = pathway.stage(entered.stage)
        end = min(at, episode.entered[index + 1].at) if index + 1 < len(episode.entered) else at
        if stage and stage.placement == "single_room" and end > entered.at:
            total += (local_day(zone, end) - local_day(zone, entered.at)).days
    return total


def may_leave_the_house(*, at: int, legal_date: int | None) -> bool:
    """Say whether the law sets a person free by `at`. No stage, test or outbreak enters into it (design §8)."""
    return legal_date is not None and at >= legal_date


def _day_of_stage(pathway: Pathway, entered: int, at: int, zone: str) -> int:
    days = (local_day(zone, at) - local_day(zone, entered)).days
    return days + 1 if pathway.day_one_is == "same_day" else days


def _ends(pathway: Pathway, stage: Stage, start: int, zone: str) -> int:
    """
    Return the earliest end of a stage. Hours count from the moment. With `next_day` the start is day 0, and the stage
    ends on its last day at the hour of the start; with `same_day` the start is day 1, and the stage ends when the last
    day is over, at midnight.
    """
    assert stage.length is not None
    if pathway.day_one_is == "next_day" or not stage.length.days:
        return plus(zone, start, stage.length)
    midnight = instant(zone, local_day(zone, start) + timedelta(days=stage.length.days), 0)
    return midnight + stage.length.seconds * 1000


def _back(zone: str, at: int, days: int) -> int:
    return instant(zone, local_day(zone, at) - timedelta(days=days), 0)
