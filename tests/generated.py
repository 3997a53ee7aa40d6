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


PAGES: dict[str, Callable[[], str]] = {
    "pack-fields.md": reference,
    "protocol.schema.json": schema,
    "access.md": access,
}


def main() -> None:
    import django

    from tests import environment  # noqa: F401  (where the settings look)

    django.setup()
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
