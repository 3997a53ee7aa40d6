"""Compile the catalogues, after deriving the traditional one: `make messages`."""

from pathlib import Path

import polib

from lazaretto.web.traditional import FOLDER, traditional

SOURCE = FOLDER.parent / "zh_Hans" / "LC_MESSAGES" / "django.po"
DERIVED = FOLDER / "LC_MESSAGES" / "django.po"
NOTE = "Derived from zh_Hans by `make messages`. Corrections go into ../overrides.tsv."


def derived() -> polib.POFile:
    """Return the catalogue in traditional characters, sentence by sentence."""
    catalogue = polib.pofile(str(SOURCE), wrapwidth=78)
    catalogue.header = NOTE
    catalogue.metadata["Language"] = "zh_Hant"
    for entry in catalogue:
        entry.msgstr = traditional(entry.msgstr)
        entry.msgstr_plural = {n: traditional(said) for n, said in entry.msgstr_plural.items()}
    return catalogue


def main() -> None:
    derived().save(str(DERIVED))
    for path in map(Path, (SOURCE, DERIVED)):
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))


if __name__ == "__main__":
    main()
