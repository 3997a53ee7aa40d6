"""
Reads a protocol from YAML and says, for each mistake, the file, the line, the path and what was expected.

A document may extend another: maps are merged key by key, lists of things with an `id` by that id; everything else is
replaced. `Origins` remembers which layer set what, for `explain`.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from lazaretto.protocol.bounds import bounded, matching
from lazaretto.protocol.cadence import Strict
from lazaretto.protocol.document import RANKS, Document, weightier
from lazaretto.protocol.kinds import KINDS
from lazaretto.protocol.laying import at, laid
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


class Setting(NamedTuple):
    """That one layer set one path to one value."""

    layer: str
    line: int
    value: Any


@dataclass(slots=True)
class Origins:
    """For each path (`measures`, id, field …), the layers that set it, the one in force last."""

    settings: dict[Path, list[Setting]] = field(default_factory=dict)

    def line(self, path: Path) -> tuple[str, int]:
        """Return the layer and line of the nearest known path."""
        while path and path not in self.settings:
            path = path[:-1]
        known = self.settings.get(path)
        return (known[-1].layer, known[-1].line) if known else ("", 1)


@dataclass(frozen=True, slots=True)
class Layer:
    """One file of a protocol: whose word it is, its text, and everything merged up to and with it."""

    name: str
    rank: str
    text: str
    merged: Mapping[str, Any]


@dataclass(frozen=True, eq=False, repr=False)
class Loaded:
    """
    A valid document, with its layers from the first to the last, and where each value came from. `unfilled` lists the
    numbers that it demands and does not give; until they are filled it can be read but not adopted.
    """

    document: Document
    layers: tuple[Layer, ...]
    origins: Origins
    raw: Mapping[str, Any]
    unfilled: tuple[Problem, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(layer.name for layer in self.layers)

    def __repr__(self) -> str:
        return f"Loaded({' < '.join(self.names)})"

    def stack(self) -> list[dict[str, str]]:
        """Return the layers as they are stored: file name and text, the first layer first."""
        return [{"file": layer.name, "text": layer.text} for layer in self.layers]


def load(text: str, name: str, library: Callable[[str], tuple[str, str]]) -> Loaded:
    """
    Return the protocol that `text` describes.

    `name` is the file as the user knows it; `library(id)` returns (file, text) of a document that can be extended.

    :raises ProtocolError: with every mistake found.
    """
    return _compose(_layers(text, name, library), name)


def forget() -> None:
    """Forget the files that were read, as a benchmark of reading them needs."""
    _read.cache_clear()
    _stacked.cache_clear()


def load_stack(stack: list[dict[str, str]]) -> Loaded:
    """Return a protocol from its stored layers. :raises ProtocolError: with every mistake found."""
    return _compose([_read(layer["text"], layer["file"]) for layer in stack], stack[-1]["file"])


def _compose(files: "list[_Layer]", name: str) -> Loaded:
    stacked = _lay(_stacked(tuple(files[:-1])), files[-1])
    merged, origins, layers = stacked.merged, Origins(stacked.settings), stacked.layers
    try:
        document = Document.model_validate(merged)
    except ValidationError as error:
        raise ProtocolError(_problems(error, merged, origins, name)) from None
    problems = [*_patch_problems(document, origins, name), *_floor_problems(document, origins, name)]
    problems += _rank_problems(layers, files)
    if problems:
        raise ProtocolError(problems)
    unfilled = tuple(_unfilled(merged, origins, name))
    return Loaded(document, layers, origins, merged, unfilled)


def _unfilled(merged: Mapping[str, Any], origins: Origins, name: str) -> Iterator[Problem]:
    message = Text("要求了这一项但没有给出数值，请填写", "this is demanded but no number is given: fill it in")
    return (_problem(path, message, origins, name) for path in _nulls(merged))


def _nulls(value: Any) -> Iterator[Path]:
    """Return the paths of what is written as null, items of a list by their id."""
    if isinstance(value, dict):
        for key, child in value.items():
            if child is None:
                yield (key,)
            elif isinstance(child, dict | list):
                yield from ((key, *rest) for rest in _nulls(child))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            if child is None or isinstance(child, dict | list):
                part = child["id"] if isinstance(child, dict) and isinstance(child.get("id"), str) else index
                yield from ((part, *rest) for rest in (_nulls(child) if child is not None else [()]))


def _rank_problems(layers: Sequence[Layer], files: "list[_Layer]") -> Iterator[Problem]:
    """Return where a file extends one whose word weighs less than its own."""
    for below, above, file in zip(layers, layers[1:], files[1:], strict=False):
        if above.rank in RANKS and not weightier(below.rank, above.rank):
            message = Text(
                f"层级 {above.rank} 不能建立在 {below.rank} 之上",
                f"layer {above.rank} cannot extend layer {below.rank}",
            )
            yield Problem(above.name, file.lines.get(("layer",), 1), "layer", message)


@dataclass(slots=True, eq=False)
class _Layer:
    name: str
    text: str
    data: dict[str, Any]
    lines: dict[Path, int]


def _layers(text: str, name: str, library: Callable[[str], tuple[str, str]]) -> list[_Layer]:
    layers = [_read(text, name)]
    seen: set[str] = set()
    while (parent := layers[0].data.get("extends")) is not None:
        line = layers[0].lines.get(("extends",), 1)
        if not isinstance(parent, str) or parent in seen:
            raise ProtocolError(
                [Problem(layers[0].name, line, "extends", Text("互相引用", "extends itself in a circle"))]
            )
        seen.add(parent)
        try:
            file, parent_text = library(parent)
        except KeyError:
            message = Text(
                f"没有名为 {parent} 的规程包，旁边也没有 {parent}.yaml",
                f"there is no pack called {parent}, and no {parent}.yaml beside this file",
            )
            raise ProtocolError([Problem(layers[0].name, line, "extends", message)]) from None
        layers.insert(0, _read(parent_text, file))
    return layers


# -- YAML ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
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
    return _Layer(name, text, data, lines)


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


class _Stacked(NamedTuple):
    """Some files laid over one another: what they say together, who said it, and each with what is below it."""

    merged: dict[str, Any]
    settings: dict[Path, list[Setting]]
    layers: tuple[Layer, ...]


@lru_cache(maxsize=64)
def _stacked(files: "tuple[_Layer, ...]") -> _Stacked:
    """Return files laid over one another. What a file extends seldom changes, so it is kept."""
    return _lay(_stacked(files[:-1]), files[-1]) if files else _Stacked({}, {}, ())


def _lay(below: _Stacked, layer: _Layer) -> _Stacked:
    """Return one more file laid over others; at the top, maps are merged key by key."""
    merged, settings = dict(below.merged), dict(below.settings)
    for key, value in layer.data.items():
        path: Path = (key,)
        before = merged.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            merged[key] = before | value
        elif not (value == [] and isinstance(before, list)):
            merged[key] = laid(before, value)
        _note(path, path, value, layer, settings)
    merged["layer"] = layer.data.get("layer", "facility")
    rank = merged["layer"] if isinstance(merged["layer"], str) else ""
    return _Stacked(merged, settings, (*below.layers, Layer(layer.name, rank, layer.text, merged)))


def _note(in_file: Path, in_document: Path, value: Any, layer: _Layer, settings: dict[Path, list[Setting]]) -> None:
    """Remember which layer says what, items of a list by their id, and refuse the same id twice."""
    line = layer.lines.get(in_file, 1)
    settings[in_document] = [*settings.get(in_document, ()), Setting(layer.name, line, value)]
    if isinstance(value, dict):
        for key, child in value.items():
            _note((*in_file, key), (*in_document, key), child, layer, settings)
    elif isinstance(value, list):
        seen: set[str] = set()
        for index, child in enumerate(value):
            name: str | int = child["id"] if isinstance(child, dict) and isinstance(child.get("id"), str) else index
            if isinstance(name, str):
                if name in seen:
                    message = Text(f"id {name} 重复", f"the id {name} is given twice")
                    where = layer.lines.get((*in_file, index), line)
                    raise ProtocolError([Problem(layer.name, where, _dotted((*in_document, name)), message)])
                seen.add(name)
            _note((*in_file, index), (*in_document, name), child, layer, settings)


# -- errors in words ----------------------------------------------------------------------------------------------


def _problems(error: ValidationError, merged: dict[str, Any], origins: Origins, name: str) -> list[Problem]:
    problems = []
    for item in error.errors(include_url=False):
        path = _by_id(_without_tag(item["loc"]), merged) + _below(item)
        message = _no_such_item(path, merged) if item["type"] == "missing" else None
        problems.append(_problem(path, message or _message(dict(item)), origins, name))
    return problems


def _no_such_item(path: Path, merged: Mapping[str, Any]) -> Text | None:
    """Return the words for an item that lacks what every item has, most likely because its id is a slip."""
    if len(path) < 5 or path[-1] not in ("title", "length", "kind"):
        return None
    parts = tuple(map(str, path))
    items = at(merged, parts[:-2])
    known = [i.get("id") for i in items if isinstance(i, dict)] if isinstance(items, list) else []
    others = [id_ for id_ in known if isinstance(id_, str) and id_ != parts[-2]]
    if not others:
        return None
    listed = ", ".join(others[:12])
    return Text(
        f"缺少这一项；若想改已有的一项，其 id 为 {listed}",
        f"this is missing; to change an item that is there already, its id is one of {listed}",
    )


def _without_tag(loc: Sequence[Any]) -> list[Any]:
    """Return pydantic's path without the names that it adds for the kind of measure and for the forms of a value."""
    path = [p for p in loc if not (isinstance(p, str) and (p[:1].isupper() or "[" in p))]
    if len(path) > 2 and path[0] == "measures" and path[2] in KINDS:
        del path[2]
    return path


def _below(item: Mapping[str, Any]) -> Path:
    """Return where, below the place of the check, the mistake is: list positions as numbers again."""
    path = (item.get("ctx") or {}).get("path", [])
    return tuple(int(part) if part.isdigit() else part for part in path)


def _patch_problems(document: Document, origins: Origins, name: str) -> Iterator[Problem]:
    """Return the mistakes that show only once a level, a flag or a standing is laid over its measure."""
    for measure in document.measures:
        for below, patch in measure.patches():
            above: Path = ("measures", measure.id, *(int(p) if p.isdigit() else p for p in below))
            try:
                document.check(measure.patched(patch), ())
            except ValidationError as error:
                for item in error.errors(include_url=False):
                    path = (*above, *_without_tag(item["loc"]), *_below(dict(item)))
                    yield _problem(path, _message(dict(item)), origins, name)
            except PydanticCustomError as error:
                context = error.context or {}
                message = Text(context["zh"], context["en"])
                yield _problem((*above, *context["path"]), message, origins, name)


def _floor_problems(document: Document, origins: Origins, name: str) -> Iterator[Problem]:
    """Return the floors that name no bounded field."""
    for measure in document.measures:
        for index, path in enumerate(measure.floor):
            if not any(matching(measure, tuple(path.split(".")))):
                known = [".".join(path) for path, _, _ in bounded(measure)]
                near = difflib.get_close_matches(path, known, n=1)
                zh, en = (f"，是否想写 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
                message = Text(
                    f"{path} 不是有松严之分的值{zh}", f"{path} is no value that can be stricter or looser{en}"
                )
                yield _problem(("measures", measure.id, "floor", index), message, origins, name)


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
        if isinstance(part, int) and isinstance(here, dict) and isinstance(here.get("id"), str):
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
        "tuple_type": Text(f"应为列表，写的是 {given}", f"expected a list, found {given}"),
        "int_parsing_size": Text(f"数字过大：{given}", f"this number is too large: {given}"),
        "date_type": Text(f"应为日期，如 2026-01-05，写的是 {given}", f"expected a date such as 2026-01-05, found {given}"),
        "date_from_datetime_parsing": Text(f"应为日期，如 2026-01-05，写的是 {given}", f"expected a date such as 2026-01-05, found {given}"),
        "date_parsing": Text(f"应为日期，如 2026-01-05，写的是 {given}", f"expected a date such as 2026-01-05, found {given}"),
    }  # fmt: skip
    if item["type"] in known:
        return known[item["type"]]
    if item["type"] in ("union_tag_not_found", "union_tag_invalid"):
        return _unknown_kind(item)
    if item["type"] == "literal_error":
        expected = context.get("expected", "")
        return Text(f"应为 {expected.replace(' or ', ' 或 ')}，写的是 {given}", f"expected {expected}, found {given}")
    bounds = {"greater_than_equal": ("ge", "≥"), "less_than_equal": ("le", "≤"), "greater_than": ("gt", ">")}
    if item["type"] in bounds:
        key, sign = bounds[item["type"]]
        return Text(f"应 {sign} {context[key]}，写的是 {given}", f"expected {sign} {context[key]}, found {given}")
    return Text(f"不合要求：{item['msg']}", str(item["msg"]))


def _unknown_kind(item: Mapping[str, Any]) -> Text:
    given = item["input"].get("kind") if isinstance(item.get("input"), dict) else None
    known = ", ".join(KINDS)
    if given is None:
        return Text(f"缺少 kind，应为 {known} 之一", f"kind is missing; it is one of {known}")
    near = difflib.get_close_matches(str(given), KINDS, n=1)
    if near:
        return Text(f"没有种类 {given}，是否想写 {near[0]}？", f"there is no kind {given}; did you mean {near[0]}?")
    return Text(f"没有种类 {given}，可用：{known}", f"there is no kind {given}; known: {known}")


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
    if key in _keys():
        return Text(f"{key} 不能写在这里", f"{key} does not belong here")
    near = difflib.get_close_matches(key, _keys(), n=1)
    zh, en = (f"，是否想写 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
    return Text(f"不认识的键 {key}{zh}", f"unknown key {key}{en}")
