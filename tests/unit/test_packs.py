"""The shipped packs: they load, and what is stored of them resolves to what they resolve to."""

import pytest

from lazaretto import packs
from lazaretto.protocol.document import Document
from lazaretto.protocol.load import load
from lazaretto.protocol.resolve import from_record, resolve

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
    stored = Document.model_validate(loaded.document.model_dump(mode="json", by_alias=True))
    for level in loaded.document.levels:
        resolved = resolve(loaded.document, level.id)
        assert resolve(stored, level.id).record == resolved.record
        assert from_record(resolved.record).digest == resolved.digest
        for measure in resolved.measures:
            night = measure.cadence.night
            assert night is not None
            assert night.start is not None, measure.id


@pytest.mark.parametrize("name", packs.names())
def test_every_measure_says_where_it_comes_from(name: str) -> None:
    for measure in packs.shipped(name).document.measures:
        assert any(source.row for source in measure.source), measure.id
        assert measure.owner, measure.id
        assert measure.checker != measure.owner, measure.id
