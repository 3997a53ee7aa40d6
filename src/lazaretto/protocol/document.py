"""
A protocol document: metadata, levels, words and measures. What may stand in the YAML file, and nothing else.

Source: design §2; contract rules 1, 2, 8, 9 and 10.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from lazaretto.protocol.cadence import Cadence, Night, Span, Strict, WallTime, refuse
from lazaretto.protocol.clock import Duration, minute_of_day
from lazaretto.protocol.measures import Identifier, Number, Round, Source, Title
from lazaretto.protocol.text import Text

BaseClass = Literal["resident", "staff_member", "contractor", "visitor", "legal_visitor", "supervisee", "student"]


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Population(Strict):
    """A population code of the pack over one of the base classes."""

    id: Identifier
    base: BaseClass
    title: Title


class Reason(Strict):
    """A code that says why something was not owed or not done."""

    id: Identifier
    title: Title


class ObservationType(Strict):
    """
    What a fact can be about. `value` says whether a done fact carries a number, in `ucum` units within [min, max].
    """

    id: Identifier
    title: Title
    value: Literal["required", "optional", "none"] = "none"
    ucum: str | None = None
    min: Number | None = None
    max: Number | None = None

    def accepts(self, value: Decimal) -> bool:
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


class Level(Strict):
    """
    A response level. The one marked `normal` holds when none is declared and needs no review; every other is declared
    with a review after `review`.
    """

    id: Identifier
    title: Title
    normal: bool = False
    review: Span = Duration(days=14)
    entry_actions: list[Title] = []
    exit_criteria: list[Title] = []


class NamedShift(Strict):
    """A span of the day by name, for rounds drawn per shift."""

    id: Identifier
    title: Title
    start: WallTime = Field(alias="from")
    end: WallTime = Field(alias="to")


class BurstCheck(Strict):
    """More different subjects than `at_least` by one person `within` so short a time cannot have been visited."""

    at_least: int = Field(default=40, ge=2)
    within: Span = Duration(seconds=10)


class Checks(Strict):
    """What makes a day contradictory beyond the fixed rules. An absent check is not run."""

    burst_entry: BurstCheck | None = None
    entered_late_share: Number = Field(default=Decimal("0.20"), ge=0, le=1)


class Document(Strict):
    """A whole protocol, with everything that it extends already merged in."""

    lazaretto: Literal[1]
    id: Identifier
    version: Annotated[str, BeforeValidator(_as_text), Field(min_length=1, max_length=32)]
    title: Title
    extends: Identifier | None = None
    source: list[Source] = Field(min_length=1)
    day_ends: WallTime = "24:00"
    night: Night | None = None
    shifts: list[NamedShift] = []
    populations: list[Population] = []
    reasons: list[Reason] = []
    observations: list[ObservationType] = Field(min_length=1)
    levels: list[Level] = Field(min_length=1)
    checks: Checks = Checks()
    measures: list[Round] = []

    @property
    def normal_level(self) -> str:
        return next(level.id for level in self.levels if level.normal)

    def observation(self, id_: str) -> ObservationType | None:
        return next((o for o in self.observations if o.id == id_), None)

    def population(self, code: str) -> Population | None:
        return next((p for p in self.populations if p.id == code), None)

    @model_validator(mode="after")
    def _hangs_together(self) -> "Document":
        if sum(level.normal for level in self.levels) != 1:
            raise refuse(
                "levels", Text("须有且只有一个 normal 级别", "exactly one level must be marked normal"), ("levels",)
            )
        if minute_of_day(self.day_ends) == 0:
            raise refuse(
                "day_ends", Text("day_ends 写 24:00，不写 00:00", "write day_ends as 24:00, not 00:00"), ("day_ends",)
            )
        for measure in self.measures:
            self.check(measure, ("measures", measure.id))
        return self

    def check(self, measure: Round, path: tuple[str, ...]) -> None:
        """
        Check that a measure, as it stands or under a level or standing, uses only words that the document has.

        :raises PydanticCustomError: with `path` and below, where the mistake is.
        """
        if self.observation(measure.observation) is None:
            known = ", ".join(o.id for o in self.observations)
            raise refuse(
                "observation",
                Text(
                    f"没有观测 {measure.observation}，可用：{known}",
                    f"there is no observation {measure.observation}; known: {known}",
                ),
                (*path, "observation"),
            )
        for name in measure.levels:
            if name not in {level.id for level in self.levels}:
                raise refuse("level", Text(f"没有级别 {name}", f"there is no level {name}"), (*path, "levels", name))
        self._check_populations(measure, path)
        self._check_cadence(measure.cadence, (*path, "cadence"))

    def _check_populations(self, measure: Round, path: tuple[str, ...]) -> None:
        codes = {p.id for p in self.populations} | set(BaseClass.__args__)  # type: ignore[attr-defined]
        for selector in measure.applies_to:
            for code in selector.populations:
                if code not in codes:
                    message = Text(f"没有人群 {code}", f"there is no population {code}")
                    raise refuse("population", message, (*path, "applies_to"))

    def _check_cadence(self, cadence: Cadence, path: tuple[str, ...]) -> None:
        night = cadence.night
        if night and night.start is None and self.night is None:
            raise refuse("night", Text("未给出夜间起止", "no night hours are given"), path)
        if cadence.random and cadence.random.per == "shift":
            self._check_random_shift(cadence, path)

    def _check_random_shift(self, cadence: Cadence, path: tuple[str, ...]) -> None:
        if not self.shifts:
            raise refuse("shifts", Text("按班随机须先列出 shifts", "per shift needs shifts"), path)
        assert cadence.random is not None
        window = cadence.random.n * cadence.random_gap
        for shift in self.shifts:
            length = (minute_of_day(shift.end) - minute_of_day(shift.start)) % 1440 or 1440
            if window > length:
                message = Text(f"班 {shift.id} 容不下这么多次", f"shift {shift.id} is too short for so many")
                raise refuse("window", message, path)
