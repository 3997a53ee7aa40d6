"""The record: verifying it, its public keys, replacing a key."""

from pathlib import Path
from typing import Annotated, Any

import typer

from lazaretto.config import runtime
from lazaretto.config.runtime import CONSOLE, language, say
from lazaretto.protocol.text import Text

key = typer.Typer(no_args_is_help=True, help="Signing keys. / 签名密钥。")
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


def verify(
    deep: Annotated[bool, typer.Option(help="Also re-digest every business row.")] = False,
    against: Annotated[list[Path] | None, typer.Option(help="Signed reports or checkpoints kept elsewhere.")] = None,
    json: Json = False,
) -> None:
    """
    Check the record: chain, tree, epochs, keys, signatures. Others may go on writing.

    Somebody with the database and the key can rewrite everything and sign it again; only --against finds that.
    """
    runtime.start()
    from lazaretto.apps.journal import keyring, queries, tables
    from lazaretto.apps.journal.models import Log

    faults: list[Any] = []
    notes: list[tuple[str, Text]] = []
    kept = [read_point(path) for path in against or []]
    with tables.snapshot():
        logs = list(Log.objects.order_by("name"))
        with runtime.progress(say("核验", "verifying"), len(logs)) as advance:
            for index, log in enumerate(logs, start=1):
                faults += queries.verify(log)
                faults += queries.verify_deep(log) if deep else []
                notes += [(log.name, note) for note in keyring.notes(log)]
                advance(index)
        for path, point in kept:
            log_of = next((log for log in logs if log.ref == point["log"]), None)
            if log_of is None:
                runtime.fail(no_point(path))
            faults += queries.verify_against(log_of, point)
    if json:
        rows = [{"log": f.log, "kind": f.kind, "at": f.at, "zh": f.message.zh, "en": f.message.en} for f in faults]
        told = [{"log": name, "zh": note.zh, "en": note.en} for name, note in notes]
        runtime.print_json(
            {"valid": not faults, "logs": {log.name: log.size for log in logs}, "faults": rows, "notes": told}
        )
    else:
        for name, note in notes:
            runtime.out.print(f"{name}: {note.in_(language())}", markup=False, soft_wrap=True)
        for fault in faults:
            runtime.err.print(f"{fault.log}: {fault.message.in_(language())}", markup=False, soft_wrap=True)
        entries = sum(log.size for log in logs)
        if not faults:
            runtime.out.print(
                say(f"完好：{len(logs)} 个日志，{entries} 条。", f"Intact: {len(logs)} logs, {entries} entries.")
            )
    raise typer.Exit(1 if faults else 0)


def read_point(path: Path) -> tuple[Path, dict[str, Any]]:
    """Return the checkpoint in a report or checkpoint file, or end the command with a sentence."""
    from lazaretto.config.commands.report import read_json

    document = read_json(path)
    point = document.get("checkpoint", document) if isinstance(document, dict) else {}
    if not isinstance(point, dict) or not {"log", "size", "root", "epoch", "signature"} <= set(point):
        runtime.fail(no_point(path))
    return path, point


def no_point(path: Path) -> Text:
    return Text(f"{path} 里没有本节点的检查点", f"{path} holds no checkpoint of a log of this node")


def public_keys() -> None:
    """Print the public keys of this node as JSON, for `report verify --keys`."""
    runtime.start()
    from lazaretto.apps.journal.models import Log
    from lazaretto.apps.journal.queries import public_keys as found

    runtime.print_json(found(Log.objects.all()))


def proof(
    file: Annotated[Path, typer.Argument(help="A proof that was downloaded from the journal's page.")],
    keys: Annotated[Path, typer.Option(help="Public keys, as `lazaretto keys` prints them.")],
) -> None:
    """Check the proof that an entry, or a row of it, is in a journal. Needs no database; safe to run again."""
    runtime.start()
    from lazaretto.apps.journal.proofs import check
    from lazaretto.config.commands.report import read_json

    faults = check(read_json(file), read_json(keys))
    for fault in faults:
        runtime.err.print(fault.in_(language()), markup=False)
    if not faults:
        runtime.out.print(say("证明成立。", "The proof holds."))
    raise typer.Exit(1 if faults else 0)


@key.command("rotate")
def rotate(
    log: Annotated[str, typer.Option(help="Only this log; without it, all logs of this node.")] = "",
    lost: Annotated[str, typer.Option(help="Why the old private key is not on this machine.")] = "",
) -> None:
    """
    Give logs new signing keys. The old key signs for the new one and is then destroyed.

    Running it again makes new keys again. Afterwards hand out `lazaretto keys` anew.
    """
    runtime.start()
    from django.db import transaction

    from lazaretto.apps.journal.keys import KeyMissing
    from lazaretto.apps.journal.models import Log
    from lazaretto.apps.journal.rotation import KeyHere
    from lazaretto.apps.journal.rotation import rotate as replace

    names = {found.name: found for found in Log.objects.order_by("name")}
    if log and log not in names:
        known = ", ".join(names)
        runtime.fail(Text(f"没有日志 {log}，有 {known}", f"there is no log {log}; there are {known}"))
    chosen = [names[log]] if log else list(names.values())
    try:
        with transaction.atomic():
            made = [(found.name, replace(found, by=CONSOLE, at=runtime.now(), lost=lost)) for found in chosen]
    except KeyMissing as error:
        runtime.fail(
            Text(
                f"本机没有私钥 {error}；确实丢失时用 --log 日志 --lost 原因",
                f"the private key {error} is not on this machine; if it is lost, say --log NAME --lost REASON",
            )
        )
    except KeyHere as error:
        runtime.fail(
            Text(f"私钥 {error} 就在本机，去掉 --lost", f"the private key {error} is on this machine; leave --lost out")
        )
    for name, new in made:
        runtime.out.print(f"{name}: {new.key_id}", markup=False)
    runtime.out.print(
        say(
            "新密钥已启用。把 lazaretto keys 的输出重新发给核验方，并另做备份。",
            "The new keys are in use. Hand out what `lazaretto keys` prints, and make a backup.",
        )
    )


@key.command("reseal")
def reseal(
    log: Annotated[str, typer.Option(help="Only this facility's log; without it, all that have one.")] = "",
) -> None:
    """
    Give facilities new sealing keys, to which phones seal from their next list on. The old ones stay.

    Running it again makes newer keys again. `key retire` destroys old ones after 72 hours.
    """
    runtime.start()
    from lazaretto.apps.journal import envelopes

    for found in _sealing(log):
        made = envelopes.replace(found, by=CONSOLE, at=runtime.now())
        runtime.out.print(f"{found.name}: {made.key_id}", markup=False)
    runtime.out.print(
        say(
            "新封存密钥已启用，旧的保留。手机发完后（72 小时）运行 lazaretto key retire；先备份。",
            "The new sealing keys are in use; the old ones stay. After 72 hours run `lazaretto key retire`. Make a backup now.",
        )
    )


@key.command("retire")
def retire(
    log: Annotated[str, typer.Option(help="Only this facility's log; without it, all that have one.")] = "",
) -> None:
    """
    Destroy old sealing keys, 72 hours after the next one was made. Safe to run again.

    What a phone still holds that was sealed to them can then be read by nobody.
    """
    runtime.start()
    from lazaretto.apps.journal import envelopes
    from lazaretto.protocol.clock import utc_text

    gone, now = 0, runtime.now()
    for found in _sealing(log):
        for key_id in envelopes.retire(found, by=CONSOLE, at=now):
            runtime.out.print(f"{found.name}: {key_id}", markup=False)
            gone += 1
        for old, moment in envelopes.retired_from(found):
            if moment > now:
                kept = say(f"保留到 {utc_text(moment)}", f"kept until {utc_text(moment)}")
                runtime.out.print(f"{found.name}: {old.key_id} {kept}", markup=False)
    runtime.out.print(say(f"已销毁 {gone} 个旧封存密钥。", f"{gone} old sealing keys were destroyed."))


def _sealing(name: str) -> list[Any]:
    """Return the logs that have sealing keys, or the one of that name; else end the command with a sentence."""
    from lazaretto.apps.journal.models import Log

    found = list(Log.objects.filter(seal_keys__isnull=False).distinct().order_by("name"))
    chosen = [log for log in found if name in ("", log.name)]
    if name and not chosen:
        known = ", ".join(log.name for log in found) or "—"
        runtime.fail(
            Text(f"{name} 没有封存密钥，有的是 {known}", f"{name} has no sealing key; these have one: {known}")
        )
    return chosen
