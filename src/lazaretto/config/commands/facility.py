"""Making facilities."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from lazaretto.config import runtime
from lazaretto.config.runtime import CONSOLE, say
from lazaretto.protocol.text import Text

app = typer.Typer(no_args_is_help=True, help="Facilities. / 机构。")


@app.command("create")
def create(
    code: Annotated[str, typer.Argument(help="Short code, such as YT.")],
    name: Annotated[str, typer.Option(help="Name as people know it.")],
    protocol: Annotated[str, typer.Option(help="Name of a pack, or a YAML file.")],
    timezone: Annotated[str, typer.Option(help="IANA time zone.")] = "Asia/Shanghai",
    bureau: Annotated[str, typer.Option(help="Code of the organisation above it.")] = "",
) -> None:
    """Make a facility and adopt its protocol. Safe to run again: what is there stays."""
    runtime.start()
    from django.db import transaction

    from lazaretto.apps.accounts import actions as accounts
    from lazaretto.apps.accounts.models import Organisation
    from lazaretto.apps.command import actions as command
    from lazaretto.apps.registry import actions as registry
    from lazaretto.apps.registry.models import Facility

    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        runtime.fail(
            Text(f"没有时区 {timezone}，例如 Asia/Shanghai", f"there is no time zone {timezone}; Asia/Shanghai is one")
        )
    if not code or len(code) > 40 or not code.replace("-", "").replace("_", "").isalnum():
        runtime.fail(Text("编号用字母、数字、- 和 _，最多 40 字", "a code has letters, digits, - and _, up to 40"))
    from lazaretto.config.commands.protocol import open_or_fail

    loaded = open_or_fail(protocol)
    at = runtime.now()
    if Facility.objects.filter(code=code).exists():
        runtime.out.print(
            say(f"机构 {code} 已经有了，没有改动。", f"Facility {code} is there already; nothing was changed.")
        )
        return
    parent = Organisation.objects.filter(code=bureau).first() if bureau else None
    if bureau and parent is None:
        runtime.fail(Text(f"没有上级 {bureau}", f"there is no organisation {bureau}"))
    with transaction.atomic():
        organisation = accounts.create_organisation(
            code=code, kind="facility", name_zh=name, command_parent=parent, by=CONSOLE, at=at
        )
        made = registry.create_facility(organisation=organisation, zone=timezone, by=CONSOLE, at=at)
        command.adopt(facility=made, loaded=loaded, by=CONSOLE, at=at)
    runtime.out.print(
        say(
            f"已建机构 {code}（{name}），采用规程 {loaded.document.id}。",
            f"Facility {code} ({name}) now runs {loaded.document.id}.",
        )
    )


@app.command("list")
def list_(json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """List the facilities of this node."""
    runtime.start()
    from lazaretto.apps.registry.models import Facility

    rows = [
        {"code": f.code, "name": f.organisation.name_zh, "zone": f.zone}
        for f in Facility.objects.select_related("organisation").order_by("code")
    ]
    if json:
        runtime.print_json(rows)
    for row in [] if json else rows:
        runtime.out.print(f"{row['code']:<12} {row['name']}  {row['zone']}", markup=False)
