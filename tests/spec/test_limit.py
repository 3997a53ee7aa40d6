"""
Bounds that must hold.

A `limit` bounds a number from below (`least`), from above (`most`), or both. The bounds themselves are still fine. `warn_at` is
told on the way to the bound: up to `most`, or down to `least` where there is no `most`.
"""

from decimal import Decimal

from lazaretto.protocol.limit import Limit
from tests.spec.kinds import read, refused_in
from tests.spec.runners import Spec
from tests.spec.tables import Cells

ALONE = """\
- id: days_alone
  kind: limit
  title: {zh: 独处天数, en: Days alone}
  source: [{text: an example}]
  of: days_alone
  unit: d
  most: 14
  warn_at: 10
  beyond: escalate
"""


def bounded(bounds: str) -> str:
    """Return the text of the example with other bounds: `least 10, most 20`."""
    lines = "".join(f"  {bound.replace(' ', ': ')}\n" for bound in bounds.split(", "))
    return ALONE.replace("  most: 14\n  warn_at: 10\n", lines)


def limit_of(bounds: str) -> Limit:
    limit = read(bounded(bounds))
    assert isinstance(limit, Limit)
    return limit


def judged(cells: Cells) -> dict[str, object]:
    return {"is": limit_of(cells["bounds"]).judge(Decimal(cells["value"]))}


def test_from_above(spec: Spec) -> None:
    """Ten days alone are a warning, fourteen still a warning, more than fourteen are over."""
    spec.rows(
        """
        bounds              | value || is
        most 14, warn_at 10 | 0     || fine
        most 14, warn_at 10 | 9     || fine
        most 14, warn_at 10 | 10    || warn
        most 14, warn_at 10 | 14    || warn
        most 14, warn_at 10 | 14.5  || over
        most 14, warn_at 10 | 15    || over
        most 21, warn_at 14 | 21    || warn
        most 21, warn_at 14 | 22    || over
        most 14             | 14    || fine
        most 0              | 0     || fine
        most 0              | 1     || over
        """,
        judged,
        **{"days_alone.yaml": ALONE},
    )


def test_from_below_and_from_both_sides(spec: Spec) -> None:
    """A grid of 10 to 20 people; a floor of 14 days of stock, with a warning on the way down to it."""
    spec.rows(
        """
        bounds               | value || is
        least 10, most 20    | 9     || under
        least 10, most 20    | 10    || fine
        least 10, most 20    | 20    || fine
        least 10, most 20    | 21    || over
        least 1, most 1      | 0     || under
        least 1, most 1      | 1     || fine
        least 1, most 1      | 2     || over
        least 14, warn_at 20 | 30    || fine
        least 14, warn_at 20 | 21    || fine
        least 14, warn_at 20 | 20    || warn
        least 14, warn_at 20 | 14    || warn
        least 14, warn_at 20 | 13    || under
        least 14             | 14    || fine
        least 10, most 20, warn_at 18 | 10 || fine
        least 10, most 20, warn_at 18 | 18 || warn
        """,
        judged,
    )


def test_limits_that_bound_nothing(spec: Spec) -> None:
    """A limit gives a bound, though its number may not be filled in yet; the lower one is not above the upper one."""

    def said(cells: Cells) -> dict[str, object]:
        return {"refused": refused_in(ALONE.replace("  most: 14\n", f"  {cells['instead of most']}\n"))}

    spec.rows(
        """
        instead of most    || refused
        most: 14           ||
        most: null         ||
        note: {zh: 无, en: none} || give least or most
        """,
        said,
        measure="days_alone.yaml, as above",
    )
    spec.rows(
        """
        bounds            || refused
        least 15, most 14 || least is above most
        least 14, most 14 ||
        """,
        lambda cells: {"refused": refused_in(bounded(cells["bounds"]))},
    )
