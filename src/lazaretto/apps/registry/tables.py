"""
Tables in from CSV and Excel: headers in English or Chinese, rows as text, and an account of each row.

Nothing here knows what the rows mean.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

from lazaretto.protocol.text import Text
from lazaretto.web.spreadsheets import write_csv, write_excel

MAX_BYTES = 300 * 1024 * 1024

#: Chinese headers for the English ones of the contract; the same word may serve several tables.
HEADERS: dict[str, str] = {
    "编号": "code", "代码": "code", "上级": "parent", "上级编号": "parent", "类型": "kind", "类别": "kind",
    "中文名": "name_zh", "英文名": "name_en", "容量": "capacity", "重点部位": "key_area", "人群": "population",
    "姓名": "name", "性别": "sex", "出生日期": "birth_date", "单位": "unit_code", "单位编号": "unit_code",
    "监区": "unit_code", "对象": "subject", "人员编号": "subject", "场所": "place", "起": "from", "开始": "from",
    "止": "to", "结束": "to", "项目": "key", "值": "value", "数值": "value", "范围": "scope", "措施": "measure",
    "原因": "reason", "理由": "reason", "操作人": "by", "记录人": "by", "标识": "id", "序列号": "id",
    "观测": "observation", "观测项目": "observation", "对象类型": "subject_kind", "观测时间": "observed_at",
    "时间": "observed_at", "结果": "outcome", "单位符号": "ucum", "计量单位": "ucum", "方法": "method",
    "部位": "site", "设备": "device", "来源": "source", "更正": "supersedes", "备注": "note",
    "进入原因": "entry", "离开原因": "exit", "别名": "aliases", "曾用名": "aliases", "证件类型": "identity_kind",
    "证件号码": "identity_number", "身份证号": "identity_number", "发生时间": "occurred_at", "去向": "counterpart",
    "来源地": "counterpart", "检验单": "order", "检验单号": "order", "采样时间": "taken_at", "报告时间": "reported_at",
    "检验结果": "result", "采样情况": "outcome", "样本编号": "code", "样本号": "code", "应返时间": "back_by", "日期": "on", "岗位": "key",
}  # fmt: skip


class TableError(Exception):
    """A file that cannot be read as a table at all."""

    def __init__(self, message: Text) -> None:
        super().__init__(str(message))
        self.message = message


class RowError(Exception):
    """A row that cannot be taken, and what to do about it."""

    def __init__(self, column: str, message: Text) -> None:
        super().__init__(str(message))
        self.column, self.message = column, message


class Row(NamedTuple):
    """One row: its number in the file (the header is 1) and its cells as text."""

    number: int
    cells: Mapping[str, str]

    def text(self, column: str) -> str:
        return self.cells.get(column, "")

    def need(self, column: str) -> str:
        """:raises RowError: if the cell is empty."""
        value = self.cells.get(column, "")
        if not value:
            raise RowError(column, Text(f"{column} 不能为空", f"{column} is empty"))
        return value


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that was not taken."""

    row: Row
    column: str
    message: Text


@dataclass(slots=True)
class Account:
    """What became of the rows; the four numbers add up to `rows`."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    failures: list[Failure] = field(default_factory=list)
    warnings: list[Failure] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    dry_run: bool = False

    @property
    def failed(self) -> int:
        return len(self.failures)

    def numbers(self) -> dict[str, Any]:
        return {
            "rows": self.rows, "created": self.created, "updated": self.updated, "skipped": self.skipped,
            "failed": self.failed, "warnings": len(self.warnings), "dry_run": self.dry_run,
        }  # fmt: skip


def read(path: Path, required: Iterable[str], known: Iterable[str]) -> tuple[list[str], Iterator[Row]]:
    """
    Return the English column names of a table and its rows.

    :raises TableError: if it is no table, or a required column is missing, or a column stands twice.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TableError(Text("文件超过 300 MB，请分开导入", "the file is over 300 MB; import it in parts"))
        lines = _excel(path) if path.suffix.lower() in (".xlsx", ".xlsm", ".xls", ".ods") else _csv(path)
        head = next(lines, None)
    except OSError as error:
        raise TableError(Text(f"打不开文件：{error.strerror}", f"cannot open the file: {error.strerror}")) from None
    if head is None:
        raise TableError(Text("文件是空的", "the file is empty"))
    columns = _columns(head, list(required), set(known))
    return [c for c in columns if c], _rows(columns, lines)


def _columns(head: list[str], required: list[str], known: set[str]) -> list[str]:
    columns = []
    for cell in head:
        name = cell.strip().lower().replace(" ", "_")
        name = HEADERS.get(cell.strip(), name)
        columns.append(name if name in known else "")
    for name in required:
        if name not in columns:
            zh = "、".join(zh for zh, en in HEADERS.items() if en == name)
            raise TableError(Text(f"缺少列 {name}（{zh}）", f"the column {name} is missing"))
    for name in columns:
        if name and columns.count(name) > 1:
            raise TableError(Text(f"列 {name} 出现两次", f"the column {name} stands twice"))
    return columns


def _rows(columns: list[str], lines: Iterator[list[str]]) -> Iterator[Row]:
    """Yield the rows that say anything, with the cells of known columns."""
    names = [name for name in columns if name]
    wanted = iter if all(columns) else lambda cells: compress(cells, columns)
    for number, cells in enumerate(lines, start=2):
        found = dict(zip(names, map(str.strip, wanted(cells)), strict=False))
        if any(found.values()):
            yield Row(number, found)


def _csv(path: Path) -> Iterator[list[str]]:
    text = _decoded(path.read_bytes())
    sample = text[:20_000].splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t，", key=sample.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise TableError(Text(f"CSV 有误：{error}", f"this is not valid CSV: {error}")) from None


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise TableError(
        Text("不是文本文件；请存为 UTF-8 的 CSV 或 .xlsx", "this is not text; save it as UTF-8 CSV or .xlsx")
    )


def _excel(path: Path) -> Iterator[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook  # only tables in Excel pay for loading it

    try:
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    except (CalamineError, OSError, ValueError) as error:
        raise TableError(Text(f"不是合格的 Excel 文件：{error}", f"this is not a valid Excel file: {error}")) from None
    for row in sheet.iter_rows():
        yield [_cell(value) for value in row]


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


def write_failures(account: Account, path: Path, language: str) -> None:
    """Write the rows that failed, with the reason, so that they can be mended and imported again."""
    extra = ("错误", "第几行", "哪一列") if language.startswith("zh") else ("error", "row", "column")
    heads = [*account.columns, *extra]
    lines = [
        [*(f.row.text(c) for c in account.columns), f.message.in_(language), str(f.row.number), f.column]
        for f in account.failures
    ]
    write = write_excel if path.suffix == ".xlsx" else write_csv
    write(path, [heads, *lines])
