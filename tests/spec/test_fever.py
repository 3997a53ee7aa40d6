"""
The two steps of a fever.

A reading at or over `screen_threshold` asks for a second one; `confirm_threshold` judges the second. A fever is over with the
first later reading below `screen_threshold`; until then it is open, and an open fever contradicts a nil report (rule 10).
"""

from datetime import date
from decimal import Decimal

from lazaretto.protocol.fever import FeverRule, Reading, fever
from tests.spec.clocks import Clocks
from tests.spec.runners import Spec
from tests.spec.tables import Cells
from tests.spec.worlds import DAY, ZONE


def seen(cells: Cells) -> dict[str, object]:
    """Return what readings such as `08:00 37.4; 08:20 36.9` say of a day, with 37.3 to screen and 37.5 to confirm."""
    clocks = Clocks(ZONE, DAY)
    on = Clocks(ZONE, date.fromisoformat(cells["day"])) if cells.get("day") else clocks
    said = [item.rpartition(" ") for item in cells["readings"].split("; ")]
    readings = [Reading(clocks.at(at), Decimal(value)) for at, _, value in said]
    found = fever(readings, FeverRule(Decimal("37.3"), Decimal("37.5")), on.at("00:00"), on.at("24:00"))
    since = "" if found.open_since is None else clocks.show(found.open_since)
    return {"screened": found.screened, "confirmed": found.confirmed, "open since": since}


def test_two_steps(spec: Spec) -> None:
    """One high reading alone confirms nothing, however high; the second is judged by the other threshold."""
    spec.rows(
        """
        readings                           || screened | confirmed | open since
        08:00 36.5                         ||          |           |
        08:00 37.2                         ||          |           |
        08:00 37.3                         || yes      |           | 08:00
        08:00 39.9                         || yes      |           | 08:00
        08:00 37.4; 08:20 36.9             || yes      |           |
        08:00 37.4; 08:20 37.4             || yes      |           | 08:00
        08:00 37.4; 08:20 37.5             || yes      | yes       | 08:00
        08:00 37.5; 08:20 37.3; 09:00 37.5 || yes      | yes       | 08:00
        08:00 37.4; 08:20 37.5; 12:00 36.8 || yes      | yes       |
        """,
        seen,
    )


def test_a_fever_ends_with_a_reading_below(spec: Spec) -> None:
    """After a reading below the first threshold, the next high one is a first one again."""
    spec.rows(
        """
        readings                                       || screened | confirmed | open since
        08:00 38.5; 08:20 36.9; 12:00 38.5             || yes      |           | 12:00
        08:00 38.5; 08:20 37.2; 12:00 38.5; 12:20 37.6 || yes      | yes       | 12:00
        08:00 36.5; 08:20 38.0; 12:00 37.3             || yes      |           | 08:20
        """,
        seen,
    )


def test_a_fever_over_midnight(spec: Spec) -> None:
    """A day counts its own readings, knows how a fever began the day before, and learns what ended it the day after."""
    spec.rows(
        """
        day        | readings                     || screened | confirmed | open since
        2026-03-17 | 23:50 37.6; 03-18 00:10 36.8 || yes      |           |
        2026-03-18 | 23:50 37.6; 03-18 00:10 36.8 ||          |           |
        2026-03-17 | 23:50 37.6; 03-18 00:10 37.6 || yes      |           | 23:50
        2026-03-18 | 23:50 37.6; 03-18 00:10 37.6 || yes      | yes       | 23:50
        2026-03-18 | 20:00 37.6                   ||          |           | 20:00
        2026-03-17 | 03-18 09:00 38.0             ||          |           |
        2026-03-18 | 03-18 00:00 38.0             || yes      |           | 03-18 00:00
        """,
        seen,
    )
