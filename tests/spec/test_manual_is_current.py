"""The manual in docs/ says what the spec tests say, and every spec file is in it."""

import inspect
from pathlib import Path

import pytest

from tests.spec import manual
from tests.spec.runners import Block

NOT_PRINTED = {"test_manual_is_current", "test_tables", "test_packs_table"}


def test_the_manual_is_current() -> None:
    written = manual.PAGE.read_text(encoding="utf-8")
    assert written == manual.printed(), "run: python -m tests.spec.manual"


def test_every_spec_file_is_a_chapter() -> None:
    files = {path.stem for path in Path(__file__).parent.glob("test_*.py")}
    assert files - NOT_PRINTED == {f"test_{chapter}" for chapter in manual.CHAPTERS}


@pytest.mark.parametrize("chapter", manual.CHAPTERS)
def test_every_example_has_a_sentence_and_a_table(chapter: str) -> None:
    assert manual.module_of(chapter).__doc__
    for test, blocks in manual.examples(chapter):
        assert inspect.getdoc(test), test.__name__
        assert blocks, test.__name__
        assert all(_shows_an_answer(block) for block in blocks), test.__name__


def _shows_an_answer(block: Block) -> bool:
    return any("||" in text for _, text in block.tables)
