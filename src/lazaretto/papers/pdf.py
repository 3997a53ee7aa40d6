"""A paper as PDF/A-2b, set by Typst. The text travels as data, so that nothing in a protocol can be read as markup."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typst

from lazaretto.papers import fonts
from lazaretto.papers.protocol import Stamp, paper
from lazaretto.protocol.load import Loaded
from lazaretto.protocol.resolve import Resolved

_TEMPLATE = Path(__file__).with_name("paper.typ")


def as_pdf(protocol: Loaded | Resolved, language: str, stamp: Stamp | None = None) -> bytes:
    """Return a protocol as a PDF for the archive. The same protocol and stamp give the same bytes."""
    said = paper(protocol, language, stamp)
    data = _drawable(asdict(said)) | {"on": [said.on.year, said.on.month, said.on.day], "font": fonts.FAMILY}
    made: bytes = typst.compile(
        _TEMPLATE,
        format="pdf",
        font_paths=[fonts.FOLDER],
        ignore_system_fonts=True,
        pdf_standards="a-2b",
        sys_inputs={"paper": json.dumps(data, ensure_ascii=False)},
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
