"""The words of a protocol: every field has a name, every value reads as a sentence, in both languages."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from lazaretto import packs
from lazaretto.protocol.cadence import Cadence
from lazaretto.protocol.clock import Duration
from lazaretto.protocol.document import Document
from lazaretto.protocol.kinds import KINDS
from lazaretto.protocol.load import load
from lazaretto.protocol.measures import Measure
from lazaretto.protocol.resolve import from_record, resolve
from lazaretto.protocol.wording.cadence import duration
from lazaretto.protocol.wording.describe import Line, changes, describe, grounds
from lazaretto.protocol.wording.describe.ceilings import ceiling_words
from lazaretto.protocol.wording.describe.order import ORDERS, UNTOLD
from lazaretto.protocol.wording.fields import NAMES, field_name
from lazaretto.protocol.wording.glossary import Glossary
from lazaretto.protocol.wording.values import name_of, value_of
from lazaretto.protocol.wording.who import line_of_defence, who

RAW = re.compile(r"None|True|False|Decimal\(|Duration\(|datetime|[<>{}\[\]]|(?<![A-Za-z-])PT?\d")
CODE = re.compile(r"(?<![\w.])[a-z]+(?:_[a-z0-9]+)+")
CJK = re.compile(r"[一-鿿]")


def models(annotation: Any, seen: dict[str, type[BaseModel]]) -> dict[str, type[BaseModel]]:
    """Return every model that stands below an annotation, by its name."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation.__name__ not in seen:
            seen[annotation.__name__] = annotation
            for info in annotation.model_fields.values():
                models(info.annotation, seen)
    else:
        for part in getattr(annotation, "__args__", ()):
            models(part, seen)
    return seen


def every_model() -> dict[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    for kind in KINDS.values():
        models(kind, found)
    return models(Document, found)


EVERY = every_model()
FIELDS = [(name, info.alias or field) for name, model in EVERY.items() for field, info in model.model_fields.items()]


@pytest.mark.parametrize(("model", "field"), FIELDS)
def test_every_field_of_every_kind_has_a_name(model: str, field: str) -> None:
    name = field_name(EVERY[model], field)
    assert CJK.search(name.zh)
    assert not CJK.search(name.en)
    assert "_" not in name.en


def test_no_name_stands_for_a_field_that_is_gone() -> None:
    known = {(m.__name__, f) for model in EVERY.values() for m in model.__mro__ for f in _fields(m)}
    known |= {(base.__name__, f) for model in EVERY.values() for base in model.__mro__ for f in _fields(model)}
    assert [(model, field) for model, names in NAMES.items() for field in names if (model, field) not in known] == []


def _fields(model: type) -> list[str]:
    infos = getattr(model, "model_fields", None)
    return [info.alias or name for name, info in infos.items()] if isinstance(infos, dict) else []


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_kind_is_told_or_told_elsewhere(kind: str) -> None:
    for name, model in models(KINDS[kind], {}).items():
        if name in ORDERS:
            assert {info.alias or field for field, info in model.model_fields.items()} - UNTOLD - set(
                ORDERS[name]
            ) == set()


def told(name: str) -> Iterator[tuple[Measure, Document, list[Line]]]:
    document = packs.shipped(name).document
    for measure in document.measures:
        yield measure, document, [*describe(measure, document), *grounds(measure, document)]


@pytest.mark.parametrize("name", packs.names())
def test_every_measure_of_a_shipped_pack_reads_in_both_languages(name: str) -> None:
    """No empty value, no Python, no code where a title or a word is known."""
    for measure, document, lines in told(name):
        assert lines
        for line in lines:
            for text in (line.label, line.value):
                assert text.zh.strip(), (measure.id, line)
                assert text.en.strip(), (measure.id, line)
        for line in describe(measure, document):
            assert not RAW.search(line.value.zh + line.value.en), (measure.id, line)
            assert not CODE.search(line.label.zh + line.label.en), (measure.id, line)
            assert not CJK.search(line.label.en), (measure.id, line)
    for ceiling in document.ceilings:
        said = ceiling_words(ceiling, document)
        assert not RAW.search(said.zh + said.en), ceiling.id


@pytest.mark.parametrize("name", packs.names())
def test_every_bounded_value_of_a_shipped_pack_has_a_name(name: str) -> None:
    from lazaretto.protocol.bounds import bounded

    document = packs.shipped(name).document
    for measure in document.measures:
        words = Glossary(document, measure)
        for path, _, value in bounded(measure):
            said, text = name_of(measure, path, words), value_of(path, value, words)
            assert said.zh
            assert said.en
            assert not RAW.search(text.zh + text.en), (measure.id, path, text)


def test_every_line_names_a_value_that_can_be_explained() -> None:
    """What a page links to is found by `explain`; the words of the document stand there as the file says them."""
    from lazaretto.protocol.resolve import explain

    loaded = packs.shipped("baseline")
    paths = [(m.id, line.path) for m, _, lines in told("baseline") for line in lines if line.path]
    assert len(paths) > 200
    for measure, path in paths:
        assert explain(loaded, measure, path), (measure, path)


@pytest.mark.parametrize(
    ("path", "value", "zh", "en"),
    [
        ("length", Duration(days=21), "21 天", "21 days"),
        ("length", "P21D", "21 天", "21 days"),
        ("wait", "PT30M", "30 分钟", "30 minutes"),
        ("wait", "PT1H30M", "1 小时 30 分钟", "1 hour 30 minutes"),
        ("wait", "P2W", "14 天", "14 days"),
        ("screen_threshold", Decimal("37.3"), "37.3 °C", "37.3 °C"),
        ("screen_threshold", "37.30", "37.3 °C", "37.3 °C"),
        ("complete_at", "0.95", "95%", "95%"),
        ("coverage", Decimal(1), "100%", "100%"),
        ("days", 1, "1 天", "1 day"),
        ("days", 7, "7 天", "7 days"),
        ("pair", True, "是", "yes"),
        ("pair", False, "否", "no"),
        ("days", None, "未填写", "not filled in"),
        ("items", [], "无", "none"),
        ("placement", "single_room", "单间", "single room"),
        ("owner", "clinician", "医务人员", "clinician"),
        ("owner", "nobody_knows", "nobody_knows", "nobody_knows"),
        ("title", {"zh": "甲", "en": "A"}, "甲", "A"),
        ("cadence", {"every": "PT2H"}, "每 2 小时一次，00:00 至 24:00", "every 2 hours, from 00:00 to 24:00"),
        ("leader_share_of", [1, 3], "1/3", "1/3"),
        ("on_days", [1, 4, 7], "1、4、7", "1, 4, 7"),
        ("since", "2020-01-27", "2020-01-27", "2020-01-27"),
        ("where", {"isolation_stage": "*"}, "隔离阶段（任一）", "any isolation stage"),
        ("exit", [{"id": "a", "title": {"zh": "甲", "en": "A"}}], "甲", "A"),
        (
            "steps.rest",
            {"id": "rest", "title": {"zh": "静置", "en": "rest"}, "wait": "PT30M"},
            "静置（静置等候：30 分钟）",
            "rest (wait: 30 minutes)",
        ),
    ],
)
def test_a_value_in_words(path: str, value: Any, zh: str, en: str) -> None:
    said = value_of(tuple(path.split(".")), value)
    assert said.zh.startswith(zh)
    assert said.en.startswith(en)
    if not isinstance(value, dict):
        assert (said.zh, said.en) == (zh, en)


def test_the_model_and_its_json_read_alike() -> None:
    """A diff has plain data, a page has the model: the same words for both."""
    document = packs.shipped("baseline").document
    for measure in document.measures:
        words = Glossary(document, measure)
        raw = measure.model_dump(mode="json", by_alias=True)
        for field, info in type(measure).model_fields.items():
            name, value = info.alias or field, getattr(measure, field)
            if isinstance(value, list | dict) and any(isinstance(item, BaseModel) for item in value):
                continue  # items carry more in their JSON, such as what is left out
            assert value_of((name,), value, words) == value_of((name,), raw[name], words), (measure.id, name)


def test_a_name_leads_from_the_outside_in() -> None:
    document = packs.shipped("baseline").document
    isolation, temperature = document.measure("isolation.fever"), document.measure("temperature.residents")
    assert isolation
    assert temperature
    said = name_of(isolation, ("stages", "fever_room", "length"), document)
    assert (said.zh, said.en) == ("阶段“发热隔离间” › 时长", "stage “fever room” › length")
    assert name_of(isolation, ("stages", "attic", "length"), document).zh == "阶段“attic” › 时长"
    assert name_of(temperature, ("levels", "outbreak", "cadence"), document).en == "at level Outbreak › how often"
    assert name_of(temperature, ("standings", "0", "set", "cadence"), document).zh == "身份条件 隔离阶段（任一） › 节律"
    assert name_of(None, ("levels", "outbreak", "review"), document).zh == "级别“暴发” › 复审"
    assert name_of(temperature, (), document) == temperature.title.text
    assert name_of(temperature, ("no", "such"), document).en == "no › such"


SMALL = """
lazaretto: 1
id: small
version: "1"
extends: baseline
title: {zh: 小, en: Small}
source: [{row: S0-01}]
measures:
  - id: goods.hold
    kind: chain
    title: {zh: 货物, en: Goods}
    stream: goods
    owner: gate_officer
    source: [{row: S0-26, text: {zh: 至少 30 分钟, en: at least 30 minutes}, of: steps.rest.wait}]
    steps:
      - {id: spray, title: {zh: 喷洒, en: spray}, by: gate_officer, pair: true}
      - {id: rest, title: {zh: 静置, en: rest}, does: wait, wait: PT30M, wait_after: spray}
      - {id: leave, title: {zh: 批准, en: leave}, does: approve, by: epidemic_lead, expires: P1D}
    levels: {outbreak: {steps: [{id: rest, wait: PT1H}]}}
    when: {local_outbreak: {ordered: true}}
  - id: duty
    kind: rotation
    title: {zh: 勤务, en: Duty}
    source: [{row: S0-01}]
    leader_share_of: [1, 3]
    states: [{id: inside, title: {zh: 在岗, en: inside}, where: inside, days: null}]
  - id: grid
    kind: assignment
    title: {zh: 网格, en: Grid}
    source: [{row: S0-01}]
    posts: [{id: keeper, title: {zh: 网格员, en: keeper}, span_min: 10, span_max: 20, deputy: true}]
  - id: pcr
    kind: panel
    title: {zh: 核酸, en: PCR}
    source: [{row: S0-01}]
    cadence: null
    rounds: 6
    window: P17D
    tests: [{id: pcr, title: {zh: 核酸, en: PCR}, pooled: 10}]
    filled: [{id: window, text: {zh: 依惯例, en: as is usual}}]
"""


@pytest.fixture(scope="module")
def small() -> Document:
    return load(SMALL, "small.yaml", packs.read).document


def lines(document: Document, measure: str) -> dict[str, tuple[str, str, str, int]]:
    found = document.measure(measure)
    assert found
    return {x.path: (x.label.zh, x.value.zh, x.value.en, x.depth) for x in describe(found, document) if x.path}


def test_steps_are_numbered_and_say_who_waits_how_long(small: Document) -> None:
    said = lines(small, "goods.hold")
    assert said["steps.spray"] == ("步骤 1", "喷洒", "spray", 0)
    assert said["steps.spray.pair"] == ("要求", "两人同做", "two people together", 1)
    assert said["steps.spray.by"][1:] == ("门岗", "gate officer", 1)
    assert said["steps.rest.wait"][1:] == ("至少 30 分钟", "at least 30 minutes", 1)
    assert said["steps.rest.wait_after"][1:] == ("喷洒", "spray", 1)
    assert said["steps.leave.expires"][1] == "1 天后失效"
    assert said["ordered"][1] == "须按顺序，不得跳步"


def test_other_levels_and_flags_say_their_own_values(small: Document) -> None:
    said = lines(small, "goods.hold")
    assert said["levels.outbreak.steps"][:2] == ("在“暴发”级别", "步骤：静置（静置等候：1 小时）")
    assert said["when.local_outbreak.ordered"][0].endswith("成立时")
    measure = small.measure("goods.hold")
    assert measure
    assert [x.path for x in changes(measure, small)] == ["levels.outbreak.steps", "when.local_outbreak.ordered"]


def test_a_number_that_is_owed_says_so(small: Document) -> None:
    duty, pcr = small.measure("duty"), small.measure("pcr")
    assert duty
    assert pcr
    found = {x.path: x for x in [*describe(duty, small), *describe(pcr, small)]}
    for path in ("states.inside.days", "cadence"):
        assert found[path].value.zh == "未填写"
        assert not found[path].filled
    assert "states.inside.min_strength" not in found
    assert found["leader_share_of"].value.en == "at least 1/3"


def test_what_was_left_out_is_not_owed_in_a_stored_protocol() -> None:
    """A stored record has every field; what is empty there was never demanded."""
    resolved = from_record(resolve(packs.shipped("baseline")).record)
    for measure in resolved.everything:
        assert all(line.filled for line in describe(measure, resolved.document)), measure.id


def test_spans_rounds_and_grounds(small: Document) -> None:
    said = lines(small, "grid")
    assert said["posts.keeper.span_min"][2] == "10 people"
    assert said["posts.keeper.deputy"][1] == "须有副职"
    said = lines(small, "pcr")
    assert said["rounds"][1:3] == ("至少 6 轮", "at least 6 rounds")
    assert said["window"][1:3] == ("17 天内", "within 17 days")
    pcr, hold = small.measure("pcr"), small.measure("goods.hold")
    assert pcr
    assert hold
    assert [(x.path, x.label.zh, x.value.zh) for x in grounds(pcr, small)][1:] == [
        ("window", "本单位填写 · 期间", "依惯例")
    ]
    assert grounds(hold, small)[0].label.zh == "依据 · 步骤“静置” › 静置等候"


def test_who_and_lines_of_defence() -> None:
    document = packs.shipped("baseline").document
    found = document.measure("disinfection.key_areas")
    assert found
    assert who(found, document).en == "key areas (what is done on a place counts for the places in it)"
    assert who(found, document).zh == "重点部位（对一处做的，其内各处都算）"
    assert line_of_defence("import").zh == "防输入"
    assert line_of_defence("elsewhere").en == "elsewhere"


def test_a_length_is_never_rounded() -> None:
    assert duration(0).en == "0 minutes"
    assert duration(90_061_000).en == "1 day 1 hour 1 minute 1 second"
    assert duration(Duration(days=1)).zh == "1 天"
    assert value_of(("cadence",), Cadence.model_validate({"per_day": 1})).zh.startswith("每天 1 次")
