"""Reading, checking and adopting protocols; declaring and reviewing the response level."""

from typing import Annotated, Any

import typer
from rich.table import Table

from lazaretto.config import runtime
from lazaretto.config.runtime import CONSOLE, language, say
from lazaretto.protocol.text import Text

app = typer.Typer(no_args_is_help=True, help="Protocols. / 规程。")
level = typer.Typer(no_args_is_help=True, help="The response level. / 响应级别。")
app.add_typer(level, name="level")

Name = Annotated[str, typer.Argument(help="Name of a pack, or a YAML file.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Level = Annotated[str, typer.Option("--level", help="At this level; without it, the normal one.")]


def open_or_fail(name: str) -> Any:
    """Return a loaded protocol, or end the command with every mistake it has."""
    from lazaretto import packs
    from lazaretto.protocol.load import ProtocolError

    try:
        return packs.open_protocol(name)
    except ProtocolError as error:
        for problem in error.problems:
            runtime.err.print(str(problem), markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except (KeyError, OSError, UnicodeDecodeError):
        known = ", ".join(packs.names())
        runtime.fail(
            Text(
                f"没有规程包或文件 {name}；规程包有 {known}", f"there is no pack or file {name}; the packs are {known}"
            )
        )


@app.command("list")
def list_(json: Json = False) -> None:
    """List the shipped packs."""
    from lazaretto import packs

    rows = [
        {"id": n, "version": (d := packs.shipped(n).document).version, "zh": d.title.zh, "en": d.title.en}
        for n in packs.names()
    ]
    if json:
        runtime.print_json(rows)
        return
    for row in rows:
        runtime.out.print(f"{row['id']:<36} {row['version']:<8} {row['zh']} / {row['en']}", markup=False)


@app.command("validate")
def validate(name: Name, json: Json = False) -> None:
    """Check a protocol file and say for each mistake the line, the path and what was expected."""
    from lazaretto import packs
    from lazaretto.protocol.load import ProtocolError

    if json:
        try:
            packs.open_protocol(name)
            runtime.print_json({"valid": True, "problems": []})
        except ProtocolError as error:
            rows = [
                {"file": p.file, "line": p.line, "path": p.path, "zh": p.message.zh, "en": p.message.en}
                for p in error.problems
            ]
            runtime.print_json({"valid": False, "problems": rows})
            raise typer.Exit(1) from None
        return
    loaded = open_or_fail(name)
    runtime.out.print(
        say(
            f"{loaded.document.id} 可用：{len(loaded.document.measures)} 项措施。",
            f"{loaded.document.id} is valid: {len(loaded.document.measures)} measures.",
        )
    )


@app.command("show")
def show(name: Name, level: Level = "", json: Json = False) -> None:
    """Show a protocol as it holds at a level."""
    from lazaretto.protocol.resolve import UnknownLevel, resolve

    loaded = open_or_fail(name)
    try:
        resolved = resolve(loaded.document, level or None)
    except UnknownLevel:
        runtime.fail(_no_level(level, loaded.document))
    if json:
        runtime.print_json(resolved.record | {"digest": resolved.digest})
        return
    table = Table(title=f"{loaded.document.title.text.in_(language())} · {resolved.level} · {resolved.digest[:12]}")
    for head in (
        say("措施", "measure"),
        say("名称", "title"),
        say("观测", "observation"),
        say("节律", "cadence"),
        say("来源", "source"),
    ):
        table.add_column(head)
    for measure in resolved.measures:
        cadence = measure.cadence.model_dump(mode="json", by_alias=True, exclude_none=True)
        cadence.pop("night", None)
        said = ", ".join(f"{k} {v}" for k, v in cadence.items())
        source = ", ".join(s.row or s.words.in_(language()) for s in measure.source)
        table.add_row(measure.id, measure.title.text.in_(language()), measure.observation, said, source)
    runtime.out.print(table)


def _no_level(level: str, document: Any) -> Text:
    known = ", ".join(item.id for item in document.levels)
    return Text(f"没有级别 {level}，有 {known}", f"there is no level {level}; there are {known}")


@app.command("explain")
def explain(
    name: Name,
    value: Annotated[str, typer.Argument(help="Measure and field, such as temperature.residents:cadence.every.")],
    level: Level = "",
    json: Json = False,
) -> None:
    """Say which layer set a value; the first line wins."""
    from lazaretto.protocol.resolve import UnknownLevel
    from lazaretto.protocol.resolve import explain as layers_of

    loaded = open_or_fail(name)
    measure, _, field = value.partition(":")
    try:
        layers = layers_of(loaded, measure, field or "cadence", level or None)
    except UnknownLevel:
        runtime.fail(_no_level(level, loaded.document))
    except KeyError:
        known = ", ".join(m.id for m in loaded.document.measures)
        runtime.fail(
            Text(
                f"没有 {value}；写作 措施:字段，措施有 {known}",
                f"there is no {value}; write MEASURE:FIELD, with one of {known}",
            )
        )
    if json:
        runtime.print_json([{"layer": x.name.en, "line": x.line, "value": x.value} for x in layers])
        return
    for index, layer in enumerate(layers):
        mark, line = ("●" if index == 0 else "○"), f":{layer.line}" if layer.line else ""
        runtime.out.print(f"{mark} {layer.name.in_(language())}{line}  {layer.value}", markup=False)


@app.command("adopt")
def adopt(name: Name, facility: Annotated[str, typer.Option(help="Code of the facility.")]) -> None:
    """Run a protocol in a facility from now on. What was due before is not touched."""
    runtime.start()
    from lazaretto.apps.command import actions
    from lazaretto.config.commands.imports import facility_or_fail

    loaded = open_or_fail(name)
    made = actions.adopt(facility=facility_or_fail(facility), loaded=loaded, by=CONSOLE, at=runtime.now())
    runtime.out.print(
        say(
            f"{facility} 现行规程 {loaded.document.id}（{made.document_id[:12]}）。",
            f"{facility} now runs {loaded.document.id} ({made.document_id[:12]}).",
        )
    )


@level.command("declare")
def declare(
    name: Annotated[str, typer.Argument(help="A level of the protocol in force.")],
    facility: Annotated[str, typer.Option(help="Code of the facility.")],
    reason: Annotated[str, typer.Option(help="Why.")],
) -> None:
    """Let a response level hold from now on, with its review date."""
    runtime.start()
    from lazaretto.apps.command import actions, queries
    from lazaretto.config.commands.imports import facility_or_fail, no_protocol
    from lazaretto.protocol.clock import utc_text
    from lazaretto.protocol.resolve import UnknownLevel

    found = facility_or_fail(facility)
    at = runtime.now()
    try:
        made = actions.declare_level(facility=found, level=name, reason=reason, by=CONSOLE, at=at)
    except UnknownLevel:
        runtime.fail(_no_level(name, queries.in_force(found, at).resolved.document))
    except queries.NoProtocol:
        runtime.fail(no_protocol(facility))
    review = utc_text(made.review_at) if made.review_at else "—"
    runtime.out.print(
        say(f"{facility} 现为 {name}，复审 {review}。", f"{facility} is at level {name}; review by {review}.")
    )


@level.command("review")
def review(
    facility: Annotated[str, typer.Option(help="Code of the facility.")],
    reason: Annotated[str, typer.Option(help="Why the level goes on.")],
) -> None:
    """Renew the level in force with a new review date."""
    runtime.start()
    from lazaretto.apps.command import queries
    from lazaretto.config.commands.imports import facility_or_fail, no_protocol

    try:
        current = queries.in_force(facility_or_fail(facility), runtime.now()).resolved.level
    except queries.NoProtocol:
        runtime.fail(no_protocol(facility))
    declare(current, facility, reason)
