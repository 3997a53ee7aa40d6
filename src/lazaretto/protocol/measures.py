"""
The kinds of measure that a protocol is made of. In this version one kind is executed: `round`.

Source: design §2 (common attributes), contract rules 3, 5, 7, 8 and 10.
"""

import difflib
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from lazaretto.protocol.cadence import Cadence, Span, Strict, refuse
from lazaretto.protocol.clock import Duration
from lazaretto.protocol.record import SubjectKind
from lazaretto.protocol.text import Text

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$", max_length=64)]
Line = Literal["import", "internal", "export", "welfare"]


def _decimal(value: Any) -> Any:
    return str(value) if isinstance(value, float) else value  # 37.3 in YAML means 37.3, not its binary neighbour


Number = Annotated[Decimal, BeforeValidator(_decimal)]


class Title(Strict):
    """A name in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @property
    def text(self) -> Text:
        return Text(self.zh, self.en)


class PlaceSelector(Strict):
    """Which places: all conditions that are given must hold, and within one condition any of its values."""

    kinds: list[str] = []
    classes: list[str] = []
    within: list[str] = []


class Selector(Strict):
    """
    Who or where a measure applies to. Populations are codes or base classes. For a person the place conditions
    hold for the place where he is or any place around it; for a place, kinds and classes hold for itself.
    """

    populations: list[str] = []
    places: PlaceSelector = PlaceSelector()


class EntryAllowance(Strict):
    """How long after the observation it may be entered before it counts as entered late."""

    online: Span = Duration(seconds=2 * 3600)
    offline: Span = Duration(days=1)


class Source(Strict):
    """Where a measure or a value comes from: a row of the reports, a law, or a stated assumption."""

    row: str | None = None
    text: Title | str | None = None

    @model_validator(mode="after")
    def _something(self) -> "Source":
        if not (self.row or self.text):
            raise refuse("source", Text("来源须给出 row 或 text", "a source needs row or text"))
        return self

    @property
    def words(self) -> Text:
        """What the source says, in both languages; text written once stands for both."""
        text = self.text.text if isinstance(self.text, Title) else Text(self.text or "", self.text or "")
        return Text(*(" · ".join(part for part in (self.row, said) if part) for said in (text.zh, text.en)))


class StandingPatch(Strict):
    """Other values for subjects whose standing matches; `"*"` matches any value."""

    where: dict[str, str] = Field(min_length=1)
    set: dict[str, Any] = Field(min_length=1)

    def matches(self, standings: frozenset[tuple[str, str]]) -> bool:
        keys = {key for key, _ in standings}
        return all((k in keys) if v == "*" else ((k, v) in standings) for k, v in self.where.items())


class Measure(Strict):
    """What every kind of measure carries."""

    id: Identifier
    kind: str
    title: Title
    line: Line = "internal"
    applies_to: list[Selector] = Field(default_factory=lambda: [Selector()], min_length=1)
    owner: str | None = None
    checker: str | None = None
    required: bool = True
    complete_at: Number = Field(default=Decimal("1.0"), ge=0, le=1)
    tags: list[str] = []
    retention: Span | None = None
    waiver: Literal["none", "approval"] = "approval"
    source: list[Source] = Field(min_length=1)
    assumption: Title | None = None
    levels: dict[str, dict[str, Any]] = {}
    standings: list[StandingPatch] = []


#: What a level or a standing may change. Identity and meaning stay.
CHANGEABLE = frozenset(
    {"cadence", "required", "complete_at", "applies_to", "owner", "checker", "occupied", "covers",
     "entry_allowance", "screen_threshold", "confirm_threshold"}
)  # fmt: skip


class Round(Measure):
    """
    A recurring act on each subject or place, fulfilled by facts of one observation.

    `covers: below` lets a fact on a place count for the places below it; `occupied` asks a place only while somebody
    is in it; `presence: assigned` asks people by their assignment, also off duty. The two thresholds are those of the
    two-step fever rule and only make sense for temperature.
    """

    kind: Literal["round"]
    observation: Identifier
    subject: SubjectKind = "person"
    cadence: Cadence
    covers: Literal["self", "below"] = "self"
    occupied: bool = False
    presence: Literal["on_site", "assigned"] = "on_site"
    entry_allowance: EntryAllowance = Field(default_factory=EntryAllowance)
    screen_threshold: Number | None = None
    confirm_threshold: Number | None = None

    @model_validator(mode="after")
    def _sense(self) -> "Round":
        patches: dict[tuple[str, ...], dict[str, Any]] = {
            ("levels", name): patch for name, patch in self.levels.items()
        }
        patches |= {("standings", str(n), "set"): patch.set for n, patch in enumerate(self.standings)}
        for path, patch in patches.items():
            for name in patch:
                if name not in CHANGEABLE:
                    near = difflib.get_close_matches(name, CHANGEABLE, n=1)
                    zh, en = (f"，是否想写 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
                    message = Text(
                        f"级别或身份条件不能改动 {name}{zh}", f"a level or a standing cannot change {name}{en}"
                    )
                    raise refuse("patch", message, (*path, name))
        if self.subject != "person" and any(s.populations for s in self.applies_to):
            raise refuse("populations", Text("只有人员措施可选人群", "only a measure on persons selects populations"))
        if self.occupied and self.subject != "place":
            raise refuse("occupied", Text("occupied 只用于场所", "occupied is for places only"))
        return self

    def patched(self, patch: dict[str, Any]) -> "Round":
        """Return the measure with `patch` laid over it. :raises ValidationError: if the result makes no sense."""
        if not patch:
            return self
        base = self.model_dump(mode="json", exclude_unset=True)
        return Round.model_validate(base | patch)

    def under(self, standings: frozenset[tuple[str, str]]) -> "Round":
        """Return the measure as it holds for a subject with these standings; the first condition that matches wins."""
        for index, patch in enumerate(self.standings):
            if patch.matches(standings):
                return _under(self, index)
        return self

    def standing_keys(self) -> frozenset[str]:
        """Return the standing keys on which the value of this measure depends."""
        return frozenset(key for patch in self.standings for key in patch.where)

    def __hash__(self) -> int:
        return hash((self.id, id(self)))


@lru_cache(maxsize=4096)
def _under(measure: Round, index: int) -> Round:
    return measure.patched(measure.standings[index].set)
