"""Make the table of traditional characters from OpenCC's dictionaries: `make traditional`, for maintainers."""

import subprocess
import tempfile
from pathlib import Path

from lazaretto.web.traditional import FOLDER

HEAD = (
    "# Simplified → traditional (Taiwan's forms). Made from OpenCC's dictionaries (Apache-2.0) by `make traditional`.\n"
)
#: Words longer than this are proverbs and names of places far away.
LONGEST = 5


def made() -> dict[str, str]:
    """Return what has to be said: characters that change, and the phrases in which one of them changes otherwise."""
    import opencc

    convert = opencc.OpenCC("s2tw").convert
    known = {chr(n): convert(chr(n)) for n in range(0x4E00, 0xA000)}
    found = {one: other for one, other in known.items() if one != other}
    for phrase in sorted(_phrases(Path(opencc.__file__).parent), key=lambda p: (len(p), p)):
        wanted = convert(phrase)
        if len(wanted) == len(phrase) <= LONGEST and wanted != _by(found, phrase):
            found[phrase] = wanted
    return found


def _by(found: dict[str, str], text: str) -> str:
    said, at = [], 0
    while at < len(text):
        length = next((n for n in range(min(LONGEST, len(text) - at), 0, -1) if text[at : at + n] in found), 0)
        said.append(found[text[at : at + length]] if length else text[at])
        at += max(length, 1)
    return "".join(said)


def _phrases(package: Path) -> list[str]:
    tool, dictionaries = package / "clib" / "bin" / "opencc_dict", package / "clib" / "share" / "opencc"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "phrases.txt"
        said = [tool, "-i", dictionaries / "STPhrases.ocd2", "-o", out, "-f", "ocd2", "-t", "text"]
        subprocess.run(said, check=True, capture_output=True)
        return [line.partition("\t")[0] for line in out.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    lines = [f"{one}\t{other}\n" for one, other in sorted(made().items(), key=lambda p: (len(p[0]), p[0]))]
    (FOLDER / "table.tsv").write_text(HEAD + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
