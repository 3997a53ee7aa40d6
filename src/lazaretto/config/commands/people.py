"""What a person may ask for."""

from pathlib import Path
from typing import Annotated

import typer

from lazaretto.config import runtime
from lazaretto.config.commands.imports import FacilityCode, facility_or_fail
from lazaretto.config.runtime import CONSOLE, language, say
from lazaretto.protocol.text import Text

app = typer.Typer(no_args_is_help=True, help="People's files. / 人员档案。")


@app.callback()
def _people() -> None:
    """People's files. / 人员档案。"""


@app.command("copy")
def copy(
    facility: FacilityCode,
    person: Annotated[str, typer.Option(help="Code of the person.")],
    out: Annotated[Path, typer.Option(help="Where to write it: .json or .pdf.")],
) -> None:
    """Write everything on file about a person, for that person, and who looked at it. Each copy is recorded."""
    runtime.start()
    from lazaretto.apps.accounts.permissions import Permission
    from lazaretto.apps.console.copies import ENDINGS, made
    from lazaretto.apps.registry.queries import person as find

    ending = out.suffix.lstrip(".")
    if ending not in ENDINGS:
        runtime.fail(Text("文件名以 .json 或 .pdf 结尾", "the file must end in .json or .pdf"), 2)
    found = find(facility_or_fail(facility), person, frozenset(Permission))
    if found is None:
        runtime.fail(Text(f"没有人员 {person}", f"there is no person {person}"))
    content = made(found, ending, by=CONSOLE, at=runtime.now(), language=language())
    try:
        out.write_bytes(content)
    except OSError as error:
        runtime.fail(Text(f"写不了 {out}：{error.strerror}", f"cannot write {out}: {error.strerror}"))
    runtime.out.print(say(f"{out}，已记录。", f"{out}; recorded."), markup=False, soft_wrap=True)
