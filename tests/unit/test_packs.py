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
from lazaretto.protocol.load import load, load_stack
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
