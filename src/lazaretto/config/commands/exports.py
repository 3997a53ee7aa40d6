"""Taking tables out, as they can be brought in again."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from lazaretto.config import runtime
from lazaretto.config.commands.imports import COLUMNS, FacilityCode, facility_or_fail
from lazaretto.config.runtime import CONSOLE, parse_day, say
from lazaretto.protocol.clock import instant, local_day
from lazaretto.protocol.text import Text


def export(
    table: Annotated[str, typer.Argument(help=f"One of: {', '.join(COLUMNS)}.")],
    facility: FacilityCode,
    out: Annotated[Path, typer.Option(help="Where to write it: .xlsx or .csv.")],
    empty: Annotated[bool, typer.Option("--empty", help="Only the heads, to be filled in.")] = False,
    from_: Annotated[
        str, typer.Option("--from", help="Facts and excuses: first day (default: six days before the last).")
    ] = "",
    to: Annotated[str, typer.Option(help="Facts and excuses: last day (default: today).")] = "",
) -> None:
    """Write a table as it is now. It can be brought in again with `lazaretto import`. Changes nothing but the journal."""
    runtime.start()
    from lazaretto.apps.accounts.actions import record_taken_out
    from lazaretto.apps.laboratory import tables
    from lazaretto.web.spreadsheets import write_csv, write_excel

    if table not in tables.NAMES:
        known = ", ".join(tables.NAMES)
        runtime.fail(Text(f"没有表格 {table}，有 {known}", f"there is no table {table}; known: {known}"), 2)
    if out.suffix not in (".xlsx", ".csv"):
        runtime.fail(Text("文件名以 .xlsx 或 .csv 结尾", "the file must end in .xlsx or .csv"), 2)
    found, at = facility_or_fail(facility), runtime.now()
    last = parse_day(to) if to else local_day(found.zone, at)
    first = parse_day(from_) if from_ else last - timedelta(days=6)
    span = (instant(found.zone, first, 0), instant(found.zone, last, 24 * 60))
    lines = [list(tables.heads(table))] if empty else list(tables.lines(found, table, span=span))
    try:
        write = write_excel if out.suffix == ".xlsx" else write_csv
        write(out, lines)
    except OSError as error:
        runtime.fail(Text(f"写不了 {out}：{error.strerror}", f"cannot write {out}: {error.strerror}"))
    if not empty and table not in ("places", "groups", "assets"):
        record_taken_out(log=found.log, table=table, rows=len(lines) - 1, by=CONSOLE, at=at)
    runtime.out.print(
        say(f"{out}：{len(lines) - 1} 行。", f"{out}: {len(lines) - 1} rows."), markup=False, soft_wrap=True
    )
