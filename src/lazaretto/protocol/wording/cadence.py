"""How often something is owed, in a sentence (contract, rules 1, 2 and 4)."""

from collections.abc import Callable
from typing import Any

from lazaretto.protocol.cadence import Cadence
from lazaretto.protocol.clock import Duration
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording.phrases import joined, listed, plural, same

MINUTE = 60_000
_UNITS = (("天", "day"), ("小时", "hour"), ("分钟", "minute"), ("秒", "second"))


def duration(length: Duration | int) -> Text:
    """Return `3 days`, `2 hours 30 minutes` or what combines them, of a duration or of milliseconds; nothing is rounded."""
    ms = length.nominal_ms if isinstance(length, Duration) else length
    days, rest = divmod(ms, 86_400_000)
    hours, rest = divmod(rest, 3_600_000)
    minutes, rest = divmod(rest, MINUTE)
    numbers = (days, hours, minutes, rest // 1000)
    parts = [Text(f"{n} {zh}", f"{n} {plural(n, en, en + 's')}") for n, (zh, en) in zip(numbers, _UNITS) if n]
    return joined(parts, same(" ")) if parts else Text("0 分钟", "0 minutes")


def how_often(cadence: Cadence) -> Text:
    """Return the cadence without its window: `every 2 hours from 00:00`, `3 times a day between 08:00 and 20:00`."""
    say: dict[str, Callable[[Any], Text]] = {
        "every": _every, "interval": _interval, "times": _times, "per_day": _per_day, "random": _random, "count": _count,
    }  # fmt: skip
    return say[cadence.form](cadence)


def _every(c: Any) -> Text:
    text = Text("每 {span.zh}一次，{start} 至 {end}", "every {span.en}, from {start} to {end}")
    return text.format(span=duration(c.every), start=c.starts or "00:00", end=c.ends or "24:00")


def _interval(c: Any) -> Text:
    start = c.starts or "00:00"
    if c.every.days == 1:
        return Text(f"每天 {start}", f"every day at {start}")
    text = Text("每 {span.zh}一次，{start}，自 {anchor} 起算", "every {span.en} at {start}, counted from {anchor}")
    return text.format(span=duration(c.every), start=start, anchor=c.anchor.isoformat())


def _times(c: Any) -> Text:
    n, times = len(c.times), listed(map(same, c.times))
    return Text(f"每天 {n} 次：{times.zh}", f"{plural(n, 'once', f'{n} times')} a day, at {times.en}")


def _per_day(c: Any) -> Text:
    start, end = c.between or ("00:00", "24:00")
    if c.per_day == 1:
        return Text(f"每天 1 次，{start} 至 {end}", f"once a day, between {start} and {end}")
    return Text(
        f"每天 {c.per_day} 次，{start} 至 {end} 平均分布", f"{c.per_day} times a day, evenly between {start} and {end}"
    )


def _random(c: Any) -> Text:
    n = c.random.n
    unit = Text("天", "day") if c.random.per == "day" else Text("班", "shift")
    moments = plural(n, f"once a {unit.en} at a moment", f"{n} times a {unit.en} at moments")
    return Text(f"每{unit.zh} {n} 次，时刻事先不公布", f"{moments} nobody knows before")


def _count(c: Any) -> Text:
    n, span = c.count.at_least, duration(c.count.within)
    return Text(
        f"每 {span.zh}内至少 {n} 次", f"{plural(n, 'at least once', f'at least {n} times')} within each {span.en}"
    )


def window(cadence: Cadence) -> Text:
    """Return from when to when a slot can be met on time."""
    if cadence.form == "count":
        return Text("每段结束时判定", "judged at the end of each span")
    early, grace = duration(cadence.early_ms), cadence.grace_ms
    if grace is None:
        if not cadence.early_ms:
            return Text("下一次到点之前做完都算按时", "counts on time until the next one is due")
        return Text(f"应做时间前 {early.zh}起，至下一次到点", f"{early.en} before it is due, until the next one")
    late = duration(grace)
    if not cadence.early_ms:
        return Text(f"应做时间后 {late.zh}内", f"up to {late.en} after it is due")
    return Text(f"应做时间前 {early.zh}至后 {late.zh}", f"from {early.en} before to {late.en} after it is due")


def night(cadence: Cadence, *, residents: bool) -> Text:
    """
    Return what happens at night, empty where nothing changes; without a policy residents are looked at and everything
    else goes on.
    """
    hours = cadence.night
    if hours is None or hours.start is None:
        return Text("", "")
    span = f"{hours.start}–{hours.end}"
    policy = hours.policy or ("observe" if residents else "same")
    if policy == "skip":
        return Text(f"{span} 不做", f"{span}: not done")
    if policy == "observe":
        return Text(
            f"{span} 只查看、不唤醒，查看即算完成；规定须唤醒者除外",
            f"{span}: looking in counts; nobody is woken who need not be",
        )
    return Text("", "")
