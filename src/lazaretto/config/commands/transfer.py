"""Handing a person over to another facility, taking one in, and the receipt."""

from pathlib import Path
from typing import Annotated, Any

import typer

from lazaretto.config import runtime
from lazaretto.config.commands.bundle import actor, read_file, refused, write_file
from lazaretto.config.runtime import language, say
from lazaretto.protocol.text import Text

app = typer.Typer(no_args_is_help=True, help="A person and the file, from one facility to another. / 人员移交。")

FacilityCode = Annotated[str, typer.Option("--facility", help="Code of the facility here.")]
Passphrase = Annotated[
    Path | None, typer.Option("--passphrase-file", help="A file with the passphrase in its first line.")
]
By = Annotated[str, typer.Option("--by", help="User name of the one who does it.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("export")
def export(
    facility: FacilityCode,
    person: Annotated[str, typer.Option(help="Code of the person.")],
    to: Annotated[str, typer.Option(help="Code of the facility that takes the person in.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    out: Annotated[Path, typer.Option("--out", help="Write the file here.")],
    passphrase_file: Passphrase = None,
    plain: Annotated[str, typer.Option(help="Why the file is not sealed with a passphrase.")] = "",
    left: Annotated[str, typer.Option(help="When the person left, if not now.")] = "",
    by: By = "",
) -> None:
    """Record that a person leaves, and write the file that goes along. Run again, it writes the same file."""
    runtime.start()
    from lazaretto.apps.journal.keys import KeyMissing
    from lazaretto.apps.registry.models import Person
    from lazaretto.apps.reporting import transfers
    from lazaretto.config.commands.imports import facility_or_fail
    from lazaretto.protocol.refusal import Refusal

    found = facility_or_fail(facility)
    who = Person.objects.select_related("facility__organisation", "unit").filter(facility=found, code=person).first()
    if who is None:
        runtime.fail(Text(f"没有人员 {person}", f"there is nobody with the code {person}"))
    word = _word(passphrase_file) if not plain else ""
    order = transfers.Order(who, to, reason, word, plain, _moment(left, found.zone))
    try:
        transfer, content = transfers.send(order, by=actor(by), at=runtime.now())
    except Refusal as refusal:
        refused(refusal)
    except KeyMissing as error:
        runtime.fail(Text(f"本机没有签名私钥 {error}", f"the signing key {error} is not on this machine"))
    write_file(out, content)
    runtime.out.print(
        say(
            f"{person} 转往 {to}，文件 {out}；收到对方回执前列为未接收。",
            f"{person} goes to {to} with {out}; until their receipt is here, the transfer counts as not received.",
        ),
        markup=False,
    )
    del transfer


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The file that came with the person.")],
    facility: FacilityCode,
    passphrase_file: Passphrase = None,
    place: Annotated[str, typer.Option(help="Code of the place into which the person goes.")] = "",
    code: Annotated[str, typer.Option(help="Code of the new file, if not the one the person had.")] = "",
    existing: Annotated[str, typer.Option("--as", help="Code of the file here that the person has already.")] = "",
    population: Annotated[str, typer.Option(help="Population here, if it has another name.")] = "",
    arrived: Annotated[str, typer.Option(help="When the person arrived, if not now.")] = "",
    receipt: Annotated[Path | None, typer.Option(help="Write the receipt here (default: beside the file).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show everything, write nothing.")] = False,
    by: By = "",
    json: Json = False,
) -> None:
    """Take a person in with the file, and write the signed receipt. Safe to run again."""
    runtime.start()
    from lazaretto.apps.reporting import arrivals, bundles
    from lazaretto.config.commands.imports import facility_or_fail
    from lazaretto.protocol.refusal import Refusal

    found = facility_or_fail(facility)
    choices = arrivals.Choices(place, code, existing, population, _moment(arrived, found.zone))
    act: Any = arrivals.look if dry_run else arrivals.take_in
    data = read_file(file)
    try:
        arrival = act(
            facility=found, data=data, passphrase=_word(passphrase_file), choices=choices, by=actor(by),
            at=runtime.now(),
        )  # fmt: skip
    except Refusal as refusal:
        refused(refusal, json)
    where = receipt or file.with_name(f"{file.stem}.receipt.json")
    if not dry_run:
        write_file(where, bundles.file_of(arrival.receipt.document))
    if json:
        runtime.print_json(_as_json(arrival, dry_run, where))
    else:
        _tell(arrival, dry_run, where)


def _as_json(arrival: Any, dry_run: bool, where: Path) -> dict[str, Any]:
    transfer = arrival.transfer
    return {
        "transfer": transfer.ref, "person": transfer.person.code, "dry_run": dry_run, "again": arrival.again,
        "alike": [{"codes": [c.one.code, c.other.code], "reason": c.reason} for c in arrival.alike],
        "notes": [{"zh": n.zh, "en": n.en} for n in arrival.notes], "receipt": None if dry_run else str(where),
        "content": transfer.document,
    }  # fmt: skip


def _tell(arrival: Any, dry_run: bool, where: Path) -> None:
    from lazaretto.apps.registry.merging import REASONS
    from lazaretto.apps.reporting.handover_words import transfer_lines

    for head, lines in transfer_lines(arrival.transfer.document):
        runtime.out.print(f"[bold]{head.in_(language())}[/bold]")
        for line in lines:
            runtime.out.print("  " + line.in_(language()), markup=False)
    code = arrival.transfer.person.code
    for note in arrival.notes:
        runtime.out.print(note.in_(language()), markup=False)
    for pair in arrival.alike:
        codes = f"{pair.one.code} / {pair.other.code}"
        runtime.out.print(say("可能是同一人：", "May be the same person: ") + f"{codes} ({REASONS[pair.reason].in_(language())})", markup=False)  # fmt: skip
    if dry_run:
        runtime.out.print(say(f"试看：将收为 {code}，什么也没写。", f"Dry run: would be taken in as {code}; nothing was written."))  # fmt: skip
    elif arrival.again:
        runtime.out.print(say(f"已经收过，为 {code}；回执 {where}。", f"Taken in before, as {code}; receipt {where}."), markup=False)  # fmt: skip
    else:
        runtime.out.print(say(f"已收为 {code}；回执 {where} 交回对方。", f"Taken in as {code}; hand the receipt {where} back."), markup=False)  # fmt: skip


@app.command("receipt")
def receipt(
    file: Annotated[Path, typer.Argument(help="The receipt that the other side signed.")],
    facility: FacilityCode,
    by: By = "",
) -> None:
    """Note that a person was received, on the other side's signature. Safe to run again."""
    runtime.start()
    from lazaretto.apps.reporting import transfers
    from lazaretto.config.commands.imports import facility_or_fail
    from lazaretto.protocol.refusal import Refusal

    found = facility_or_fail(facility)
    try:
        kept, new = transfers.accept_receipt(facility=found, data=read_file(file), by=actor(by), at=runtime.now())
    except Refusal as refusal:
        refused(refusal)
    there, code = kept.transfer.counterpart, kept.transfer.person.code
    runtime.out.print(
        say(f"{there} 已接收 {code}。", f"{there} has received {code}.")
        if new
        else say(f"{code} 的回执已经有了，没有改动。", f"The receipt for {code} is here already; nothing was changed.")
    )


@app.command("list")
def list_(facility: FacilityCode, json: Json = False) -> None:
    """List the transfers of a facility; those that nobody received yet with their age."""
    runtime.start()
    from lazaretto.apps.reporting import transfers
    from lazaretto.config.commands.imports import facility_or_fail

    found, now = facility_or_fail(facility), runtime.now()
    rows = [
        {
            "transfer": t.ref, "direction": t.direction, "person": t.person.code, "counterpart": t.counterpart,
            "state": transfers.state_of(t), "age_hours": (now - t.made_at) // 3_600_000,
        }
        for t in transfers.transfers(found)
    ]  # fmt: skip
    if json:
        runtime.print_json(rows)
    for row in [] if json else rows:
        way = say("转出", "out") if row["direction"] == "out" else say("转入", "in")
        word = transfers.STATES[str(row["state"])].in_(language())
        age = say(f"{row['age_hours']} 小时前", f"{row['age_hours']} h ago")
        runtime.out.print(f"{way:<4} {row['person']:<12} {row['counterpart']:<12} {word}  {age}", markup=False)


def _word(path: Path | None) -> str:
    return read_file(path).decode("utf-8", errors="replace").partition("\n")[0].rstrip("\r") if path else ""


def _moment(text: str, zone: str) -> int | None:
    from lazaretto.protocol.clock import parse_moment

    if not text:
        return None
    try:
        return parse_moment(text, zone)
    except ValueError:
        runtime.fail(Text(f"看不懂时间 {text}", f"cannot read the time {text}; write 2026-03-17T17:00+08:00"), 2)
