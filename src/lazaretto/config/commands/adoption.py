"""Running a protocol: preview and adoption, overrides, flags, and the response level."""

import json as json_
from typing import Annotated, Any

import typer
import yaml

from lazaretto.config import runtime
from lazaretto.config.commands.protocol import no_level, open_or_fail, tell_activation, tell_changes
from lazaretto.config.runtime import CONSOLE, language, say
from lazaretto.protocol.text import Text

level = typer.Typer(no_args_is_help=True, help="The response level. / 响应级别。")
flag = typer.Typer(no_args_is_help=True, help="Dated flags that change values. / 改变数值的标记。")
override = typer.Typer(no_args_is_help=True, help="Other values for a while. / 临时覆盖。")

Name = Annotated[str, typer.Argument(help="Name of a pack, or a YAML file.")]
FacilityCode = Annotated[str, typer.Option("--facility", help="Code of the facility.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


def preview(name: Name, facility: FacilityCode, json: Json = False) -> None:
    """Say what adopting a protocol would change for the people there: duties, hours, wakings, rooms. Writes nothing."""
    runtime.start()
    from lazaretto.apps.rounds.preview import preview as look
    from lazaretto.config.commands.imports import facility_or_fail

    loaded = open_or_fail(name)
    found = look(facility_or_fail(facility), loaded, runtime.now())
    if json:
        runtime.print_json(_preview_record(found))
        return
    _tell_preview(found, loaded)


def _preview_record(found: Any) -> dict[str, Any]:
    return {
        "on": found.on.isoformat(),
        "adoptable": found.activation.allowed,
        "refusals": [{"path": p.path, "zh": p.message.zh, "en": p.message.en} for p in found.activation.refusals],
        "duties": [
            {"measure": d.measure, "owner": d.owner, "acts": d.acts, "wakings": d.wakings,
             "hours": [None if h is None else str(h) for h in d.hours]}
            for d in found.duties
        ],
        "hours_by_owner": {k: [str(a), str(b)] for k, (a, b) in found.hours_by_owner().items()},
        "rooms": [
            {"pathway": r.pathway, "stage": r.stage.en, "days": r.days, "arrivals_a_day": str(r.arrivals_a_day),
             "needed": r.needed, "available": r.available}
            for r in found.rooms
        ],
        "refused": [{"zh": t.zh, "en": t.en} for t in found.refused],
        "changes": len(found.changes),
    }  # fmt: skip


def _tell_preview(found: Any, loaded: Any) -> None:
    line = runtime.out.print
    line(say(f"以 {found.on} 的在押在岗情况计算", f"computed for {found.on}, with those who are there"), style="bold")
    tell_activation(found.activation)
    line(say("\n每天的事务（现在 → 采用后）", "\nActs a day (now → then)"), style="bold")
    for duty in found.duties:
        wakings = say(
            f"，夜间叫醒 {duty.wakings[0]} → {duty.wakings[1]}", f", wakings {duty.wakings[0]} → {duty.wakings[1]}"
        )
        line(
            f"  {duty.title.in_(language())}: {duty.acts[0]} → {duty.acts[1]}{wakings if any(duty.wakings) else ''}",
            markup=False,
        )
    line(say("\n每天的工时（现在 → 采用后）", "\nHours of work a day (now → then)"), style="bold")
    for owner, (before, after) in found.hours_by_owner().items():
        line(f"  {_post(owner, loaded)}: {before:.1f} → {after:.1f}", markup=False)
    for rooms in found.rooms:
        said = say(
            f"单间：{rooms.stage.zh} {rooms.days} 天 × 每天 {rooms.arrivals_a_day:.2f} 人 = {rooms.needed} 间，现有 {rooms.available} 间",
            f"single rooms: {rooms.stage.en}, {rooms.days} d × {rooms.arrivals_a_day:.2f} arrivals a day = {rooms.needed}; there are {rooms.available}",
        )
        line(f"  {said}", markup=False)
    if found.refused:
        line(say("\n将不再放行", "\nNo longer let through"), style="bold")
    for text in found.refused:
        line(f"  {text.in_(language())}", markup=False)
    if found.changes:
        line(say("\n逐项变化", "\nValue by value"), style="bold")
    tell_changes(found.changes, loaded.document)


def _post(owner: str, loaded: Any) -> str:
    titles = {post.id: post.title.text.in_(language()) for post in loaded.document.posts}
    return str(titles.get(owner, owner or "—"))


def adopt(name: Name, facility: FacilityCode) -> None:
    """Run a protocol in a facility from now on. What was due before is not touched. See `preview` first."""
    runtime.start()
    from lazaretto.apps.command import actions
    from lazaretto.config.commands.imports import facility_or_fail
    from lazaretto.protocol.activation import NotActivated, activation

    loaded = open_or_fail(name)
    try:
        made = actions.adopt(facility=facility_or_fail(facility), loaded=loaded, by=CONSOLE, at=runtime.now())
    except NotActivated:
        tell_activation(activation(loaded))
        raise typer.Exit(1) from None
    runtime.out.print(
        say(
            f"{facility} 现行规程 {loaded.document.id}（{made.document_id[:12]}）。",
            f"{facility} now runs {loaded.document.id} ({made.document_id[:12]}).",
        )
    )


@override.command("make")
def make_override(
    measure: Annotated[str, typer.Argument(help="Id of the measure.")],
    values: Annotated[list[str], typer.Argument(help="FIELD=VALUE, the value as in a pack: cadence='{per_day: 2}'.")],
    facility: FacilityCode,
    reason: Reason,
    by: Annotated[str, typer.Option("--by", help="Who asks for it (user name).")],
    approved_by: Annotated[str, typer.Option("--approved-by", help="Who approves it (another user).")],
    until: Annotated[str, typer.Option("--until", help="When it ends, at most 30 days on: 2026-04-01 or with a time.")],
) -> None:
    """
    Let other values hold for a while. A floor is loosened only by an approver at the layer that set it or above; a red
    line and a ceiling never. Not safe to run twice: each run is an override of its own.
    """
    runtime.start()
    from lazaretto.apps.command import actions, queries
    from lazaretto.config.commands.imports import facility_or_fail, no_protocol
    from lazaretto.protocol.clock import parse_moment, utc_text
    from lazaretto.protocol.refusal import Refusal

    found = facility_or_fail(facility)
    try:
        ends = parse_moment(until, found.zone)
    except ValueError:
        runtime.fail(Text(f"看不懂时间 {until}", f"cannot read the time {until}"))
    try:
        made = actions.override(
            facility=found, measure=measure, patch=_patch(values), reason=reason, requested_by=_user(by),
            approved_by=_user(approved_by), ends=ends, by=CONSOLE, at=runtime.now(),
        )  # fmt: skip
    except Refusal as refusal:
        runtime.fail(refusal.words)
    except queries.NoProtocol:
        runtime.fail(no_protocol(facility))
    runtime.out.print(
        say(
            f"临时覆盖 {made.number} 生效，至 {utc_text(made.ends)}。",
            f"override {made.number} holds until {utc_text(made.ends)}.",
        )
    )


def _patch(values: list[str]) -> dict[str, Any]:
    """Return FIELD=VALUE pairs as plain data, times and dates kept as text."""
    found = {}
    for item in values:
        name, sign, text = item.partition("=")
        try:
            value = yaml.safe_load(text) if sign else None
            found[name.strip()] = json_.loads(json_.dumps(value, default=str))
        except yaml.YAMLError:
            runtime.fail(Text(f"看不懂 {item}，写作 字段=值", f"cannot read {item}; write FIELD=VALUE"))
        if not sign:
            runtime.fail(Text(f"看不懂 {item}，写作 字段=值", f"cannot read {item}; write FIELD=VALUE"))
    return found


def _user(name: str) -> Any:
    from lazaretto.apps.accounts.queries import user_called

    found = user_called(name)
    if found is None:
        runtime.fail(Text(f"没有用户 {name}", f"there is no user {name}"))
    return found


@override.command("list")
def list_overrides(facility: FacilityCode, json: Json = False) -> None:
    """List the overrides of a facility, the newest first, with who asked, who approved, and whether it holds now."""
    runtime.start()
    from lazaretto.apps.command import queries
    from lazaretto.config.commands.imports import facility_or_fail
    from lazaretto.protocol.clock import utc_text

    at = runtime.now()
    rows = queries.overrides(facility_or_fail(facility))
    if json:
        runtime.print_json([row.record() | {"holds": row.starts <= at < row.stops} for row in rows])
        return
    for row in rows:
        mark = "●" if row.starts <= at < row.stops else "○"
        span = f"{utc_text(row.starts)} – {utc_text(row.stops)}"
        patch = json_.dumps(row.patch, ensure_ascii=False)
        people = f"{row.requested_by} → {row.approved_by} ({row.rank})"
        runtime.out.print(f"{mark} {row.number} {row.measure} {patch} {span} {people} {row.reason}", markup=False)
    if not rows:
        runtime.out.print(say("没有临时覆盖。", "There are no overrides."))


@override.command("end")
def end_override(number: Annotated[int, typer.Argument(help="Its number.")], facility: FacilityCode) -> None:
    """End an override now. Safe to run again: one that is over stays as it is."""
    runtime.start()
    from lazaretto.apps.command import actions, queries
    from lazaretto.config.commands.imports import facility_or_fail

    row = next((o for o in queries.overrides(facility_or_fail(facility)) if o.number == number), None)
    if row is None:
        runtime.fail(Text(f"没有临时覆盖 {number}", f"there is no override {number}"))
    actions.withdraw_override(row=row, by=CONSOLE, at=runtime.now())
    runtime.out.print(say(f"临时覆盖 {number} 已结束。", f"override {number} has ended."))


@flag.command("declare")
def declare_flag(
    name: Annotated[str, typer.Argument(help="A flag of the protocol in force.")],
    facility: FacilityCode,
    reason: Reason,
) -> None:
    """Let a flag hold from now on, with its review date. Running it again renews the review."""
    _flag(name, facility, reason, holds=True)


@flag.command("end")
def end_flag(
    name: Annotated[str, typer.Argument(help="A flag that holds.")], facility: FacilityCode, reason: Reason
) -> None:
    """Let a flag hold no longer."""
    _flag(name, facility, reason, holds=False)


def _flag(name: str, facility: str, reason: str, *, holds: bool) -> None:
    runtime.start()
    from lazaretto.apps.command import actions, queries
    from lazaretto.config.commands.imports import facility_or_fail, no_protocol
    from lazaretto.protocol.clock import utc_text
    from lazaretto.protocol.refusal import Refusal

    try:
        made = actions.declare_flag(
            facility=facility_or_fail(facility), flag=name, holds=holds, reason=reason, by=CONSOLE, at=runtime.now()
        )
    except Refusal as refusal:
        runtime.fail(refusal.words)
    except queries.NoProtocol:
        runtime.fail(no_protocol(facility))
    if made.review_at is None:
        runtime.out.print(say(f"{facility} 的标记 {name} 已结束。", f"the flag {name} no longer holds in {facility}."))
    else:
        review = utc_text(made.review_at)
        runtime.out.print(
            say(
                f"{facility} 的标记 {name} 成立，复审 {review}。",
                f"the flag {name} holds in {facility}; review by {review}.",
            )
        )


@level.command("declare")
def declare(
    name: Annotated[str, typer.Argument(help="A level of the protocol in force.")],
    facility: FacilityCode,
    reason: Reason,
) -> None:
    """Let a response level hold from now on, with its review date."""
    runtime.start()
    from lazaretto.apps.command import actions, queries
    from lazaretto.config.commands.imports import facility_or_fail, no_protocol
    from lazaretto.protocol.clock import utc_text
    from lazaretto.protocol.resolve import UnknownLevel

    found = facility_or_fail(facility)
    at = runtime.now()
    try:
        made = actions.declare_level(facility=found, level=name, reason=reason, by=CONSOLE, at=at)
        document = queries.in_force(found, at).resolved.document
    except UnknownLevel:
        runtime.fail(no_level(name, queries.in_force(found, at).resolved.document))
    except queries.NoProtocol:
        runtime.fail(no_protocol(facility))
    review = utc_text(made.review_at) if made.review_at else "—"
    runtime.out.print(
        say(f"{facility} 现为 {name}，复审 {review}。", f"{facility} is at level {name}; review by {review}.")
    )
    declared = document.level(name)
    for action in declared.entry_actions if declared else ():
        runtime.out.print(f"  {say('进入时', 'at the start')}: {action.text.in_(language())}", markup=False)


@level.command("review")
def review(facility: FacilityCode, reason: Reason) -> None:
    """Renew the level in force with a new review date."""
    runtime.start()
    from lazaretto.apps.command import queries
    from lazaretto.config.commands.imports import facility_or_fail, no_protocol

    try:
        current = queries.in_force(facility_or_fail(facility), runtime.now()).resolved.level
    except queries.NoProtocol:
        runtime.fail(no_protocol(facility))
    declare(current, facility, reason)
