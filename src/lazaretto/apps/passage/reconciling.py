"""
The day at the gate against a second source: ticks on the camera's playback, and the number told by telephone.

Each crossing takes the nearest tick of its kind within the tolerance; what is left over on either side is a finding, and so
is a telephone count that differs. A named checker signs the day; a day that nobody signed is an alert to the superior.
Source: S2-28, S2-70, S2-71.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db import transaction

from lazaretto.apps.passage.keeping import keep
from lazaretto.apps.passage.models import Consignment, Crossing, DayCheck, Seen
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work import findings
from lazaretto.apps.work.models import Finding
from lazaretto.apps.work.recording import lock
from lazaretto.protocol.clock import instant, local_day
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: What is counted at a gate, in its order, each both ways.
STREAMS = ("person", "vehicle", "goods")
WAYS = ("in", "out")
#: How far playback and register may be apart and still be the same crossing.
NEAR_MS = 10 * 60_000
#: Until when on the day after a day must be signed before it goes up.
SIGN_BY_MIN = 12 * 60
RULE, UNSIGNED = "gate_unmatched", "gate_day_unsigned"
MOST = 5_000


class Passed(NamedTuple):
    """One crossing as the register has it."""

    ref: str
    stream: str
    direction: str
    at: int


class Tally(NamedTuple):
    """One class and direction of a day: in the register, ticked on playback, told by telephone (None: nobody told)."""

    stream: str
    direction: str
    registered: int
    ticked: int
    told: int | None
    only_registered: list[Passed]
    only_seen: list[Seen]

    @property
    def agrees(self) -> bool:
        return not self.only_registered and not self.only_seen and self.told in (None, self.registered)


class Day(NamedTuple):
    """A day at the gate: its tallies, its ticks, and who signed it."""

    on: date
    tallies: list[Tally]
    passed: list[Passed]
    seen: list[Seen]
    signed: DayCheck | None
    due: int

    @property
    def unmatched(self) -> int:
        return sum(
            len(t.only_registered) + len(t.only_seen) + (t.told not in (None, t.registered)) for t in self.tallies
        )


def matched(passed: Sequence[Passed], seen: Sequence[Seen]) -> tuple[list[Passed], list[Seen]]:
    """
    Return what is left over on either side when each crossing takes a tick within the tolerance. Both sides are gone through
    in time, so that as many as possible find each other, whatever the order in which they were entered.
    """
    ticks = sorted((s for s in seen if s.seen_at is not None), key=lambda s: (s.seen_at or 0, s.pk or 0))
    alone: list[Passed] = []
    left: list[Seen] = []
    n = 0
    for one in sorted(passed, key=lambda p: (p.at, p.ref)):
        while n < len(ticks) and (ticks[n].seen_at or 0) < one.at - NEAR_MS:
            left.append(ticks[n])
            n += 1
        if n < len(ticks) and (ticks[n].seen_at or 0) <= one.at + NEAR_MS:
            n += 1
        else:
            alone.append(one)
    return alone, left + ticks[n:]


def bounds(facility: Facility, on: date) -> tuple[int, int]:
    return instant(facility.zone, on, 0), instant(facility.zone, on + timedelta(days=1), 0)


def day(facility: Facility, on: date, at: int) -> Day:
    """Return a day at the gate as it is known at `at`."""
    passed = list(_passed(facility, on, at))
    seen = list(Seen.objects.filter(facility=facility, on=on, recorded_at__lte=at).order_by("seen_at", "pk"))
    tallies = [_tally(stream, way, passed, seen) for stream in STREAMS for way in WAYS]
    signed = DayCheck.objects.filter(facility=facility, on=on).first()
    return Day(on, tallies, passed, seen, signed, sign_by(facility, on))


def _passed(facility: Facility, on: date, at: int) -> Iterable[Passed]:
    start, end = bounds(facility, on)
    for c in Crossing.objects.filter(facility=facility, at__gte=start, at__lt=end, recorded_at__lte=at).select_related(
        "party"
    ):
        yield Passed(c.ref, c.party.stream, c.direction, c.at)
    for g in Consignment.objects.filter(facility=facility, arrived_at__gte=start, arrived_at__lt=end, visit=""):
        yield Passed(g.number, "goods", g.direction, g.arrived_at or 0)


def _tally(stream: str, way: str, passed: Sequence[Passed], seen: Sequence[Seen]) -> Tally:
    own = [p for p in passed if (p.stream, p.direction) == (stream, way)]
    ticks = [s for s in seen if (s.source, s.stream, s.direction) == ("camera", stream, way)]
    told = [s for s in seen if (s.source, s.stream, s.direction) == ("phone", stream, way)]
    alone, left = matched(own, ticks)
    return Tally(stream, way, len(own), len(ticks), told[-1].count if told else None, alone, left)


# -- writing ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def tick(facility: Facility, *, ref: str, stream: str, direction: str, seen_at: int, by: str, at: int) -> Seen:
    """Tick one that is seen on playback. The same `ref` again changes nothing. :raises Refusal: no_kind, future, signed."""
    return _see(facility, ref, "camera", stream, direction, 1, seen_at, local_day(facility.zone, seen_at), by, at)


@transaction.atomic
def told(facility: Facility, *, ref: str, on: date, stream: str, direction: str, count: int, by: str, at: int) -> Seen:
    """Write down what the bureau was told by telephone; the last number of a class counts. :raises Refusal: no_kind, no_number, signed."""
    if not 0 <= count <= MOST:
        raise Refusal("no_number", Text("看不懂数量", "cannot read the number"))
    return _see(facility, ref, "phone", stream, direction, count, None, on, by, at)


def _see(
    facility: Facility, ref: str, source: str, stream: str, direction: str, count: int, seen_at: int | None, on: date, by: str,
    at: int,
) -> Seen:  # fmt: skip
    lock(facility)
    same = Seen.objects.filter(facility=facility, ref=ref[:60]).first()
    if same is not None:
        return same
    if stream not in STREAMS or direction not in WAYS:
        raise Refusal("no_kind", Text("请选类别和方向", "choose what, and which way"))
    if (seen_at is not None and seen_at > at) or on > local_day(facility.zone, at):
        raise Refusal("future", Text("不能登记将来的时间", "a time to come cannot be recorded"))
    _check_unsigned(facility, on)
    made = Seen.objects.create(
        facility=facility, ref=ref[:60], on=on, source=source, stream=stream, direction=direction, count=count, seen_at=seen_at,
        recorded_at=at, by=by[:60],
    )  # fmt: skip
    keep(facility, "gate_seen", [made], by=by, at=at)
    return made


def _check_unsigned(facility: Facility, on: date) -> None:
    if DayCheck.objects.filter(facility=facility, on=on).exists():
        raise Refusal(
            "signed", Text("这一天已签字；后来发现的写成问题", "this day is signed; what is seen later is a finding")
        )


@transaction.atomic
def sign(facility: Facility, on: date, *, checker: str, note: str = "", at: int) -> DayCheck:
    """
    Sign a day: what does not match becomes findings, each once. Signing again changes nothing.

    :raises Refusal: not_over, nothing_seen (no second source was looked at), own_entry (who let things through does not
        check himself).
    """
    lock(facility)
    same = DayCheck.objects.filter(facility=facility, on=on).first()
    if same is not None:
        return same
    _, end = bounds(facility, on)
    if at < end:
        raise Refusal("not_over", Text("这一天还没结束", "this day is not over"), end)
    found = day(facility, on, at)
    if found.passed and not found.seen:
        raise Refusal("nothing_seen", Text("先核对回放或电话数", "compare with playback or the telephone count first"))
    if Crossing.objects.filter(
        facility=facility, at__gte=bounds(facility, on)[0], at__lt=end, by=checker[:60]
    ).exists():
        raise Refusal(
            "own_entry", Text("放行的人不核对自己的记录", "who let something through does not check his own record")
        )
    _find(facility, found, by=checker, at=at)
    made = DayCheck.objects.create(
        facility=facility, on=on, checker=checker[:60], signed_at=at, unmatched=found.unmatched, note=note.strip()[:300]
    )
    keep(facility, "gate_day_signed", [made], by=checker, at=at)
    return made


def _find(facility: Facility, found: Day, *, by: str, at: int) -> None:
    for tally in found.tallies:
        for one in tally.only_registered:
            _raise(
                facility, f"{one.ref}:{one.at}", "登记有，回放没有", "in the register, not on playback", tally, by, at
            )
        for tick_ in tally.only_seen:
            _raise(facility, f"seen:{tick_.ref}", "回放有，登记没有", "on playback, not in the register", tally, by, at)
        if tally.told not in (None, tally.registered):
            words = (
                f"电话报 {tally.told}，登记 {tally.registered}",
                f"told {tally.told}, registered {tally.registered}",
            )
            _raise(facility, f"told:{found.on}:{tally.stream}:{tally.direction}", *words, tally, by, at)


def _raise(facility: Facility, ref: str, zh: str, en: str, tally: Tally, by: str, at: int) -> Finding:
    return findings.find(
        facility, rule=RULE, ref=f"gate:{ref}"[:80], severity="medium", owner="gate_officer", by=by, at=at,
        evidence=f"{zh} / {en} ({tally.stream}, {tally.direction})",
    )  # fmt: skip


# -- days that nobody signed -----------------------------------------------------------------------------------------


def unsigned(facility: Facility, at: int, *, days: int = 14) -> list[date]:
    """Return the days of late with something at the gate that should be signed by now and are not, the oldest first."""
    today = local_day(facility.zone, at)
    first = today - timedelta(days=days)
    signed = set(DayCheck.objects.filter(facility=facility, on__gte=first).values_list("on", flat=True))
    since = instant(facility.zone, first, 0)
    moments = [
        *Crossing.objects.filter(facility=facility, at__gte=since, recorded_at__lte=at).values_list("at", flat=True),
        *Consignment.objects.filter(facility=facility, arrived_at__gte=since).values_list("arrived_at", flat=True),
    ]
    busy = {local_day(facility.zone, moment) for moment in moments if moment is not None}
    return sorted(on for on in busy - signed if on < today and sign_by(facility, on) <= at)


def sign_by(facility: Facility, on: date) -> int:
    """Return by when the gate's record of a day is to be signed: noon of the next."""
    return instant(facility.zone, on + timedelta(days=1), SIGN_BY_MIN)


def alert_unsigned(facility: Facility, *, by: str, at: int) -> list[Finding]:
    """Raise what nobody signed as findings of the superior. Again changes nothing."""
    return [
        findings.find(
            facility, rule=UNSIGNED, ref=f"unsigned:{on}", severity="high", owner="bureau_approver", by=by, at=at,
            evidence=f"{on} 大门记录无人核对签字 / Nobody checked and signed the gate's record of {on}",
        )
        for on in unsigned(facility, at)
    ]  # fmt: skip
