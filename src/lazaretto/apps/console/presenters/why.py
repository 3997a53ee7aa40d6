"""Why a value is what it is: the layers that speak of it, the winner first, and what holds it."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext

from lazaretto.apps.console.presenters.places import title
from lazaretto.protocol.bounds import Bound, bounded, matching
from lazaretto.protocol.kinds import AnyMeasure
from lazaretto.protocol.load import Loaded
from lazaretto.protocol.references import references
from lazaretto.protocol.resolve import Layer, Override, Resolved, explain, floors
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording.glossary import Glossary
from lazaretto.protocol.wording.phrases import same
from lazaretto.protocol.wording.values import name_of, value_of, with_standing

Path = tuple[str, ...]
#: Layers that hold a value back, and stand above what was asked for.
HELD = ("ceiling", "floor", "red line")


def why(loaded: Loaded, resolved: Resolved, overrides: Sequence[Override], asked: str, close: str) -> dict[str, Any]:
    """Return the panel that explains `measure:path`; one that names no value says so."""
    id_, _, field = asked.partition(":")
    measure = resolved.any_measure(id_)
    path: Path = tuple(field.split(".")) if field else ()
    try:
        said = explain(loaded, id_, field, resolved.level, resolved.flags, overrides) if measure and field else []
    except KeyError:
        said = []
    layers = [layer for layer in said if _speaks(loaded, id_, path, layer)]
    if measure is None or not layers:
        return {"found": False, "close": f"{close}#{id_}" if measure else close}
    words = Glossary(resolved.document, measure)
    winner = next((i for i, layer in enumerate(layers) if layer.kind != "standing"), 0)
    return {
        "found": True,
        "close": f"{close}#{measure.id}",
        "name": title(name_of(measure, path, resolved.document)),
        "of": title(measure.title),
        "value": title(value_of(path, layers[winner].value, words)),
        "layers": [
            _layer(loaded, layer, path, words, i == winner, measure) for i, layer in enumerate(layers)
        ],
        "direction": _direction(measure, path, words),
        "floors": list(_floors(loaded, id_, path, words)),
        "sources": _sources(measure, path),
        "used": _used(measure, resolved),
    }  # fmt: skip


def _speaks(loaded: Loaded, id_: str, path: Path, layer: Layer) -> bool:
    """Say whether a layer says anything of the value itself; one that leaves it open with null does."""
    if layer.value is not None or layer.kind != "layer":
        return True
    settings = loaded.origins.settings.get(("measures", id_, *path), [])
    return any(setting.layer == layer.name.zh for setting in settings)


def _layer(
    loaded: Loaded, layer: Layer, path: Path, words: Glossary, wins: bool, measure: AnyMeasure
) -> dict[str, Any]:
    name, detail = _layer_words(loaded, layer, words, measure)
    return {
        "name": title(name),
        "detail": detail,
        "value": title(value_of(path, layer.value, words)),
        "wins": wins,
        "held": layer.kind in HELD,
        "kind": layer.kind,
    }


def _layer_words(loaded: Loaded, layer: Layer, words: Glossary, measure: AnyMeasure) -> tuple[Text, str]:
    """Return whose word a layer is, and where it stands: a file by its rank and title, a condition by its own name."""
    file = next((f for f in loaded.layers if f.name == layer.name.zh), None)
    if file is not None:
        rank, own = words.word(file.rank, "layer"), file.merged["title"]
        name = Text(f"{rank.zh}：{own['zh']}", f"{rank.en}: {own['en']}")
        return name, f"{file.name}:{layer.line}" if layer.line else file.name
    code = layer.name.en.partition(" ")[2]
    if layer.kind == "level":
        word = words.word(code)
        return Text(f"级别“{word.zh}”", f"level {word.en}"), ""
    if layer.kind == "flag":
        word = words.word(code)
        return Text(f"标记“{word.zh}”", f"flag “{word.en}”"), ""
    if layer.kind == "standing":
        where = next((p.where for p in measure.standings if _written(p.where) == code), None)
        return (with_standing(where, words) if where else layer.name), gettext("only for the people it names")
    return layer.name, ""


def _written(where: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in where.items())


def _direction(measure: AnyMeasure, path: Path, words: Glossary) -> str:
    """Return which way the value becomes stricter, empty where it has no such way."""
    bound = next((b for at, b, _ in bounded(measure) if at == path), None)
    if bound is None:
        return ""
    return title(_in_order(bound, path[-1], words) if _is_of_words(bound) else bound.words)


def _is_of_words(bound: Bound) -> bool:
    return bool(bound.order) and all(isinstance(value, str) for value in bound.order)


def _in_order(bound: Bound, field: str, words: Glossary) -> Text:
    said = [words.word(str(value), field) for value in bound.order]
    zh, en = "，再到".join(f"“{s.zh}”" for s in said), ", then ".join(f"“{s.en}”" for s in said)
    return Text(f"依次更严：{zh}", f"stricter in this order: {en}")


def _floors(loaded: Loaded, id_: str, path: Path, words: Glossary) -> Iterator[dict[str, Any]]:
    """Return the floors and red lines under a value, with the value that they hold."""
    for floor in floors(loaded, id_):
        for at, _, least in _under(floor.measure, path):
            if any(at[: len(pattern)] == pattern for pattern in floor.paths):
                yield {
                    "red": floor.red,
                    "value": title(value_of(at, least, words)),
                    "layer": title(_layer_words(loaded, Layer(same(floor.layer.name), None), words, floor.measure)[0]),
                }


def _under(measure: AnyMeasure, path: Path) -> Iterator[tuple[Path, Bound, Any]]:
    return ((at, bound, value) for at, bound, value in matching(measure, path) if at == path)


def _sources(measure: AnyMeasure, path: Path) -> list[str]:
    """Return the sources that speak of the value, or else those of the whole measure; then how it was filled in."""
    own = [s for s in measure.source if s.of and _touches(tuple(s.of.split(".")), path)]
    found = [title(s.words) for s in own or [s for s in measure.source if not s.of]]
    found += [title(f.text) for f in measure.filled if _touches(tuple(f.id.split(".")), path)]
    if measure.assumption:
        found.append(gettext("our assumption: %(text)s") % {"text": title(measure.assumption)})
    return found


def _touches(one: Path, other: Path) -> bool:
    n = min(len(one), len(other))
    return one[:n] == other[:n]


def _used(measure: AnyMeasure, resolved: Resolved) -> list[str]:
    """Return who uses the measure: what this version executes, and the measures that name it."""
    found = [] if measure.provisional else [gettext("what is due each day, its evidence, the day report")]
    found += [title(m.title) for m in resolved.everything if any(name == measure.id for _, name, _ in references(m))]
    return found or [gettext("read only so far: nothing here executes it")]
