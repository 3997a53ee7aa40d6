"""The posts that the protocol demands: who holds them, what is empty and since when, who is in nobody's charge."""

from pathlib import Path
from typing import Any

from lazaretto.apps.command.posts import responsibilities
from lazaretto.apps.registry import actions
from lazaretto.apps.registry.models import Group
from tests.conftest import Small

PACK = """
lazaretto: 1
id: posts
version: "1"
layer: facility
extends: baseline
title: {zh: 岗位, en: posts}
source: [{text: an example}]
shifts: [{id: day, from: "08:00", to: "20:00"}, {id: night, from: "20:00", to: "08:00"}]
measures:
  - id: grid
    kind: assignment
    title: {zh: 网格, en: grid}
    applies_to: [{populations: [staff_member]}]
    posts: [{id: grid_officer, title: {zh: 网格员, en: grid officer}, per: area, span_min: 2, span_max: 3}]
    everyone: true
    source: [{text: an example}]
  - id: lead
    kind: assignment
    title: {zh: 负责人, en: lead}
    posts:
      - {id: epidemic_lead, title: {zh: 负责人, en: lead}, at_least: 1, at_most: 1, deputy: true}
      - {id: ward_lead, title: {zh: 监区负责人, en: ward lead}, per: unit}
    apart: [[epidemic_lead, ward_lead]]
    source: [{text: an example}]
"""


def facility_with_posts(make_facility: Any, tmp_path: Path) -> Small:
    path = tmp_path / "posts.yaml"
    path.write_text(PACK, encoding="utf-8")
    small: Small = make_facility("PP", str(path))
    people = "\n".join(f"S{n},officer,官{n}" for n in range(2, 8))
    small.bring("people", f"code,population,name\n{people}")
    return small


def said(small: Small) -> dict[str, list[tuple[str, str, str]]]:
    found: dict[str, list[tuple[str, str, str]]] = {}
    for one in responsibilities(small.facility, small.at):
        missing = [(g.code, g.post, g.where) for line in one.lines for g in line.missing]
        found[one.measure.id] = missing + [("left_out", "", code) for code in one.left_out]
        found[one.measure.id] += [(g.code, g.post, g.where) for g in one.clashes]
    return found


def give(small: Small, person: str, key: str, kind: str = "post", place: str = "", **span: int | None) -> Any:
    return actions.assign(
        person=small.facility.people.get(code=person), kind=kind, key=key, starts=span.get("starts"),
        ends=span.get("ends"), place=small.facility.places.get(code=place) if place else None, by="t", at=small.at,
    )  # fmt: skip


def test_what_is_empty_is_named_with_its_unit(make_facility: Any, tmp_path: Path) -> None:
    small = facility_with_posts(make_facility, tmp_path)
    assert said(small)["lead"] == [
        ("vacant", "epidemic_lead", ""), ("no_deputy", "epidemic_lead", ""), ("vacant", "ward_lead", "W1"),
        ("vacant", "ward_lead", "W2"),
    ]  # fmt: skip
    give(small, "S1", "epidemic_lead")
    give(small, "S2", "epidemic_lead.deputy")
    give(small, "S3", "ward_lead", place="W1")
    give(small, "S1", "ward_lead", place="W2")
    assert said(small)["lead"] == [("two_posts", "epidemic_lead", "S1")]


def test_since_when_a_post_has_been_empty(make_facility: Any, tmp_path: Path) -> None:
    small = facility_with_posts(make_facility, tmp_path)
    give(small, "S1", "epidemic_lead", starts=small.start, ends=small.start + 1000)
    lines = {
        line.key: line for one in responsibilities(small.facility, small.at) for line in one.lines if not line.unit
    }
    assert lines["epidemic_lead"].empty_since == small.start + 1000
    assert lines["epidemic_lead"].holders == []


def test_everybody_is_in_a_grid_of_the_right_size(make_facility: Any, tmp_path: Path) -> None:
    small = facility_with_posts(make_facility, tmp_path)
    for code in ("G1", "G2"):
        Group.objects.create(facility=small.facility, code=code, kind="grid")
    give(small, "S1", "grid_officer")
    for person in ("S1", "S2", "S3"):
        give(small, person, "G1", kind="group")
    missing = said(small)["grid"]
    assert ("vacant", "grid_officer", "G2") in missing
    assert not [g for g in missing if g[0].startswith("span")]
    assert [where for code, _, where in missing if code == "left_out"] == ["S1", "S4", "S5", "S6", "S7"]
    give(small, "S4", "grid_officer")
    for person in ("S4", "S1"):
        give(small, person, "G2", kind="group")
    assert ("span_small", "grid_officer", "S4") in said(small)["grid"]
    for person in ("S5", "S6", "S7"):
        give(small, person, "G2", kind="group")
    assert {(g[0], g[2]) for g in said(small)["grid"]} == {("span_large", "S1"), ("span_large", "S4")}
