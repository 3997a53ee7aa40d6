"""
How often something is owed: one value object for every kind of measure that recurs.

Source: contract, rules 1, 2 and 4.
"""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from lazaretto.protocol.clock import MINUTES_A_DAY, Duration, minute_of_day
from lazaretto.protocol.text import Text


def refuse(code: str, message: Text, path: tuple[str, ...] = ()) -> PydanticCustomError:
    """Return the error of a rule that a document breaks, with where below the place of the check, for `load`."""
    return PydanticCustomError(code, "{zh} / {en}", {"zh": message.zh, "en": message.en, "path": list(path)})


def _wall_time(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):  # YAML 1.1 reads 08:30 as a number in base 60
        value = f"{value // 60:02d}:{value % 60:02d}"
    try:
        minute_of_day(value)
    except (TypeError, ValueError):
        raise refuse(
            "wall_time", Text('应为 24 小时制时间，如 "08:00"', 'expected a time of day such as "08:00"')
        ) from None
    return str(value)


def _duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    try:
        return Duration.parse(value)
    except (TypeError, ValueError, AttributeError):
        raise refuse(
            "duration",
            Text("应为时长，如 PT2H（2 小时）、PT30M、P1D、P2W", "expected a duration such as PT2H, PT30M, P1D or P2W"),
        ) from None


def _distinct(times: list[str]) -> list[str]:
    if not times or len(set(times)) != len(times) or "24:00" in times:
        raise refuse("times", Text("时间不能为空、重复或为 24:00", "times must be given, distinct and before 24:00"))
    return sorted(times)


WallTime = Annotated[str, BeforeValidator(_wall_time)]
Span = Annotated[
    Duration,
    BeforeValidator(_duration),
    PlainSerializer(str, return_type=str),
]


class Strict(BaseModel):
    """Base of all parts of a protocol: immutable, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Night(Strict):
    """
    What happens to the slots of the night [from, to), which may cross midnight.

    `skip` removes them; `observe` lets a `night_check` fulfil them; `same` changes nothing. Without a policy,
    residents are observed and everyone and everything else is `same`. Without times, the document's own night holds.
    """

    start: WallTime | None = Field(default=None, alias="from")
    end: WallTime | None = Field(default=None, alias="to")
    policy: Literal["skip", "observe", "same"] | None = None

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, serialize_by_alias=True)

    @model_validator(mode="after")
    def _both_ends(self) -> "Night":
        if (self.start is None) != (self.end is None):
            raise refuse("night", Text("夜间须同时给出 from 与 to", "a night needs both from and to"))
        return self

    def covers(self, minute: int) -> bool:
        """Say whether a minute of the day lies in the night."""
        if self.start is None or self.end is None:
            return False
        start, end = minute_of_day(self.start), minute_of_day(self.end)
        return start <= minute < end if start <= end else minute >= start or minute < end


class Random(Strict):
    """`n` moments drawn per day or per shift, seeded by facility, measure and date."""

    n: int = Field(ge=1, le=48, strict=True)
    per: Literal["day", "shift"]


class Count(Strict):
    """At least so many within each window; judged at the window's end."""

    at_least: int = Field(ge=1, le=10_000, strict=True)
    within: Span


class Cadence(Strict):
    """
    Exactly one of `every`, `times`, `per_day`, `random`, `count`, with the window around each slot.

    `early` and `grace` left out mean the defaults of rule 4: PT15M and PT30M; for `per_day` PT0M and the slot's
    own length.
    """

    every: Span | None = None
    times: Annotated[list[WallTime], AfterValidator(_distinct)] | None = None
    per_day: int | None = Field(default=None, ge=1, le=96, strict=True)
    random: Random | None = None
    count: Count | None = None

    starts: WallTime | None = None
    ends: WallTime | None = None
    anchor: date | None = None
    between: tuple[WallTime, WallTime] | None = None
    early: Span | None = None
    grace: Span | None = None
    night: Night | None = None

    @property
    def form(self) -> str:
        """Which of the five forms it is; `every` of whole days is `interval`."""
        name = next(f for f in ("every", "times", "per_day", "random", "count") if getattr(self, f) is not None)
        return "interval" if name == "every" and self.every and self.every.days else name

    @property
    def early_ms(self) -> int:
        if self.early is not None:
            return self.early.nominal_ms
        return 0 if self.per_day else 15 * 60_000

    @property
    def grace_ms(self) -> int | None:
        """Milliseconds, or None where it is the slot's own length."""
        if self.grace is not None:
            return self.grace.nominal_ms
        return None if self.per_day else 30 * 60_000

    @property
    def random_gap(self) -> int:
        """The least number of minutes between two draws of a random cadence."""
        return max(1, -(-(self.early_ms + (self.grace_ms or 0)) // 60_000))

    def offsets(self) -> list[int]:
        """Return the nominal minutes of the day of a form that has the same slots each day."""
        if self.times:
            return [minute_of_day(t) for t in self.times]
        if self.per_day:
            a, b = (minute_of_day(t) for t in self.between or ("00:00", "24:00"))
            return [a + i * (b - a) // self.per_day for i in range(self.per_day)]
        start, end = minute_of_day(self.starts or "00:00"), minute_of_day(self.ends or "24:00")
        assert self.every is not None
        return list(range(start, end, self.every.seconds // 60)) if not self.every.days else [start]

    @model_validator(mode="after")
    def _one_form(self) -> "Cadence":
        given = [f for f in ("every", "times", "per_day", "random", "count") if getattr(self, f) is not None]
        if len(given) != 1:
            raise refuse(
                "cadence_form",
                Text(
                    "节律须且只须给出 every、times、per_day、random、count 之一",
                    "give exactly one of every, times, per_day, random, count",
                ),
            )
        self._check_companions(self.form)
        self._check_form()
        self._check_spacing()
        return self

    def _check_companions(self, form: str) -> None:
        allowed = {
            "every": {"starts", "ends"},
            "interval": {"starts", "anchor"},
            "per_day": {"between"},
            "count": {"anchor"},
        }.get(form, set())
        for name in {"starts", "ends", "anchor", "between"} - allowed:
            if getattr(self, name) is not None:
                raise refuse(
                    "cadence_companion",
                    Text(f"{name} 不能与 {form} 同用", f"{name} does not go with {form}"),
                )

    def _check_form(self) -> None:
        if self.every is not None:
            self._check_every(self.every)
        if self.per_day is not None:
            self._check_per_day(self.per_day)
        if self.count is not None:
            within = self.count.within
            whole = within.days and not within.seconds
            part = not within.days and 0 < within.seconds <= 86_400 and within.seconds % 60 == 0
            if not (whole or part):
                raise refuse(
                    "count_within",
                    Text("within 须为整天或不超过 24 小时", "within must be whole days, or at most 24 hours"),
                )
            if whole and within.days not in (1, 7) and self.anchor is None:
                raise refuse(
                    "anchor", Text("多日窗口须给出 anchor 起算日期", "a window of several days needs an anchor date")
                )

    def _check_every(self, every: Duration) -> None:
        if every.days:
            if every.seconds:
                raise refuse("every", Text("一天以上须为整天或整周", "from one day on, give whole days or weeks"))
            if every.days > 1 and self.anchor is None:
                raise refuse(
                    "anchor", Text("间隔多日须给出 anchor 起算日期", "an interval of several days needs an anchor date")
                )
            return
        if not 60 <= every.seconds < 86_400 or every.seconds % 60:
            raise refuse(
                "every",
                Text("短于一天的间隔须为整分钟；一天写作 P1D", "below a day, give whole minutes; write one day as P1D"),
            )
        if minute_of_day(self.starts or "00:00") >= minute_of_day(self.ends or "24:00"):
            raise refuse("starts", Text("starts 须早于 ends", "starts must be before ends"))

    def _check_per_day(self, n: int) -> None:
        if self.between is None:
            if n > 3:
                raise refuse("between", Text("每天多于 3 次须给出 between 起止时间", "more than 3 a day needs between"))
            return
        a, b = (minute_of_day(t) for t in self.between)
        if b - a < n:
            raise refuse("between", Text("between 须先起后止，且不跨午夜", "between must run forward within one day"))

    def _check_spacing(self) -> None:
        """Refuse a window that is longer than the shortest way to the next slot."""
        if self.form == "count":
            return
        window = self.random_gap * 60_000 if self.random else self.early_ms + (self.grace_ms or 0)
        spacing = self.shortest_spacing_ms()
        if window > spacing:
            raise refuse(
                "window",
                Text(
                    f"early 与 grace 合计 {window // 60_000} 分，超过最短间隔 {spacing // 60_000} 分",
                    f"early + grace is {window // 60_000} min, more than the shortest spacing of {spacing // 60_000} min",
                ),
            )

    def shortest_spacing_ms(self) -> int:
        """Return the shortest nominal time between two neighbouring slots, also over midnight."""
        if self.random is not None:
            return MINUTES_A_DAY * 60_000 // self.random.n
        if self.form == "interval":
            assert self.every is not None
            return self.every.nominal_ms
        offsets = self.offsets()
        steps = [b - a for a, b in zip(offsets, [*offsets[1:], offsets[0] + MINUTES_A_DAY], strict=True)]
        return min(steps) * 60_000
