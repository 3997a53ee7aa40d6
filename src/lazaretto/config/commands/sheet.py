"""Sheets for rounds without network, from the command line."""

from pathlib import Path
from typing import Annotated

import typer

from lazaretto.config import runtime
from lazaretto.config.commands.papers import Lang, chosen_language, write
from lazaretto.config.commands.report import FacilityCode, On
from lazaretto.config.runtime import CONSOLE, say
from lazaretto.protocol.text import Text

app = typer.Typer(no_args_is_help=True, help="Sheets for rounds on paper. / 纸质巡次表。")


@app.command("print")
def print_(
    facility: FacilityCode,
    measure: Annotated[str, typer.Option(help="A round of the protocol in force, such as temperature.residents.")],
    on: On,
    out: Annotated[Path, typer.Option("--out", help="Where to write the PDF.")],
    place: Annotated[str, typer.Option(help="Code of a place; all below it is on the sheet.")] = "",
    unit: Annotated[str, typer.Option(help="Code of a unit, instead of a place.")] = "",
    slot: Annotated[
        list[str] | None, typer.Option("--slot", help="A time that is due, such as 09:00; without it, all of the day.")
    ] = None,
    lang: Lang = "",
) -> None:
    """Make a sheet and write it as PDF. Each run makes a sheet of its own, with a code of its own."""
    runtime.start()
    from django.utils import translation

    from lazaretto.apps.accounts.permissions import Permission
    from lazaretto.apps.command.queries import NoProtocol
    from lazaretto.apps.console.queries import Asked
    from lazaretto.apps.console.sheetview import sheet_paper
    from lazaretto.apps.rounds import sheets
    from lazaretto.config.commands.imports import facility_or_fail, no_protocol
    from lazaretto.papers.sheet import sheet_pdf

    if place and unit:
        runtime.fail(Text("--place 和 --unit 只写一个", "give --place or --unit, not both"), 2)
    found, day, at = facility_or_fail(facility), runtime.parse_day(on), runtime.now()
    try:
        asked = sheets.asked(found, measure, day, sheets.Where(place, unit), at=at)
        dues = {sheets.time_of(found.zone, day, due): due for due in asked.dues()}
        unknown = [time for time in slot or () if time not in dues]
        if unknown:
            listed = ", ".join(dues) or "—"
            runtime.fail(
                Text(f"没有应做时间 {unknown[0]}，有 {listed}", f"nothing is due at {unknown[0]}; due are {listed}")
            )
        chosen = [dues[time] for time in slot] if slot else list(dues.values())
        made = sheets.make_sheet(facility=found, asked=asked, dues=chosen, by=CONSOLE, at=at)
    except sheets.SheetRefused as refused:
        runtime.fail(refused.message)
    except NoProtocol:
        runtime.fail(no_protocol(facility))
    with translation.override(chosen_language(lang)):
        write(out, sheet_pdf(sheet_paper(Asked(found, frozenset(Permission), day), made, at)))
    n = made.rows.count()
    runtime.out.print(
        say(f"已写入 {out}：表 {made.code}，{n} 行。", f"Wrote {out}: sheet {made.code}, {n} lines."),
        markup=False, soft_wrap=True,
    )  # fmt: skip
