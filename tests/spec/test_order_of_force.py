"""
What wins when several say something of one value.

Ceilings of law and welfare hold whatever else is said; below them red lines, floors, overrides, flags, levels, and then
the most specific layer: law, national, system, area, facility. A floor can only be made stricter by those above it. An
override loosens it only on the word of the layer that set it, or of a weightier one; it never loosens a red line.
"""

import json

from lazaretto.protocol.activation import activation
from lazaretto.protocol.load import Loaded, ProtocolError, load
from lazaretto.protocol.resolve import Override, Resolved, explain, resolve
from tests.spec.documents import numbered
from tests.spec.runners import Spec
from tests.spec.tables import Cells

LAW = """\
lazaretto: 1
id: law
layer: law
version: "1"
title: {zh: 法律, en: Law}
source: [{text: an example}]
levels:
  - {id: routine, title: {zh: 常态, en: Routine}, normal: true}
  - {id: outbreak, title: {zh: 暴发, en: Outbreak}}
flags: [{id: port, title: {zh: 口岸, en: Port}}]
observations: [{id: temperature, title: {zh: 体温, en: Temperature}}]
ceilings:
  - {id: days, title: {zh: 连续在岗, en: days on duty}, kind: limit, field: most, most: 21, source: [{text: an example}]}
measures: []
"""
NATION = """\
lazaretto: 1
id: nation
layer: national
extends: law
version: "1"
title: {zh: 国家, en: Nation}
source: [{text: an example}]
measures:
  - {id: m, kind: round, title: {zh: 测温, en: Temperature}, source: [{text: an example}], observation: temperature, cadence: {per_day: 2}}
  - {id: d, kind: limit, title: {zh: 在岗, en: Duty}, source: [{text: an example}], of: duty_days, most: 14}
"""
FACILITY = """\
lazaretto: 1
id: facility
extends: nation
version: "1"
title: {zh: 本所, en: Facility}
source: [{text: an example}]
measures:
  - {id: m, cadence: {per_day: 3}}
"""
FLOORED = "cadence: {per_day: 2}, floor: [cadence]}"
FILES = {"law.yaml": numbered(LAW), "nation.yaml": numbered(NATION), "facility.yaml": numbered(FACILITY)}


def stacked(nation: str = "", facility: str = "") -> Loaded:
    """Return the three layers with keys added to measure m of the nation and of the facility."""
    texts = {"law": LAW, "nation": NATION, "facility": FACILITY}
    if nation:
        texts["nation"] = NATION.replace("cadence: {per_day: 2}}", f"{nation}}}")
    if facility:
        texts["facility"] = FACILITY.replace("cadence: {per_day: 3}", facility)
    return load(texts["facility"], "facility.yaml", lambda name: (f"{name}.yaml", texts[name]))


def overrides(cells: Cells) -> list[Override]:
    rank, _, patch = cells.get("override", "").partition(": ")
    return [Override("1", "m", json.loads(patch), rank)] if patch else []


def said(resolved: Resolved) -> object:
    measure = resolved.any_measure("m")
    assert measure is not None
    return measure.cadence.per_day  # type: ignore[union-attr]


def test_from_the_layer_to_the_override(spec: Spec) -> None:
    """The most specific layer, over it the level, over it a flag that holds, over it an override."""

    def in_force(cells: Cells) -> dict[str, object]:
        loaded = stacked(facility=cells["facility says"])
        flags = [cells["flag"]] if cells["flag"] else []
        return {"a day": said(resolve(loaded, cells["level"], flags, overrides(cells)))}

    spec.rows(
        """
        facility says                                                                                                        | level    | flag | override                            || a day
        owner: nurse                                                                                                         | routine  |      |                                     || 2
        cadence: {per_day: 1}                                                                                                | routine  |      |                                     || 1
        cadence: {per_day: 3}, levels: {outbreak: {cadence: {per_day: 6, between: ["06:00", "18:00"]}}}                      | routine  |      |                                     || 3
        cadence: {per_day: 3}, levels: {outbreak: {cadence: {per_day: 6, between: ["06:00", "18:00"]}}}                      | outbreak |      |                                     || 6
        cadence: {per_day: 1}, levels: {outbreak: {cadence: {per_day: 2}}}, when: {port: {cadence: {per_day: 3}}}            | outbreak | port |                                     || 3
        cadence: {per_day: 1}, levels: {outbreak: {cadence: {per_day: 2}}}, when: {port: {cadence: {per_day: 3}}}            | outbreak |      |                                     || 2
        cadence: {per_day: 1}, when: {port: {cadence: {per_day: 3}}}                                                         | routine  | land |                                     || 1
        cadence: {per_day: 1}, when: {port: {cadence: {per_day: 3}}}                                                         | routine  | port | facility: {"cadence": {"per_day": 2}} || 2
        """,
        in_force,
        **FILES,
    )


def test_floors_and_red_lines(spec: Spec) -> None:
    """
    A stricter value passes a floor, a looser one is held at it, at every level; an override passes a floor of its own
    layer or a lighter one, and no red line.
    """

    def in_force(cells: Cells) -> dict[str, object]:
        loaded = stacked(cells["nation says"], cells["facility says"])
        resolved = resolve(loaded, cells["level"], (), overrides(cells))
        return {"a day": said(resolved), "held by": "; ".join(h.by.en for h in resolved.holds)}

    spec.rows(
        """
        nation says                                                                              | facility says         | level    | override                              || a day | held by
        cadence: {per_day: 2}                                                                    | cadence: {per_day: 1} | routine  |                                       || 1     |
        cadence: {per_day: 2}, floor: [cadence]                                                  | cadence: {per_day: 3} | routine  |                                       || 3     |
        cadence: {per_day: 2}, floor: [cadence]                                                  | cadence: {per_day: 1} | routine  |                                       || 2     | floor of nation.yaml
        cadence: {per_day: 2}, floor: [cadence]                                                  | cadence: {every: P1D} | routine  |                                       || 2     | floor of nation.yaml
        cadence: {per_day: 2}, floor: [cadence], levels: {outbreak: {cadence: {per_day: 3}}}     | levels: {}            | outbreak |                                       || 3     | floor of nation.yaml
        cadence: {per_day: 2}, floor: [cadence]                                                  | floor: []             | routine  | facility: {"cadence": {"per_day": 1}} || 2     | floor of nation.yaml
        cadence: {per_day: 2}, floor: [cadence]                                                  | owner: nurse          | routine  | system: {"cadence": {"per_day": 1}}   || 2     | floor of nation.yaml
        cadence: {per_day: 2}, floor: [cadence]                                                  | owner: nurse          | routine  | national: {"cadence": {"per_day": 1}} || 1     |
        cadence: {per_day: 2}, floor: [cadence]                                                  | owner: nurse          | routine  | facility: {"cadence": {"per_day": 3}} || 3     |
        cadence: {per_day: 2}, floor: [cadence]                                                  | cadence: {per_day: 1} | routine  | national: {"cadence": {"per_day": 1}} || 1     |
        cadence: {per_day: 2}, waiver: none                                                      | cadence: {per_day: 1} | routine  |                                       || 2     | red line of nation.yaml
        cadence: {per_day: 2}, waiver: none                                                      | waiver: approval      | routine  | national: {"cadence": {"per_day": 1}} || 2     | red line of nation.yaml
        cadence: {per_day: 2}                                                                    | floor: [cadence]      | routine  | facility: {"cadence": {"per_day": 1}} || 1     |
        """,
        in_force,
        **FILES,
    )


def test_every_order_of_layers(spec: Spec) -> None:
    """
    A file extends only one of its own or a weightier rank. Wherever it stands, a floor holds against every layer above it,
    and an override passes it on the word of its own layer or of a weightier one, whichever lies between.
    """

    def in_order(cells: Cells) -> dict[str, object]:
        texts = {"law": LAW, "nation": NATION, "facility": FACILITY}
        below, above = (f"layer: {cells[name]}\n" for name in ("below", "above"))
        texts["law"] = LAW.replace("layer: law\n", below)
        texts["nation"] = NATION.replace("layer: national\n", below).replace("cadence: {per_day: 2}}", FLOORED)
        texts["facility"] = FACILITY.replace("title:", above + "title:").replace("{per_day: 3}", "{per_day: 1}")
        try:
            loaded = load(texts["facility"], "facility.yaml", lambda name: (f"{name}.yaml", texts[name]))
        except ProtocolError as error:
            return {"loads": error.problems[0].message.en, "a day": "", "lifted by": ""}
        lifted = [
            rank
            for rank in ("national", "system", "area", "facility")
            if said(resolve(loaded, None, (), [Override("1", "m", {"cadence": {"per_day": 1}}, rank)])) == 1
        ]
        return {"loads": "yes", "a day": said(resolve(loaded)), "lifted by": " ".join(lifted)}

    spec.rows(
        """
        below    | above    || loads                                       | a day | lifted by
        law      | law      || yes                                         | 2     |
        law      | national || yes                                         | 2     |
        law      | facility || yes                                         | 2     |
        national | law      || layer law cannot extend layer national |       |
        national | national || yes                                         | 2     | national
        national | system   || yes                                         | 2     | national
        national | area     || yes                                         | 2     | national
        national | facility || yes                                         | 2     | national
        system   | national || layer national cannot extend layer system |       |
        system   | system   || yes                                         | 2     | national system
        system   | area     || yes                                         | 2     | national system
        system   | facility || yes                                         | 2     | national system
        area     | system   || layer system cannot extend layer area |       |
        area     | area     || yes                                         | 2     | national system area
        area     | facility || yes                                         | 2     | national system area
        facility | area     || layer area cannot extend layer facility |       |
        facility | facility || yes                                         | 2     | national system area facility
        """,
        in_order,
        **FILES,
    )


def test_ceilings(spec: Spec) -> None:
    """A ceiling holds whatever a layer or an override says; a floor beyond it keeps the protocol from being adopted."""

    def in_force(cells: Cells) -> dict[str, object]:
        text = FACILITY + (f"  - {{id: d, {cells['facility says']}}}\n" if cells["facility says"] else "")
        texts = {"law": LAW, "nation": NATION}
        loaded = load(text, "facility.yaml", lambda name: (f"{name}.yaml", texts[name]))
        patch = [Override("1", "d", json.loads(cells["override"]), "national")] if cells["override"] else []
        measure = resolve(loaded, None, (), patch).any_measure("d")
        found = activation(loaded)
        return {
            "days": measure.most,  # type: ignore[union-attr]
            "may be adopted": "yes" if found.allowed else "no",
            "notices": len(found.notices),
        }

    spec.rows(
        """
        facility says            | override        || days | may be adopted | notices
                                 |                 || 14   | yes            | 0
        most: 60                 |                 || 21   | yes            | 1
        most: 60                 | {"most": 30}    || 21   | yes            | 1
        most: 60                 | {"most": 10}    || 10   | yes            | 1
        most: 60, floor: [most]  |                 || 21   | no             | 1
        most: 20, floor: [most]  |                 || 20   | yes            | 0
        """,
        in_force,
        **FILES,
    )


def test_what_keeps_a_protocol_from_being_adopted(spec: Spec) -> None:
    """It is said with the file, the line and the path; a number that is demanded and not given stands as `null`."""

    def refused(cells: Cells) -> dict[str, object]:
        found = activation(stacked(cells["nation says"], cells["facility says"])).refusals
        lines = [f"{p.file}:{p.line} {p.path}" for p in found]
        return {"where": "; ".join(lines), "why": "; ".join(dict.fromkeys(p.message.en for p in found))}

    spec.rows(
        """
        nation says                             | facility says         || where                                | why
        cadence: {per_day: 2}                   | owner: nurse          ||                                      |
        cadence: null                           | owner: nurse          || nation.yaml:9 measures.m.cadence     | this is demanded but no number is given: fill it in
        cadence: null                           | cadence: {per_day: 1} ||                                      |
        cadence: {per_day: 2}                   | effort: null          || facility.yaml:8 measures.m.effort    | this is demanded but no number is given: fill it in
        cadence: {per_day: 2}, floor: [cadence] | cadence: {per_day: 1} || facility.yaml:8 measures.m.cadence   | looser than the floor of nation.yaml; that takes an override at that layer or above
        cadence: {per_day: 2}, waiver: none     | active: false         || facility.yaml:8 measures.m.active    | looser than the red line of nation.yaml; that takes an override at that layer or above
        """,
        refused,
        **FILES,
    )


def test_who_won(spec: Spec) -> None:
    """`explain` puts first what holds: the floor or ceiling that took the place of a value, else the last who said it."""

    def explained(cells: Cells) -> dict[str, object]:
        loaded = stacked(cells["nation says"], cells["facility says"])
        found = explain(loaded, "m", "cadence.per_day", "outbreak", ["port"], overrides(cells))
        return dict(zip(("first", "then"), [f"{x.name.en}: {x.value}" for x in found], strict=False))

    spec.rows(
        """
        nation says                                    | facility says                                                | override                              || first                                  | then
        cadence: {per_day: 2}                          | cadence: {per_day: 1}                                        |                                       || facility.yaml: 1                       | nation.yaml: 2
        cadence: {per_day: 2}                          | cadence: {per_day: 1}, when: {port: {cadence: {per_day: 3}}} |                                       || flag port: 3                           | facility.yaml: 1
        cadence: {per_day: 2}                          | owner: nurse                                                 | facility: {"cadence": {"per_day": 1}} || override 1: 1                          | nation.yaml: 2
        cadence: {per_day: 2}, floor: [cadence]        | cadence: {per_day: 1}                                        |                                       || floor of nation.yaml: 2                | facility.yaml: 1
        """,
        explained,
    )
