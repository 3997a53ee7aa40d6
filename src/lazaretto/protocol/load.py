"""
Reads a protocol from YAML and says, for each mistake, the file, the line, the path and what was expected.

A document may extend another: maps are merged key by key, lists of things with an `id` by that id; everything else is
replaced. `Origins` remembers which layer set what, for `explain`.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from lazaretto.protocol.cadence import Strict
from lazaretto.protocol.document import Document
from lazaretto.protocol.text import Text

MAX_BYTES = 1_000_000
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a protocol."""

    file: str
    line: int
    path: str
    message: Text

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.path}: {self.message.zh}\n{self.file}:{self.line}: {self.path}: {self.message.en}"


class ProtocolError(Exception):
    """A document that cannot be used; `problems` is never empty."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Setting:
    """That one layer set one path to one value."""

    layer: str
    line: int
    value: Any


@dataclass(slots=True)
class Origins:
    """For each path (`measures`, id, field …), the layers that set it, the one in force last."""

    settings: dict[Path, list[Setting]] = field(default_factory=dict)

    def note(self, path: Path, setting: Setting) -> None:
        self.settings.setdefault(path, []).append(setting)

    def line(self, path: Path) -> tuple[str, int]:
        """Return the layer and line of the nearest known path."""
        while path and path not in self.settings:
            path = path[:-1]
        known = self.settings.get(path)
        return (known[-1].layer, known[-1].line) if known else ("", 1)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A valid document, with its layers from the first to the last, and where each value came from."""

    document: Document
    layers: tuple[str, ...]
    origins: Origins
    raw: Mapping[str, Any]


def load(text: str, name: str, library: Callable[[str], tuple[str, str]]) -> Loaded:
    """
    Return the protocol that `text` describes.

    `name` is the file as the user knows it; `library(id)` returns (file, text) of a document that can be extended.

    :raises ProtocolError: with every mistake found.
    """
    layers = _layers(text, name, library)
    origins = Origins()
    merged: dict[str, Any] = {}
    for layer in layers:
        _lay(merged, layer, origins)
    try:
        document = Document.model_validate(merged)
    except ValidationError as error:
        raise ProtocolError(_problems(error, merged, origins, name)) from None
    problems = list(_patch_problems(document, origins, name))
    if problems:
        raise ProtocolError(problems)
    return Loaded(document, tuple(layer.name for layer in layers), origins, merged)


@dataclass(slots=True)
class _Layer:
    name: str
    data: dict[str, Any]
    lines: dict[Path, int]


def _layers(text: str, name: str, library: Callable[[str], tuple[str, str]]) -> list[_Layer]:
    layers = [_read(text, name)]
    seen: set[str] = set()
    while (parent := layers[0].data.get("extends")) is not None:
        line = layers[0].lines.get(("extends",), 1)
        if parent in seen or not isinstance(parent, str):
            raise ProtocolError(
                [Problem(layers[0].name, line, "extends", Text("互相引用", "extends itself in a circle"))]
            )
        seen.add(parent)
        try:
            file, parent_text = library(parent)
        except KeyError:
            message = Text(f"没有名为 {parent} 的规程包", f"there is no pack called {parent}")
            raise ProtocolError([Problem(layers[0].name, line, "extends", message)]) from None
        layers.insert(0, _read(parent_text, file))
    return layers


# -- YAML ---------------------------------------------------------------------------------------------------------


def _read(text: str, name: str) -> _Layer:
    if len(text.encode()) > MAX_BYTES:
        raise ProtocolError([Problem(name, 1, "-", Text("文件超过 1 MB", "the file is larger than 1 MB"))])
    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error)
        line = mark.line + 1 if mark else 1
        message = Text(f"不是合格的 YAML：{said}", f"this is not valid YAML: {said}")
        raise ProtocolError([Problem(name, line, "-", message)]) from None
    if not isinstance(node, yaml.MappingNode):
        message = Text("应为“键: 值”的文档", "expected a document of `key: value` lines")
        raise ProtocolError([Problem(name, 1, "-", message)])
    lines: dict[Path, int] = {}
    data = _plain(node, (), lines, name, set())
    return _Layer(name, data, lines)


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], file: str, above: set[int]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if id(node) in above or len(path) > 20:
        message = Text("不能嵌套自身", "a value cannot contain itself")
        raise ProtocolError([Problem(file, node.start_mark.line + 1, _dotted(path), message)])
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, file, above | {id(node)})
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, i), lines, file, above | {id(node)}) for i, child in enumerate(node.value)]
    return _scalar(node)


def _mapping(node: yaml.MappingNode, path: Path, lines: dict[Path, int], file: str, above: set[int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        if key in found or len(lines) > 100_000:
            message = Text(f"键 {key} 重复", f"the key {key} is given twice")
            raise ProtocolError([Problem(file, line, _dotted((*path, key)), message)])
        lines[(*path, key)] = line
        found[key] = _plain(value_node, (*path, key), lines, file, above)
    return found


def _scalar(node: yaml.Node) -> Any:
    text, tag = str(node.value), node.tag.rsplit(":", 1)[-1]
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() in ("true", "yes", "on")
    if tag == "int" and ":" not in text:  # 10:30 is a time of day, not a number in base 60
        return int(text, 0) if not text.lstrip("+-").startswith("0") or text in ("0", "+0", "-0") else text
    if tag == "float" and ":" not in text:
        return float(text)
    return text


# -- layers -------------------------------------------------------------------------------------------------------


def _lay(merged: dict[str, Any], layer: _Layer, origins: Origins) -> None:
    for key, value in layer.data.items():
        path: Path = (key,)
        if _is_register(value) and (key not in merged or _is_register(merged[key])):
            origins.note(path, Setting(layer.name, layer.lines.get(path, 1), None))
            merged[key] = _merge_register(merged.get(key, []), value, path, layer, origins)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merged[key] | value
            _note(path, path, value, layer, origins)
        else:
            merged[key] = value
            _note(path, path, value, layer, origins)


def _is_register(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in value)


def _merge_register(
    below: list[dict[str, Any]], above: list[dict[str, Any]], path: Path, layer: _Layer, origins: Origins
) -> list[dict[str, Any]]:
    """Return the items of `below` in their order, each with the keys of `above` laid over it, then the new ones."""
    found = {item["id"]: dict(item) for item in below}
    seen: set[str] = set()
    for index, item in enumerate(above):
        line = layer.lines.get((*path, index), 1)
        if item["id"] in seen:
            message = Text(f"id {item['id']} 重复", f"the id {item['id']} is given twice")
            raise ProtocolError([Problem(layer.name, line, _dotted((*path, item["id"])), message)])
        seen.add(item["id"])
        origins.note((*path, item["id"]), Setting(layer.name, line, None))
        for key, value in item.items():
            found.setdefault(item["id"], {})[key] = value
            _note((*path, index, key), (*path, item["id"], key), value, layer, origins)
    return list(found.values())


def _note(in_file: Path, in_document: Path, value: Any, layer: _Layer, origins: Origins) -> None:
    origins.note(in_document, Setting(layer.name, layer.lines.get(in_file, 1), value))
    children: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    for key, child in children:
        _note((*in_file, key), (*in_document, key), child, layer, origins)


# -- errors in words ----------------------------------------------------------------------------------------------


def _problems(error: ValidationError, merged: dict[str, Any], origins: Origins, name: str) -> list[Problem]:
    problems = []
    for item in error.errors(include_url=False):
        path = _by_id([p for p in item["loc"] if p != "Round"], merged) + _below(item)
        problems.append(_problem(path, _message(dict(item)), origins, name))
    return problems


def _below(item: Mapping[str, Any]) -> Path:
    """Return where, below the place of the check, the mistake is: list positions as numbers again."""
    path = (item.get("ctx") or {}).get("path", [])
    return tuple(int(part) if part.isdigit() else part for part in path)


def _patch_problems(document: Document, origins: Origins, name: str) -> Iterator[Problem]:
    """Return the mistakes that show only once a level or a standing is laid over its measure."""
    for measure in document.measures:
        patches: list[tuple[Path, dict[str, Any]]] = [(("levels", k), v) for k, v in measure.levels.items()]
        patches += [(("standings", n, "set"), p.set) for n, p in enumerate(measure.standings)]
        for below, patch in patches:
            above: Path = ("measures", measure.id, *below)
            try:
                document.check(measure.patched(patch), ())
            except ValidationError as error:
                for item in error.errors(include_url=False):
                    yield _problem((*above, *item["loc"], *_below(dict(item))), _message(dict(item)), origins, name)
            except PydanticCustomError as error:
                context = error.context or {}
                message = Text(context["zh"], context["en"])
                yield _problem((*above, *context["path"]), message, origins, name)


def _problem(path: Path, message: Text, origins: Origins, name: str) -> Problem:
    file, line = origins.line(path)
    return Problem(file or name, line, _dotted(path), message)


def _by_id(loc: list[Any], merged: Any) -> Path:
    """Return pydantic's path with list positions replaced by ids where the items have them."""
    path: list[str | int] = []
    here = merged
    for part in loc:
        shown: str | int = part
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            here = None
        if len(path) == 1 and isinstance(part, int) and isinstance(here, dict) and isinstance(here.get("id"), str):
            shown = here["id"]
        path.append(shown)
    return tuple(path)


def _dotted(path: Path) -> str:
    return ".".join(map(str, path)) or "-"


def _message(item: dict[str, Any]) -> Text:
    context = item.get("ctx") or {}
    if "zh" in context:
        return Text(context["zh"], context["en"])
    given = _short(item.get("input"))
    known: dict[str, Text] = {
        "missing": Text("缺少这一项", "this is missing"),
        "extra_forbidden": _unknown_key(str(item["loc"][-1])),
        "int_type": Text(f"应为整数，写的是 {given}", f"expected a whole number, found {given}"),
        "int_from_float": Text(f"应为整数，写的是 {given}", f"expected a whole number, found {given}"),
        "int_parsing": Text(f"应为整数，写的是 {given}", f"expected a whole number, found {given}"),
        "bool_type": Text(f"应为 true 或 false，写的是 {given}", f"expected true or false, found {given}"),
        "bool_parsing": Text(f"应为 true 或 false，写的是 {given}", f"expected true or false, found {given}"),
        "string_type": Text(f"应为文字，写的是 {given}", f"expected text, found {given}"),
        "list_type": Text(f"应为列表，写的是 {given}", f"expected a list, found {given}"),
        "dict_type": Text(f"应为“键: 值”，写的是 {given}", f"expected `key: value` lines, found {given}"),
        "model_type": Text(f"应为“键: 值”，写的是 {given}", f"expected `key: value` lines, found {given}"),
        "string_pattern_mismatch": Text(
            f"应为小写字母、数字、点、横线，写的是 {given}", f"expected lower-case letters, digits, dots, dashes; found {given}"
        ),
        "string_too_short": Text("不能为空", "this cannot be empty"),
        "too_short": Text("不能为空", "this cannot be empty"),
        "decimal_parsing": Text(f"应为数字，写的是 {given}", f"expected a number, found {given}"),
        "decimal_type": Text(f"应为数字，写的是 {given}", f"expected a number, found {given}"),
        "date_from_datetime_parsing": Text(f"应为日期，如 2026-01-05，写的是 {given}", f"expected a date such as 2026-01-05, found {given}"),
        "date_parsing": Text(f"应为日期，如 2026-01-05，写的是 {given}", f"expected a date such as 2026-01-05, found {given}"),
    }  # fmt: skip
    if item["type"] in known:
        return known[item["type"]]
    if item["type"] == "literal_error":
        expected = context.get("expected", "")
        return Text(f"应为 {expected.replace(' or ', ' 或 ')}，写的是 {given}", f"expected {expected}, found {given}")
    bounds = {"greater_than_equal": ("ge", "≥"), "less_than_equal": ("le", "≤")}
    if item["type"] in bounds:
        key, sign = bounds[item["type"]]
        return Text(f"应 {sign} {context[key]}，写的是 {given}", f"expected {sign} {context[key]}, found {given}")
    return Text(f"不合要求：{item['msg']}", str(item["msg"]))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _keys() -> list[str]:
    """Return every key that may stand in a protocol, as it is written in the file."""
    todo: list[type[BaseModel]] = [Strict]
    found: set[str] = set()
    while todo:
        model = todo.pop()
        todo += model.__subclasses__()
        found |= {info.alias or name for name, info in model.model_fields.items()}
    return sorted(found)


def _unknown_key(key: str) -> Text:
    near = difflib.get_close_matches(key, _keys(), n=1)
    zh, en = (f"，是否想写 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
    return Text(f"不认识的键 {key}{zh}", f"unknown key {key}{en}")
