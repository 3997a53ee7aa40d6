"""
What the packs must say, row by row of the requirements: `packs.md` was written from the reports alone, by somebody who had
not seen the packs. Here it is held against them.
"""

import csv
import os
import re
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lazaretto import packs
from lazaretto.protocol.cadence import Cadence
from lazaretto.protocol.laying import at
from lazaretto.protocol.measures import Measure

TABLE = Path(os.environ.get("PACKS_TABLE", Path(__file__).with_name("packs.md")))
REQUIREMENTS = Path(__file__).parents[2] / "docs" / "requirements.csv"
SYSTEMS = {
    "S0": "s0-shandong-prison", "S1": "s1-inner-mongolia-drug-rehab", "S2": "s2-tianshui-detention",
    "S3": "s3-baicheng-drug-rehab", "S4": "s4-hunan-justice",
}  # fmt: skip
AREAS = {"S1": ["s1-hulunbuir"], "S2": ["s2-qinzhou", "s2-two-districts"]}


class Line(NamedTuple):
    """One line of the table, with its number in the file."""

    number: int
    row: str
    pack: str
    path: str
    value: str
    unit: str


def table() -> list[Line]:
    found = []
    for number, text in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), start=1):
        cells = [cell.strip() for cell in text.strip().strip("|").split("|")]
        if text.lstrip().startswith("|") and len(cells) == 5 and re.match(r"S\d-\d+$|P:", cells[0]):
            found.append(Line(number, *cells))
    return found


def said(line: Line) -> Any:
    """Return what the pack says at a path, as plain data; None where there is nothing."""
    loaded = packs.shipped(line.pack)
    head, _, rest = line.path.partition(":")
    if head in ("deviations", "terms", "levels", "flags", "ceilings", "tags", "zones", "posts", "observations"):
        return at(loaded.raw, (head, *(rest.split(".") if rest else ())))
    path = ("measures", head, *(rest.split(".") if rest else ()))
    found = at(loaded.raw, path)
    if found is None and rest and at(loaded.raw, path[:2]) is not None and not _is_null(loaded.raw, path):
        return _default(loaded.document.measure(head), rest)
    return found


def _default(measure: Any, path: str) -> Any:
    """Return the format's own value for a field of a measure that no layer writes."""
    fields = {info.alias or name: name for name, info in type(measure).model_fields.items()}
    value = getattr(measure, fields[path]) if path in fields else None
    return value if isinstance(value, bool | str | int) or value is None else None


def _is_null(raw: Any, path: tuple[str, ...]) -> bool:
    """Say whether a value is written as null, which demands it."""
    parent = at(raw, path[:-1])
    return isinstance(parent, dict) and path[-1] in parent and parent[path[-1]] is None


def agrees(line: Line) -> bool:
    """Say whether the pack says what the line says."""
    value = said(line)
    loaded = packs.shipped(line.pack)
    head, _, rest = line.path.partition(":")
    if line.value == "null":
        return _is_null(loaded.raw, ("measures", head, *rest.split(".")))
    if line.value == "absent":
        return value is None
    if value is None:
        return False
    if line.value == "present":
        return True
    if found := re.fullmatch(r"(>=|=)?\s*(\d+) items", line.value):
        return len(value) >= int(found[2]) if found[1] != "=" else len(value) == int(found[2])
    return normal(value) == re.sub(r"\s*,\s*", ", ", line.value)


def normal(value: Any) -> str:
    """Return a value as the table writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        names = [str(item["id"]) if isinstance(item, dict) and "id" in item else normal(item) for item in value]
        return ", ".join(sorted(names))
    if isinstance(value, dict):
        if value.keys() & {"per_day", "every", "times", "random", "count"}:
            return _cadence(value)
        return ", ".join(f"{key}={normal(item)}" for key, item in value.items())
    return str(value)


def _cadence(value: dict[str, Any]) -> str:
    cadence = Cadence.model_validate(value)
    if cadence.count is not None:
        return f"count {cadence.count.at_least} in {cadence.count.within}"
    if cadence.random is not None:
        return f"random {cadence.random.n} per {cadence.random.per}"
    if cadence.times is not None:
        return f"times {len(cadence.times)}"
    return f"per_day {cadence.per_day}" if cadence.per_day else f"every {value['every']}"


def requirements() -> list[dict[str, str]]:
    with REQUIREMENTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_packs_say_what_the_table_says() -> None:
    wrong = [
        f"line {line.number}: {line.row} {line.pack} {line.path}: wanted {line.value}, found {normal(said(line))}"
        for line in table()
        if line.pack != "-" and not agrees(line)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.skipif("PACKS_TABLE" in os.environ, reason="only a part of the table is being written")
def test_every_row_of_the_requirements_has_a_line() -> None:
    rows = {line.row for line in table()}
    assert {row["id"] for row in requirements()} <= rows
    assert len([row for row in rows if row.startswith("P:")]) >= 21
    for line in table():
        assert line.unit, line
        assert (line.pack == "-") == (line.value == "record"), line


def test_a_changed_value_is_noticed() -> None:
    line = Line(0, "S2-50", "s2-tianshui-detention", "isolation.transitional:stages.one.length", "P21D", "d")
    assert agrees(line)
    assert not agrees(line._replace(value="P20D"))
    assert not agrees(line._replace(value="null"))
    assert not agrees(line._replace(value="absent"))
    assert not agrees(line._replace(path="isolation.transitional:stages.five.length"))
    assert agrees(line._replace(path="isolation.transitional:stages.five.length", value="absent"))
    assert agrees(line._replace(path="isolation.transitional:stages", value=">= 3 items"))
    assert not agrees(line._replace(path="isolation.transitional:stages", value=">= 4 items"))


def citing() -> dict[str, list[str]]:
    """Return for each row the measures of its report's packs that cite it, as `pack:measure`."""
    found: dict[str, list[str]] = defaultdict(list)
    for report, system in SYSTEMS.items():
        for pack in (system, *AREAS.get(report, [])):
            for measure in packs.shipped(pack).document.measures:
                for row in _rows(measure):
                    name = f"{pack}:{measure.id}"
                    if row.startswith(report) and not any(n.endswith(f":{measure.id}") for n in found[row]):
                        found[row].append(name)
    return found


def _rows(measure: Measure) -> list[str]:
    return sorted({source.row for source in measure.source if source.row})


def test_the_requirements_name_their_measures() -> None:
    """`docs/requirements.csv` names for each row up to four measures that cite it: `python -m tests.spec.test_packs_table`."""
    wanted = citing()
    wrong = [row["id"] for row in requirements() if row.get("measure") != " ".join(wanted.get(row["id"], [])[:4])]
    assert not wrong, wrong


def rewrite() -> None:
    """Write the column `measure` of the requirements again."""
    rows, wanted = requirements(), citing()
    names = [name for name in rows[0] if name != "measure"]
    names.insert(names.index("where") + 1, "measure")
    with REQUIREMENTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(row | {"measure": " ".join(wanted.get(row["id"], [])[:4])} for row in rows)


if __name__ == "__main__":
    rewrite()
