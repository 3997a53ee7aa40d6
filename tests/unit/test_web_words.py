"""Every sentence of the pages exists in Chinese, and the compiled catalogue is the one that stands beside it."""

import ast
import re
from pathlib import Path

import polib
import pytest
from django.utils.translation.template import templatize

SOURCE = Path(__file__).resolve().parents[2] / "src" / "lazaretto"
CATALOGUE = SOURCE / "web" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}
MARKS = re.compile(r"%\(\w+\)s|%%")


def said_in_code(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS and node.args:
            first = node.args[0]
            assert isinstance(first, ast.Constant), f"{path}:{node.lineno} translates something that is not a literal"
            found.add(str(first.value))
    return found


def said_in_template(path: Path) -> set[str]:
    text = templatize(path.read_text(encoding="utf-8"), origin=path.name)
    return {
        ast.literal_eval(found[1])
        for found in re.finditer(r"""gettext\(u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", text)
    } | {
        ast.literal_eval(found[1])
        for found in re.finditer(r"""(?<!\w)_\(u?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", text)
    }


def everything_said() -> set[str]:
    code = (said_in_code(path) for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
    templates = (said_in_template(path) for path in SOURCE.rglob("templates/**/*.html"))
    return set().union(*code, *templates)


def test_every_sentence_is_translated() -> None:
    translated = {entry.msgid for entry in polib.pofile(str(CATALOGUE)) if entry.translated() and not entry.obsolete}
    assert everything_said() - translated == set()


def test_nothing_is_translated_that_nobody_says() -> None:
    assert {entry.msgid for entry in polib.pofile(str(CATALOGUE))} - everything_said() == set()


def test_the_compiled_catalogue_is_current() -> None:
    source = {e.msgid: e.msgstr or e.msgstr_plural[0] for e in polib.pofile(str(CATALOGUE))}
    compiled = {e.msgid: e.msgstr or e.msgstr_plural[0] for e in polib.mofile(str(CATALOGUE.with_suffix(".mo")))}
    assert compiled == source


@pytest.mark.parametrize("entry", list(polib.pofile(str(CATALOGUE))), ids=lambda e: e.msgid[:40])
def test_a_translation_keeps_what_is_filled_in(entry: polib.POEntry) -> None:
    said = entry.msgstr or entry.msgstr_plural[0]
    known = set(MARKS.findall(entry.msgid)) | set(MARKS.findall(entry.msgid_plural))
    assert set(MARKS.findall(said)) <= known
    assert known - {"%(n)s"} <= set(MARKS.findall(said)) | {"%(n)s"}
    assert not re.search("请您|温馨提示|！|!", said)
