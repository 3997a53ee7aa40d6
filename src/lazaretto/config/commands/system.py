"""The machine and the node: setting up, serving, checking, verifying the record."""

import shutil
import sqlite3
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from lazaretto.config import runtime
from lazaretto.config.runtime import language, say
from lazaretto.protocol.text import Text

Json = Annotated[bool, typer.Option("--json", help="For programs.")]


def init() -> None:
    """Make or update the database and the static files. Safe to run again."""
    runtime.start(migrated=False)
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    runtime.out.print(say(f"就绪：{settings.LAZARETTO_HOME}", f"Ready: {settings.LAZARETTO_HOME}"), markup=False)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 8000,
) -> None:
    """Serve the pages and the API until stopped."""
    runtime.start()
    from granian import Granian
    from granian.constants import Interfaces

    runtime.out.print(say(f"http://{host}:{port}/  （Ctrl-C 停止）", f"http://{host}:{port}/  (Ctrl-C stops)"))
    Granian(
        "lazaretto.config.wsgi:application", address=host, port=port, interface=Interfaces.WSGI, workers=1,
        blocking_threads=4, log_access=False,
    ).serve()  # fmt: skip


def doctor(json: Json = False) -> None:
    """Check disk, clock, time-zone data, engine, keys and migrations; says what to do."""
    runtime.start(migrated=False)
    checks = [_disk(), _clock(), _zones(), _engine(), *_database()]
    if json:
        runtime.print_json([{"check": n, "ok": ok, "zh": t.zh, "en": t.en} for n, ok, t in checks])
    else:
        for name, ok, text in checks:
            runtime.out.print(f"{'✓' if ok else '×'} {name:<10} {text.in_(language())}", markup=False)
    raise typer.Exit(0 if all(ok for _, ok, _ in checks) else 1)


Check = tuple[str, bool, Text]


def _disk() -> Check:
    from django.conf import settings

    free = shutil.disk_usage(settings.LAZARETTO_HOME).free / 2**30
    return "disk", free >= 2, Text(f"剩余 {free:.1f} GB（至少 2 GB）", f"{free:.1f} GB free (2 GB is the least)")


def _clock() -> Check:
    from django.db import DatabaseError

    from lazaretto.apps.journal.models import Log

    try:
        last = max(Log.objects.values_list("recorded_at", flat=True), default=0)
    except DatabaseError:
        last = 0
    behind = last - runtime.now()
    ok = behind < 60_000 and runtime.now() > 1_750_000_000_000
    return (
        "clock",
        ok,
        (
            Text("时钟不早于最后一条日志", "the clock is not behind the journal")
            if ok
            else Text(
                f"时钟比最后一条日志慢 {behind // 1000} 秒，请校时",
                f"the clock is {behind // 1000} s behind the journal; set it",
            )
        ),
    )


def _zones() -> Check:
    try:
        ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        return "time zones", False, Text("缺少时区数据，安装 tzdata", "time-zone data is missing; install tzdata")
    return "time zones", True, Text("有时区数据", "time-zone data is there")


def _engine() -> Check:
    from django.db import connection

    if connection.vendor == "sqlite":
        ok = sqlite3.sqlite_version_info >= (3, 37)
        return (
            "engine",
            ok,
            Text(f"SQLite {sqlite3.sqlite_version}", f"SQLite {sqlite3.sqlite_version} (3.37 is the least)"),
        )
    return "engine", True, Text(connection.vendor, connection.vendor)


def _database() -> list[Check]:
    from lazaretto.apps.journal import keys
    from lazaretto.apps.journal.models import Key

    if runtime.missing_migrations():
        return [("database", False, Text("还没建好，运行 lazaretto init", "not ready; run `lazaretto init`"))]
    missing = [
        k for k in Key.objects.filter(until=None).values_list("key_id", flat=True) if not (keys.folder() / k).exists()
    ]
    said = Text(f"缺少私钥 {', '.join(missing)}", f"private keys missing: {', '.join(missing)}")
    return [
        ("database", True, Text("已就绪", "ready")),
        ("keys", not missing, said if missing else Text("签名私钥都在", "all signing keys are there")),
    ]


def verify(
    deep: Annotated[bool, typer.Option(help="Also re-digest every business row.")] = False,
    against: Annotated[list[Path] | None, typer.Option(help="Signed reports or checkpoints kept elsewhere.")] = None,
    json: Json = False,
) -> None:
    """
    Check the record: chain, tree, signatures.

    Somebody with the database and the key can rewrite everything and sign it again; only --against finds that.
    """
    runtime.start()
    from lazaretto.apps.journal import queries
    from lazaretto.apps.journal.models import Log
    from lazaretto.config.commands.report import read_json

    faults: list[Any] = []
    logs = list(Log.objects.order_by("name"))
    with runtime.progress(say("核验", "verifying"), len(logs)) as advance:
        for index, log in enumerate(logs, start=1):
            faults += queries.verify(log)
            faults += queries.verify_deep(log) if deep else []
            advance(index)
    for path in against or []:
        faults += _against(read_json(path), path, logs)
    if json:
        rows = [{"log": f.log, "kind": f.kind, "at": f.at, "zh": f.message.zh, "en": f.message.en} for f in faults]
        runtime.print_json({"valid": not faults, "logs": {log.name: log.size for log in logs}, "faults": rows})
    else:
        for fault in faults:
            runtime.err.print(f"{fault.log}: {fault.message.in_(language())}", markup=False)
        entries = sum(log.size for log in logs)
        if not faults:
            runtime.out.print(
                say(f"完好：{len(logs)} 个日志，{entries} 条。", f"Intact: {len(logs)} logs, {entries} entries.")
            )
    raise typer.Exit(1 if faults else 0)


def _against(document: Any, path: Path, logs: list[Any]) -> list[Any]:
    from lazaretto.apps.journal.queries import verify_against

    point = document.get("checkpoint", document) if isinstance(document, dict) else {}
    log = next((log for log in logs if log.ref == point.get("log")), None)
    if log is None or not {"size", "root", "epoch", "signature"} <= set(point):
        runtime.fail(Text(f"{path} 里没有本节点的检查点", f"{path} holds no checkpoint of a log of this node"))
    return verify_against(log, point)


def public_keys() -> None:
    """Print the public keys of this node as JSON, for `report verify --keys`."""
    runtime.start()
    from lazaretto.apps.journal.models import Log
    from lazaretto.apps.journal.queries import public_keys as found

    runtime.print_json(found(Log.objects.all()))
