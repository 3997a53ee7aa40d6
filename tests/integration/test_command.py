"""Protocols and levels over time: a change takes effect when it is recorded, and what was due before stands."""

import pytest

from lazaretto import packs
from lazaretto.apps.command import actions, queries
from lazaretto.apps.command.models import Adoption, ProtocolRecord
from lazaretto.protocol.resolve import UnknownLevel, resolve
from tests.conftest import Small


def test_a_new_protocol_leaves_the_morning_as_it_was(small: Small) -> None:
    """Baseline asks one reading from 06:00; from 12:00 on S1 asks every two hours: 1 + 6 slots for each resident."""
    noon = small.moment("12:00")
    actions.adopt(facility=small.facility, loaded=packs.shipped("facility-s1-drug-rehab"), by="t", at=noon)
    document = small.draft()
    row = small.measure(document, "temperature.residents")
    assert row["expected"] == 3 * (1 + 6)
    first = [gap["due"] for gap in row["gaps"] if gap["subject"] == "person:P1"]
    assert first[:2] == ["2026-03-16T22:00:00.000Z", "2026-03-17T04:00:00.000Z"]
    assert [line["id"] for line in document["protocol"]] == ["baseline", "facility-s1-drug-rehab"]
    assert document["protocol"][0]["to"] == document["protocol"][1]["from"] == "2026-03-17T04:00:00.000Z"


def test_nothing_takes_effect_before_it_is_recorded(small: Small) -> None:
    at = small.moment("12:00")
    loaded = packs.shipped("baseline")
    assert (
        actions.adopt(facility=small.facility, loaded=loaded, starts=small.moment("06:00"), by="t", at=at).starts == at
    )
    level = actions.declare_level(
        facility=small.facility, level="outbreak", reason="r", starts=small.moment("06:00"), by="t", at=at + 1
    )
    assert level.starts == at + 1
    before = queries.timeline(small.facility, small.moment("11:00"))
    assert [p.resolved.level for p in before] == ["routine"]


def test_a_level_has_a_review_date_and_the_normal_one_none(small: Small) -> None:
    at = small.moment("12:00")
    declared = actions.declare_level(facility=small.facility, level="heightened", reason="port", by="t", at=at)
    assert declared.review_at == at + 14 * 86_400_000
    back = actions.declare_level(facility=small.facility, level="routine", reason="over", by="t", at=at + 1000)
    assert back.review_at is None
    with pytest.raises(UnknownLevel):
        actions.declare_level(facility=small.facility, level="panic", reason="", by="t", at=at + 2000)


def test_the_first_protocol_holds_for_the_days_before_it(small: Small) -> None:
    assert Adoption.objects.get(facility=small.facility).starts == 0
    assert queries.in_force(small.facility, small.moment("00:00") - 400 * 86_400_000).resolved.document.id == "baseline"


def test_documents_are_kept_once_by_digest(small: Small) -> None:
    count = ProtocolRecord.objects.count()
    actions.adopt(facility=small.facility, loaded=packs.shipped("baseline"), by="t", at=small.moment("12:00"))
    assert ProtocolRecord.objects.count() == count
    digests = [line["digest"] for line in small.draft()["protocol"]]
    assert set(digests) <= set(ProtocolRecord.objects.values_list("digest", flat=True))


def test_a_protocol_that_was_stored_whole_is_still_read(small: Small) -> None:
    """Before protocols were stored as their layers, the merged document was."""
    adoption = Adoption.objects.get(facility=small.facility)
    now = queries.protocol(adoption.document_id)
    ProtocolRecord.objects.filter(digest=adoption.document_id).update(
        record=now.document.model_dump(mode="json", by_alias=True)
    )
    queries.protocol.cache_clear()
    again = queries.protocol(adoption.document_id)
    queries.protocol.cache_clear()
    assert [m.id for m in again.document.measures] == [m.id for m in now.document.measures]
    assert resolve(again).phase(0, 1) == resolve(now).phase(0, 1)
