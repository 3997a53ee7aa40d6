"""
Every field that may stand in a pack, kind by kind, as a page: what it is called, what may be written, what holds if it is
left out, and which way is stricter. Made from the models themselves, so that it cannot differ from them.
"""

import types
from collections.abc import Iterator, Set
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from lazaretto.protocol.bounds import Bound
from lazaretto.protocol.cadence import Cadence
from lazaretto.protocol.clock import Duration
from lazaretto.protocol.document import Document
from lazaretto.protocol.kinds import KINDS, WORDS
from lazaretto.protocol.measures import FIXED, Measure
from lazaretto.protocol.wording.fields import field_name

PREFACE = """\
# What may stand in a pack

<!-- Written by `make docs` from the models; edit them, not this page. -->

Fields are written as in the file; the Chinese name is what pages and papers call them. **Bold** fields must be there. A field
marked ∅ may be written as `null`: then the number is demanded, and must be filled in before the protocol can be adopted."""


def reference() -> str:
    """Return the whole page, in Markdown; each part of a measure is told once, where it is met first."""
    seen: set[type[BaseModel]] = {Cadence}
    parts = [PREFACE, "## The document", *_table(Document), *_nested(Document, {"measures"}, seen)]
    parts += ["## What every measure carries", _doc(Measure), *_table(Measure), *_nested(Measure, set(), seen)]
    for name in KINDS:
        parts += _kind(name, seen)
    parts += ["## Cadence", _doc(Cadence), *_table(Cadence), *_nested(Cadence, set(), seen)]
    return "\n\n".join(part for part in parts if part) + "\n"


#: What can be looked up by itself.
PARTS = ("document", "measure", "cadence", *KINDS)


def part_reference(name: str) -> str:
    """Return the part of the page about a kind, the document, any measure or a cadence, with all that is inside it."""
    common: dict[str, tuple[type[BaseModel], set[str]]] = {
        "document": (Document, {"measures"}), "measure": (Measure, set()), "cadence": (Cadence, set())
    }  # fmt: skip
    if name in common:
        model, without = common[name]
        seen: set[type[BaseModel]] = set() if model is Cadence else {Cadence}
        parts = [f"## {name}", _doc(model), *_table(model), *_nested(model, without, seen)]
    else:
        parts = _kind(name, {Cadence})
    return "\n\n".join(part for part in parts if part) + "\n"


def _kind(name: str, seen: set[type[BaseModel]]) -> list[str]:
    words, kind, common = WORDS[name], KINDS[name], set(Measure.model_fields) - {"kind"}
    head = f"## `{name}` · {words.zh} · {words.en}"
    return [head, _doc(kind), *_table(kind, common), *_nested(kind, common, seen)]


def _doc(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _table(model: type[BaseModel], without: Set[str] = frozenset()) -> list[str]:
    rows = ["| field | 中文 | what | if left out | stricter |", "| --- | --- | --- | --- | --- |"]
    for name, info in model.model_fields.items():
        if name not in without:
            rows.append(_row(model, info.alias or name, info))
    return ["\n".join(rows)] if len(rows) > 2 else []


def _row(model: type[BaseModel], name: str, info: FieldInfo) -> str:
    bound = next((extra.words.en for extra in info.metadata if isinstance(extra, Bound)), "")
    shown = f"**`{name}`**" if info.is_required() else f"`{name}`"
    open_ = " ∅" if type(None) in get_args(info.annotation) else ""
    fixed = " (a level or flag cannot change it)" if issubclass(model, Measure) and name in FIXED else ""
    return f"| {shown}{open_} | {field_name(model, name).zh} | {_what(info.annotation)}{fixed} | {_default(info)} | {bound} |"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return ""
    value = info.get_default(call_default_factory=True)
    if value is PydanticUndefined or value is None or value in ([], {}):
        return "—"
    if isinstance(value, BaseModel | list):
        return (
            "as below"
            if isinstance(value, BaseModel)
            else ", ".join(map(str, value))
            if isinstance(value[0], str)
            else "everybody"
        )
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _what(annotation: Any) -> str:
    """Return what may be written, in words."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _what(args[0])
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_what(arg) for arg in args if arg is not type(None)))
    if origin is Literal:
        return " · ".join(f"`{arg}`" for arg in args)
    if origin is list:
        inner = _what(args[0])
        return f"list of {inner}" if "·" not in inner else f"list of: {inner}"
    if origin is dict:
        return f"`name: {_what(args[1]) if args[1] is not Any else 'value'}` lines"
    if origin is tuple:
        return "[" + ", ".join(_what(arg) for arg in args) + "]"
    if isinstance(annotation, type) and issubclass(annotation, Measure):
        return "measure, of one of the kinds below"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"[{annotation.__name__}](#{annotation.__name__.lower()})"
    plain = {Duration: "duration (`PT30M`, `PT2H`, `P21D`, `P2W`)", Decimal: "number", int: "whole number", str: "text",
             bool: "`true` · `false`"}  # fmt: skip
    return plain.get(annotation, "date (`2026-01-05`)" if getattr(annotation, "__name__", "") == "date" else "value")


def _nested(model: type[BaseModel], without: set[str], seen: set[type[BaseModel]]) -> Iterator[str]:
    """Return a table for each model inside another that was not told yet, in the order met."""
    todo = [m for name, info in model.model_fields.items() if name not in without for m in _models(info.annotation)]
    while todo:
        inner = todo.pop(0)
        if inner in seen or issubclass(inner, Measure):
            continue
        seen.add(inner)
        yield f"### {inner.__name__}"
        yield _doc(inner)
        yield from _table(inner)
        todo += [m for info in inner.model_fields.values() for m in _models(info.annotation)]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for arg in get_args(annotation):
        yield from _models(arg)
