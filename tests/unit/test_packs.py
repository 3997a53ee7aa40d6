"""The shipped packs: they load, and what is stored of them resolves to what they resolve to."""

import csv
from pathlib import Path
from typing import Any

import pytest
import yaml

from lazaretto import packs
from lazaretto.protocol.activation import activation
from lazaretto.protocol.bounds import dig
from lazaretto.protocol.laying import at
from lazaretto.protocol.load import ProtocolError, load, load_stack
from lazaretto.protocol.resolve import from_record, resolve

REQUIREMENTS = Path(__file__).parents[2] / "docs" / "requirements.csv"
POLICIES = """
lazaretto: 1
id: nights
version: "1"
extends: baseline
title: {zh: 夜, en: Nights}
measures:
  - id: temperature.residents
    cadence: {every: PT2H, night: {policy: skip}}
    levels: {heightened: {cadence: {every: PT4H, night: {from: "23:00", to: "05:00", policy: observe}}}}
    standings: [{where: {isolation_stage: "*"}, set: {cadence: {every: PT6H, night: {policy: same}}}}]
"""


@pytest.mark.parametrize("name", [*packs.names(), "nights"])
def test_a_stored_document_resolves_like_the_file(name: str) -> None:
    loaded = load(POLICIES, "nights.yaml", packs.read) if name == "nights" else packs.shipped(name)
    stored = load_stack(loaded.stack())
    for level in loaded.document.levels:
        resolved = resolve(loaded, level.id)
        assert resolve(stored, level.id).record == resolved.record
        assert from_record(resolved.record).digest == resolved.digest
        for measure in resolved.measures:
            night = measure.cadence.night
            assert night is not None
            assert night.start is not None, measure.id


def own(name: str) -> list[dict[str, Any]]:
    """Return the measures that a pack itself speaks of, as they stand in its file."""
    measures: list[dict[str, Any]] = yaml.safe_load(packs.read(name)[1]).get("measures", [])
    return measures


@pytest.mark.parametrize("name", packs.names())
def test_every_measure_says_where_it_comes_from(name: str) -> None:
    loaded = packs.shipped(name)
    for measure in loaded.document.measures:
        assert measure.source, measure.id
        assert measure.owner, measure.id
        assert measure.checker != measure.owner, measure.id
    if loaded.document.layer in ("system", "area"):
        for raw in own(name):
            assert any("row" in source for source in raw.get("source", [])), raw["id"]


@pytest.mark.parametrize("name", packs.names())
def test_sources_and_defaults_speak_of_values_that_are_there(name: str) -> None:
    with REQUIREMENTS.open(encoding="utf-8", newline="") as file:
        rows = {row["id"] for row in csv.DictReader(file)}
    loaded = packs.shipped(name)
    for measure in loaded.document.measures:
        raw = at(loaded.raw, ("measures", measure.id))
        for source in measure.source:
            assert source.row is None or source.row in rows, (measure.id, source.row)
            if source.of is not None:
                dig(measure, tuple(source.of.split(".")))
        for filled in measure.filled:
            assert at(raw, tuple(filled.id.split("."))) is not None, (measure.id, filled.id)


@pytest.mark.parametrize("name", [n for n in packs.names() if packs.shipped(n).document.layer == "facility"])
def test_a_facility_pack_is_ready_to_run(name: str) -> None:
    """Nothing is left unfilled, no floor is loosened, no ceiling is broken, and each null of the system says why its number."""
    loaded = packs.shipped(name)
    found = activation(loaded)
    assert found.allowed, found.refusals
    assert not found.notices
    parent = loaded.document.extends
    assert parent is not None
    filled = {f"measures.{m.id}.{f.id}" for m in loaded.document.measures for f in m.filled}
    assert {problem.path for problem in packs.shipped(parent).unfilled} <= filled


@pytest.mark.parametrize("report", ["s0", "s1", "s2", "s3", "s4"])
def test_a_report_leaves_numbers_open_and_its_facility_fills_them(report: str) -> None:
    system = next(n for n in packs.names() if n.startswith(report) and packs.shipped(n).document.layer == "system")
    assert packs.shipped(system).unfilled
    assert not activation(packs.shipped(system)).allowed


ALONE = """
lazaretto: 1
id: alone
version: "1"
extends: baseline
title: {zh: 独, en: Alone}
source: [{text: an example}]
measures:
  - id: alone
    kind: pathway
    title: {zh: 独, en: Alone}
    source: [{text: an example}]
    purpose: isolation
    stages: [{id: one, title: {zh: 一, en: one}, length: P30D, placement: PLACE, outside_review: P60D, on_silence: continue}]
"""


@pytest.mark.parametrize(("place", "review", "silence"), [
    ("single_room", "P2W", "cohort_or_clear"), ("own_room", "P2W", "cohort_or_clear"), ("cohort", "P60D", "continue"),
])  # fmt: skip
def test_whoever_is_alone_is_looked_at_from_outside(place: str, review: str, silence: str) -> None:
    """Alone is alone, whatever the room is called; company is another matter."""
    found = resolve(load(ALONE.replace("PLACE", place), "alone.yaml", packs.read)).any_measure("alone")
    assert found is not None
    (stage,) = found.stages  # type: ignore[union-attr]
    assert (str(stage.outside_review), stage.on_silence) == (review, silence)


def test_a_file_may_extend_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(
        ALONE.replace("PLACE", "cohort").replace("id: alone\nversion", "id: ours\nversion"), encoding="utf-8"
    )
    child = 'lazaretto: 1\nid: wing\nversion: "1"\nextends: ours\ntitle: {zh: 区, en: Wing}\nsource: [{text: x}]\n'
    (tmp_path / "wing.yaml").write_text(child, encoding="utf-8")
    assert packs.open_protocol(str(tmp_path / "wing.yaml")).names[-2:] == ("ours.yaml", "wing.yaml")
    (tmp_path / "wing.yaml").write_text(child.replace("extends: ours", "extends: ../ours"), encoding="utf-8")
    with pytest.raises(ProtocolError, match="no pack called"):
        packs.open_protocol(str(tmp_path / "wing.yaml"))
