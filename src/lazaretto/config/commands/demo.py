"""The demo: an invented bureau and facility, a week of rounds up to now."""

import os
from typing import Annotated

import typer

from lazaretto.config import runtime
from lazaretto.config.runtime import say


def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Stop after the report.")] = False,
    port: Annotated[int, typer.Option(help="Port to serve on.")] = 8000,
) -> None:
    """Set up the demo and serve it. Safe to run again: the days since then are added."""
    from lazaretto.config.commands import report, system

    os.environ.setdefault("LAZARETTO_SECOND_FACTOR", "optional")
    system.init()
    from lazaretto.apps.rehearse.demo import CODE, ZONE, build
    from lazaretto.protocol.clock import local_day

    with runtime.progress(say("演示数据", "demo data")) as advance:
        people = build(now=runtime.now(), progress=lambda title, n, total: advance(n))
    today = local_day(ZONE, runtime.now()).isoformat()
    report.nil(facility=CODE, on=today)
    runtime.out.print()
    runtime.out.print(say("可登录的用户（每次演示换新口令）：", "Who can sign in (new passwords at every demo):"))
    for person in people:
        runtime.out.print(f"  {person.username:<8} {person.password:<14} {person.role}", markup=False)
    runtime.out.print(f"http://127.0.0.1:{port}/facilities/{CODE}/days/{today}/", markup=False)
    if not no_serve:
        system.serve(port=port)
