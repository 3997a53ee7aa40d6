"""
The protocol in force: what holds at a level, under flags and overrides, held by floors and ceilings; its digest; and
which layer set which value.

Order of force (design §2): ceilings > red lines > floors > override > flag > level > the most specific layer > the layers
it extends > default of the format. A condition on a standing wins for the people it names, held by the same floors.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from lazaretto.protocol.bounds import Bound, Path, dig, matching
from lazaretto.protocol.canonical import digest
from lazaretto.protocol.clock import Duration
from lazaretto.protocol.document import Document, weightier
from lazaretto.protocol.kinds import KINDS, AnyMeasure
from lazaretto.protocol.laying import at, is_register, put
from lazaretto.protocol.load import Layer as FileLayer
from lazaretto.protocol.load import Loaded
from lazaretto.protocol.record import Phase, Shift
from lazaretto.protocol.round import Round
from lazaretto.protocol.text import Text


@dataclass(frozen=True, eq=False)
class Override:
    """
    Other values for one measure, for a while, on somebody's word: `rank` is the layer in whose name it was approved.
    Who asked, who approved and until when is the business of whoever keeps it.
    """

    id: str
    measure: str
    patch: dict[str, Any]
    rank: str = "facility"


@dataclass(frozen=True, slots=True)
class Hold:
    """That a floor or a ceiling took the place of a value: which, where, and the value that it held back."""

    measure: str
    path: Path
    by: Text
    kind: str
    instead_of: Any
    value: Any
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A protocol at one level. `record` is what the digest is made of, kept once by digest."""

    document: Document
    level: str
    everything: tuple[AnyMeasure, ...]
    record: dict[str, Any]
    digest: str
    holds: tuple[Hold, ...] = ()
    flags: tuple[str, ...] = ()

    @property
    def measures(self) -> tuple[Round, ...]:
        """The rounds that are asked, in order: what the evaluator runs."""
        return tuple(m for m in self.everything if isinstance(m, Round) and m.active and m.cadence is not None)

    def phase(self, start: int, end: int) -> Phase:
        """Return it as in force on [start, end)."""
        shifts = tuple(Shift(s.id, s.start, s.end) for s in self.document.shifts)
        return Phase(start, end, self.measures, self.document.day_ends, shifts)

    def measure(self, id_: str) -> Round | None:
        return next((m for m in self.measures if m.id == id_), None)

    def review_of(self, level: str) -> Duration:
        """Return after how long a level is reviewed, a ceiling on it held."""
        return next(Duration.parse(item["review"]) for item in self.record["levels"] if item["id"] == level)

    def any_measure(self, id_: str) -> AnyMeasure | None:
        return next((m for m in self.everything if m.id == id_), None)


class UnknownLevel(ValueError):
    """The protocol has no level of that name."""


def resolve(
    loaded: Loaded, level: str | None = None, flags: Iterable[str] = (), overrides: Sequence[Override] = ()
) -> Resolved:
    """
    Return what holds. Without `level`, the normal one; flags that the protocol does not know say nothing.

    :raises UnknownLevel: if the protocol has no such level.
    """
    document = loaded.document
    level = level or document.normal_level
    if level not in {known.id for known in document.levels}:
        raise UnknownLevel(level)
    held = [flag.id for flag in document.flags if flag.id in set(flags)]
    return _resolved(loaded, level, tuple(held), tuple(overrides))


@lru_cache(maxsize=64)
def _resolved(loaded: Loaded, level: str, held: tuple[str, ...], overrides: tuple[Override, ...]) -> Resolved:
    document = loaded.document
    settled, levels, holds = _settled(loaded, level, held, overrides)
    record = document.model_dump(mode="json", by_alias=True, exclude={"measures"})
    record["levels"] = levels
    record["measures"] = [m.model_dump(mode="json", by_alias=True) for m in settled]
    record |= {"level": level, "flags_held": list(held), "overrides": [o.id for o in overrides]}
    return Resolved(document, level, settled, record, digest(record), holds, held)


def holds_under(loaded: Loaded, level: str, flags: tuple[str, ...] = ()) -> tuple[Hold, ...]:
    """Return which values a floor or a ceiling holds back at a level and under flags; no record is made of it."""
    return _settled(loaded, level, flags, ())[2]


def _settled(
    loaded: Loaded, level: str, held: tuple[str, ...], overrides: tuple[Override, ...]
) -> tuple[tuple[AnyMeasure, ...], list[dict[str, Any]], tuple[Hold, ...]]:
    """Return the measures and the levels as they hold, and what was held back."""
    holds: list[Hold] = []
    settled = []
    for measure in loaded.document.measures:
        found, why = _in_force(loaded, measure, level, held, [o for o in overrides if o.measure == measure.id])
        settled.append(_night(found, loaded.document))
        holds += why
    levels, why = _levels(loaded.document)
    return tuple(settled), levels, tuple(holds + why)


def from_record(record: dict[str, Any]) -> Resolved:
    """Return a resolved protocol from its stored record."""
    own = ("level", "flags_held", "overrides")
    document = Document.model_validate({k: v for k, v in record.items() if k not in own})
    flags = tuple(record.get("flags_held", ()))
    return Resolved(document, record["level"], tuple(document.measures), record, digest(record), (), flags)


# -- from the layers to what holds ----------------------------------------------------------------------------------


def _in_force(
    loaded: Loaded, measure: AnyMeasure, level: str, flags: Sequence[str], overrides: Sequence[Override]
) -> tuple[AnyMeasure, list[Hold]]:
    said = _conditions(measure, level, flags)
    for override in overrides:
        said = _patched(said, override.patch)
    if said.levels or said.when:
        said = said.model_copy(update={"levels": {}, "when": {}})
    holds: list[Hold] = []
    for floor in floors(loaded, measure.id):
        if floor.untouched and not overrides:
            continue
        said, why = _hold(said, floor, level, flags, overrides)
        holds += why
    for ceiling in loaded.document.ceilings:
        for broken in list(ceiling.broken(said)) if ceiling.kind == said.kind else ():
            said = _with(said, broken.path, broken.instead)
            holds.append(
                Hold(
                    measure.id, broken.path, ceiling.title.text, "ceiling", _plain(broken.value), _plain(broken.instead)
                )
            )
    return said, holds


def _conditions(measure: AnyMeasure, level: str, flags: Sequence[str]) -> AnyMeasure:
    """Return the measure with the values of its level, then of each flag that holds, in the order of the document."""
    said = _patched(measure, measure.levels.get(level, {}))
    for flag in flags:
        said = _patched(said, measure.when.get(flag, {}))
    return said


def _patched(measure: AnyMeasure, patch: dict[str, Any]) -> AnyMeasure:
    """Return the measure with a patch laid over it; a patch that makes no sense together with another says nothing."""
    try:
        return measure.patched(patch)
    except ValidationError:
        return measure


@dataclass(frozen=True, slots=True)
class Floor:
    """
    That a layer lets nobody above loosen some values of a measure; `measure` is the measure as that layer says it, and
    `untouched` that no layer above says anything else.
    """

    layer: FileLayer
    measure: AnyMeasure
    paths: tuple[Path, ...]
    red: bool
    untouched: bool


@lru_cache(maxsize=4096)
def floors(loaded: Loaded, measure: str) -> tuple[Floor, ...]:
    """
    Return the floors under a measure, the lowest layer first.

    A layer sets a floor by naming paths in `floor`, or all of them with `waiver: none` (a red line). What it lets
    nobody loosen is the value as merged up to and with that layer, at every level and flag; a layer above that names the
    same path sets a second, stricter one.
    """
    found = []
    settings = loaded.origins.settings
    named = {said.layer: said.value for said in settings.get(("measures", measure, "floor"), ())}
    drawn = {said.layer for said in settings.get(("measures", measure, "waiver"), ()) if said.value == "none"}
    for layer in loaded.layers:
        raw = at(layer.merged, ("measures", measure))
        red, paths = layer.name in drawn, named.get(layer.name) or []
        if raw is None or not (red or paths):
            continue
        try:
            said: AnyMeasure = KINDS[raw["kind"]].model_validate(raw)  # type: ignore[assignment]
        except (ValidationError, KeyError):
            continue  # a layer that is whole only with those above it cannot set a floor of its own
        chosen = ((),) if red else tuple(tuple(path.split(".")) for path in paths)
        untouched = raw == at(loaded.raw, ("measures", measure))
        found.append(Floor(layer, said, chosen, red, untouched))
    return tuple(found)


def _hold(
    said: AnyMeasure, floor: Floor, level: str, flags: Sequence[str], overrides: Sequence[Override]
) -> tuple[AnyMeasure, list[Hold]]:
    below = _conditions(floor.measure, level, flags)
    holds = []
    for path, bound, least in _floor_values(below, floor.paths):
        if not floor.red and _lifted(path, floor, overrides):
            continue
        value = _dig(said, path)
        if path != ("waiver",) and not bound.at_least(value, least):
            instead = _joined(value, least) if bound.direction == "all" else _plain(least)
            said = _with(said, path, instead)
            name = Text(
                f"{'红线' if floor.red else '下限'}（{floor.layer.name}）",
                f"{'red line' if floor.red else 'floor'} of {floor.layer.name}",
            )
            holds.append(Hold(said.id, path, name, "red line" if floor.red else "floor", _plain(value), instead))
    return _hold_standings(said, below, floor, overrides), holds


def _hold_standings(said: AnyMeasure, below: AnyMeasure, floor: Floor, overrides: Sequence[Override]) -> AnyMeasure:
    """Return the measure whose conditions on standings keep the floor as well, except those the floor's layer set."""
    patches = []
    for patch in said.standings:
        new = dict(patch.set)
        if patch not in below.standings:
            under = _patched(said, patch.set)
            for path, bound, least in _floor_values(below, floor.paths):
                loose = path[0] in new and not bound.at_least(_dig(under, path), least)
                if loose and (floor.red or not _lifted(path, floor, overrides)):
                    new = put(new, path, _plain(least))
        patches.append({"where": patch.where, "set": new})
    if patches == [{"where": p.where, "set": p.set} for p in said.standings]:
        return said
    return said.patched({"standings": patches})


def _floor_values(measure: AnyMeasure, patterns: Sequence[Path]) -> Iterator[tuple[Path, Bound, Any]]:
    for pattern in patterns:
        yield from matching(measure, pattern)


def _lifted(path: Path, floor: Floor, overrides: Sequence[Override]) -> bool:
    """Say whether an override on the word of the floor's own layer, or a weightier one, speaks of this value."""
    weighty = [o for o in overrides if weightier(o.rank, floor.layer.rank)]
    return any(path[0] in o.patch for o in weighty)


def _dig(measure: AnyMeasure, path: Path) -> Any:
    try:
        return dig(measure, path)
    except KeyError:
        return None


def _with(measure: AnyMeasure, path: Path, value: Any) -> AnyMeasure:
    raw = put(measure.model_dump(mode="json", by_alias=True, exclude_unset=True), path, value)
    try:
        return type(measure).model_validate(raw)
    except ValidationError:
        return measure  # only where the item that the floor speaks of was put back whole by its list a moment before


def _joined(value: Any, least: Any) -> list[Any]:
    own = [_plain(item) for item in value or []]
    names = {item["id"] if isinstance(item, dict) else item for item in own}
    missing = [p for p in map(_plain, least) if (p["id"] if isinstance(p, dict) else p) not in names]
    return own + missing


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return value if value is None or isinstance(value, bool | int | str | dict) else str(value)


def _levels(document: Document) -> tuple[list[dict[str, Any]], list[Hold]]:
    """Return the levels with the ceilings on them held."""
    found, holds = [], []
    for level in document.levels:
        said = level.model_dump(mode="json", by_alias=True)
        for ceiling in document.ceilings:
            if ceiling.kind == "level" and not level.normal and not ceiling.allows(getattr(level, ceiling.field)):
                holds.append(
                    Hold(
                        f"level {level.id}",
                        ceiling.path,
                        ceiling.title.text,
                        "ceiling",
                        said[ceiling.field],
                        ceiling.bound,
                    )
                )
                said[ceiling.field] = ceiling.bound
        found.append(said)
    return found, holds


def _night(measure: AnyMeasure, document: Document) -> AnyMeasure:
    """Write the document's night into each cadence of a round that leaves it open."""
    night = document.night
    if night is None or not isinstance(measure, Round) or measure.cadence is None:
        return measure
    hours = {"from": night.start, "to": night.end}

    def filled(cadence: dict[str, Any]) -> dict[str, Any]:
        own = {key: value for key, value in (cadence.get("night") or {}).items() if value is not None}
        policy = {"policy": night.policy} if night.policy else {}
        return cadence | {"night": hours | policy | own}

    own = measure.cadence.model_dump(mode="json", by_alias=True, exclude_unset=True)
    standings = [
        s.model_dump(mode="json")
        | {"set": s.set | ({"cadence": filled(s.set["cadence"])} if "cadence" in s.set else {})}
        for s in measure.standings
    ]
    return measure.patched({"cadence": filled(own), "standings": standings})


# -- who said so ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's say about a value; the first of a list wins."""

    name: Text
    value: Any
    line: int | None = None
    kind: str = "layer"


def explain(
    loaded: Loaded,
    measure: str,
    field: str,
    level: str | None = None,
    flags: Iterable[str] = (),
    overrides: Sequence[Override] = (),
) -> list[Layer]:
    """
    Return who says what about `field` of `measure`, the winner first; conditions on standings come before, as they win
    for the people that they name. A ceiling or a floor that took the place of a value stands above it.

    :raises KeyError: if there is no such measure or field.
    """
    resolved = resolve(loaded, level, flags, overrides)
    said = next((m for m in loaded.document.measures if m.id == measure), None)
    path = tuple(field.split("."))
    top = path[0]
    names = {info.alias or name: name for name, info in type(said).model_fields.items()} if said else {}
    if said is None or top not in names:
        raise KeyError(f"{measure}.{field}")
    found: list[Layer] = []
    for patch in said.standings:
        if (value := at(patch.set, path)) is not None:
            where = ", ".join(f"{k}={v}" for k, v in patch.where.items())
            found.append(Layer(Text(f"身份条件 {where}", f"standing {where}"), value, kind="standing"))
    for hold in reversed(resolved.holds):
        if hold.measure == measure and (hold.path[: len(path)] == path or path[: len(hold.path)] == hold.path):
            found.append(Layer(hold.by, _dig_plain(hold.value, list(path[len(hold.path) :])), kind=hold.kind))
    for override in reversed(overrides):
        if override.measure == measure and (value := at(override.patch, path)) is not None:
            found.append(Layer(Text(f"临时覆盖 {override.id}", f"override {override.id}"), value, kind="override"))
    for flag in reversed(resolved.flags):
        if (value := at(said.when.get(flag, {}), path)) is not None:
            found.append(Layer(Text(f"标记 {flag}", f"flag {flag}"), value, kind="flag"))
    if (value := at(said.levels.get(resolved.level, {}), path)) is not None:
        found.append(Layer(Text(f"级别 {resolved.level}", f"level {resolved.level}"), value, kind="level"))
    found += _file_layers(loaded, measure, path)
    if not found:
        found.append(
            Layer(Text("格式默认值", "default of the format"), _default(said, names[top], path), kind="default")
        )
    return found


def _default(measure: AnyMeasure, name: str, path: Path) -> Any:
    """Return what the format says where no layer says anything; a part of an item has the default of its own model."""
    if len(path) > 1 and (value := _plain(_dig(measure, path))) is not None:
        return value
    default = type(measure).model_fields[name].get_default(call_default_factory=True)
    return None if default is PydanticUndefined else _dig_plain(_plain_all(default), list(path[1:]))


def _file_layers(loaded: Loaded, measure: str, path: Path) -> Iterator[Layer]:
    """Return what each file says of a value, the last first."""
    settings = loaded.origins.settings
    whole = 1
    while whole + 2 <= len(path):  # items of a list merge key by key; any other value is replaced whole
        said = settings.get(("measures", measure, *_numbered(path[:whole])))
        if not (said and is_register(said[-1].value)):
            break
        whole += 2
    for setting in reversed(settings.get(("measures", measure, *_numbered(path[:whole])), [])):
        rest = path[whole:]
        yield Layer(
            Text(setting.layer, setting.layer), at(setting.value, rest) if rest else setting.value, setting.line
        )


def _numbered(path: Path) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in path)


def _dig_plain(value: Any, rest: list[str]) -> Any:
    for part in rest:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _plain_all(value: Any) -> Any:
    return value.model_dump(mode="json", by_alias=True) if hasattr(value, "model_dump") else value
