"""
A whole measure in words: what it asks, what else holds at other levels and under flags, and on what it rests.

Each line names the value that it says, so that a page can link it to the layers that set it.
"""

from collections.abc import Iterator
from dataclasses import replace

from lazaretto.protocol.document import Document
from lazaretto.protocol.measures import Measure, Source
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording.describe.line import Line, Teller
from lazaretto.protocol.wording.describe.order import ORDERS
from lazaretto.protocol.wording.describe.own import SPECIAL, changed
from lazaretto.protocol.wording.glossary import Glossary, glossary
from lazaretto.protocol.wording.values import at_level, name_of, while_flag

__all__ = ["Line", "changes", "describe", "grounds"]


def describe(measure: Measure, document: Document | Glossary) -> list[Line]:
    """
    Return what a measure asks, line by line: who and where, how often or in what order, by whom, and at the end the
    values of other levels and flags, as far as the measure still carries them (a resolved one does not).
    Whoever tells many measures of one document hands over its glossary.
    """
    teller = _teller(measure, document)
    found = [*teller.tell(measure, "", 0, ORDERS[type(measure).__name__]), *_changes(measure, teller)]
    return [line if line.depth else replace(line, label=capital(line.label)) for line in found]


def capital(text: Text) -> Text:
    """Return a sentence with a capital at its beginning, where the language has them."""
    return Text(text.zh, text.en[:1].upper() + text.en[1:])


def changes(measure: Measure, document: Document | Glossary) -> list[Line]:
    """Return the values that are others at a level or while a flag holds, of a measure as the document has it."""
    return [replace(line, label=capital(line.label)) for line in _changes(measure, _teller(measure, document))]


def grounds(measure: Measure, document: Document | Glossary) -> list[Line]:
    """Return on what a measure rests: its sources, our assumption, the filled defaults, and the note."""
    words = glossary(document)
    found = [_source(source, measure, words) for source in measure.source]
    if measure.assumption:
        found.append(Line("", Text("本规程的设定", "Our assumption"), measure.assumption.text))
    for filled in measure.filled:
        name = name_of(measure, tuple(filled.id.split(".")), words)
        label = Text(f"本单位填写 · {name.zh}", f"Filled in here · {name.en}")
        found.append(Line(filled.id, label, filled.text.text))
    if measure.note:
        found.append(Line("", Text("说明", "Note"), measure.note.text))
    return found


def _source(source: Source, measure: Measure, words: Glossary) -> Line:
    label = Text("依据", "Source")
    if source.of is None:
        return Line("", label, source.words)
    name = name_of(measure, tuple(source.of.split(".")), words)
    return Line(source.of, Text(f"依据 · {name.zh}", f"Source · {name.en}"), source.words)


def _changes(measure: Measure, teller: Teller) -> Iterator[Line]:
    for level, patch in measure.levels.items():
        yield from _patch(measure, at_level(teller.words.word(level)), ("levels", level), patch, teller)
    for flag, patch in measure.when.items():
        yield from _patch(measure, while_flag(teller.words.word(flag)), ("when", flag), patch, teller)


def _patch(
    measure: Measure, label: Text, path: tuple[str, ...], patch: dict[str, object], teller: Teller
) -> Iterator[Line]:
    for field, value in patch.items():
        yield Line(".".join((*path, field)), label, changed(type(measure), field, value, teller))


def _teller(measure: Measure, document: Document | Glossary) -> Teller:
    return Teller(glossary(document).within(measure), SPECIAL)
