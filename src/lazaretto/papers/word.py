"""A paper as Word, for those who edit, sign and file it."""

import io
import zipfile
from datetime import datetime
from typing import Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from lazaretto.papers.protocol import Paper, Part, Row, Stamp, paper
from lazaretto.protocol.load import Loaded
from lazaretto.protocol.resolve import Resolved

_LATIN, _CHINESE = "Arial", "Microsoft YaHei"
_GREY = RGBColor(0x42, 0x50, 0x5E)
_LABEL = Mm(34)


def as_word(protocol: Loaded | Resolved, language: str, stamp: Stamp | None = None) -> bytes:
    """Return a protocol as a Word document. The same protocol and stamp give the same bytes."""
    said = paper(protocol, language, stamp)
    document: Any = docx.Document()
    _styles(document, said)
    _head(document, said)
    _contents(document, said)
    for chapter in said.chapters:
        document.add_page_break()
        document.add_heading(_plain(chapter.title), 1)
        if chapter.note:
            document.add_paragraph(_plain(chapter.note), style="Grey")
        for part in chapter.parts:
            _part(document, part)
    _foot(document, said)
    file = io.BytesIO()
    document.save(file)
    return _undated(file.getvalue())


def _styles(document: Any, said: Paper) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(18)
    for name, size in (("Normal", 10), ("Title", 24), ("Heading 1", 15), ("Heading 2", 12)):
        style = document.styles[name]
        style.font.size = Pt(size)
        style.font.color.rgb = RGBColor(0x15, 0x20, 0x2B)
        _fonts(style)
    for name, size in (("Line", 10), ("Ground", 9), ("Grey", 9)):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles["Normal"]
        style.font.size = Pt(size)
        style.paragraph_format.space_after = Pt(2)
        if name == "Grey":
            style.font.color.rgb = _GREY
        else:
            style.paragraph_format.left_indent = _LABEL
            style.paragraph_format.first_line_indent = -_LABEL
            style.paragraph_format.tab_stops.add_tab_stop(_LABEL)
    _language(document, said)


def _fonts(style: Any) -> None:
    """Set the Latin and the East Asian face; Word asks for each under its own name."""
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        if "heme" in name:
            del fonts.attrib[name]
    for name, face in (("ascii", _LATIN), ("hAnsi", _LATIN), ("cs", _LATIN), ("eastAsia", _CHINESE)):
        fonts.set(qn(f"w:{name}"), face)


def _language(document: Any, said: Paper) -> None:
    properties = document.core_properties
    properties.title, properties.subject, properties.author = _plain(said.title), _plain(said.foot), "Lazaretto"
    properties.language = "zh-CN" if said.language == "zh" else "en-GB"
    properties.created = properties.modified = datetime(said.on.year, said.on.month, said.on.day)
    properties.comments, properties.keywords, properties.last_modified_by = "", "", "Lazaretto"
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-GB")
    language.set(qn("w:eastAsia"), "zh-CN")
    document.styles["Normal"].element.get_or_add_rPr().append(language)


def _head(document: Any, said: Paper) -> None:
    document.add_heading(_plain(said.title), 0)
    if said.subtitle:
        document.add_paragraph(_plain(said.subtitle))
    for fact in said.facts:
        _row(document, fact, "Line")


def _contents(document: Any, said: Paper) -> None:
    document.add_heading(said.contents, 1)
    for chapter in said.chapters:
        document.add_paragraph(style="Normal").add_run(_plain(chapter.title)).bold = True
        for part in chapter.parts:
            document.add_paragraph(
                _plain(" · ".join((part.title, *part.marks[:1]))), style="Grey"
            ).paragraph_format.left_indent = Mm(6)


def _part(document: Any, part: Part) -> None:
    document.add_heading(_plain(part.title), 2)
    if part.marks:
        document.add_paragraph(_plain(" · ".join(part.marks)), style="Grey").paragraph_format.keep_with_next = True
    for row in part.rows:
        _row(document, row, "Line")
    for row in part.grounds:
        _row(document, row, "Ground")


def _row(document: Any, row: Row, style: str) -> None:
    """Write label, tab, value, and below the value what belongs to it."""
    line = document.add_paragraph()
    line._p.style = style  # by its id: looking it up by name for each of a thousand lines takes seconds
    line.add_run(_plain(row.label)).font.color.rgb = _GREY
    line.add_run(f"\t{_plain(row.value)}")
    if not row.parts:
        return
    line.add_run().add_break()
    for index, (label, value) in enumerate(row.parts):
        between = "；" if any("一" <= c <= "鿿" for c in label) else "; "
        run = line.add_run((between if index else "") + _plain(label) + " ")
        run.font.color.rgb, run.font.size = _GREY, Pt(9)
        line.add_run(_plain(value)).font.size = Pt(9)


def _foot(document: Any, said: Paper) -> None:
    line = document.sections[0].footer.paragraphs[0]
    line.style = document.styles["Grey"]
    before, middle, after = ("第 ", " 页，共 ", " 页") if said.language == "zh" else ("page ", " of ", "")
    line.add_run(_plain(said.foot) + " · " + before)
    _field(line, "PAGE")
    line.add_run(middle)
    _field(line, "NUMPAGES")
    line.add_run(after)


def _field(line: Any, code: str) -> None:
    """Write a field that Word fills in: a page number, or how many there are."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run, text = OxmlElement("w:r"), OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    line._p.append(field)


def _plain(text: str) -> str:
    """Return text without the control characters that XML does not hold."""
    return "".join(c for c in text if c >= " " or c in "\t\n")


def _undated(file: bytes) -> bytes:
    """Return the same file without the moment at which it was zipped."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(file)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            plain = zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0))
            plain.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(plain, old.read(item))
    return made.getvalue()
