"""The demo: an invented bureau with five facilities, a week of life in them up to now."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.table import Table

from lazaretto.config import runtime
from lazaretto.config.runtime import language, say
from lazaretto.protocol.text import Text

TITLES = {
    "facilities": Text("场所、人员、在场", "places, people, presence"),
    "rounds": Text("巡查记录", "what rounds found"),
    "register": Text("收放、调动、照护", "movements and care"),
    "reports": Text("签发日报", "signing reports"),
    "users": Text("用户", "users"),
}


def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop after the report.")] = False,
    port: Annotated[int, typer.Option(help="Port to serve on.")] = 8000,
) -> None:
    """Set up the demo and serve it. Safe to run again: the days since then are added."""
    from lazaretto.config.commands import report, system

    os.environ.setdefault("LAZARETTO_SECOND_FACTOR", "optional")
    system.init()
    from lazaretto.apps.rehearse.bureau import ZONE
    from lazaretto.apps.rehearse.demo import CODE, build
    from lazaretto.protocol.clock import local_day, utc_text

    now = runtime.now()
    spent: dict[str, int] = defaultdict(int)
    with _told(spent) as progress:
        built = build(now=now, progress=progress)
    today = local_day(ZONE, now).isoformat()
    report.nil(facility=CODE, on=today, as_of=utc_text(now))
    runtime.out.print()
    _say_how_long(built.facts, spent)
    _users(built.people)
    runtime.out.print(f"http://127.0.0.1:{port}/facilities/{CODE}/days/{today}/", markup=False)
    if not no_serve:
        system.serve(port=port)


@contextmanager
def _told(spent: dict[str, int]) -> Iterator[Callable[[str, int, int], None]]:
    """Show what is done and how much of it; `spent` gets the milliseconds that each sort of work took."""
    now, since = "", runtime.now()
    with runtime.progress(say("演示数据", "demo data")) as advance:

        def progress(title: str, n: int, total: int) -> None:
            nonlocal now, since
            spent[now] += runtime.now() - since
            now, since = title, runtime.now()
            advance(n, description=TITLES[title].in_(language()), total=total)

        yield progress
        spent[now] += runtime.now() - since


def _say_how_long(facts: int, spent: dict[str, int]) -> None:
    parts = [f"{text.in_(language())} {spent[title] / 1000:.1f} s" for title, text in TITLES.items() if spent[title]]
    runtime.out.print(say(f"新增记录 {facts} 条", f"{facts} facts added") + " · " + " · ".join(parts), markup=False)


def _users(people: list[Any]) -> None:
    table = Table(title=say("可登录的用户（每次演示换新口令）", "Who can sign in (new passwords at every demo)"))
    for head in (say("用户", "user"), say("口令", "password"), say("角色", "role"), say("单位", "place")):
        table.add_column(head, overflow="fold")
    for person in people:
        table.add_row(
            person.username, person.password, person.role.in_(language()), person.organisation.in_(language())
        )
    runtime.out.print(table)
