"""Pages made from the code are current, and what the how-to shows is what really comes out."""

import re

import pytest

from lazaretto import packs
from lazaretto.protocol.activation import activation
from lazaretto.protocol.kinds import KINDS
from lazaretto.protocol.load import ProtocolError, load
from lazaretto.protocol.wording.reference import part_reference
from tests.generated import FOLDER, PAGES

HOW_TO = FOLDER.parent / "how-to" / "write-a-pack.md"
PAIR = re.compile(r"```yaml\n# (\S+)\n(.*?)```\n\n```text\n(.*?)```", re.S)


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_current(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), "run: make docs"


@pytest.mark.parametrize(("file", "text", "said"), PAIR.findall(HOW_TO.read_text(encoding="utf-8")))
def test_the_how_to_shows_what_comes_out(file: str, text: str, said: str) -> None:
    lines = [line.strip() for line in said.strip().splitlines()]
    try:
        loaded = load(text, file, packs.read)
    except ProtocolError as error:
        found = [f"{p.file}:{p.line}: {p.path}: {p.message.en}" for p in error.problems]
    else:
        document = loaded.document
        found = [f"{document.id} is valid: {len(document.measures)} measures."]
        if refusals := activation(loaded).refusals:
            found.append("It cannot be adopted yet:")
            found += [f"{p.file}:{p.line}: {p.path}: {p.message.en}" for p in refusals]
    for line in lines:
        assert any(f.startswith(line) for f in found), (line, found)


def test_the_how_to_names_measures_that_are_there() -> None:
    """Each example of a kind is of that kind, in the pack that is named."""
    rows = re.findall(r"\| `(\w+)` \| `([\w.]+)` in `([\w-]+)` \|", HOW_TO.read_text(encoding="utf-8"))
    assert {kind for kind, _, _ in rows} == set(KINDS)
    for kind, measure, pack in rows:
        found = packs.shipped(pack).document.measure(measure)
        assert found is not None, (measure, pack)
        assert found.kind == kind, (measure, found.kind)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_can_be_looked_up(kind: str) -> None:
    page = part_reference(kind)
    for name, info in KINDS[kind].model_fields.items():
        if name == "kind" or name not in KINDS[kind].__mro__[1].model_fields:
            assert f"`{info.alias or name}`" in page, name
