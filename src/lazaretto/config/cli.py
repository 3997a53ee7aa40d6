"""
The command line. Each command parses, calls one action or query, and says one sentence (or prints JSON).
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from lazaretto.config import runtime, trouble
from lazaretto.config.commands import (
    adoption,
    backup,
    bundle,
    demo,
    exports,
    facility,
    imports,
    mqtt,
    organisations,
    papers,
    people,
    protocol,
    record,
    report,
    retention,
    sheet,
    signals,
    submissions,
    system,
    transfer,
    twin,
    users,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Lazaretto: infection prevention and control in closed institutions. / 封闭场所感染防控。",
)
app.add_typer(facility.app, name="facility")
app.add_typer(imports.app, name="import")
app.add_typer(protocol.app, name="protocol")
protocol.app.command("preview")(adoption.preview)
protocol.app.command("adopt")(adoption.adopt)
protocol.app.add_typer(adoption.override, name="override")
protocol.app.add_typer(adoption.flag, name="flag")
protocol.app.add_typer(adoption.level, name="level")
app.add_typer(report.app, name="report")
app.add_typer(users.app, name="user")
app.add_typer(organisations.app, name="organisation")
app.command("init")(system.init)
app.command("serve")(system.serve)
app.command("doctor")(system.doctor)
app.command("verify")(record.verify)
app.command("keys")(record.public_keys)
app.command("excuse")(imports.excuse)
app.command("purge")(retention.purge)
app.command("demo")(demo.demo)
app.add_typer(record.key, name="key")
app.add_typer(backup.app, name="backup")
app.command("restore")(backup.restore)
app.command("move-to")(backup.move_to)
report.app.command("pdf")(papers.report_pdf)
report.app.command("verify-paper")(papers.verify_paper)
app.add_typer(bundle.app, name="bundle")
app.add_typer(transfer.app, name="transfer")
app.add_typer(sheet.app, name="sheet")
app.command("submissions")(submissions.submissions)
app.command("export")(exports.export)
app.add_typer(people.app, name="person")
app.add_typer(mqtt.app, name="mqtt")
app.add_typer(signals.app, name="signals")
app.add_typer(twin.app, name="twin")
app.command("proof")(record.proof)


@app.callback()
def _home(
    home: Annotated[
        Path | None, typer.Option(help="Where data is kept (default: LAZARETTO_HOME or ./var).", show_default=False)
    ] = None,
) -> None:
    if home is not None:
        os.environ["LAZARETTO_HOME"] = str(home)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:
        runtime.err.print(runtime.say("已停止。已写入的都在。", "Stopped. What was written is there."))
        raise SystemExit(130) from None
    except Exception as error:
        said = trouble.sentence(error)
        if said is None:
            raise
        runtime.fail(said)
