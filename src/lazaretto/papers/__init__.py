"""
Papers: a protocol as Word and as PDF; a day's report, a sheet for a round, and any register as PDF and Excel.

`protocol`, `report`, `sheet` and `register` say what stands on a paper, `word`, `pdf` and `excel` set it. No web
framework and no clock: the command line prints the same paper as a page, and the same content gives the same bytes.
"""

from lazaretto.papers.pdf import as_pdf
from lazaretto.papers.protocol import Stamp
from lazaretto.papers.word import as_word

__all__ = ["Stamp", "as_pdf", "as_word"]
