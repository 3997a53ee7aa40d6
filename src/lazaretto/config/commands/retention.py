"""Destroying what may not be kept any longer, and proving it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from lazaretto.config import runtime
from lazaretto.config.runtime import CONSOLE, language, say
from lazaretto.protocol.text import Text


def purge(
    facility: Annotated[str, typer.Option("--facility", help="Code of the facility.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what is due, destroy nothing.")] = False,
    policies: Annotated[
        Path | None, typer.Option(help="A table of policies of your own (CSV; default: the shipped one).")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask: what is destroyed cannot be brought back.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Destroy what is due under the retention policies, and prove it. Safe to interrupt and to run again."""
    runtime.start()
    from lazaretto.apps.journal import retention
    from lazaretto.config.commands.imports import facility_or_fail

    found = facility_or_fail(facility)
    try:
        kept = retention.policies(policies.read_text(encoding="utf-8-sig") if policies else None)
    except retention.PolicyError as error:
        runtime.fail(error.message)
    except (OSError, UnicodeDecodeError):
        runtime.fail(Text(f"打不开 {policies}", f"cannot read {policies}"))
    at = runtime.now()
    due = retention.due(found.log, kept, at)
    if dry_run or not any(due.values()):
        _tell_due(kept, due, json)
        return
    if not yes:
        _tell_due(kept, due, False)
        typer.confirm(say("销毁后不能恢复，继续吗？", "What is destroyed cannot be brought back. Go on?"), abort=True)
    with runtime.progress(say("销毁", "destroying"), sum(due.values())) as advance:
        totals: dict[str, int] = {}

        def progress(policy: str, n: int) -> None:
            totals[policy] = n
            advance(sum(totals.values()))

        proof = retention.purge(found.log, kept, by=CONSOLE, at=at, progress=progress)
    _tell_proof(kept, proof, json)
    raise typer.Exit(0 if proof.holds else 1)


def _tell_due(kept: list[Any], due: dict[str, int], json: bool) -> None:
    if json:
        runtime.print_json({"due": due})
        return
    for policy in kept:
        line = say(
            f"{policy.title.zh}：到期 {due[policy.id]}（保存 {policy.keep}）",
            f"{policy.title.en}: {due[policy.id]} due (kept {policy.keep})",
        )
        runtime.out.print(line, markup=False)


def _tell_proof(kept: list[Any], proof: Any, json: bool) -> None:
    if json:
        faults = [f.message.in_(language()) for f in proof.faults]
        runtime.print_json({"purged": proof.purged, "left": proof.left, "faults": faults, "holds": proof.holds})
        return
    for policy in kept:
        line = say(
            f"{policy.title.zh}：已销毁 {proof.purged[policy.id]}，余 {proof.left[policy.id]}",
            f"{policy.title.en}: {proof.purged[policy.id]} destroyed, {proof.left[policy.id]} left",
        )
        runtime.out.print(line, markup=False)
    for fault in proof.faults:
        runtime.err.print(fault.message.in_(language()), markup=False)
    if proof.holds:
        runtime.out.print(
            say(
                "日志树完好。此前的备份里还有这些内容，到期请一并销毁。",
                "The record is whole without it. Backups made before still hold it; destroy them in their time.",
            )
        )
