"""Reading, checking and comparing protocols."""

import difflib
from pathlib import Path
from typing import Annotated, Any

import typer

from lazaretto.config import runtime
from lazaretto.config.runtime import language, say
from lazaretto.protocol.text import Text

app = typer.Typer(no_args_is_help=True, help="Protocols. / 规程。")

Name = Annotated[str, typer.Argument(help="Name of a pack, or a YAML file.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Level = Annotated[str, typer.Option("--level", help="At this level; without it, the normal one.")]
Flags = Annotated[list[str] | None, typer.Option("--flag", help="While this flag holds. Can be given again.")]


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
    """
    Check a protocol file: for each mistake the line, the path and what was expected (ends with 1); then what still keeps
    a protocol without mistakes from being adopted.
    """
    from lazaretto import packs
    from lazaretto.protocol.activation import activation
    from lazaretto.protocol.load import ProtocolError

    if json:
        try:
            found = activation(packs.open_protocol(name))
        except ProtocolError as error:
            runtime.print_json({"valid": False, "adoptable": False, "problems": _rows(error.problems)})
            raise typer.Exit(1) from None
        runtime.print_json(
            {"valid": True, "adoptable": found.allowed, "problems": [], "refusals": _rows(found.refusals),
             "notices": _rows(found.notices)}
        )  # fmt: skip
        return
    loaded = open_or_fail(name)
    found = activation(loaded)
    n = len(loaded.document.measures)
    runtime.out.print(say(f"{loaded.document.id} 可用：{n} 项措施。", f"{loaded.document.id} is valid: {n} measures."))
    tell_activation(found)


def tell_activation(found: Any) -> None:
    """Print what keeps a protocol from being adopted, and what a ceiling holds back."""
    if found.refusals:
        runtime.out.print(say("但还不能启用：", "It cannot be adopted yet:"))
    for problem in found.refusals:
        runtime.out.print(f"  {_line(problem)}", markup=False, soft_wrap=True)
    if found.notices:
        runtime.out.print(say("被上限压住的值：", "Held back by a ceiling:"))
    for problem in found.notices:
        runtime.out.print(f"  {_line(problem)}", markup=False, soft_wrap=True)


def _line(problem: Any) -> str:
    return f"{problem.file}:{problem.line}: {problem.path}: {problem.message.in_(language())}"


def _rows(problems: Any) -> list[dict[str, Any]]:
    return [{"file": p.file, "line": p.line, "path": p.path, "zh": p.message.zh, "en": p.message.en} for p in problems]


@app.command("show")
def show(
    name: Name,
    level: Level = "",
    flag: Flags = None,
    measure: Annotated[str, typer.Option("--measure", help="Only this measure.")] = "",
    json: Json = False,
    word: Annotated[Path | None, typer.Option("--word", help="Write it as a Word file instead.")] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Write it as a PDF (PDF/A-2b) instead.")] = None,
) -> None:
    """Show a protocol as it holds at a level: on the terminal, as JSON, as Word or as PDF. Files are written anew."""
    loaded = open_or_fail(name)
    resolved = resolved_or_fail(loaded, level, flag)
    if json:
        runtime.print_json(resolved.record | {"digest": resolved.digest})
        return
    if word or pdf:
        _write(resolved, word, pdf)
        return
    from lazaretto.protocol.wording.describe import describe
    from lazaretto.protocol.wording.who import line_of_defence

    title = loaded.document.title.text.in_(language())
    runtime.out.print(f"{title} · {resolved.level} · {resolved.digest[:12]}", style="bold", markup=False)
    chosen = [m for m in resolved.everything if not measure or m.id == measure]
    if measure and not chosen:
        near = difflib.get_close_matches(measure, [m.id for m in resolved.everything], n=1)
        zh, en = (f"，是否想写 {near[0]}？", f"; did you mean {near[0]}?") if near else ("", "")
        runtime.fail(Text(f"没有措施 {measure}{zh}", f"there is no measure {measure}{en}"))
    for line in ("import", "internal", "export", "welfare"):
        own = [m for m in chosen if m.line == line]
        if own:
            runtime.out.print(f"\n{line_of_defence(line).in_(language())}", style="bold", markup=False)
        for item in own:
            _tell_measure(item, describe(item, loaded.document))


def _tell_measure(measure: Any, lines: Any) -> None:
    from lazaretto.protocol.kinds import WORDS

    marks = [WORDS[measure.kind].in_(language())]
    marks += [say("未启用", "not active")] if not measure.active else []
    marks += [say("红线", "red line")] if measure.waiver == "none" else []
    marks += [say("仅供阅读", "read only")] if measure.provisional else []
    head = f"{measure.id}  {measure.title.text.in_(language())}  [{' · '.join(marks)}]"
    runtime.out.print(f"\n  {head}", markup=False, soft_wrap=True)
    for line in lines:
        runtime.out.print(
            f"    {line.label.in_(language())}: {line.value.in_(language())}", markup=False, soft_wrap=True
        )
    said = "; ".join(source.words.in_(language()) for source in measure.source)
    runtime.out.print(f"    {say('依据', 'source')}: {said}", markup=False, soft_wrap=True)


def _write(resolved: Any, word: Path | None, pdf: Path | None) -> None:
    from lazaretto.papers.pdf import as_pdf
    from lazaretto.papers.word import as_word

    for path, make in ((word, as_word), (pdf, as_pdf)):
        if path is not None:
            try:
                path.write_bytes(make(resolved, language()))
            except OSError as error:
                runtime.fail(Text(f"写不了 {path}：{error.strerror}", f"cannot write {path}: {error.strerror}"))
            runtime.out.print(say(f"已写入 {path}", f"wrote {path}"), markup=False)


def resolved_or_fail(loaded: Any, level: str = "", flags: list[str] | None = None) -> Any:
    """Return what holds at a level and under flags, or end the command naming those that there are."""
    from lazaretto.protocol.resolve import UnknownLevel, resolve

    known = [flag.id for flag in loaded.document.flags]
    for flag in flags or ():
        if flag not in known:
            listed = ", ".join(known) or "—"
            runtime.fail(Text(f"没有标记 {flag}，有 {listed}", f"there is no flag {flag}; there are {listed}"))
    try:
        return resolve(loaded, level or None, flags or ())
    except UnknownLevel:
        runtime.fail(no_level(level, loaded.document))


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of a protocol, for editors and programs."""
    from lazaretto.protocol.schema import json_schema

    runtime.print_json(json_schema())


@app.command("fields")
def fields(
    kind: Annotated[
        str, typer.Argument(help="A kind of measure, or document, measure, cadence; without it, the whole page.")
    ] = "",
) -> None:
    """Print what may stand in a pack: every field, what may be written, what holds if it is left out."""
    from lazaretto.protocol.wording.reference import PARTS, part_reference, reference

    if kind and kind not in PARTS:
        known = ", ".join(PARTS)
        runtime.fail(Text(f"没有 {kind}，有 {known}", f"there is no {kind}; there are {known}"))
    runtime.out.print(part_reference(kind) if kind else reference(), markup=False, soft_wrap=True)


@app.command("diff")
def diff(
    before: Name,
    after: Annotated[str, typer.Argument(help="Name of a pack, or a YAML file.")],
    level: Level = "",
    flag: Flags = None,
    json: Json = False,
) -> None:
    """Say value by value what changes from one protocol to another, and whether it gets stricter or looser."""
    from lazaretto.protocol.diff import diff as changes

    old, new = open_or_fail(before), open_or_fail(after)
    a = resolved_or_fail(old, level if not level or old.document.level(level) else "", None)
    b = resolved_or_fail(new, level, flag)
    found = changes(a, b)
    if json:
        runtime.print_json(
            [
                {"measure": c.id, "path": ".".join(c.path), "sign": c.sign, "direction": c.direction, "before": c.before,
                 "after": c.after}
                for c in found
            ]
        )  # fmt: skip
        return
    tell_changes(found, new.document)
    if not found:
        runtime.out.print(say("没有不同。", "There is no difference."))


def tell_changes(found: Any, document: Any) -> None:
    """Print changes in words, one to a line."""
    from lazaretto.protocol.wording.change import sentence

    for change in found:
        runtime.out.print(sentence(change, document).in_(language()), markup=False, soft_wrap=True)


def no_level(level: str, document: Any) -> Text:
    known = ", ".join(item.id for item in document.levels)
    return Text(f"没有级别 {level}，有 {known}", f"there is no level {level}; there are {known}")


@app.command("explain")
def explain(
    name: Name,
    value: Annotated[str, typer.Argument(help="Measure and field, such as temperature.residents:cadence.every.")],
    level: Level = "",
    flag: Flags = None,
    json: Json = False,
) -> None:
    """Say which layer set a value; the first line wins."""
    from lazaretto.protocol.resolve import explain as layers_of

    loaded = open_or_fail(name)
    resolved_or_fail(loaded, level, flag)
    measure, _, field = value.partition(":")
    try:
        layers = layers_of(loaded, measure, field or "cadence", level or None, flag or ())
    except KeyError:
        there = loaded.document.measure(measure)
        if there is not None:
            fields = ", ".join(sorted(name for name in there.model_dump(by_alias=True, exclude_unset=True)))
            runtime.fail(Text(f"写作 {measure}:字段，有 {fields}", f"write {measure}:FIELD; it has {fields}"))
        known = ", ".join(m.id for m in loaded.document.measures)
        runtime.fail(
            Text(
                f"没有 {value}；写作 措施:字段，措施有 {known}",
                f"there is no {value}; write MEASURE:FIELD, with one of {known}",
            )
        )
    if json:
        runtime.print_json([{"layer": x.name.en, "kind": x.kind, "line": x.line, "value": x.value} for x in layers])
        return
    for index, layer in enumerate(layers):
        mark, line = ("●" if index == 0 else "○"), f":{layer.line}" if layer.line else ""
        runtime.out.print(f"{mark} {layer.name.in_(language())}{line}  {layer.value}", markup=False)
