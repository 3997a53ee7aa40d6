"""
Properties of resolution, on random stacks of layers: ceilings always hold, a floor is never loosened, resolving is total,
a protocol does not differ from itself, and every value has somebody who said it.
"""

import os
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto import packs
from lazaretto.protocol.activation import activation
from lazaretto.protocol.bounds import bounded, matching
from lazaretto.protocol.diff import diff
from lazaretto.protocol.document import RANKS
from lazaretto.protocol.load import Loaded, load
from lazaretto.protocol.resolve import Override, explain, floors, resolve

EXAMPLES = max(10, int(os.environ.get("LAZARETTO_WORLDS", "100")) // 12)
HEAD = {"version": "1", "title": {"zh": "层", "en": "layer"}, "source": [{"text": "an example"}]}
WORDS = {
    "levels": [
        {"id": "routine", "title": {"zh": "常", "en": "routine"}, "normal": True},
        {"id": "outbreak", "title": {"zh": "暴", "en": "outbreak"}},
    ],
    "flags": [{"id": "port", "title": {"zh": "口岸", "en": "port"}}, {"id": "town", "title": {"zh": "城", "en": "town"}}],
    "observations": [{"id": "temperature", "title": {"zh": "体温", "en": "temperature"}}],
    "ceilings": [
        {"id": "duty", "title": {"zh": "在岗", "en": "duty"}, "kind": "limit", "field": "most", "most": 21, "source": [{"text": "x"}]},
        {"id": "stay", "title": {"zh": "停留", "en": "stay"}, "kind": "pathway", "field": "stages.*.outside_review", "most": "P14D",
         "where": {"placement": "single_room"}, "source": [{"text": "x"}]},
        {"id": "often", "title": {"zh": "次数", "en": "often"}, "kind": "round", "field": "cadence", "least": {"per_day": 1},
         "source": [{"text": "x"}]},
    ],
}  # fmt: skip
BASE: list[dict[str, Any]] = [
    {"id": "r", "kind": "round", "observation": "temperature", "cadence": {"per_day": 2}},
    {"id": "l", "kind": "limit", "of": "days", "most": 14},
    {"id": "p", "kind": "pathway", "purpose": "intake", "stages": [
        {"id": "one", "title": {"zh": "一", "en": "one"}, "length": "P7D"},
        {"id": "two", "title": {"zh": "二", "en": "two"}, "length": "P3D", "placement": "cohort"},
    ]},
]  # fmt: skip

cadences = st.one_of(
    st.builds(lambda n: {"per_day": n}, st.integers(1, 3)),
    st.builds(lambda n: {"every": f"PT{n}H"}, st.sampled_from([2, 4, 6, 12])),
    st.just({"every": "P1D"}),
    st.just({"every": "P2D", "anchor": "2026-01-05"}),
)
durations = st.builds(lambda n: f"P{n}D", st.integers(1, 40))
stages = st.builds(
    lambda id_, length, review: {"id": id_, "length": length} | ({"outside_review": review} if review else {}),
    st.sampled_from(["one", "two"]), durations, st.none() | durations,
)  # fmt: skip
patches = {
    "r": st.builds(lambda c: {"cadence": c}, cadences),
    "l": st.builds(lambda n: {"most": n}, st.integers(1, 90)),
    "p": st.builds(lambda s: {"stages": [s]}, stages),
}
FLOORS = {"r": ["cadence", "active"], "l": ["most"], "p": ["stages.one.length", "stages.one.outside_review"]}


@st.composite
def said(draw: Any, measure: str) -> dict[str, Any]:
    """Return what one layer says of a measure."""
    found: dict[str, Any] = {"id": measure}
    if draw(st.booleans()):
        found |= draw(patches[measure])
    if draw(st.booleans()):
        found["levels"] = {"outbreak": draw(patches[measure])}
    if draw(st.booleans()):
        found["when"] = {draw(st.sampled_from(["port", "town"])): draw(patches[measure])}
    if draw(st.integers(0, 2)) == 0:
        found["floor"] = draw(st.lists(st.sampled_from(FLOORS[measure]), unique=True))
    if draw(st.integers(0, 5)) == 0:
        found["waiver"] = "none"
    if measure == "r" and draw(st.integers(0, 4)) == 0:
        found["active"] = draw(st.booleans())
    return found


@st.composite
def stacks(draw: Any) -> Loaded:
    """Return a protocol of one to four layers, each with its own rank and word."""
    texts: dict[str, str] = {}
    ranks = sorted(draw(st.lists(st.sampled_from(RANKS), min_size=1, max_size=4)), key=RANKS.index)
    for n, rank in enumerate(ranks):
        body: dict[str, Any] = {"lazaretto": 1, "id": f"layer{n}", "layer": rank} | HEAD
        measures = [draw(said(m["id"])) for m in BASE]
        if n == 0:
            body |= WORDS
            common = {"title": {"zh": "措施", "en": "measure"}, "source": [{"text": "x"}]}
            measures = [base | common | own for base, own in zip(BASE, measures, strict=True)]
            for measure in measures:
                if "stages" in measure:
                    measure["stages"] = BASE[2]["stages"]
        else:
            body["extends"] = f"layer{n - 1}"
        texts[f"layer{n}"] = yaml.safe_dump(body | {"measures": measures}, allow_unicode=True)
    last = f"layer{len(ranks) - 1}"
    return load(texts[last], f"{last}.yaml", lambda name: (f"{name}.yaml", texts[name]))


@st.composite
def spoken(draw: Any) -> list[Override]:
    measures = draw(st.lists(st.sampled_from(["r", "l", "p"]), max_size=3))
    return [
        Override(str(n), measure, draw(patches[measure]), draw(st.sampled_from(RANKS[1:])))
        for n, measure in enumerate(measures)
    ]


situations = st.tuples(
    st.sampled_from(["routine", "outbreak"]), st.sets(st.sampled_from(["port", "town", "sea"])), spoken()
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(stacks(), situations)
def test_ceilings_always_hold(loaded: Loaded, situation: Any) -> None:
    resolved = resolve(loaded, *situation)
    for measure in resolved.everything:
        for ceiling in loaded.document.ceilings:
            assert not list(ceiling.broken(measure)), (measure, ceiling)


@settings(max_examples=EXAMPLES, deadline=None)
@given(stacks(), situations)
def test_nothing_is_looser_than_its_floor(loaded: Loaded, situation: Any) -> None:
    """Without overrides every floor holds, unless a ceiling lies below it; with them every red line does."""
    level, flags, overrides = situation
    for said_too in ([], overrides):
        resolved = resolve(loaded, level, flags, said_too)
        clamped = {(h.measure, h.path) for h in resolved.holds if h.kind == "ceiling"}
        for measure in resolved.everything:
            for floor in floors(loaded, measure.id):
                if said_too and not floor.red:
                    continue
                held = [f for f in ("port", "town") if f in flags]
                below = floor.measure.patched(floor.measure.levels.get(level, {}))
                for flag in held:
                    below = below.patched(floor.measure.when.get(flag, {}))
                now = {path: value for path, _, value in bounded(measure)}
                for pattern in floor.paths:
                    for path, bound, least in matching(below, pattern):
                        if path != ("waiver",) and (measure.id, path) not in clamped and bound.direction != "all":
                            assert bound.at_least(now.get(path), least), (measure.id, path, now.get(path), least)


@settings(max_examples=EXAMPLES, deadline=None)
@given(stacks(), situations)
def test_a_stricter_floor_never_loosens(loaded: Loaded, situation: Any) -> None:
    """Adding a floor to the lowest layer moves bounded values only to the stricter side."""
    level, flags, _ = situation
    stack = loaded.stack()
    first = yaml.safe_load(stack[0]["text"])
    for measure in first["measures"]:
        measure["floor"] = FLOORS[measure["id"]]
    texts = [yaml.safe_dump(first, allow_unicode=True), *(layer["text"] for layer in stack[1:])]
    files = {f"layer{n}": text for n, text in enumerate(texts)}
    last = f"layer{len(texts) - 1}"
    floored = load(files[last], f"{last}.yaml", lambda name: (f"{name}.yaml", files[name]))
    before, after = resolve(loaded, level, flags), resolve(floored, level, flags)
    for old, new in zip(before.everything, after.everything, strict=True):
        values = {path: value for path, _, value in bounded(new)}
        for path, bound, value in bounded(old):
            if path != ("waiver",):
                assert bound.at_least(values[path], value), (old.id, path, value, values[path])


@settings(max_examples=EXAMPLES, deadline=None)
@given(stacks(), situations, situations)
def test_a_protocol_does_not_differ_from_itself(loaded: Loaded, one: Any, other: Any) -> None:
    first, second = resolve(loaded, *one), resolve(loaded, *other)
    assert diff(first, resolve(loaded, *one)) == []
    there, back = diff(first, second), diff(second, first)
    assert {(c.id, c.path) for c in there} == {(c.id, c.path) for c in back}
    turned = {"stricter": "looser", "looser": "stricter", "other": "other"}
    assert {(c.id, c.path, c.direction) for c in there} == {(c.id, c.path, turned[c.direction]) for c in back}


@settings(max_examples=EXAMPLES, deadline=None)
@given(stacks(), situations)
def test_every_value_has_somebody_who_said_it(loaded: Loaded, situation: Any) -> None:
    """`explain` names a layer for every value that is bounded, and its first word is the value that holds."""
    resolved = resolve(loaded, *situation)
    for measure in resolved.everything:
        for path, _, value in bounded(measure):
            found = explain(loaded, measure.id, ".".join(path), *situation)
            assert found, (measure.id, path)
            if isinstance(value, int) and not isinstance(value, bool):
                assert str(found[0].value) == str(value), (measure.id, path, found, value)


@settings(max_examples=20, deadline=None)
@given(stacks())
def test_activation_is_total(loaded: Loaded) -> None:
    found = activation(loaded)
    assert found.allowed == (not found.refusals)
    assert all(p.file and p.line >= 1 and p.message.zh and p.message.en for p in (*found.refusals, *found.notices))


def test_every_shipped_pack_says_who_said_each_value() -> None:
    for name in packs.names():
        loaded = packs.shipped(name)
        for measure in loaded.document.measures:
            for path, _, _ in bounded(measure):
                assert explain(loaded, measure.id, ".".join(path)), (name, measure.id, path)


def test_a_second_floor_stands_on_the_first() -> None:
    """Two layers name the same path: the one above may only be stricter, and is what holds for those above it."""
    texts = {}
    for name, below, rank, most in (("a", "", "law", 60), ("b", "a", "national", 20), ("c", "b", "facility", 40)):
        body: dict[str, Any] = (
            {"lazaretto": 1, "id": name, "layer": rank} | HEAD | ({"extends": below} if below else WORDS)
        )
        own = {"id": "l", "most": most} | ({"floor": ["most"]} if rank != "facility" else {})
        common = {"kind": "limit", "of": "days", "title": {"zh": "限", "en": "limit"}, "source": [{"text": "x"}]}
        texts[name] = yaml.safe_dump(body | {"measures": [own if below else common | own]}, allow_unicode=True)
    loaded = load(texts["c"], "c.yaml", lambda name: (f"{name}.yaml", texts[name]))
    limit = resolve(loaded).any_measure("l")
    assert limit is not None
    assert limit.most == 20  # type: ignore[union-attr]
