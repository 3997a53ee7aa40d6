"""Bundles: a facility's signed day as one file, handed to the body above it."""

from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from lazaretto.config import runtime
from lazaretto.config.runtime import CONSOLE, language, say
from lazaretto.protocol.text import Text

app = typer.Typer(no_args_is_help=True, help="Signed days as files, up to the superior body. / 上报包。")

Json = Annotated[bool, typer.Option("--json", help="For programs.")]
By = Annotated[str, typer.Option("--by", help="User name of the one who does it.")]
File = Annotated[Path, typer.Argument(help="A bundle file.")]


@app.command("export")
def export(
    facility: Annotated[str, typer.Option("--facility", help="Code of the facility.")],
    out: Annotated[Path, typer.Option("--out", help="Write the file here.")],
    on: Annotated[str, typer.Option("--on", help="The facility-day, such as 2026-03-17.")] = "",
    from_: Annotated[str, typer.Option("--from", help="First of several days.")] = "",
    to: Annotated[str, typer.Option("--to", help="Last of several days.")] = "",
    by: By = "",
) -> None:
    """Write a signed day, or several, as one file. Run again, it writes the same file unless something was amended."""
    runtime.start()
    from lazaretto.apps.journal.keys import KeyMissing
    from lazaretto.apps.reporting import bundles
    from lazaretto.config.commands.imports import facility_or_fail
    from lazaretto.protocol.refusal import Refusal

    if bool(on) == bool(from_ and to) or bool(from_) != bool(to):
        runtime.fail(Text("写 --on，或 --from 和 --to", "give --on, or --from and --to"), 2)
    found, who, at = facility_or_fail(facility), actor(by), runtime.now()
    try:
        if on:
            made = bundles.make(facility=found, on=runtime.parse_day(on), by=who, at=at)
            document, missing = made.document, list[Any]()
        else:
            first, last = runtime.parse_day(from_), runtime.parse_day(to)
            document, missing = bundles.make_days(facility=found, first=first, last=last, by=who, at=at)
    except Refusal as refusal:
        runtime.fail(refusal.words)
    except KeyMissing as error:
        runtime.fail(Text(f"本机没有签名私钥 {error}", f"the signing key {error} is not on this machine"))
    write_file(out, bundles.file_of(document))
    numbers = [b["number"] for b in document.get("bundles", [document])]
    said = ", ".join(str(n) for n in numbers)
    runtime.out.print(say(f"已写出 {out}：第 {said} 号。", f"Wrote {out}: no. {said}."), markup=False)
    for day in missing:
        runtime.out.print(say(f"{day} 没有签发的日报，未放入。", f"{day} has no signed report and is not in it."))


@app.command("import")
def import_(file: File, by: By = "", json: Json = False) -> None:
    """Take a bundle in: checked whole, stored whole or not at all. Safe to run again."""
    runtime.start()
    from lazaretto.apps.reporting import submissions
    from lazaretto.apps.reporting.wording import judged_lines
    from lazaretto.protocol.refusal import Refusal

    try:
        taken = submissions.receive(data=read_file(file), by=actor(by), at=runtime.now())
    except Refusal as refusal:
        refused(refusal, json)
    if json:
        runtime.print_json([_as_json(t) for t in taken])
    for one in [] if json else taken:
        b, word = one.bundle, say("收下", "taken in") if one.new else say("已经有了", "here already")
        runtime.out.print(f"{b.organisation.code} {b.on} {say('第', 'no. ')}{b.number}{say('号', '')}: {word}", markup=False)  # fmt: skip
        for line in judged_lines(one.judged):
            runtime.out.print("  " + line.in_(language()), markup=False)
    raise typer.Exit(3 if any(t.judged.contradictions for t in taken) else 0)


def _as_json(taken: Any) -> dict[str, Any]:
    b, j = taken.bundle, taken.judged
    return {
        "organisation": b.organisation.code, "number": b.number, "epoch": b.epoch, "on": b.on.isoformat(),
        "digest": b.digest, "new": taken.new, "late": b.received_at > b.late_after, "continuity": j.link,
        "waits_for": list(j.waits_for), "contradictions": list(j.contradictions), "restored": j.restored,
        "lost_in_restore": j.lost_in_restore,
    }  # fmt: skip


@app.command("trust")
def trust(
    keys: Annotated[Path, typer.Argument(help="Public keys, as `lazaretto keys` prints them at the facility.")],
    organisation: Annotated[str, typer.Option("--organisation", help="Code of the facility.")],
    name: Annotated[str, typer.Option(help="Its name, if it is not registered here yet.")] = "",
    under: Annotated[str, typer.Option(help="Code of the body above it, with --name.")] = "",
    reason: Annotated[str, typer.Option(help="Why another key takes the place of one that is trusted.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="The fingerprint was compared; do not ask.")] = False,
    by: By = "",
) -> None:
    """Tell this node the key of a facility, once, after comparing its fingerprint by another way. Safe to run again."""
    runtime.start()
    from lazaretto.apps.reporting import envelopes
    from lazaretto.apps.reporting import trust as trusting
    from lazaretto.config.commands.report import read_json
    from lazaretto.protocol.refusal import Refusal

    try:
        told = trusting.told_keys(read_json(keys), organisation)
    except Refusal as refusal:
        runtime.fail(refusal.words)
    for key in told:
        mark = envelopes.in_fours(envelopes.fingerprint(key["public"]))
        runtime.out.print(f"{key['key_id']}  {mark}", markup=False)
    if not yes:
        typer.confirm(say("与对方逐组核对过指纹？", "Compared with them, group by group?"), abort=True)
    found = _organisation(organisation, name, under)
    try:
        rows = trusting.trust(organisation=found, keys=told, reason=reason, by=actor(by), at=runtime.now())
    except Refusal as refusal:
        runtime.fail(refusal.words)
    if rows:
        runtime.out.print(say(f"从现在起信任 {organisation} 的 {len(rows)} 把密钥。", f"From now on {organisation} is believed by {len(rows)} key{'s' if len(rows) > 1 else ''}."))  # fmt: skip
    else:
        runtime.out.print(say("已经信任，没有改动。", "It is trusted already; nothing was changed."))


def _organisation(code: str, name: str, under: str) -> Any:
    from lazaretto.apps.accounts import actions as accounts
    from lazaretto.apps.accounts.models import Organisation

    found = Organisation.objects.filter(code=code).first()
    if found is not None:
        return found
    if not name:
        runtime.fail(Text(f"没有机构 {code}；加 --name 和 --under 登记", f"there is no organisation {code}; --name and --under register it"))  # fmt: skip
    parent = Organisation.objects.filter(code=under).first() if under else None
    if under and parent is None:
        runtime.fail(Text(f"没有上级 {under}", f"there is no organisation {under}"))
    return accounts.create_organisation(
        code=code, kind="facility", name_zh=name, command_parent=parent, by=CONSOLE, at=runtime.now()
    )


@app.command("check")
def check(
    file: File,
    keys: Annotated[Path, typer.Option("--keys", help="Public keys, as `lazaretto keys` prints them.")],
    json: Json = False,
) -> None:
    """Check a bundle file without a database: signatures, arithmetic, checkpoint, and the proof towards the one before."""
    runtime.start(migrated=False)
    from lazaretto.apps.reporting import checking
    from lazaretto.config.commands.report import read_json
    from lazaretto.protocol.refusal import Refusal

    try:
        content = checking.opened(read_file(file))
    except Refusal as refusal:
        refused(refusal, json)
    faults = checking.faults(content, checking.keyring(read_json(keys)))
    if not faults and not all(checking.proof_holds(b) for b in content.bundles):
        faults = [Text("日志不是从前一个包的日志长出来的", "its log did not grow out of the one of the bundle before")]
    if json:
        runtime.print_json({"valid": not faults, "faults": [{"zh": f.zh, "en": f.en} for f in faults]})
    else:
        for fault in faults:
            runtime.err.print(fault.in_(language()), markup=False)
        if not faults:
            n = len(content.bundles)
            runtime.out.print(say(f"有效：{n} 个包，签名、算术、检查点和衔接都对。", f"Valid: {n} bundle{'s' if n > 1 else ''}; signatures, arithmetic, checkpoint and continuity hold."))  # fmt: skip
    raise typer.Exit(1 if faults else 0)


# -- shared with transfers ---------------------------------------------------------------------------------------------


def actor(name: str) -> str:
    """Return who acts: the reference of a user, else whoever sits at the machine."""
    if not name:
        return CONSOLE
    from lazaretto.apps.accounts.queries import user_called

    user = user_called(name)
    if user is None:
        runtime.fail(Text(f"没有用户 {name}", f"there is no user {name}"))
    return user.ref


def refused(refusal: Any, json: bool = False) -> NoReturn:
    if json:
        runtime.print_json({"refused": refusal.code, "zh": refusal.words.zh, "en": refusal.words.en})
        raise typer.Exit(1)
    runtime.fail(refusal.words)


def read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        runtime.fail(Text(f"打不开 {path}：{error.strerror}", f"cannot open {path}: {error.strerror}"))


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    import os

    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        runtime.fail(Text(f"写不了 {path}：{error.strerror}", f"cannot write {path}: {error.strerror}"))
