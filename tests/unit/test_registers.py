"""Any table as a paper and as a workbook: heads on each page, unknown as a word, numbers as numbers, the same bytes."""

import io
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from lazaretto import packs
from lazaretto.papers.plan import round_plan
from lazaretto.papers.register import Printed, Register, register_pdf, write_excel
from lazaretto.papers.table import Column, Unknown
from lazaretto.protocol.resolve import resolve
from lazaretto.protocol.text import Text
from tests.paper_text import pages, squeezed, text

STAMP = Printed(Text("秦既明", "Qin"), "2026-03-17 17:05", date(2026, 3, 17))


def register(n: int = 1, *, wide: bool = False, **more: Any) -> Register:
    columns = (
        Column(Text("姓名", "name"), 40),
        Column(Text("体温", "value"), 200 if wide else 40, number=True),
        Column(Text("状态", "state"), 30),
    )
    rows = [(f"孙三 {i}", Decimal("37.10"), Unknown(Text("未知", "unknown"))) for i in range(n)]
    return Register(Text("名册", "Register"), Text("云汀监狱", "Yunting prison"), "as of 17:00", columns, rows, **more)


def box(pdf: bytes) -> tuple[float, float]:
    found = re.search(rb"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert found
    return float(found[1]), float(found[2])


@pytest.mark.parametrize(("language", "head", "foot"), [
    ("zh-hans", "姓名 体温 状态", "云汀监狱 · 打印：秦既明 · 2026-03-17 17:05 第 2 页，共 3 页"),
    ("en", "name value state", "Yunting prison · printed by Qin · 2026-03-17 17:05 page 2 of 3"),
])  # fmt: skip
def test_heads_and_foot_stand_on_every_page(language: str, head: str, foot: str) -> None:
    pdf = register_pdf(register(100), language, STAMP)
    found = [squeezed(page) for page in pages(pdf)]
    assert len(found) == 3
    assert all(squeezed(head) in page for page in found)
    assert squeezed(foot) in found[1]
    assert sum(page.count("孙三") for page in found) == 100
    assert b"pdfaid" in pdf


def test_a_wide_table_lies_on_its_side() -> None:
    upright, lying = box(register_pdf(register(), "en")), box(register_pdf(register(wide=True), "en"))
    assert upright[0] < upright[1]
    assert lying[0] > lying[1]


def test_the_same_register_gives_the_same_bytes() -> None:
    for make in (register_pdf, write_excel):
        assert make(register(3), "zh", STAMP) == make(register(3), "zh", STAMP)
        assert make(register(3), "zh", STAMP) != make(register(4), "zh", STAMP)


def test_nothing_is_read_as_markup_or_formula_nor_lost() -> None:
    odd = "=1+1 #set page[*_$`\\<x>@ 😀 \x07"
    table = Register(odd, odd, "", (Column("a"),), [(odd,)])
    assert squeezed("=1+1 #set page[*_$`\\<x>@〓") in squeezed(text(register_pdf(table, "en")))
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(write_excel(table, "en"))).get_sheet_by_index(0)
    assert sheet.to_python() == [["a"], [odd[:-1]]]


def test_a_workbook_keeps_numbers_and_says_what_it_is() -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(write_excel(register(2, note="note"), "en", STAMP)))
    assert book.sheet_names == ["Register", "About"]
    assert book.get_sheet_by_index(0).to_python() == [
        ["name", "value", "state"], ["孙三 0", 37.1, "unknown"], ["孙三 1", 37.1, "unknown"],
    ]  # fmt: skip
    about = [row[0] for row in book.get_sheet_by_index(1).to_python()]
    assert about == ["Register", "Yunting prison", "as of 17:00", "note", "printed by Qin", "2026-03-17 17:05"]


def test_an_empty_register_says_so() -> None:
    assert "None." in text(register_pdf(register(0), "en"))
    assert "Nobody is here." in text(register_pdf(register(0, empty="Nobody is here."), "en"))


@pytest.mark.parametrize("name", packs.names())
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_plan_of_every_pack_has_every_round_that_is_asked(name: str, language: str) -> None:
    loaded = packs.shipped(name)
    for level in loaded.document.levels:
        resolved = resolve(loaded, level.id)
        plan = round_plan(resolved, Text("云汀监狱", "Yunting prison"))
        titles = [row[1].in_(language) for row in plan.rows if isinstance(row[1], Text)]
        assert sorted(titles) == sorted(m.title.text.in_(language) for m in resolved.measures)
        assert all(isinstance(cell, Text) and cell.in_(language) for row in plan.rows for cell in row)


def test_the_plan_prints() -> None:
    plan = round_plan(resolve(packs.shipped("baseline"), "outbreak"), Text("云汀监狱", "Yunting prison"))
    found = text(register_pdf(plan, "en", STAMP))
    assert "4 times a day, evenly" in found
    assert "level: Outbreak" in found
