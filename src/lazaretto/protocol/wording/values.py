"""
The name of a field and its value in words, for the explain panel, the diff and the lines of a measure.

Values may come as the model has them or as plain JSON: `Duration` or `"P21D"`, `Cadence` or its map, `Decimal` or text.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError

from lazaretto.protocol.bounds import model_inside
from lazaretto.protocol.cadence import Cadence
from lazaretto.protocol.clock import Duration
from lazaretto.protocol.document import Document
from lazaretto.protocol.measures import Measure, Title
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording import codes
from lazaretto.protocol.wording.cadence import duration, how_often, night, window
from lazaretto.protocol.wording.fields import NAMES, field_name, one
from lazaretto.protocol.wording.glossary import Glossary, glossary
from lazaretto.protocol.wording.phrases import (
    NO,
    NOTHING,
    STEP_INTO,
    UNFILLED,
    YES,
    aside,
    in_turn,
    joined,
    listed,
    number,
    percent,
    quoted,
    same,
)  # fmt: skip

Path = tuple[str, ...]
_FORMS = {"every", "times", "per_day", "random", "count"}
_LENGTH = re.compile(r"P(?=\d|T\d)[0-9WDTHMS]+")
_DECIMAL = re.compile(r"-?\d+(\.\d+)?(E[+-]?\d+)?")
_SHARES = {"complete_at", "coverage", "sample", "recheck", "leader_share", "entered_late_share", "excess", "observed"}
_COUNTED = {
    "days": Text(" 天", " days"), "standby_days": Text(" 天", " days"), "days_of_cover": Text(" 天", " days"),
    "persons": Text(" 人", " people"), "min_strength": Text(" 人", " people"), "reserve": Text(" 人", " people"),
    "span_min": Text(" 人", " people"), "span_max": Text(" 人", " people"), "largest": Text(" 人", " people"),
    "screen_threshold": same(" °C"), "confirm_threshold": same(" °C"), "pooled": Text(" 份", ""), "number": Text(" 份", ""),
    "rounds": Text(" 轮", " rounds"),
}  # fmt: skip


def name_of(measure: Measure | None, path: Path, document: Document | Glossary | None = None) -> Text:
    """
    Return the name of a value in words, outermost first: stage “First stage” › length.

    Without a measure, `path` leads from the document. Items of lists go by the title that the measure gives them, and by
    their id where it has none such. A part that is no field is shown as written. No path: the title of the measure.
    """
    if not path:
        return measure.title.text if measure else Text("规程", "protocol")
    words = glossary(document)
    found = _Names(words, measure)
    start: Any = measure if measure is not None else words.document
    return joined(found.parts(type(measure) if measure is not None else Document, start, list(path)), STEP_INTO)


class _Names:
    """Walks down a path and says each part of it."""

    def __init__(self, words: Glossary, measure: Measure | None) -> None:
        self.words, self.measure = words, measure

    def parts(self, model: type[BaseModel] | None, here: Any, rest: list[str]) -> Iterator[Text]:
        while rest:
            part = rest.pop(0)
            info = _info(model, part)
            if model is None or info is None:
                yield self.words.word(part)
                model = here = None
                continue
            label, value = field_name(model, part), _get(here, model, part)
            if issubclass(model, Measure) and rest and part in ("levels", "when", "standings"):
                yield self._condition(part, rest)
                continue
            model, here = model_inside(info.annotation), value
            if rest and _is_list(info.annotation) and model is not None:
                id_ = rest.pop(0)
                here = next((item for item in value or [] if getattr(item, "id", None) == id_), None)
                label = one(label)
                title = here.title.text if hasattr(here, "title") else same(id_)
                label = Text(f"{label.zh}{quoted(title).zh}", f"{label.en} {quoted(title).en}")
            yield label

    def _condition(self, part: str, rest: list[str]) -> Text:
        name = rest.pop(0)
        if part == "levels":
            return at_level(self.words.word(name))
        if part == "when":
            return while_flag(self.words.word(name))
        if rest[:1] == ["set"]:
            rest.pop(0)
        standings = self.measure.standings if self.measure else []
        if name.isdigit() and int(name) < len(standings):
            return with_standing(standings[int(name)].where, self.words)
        return Text(f"身份条件 {name}", f"standing {name}")


def at_level(level: Text) -> Text:
    return Text(f"在“{level.zh}”级别", f"at level {level.en}")


def while_flag(flag: Text) -> Text:
    return Text(f"“{flag.zh}”成立时", f"while “{flag.en}” holds")


def with_standing(where: dict[str, str], words: Glossary) -> Text:
    """Return the people whom a condition on standings names."""
    said = conditions(where, words)
    return Text(f"身份条件 {said.zh}", f"with {said.en}")


def conditions(where: dict[str, Any], words: Glossary) -> Text:
    """Return attributes and their values: `isolation stage: first stage; group: any`."""
    return joined((_condition(key, str(value), words) for key, value in where.items()), Text("且", " and "))


def _condition(key: str, value: str, words: Glossary) -> Text:
    name = words.word(key)
    if value == "*":
        return Text(f"{name.zh}（任一）", f"any {name.en}")
    said = joined((words.word(v.strip(), key) for v in re.split(r"[,|]", value)), Text("或", " or "))
    return Text(f"{name.zh}为{said.zh}", f"{name.en} {said.en}")


def value_of(path: Path, value: Any, words: Glossary | None = None) -> Text:
    """
    Return a value in words; `path` leads to it, and its last part says which field it is. Never empty.

    With the words of a document, posts, people and measures are called by their titles.
    """
    return _Values(words or Glossary()).say(path, value)


class _Values:
    def __init__(self, words: Glossary) -> None:
        self.words = words

    def say(self, path: Path, value: Any) -> Text:
        if value is None:
            return UNFILLED
        if isinstance(value, bool):
            return YES if value else NO
        if isinstance(value, Cadence):
            return whole_cadence(value)
        if isinstance(value, Duration):
            return duration(value)
        if isinstance(value, Title):
            return value.text
        if isinstance(value, BaseModel):
            return self._map(path, value.model_dump(mode="json", by_alias=True))
        if isinstance(value, dict):
            return self._map(path, value)
        if isinstance(value, list | tuple | set | frozenset):
            return self._list(path, list(value))
        return self._scalar(path[-1] if path else "", value)

    def _scalar(self, field: str, value: Any) -> Text:
        text = str(value)
        if isinstance(value, str) and _LENGTH.fullmatch(text):
            try:
                return duration(Duration.parse(text))
            except ValueError:
                return same(text)
        if not isinstance(value, str) or (_DECIMAL.fullmatch(text) and (field in _SHARES or field in _COUNTED)):
            return self._number(field, text)
        if not text:
            return NOTHING
        return codes.unit(text) if field in ("unit", "ucum") and text != "1" else self.words.word(text, field)

    def _number(self, field: str, text: str) -> Text:
        if not _DECIMAL.fullmatch(text):
            return same(text)
        if field in _SHARES:
            return percent(text)
        said, counted = number(text), _COUNTED.get(field, same(""))
        return Text(said.zh + counted.zh, said.en + _counted(said.en, counted.en))

    def _list(self, path: Path, items: Sequence[Any]) -> Text:
        field = path[-1] if path else ""
        if not items:
            return NOTHING
        if field == "leader_share_of" and len(items) == 2:
            return same(f"{items[0]}/{items[1]}")
        if field == "apart":
            return in_turn(joined((self.words.word(str(p)) for p in pair), Text("与", " and ")) for pair in items)
        plain = all(not isinstance(item, BaseModel | dict | list | tuple) for item in items)
        said = [self._title(item) or self.say(path, item) for item in items]
        simple = plain or all(map(self._title, items))
        return listed(said) if simple and not any(_has_comma(text) for text in said) else in_turn(said)

    def _title(self, item: Any) -> Text | None:
        title = getattr(item, "title", None) if isinstance(item, BaseModel) else None
        if isinstance(title, Title):
            return title.text
        raw = item.get("title") if isinstance(item, dict) else None
        return Text(raw["zh"], raw["en"]) if isinstance(raw, dict) and {"zh", "en"} <= set(raw) else None

    def _map(self, path: Path, value: dict[str, Any]) -> Text:
        if not value:
            return NOTHING
        if set(value) == {"zh", "en"}:
            return Text(value["zh"], value["en"])
        if _FORMS & set(value):
            try:
                return whole_cadence(Cadence.model_validate(value))
            except ValidationError:
                pass
        if path and path[-1] in ("where", "while"):
            return conditions(value, self.words)
        if path and path[-1] == "units":
            return listed(Text(f"1 {codes.unit(k).zh} = {v}", f"1 {codes.unit(k).en} = {v}") for k, v in value.items())
        return self._fields(path, value)

    def _fields(self, path: Path, value: dict[str, Any]) -> Text:
        title = self._title(value)
        if title is None and value.get("id"):
            title = self.words.word(str(value["id"]), "after")
        parts = [
            _pair(_any_name(key), self.say((*path, key), child))
            for key, child in value.items()
            if key not in ("id", "title") and child not in (None, [], {}, "", False)
        ]
        if title is None:
            return in_turn(parts) if parts else NOTHING
        more = aside(in_turn(parts)) if parts else same("")
        return Text(title.zh + more.zh, title.en + more.en)


def whole_cadence(cadence: Cadence) -> Text:
    """Return a cadence with its window and its night, as one sentence."""
    at_night = night(cadence, residents=False)
    return in_turn([how_often(cadence), window(cadence), *([at_night] if at_night.zh else [])])


def _pair(name: Text, value: Text) -> Text:
    return Text(f"{name.zh}：{value.zh}", f"{name.en}: {value.en}")


def _any_name(field: str) -> Text:
    """Return what a field is called in whichever part has it, the measure first."""
    return next((names[field] for names in NAMES.values() if field in names), None) or codes.name(field)


def _counted(n: str, unit: str) -> str:
    if n != "1":
        return unit
    return {" days": " day", " people": " person", " rounds": " round"}.get(unit, unit)


def _info(model: type[BaseModel] | None, part: str) -> Any:
    fields = model.model_fields if model else {}
    return next((info for name, info in fields.items() if (info.alias or name) == part), None)


def _get(here: Any, model: type[BaseModel], part: str) -> Any:
    if here is None:
        return None
    return next((getattr(here, n, None) for n, info in model.model_fields.items() if (info.alias or n) == part), None)


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(_is_list(a) for a in getattr(annotation, "__args__", ()))


def _has_comma(text: Text) -> bool:
    return any(mark in text.zh for mark in "，、；") or ", " in text.en


def inner_model(model: type[BaseModel], part: str) -> type[BaseModel] | None:
    """Return the model that a field of a model holds, alone or in a list; None for a plain value."""
    info = _info(model, part)
    found: type[BaseModel] | None = model_inside(info.annotation) if info else None
    return found
