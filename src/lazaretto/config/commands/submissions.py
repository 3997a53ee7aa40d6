"""What a superior body received from below."""

from pathlib import Path
from typing import Annotated, Any

import typer

from lazaretto.config import runtime
from lazaretto.config.runtime import language, say
from lazaretto.protocol.text import Text


def submissions(
    bureau: Annotated[str, typer.Option(help="Code of the body whose facilities are listed.")],
    on: Annotated[str, typer.Option("--on", help="The facility-day; without it, the last that anything came of.")] = "",
    excel: Annotated[Path | None, typer.Option(help="Write the table here (.xlsx).")] = None,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What came from the facilities below, what is late, and what is missing. Missing is not zero. Writes nothing."""
    runtime.start()
    from django.utils import translation

    from lazaretto.apps.accounts.models import Organisation
    from lazaretto.apps.console.presenters import submissions as words
    from lazaretto.apps.reporting import overview
    from lazaretto.web.spreadsheets import write_excel

    top = Organisation.objects.filter(code=bureau).first()
    if top is None:
        runtime.fail(Text(f"没有机构 {bureau}", f"there is no organisation {bureau}"))
    now = runtime.now()
    below = overview.facilities_under(top, user=None, on=runtime.parse_day("2000-01-01"))
    day = runtime.parse_day(on) if on else overview.latest_day(below, now)
    rows = overview.overview(below, day, now)
    if json:
        runtime.print_json(_as_json(rows, day))
        return
    with translation.override("zh-hans" if language() == "zh" else "en"):
        sheet = words.sheet(rows, {})
        if excel:
            write_excel(excel, sheet)
            runtime.out.print(say(f"已写出 {excel}。", f"Wrote {excel}."), markup=False)
        else:
            _print(sheet, words.sentence(rows, day))


def _print(sheet: list[list[Any]], sentence: str) -> None:
    from rich.table import Table

    table = Table()
    for head in sheet[0]:
        table.add_column(str(head), overflow="fold")
    for line in sheet[1:]:
        table.add_row(*(str(cell) for cell in line))
    runtime.out.print(sentence, markup=False)
    runtime.out.print(table)


def _as_json(rows: list[Any], day: Any) -> dict[str, Any]:
    from lazaretto.apps.reporting import overview

    return {
        "on": day.isoformat(),
        "received": overview.received(rows),
        "facilities": [
            {
                "code": row.organisation.code, "state": row.day.state, "word": row.day.word,
                "late_ms": row.day.late_ms, "overdue_ms": row.day.overdue_ms, "number": row.day.number,
                "contradictions": list(row.day.contradictions), "waits_for": list(row.waits_for),
                "restored": row.restored, "counts": {n: row.count(n)._asdict() for n in overview.COUNTS},
                "days": {c.on.isoformat(): c.word for c in row.cells},
            }
            for row in rows
        ],
        "totals": {name: overview.total(rows, name)._asdict() for name in overview.COUNTS},
    }  # fmt: skip
