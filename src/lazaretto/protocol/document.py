"""
A protocol document: metadata, levels, words, ceilings and measures. What may stand in the YAML file, and nothing else.

Source: design §2; contract rules 1, 2, 8, 9 and 10.
"""

import difflib
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from lazaretto.protocol.cadence import Cadence, Night, Span, Strict, WallTime, refuse
from lazaretto.protocol.ceilings import Ceiling
from lazaretto.protocol.checks import Checks
from lazaretto.protocol.clock import Duration, minute_of_day
from lazaretto.protocol.kinds import AnyMeasure
from lazaretto.protocol.measures import Identifier, Item, Measure, Number, Source, Title
from lazaretto.protocol.references import references
from lazaretto.protocol.round import Round
from lazaretto.protocol.text import Text

#: Whose word a file is, from the weightiest: law and welfare, nation, system, area, facility.
LayerRank = Literal["law", "national", "system", "area", "facility"]
RANKS: tuple[str, ...] = ("law", "national", "system", "area", "facility")


def weightier(rank: str, other: str) -> bool:
    """Say whether a layer's word weighs at least as much as another's."""
    return RANKS.index(rank) <= RANKS.index(other)


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
    What a fact can be about. `value` says whether a done fact carries a number, in `ucum` units within [min, max];
    `methods` and `sites` are the usual ways and places of measuring.
    """

    id: Identifier
    title: Title
    value: Literal["required", "optional", "none"] = "none"
    ucum: str | None = None
    min: Number | None = None
    max: Number | None = None
    methods: list[Item] = []
    sites: list[Item] = []

    def accepts(self, value: Decimal) -> bool:
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


class Level(Strict):
    """
    A response level. The one marked `normal` holds when none is declared and needs no review; every other is declared
    with a review after `review`, by `decided_by`. `government` lists the levels of the government's own scale that
    suggest it; nothing follows from them by itself.
    """

    id: Identifier
    title: Title
    normal: bool = False
    review: Span = Duration(days=14)
    entry_actions: list[Title] = []
    exit_criteria: list[Title] = []
    decided_by: str | None = None
    government: list[Title] = []


class Flag(Item):
    """A dated state of the world that changes values (`when:`): an outbreak in the district, a risk at a land port."""

    review: Span = Duration(days=14)
    source: list[Source] = []


class Deviation(Item):
    """Where the protocol does otherwise than a report: what the report says, what is done instead, and why."""

    row: str
    report_says: Title
    adopted: Title
    see: str


class Term(Item):
    """A word that a report leaves open or contradicts itself on, and how it is read here."""

    row: str | None = None
    note: Title


class NamedShift(Strict):
    """A span of the day by name, for rounds drawn per shift."""

    id: Identifier
    title: Title
    start: WallTime = Field(alias="from")
    end: WallTime = Field(alias="to")


class Document(Strict):
    """A whole protocol, with everything that it extends already merged in."""

    lazaretto: Literal[1]
    id: Identifier
    version: Annotated[str, BeforeValidator(_as_text), Field(min_length=1, max_length=32)]
    title: Title
    extends: Identifier | None = None
    layer: LayerRank = "facility"
    source: list[Source] = Field(min_length=1)
    note: Title | None = None
    day_ends: WallTime = "24:00"
    night: Night | None = None
    shifts: list[NamedShift] = []
    populations: list[Population] = []
    reasons: list[Reason] = []
    observations: list[ObservationType] = Field(min_length=1)
    levels: list[Level] = Field(min_length=1)
    flags: list[Flag] = []
    posts: list[Item] = []
    tags: list[Item] = []
    zones: list[Item] = []
    pathogens: list[Identifier] = []
    deviations: list[Deviation] = []
    terms: list[Term] = []
    ceilings: list[Ceiling] = []
    checks: Checks = Checks()
    measures: list[AnyMeasure] = []

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
        for ceiling in self.ceilings:
            ceiling.check(("ceilings", ceiling.id))
        return self

    @property
    def rounds(self) -> list[Round]:
        """The measures that facts fulfil."""
        return [m for m in self.measures if isinstance(m, Round)]

    def measure(self, id_: str) -> AnyMeasure | None:
        return next((m for m in self.measures if m.id == id_), None)

    def level(self, id_: str) -> Level | None:
        return next((level for level in self.levels if level.id == id_), None)

    def check(self, measure: AnyMeasure, path: tuple[str, ...]) -> None:
        """
        Check that a measure, as it stands or under a level, flag or standing, uses only words that the document has.

        :raises PydanticCustomError: with `path` and below, where the mistake is.
        """
        for below, message in self._unknown_words(measure):
            raise refuse("word", message, (*path, *below))
        for at, cadence in measure.cadences():
            self._check_cadence(cadence, (*path, *at))

    def _unknown_words(self, measure: AnyMeasure) -> Iterator[tuple[tuple[str, ...], Text]]:
        if isinstance(measure, Round) and self.observation(measure.observation) is None:
            yield (
                ("observation",),
                _unknown("观测", "observation", measure.observation, [o.id for o in self.observations]),
            )
        levels, flags = [level.id for level in self.levels], [flag.id for flag in self.flags]
        for name in measure.levels:
            if name not in levels:
                yield ("levels", name), _unknown("级别", "level", name, levels)
        for name in measure.when:
            if name not in flags:
                yield ("when", name), _unknown("标记", "flag", name, flags)
        codes = [p.id for p in self.populations] + list(BaseClass.__args__)  # type: ignore[attr-defined]
        for selector in measure.applies_to:
            for code in selector.populations:
                if code not in codes:
                    yield ("applies_to",), _unknown("人群", "population", code, codes)
        yield from self._unknown_names(measure)

    def _unknown_names(self, measure: Measure) -> Iterator[tuple[tuple[str, ...], Text]]:
        tags = [tag.id for tag in self.tags]
        for tag in measure.tags:
            if tags and tag not in tags:
                yield ("tags",), _unknown("标签", "tag", tag, tags)
        posts = [post.id for post in self.posts]
        for name, held in (("owner", measure.owner), ("checker", measure.checker)):
            if posts and held is not None and held not in posts:
                yield (name,), _unknown("岗位", "post", held, posts)
        named = list(references(measure))
        kinds = {m.id: m.kind for m in self.measures} if named else {}
        for below, name, wanted in named:
            if name not in kinds or (wanted and kinds[name] not in wanted):
                known = [id_ for id_, kind in kinds.items() if not wanted or kind in wanted]
                what = " / ".join(wanted) or "measure"
                yield below, _unknown(f"措施（{what}）" if wanted else "措施", what, name, known)

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


def _unknown(zh: str, en: str, name: str, known: list[str]) -> Text:
    near = difflib.get_close_matches(name, known, n=1)
    listed = ", ".join(known[:24]) + (" …" if len(known) > 24 else "")
    if near:
        return Text(f"没有{zh} {name}，是否想写 {near[0]}？", f"there is no {en} {name}; did you mean {near[0]}?")
    return Text(f"没有{zh} {name}，可用：{listed or '（无）'}", f"there is no {en} {name}; known: {listed or '(none)'}")
