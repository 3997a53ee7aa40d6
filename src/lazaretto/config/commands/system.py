"""The machine and the node: setting up, serving, checking."""

import multiprocessing
import os
import resource
import shutil
import signal
import sqlite3
from collections.abc import Callable
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from lazaretto.config import runtime
from lazaretto.config.runtime import language, say
from lazaretto.protocol.text import Text

#: Connections that the server holds at once; open pages keep one each.
CONNECTIONS = 2048
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
    """Serve the pages, the API and the news on open pages until stopped."""
    runtime.start()
    _collect_what_is_new()
    from granian import Granian
    from granian.constants import Interfaces

    runtime.out.print(say(f"http://{host}:{port}/  （Ctrl-C 停止）", f"http://{host}:{port}/  (Ctrl-C stops)"))
    _allow_connections()
    server = Granian(
        "lazaretto.config.asgi:application", address=host, port=port, interface=Interfaces.ASGI, workers=1,
        backlog=CONNECTIONS, backpressure=CONNECTIONS, workers_kill_timeout=10, log_access=False, websockets=False,
    )  # fmt: skip
    server.on_startup(_end_streams_first)
    server.serve()


def _collect_what_is_new() -> None:
    """Collect static files that came or changed since `init`: a page that names one that is not there cannot be made."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    found = [storage.path(name) for finder in get_finders() for name, storage in finder.list([])]
    collected = settings.STATIC_ROOT / "staticfiles.json"
    if not collected.exists() or max(map(os.path.getmtime, found)) > collected.stat().st_mtime:
        call_command("collectstatic", verbosity=0, interactive=False)


def _end_streams_first() -> None:
    """Let what stops the server end the open streams before: it would wait for them, and they never end by themselves."""
    from lazaretto.apps.console.live.hub import END

    def also(before: Any) -> Callable[[int, Any], None]:
        def stop(number: int, frame: Any) -> None:
            for worker in multiprocessing.active_children():
                if worker.pid:
                    os.kill(worker.pid, END)
            before(number, frame)

        return stop

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, also(signal.getsignal(number)))


def _allow_connections() -> None:
    """Let this process hold as many connections as the system lets it, each of which is an open file."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 2 * CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, 2 * CONNECTIONS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(most, resource.getrlimit(resource.RLIMIT_NOFILE)[0]), hard))


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
        _guards(),
        _backup(),
    ]


def _guards() -> Check:
    from django.db import connection

    from lazaretto.apps.journal.guards import missing_guards

    missing = missing_guards(connection)
    if missing:
        some = ", ".join(missing[:5])
        return (
            "guards",
            False,
            Text(
                f"数据库缺少防改触发器 {some}",
                f"the database lost its guards {some}; restore a backup into a new database",
            ),
        )
    return "guards", True, Text("数据库拒绝改动已记内容", "the database refuses to change what was recorded")


def _backup() -> Check:
    """Say when the last backup was made; a record of a week without one is a warning."""
    from lazaretto.apps.journal.backups import last as last_backup
    from lazaretto.apps.journal.models import Entry
    from lazaretto.protocol.clock import utc_text

    last, now = last_backup(), runtime.now()
    oldest = Entry.objects.order_by("pk").values_list("recorded_at", flat=True).first()
    days = (now - (last if last is not None else oldest if oldest is not None else now)) // 86_400_000
    if last is None:
        said = Text("还没有备份，运行 lazaretto backup 文件", "no backup yet; run `lazaretto backup FILE`")
    elif days > 7:
        said = Text(
            f"上次备份已是 {days} 天前，运行 lazaretto backup 文件",
            f"the last backup is {days} days old; run `lazaretto backup FILE`",
        )
    else:
        said = Text(f"上次备份 {utc_text(last)}", f"last backup {utc_text(last)}")
    return "backup", days <= 7, said
