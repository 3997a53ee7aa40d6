"""
Which rule is in force, who said so, and how it is named.

A protocol may extend another: measures, levels and the other lists of things with an `id` are merged by that id, and key by
key inside. What is in force is the condition on a standing, else the level, else the last layer, else the layers that it
extends, else the default of the format. A resolved protocol is known by the digest of its record.
"""

import json

from lazaretto.packs import shipped
from lazaretto.protocol.record import Phase
from lazaretto.protocol.resolve import Resolved, UnknownLevel, explain, from_record, resolve
from tests.spec.documents import BASE, OWN, numbered, opened, replaced
from tests.spec.runners import Spec
from tests.spec.tables import Cells

DOCUMENTS = {"base.yaml": numbered(BASE), "own.yaml": numbered(OWN)}


def held(cells: Cells) -> frozenset[tuple[str, str]]:
    items = (item.partition("=") for item in cells.get("standing", "").split("; ") if item)
    return frozenset((key, value) for key, _, value in items)


def test_what_is_in_force(spec: Spec) -> None:
    """Standing before level, level before the last layer, the last layer before what it extends."""

    def in_force(cells: Cells) -> dict[str, object]:
        text = {"own": OWN, "base": BASE}[cells["protocol"]]
        round_ = resolve(opened(text), cells["level"] or None).measure("m")
        assert round_ is not None
        value = round_.under(held(cells))
        return {"per_day": value.cadence.per_day, "owner": value.owner, "required": value.required}

    spec.rows(
        """
        protocol | level    | standing            || per_day | owner  | required
        base     |          |                     || 1       | doctor | yes
        base     | routine  |                     || 1       | doctor | yes
        base     | outbreak |                     || 4       | doctor | yes
        base     | outbreak | isolation_stage=one || 3       | doctor | yes
        own      | routine  |                     || 2       | doctor | yes
        own      | outbreak |                     || 4       | doctor | yes
        own      | routine  | isolation_stage=one || 3       | doctor | yes
        own      | routine  | wake_for_rounds=yes || 2       | doctor | yes
        """,
        in_force,
        **DOCUMENTS,
    )


def test_who_said_so(spec: Spec) -> None:
    """`explain` lists who says what, the winner first, with the line of the file."""

    def explained(cells: Cells) -> dict[str, object]:
        found = explain(opened(OWN), cells["measure"], cells["field"], cells["level"] or None)
        lines = [f"{a.name.en}{f':{a.line}' if a.line else ''} says {json.dumps(a.value, default=str)}" for a in found]
        return dict(zip(("first", "then", "third", "last"), [*lines, "", "", ""], strict=False))

    spec.rows(
        """
        measure | field           | level    || first                             | then                  | third               | last
        m       | cadence.per_day | routine  || standing isolation_stage=* says 3 | own.yaml:9 says 2     | base.yaml:17 says 1 |
        m       | cadence.per_day | outbreak || standing isolation_stage=* says 3 | level outbreak says 4 | own.yaml:9 says 2   | base.yaml:17 says 1
        m       | owner           | routine  || base.yaml:18 says "doctor"        |                       |                     |
        m       | required        | routine  || default of the format says true   |                       |                     |
        n       | cadence.times   | routine  || own.yaml:15 says ["10:00"]        |                       |                     |
        """,
        explained,
    )


def test_the_night_of_the_document(spec: Spec) -> None:
    """Hours of the night that a cadence leaves open are those of the document; a policy of its own stays."""

    def night(cells: Cells) -> dict[str, object]:
        text = replaced(OWN, f"15 cadence: {{times: ['10:00']{cells['night']}}}")
        round_ = resolve(opened(text), cells["level"]).measure(cells["measure"])
        assert round_ is not None
        night = round_.under(held(cells)).cadence.night
        assert night is not None
        return {"from": night.start, "to": night.end, "policy": night.policy or "by base class"}

    spec.rows(
        """
        measure | night                                 | level    | standing            || from  | to    | policy
        n       |                                       | routine  |                     || 22:00 | 06:00 | by base class
        n       | , night: {policy: skip}               | routine  |                     || 22:00 | 06:00 | skip
        n       | , night: {from: "23:00", to: "05:00"} | routine  |                     || 23:00 | 05:00 | by base class
        m       |                                       | outbreak |                     || 22:00 | 06:00 | by base class
        m       |                                       | outbreak | isolation_stage=one || 22:00 | 06:00 | by base class
        """,
        night,
    )


def test_levels_by_name(spec: Spec) -> None:
    """Without a level the normal one holds; a name that the protocol does not have is an error."""

    def level(cells: Cells) -> dict[str, object]:
        try:
            return {"in force": resolve(opened(OWN), cells["level"] or None).level}
        except UnknownLevel as error:
            return {"in force": f"no level {error}"}

    spec.rows(
        """
        level    || in force
                 || routine
        routine  || routine
        outbreak || outbreak
        red      || no level red
        """,
        level,
    )


def test_the_digest_changes_with_every_value(spec: Spec) -> None:
    """The same words in another order, with other quotes or with comments have the same digest; any other value has not."""
    before = resolve(opened(BASE)).digest

    def compared(cells: Cells) -> dict[str, object]:
        after = resolve(opened(replaced(BASE, cells["instead"])), cells["level"] or None)
        return {"digest": "same" if after.digest == before else "other"}

    spec.rows(
        """
        instead                                   | level    || digest
                                                  |          || same
                                                  | routine  || same
        4 title: {en: Base, zh: 基线}             |          || same
        3 version: '1'                            |          || same
        5 source: [{text: "an example"}] # a word |          || same
                                                  | outbreak || other
        2 id: base2                               |          || other
        3 version: "2"                            |          || other
        4 title: {zh: 基线, en: Basis}            |          || other
        5 source: [{text: another example}]       |          || other
        6 night: {from: "22:00", to: "06:01"}     |          || other
        16 observation: temperature # a word      |          || same
        17 cadence: {per_day: 2}                  |          || other
        17 cadence: {per_day: 1, early: PT1M}     |          || other
        18 owner: nurse                           |          || other
        18 required: false                        |          || other
        22 - where: {isolation_stage: one}        |          || other
        23 set: {cadence: {per_day: 2}}           |          || other
        """,
        compared,
        **{"base.yaml": numbered(BASE)},
    )


def test_a_protocol_comes_back_from_its_record(spec: Spec) -> None:
    """What is kept is the record, as JSON: it has the same digest, and gives the same protocol, for each pack and level."""

    def back(cells: Cells) -> dict[str, object]:
        first = resolve(shipped(cells["pack"]), cells["level"])
        again = from_record(json.loads(json.dumps(first.record)))
        return {
            "digest": "same" if first.digest == again.digest else "other",
            "protocol": "same" if _said(first) == _said(again) else "other",
        }

    spec.rows(
        """
        pack                   | level      || digest | protocol
        baseline               | routine    || same   | same
        baseline               | heightened || same   | same
        baseline               | outbreak   || same   | same
        facility-s1-drug-rehab | routine    || same   | same
        facility-s1-drug-rehab | outbreak   || same   | same
        care-home              | outbreak   || same   | same
        """,
        back,
    )


def _said(resolved: Resolved) -> Phase:
    return resolved.phase(0, 1)
