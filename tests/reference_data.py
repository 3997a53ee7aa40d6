"""
The developers' reference data, read where they lie beside the project and never copied into it (some are GPL).

LAZARETTO_REFERENCE_DATA names their folder; left out: ../shared/data. LAZARETTO_REQUIRE=reference-data makes their absence a
failure.
"""

import csv
import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("LAZARETTO_REFERENCE_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a table; the test is skipped where it is not there."""
    path = FOLDER / name
    if not path.is_file():
        if "reference-data" in os.environ.get("LAZARETTO_REQUIRE", ""):
            pytest.fail(f"{path} is not there")
        pytest.skip(f"no reference data: {path}")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
