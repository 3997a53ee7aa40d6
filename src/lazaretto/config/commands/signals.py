"""Questions about the record and early warnings, from the command line."""

from typing import Annotated

import typer

from lazaretto.config import runtime
from lazaretto.config.commands.report import FacilityCode
from lazaretto.config.runtime import CONSOLE, say
from lazaretto.protocol.text import Text

app = typer.Typer(no_args_is_help=True, help="Questions about the record, and early warnings. / 记录核实与预警。")


@app.command("look")
def look(
    facility: FacilityCode,
    day: Annotated[str, typer.Option("--day", help="Which day (default: today, by the facility's clock).")] = "",
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Run the honesty checks and early-warning rules on a day. Safe to run again: nothing is asked twice."""
    runtime.start()
    from lazaretto.apps.command.queries import NoProtocol
    from lazaretto.apps.rounds import signals
    from lazaretto.config.commands.imports import facility_or_fail, no_protocol
    from lazaretto.protocol.clock import local_day
    from lazaretto.protocol.refusal import Refusal

    found, at = facility_or_fail(facility), runtime.now()
    on = runtime.parse_day(day) if day else local_day(found.zone, at)
    try:
        new = signals.look(found, on, at=at, by=CONSOLE)
    except NoProtocol:
        runtime.fail(no_protocol(facility))
    except Refusal as refusal:
        runtime.fail(refusal.words)
    if json:
        said = [{"rule": s.rule, "about": s.about, "from": s.starts, "to": s.ends, "numbers": s.numbers} for s in new]
        runtime.print_json({"facility": found.code, "on": on.isoformat(), "new": said})
        return
    for signal in new:
        runtime.out.print(f"{signal.rule}  {signal.about}", markup=False)
    n = len(new)
    words = Text(
        f"{on}：新问题 {n} 个。在“核实”页答复。", f"{on}: {n} new to look at. Answer them on the page Questions."
    )
    runtime.out.print(say(words.zh, words.en), markup=False, soft_wrap=True)
