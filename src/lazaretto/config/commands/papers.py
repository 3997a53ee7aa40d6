"""The report on paper with its detached signature, and the check of such a paper without a database."""

import json as json_
from pathlib import Path
from typing import Annotated, Any

import typer

from lazaretto.config import runtime
from lazaretto.config.commands.report import FacilityCode, Json, On, read_json
from lazaretto.config.runtime import language, say
from lazaretto.protocol.text import Text

Form = Annotated[str, typer.Option("--form", help="own: with names. outgoing: without.")]
Lang = Annotated[str, typer.Option("--lang", help="zh or en; without it, the language of the terminal.")]


def report_pdf(
    facility: FacilityCode,
    on: On,
    out: Annotated[Path, typer.Option("--out", help="Where to write the PDF; its signature lies beside it.")],
    number: Annotated[int, typer.Option("--number", help="Which signed report of the day; without it, the last.")] = 0,
    form: Form = "own",
    lang: Lang = "",
    draft: Annotated[bool, typer.Option("--draft", help="Print the unsigned draft; it gets no signature.")] = False,
) -> None:
    """Write a report as PDF/A, and the signature of that file to FILE.pdf.sig.json. Safe to run again: the same bytes."""
    runtime.start()
    from django.utils import translation

    from lazaretto.apps.accounts.permissions import Permission
    from lazaretto.apps.command.queries import NoProtocol
    from lazaretto.apps.console import paperview
    from lazaretto.apps.console.queries import Asked
    from lazaretto.apps.reporting import queries
    from lazaretto.config.commands.imports import facility_or_fail, no_protocol
    from lazaretto.papers import report as papers

    if form not in ("own", "outgoing"):
        runtime.fail(Text("--form 写 own 或 outgoing", "--form is own or outgoing"), 2)
    found, day, own = facility_or_fail(facility), runtime.parse_day(on), form == "own"
    asked = Asked(found, frozenset(Permission), day)
    with translation.override(chosen_language(lang)):
        if draft:
            try:
                documents = queries.draft_with_outgoing(found, day, runtime.now())
            except NoProtocol:
                runtime.fail(no_protocol(facility))
            by, document = say("本机", "this machine"), documents[0 if own else 1]
            paper = paperview.draft_paper(asked, document, own=own, by=by, now=runtime.now())
        else:
            report = _report(queries.signed_reports(found, day), number, on)
            paper = paperview.signed_paper(asked, report, own=own)
        pdf = papers.report_pdf(paper)
    write(out, pdf)
    if draft:
        runtime.out.print(
            say(f"草稿已写入 {out}。草稿没有签名。", f"Draft written to {out}. A draft has no signature.")
        )
        return
    signature = _signature(report, pdf, own=own)
    beside = out.with_name(out.name + ".sig.json")
    write(beside, json_.dumps(signature, ensure_ascii=False, indent=1).encode() + b"\n")
    words = say(f"已写入 {out} 和 {beside.name}，凭证码 {{}}。", f"Wrote {out} and {beside.name}, code {{}}.")
    runtime.out.print(words.format(signature["code"]), markup=False, soft_wrap=True)


def chosen_language(lang: str) -> str:
    return "zh-hans" if (lang or language()).startswith("zh") else "en"


def _report(reports: list[Any], number: int, on: str) -> Any:
    chosen = [r for r in reports if number in (0, r.number)]
    if not chosen:
        wanted = Text(f" 第 {number} 号", f" no. {number}") if number else Text("", "")
        runtime.fail(
            Text(
                f"{on}{wanted.zh} 没有签发的日报：未知。草稿加 --draft",
                f"no report{wanted.en} was signed for {on}: unknown. For the draft, add --draft",
            )
        )
    return chosen[-1]


def _signature(report: Any, pdf: bytes, *, own: bool) -> dict[str, Any]:
    from lazaretto.apps.journal.keys import KeyMissing
    from lazaretto.apps.reporting.paper import sign_paper

    try:
        return sign_paper(report, pdf, own=own)
    except KeyMissing as error:
        runtime.fail(
            Text(
                f"PDF 已写入，没有签名：本机没有签名私钥 {error}",
                f"the PDF is written, without a signature: the signing key {error} is not on this machine",
            )
        )


def write(path: Path, content: bytes) -> None:
    """Write a file, or end the command with a sentence."""
    try:
        path.write_bytes(content)
    except OSError as error:
        runtime.fail(Text(f"写不了 {path}：{error.strerror}", f"cannot write {path}: {error.strerror}"))


def verify_paper(
    file: Annotated[Path, typer.Argument(help="A report as PDF.")],
    signature: Annotated[Path, typer.Option(help="Its signature, FILE.pdf.sig.json.")],
    keys: Annotated[Path, typer.Option(help="Public keys, as `lazaretto keys` prints them.")],
    report: Annotated[
        Path | None, typer.Option(help="The signed report (JSON) that the PDF is said to be of.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Check a report's PDF without a database: the bytes, the signature, the code and the checkpoint."""
    from lazaretto.apps.reporting import paper

    try:
        content = file.read_bytes()
    except OSError as error:
        runtime.fail(Text(f"打不开 {file}：{error.strerror}", f"cannot open {file}: {error.strerror}"))
    given = read_json(signature)
    faults = paper.verify_paper(content, given, read_json(keys), read_json(report) if report else None)
    if json:
        runtime.print_json({"valid": not faults, "faults": [{"zh": f.zh, "en": f.en} for f in faults]})
    elif not faults:
        words = say("有效：PDF、签名和检查点都对。凭证码 {}。", "Valid: PDF, signature and checkpoint hold. Code {}.")
        runtime.out.print(words.format(given["code"]), markup=False)
    for fault in [] if json else faults:
        runtime.err.print(fault.in_(language()), markup=False)
    raise typer.Exit(1 if faults else 0)
