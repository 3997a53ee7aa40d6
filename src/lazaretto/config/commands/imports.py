"""Bringing tables in, and excusing from the command line."""

from pathlib import Path
from typing import Annotated, Any

import typer

from lazaretto.config import runtime
from lazaretto.config.runtime import CONSOLE, language, say
from lazaretto.protocol.text import Text

app = typer.Typer(
    no_args_is_help=True, help="Import CSV or Excel. Importing a file again changes nothing. / 导入表格。"
)

File = Annotated[Path, typer.Argument(help="CSV (UTF-8 or GB18030) or Excel file with a header row.")]
FacilityCode = Annotated[str, typer.Option("--facility", help="Code of the facility.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Errors = Annotated[
    Path | None,
    typer.Option(
        "--errors",
        help="Where to write the rows that failed (.csv or .xlsx; default: beside the file).",
        show_default=False,
    ),
]


def _run(kind: str, file: Path, facility_code: str, dry_run: bool, errors: Path | None, json: bool) -> None:
    runtime.start()
    from lazaretto.apps.registry.importing import run
    from lazaretto.apps.registry.tables import TableError, write_failures

    importer = _importer(kind, facility_code)
    try:
        with runtime.progress(say("导入", "importing")) as advance:
            account = run(importer, file, dry_run=dry_run, by=CONSOLE, clock=runtime.now, progress=advance)
    except TableError as error:
        runtime.fail(error.message)
    where = None
    if account.failures:
        where = errors or file.with_name(f"{file.stem}.errors.csv")
        try:
            write_failures(account, where, language())
        except OSError as error:
            runtime.err.print(
                say(f"写不了错误文件：{error.strerror}", f"cannot write the error file: {error.strerror}")
            )
            where = None
    if json:
        runtime.print_json(_as_json(account, where))
    else:
        _tell(account, where)
    raise typer.Exit(1 if account.failures else 0)


def _importer(kind: str, code: str) -> Any:
    from lazaretto.apps.command.queries import NoProtocol
    from lazaretto.apps.laboratory.tables import importer

    try:
        return importer(kind, facility_or_fail(code), runtime.now())
    except NoProtocol:
        runtime.fail(no_protocol(code))


def no_protocol(code: str) -> Text:
    return Text(
        f"机构 {code} 还没有采用规程：lazaretto protocol adopt 规程 --facility {code}",
        f"{code} has adopted no protocol: lazaretto protocol adopt PACK --facility {code}",
    )


def facility_or_fail(code: str) -> Any:
    """Return a facility, or end the command with a sentence."""
    from lazaretto.apps.registry.queries import NoSuchFacility, facility_of

    try:
        return facility_of(code)
    except NoSuchFacility:
        runtime.fail(
            Text(
                f"没有机构 {code}；lazaretto facility list 列出已有的",
                f"there is no facility {code}; `lazaretto facility list` lists them",
            )
        )


def _as_json(account: Any, where: Path | None) -> dict[str, Any]:
    def lines(found: list[Any]) -> list[dict[str, Any]]:
        return [
            {
                "row": f.row.number,
                "column": f.column,
                "message": f.message.in_(language()),
                "zh": f.message.zh,
                "en": f.message.en,
            }
            for f in found
        ]

    numbers: dict[str, Any] = account.numbers()
    return numbers | {
        "errors": lines(account.failures),
        "warning_rows": lines(account.warnings),
        "error_file": str(where) if where else None,
    }


def _tell(account: Any, where: Path | None) -> None:
    n = account.numbers()
    runtime.out.print(
        say(
            f"共 {n['rows']} 行：新增 {n['created']}，更新 {n['updated']}，无变化 {n['skipped']}，未收 {n['failed']}。",
            f"{n['rows']} rows: {n['created']} created, {n['updated']} updated, {n['skipped']} skipped, {n['failed']} failed.",
        )
        + (say("（试运行，什么也没写。）", " (Dry run: nothing was written.)") if account.dry_run else "")
    )
    for title, found in ((say("未收", "failed"), account.failures), (say("提醒", "note"), account.warnings)):
        for failure in found[:20]:
            text = failure.message.in_(language())
            runtime.out.print(
                f"  {title} {say('第', 'row ')}{failure.row.number}{say('行', '')} {failure.column}: {text}",
                markup=False,
            )
        if len(found) > 20:
            runtime.out.print(say(f"  ……另有 {len(found) - 20} 行", f"  … and {len(found) - 20} more"))
    if where:
        runtime.out.print(
            say(
                f"未收的行在 {where}，改好后可直接再导入。",
                f"The rows that failed are in {where}; mend and import them again.",
            ),
            markup=False,
        )


#: Table → its columns, in the order of the contract. A table that went out by `lazaretto export` comes in as it is.
COLUMNS = {
    "places": "Places: code, parent, kind, name_zh, name_en, capacity, key_area.",
    "groups": "Units, shifts and teams: code, kind, name_zh, name_en.",
    "assets": "Cameras, vehicles, thermometers: code, kind, name_zh, name_en, place.",
    "people": "People: code, population, name, aliases, sex, birth_date, identity_kind, identity_number, unit_code.",
    "presence": "Who was where: subject, place, from, to (and entry, exit).",
    "movements": "Who came, went or moved: subject, kind, occurred_at, place, counterpart, reason, back_by.",
    "standings": "What is so of people and places: subject, key, value, from, to.",
    "assignments": "Posts, roles and groups: subject, kind, key, place, from, to.",
    "legal_dates": "Dates that the law fixes: subject, kind, on, source (needed for a later date than on file).",
    "excuses": "Why rounds were not owed: scope, subject, measure, from, to, reason, by.",
    "facts": "Readings and acts: id, observation, subject_kind, subject, observed_at, outcome, value and the rest.",
    "results": "Samples and results: order, code, taken_at, outcome, result, reported_at, reason.",
}


def _command(table: str) -> None:
    def bring(
        file: File, facility: FacilityCode, dry_run: DryRun = False, errors: Errors = None, json: Json = False
    ) -> None:
        _run(table, file, facility, dry_run, errors, json)

    app.command(table, help=COLUMNS[table])(bring)


for _table in COLUMNS:
    _command(_table)


def excuse(
    facility: FacilityCode,
    scope: Annotated[str, typer.Option(help="subject, place, measure or facility.")],
    from_: Annotated[str, typer.Option("--from", help="Time, with offset or in facility time.")],
    to: Annotated[str, typer.Option(help="Time; the end is not included.")],
    reason: Annotated[str, typer.Option(help="A reason code of the protocol.")],
    by: Annotated[str, typer.Option(help="Code of the person who excuses.")],
    subject: Annotated[str, typer.Option(help="Code of the person or place.")] = "",
    measure: Annotated[str, typer.Option(help="Only this measure (or observation).")] = "",
) -> None:
    """Excuse rounds, with a reason. Nobody excuses a round they were assigned. Safe to run again."""
    runtime.start()
    from lazaretto.apps.registry.tables import Row, RowError

    importer = _importer("excuses", facility)
    cells = {
        "scope": scope,
        "from": from_,
        "to": to,
        "reason": reason,
        "by": by,
        "subject": subject,
        "measure": measure,
    }
    try:
        importer.take(Row(1, cells))
        outcome = importer.flush(by=CONSOLE, at=runtime.now())[1]
        if isinstance(outcome, RowError):
            raise outcome
    except RowError as error:
        runtime.fail(Text(f"{error.column}：{error.message.zh}", f"{error.column}: {error.message.en}"))
    if importer.warning:
        runtime.out.print(importer.warning.in_(language()), markup=False)
    done = (
        say("已记下。", "Excused.")
        if outcome == "created"
        else say("已经有了，没有改动。", "That excuse is there already.")
    )
    runtime.out.print(done)
