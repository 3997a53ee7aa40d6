"""
Fields of forms on the register's pages. A field keeps what was typed; an error stands under the field it is about, and
a summary on top leads there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text
from lazaretto.web.dates import chinese
from lazaretto.web.traditional import written

MOST = 300


@dataclass(slots=True)
class Field:
    """One field: `options` makes it a choice, `suggestions` offers codes to type."""

    name: str
    label: str
    value: str = ""
    kind: Literal["text", "date", "moment", "select", "textarea", "search", "fixed"] = "text"
    options: Sequence[tuple[str, str]] = ()
    suggestions: Sequence[tuple[str, str]] = ()
    hint: str = ""
    error: str = ""
    required: bool = False
    wide: bool = False

    def __post_init__(self) -> None:
        if self.options:
            self.kind = "select"

    @property
    def id(self) -> str:
        return f"f-{self.name}"


@dataclass(slots=True)
class Form:
    """The fields of a form in order, and what was wrong with it as a whole."""

    fields: list[Field]
    problems: list[str] = field(default_factory=list)

    def __iter__(self) -> Any:
        return iter(self.fields)

    def __getitem__(self, name: str) -> Field:
        """Return a field by its name. Templates look here first, for what is an attribute too: a KeyError sends them on."""
        for one in self.fields:
            if one.name == name:
                return one
        raise KeyError(name)

    @property
    def errors(self) -> list[Field]:
        return [f for f in self.fields if f.error]

    @property
    def bad(self) -> bool:
        return bool(self.problems or self.errors)

    def fill(self, given: Mapping[str, str]) -> "Form":
        """Take what was typed into the fields that were there."""
        for one in self.fields:
            if one.name in given:
                one.value = given[one.name].replace("\x00", "").strip()[:MOST]
        return self

    def row(self, names: Iterable[str] = ()) -> Row:
        """Return what was said as a row of a table; of `names` if they are given."""
        wanted = set(names)
        return Row(1, {f.name: f.value for f in self.fields if not wanted or f.name in wanted})

    def refuse(self, error: RowError | Refusal) -> None:
        """Put an error under its field, or on top if it is about none."""
        if isinstance(error, Refusal):
            self.problems.append(in_words(error.words))
            return
        for one in self.fields:
            if one.name == error.column:
                one.error = in_words(error.message)
                return
        self.problems.append(in_words(error.message))


def in_words(text: Text) -> str:
    """Return a sentence in the language of the page, with a full stop."""
    said = written(text.zh) if chinese() else text.en
    if not said or said[-1] in "。.；;":
        return said
    return f"{said}。" if chinese() else f"{said[0].upper()}{said[1:]}."
