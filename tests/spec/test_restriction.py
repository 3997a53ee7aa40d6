"""
A restriction and its way of exception.

A `restriction` denies by default: people, vehicles, goods, visits, gatherings, a zone. It says whom it never concerns, which
chain can let one through, and what is given instead. None is open-ended: it is looked at again after `review`, 14 days at most.
"""

from lazaretto.protocol.restriction import Restriction, Wish, denial
from tests.spec.kinds import read
from tests.spec.runners import Spec
from tests.spec.tables import Cells
from tests.spec.test_rotation import day_of

BELOW = """\
- {id: permit, kind: chain, title: {zh: 例外批准, en: Leave by way of exception}, source: [{row: S0-08}], stream: person, steps: [{id: approve, title: {zh: 批准, en: approval}, does: approve}]}
- {id: calls, kind: entitlement, title: {zh: 通话, en: Calls}, source: [{row: S4-33}], goods: [{id: call, title: {zh: 通话, en: call}, amount: 1, per: week}]}
"""
OUTSIDERS = """\
- id: outsiders
  kind: restriction
  title: {zh: 外来人员, en: Outsiders}
  source: [{row: S0-08}]
  what: people
  denies: [{id: outsider, title: {zh: 外来人员, en: outsiders}}, {id: visitor, title: {zh: 会见家属, en: visitors}}]
  except_for: [{id: lawyer, title: {zh: 律师, en: lawyers}}, {id: ambulance, title: {zh: 急救, en: ambulance}}]
  directions: [in]
  exception: permit
  instead: [calls]
"""
CLOSURE = """\
- id: closure
  kind: restriction
  title: {zh: 封闭管理, en: Closure}
  source: [{row: S0-11}]
  what: zone
  zones: [site_one, site_two]
  since: 2026-01-27
  except_for: [{id: lawyer, title: {zh: 律师, en: lawyers}}]
"""
GATHERINGS = """\
- id: gatherings
  kind: restriction
  title: {zh: 聚集活动, en: Gatherings}
  source: [{row: S4-37}]
  what: gatherings
  largest: 10
"""


def restriction_of(text: str) -> Restriction:
    restriction = read(text)
    assert isinstance(restriction, Restriction)
    return restriction


def asked(restriction: Restriction, cells: Cells) -> dict[str, object]:
    wish = Wish(
        what=cells.get("what") or restriction.what,
        of_class=cells.get("class", ""),
        zone=cells.get("zone", ""),
        size=int(cells.get("size") or 1),
        on=day_of(cells["on"]) if cells.get("on") else None,
        direction=cells.get("way", ""),
        excepted_by=cells.get("excepted by", ""),
    )
    found = denial(restriction, wish)
    if found is None:
        return {"denied by": "", "exception": "", "instead": ""}
    return {"denied by": found.by, "exception": found.exception or "", "instead": ", ".join(found.instead)}


def test_people_and_goods(spec: Spec) -> None:
    """
    What is listed is denied, with the chain that can make an exception and what is given instead; a lawyer or an ambulance is
    never denied. Only that chain excepts. Where the way is not known, the wish is denied as on the way in.
    """
    restriction = restriction_of(OUTSIDERS + BELOW)
    spec.rows(
        """
        what     | class     | way | excepted by || denied by | exception | instead
        people   | outsider  | in  |             || outsiders | permit    | calls
        people   | visitor   | in  |             || outsiders | permit    | calls
        people   | outsider  |     |             || outsiders | permit    | calls
        people   | outsider  | out |             ||           |           |
        people   | lawyer    | in  |             ||           |           |
        people   | ambulance | in  |             ||           |           |
        people   | staff     | in  |             ||           |           |
        people   | outsider  | in  | permit      ||           |           |
        people   | outsider  | in  | other       || outsiders | permit    | calls
        vehicles | outsider  | in  |             ||           |           |
        """,
        lambda cells: asked(restriction, cells),
        **{"outsiders.yaml": OUTSIDERS},
    )


def test_without_a_way_of_exception(spec: Spec) -> None:
    """Where no chain is named there is no exception, whoever says so; one who is on both lists is never denied."""
    text = OUTSIDERS.replace("  exception: permit\n", "").replace("{id: visitor,", "{id: lawyer,")
    restriction = restriction_of(text + BELOW)
    spec.rows(
        """
        class    | way | excepted by || denied by | exception | instead
        outsider | in  |             || outsiders |           | calls
        outsider | in  | permit      || outsiders |           | calls
        lawyer   | in  |             ||           |           |
        """,
        lambda cells: asked(restriction, cells),
        **{"no_exception.yaml": text},
    )


def test_a_closed_zone(spec: Spec) -> None:
    """A closure holds in its zones, from its first day on; without `denies` it concerns everybody but those excepted."""
    restriction = restriction_of(CLOSURE)
    spec.rows(
        """
        class    | zone     | on    || denied by
        outsider | site_one | 01-26 ||
        outsider | site_one | 01-27 || closure
        outsider | site_two | 02-27 || closure
        staff    | site_one | 02-27 || closure
        lawyer   | site_one | 02-27 ||
        outsider | office   | 02-27 ||
        outsider | site_one |       || closure
        """,
        lambda cells: asked(restriction, cells),
        **{"closure.yaml": CLOSURE},
    )


def test_gatherings_up_to_a_size(spec: Spec) -> None:
    """`largest` lets a gathering up to and including that size; without it none is let through."""

    def sized(cells: Cells) -> dict[str, object]:
        return asked(restriction_of(GATHERINGS.replace("largest: 10", cells["largest"])), cells)

    spec.rows(
        """
        largest       | size || denied by
        largest: 10   | 2    ||
        largest: 10   | 10   ||
        largest: 10   | 11   || gatherings
        largest: null | 2    || gatherings
        largest: 0    | 2    || gatherings
        """,
        sized,
        **{"gatherings.yaml": GATHERINGS},
    )


def test_no_restriction_is_open_ended(spec: Spec) -> None:
    """A restriction that names no review is reviewed after 14 days; one that is not active denies nothing."""

    def read_as(cells: Cells) -> dict[str, object]:
        restriction = restriction_of(GATHERINGS.replace("largest: 10", cells["says"]))
        return asked(restriction, {"size": "50"}) | {"review in days": restriction.review.days}

    spec.rows(
        """
        says          || review in days | denied by
        largest: 10   || 14             | gatherings
        review: P7D   || 7              | gatherings
        active: false || 14             |
        """,
        read_as,
        measure="gatherings.yaml, as above",
    )
