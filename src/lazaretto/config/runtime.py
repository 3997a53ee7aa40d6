"""What every command does first: settings, time at the edge, words on the terminal, and the end of a run."""

import json
import locale
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, NoReturn

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from lazaretto.config import trouble
from lazaretto.protocol.text import Text

#: Who acts when somebody sits at the machine itself, in the journal.
CONSOLE = "console"
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def language() -> str:
    """Return `zh` or `en`: LAZARETTO_LANG, else the terminal's."""
    wanted = os.environ.get("LAZARETTO_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh" if (wanted or (locale.getlocale()[0] or "")).lower().startswith(("zh", "chinese")) else "en"


def say(zh: str, en: str) -> str:
    return zh if language() == "zh" else en


def start(*, migrated: bool = True) -> None:
    """Load the settings; with `migrated`, stop with a sentence if the database is not ready."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lazaretto.config.settings")
    import django

    django.setup()
    if migrated and missing_migrations():
        fail(Text("还没有数据库，先运行 lazaretto init", "the database is not ready; run `lazaretto init` first"))


def missing_migrations() -> set[tuple[str, str]]:
    """Return our migrations that the database has not had, by comparing names only: every command pays for this."""
    import pkgutil
    from importlib import import_module

    from django.apps import apps
    from django.db import DatabaseError, connection

    ours = [a for a in apps.get_app_configs() if a.name.startswith("lazaretto.") and a.models_module]
    wanted = {
        (app.label, module.name)
        for app in ours
        for module in pkgutil.iter_modules(import_module(f"{app.name}.migrations").__path__)
    }
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            return wanted - set(cursor.fetchall())
    except DatabaseError as error:
        if trouble.sentence(error):
            raise  # a full or read-only disk, a server that is away: not a database that was never made
        return wanted


def now() -> int:
    """Return the moment. Time enters the product here, in the views and in the API, and nowhere below."""
    return int(time.time() * 1000)


def fail(message: Text, code: int = 1) -> NoReturn:
    """End the command with one sentence."""
    err.print(message.in_(language()), style="bold", markup=False, soft_wrap=True)
    sys.exit(code)


def print_json(value: Any) -> None:
    """Print data for a program."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(Text(f"日期写作 2026-03-17，写的是 {text}", f"write a date as 2026-03-17, not {text}"), 2)


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Any]:
    """Show progress on a terminal; yields `advance_to(n)`, which also takes a new `description` and `total`."""
    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(title, total=total)
        yield lambda n, **said: bar.update(task, completed=n, **said)
