"""The pages of docs/reference that are made from the code: `python -m tests.generated` writes them again."""

import json
from collections.abc import Callable
from pathlib import Path

from lazaretto.protocol.schema import json_schema
from lazaretto.protocol.wording.reference import reference

FOLDER = Path(__file__).parents[1] / "docs" / "reference"


def schema() -> str:
    return json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"


def access() -> str:
    from lazaretto.apps.accounts.reference import reference as page

    return page()


def chains() -> str:
    """Return the chains of the five reports, each drawn for each of its directions."""
    from lazaretto import packs
    from lazaretto.protocol.chain import Chain
    from lazaretto.protocol.resolve import resolve
    from lazaretto.protocol.wording.drawing import drawn
    from tests.spec.test_passage import PACKS

    parts = [CHAINS]
    for name, pack in PACKS.items():
        loaded = packs.shipped(pack)
        resolved = resolve(loaded, loaded.document.normal_level, (), ())
        for chain in (m for m in resolved.everything if isinstance(m, Chain)):
            for way in chain.directions or [""]:
                title = f"{name} · `{chain.id}`{' · ' + way if way else ''}: {chain.title.zh} / {chain.title.en}"
                parts.append(f"## {title}\n\n```mermaid\n{drawn(chain, way)}\n```\n")
    return "\n".join(parts)


CHAINS = """\
# The chains, drawn

<!-- Written by `python -m tests.generated` from the packs; edit the packs, not this page. -->

Every chain of the five reports' packs as the engine of `apps/work/runs.py` runs it. A box is an act, one with double sides a
check, a hexagon an approval, a slanted box a wait that nobody does. A run is *open* until its last step is done (*passed*), a
result that a step does not accept ends it (*stopped*), or somebody gives it up with a reason (*withdrawn*); there is no way back
from any of the three. `tests/unit/test_chain_machine.py` asks every state of small chains about every step, actor and time.
"""

PAGES: dict[str, Callable[[], str]] = {
    "pack-fields.md": reference,
    "protocol.schema.json": schema,
    "access.md": access,
    "chains.md": chains,
}


def main() -> None:
    import django

    from tests import environment  # noqa: F401  (where the settings look)

    django.setup()
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
