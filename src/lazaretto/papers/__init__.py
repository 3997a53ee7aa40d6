"""
Papers: a protocol as Word and as PDF, from one structure, in Chinese or English.

`protocol` says what stands on the paper, `word` and `pdf` set it. No web framework and no clock: the command line prints
the same paper as a page, and the same protocol gives the same bytes.
"""

from lazaretto.papers.pdf import as_pdf
from lazaretto.papers.protocol import Stamp
from lazaretto.papers.word import as_word

__all__ = ["Stamp", "as_pdf", "as_word"]
