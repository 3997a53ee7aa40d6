"""Flags, overrides, refusal of adoption, and the preview: what may change a protocol in force, on whose word."""

from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from lazaretto import packs
from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import Organisation, Role, User
from lazaretto.apps.command import actions, queries
from lazaretto.apps.command.models import ProtocolOverride, ProtocolRecord
from lazaretto.apps.journal.queries import verify_deep
from lazaretto.apps.rounds.preview import preview
from lazaretto.protocol.activation import NotActivated
from lazaretto.protocol.refusal import Refusal
from tests.conftest import Small

DAY_MS = 86_400_000
FLOORED = """
lazaretto: 1
id: ours
version: "1"
extends: baseline
layer: system
title: {zh: 本系统, en: Our system}
source: [{text: an example}]
measures:
  - id: temperature.residents
    cadence: {per_day: 3}
    levels: {}
    standings: []
    when: {local_outbreak: {cadence: {every: PT4H}}}
    floor: [cadence]
"""


@pytest.fixture
def floored(small: Small) -> Small:
    """A facility that runs FLOORED since noon, under a bureau under a ministry, with people of each."""
    make: Any = accounts.create_organisation
    ministry = make(code="MIN", kind="ministry", name_zh="部", by="t", at=small.at)
    bureau = make(code="BUR", kind="bureau", name_zh="局", command_parent=ministry, by="t", at=small.at)
    Organisation.objects.filter(pk=small.facility.organisation_id).update(command_parent=bureau)
    small.facility.refresh_from_db()
    for name, role, place in (
        ("head", Role.DEPARTMENT_HEAD, small.facility.organisation), ("lead", Role.EPIDEMIC_LEAD, small.facility.organisation),
        ("lead2", Role.EPIDEMIC_LEAD, small.facility.organisation), ("bureau", Role.BUREAU_APPROVER, bureau),
        ("ministry", Role.BUREAU_APPROVER, ministry), ("ward", Role.WARD_OFFICER, small.facility.organisation),
        ("viewer", Role.BUREAU_VIEWER, bureau),
    ):  # fmt: skip
        user = accounts.create_user(username=name, password="long enough words", name_zh=name, by="t", at=small.at)
        accounts.grant(user=user, role=role, organisation=place, by="t", at=small.at)
    path = small.folder / "ours.yaml"
    path.write_text(FLOORED, encoding="utf-8")
    actions.adopt(facility=small.facility, loaded=packs.open_protocol(str(path)), by="t", at=small.moment("06:00"))
    return small


def per_day(small: Small, at: int) -> Any:
    measure = queries.in_force(small.facility, at).resolved.measure("temperature.residents")
    assert measure is not None
    return measure.pace.per_day or str(measure.pace.every)


def override(small: Small, by: str, approver: str, patch: dict[str, Any], **more: Any) -> ProtocolOverride:
    at = small.moment("12:00")
    values: dict[str, Any] = {
        "reason": "short of thermometers",
        "ends": at + 7 * DAY_MS,
        "measure": "temperature.residents",
    }
    return actions.override(
        facility=small.facility, patch=patch, requested_by=User.objects.get(username=by),
        approved_by=User.objects.get(username=approver), by="t", at=at, **(values | more),
    )  # fmt: skip


@pytest.mark.django_db
def test_a_flag_changes_values_for_as_long_as_it_holds(floored: Small) -> None:
    noon = floored.moment("12:00")
    made = actions.declare_flag(
        facility=floored.facility, flag="local_outbreak", holds=True, reason="city", by="t", at=noon
    )
    assert made.review_at == noon + 7 * DAY_MS
    actions.declare_flag(
        facility=floored.facility, flag="local_outbreak", holds=False, reason="over", by="t", at=noon + DAY_MS
    )
    assert [per_day(floored, noon + n) for n in (-1, 0, DAY_MS - 1)] == [3, "PT4H", "PT4H"]
    after = {phase.start: phase for phase in queries.timeline(floored.facility, noon + 2 * DAY_MS)}
    assert after[noon + DAY_MS].flags == ()
    assert per_day(floored, noon + DAY_MS) == 3
    with pytest.raises(Refusal, match="unknown_flag"):
        actions.declare_flag(facility=floored.facility, flag="rain", holds=True, reason="", by="t", at=noon)
    assert not verify_deep(floored.facility.log)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("by", "approver", "patch", "outcome"),
    [
        ("head", "lead", {"cadence": {"per_day": 4, "between": ["06:00", "22:00"]}}, 4),
        ("head", "lead", {"cadence": {"per_day": 2}}, "held"),
        ("head", "bureau", {"cadence": {"per_day": 2}}, 2),
        ("head", "ministry", {"cadence": {"per_day": 2}}, 2),
        ("lead", "lead", {"cadence": {"per_day": 4, "between": ["06:00", "22:00"]}}, "own_approval"),
        ("lead", "lead2", {"cadence": {"per_day": 4, "between": ["06:00", "22:00"]}}, 4),
        ("ward", "lead", {"cadence": {"per_day": 4, "between": ["06:00", "22:00"]}}, "not_allowed"),
        ("head", "ward", {"cadence": {"per_day": 4, "between": ["06:00", "22:00"]}}, "not_allowed"),
        ("head", "viewer", {"cadence": {"per_day": 4, "between": ["06:00", "22:00"]}}, "not_allowed"),
        ("bureau", "ministry", {"cadence": {"per_day": 4, "between": ["06:00", "22:00"]}}, "not_allowed"),
        ("head", "lead", {"title": {"zh": "x", "en": "x"}}, "cannot_change"),
        ("head", "lead", {"waiver": "none"}, "cannot_change"),
        ("head", "lead", {"cadence": {"per_day": 9}}, "makes_no_sense"),
        ("head", "lead", {"cadence": "often"}, "makes_no_sense"),
    ],
)
def test_who_may_override_what(floored: Small, by: str, approver: str, patch: dict[str, Any], outcome: Any) -> None:
    if isinstance(outcome, str):
        with pytest.raises(Refusal) as refused:
            override(floored, by, approver, patch)
        assert refused.value.code == outcome
        assert not ProtocolOverride.objects.exists()
        return
    made = override(floored, by, approver, patch)
    assert per_day(floored, made.starts) == outcome
    assert per_day(floored, made.starts - 1) == 3
    assert per_day(floored, made.ends) == 3
    digest = queries.in_force(floored.facility, made.starts).resolved.digest
    assert ProtocolRecord.objects.filter(digest=digest).exists()
    assert not verify_deep(floored.facility.log)


@pytest.mark.django_db
def test_an_override_has_a_reason_and_an_end(floored: Small) -> None:
    tighter = {"cadence": {"per_day": 4, "between": ["06:00", "22:00"]}}
    noon = floored.moment("12:00")
    for more, code in (
        ({"reason": " "}, "no_reason"),
        ({"ends": noon + 31 * DAY_MS}, "too_long"),
        ({"ends": noon}, "over"),
        ({"measure": "temperature.dogs"}, "unknown_measure"),
    ):
        with pytest.raises(Refusal) as refused:
            override(floored, "head", "lead", tighter, **more)
        assert refused.value.code == code
    made = override(floored, "head", "lead", tighter, ends=noon + 30 * DAY_MS)
    actions.withdraw_override(row=made, by="t", at=noon + DAY_MS)
    actions.withdraw_override(row=made, by="t", at=noon + 5 * DAY_MS)
    assert made.stops == noon + DAY_MS
    assert [per_day(floored, noon + n) for n in (0, DAY_MS)] == [4, 3]
    assert not verify_deep(floored.facility.log)
    with pytest.raises(IntegrityError), transaction.atomic():
        ProtocolOverride.objects.filter(pk=made.pk).update(approved_by="head")


@pytest.mark.django_db
def test_a_red_line_is_not_overridden_by_anybody(floored: Small) -> None:
    with pytest.raises(Refusal) as refused:
        override(floored, "head", "ministry", {"active": False}, measure="isolation.clinician")
    assert refused.value.code == "held"
    assert "red line" in refused.value.words.en


@pytest.mark.django_db
def test_the_day_of_an_override_owes_both(floored: Small) -> None:
    """Three a day (08:00 since the adoption at 06:00) until noon, four times from then on: the slots before stand."""
    override(floored, "head", "lead", {"cadence": {"times": ["13:00", "15:00", "17:00", "19:00"]}})
    row = floored.measure(floored.draft(), "temperature.residents")
    assert row["expected"] == 3 * (1 + 4)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["s0-shandong-prison", "s1-inner-mongolia-drug-rehab", "s2-tianshui-detention"])
def test_a_system_pack_with_open_numbers_is_not_adopted(small: Small, name: str) -> None:
    with pytest.raises(NotActivated) as refused:
        actions.adopt(facility=small.facility, loaded=packs.shipped(name), by="t", at=small.moment("12:00"))
    assert all(problem.line > 1 and problem.path.startswith("measures.") for problem in refused.value.problems)
    assert queries.in_force(small.facility, small.moment("13:00")).resolved.document.id == "baseline"


@pytest.mark.django_db
def test_without_the_welfare_layer_nothing_is_adopted(small: Small, tmp_path: Path) -> None:
    text = (
        'lazaretto: 1\nid: alone\nversion: "1"\ntitle: {zh: 独, en: Alone}\nsource: [{text: x}]\n'
        "levels: [{id: routine, title: {zh: 常, en: Routine}, normal: true}]\n"
        "observations: [{id: temperature, title: {zh: 体温, en: Temperature}}]\n"
    )
    (tmp_path / "alone.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(NotActivated, match="extends: welfare"):
        actions.adopt(
            facility=small.facility, loaded=packs.open_protocol(str(tmp_path / "alone.yaml")), by="t", at=small.at
        )


@pytest.mark.django_db
def test_the_preview_says_what_would_change_and_writes_nothing(small: Small) -> None:
    before = ProtocolRecord.objects.count()
    found = preview(small.facility, packs.shipped("facility-s1-drug-rehab"), small.moment("12:00"))
    duties = {duty.measure: duty for duty in found.duties}
    assert duties["temperature.residents"].acts == (3, 36)
    assert duties["disinfection.key_areas"].acts == (1, 3)
    assert duties["ventilation.key_areas"].acts == (0, 5)
    before_hours, after_hours = found.hours_by_owner()["ward_officer"]
    assert after_hours > before_hours > 0
    assert any(
        c.id == "temperature.residents" and c.path == ("cadence",) and c.direction == "stricter" for c in found.changes
    )
    assert found.activation.allowed
    assert any("Outside vehicles" in t.en or "vehicle" in t.en.lower() for t in found.refused), found.refused
    assert ProtocolRecord.objects.count() == before


@pytest.mark.django_db
def test_the_preview_counts_rooms_and_refusals(small: Small) -> None:
    found = preview(small.facility, packs.shipped("facility-s2-detention"), small.moment("12:00"))
    rooms = {room.stage.en: room for room in found.rooms}
    assert rooms
    for room in rooms.values():
        assert room.needed >= room.arrivals_a_day * room.days > 0
        assert room.available == 0
    open_ = preview(small.facility, packs.shipped("s2-tianshui-detention"), small.moment("12:00"))
    assert not open_.activation.allowed
