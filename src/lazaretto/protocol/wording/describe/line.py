"""One line of a measure in words, and how the fields of any part are told in order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from lazaretto.protocol.measures import Item
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording.describe.order import ALWAYS, ORDERS, PHRASES, STATES
from lazaretto.protocol.wording.fields import field_name, one
from lazaretto.protocol.wording.glossary import Glossary
from lazaretto.protocol.wording.phrases import UNFILLED
from lazaretto.protocol.wording.values import value_of

REQUIRED = Text("要求", "required")
NOTED = Text("说明", "note")


@dataclass(frozen=True, slots=True)
class Line:
    """
    A value with its label. `path` names the value inside the measure, for "why this value"; empty where there is none.
    A line of `depth` 1 or more belongs to the line above it that is less deep. `filled` is False where a number is owed.
    """

    path: str
    label: Text
    value: Text
    depth: int = 0
    filled: bool = True


#: Tells one field in its own way: (teller, the part, its path, depth) → lines.
Special = Callable[["Teller", Any, str, int], Iterator[Line]]


class Teller:
    """Tells the parts of measures of one document, field by field in the order that `orders` gives."""

    def __init__(self, words: Glossary, special: dict[tuple[str, str], Special]) -> None:
        self.words, self.special = words, special

    def tell(self, part: BaseModel, path: str, depth: int, order: tuple[str, ...]) -> Iterator[Line]:
        for field in order:
            own = self.special.get((type(part).__name__, field))
            yield from own(self, part, path, depth) if own else self.field(part, field, path, depth)

    def field(self, part: BaseModel, field: str, path: str, depth: int) -> Iterator[Line]:
        """Return the line of a field; nothing where it is left out or says no more than what holds anyway."""
        value, here = get(part, field), below(path, field)
        label = field_name(type(part), field)
        if value is None and unfilled(part, field):
            yield Line(here, label, UNFILLED, depth, filled=False)
        elif value is None or value in ([], (), {}, "") or (is_default(part, field) and field not in ALWAYS):
            return
        elif isinstance(value, bool):
            yield self._bool(label, here, field, value, depth)
        elif isinstance(value, list) and any(is_more(item) for item in value):
            yield from self.items(value, label, here, depth)
        else:
            yield Line(here, label, phrased(type(part).__name__, field, value_of((field,), value, self.words)), depth)

    def _bool(self, label: Text, here: str, field: str, value: bool, depth: int) -> Line:
        if value:
            return Line(here, NOTED if field in STATES else REQUIRED, label, depth)
        said = Text(f"不要求{label.zh}", f"not: {label.en}")
        return Line(here, NOTED, said, depth)

    def items(self, items: list[Any], label: Text, path: str, depth: int) -> Iterator[Line]:
        """Return the items of a list, numbered, each followed by what it says."""
        for n, item in enumerate(items, 1):
            here = below(path, item.id)
            title = item.title.text if isinstance(item, Item) else self.words.measure(item.panel)
            yield Line(here, numbered(one(label), n, len(items)), title, depth)
            yield from self.tell(item, here, depth + 1, ORDERS[type(item).__name__])


def numbered(name: Text, n: int, of: int) -> Text:
    return name if of == 1 else Text(f"{name.zh} {n}", f"{name.en} {n}")


def get(part: BaseModel, field: str) -> Any:
    return getattr(part, attribute(part, field))


def attribute(part: BaseModel, field: str) -> str:
    """Return how a field that is written so in the file is called in the model."""
    return next(n for n, info in type(part).model_fields.items() if (info.alias or n) == field)


def below(path: str, part: str) -> str:
    return f"{path}.{part}" if path else part


def unfilled(part: BaseModel, field: str) -> bool:
    """
    Say whether a number is demanded and not given: written as null. In a part that was stored whole every field is
    written, and none is demanded: what is not filled in cannot be adopted.
    """
    written = part.model_fields_set
    return attribute(part, field) in written and written != set(type(part).model_fields)


def is_default(part: BaseModel, field: str) -> bool:
    info = type(part).model_fields[attribute(part, field)]
    return not info.is_required() and bool(get(part, field) == info.get_default(call_default_factory=True))


def is_more(item: Any) -> bool:
    """Say whether an item of a list says more than its name."""
    return isinstance(item, BaseModel) and type(item).__name__ in ORDERS


def phrased(model: str, field: str, value: Text) -> Text:
    """Return a value as it stands in a sentence: 21 days as `at least 21 days`."""
    phrase = PHRASES.get((model, field)) or PHRASES.get(("", field))
    if phrase is None or value.zh == "100%":
        return value
    return Text(phrase.zh.format(value.zh), phrase.en.format(value.en).replace("every 1 ", "every "))
