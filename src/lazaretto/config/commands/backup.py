"""Backing up, restoring, and moving to PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlparse

import typer
from typer.core import TyperGroup

from lazaretto import __version__
from lazaretto.config import runtime
from lazaretto.config.commands.record import read_point
from lazaretto.config.runtime import CONSOLE, language, say
from lazaretto.protocol.text import Text

PassphraseFile = Annotated[
    Path | None, typer.Option("--passphrase-file", help="File whose first line is the passphrase (12 letters or more).")
]
Against = Annotated[
    list[Path] | None,
    typer.Option(
        help="Signed reports kept elsewhere: what the backup does not hold of them is told, and the new epoch counts on from theirs."
    ),
]


class _FileOrCheck(TyperGroup):
    """`backup FILE` makes one; `backup check FILE` reads one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "--help"):
            args = ["make", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_FileOrCheck,
    no_args_is_help=True,
    help="Back up: `backup FILE`, `backup check FILE`. / 备份：backup 文件；核对：backup check 文件。",
)


@app.command("make")
def make(
    file: Annotated[Path, typer.Argument(help="Where to write it; the name must be free.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """
    Write everything into one file while others go on working (`backup FILE` for short).

    With a passphrase it is encrypted and holds the signing keys. Without one it holds none, and whoever finds it can read it.
    """
    runtime.start()
    from lazaretto.apps.journal import archive

    passphrase = _passphrase(passphrase_file)
    at = runtime.now()
    try:
        with runtime.progress(say("备份", "backing up"), archive.total()) as advance:
            manifest = archive.write(file, made_at=at, version=__version__, passphrase=passphrase, progress=advance)
    except archive.ArchiveError as error:
        runtime.fail(error.message)
    _remember(at)
    rows = sum(told["rows"] for told in manifest["tables"].values())
    size = file.stat().st_size / 2**20
    runtime.out.print(
        say(f"已备份 {rows} 行到 {file}（{size:.1f} MB）。", f"Backed up {rows} rows to {file} ({size:.1f} MB)."),
        markup=False, soft_wrap=True,
    )  # fmt: skip
    if passphrase is None:
        runtime.out.print(
            say(
                "没有加密：不含签名私钥，含健康信息，须妥善保管。加 --passphrase-file 可加密并带上私钥。",
                "Not encrypted: it holds no signing keys, and it holds health data: keep it locked. --passphrase-file encrypts it and puts the keys in.",
            ),
            soft_wrap=True,
        )


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    passphrase_file: PassphraseFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="The manifest, for programs.")] = False,
) -> None:
    """Read a backup to its end and compare it with its manifest. Restores nothing, needs no database."""
    runtime.start(migrated=False)
    from lazaretto.apps.journal import archive

    with _open(file, passphrase_file) as bundle:
        try:
            with runtime.progress(say("核对", "checking"), bundle.total()) as advance:
                bundle.check(advance)
        except archive.ArchiveError as error:
            runtime.fail(error.message)
        if as_json:
            runtime.print_json(bundle.manifest)
            return
        rows, made_at, logs = bundle.total(), bundle.manifest["made_at"], bundle.manifest["logs"]
        keys = sum(name.startswith("keys/") for name in bundle.manifest["files"])
    runtime.out.print(
        say(
            f"完整：{made_at} 的备份，{rows} 行，{keys} 个私钥。",
            f"Whole: made {made_at}, {rows} rows, {keys} private keys.",
        )
    )
    _print_points(logs)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    passphrase_file: PassphraseFile = None,
    against: Against = None,
    accept_faults: Annotated[
        bool, typer.Option(help="Restore a record that does not verify; its faults stay and are printed.")
    ] = False,
) -> None:
    """
    Bring a backup back into an empty database: all of it or nothing. Verifies every log and begins a new epoch.
    """
    runtime.start()
    from lazaretto.apps.journal import archive
    from lazaretto.apps.journal.queries import verify_against
    from lazaretto.apps.journal.restoring import NotEmpty, RecordFaulty
    from lazaretto.apps.journal.restoring import restore as bring_back

    kept = [read_point(path) for path in against or []]
    beyond: dict[str, int] = {}
    for _, point in kept:
        beyond[point["log"]] = max(beyond.get(point["log"], 0), int(point["epoch"]))
    with _open(file, passphrase_file) as bundle:
        try:
            with runtime.progress(say("恢复", "restoring"), bundle.total()) as advance:
                done = bring_back(
                    bundle, by=CONSOLE, at=runtime.now(), beyond=beyond, accept_faults=accept_faults, progress=advance
                )
        except NotEmpty as error:
            runtime.fail(_not_empty(error.filled))
        except RecordFaulty as error:
            _print_faults(error.faults)
            runtime.fail(
                Text(
                    "备份里的日志核验不通过，什么也没恢复。换一份更早的备份；确要恢复加 --accept-faults",
                    "The record in the backup does not verify; nothing was restored. Take an older backup, or say --accept-faults",
                )
            )
        except archive.ArchiveError as error:
            runtime.fail(error.message)
    _print_faults(done.faults)
    for path, point in kept:
        log = next((log for log in done.logs if log.ref == point["log"]), None)
        for fault in verify_against(log, point) if log else []:
            runtime.err.print(f"{path}: {fault.message.in_(language())}", markup=False, soft_wrap=True)
    for log in done.logs:
        runtime.out.print(
            say(
                f"  {log.name}：{log.size} 条，纪元 {log.epoch}", f"  {log.name}: {log.size} entries, epoch {log.epoch}"
            ),
            markup=False,
        )
    runtime.out.print(say(f"已恢复 {done.rows} 行。", f"Restored {done.rows} rows."))
    if done.new_keys:
        runtime.out.print(
            say(
                f"备份不含私钥，已换新密钥：{', '.join(done.new_keys)}。把 lazaretto keys 的输出重新发给核验方。",
                f"The backup held no private keys; new ones are in use: {', '.join(done.new_keys)}. Hand out what `lazaretto keys` prints.",
            ),
            soft_wrap=True,
        )


def move_to(
    url: Annotated[str, typer.Argument(help="postgres://user:password@host:port/name, an empty database.")],
) -> None:
    """
    Copy this SQLite installation into an empty PostgreSQL database and compare both. Appends nothing; stop the server first.
    """
    runtime.start()
    from django.db import connection

    from lazaretto.apps.journal import archive, moving
    from lazaretto.apps.journal.restoring import NotEmpty, RecordFaulty
    from lazaretto.config.settings import database_at

    if connection.vendor != "sqlite" or not url.startswith(("postgres://", "postgresql://")):
        runtime.fail(
            Text(
                "只能从 SQLite 迁到 postgres://…；其他情形用 backup 和 restore",
                "moves from SQLite to postgres://… only; otherwise use backup and restore",
            ),
            2,
        )
    moving.open_target(database_at(url))
    _make_tables(url)
    try:
        with runtime.progress(say("迁移", "moving"), archive.total()) as advance:
            logs = moving.move(progress=advance)
    except NotEmpty as error:
        runtime.fail(_not_empty(error.filled))
    except archive.ArchiveError as error:
        runtime.fail(error.message)
    except RecordFaulty as error:
        _print_faults(error.faults)
        runtime.fail(Text("日志核验不通过，什么也没迁移", "the record does not verify; nothing was moved"))
    except moving.SourceGrew:
        runtime.fail(
            Text(
                "迁移期间有人写入，什么也没迁移。停止服务后再运行一次",
                "somebody wrote while it was copied; nothing was moved. Stop the server and run it again",
            )
        )
    for log in logs:
        same = "=" if log.root_here == log.root_there else "≠"
        runtime.out.print(
            f"  {log.name}  {log.size}  {log.root_here} {same} {log.root_there}", markup=False, soft_wrap=True
        )
    shown = _without_password(url)
    runtime.out.print(
        say(
            f"已迁移，两边相同。今后以 LAZARETTO_DATABASE={shown} 启动；LAZARETTO_HOME 不变，密钥仍在其中。旧文件 lazaretto.sqlite3 不再使用，封存即可。",
            f"Moved; both sides are the same. From now on start with LAZARETTO_DATABASE={shown}; LAZARETTO_HOME stays, the keys are in it. Put the old lazaretto.sqlite3 away.",
        ),
        markup=False, soft_wrap=True,
    )  # fmt: skip


def _make_tables(url: str) -> None:
    """Make the target's tables, in a process whose only database is the target."""
    command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0", "--no-input"]
    environment = os.environ | {"LAZARETTO_DATABASE": url}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        runtime.fail(Text(f"建不了目标库的表：{last}", f"cannot make the tables of the target: {last}"))


def _without_password(url: str) -> str:
    parts = urlparse(url)
    return url.replace(f":{parts.password}@", ":…@") if parts.password else url


def _not_empty(filled: list[str]) -> Text:
    some = ", ".join(filled[:3]) + ("…" if len(filled) > 3 else "")
    return Text(
        f"数据库不是空的（{some}）。把 LAZARETTO_HOME 指向空文件夹（或 LAZARETTO_DATABASE 指向空库），运行 lazaretto init，再试",
        f"the database is not empty ({some}). Point LAZARETTO_HOME at an empty folder (or LAZARETTO_DATABASE at an empty database), run `lazaretto init`, and try again",
    )


def _passphrase(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        first = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, ValueError) as error:
        runtime.fail(Text(f"读不了口令文件 {path}：{error}", f"cannot read the passphrase file {path}: {error}"))
    if len(first) < 12:
        runtime.fail(Text(f"{path} 里的口令不足 12 个字符", f"the passphrase in {path} has fewer than 12 letters"))
    return first.encode()


def _open(file: Path, passphrase_file: Path | None) -> Any:
    from lazaretto.apps.journal.archive import Archive, ArchiveError

    try:
        return Archive(file, _passphrase(passphrase_file))
    except ArchiveError as error:
        runtime.fail(error.message)
    except OSError as error:
        runtime.fail(Text(f"打不开 {file}：{error.strerror}", f"cannot open {file}: {error.strerror}"))


def _print_points(logs: list[dict[str, Any]]) -> None:
    for point in logs:
        runtime.out.print(f"  {point['name']}  {point['size']}  {point['root']}", markup=False, soft_wrap=True)


def _print_faults(faults: list[Any]) -> None:
    for fault in faults[:20]:
        runtime.err.print(f"{fault.log}: {fault.message.in_(language())}", markup=False, soft_wrap=True)


def _remember(at: int) -> None:
    """Note for `doctor` when the last backup was made; that it cannot be noted does not undo the backup."""
    from lazaretto.apps.journal import backups

    try:
        backups.remember(at)
    except OSError as error:
        runtime.err.print(say(f"记不下备份时间：{error.strerror}", f"cannot note when it was made: {error.strerror}"))
