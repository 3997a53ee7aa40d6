"""The tree of organisations: who commands whom, and which health agency stands above."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from lazaretto.config import runtime
from lazaretto.config.runtime import CONSOLE, say
from lazaretto.protocol.text import Text

app = typer.Typer(no_args_is_help=True, help="Organisations. / 机构隶属。")
Code = Annotated[str, typer.Argument(help="Code of the organisation.")]
KINDS = ("ministry", "province", "bureau", "facility", "health_agency")


@app.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """List the organisations of this node with both parents."""
    runtime.start()
    from lazaretto.apps.accounts.queries import everywhere

    rows = [o.record() for o in everywhere()]
    if json:
        runtime.print_json(rows)
    for row in [] if json else rows:
        above = " ".join(
            f"{sign}{row[key]}" for sign, key in (("<", "command_parent"), ("+", "health_parent")) if row[key]
        )
        closed = say(f"，{row['closed_on']} 起关闭", f", closed from {row['closed_on']}") if row["closed_on"] else ""
        runtime.out.print(f"{row['code']:<12} {row['kind']:<14} {row['name_zh']} {above}{closed}", markup=False)


@app.command("create")
def create(
    code: Code,
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")],
    name: Annotated[str, typer.Option(help="Name in Chinese.")],
    name_en: Annotated[str, typer.Option(help="Name in English.")] = "",
    parent: Annotated[str, typer.Option(help="Code of the one that commands it.")] = "",
    health_parent: Annotated[str, typer.Option(help="Code of the health agency above it.")] = "",
    opened: Annotated[str, typer.Option("--from", help="Day on which it opens.")] = "",
) -> None:
    """Make an organisation. Safe to run again: what is there stays. A facility is made by `facility create`."""
    runtime.start()
    from lazaretto.apps.accounts import actions, queries

    if kind not in KINDS:
        known = ", ".join(KINDS)
        runtime.fail(Text(f"没有类别 {kind}，有 {known}", f"there is no kind {kind}; there are {known}"))
    if not code or len(code) > 40 or not code.replace("-", "").replace("_", "").isalnum():
        runtime.fail(Text("编号用字母、数字、- 和 _，最多 40 字", "a code has letters, digits, - and _, up to 40"))
    if queries.called(code):
        runtime.out.print(say(f"机构 {code} 已经有了，没有改动。", f"{code} is there already; nothing was changed."))
        return
    with _ruled():
        actions.create_organisation(
            code=code, kind=kind, name_zh=name, name_en=name_en, command_parent=_found(parent),
            health_parent=_found(health_parent), opened_on=runtime.parse_day(opened) if opened else None,
            by=CONSOLE, at=runtime.now(),
        )  # fmt: skip
    runtime.out.print(say(f"已建机构 {code}（{name}）。", f"{code} ({name}) is made."))


@app.command("set-parent")
def set_parent(
    code: Code,
    parent: Annotated[str, typer.Argument(help="Code of the one above it; `-` for none.")],
    health: Annotated[
        bool, typer.Option("--health", help="The health agency above it, instead of who commands it.")
    ] = False,
) -> None:
    """Put an organisation below another one. Roles held above reach it from now on. Safe to run again."""
    runtime.start()
    from lazaretto.apps.accounts import actions

    above = None if parent == "-" else _found(parent)
    which = "health_parent" if health else "command_parent"
    with _ruled():
        actions.set_parent(organisation=_found(code), which=which, parent=above, by=CONSOLE, at=runtime.now())
    runtime.out.print(
        say(f"{code} 现归 {parent}。", f"{code} now stands below {parent}.")
        if above
        else say(f"{code} 上面不再有机构。", f"{code} stands below nobody now.")
    )


@app.command("close")
def close(code: Code, on: Annotated[str, typer.Option("--from", help="First day on which it is closed.")]) -> None:
    """Close an organisation from a day on; the roles in it end then. What was recorded stays readable from above."""
    runtime.start()
    from lazaretto.apps.accounts import actions

    with _ruled():
        n = actions.close_organisation(
            organisation=_found(code), on=runtime.parse_day(on), by=CONSOLE, at=runtime.now()
        )
    runtime.out.print(
        say(f"{code} 自 {on} 起关闭，{n} 个角色同日结束。", f"{code} is closed from {on}; {n} roles end then.")
    )


def _found(code: str) -> Any:
    from lazaretto.apps.accounts.queries import called

    if not code:
        return None
    found = called(code)
    if found is None:
        runtime.fail(Text(f"没有机构 {code}", f"there is no organisation {code}"))
    return found


@contextmanager
def _ruled() -> Iterator[None]:
    from lazaretto.apps.accounts.rules import Refused

    try:
        yield
    except Refused as no:
        runtime.fail(no.words)
