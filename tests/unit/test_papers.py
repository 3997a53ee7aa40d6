"""A protocol on paper: every measure stands on it, in both languages, as Word and as PDF, with the same bytes each time."""

import io
from datetime import date

import docx
import pytest

from lazaretto import packs
from lazaretto.papers import Stamp, as_pdf, as_word
from lazaretto.papers.fonts import FOLDER, drawable
from lazaretto.papers.protocol import NO_DATE, Paper, Part, paper
from lazaretto.protocol.load import load
from lazaretto.protocol.resolve import resolve
from lazaretto.protocol.text import Text

STAMP = Stamp(Text("云汀监狱", "Yunting prison"), Text("2026-03-12 09:00", "2026-03-12 09:00"), date(2026, 3, 12))
ODD = """
lazaretto: 1
id: odd
version: "1"
extends: baseline
title: {zh: "#set page[*_$`\\\\<x>@", en: "odd 😀 \\x07"}
source: [{row: S0-01}]
"""


def texts(said: Paper) -> list[str]:
    parts = [part for chapter in said.chapters for part in chapter.parts]
    return [text for part in parts for text in _texts(part)]


def _texts(part: Part) -> list[str]:
    rows = (*part.rows, *part.grounds)
    return [part.title, *(x for row in rows for x in (row.label, row.value, *(y for pair in row.parts for y in pair)))]


@pytest.mark.parametrize("name", packs.names())
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_paper_of_every_pack_has_every_measure_and_nothing_empty(name: str, language: str) -> None:
    loaded = packs.shipped(name)
    said = paper(loaded, language, STAMP)
    found = texts(said)
    assert all(text.strip() for text in found)
    for measure in loaded.document.measures:
        assert measure.title.text.in_(language) in found
        assert all(source.words.in_(language) in found for source in measure.source)
    for deviation in loaded.document.deviations:
        assert deviation.adopted.text.in_(language) in found
    facts = {row.label: row.value for row in said.facts}
    assert facts["版本" if language == "zh-hans" else "Version"] == loaded.document.version
    assert said.foot.startswith("云汀监狱" if language == "zh-hans" else "Yunting prison")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_word_file_opens_and_names_each_measure(language: str) -> None:
    loaded = packs.shipped("baseline")
    file = as_word(loaded, language, STAMP)
    document = docx.Document(io.BytesIO(file))
    heads = [p.text for p in document.paragraphs if p.style and p.style.name == "Heading 2"]
    assert {m.title.text.in_(language) for m in loaded.document.measures} <= set(heads)
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert {name.rpartition("}")[2]: face for name, face in fonts.attrib.items()}["eastAsia"] == "Microsoft YaHei"
    foot = document.sections[0].footer.paragraphs[0]
    assert loaded.document.version in foot.text
    assert "NUMPAGES" in foot._p.xml
    assert document.core_properties.modified == document.core_properties.created
    assert file == as_word(loaded, language, STAMP)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pdf_is_for_the_archive_and_the_same_each_time(language: str) -> None:
    resolved = resolve(packs.shipped("baseline"), "outbreak")
    file = as_pdf(resolved, language, STAMP)
    assert file.startswith(b"%PDF-1.7")
    assert len(file) > 100_000
    assert b"pdfaid" in file
    assert file == as_pdf(resolved, language, STAMP)
    assert file != as_pdf(resolved, language, Stamp(STAMP.facility, STAMP.since, date(2026, 3, 13)))


def test_a_level_that_is_chosen_is_the_one_on_paper() -> None:
    loaded = packs.shipped("baseline")
    normal, outbreak = paper(loaded, "en"), paper(resolve(loaded, "outbreak"), "en")
    assert (normal.facts[0].value, outbreak.facts[0].value) == ("Routine", "Outbreak")
    assert "4 times a day, evenly between 06:00 and 22:00" in texts(outbreak)
    assert normal.on == NO_DATE


def test_a_number_that_is_owed_is_said_on_paper() -> None:
    unfilled = next(loaded for loaded in map(packs.shipped, packs.names()) if loaded.unfilled)
    assert "未填写" in texts(paper(unfilled, "zh"))


def test_words_are_never_read_as_markup_nor_lost() -> None:
    """What the font cannot draw becomes a geta mark in the PDF; Word keeps it, but for what XML cannot hold."""
    loaded = load(ODD, "odd.yaml", packs.read)
    assert as_pdf(loaded, "zh").startswith(b"%PDF")
    assert as_pdf(loaded, "en").startswith(b"%PDF")
    title = docx.Document(io.BytesIO(as_word(loaded, "en"))).paragraphs[0].text
    assert title.startswith("odd 😀")
    assert drawable("a\n测 😀≥") == "a 测 〓≥"


def test_the_fonts_lie_with_their_licence() -> None:
    assert "SIL OPEN FONT LICENSE" in (FOLDER / "OFL.txt").read_text(encoding="utf-8")
    assert {path.name for path in FOLDER.glob("*.ttf")} == {"NotoSansSC-Regular.ttf", "NotoSansSC-Bold.ttf"}
