"""A paper as PDF/A-2b, set by Typst. The text travels as data, so that nothing in a protocol can be read as markup."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import typst

from lazaretto.papers import fonts
from lazaretto.papers.protocol import Paper, Stamp, paper
from lazaretto.protocol.load import Loaded
from lazaretto.protocol.resolve import Resolved

_TEMPLATES = Path(__file__).parent


def as_pdf(protocol: Loaded | Resolved, language: str, stamp: Stamp | None = None) -> bytes:
    """Return a protocol as a PDF for the archive. The same protocol and stamp give the same bytes."""
    return set_paper(paper(protocol, language, stamp))


def set_paper(said: Paper) -> bytes:
    """Return a paper as a PDF for the archive."""
    return typeset("paper.typ", asdict(said), said.on)


def typeset(template: str, data: Mapping[str, Any], on: date, drawings: Mapping[str, str] | None = None) -> bytes:
    """
    Return a PDF/A-2b of `data` set by a template of this folder; `on` is the date that the file bears, `drawings` are
    SVG by name. The same data give the same bytes.
    """
    words = _drawable(dict(data)) | {"on": [on.year, on.month, on.day], "font": fonts.FAMILY}
    made: bytes = typst.compile(
        _TEMPLATES / template,
        format="pdf",
        font_paths=[fonts.FOLDER],
        ignore_system_fonts=True,
        pdf_standards="a-2b",
        sys_inputs={"paper": json.dumps(words, ensure_ascii=False), **(drawings or {})},
        timestamp=0,
    )
    return made


def _drawable(value: Any) -> Any:
    """Return data with only such characters as the font can draw: an archive must show what it holds."""
    if isinstance(value, str):
        return fonts.drawable(value)
    if isinstance(value, dict):
        return {key: _drawable(child) for key, child in value.items()}
    return [_drawable(child) for child in value] if isinstance(value, list | tuple) else value
