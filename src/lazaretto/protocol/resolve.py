"""
The document in force at a level, its digest, and which layer set which value.

Order of force in this version: standing condition > level > last layer > layers it extends > default of the format.
"""

from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticUndefined

from lazaretto.protocol.canonical import digest
from lazaretto.protocol.document import Document
from lazaretto.protocol.load import Loaded
from lazaretto.protocol.measures import Round
from lazaretto.protocol.record import Phase, Shift
from lazaretto.protocol.text import Text


@dataclass(frozen=True, slots=True)
class Resolved:
    """A protocol at one level. `record` is what the digest is made of, kept once by digest."""

    document: Document
    level: str
    measures: tuple[Round, ...]
    record: dict[str, Any]
    digest: str

    def phase(self, start: int, end: int) -> Phase:
        """Return it as in force on [start, end)."""
        shifts = tuple(Shift(s.id, s.start, s.end) for s in self.document.shifts)
        return Phase(start, end, self.measures, self.document.day_ends, shifts)

    def measure(self, id_: str) -> Round | None:
        return next((m for m in self.measures if m.id == id_), None)


class UnknownLevel(ValueError):
    """The protocol has no level of that name."""


def resolve(document: Document, level: str | None = None) -> Resolved:
    """:raises UnknownLevel: if the protocol has no such level. Without `level`, the normal one holds."""
    level = level or document.normal_level
    if level not in {known.id for known in document.levels}:
        raise UnknownLevel(level)
    measures = tuple(_settle(m, level, document) for m in document.measures)
    record = document.model_dump(mode="json", by_alias=True)
    record["measures"] = [m.model_dump(mode="json", by_alias=True) for m in measures]
    record["level"] = level
    return Resolved(document, level, measures, record, digest(record))


def from_record(record: dict[str, Any]) -> Resolved:
    """Return a resolved protocol from its stored record."""
    level = record["level"]
    document = Document.model_validate({k: v for k, v in record.items() if k != "level"})
    return Resolved(document, level, tuple(document.measures), record, digest(record))


def _settle(measure: Round, level: str, document: Document) -> Round:
    """Lay the level over the measure and write the document's night into each cadence that leaves it open."""
    patch = dict(measure.levels.get(level, {}))
    patched = measure.patched(patch | {"levels": {}})
    night = document.night
    if night is None:
        return patched
    hours = {"from": night.start, "to": night.end}

    def filled(cadence: dict[str, Any]) -> dict[str, Any]:
        own = {key: value for key, value in (cadence.get("night") or {}).items() if value is not None}
        policy = {"policy": night.policy} if night.policy else {}
        return cadence | {"night": hours | policy | own}

    own = patched.cadence.model_dump(mode="json", by_alias=True, exclude_unset=True)
    standings = [
        s.model_dump(mode="json")
        | {"set": s.set | ({"cadence": filled(s.set["cadence"])} if "cadence" in s.set else {})}
        for s in patched.standings
    ]
    return patched.patched({"cadence": filled(own), "standings": standings})


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's say about a value; the first of a list wins."""

    name: Text
    value: Any
    line: int | None = None


def explain(loaded: Loaded, measure: str, field: str, level: str | None = None) -> list[Layer]:
    """
    Return who says what about `field` of `measure`, the winner first; conditions on standings come before, as they win
    for the people that they name.

    :raises KeyError: if there is no such measure or field.
    """
    resolved = resolve(loaded.document, level)
    round_ = next((m for m in loaded.document.measures if m.id == measure), None)
    top, *rest = field.split(".")
    if round_ is None or top not in Round.model_fields:
        raise KeyError(f"{measure}.{field}")
    found: list[Layer] = []
    for patch in round_.standings:
        if top in patch.set:
            where = ", ".join(f"{k}={v}" for k, v in patch.where.items())
            found.append(Layer(Text(f"身份条件 {where}", f"standing {where}"), _dig(patch.set[top], rest)))
    if top in round_.levels.get(resolved.level, {}):
        value = round_.levels[resolved.level][top]
        found.append(Layer(Text(f"级别 {resolved.level}", f"level {resolved.level}"), _dig(value, rest)))
    for setting in reversed(loaded.origins.settings.get(("measures", measure, top), [])):
        found.append(Layer(Text(setting.layer, setting.layer), _dig(setting.value, rest), setting.line))
    default = Round.model_fields[top].get_default(call_default_factory=True)
    if default is not PydanticUndefined and not found:
        found.append(Layer(Text("格式默认值", "default of the format"), _dig(_jsonable(default), rest)))
    return found


def _dig(value: Any, rest: list[str]) -> Any:
    for part in rest:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _jsonable(value: Any) -> Any:
    return value.model_dump(mode="json", by_alias=True) if hasattr(value, "model_dump") else value
