"""
Who is kept apart.

A `separation` names who does not mix. Two people are compared by their attributes. A rule with `by` keeps those apart in whom
the attribute differs; a rule with `between` keeps one side from the other. A breach makes contacts and a finding, never a penalty.
"""

from lazaretto.protocol.separation import Separation, kept_apart, may_meet
from tests.spec.kinds import read, refused_in
from tests.spec.runners import Spec
from tests.spec.tables import Cells

FIVE = """\
- id: five
  kind: separation
  title: {zh: 五隔离, en: The five separations}
  source: [{row: S0-28}, {row: S2-39}]
  rules:
    - {id: groups, title: {zh: 班组之间, en: between work groups}, by: group, only: {where: {base: resident}}}
    - {id: staff_resident, title: {zh: 备勤、居家的职工与罪犯之间, en: between staff off duty and prisoners}, between: [{where: {base: staff, duty: "standby, home"}}, {where: {base: resident}}]}
    - {id: shifts, title: {zh: 班次之间, en: between shifts}, by: shift, only: {where: {base: staff}}}
    - {id: wards, title: {zh: 监区之间, en: between wards}, by: ward, only: {where: {base: resident}}}
    - {id: floors, title: {zh: 楼层之间, en: between floors}, by: floor, only: {where: {base: resident}}}
"""
CELLS = """\
- id: blocks
  kind: separation
  title: {zh: 以监舍为单位, en: By cell}
  source: [{row: S0-29}]
  rules:
    - {id: cells, title: {zh: 监舍之间, en: between cells}, by: cell}
    - {id: fever, title: {zh: 发热者与其他隔离者, en: fever and other isolation}, between: [{where: {stage: fever}}, {where: {stage: "contact, release"}}]}
    - {id: isolated, title: {zh: 隔离者与职工以外的人, en: isolated people and residents}, between: [{where: {stage: "*"}}, {where: {base: resident, well: "yes"}}]}
"""


def separation_of(text: str) -> Separation:
    separation = read(text)
    assert isinstance(separation, Separation)
    return separation


def person(text: str) -> dict[str, str]:
    """Return the attributes of `resident, ward 1, floor 2`."""
    base, *rest = text.split(", ")
    return {"base": base} | dict(part.split(" ", 1) for part in rest)


def met(separation: Separation, cells: Cells) -> dict[str, object]:
    one, other = person(cells["one"]), person(cells["other"])
    found = kept_apart(separation, one, other)
    assert found == kept_apart(separation, other, one)
    return {"kept apart by": ", ".join(rule.id for rule in found), "may meet": may_meet(separation, one, other)}


def test_five_separations(spec: Spec) -> None:
    """Work groups, staff and prisoners, staff and staff, wards, floors. Who stands first makes no difference."""
    separation = separation_of(FIVE)
    spec.rows(
        """
        one                                | other                              || kept apart by         | may meet
        resident, ward 1, floor 1, group x | resident, ward 1, floor 1, group x ||                       | yes
        resident, ward 1, floor 1, group x | resident, ward 1, floor 1, group y || groups                |
        resident, ward 1, floor 1, group x | resident, ward 2, floor 1, group y || groups, wards         |
        resident, ward 1, floor 1, group x | resident, ward 2, floor 2, group y || groups, wards, floors |
        resident, ward 1, floor 1          | resident, ward 1, floor 2          || floors                |
        staff, duty inside, shift a        | resident, ward 1                   ||                       | yes
        staff, duty standby, shift b       | resident, ward 1                   || staff_resident        |
        staff, duty home, shift c          | resident, ward 1                   || staff_resident        |
        resident, ward 1                   | staff, duty home, shift c          || staff_resident        |
        staff, duty inside, shift a        | staff, duty standby, shift b       || shifts                |
        staff, duty inside, shift a        | staff, duty inside, shift a        ||                       | yes
        """,
        lambda cells: met(separation, cells),
        **{"five.yaml": FIVE},
    )


def test_what_is_not_known_says_nothing(spec: Spec) -> None:
    """A rule about an attribute that one of two people lacks says nothing about them; nor does one about other people."""
    separation = separation_of(FIVE)
    spec.rows(
        """
        one                         | other            || kept apart by | may meet
        resident, ward 1            | resident, ward 1 ||               | yes
        resident, ward 1            | resident         ||               | yes
        staff, shift a, ward 1      | staff, shift a, ward 2 ||         | yes
        staff, shift a              | staff            ||               | yes
        staff                       | resident, ward 1 ||               | yes
        contractor, ward 1, shift x | resident, ward 2 ||               | yes
        """,
        lambda cells: met(separation, cells),
        measure="five.yaml, as above",
    )


def test_blocks_and_isolation(spec: Spec) -> None:
    """People move as cells; kinds of isolation never mix. `*` stands for any value, a comma for one of several."""
    separation = separation_of(CELLS)
    spec.rows(
        """
        one                           | other                           || kept apart by   | may meet
        resident, cell 101            | resident, cell 101              ||                 | yes
        resident, cell 101            | resident, cell 102              || cells           |
        resident, stage fever         | resident, stage contact         || fever           |
        resident, stage release       | resident, stage fever           || fever           |
        resident, stage fever         | resident, stage fever           ||                 | yes
        resident, stage contact       | resident, stage release         ||                 | yes
        resident, stage x             | resident, well yes              || isolated        |
        resident, cell 1, stage fever | resident, cell 2, stage contact || cells, fever    |
        """,
        lambda cells: met(separation, cells),
        **{"blocks.yaml": CELLS},
    )


def test_one_form_each(spec: Spec) -> None:
    """A rule has `by` or `between`; a separation that is not active keeps nobody apart."""

    def said(cells: Cells) -> dict[str, object]:
        old, _, new = cells["instead"].partition(" -> ")
        assert old in CELLS
        return {"refused": refused_in(CELLS.replace(old, new))}

    def apart(cells: Cells) -> dict[str, object]:
        text = CELLS.replace("  rules:", f"  active: {cells['active']}\n  rules:")
        return met(separation_of(text), {"one": "resident, cell 101", "other": "resident, cell 102"})

    spec.rows(
        """
        instead                                              || refused
        by: cell -> by: ward                                 ||
        between cells}, by: cell -> between cells}           || give exactly one of by and between
        isolation}, between -> isolation}, by: cell, between || give exactly one of by and between
        """,
        said,
        measure="blocks.yaml, as above",
    )
    spec.rows(
        """
        active || kept apart by | may meet
        true   || cells         |
        false  ||               | yes
        """,
        apart,
    )
