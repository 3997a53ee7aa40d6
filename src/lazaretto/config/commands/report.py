"""The nil report: computed, signed, amended, verified."""

import json as json_
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from lazaretto.config import runtime
from lazaretto.config.runtime import CONSOLE, language, say
from lazaretto.protocol.text import Text
from lazaretto.web.figures import percent

app = typer.Typer(no_args_is_help=True, help="The day's report. / 日报（零报告）。")

FacilityCode = Annotated[str, typer.Option("--facility", help="Code of the facility.")]
On = Annotated[str, typer.Option("--on", help="The facility-day, such as 2026-03-17.")]
AsOf = Annotated[str, typer.Option("--as-of", help="Only what was recorded by then; without it, now.")]
Json = Annotated[bool, typer.Option("--json", help="The document of the contract, for programs.")]
Outgoing = Annotated[bool, typer.Option("--outgoing", help="The form that leaves the facility: no names.")]
Signed = Annotated[bool, typer.Option("--signed", help="The last signed report instead of a computed one.")]
By = Annotated[str, typer.Option("--by", help="Who signs: a user name, or a name to print.")]
WORDS = {
    "complete": Text("完整", "complete"), "incomplete": Text("不完整", "incomplete"),
    "contradictory": Text("有矛盾", "contradictory"), "unknown": Text("未知", "unknown"),
}  # fmt: skip


@app.command("nil")
def nil(
    facility: FacilityCode,
    on: On,
    as_of: AsOf = "",
    json: Json = False,
    outgoing: Outgoing = False,
    signed: Signed = False,
) -> None:
    """Compute the report of a day. Writes nothing."""
    runtime.start()
    from lazaretto.apps.command.queries import NoProtocol
    from lazaretto.apps.reporting import queries
    from lazaretto.config.commands.imports import facility_or_fail, no_protocol

    found, day = facility_or_fail(facility), runtime.parse_day(on)
    if signed:
        reports = queries.signed_reports(found, day)
        if not reports:
            runtime.fail(Text(f"{on} 没有签发的日报：未知", f"no report was signed for {on}: unknown"))
        document = reports[-1].outgoing if outgoing else reports[-1].document
    else:
        try:
            own, form = queries.draft_with_outgoing(found, day, _moment(as_of, found.zone))
        except NoProtocol:
            runtime.fail(no_protocol(facility))
        document = queries.bound_to(own, form) if outgoing else own
    if json:
        runtime.print_json(document)
    else:
        _page(document)


def _moment(text: str, zone: str) -> int:
    from lazaretto.protocol.clock import parse_moment

    if not text:
        return runtime.now()
    try:
        return parse_moment(text, zone)
    except ValueError:
        runtime.fail(Text(f"看不懂时间 {text}", f"cannot read the time {text}; write 2026-03-17T17:00+08:00"), 2)


def _page(document: dict[str, Any]) -> None:
    """Print the report for people, in facility time."""
    word = WORDS[document["status"]].in_(language())
    signed = say("已签发", "signed") if document["signed_by"] else say("未签发", "not signed")
    as_of = say("截至", "as of") + " " + _local(document["as_of"], document["zone_time"])
    runtime.out.print(f"[bold]{document['facility']} · {document['on']} · {word}[/bold]  ({signed}, {as_of})")
    titles = _titles(document)
    table = Table()
    heads = [say("措施", "measure"), say("应做", "due"), say("按时", "on time"), say("迟做", "late"), say("漏做", "missed"),
             say("免做", "excused"), say("未到", "pending"), say("做到率", "coverage")]  # fmt: skip
    for index, head in enumerate(heads):
        table.add_column(head, justify="left" if index == 0 else "right", overflow="fold")
    for row in document["measures"]:
        numbers = [str(row[k]) for k in ("expected", "on_time", "late", "missed", "excused", "pending")]
        table.add_row(titles.get(row["id"], row["id"]), *numbers, percent(row["coverage"]))
    runtime.out.print(table)
    _gaps(document, titles)
    for contradiction in document["contradictions"]:
        rest = ", ".join(f"{k} {v}" for k, v in contradiction.items() if k != "kind")
        runtime.out.print(f"◆ {contradiction['kind']}  {rest}", markup=False)
    units, point = document["units"], document["checkpoint"]
    runtime.out.print(
        say(
            f"单位 {units['reported']}/{units['expected']} 有记录。",
            f"{units['reported']} of {units['expected']} units reported.",
        )
    )
    runtime.out.print(f"{say('日志', 'journal')} {point['size']} · {point['root'][:16]} · {point['key_id']}")


def _titles(document: dict[str, Any]) -> dict[str, str]:
    """Return the measures' names by id, from the protocols that the report names."""
    from lazaretto.apps.command.queries import measure_titles

    found = measure_titles([line["digest"] for line in document["protocol"]])
    return {id_: title.in_(language()) for id_, title in found.items()}


def _local(utc: str, zone: str) -> str:
    from lazaretto.protocol.clock import local, parse_moment

    return local(zone, parse_moment(utc, zone)).strftime("%m-%d %H:%M")


def _gaps(document: dict[str, Any], titles: dict[str, str]) -> None:
    for row in document["measures"]:
        shown = row["gaps"][:15]
        for gap in shown:
            told = [_told(key, value, document["zone_time"]) for key, value in gap.items()]
            runtime.out.print(
                f"  {say('缺', 'gap')}  {titles.get(row['id'], row['id'])}  " + "  ".join(told), markup=False
            )
        if len(row["gaps"]) > len(shown):
            rest = len(row["gaps"]) - len(shown)
            runtime.out.print(say(f"  {row['id']} 另有 {rest} 处", f"  {row['id']}: {rest} more"))


def _told(key: str, value: Any, zone: str) -> str:
    if value is None:
        return say("无记录", "no record")
    if isinstance(value, dict):
        return "< 5"
    return _local(value, zone) if key == "due" else str(value)


@app.command("sign")
def sign(
    facility: FacilityCode,
    on: On,
    by: By,
    as_of: AsOf = "",
    out: Annotated[Path | None, typer.Option(help="Write the signed report here.")] = None,
) -> None:
    """Sign the day's report. A signed report is never changed; what comes later is an amendment."""
    runtime.start()
    from lazaretto.apps.reporting import actions
    from lazaretto.config.commands.imports import facility_or_fail

    found, day = facility_or_fail(facility), runtime.parse_day(on)
    at = runtime.now()
    _do(
        lambda: actions.sign(facility=found, on=day, by=_ref(by), signer=by, at=at, as_of=_moment(as_of, found.zone)),
        out,
    )


@app.command("amend")
def amend(
    facility: FacilityCode,
    on: On,
    by: By,
    out: Annotated[Path | None, typer.Option(help="Write the amendment here.")] = None,
) -> None:
    """Sign a numbered amendment that says per measure what was and what is."""
    runtime.start()
    from lazaretto.apps.reporting import actions
    from lazaretto.config.commands.imports import facility_or_fail

    found, day = facility_or_fail(facility), runtime.parse_day(on)
    _do(lambda: actions.amend(facility=found, on=day, by=_ref(by), signer=by, at=runtime.now()), out)


def _ref(name: str) -> str:
    from lazaretto.apps.accounts.models import User

    user = User.objects.filter(username=name).first()
    return user.ref if user else CONSOLE


def _do(act: Any, out: Path | None) -> None:
    from lazaretto.apps.command.queries import NoProtocol
    from lazaretto.apps.journal.keys import KeyMissing
    from lazaretto.apps.reporting.actions import AlreadySigned, DayNotBegun, NothingToAmend

    try:
        report = act()
    except AlreadySigned:
        runtime.fail(
            Text("这一天已签发；有变化用 report amend", "that day is signed; use `report amend` if something changed")
        )
    except NothingToAmend:
        runtime.fail(
            Text("没有签发过，或签发后没有变化", "nothing was signed for that day, or nothing has changed since")
        )
    except DayNotBegun:
        runtime.fail(Text("这一天还没开始", "that day has not begun"))
    except NoProtocol:
        runtime.fail(Text("机构还没有采用规程", "the facility has adopted no protocol"))
    except KeyMissing as error:
        runtime.fail(Text(f"本机没有签名私钥 {error}", f"the signing key {error} is not on this machine"))
    if out:
        out.write_text(json_.dumps(report.document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    word = WORDS[report.status].in_(language())
    runtime.out.print(
        say(f"已签发 {report.on} 第 {report.number} 号：{word}。", f"Signed {report.on} no. {report.number}: {word}.")
    )


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="A signed report (JSON).")],
    keys: Annotated[Path, typer.Option(help="Public keys, as `lazaretto keys` prints them.")],
    json: Json = False,
) -> None:
    """Check a report file without a database: signatures, arithmetic, status."""
    from lazaretto.apps.reporting.verify import verify_file

    faults = verify_file(read_json(file), read_json(keys))
    if json:
        runtime.print_json({"valid": not faults, "faults": [{"zh": f.zh, "en": f.en} for f in faults]})
    else:
        for fault in faults:
            runtime.err.print(fault.in_(language()), markup=False)
        if not faults:
            runtime.out.print(
                say("有效：签名、算术和检查点都对。", "Valid: signatures, arithmetic and checkpoint hold.")
            )
    raise typer.Exit(1 if faults else 0)


def read_json(path: Path) -> Any:
    """Return the content of a JSON file, or end the command with a sentence."""
    try:
        return json_.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        runtime.fail(Text(f"打不开 {path}：{error.strerror}", f"cannot open {path}: {error.strerror}"))
    except ValueError:
        runtime.fail(Text(f"{path} 不是 JSON", f"{path} is not JSON"))
