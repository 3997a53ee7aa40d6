"""What the tests of round sheets share: a facility whose rounds are due, sheets, and what is typed into their boxes."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from lazaretto.apps.rounds import sheets
from lazaretto.apps.rounds.models import Sheet
from tests.conftest import DAY, HOUR, Small

LIST = "/facilities/YT/sheets/"
RESIDENTS = {"measure": "temperature.residents", "where": "place:W1", "on": str(DAY)}


@pytest.fixture
def ready(small: Small, look_at: Callable[[int], None]) -> Small:
    """A facility at outbreak (four temperatures a day), looked at as the day ends."""
    from lazaretto.apps.command import actions as command

    start = small.moment("00:00")
    command.declare_level(facility=small.facility, level="outbreak", reason="t", by="test", at=start - HOUR)
    look_at(small.at)
    return small


def made(small: Small, measure: str = "temperature.residents", place: str = "W1", n: int = 2, on: date = DAY) -> Sheet:
    found = sheets.asked(small.facility, measure, on, sheets.Where(place), at=small.at)
    return sheets.make_sheet(facility=small.facility, asked=found, dues=list(found.dues())[:n], by="t", at=small.at)


def page(sheet: Sheet) -> str:
    return f"{LIST}{sheet.code}/"


def boxes(sheet: Sheet, *values: str, by: str = "S1", **more: str) -> dict[str, str]:
    """Return a form with values line by line, and within a line column by column."""
    names = [f"v-{row.number}-{column}" for row in sheets.rows_of(sheet) for column in range(len(sheet.columns))]
    return {"by": by} | dict(zip(names, values, strict=False)) | more


def on_file(sheet: Sheet) -> dict[tuple[int, int], str]:
    return {
        box: f"{chain[-1].outcome} {chain[-1].value or chain[-1].reason}".strip()
        for box, chain in sheets.entries(sheet).items()
    }


def values_of(response: Any) -> list[str]:
    return re.findall(r'class="lz-box" name="v-\d+-\d+" value="([^"]*)"', response.content.decode())
