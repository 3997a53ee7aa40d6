"""
What every kind of measure carries: who and where, by whom, from where each value comes, and how it may change.

Source: design §2 (common attributes), contract rules 3, 5, 7, 8 and 10. The kinds themselves stand in their own files,
each beside the rules it is run by; `kinds` lists them.
"""

import difflib
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from lazaretto.protocol.bounds import YES, ordered
from lazaretto.protocol.cadence import Cadence, Span, Strict, refuse
from lazaretto.protocol.laying import lay
from lazaretto.protocol.text import Text

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$", max_length=64)]
Line = Literal["import", "internal", "export", "welfare"]


def _decimal(value: Any) -> Any:
    return str(value) if isinstance(value, float) else value  # 37.3 in YAML means 37.3, not its binary neighbour


Number = Annotated[Decimal, BeforeValidator(_decimal)]
Whole = Annotated[int, Field(ge=0, le=1_000_000, strict=True)]
Path = tuple[str, ...]


class Title(Strict):
    """A name in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @property
    def text(self) -> Text:
        return Text(self.zh, self.en)


class Item(Strict):
    """A named part of a list: a class of goods, a thing to look at, a field of a form."""

    id: Identifier
    title: Title


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


class Source(Strict):
    """
    Where a measure or a value comes from: a row of the reports, a law, or a stated assumption. `of` names the value
    where the source speaks of one only.
    """

    row: str | None = None
    text: Title | str | None = None
    of: str | None = None

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


class Filled(Strict):
    """A number that no report gives, filled in with a stated default: for which value, and why this one."""

    id: Identifier = Field(description="the path of the value, such as cadence or stages.one.length")
    text: Title


class StandingPatch(Strict):
    """Other values for subjects whose standing matches; `"*"` matches any value."""

    where: dict[str, str] = Field(min_length=1)
    set: dict[str, Any] = Field(min_length=1)

    def matches(self, standings: frozenset[tuple[str, str]]) -> bool:
        keys = {key for key, _ in standings}
        return all((k in keys) if v == "*" else ((k, v) in standings) for k, v in self.where.items())


#: What a level, a flag, a standing or an override may not change: identity, meaning, and who may change it.
FIXED = frozenset(
    {"id", "kind", "observation", "subject", "title", "line", "source", "filled", "assumption", "note", "floor", "waiver",
     "levels", "when", "standings", "tags"}
)  # fmt: skip


class Measure(Strict):
    """
    What every kind of measure carries.

    `active` says whether it is asked at all. `levels` and `when` change values at a response level or while a flag
    holds; `standings` for subjects with a standing. `floor` names values that nobody above this layer may loosen;
    `waiver: none` makes all of them a red line, which no override loosens either. `effort` is the work of one act.
    """

    #: Whether nothing executes this kind yet: it is read and shown, and may still change with its first user.
    provisional: ClassVar[bool] = True

    id: Identifier
    kind: str
    title: Title
    line: Line = "internal"
    active: Annotated[bool, YES] = True
    applies_to: list[Selector] = Field(default_factory=lambda: [Selector()], min_length=1)
    owner: str | None = None
    checker: str | None = None
    required: Annotated[bool, YES] = True
    complete_at: Number = Field(default=Decimal("1.0"), ge=0, le=1)
    effort: Span | None = None
    tags: list[str] = []
    retention: Span | None = None
    waiver: Annotated[Literal["approval", "none"], ordered("approval", "none")] = "approval"
    floor: list[str] = []
    source: list[Source] = Field(min_length=1)
    filled: list[Filled] = []
    assumption: Title | None = None
    note: Title | None = None
    levels: dict[str, dict[str, Any]] = {}
    when: dict[str, dict[str, Any]] = {}
    standings: list[StandingPatch] = []

    @classmethod
    def changeable(cls) -> frozenset[str]:
        """Return the fields that a level, a flag, a standing or an override may change."""
        return frozenset(cls.model_fields) - FIXED

    def patches(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Return every change that the measure foresees, with where it stands."""
        for name, patch in self.levels.items():
            yield ("levels", name), patch
        for name, patch in self.when.items():
            yield ("when", name), patch
        for index, standing in enumerate(self.standings):
            yield ("standings", str(index), "set"), standing.set

    @model_validator(mode="after")
    def _changes_only_what_may_change(self) -> Self:
        allowed = self.changeable()
        for path, patch in self.patches():
            for name in patch:
                if name not in allowed:
                    near = difflib.get_close_matches(name, allowed, n=1) if name not in type(self).model_fields else []
                    zh, en = (f"，是否想写 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
                    message = Text(
                        f"级别或身份条件不能改动 {name}{zh}", f"a level or a standing cannot change {name}{en}"
                    )
                    raise refuse("patch", message, (*path, name))
        return self

    def cadences(self) -> Iterator[tuple[Path, Cadence]]:
        """Return the cadences of the measure, with where they stand."""
        cadence = getattr(self, "cadence", None)
        if cadence is not None:
            yield ("cadence",), cadence

    def patched(self, patch: dict[str, Any]) -> Self:
        """Return the measure with `patch` laid over it. :raises ValidationError: if the result makes no sense."""
        if not patch:
            return self
        base = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return type(self).model_validate(lay(base, patch))

    def under(self, standings: frozenset[tuple[str, str]]) -> Self:
        """Return the measure as it holds for a subject with these standings; the first condition that matches wins."""
        for index, patch in enumerate(self.standings):
            if patch.matches(standings):
                found: Self = _under(self, index)
                return found
        return self

    def standing_keys(self) -> frozenset[str]:
        """Return the standing keys on which the value of this measure depends."""
        return frozenset(key for patch in self.standings for key in patch.where)

    def __hash__(self) -> int:
        return hash((self.id, id(self)))


@lru_cache(maxsize=4096)
def _under(measure: Any, index: int) -> Any:
    return measure.patched(measure.standings[index].set)
