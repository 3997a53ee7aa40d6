"""Whom a measure concerns and who does it, in words."""

from collections.abc import Iterable
from typing import Any

from lazaretto.protocol.document import Document
from lazaretto.protocol.measures import Measure, Selector
from lazaretto.protocol.round import Round
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording.codes import CHOICES
from lazaretto.protocol.wording.glossary import Glossary
from lazaretto.protocol.wording.phrases import aside, in_turn, joined, listed, same

LINES = ("import", "internal", "export", "welfare")


def line_of_defence(line: str) -> Text:
    """Return the name of a line of defence; one that is not known is shown as written."""
    return CHOICES["line"].get(line) or same(line)


def who(measure: Measure, document: Document) -> Text:
    """Return on whom or on which places a measure is owed; several selectors are joined by `or`. Empty: on everybody."""
    return said_by(measure, Glossary(document))


def said_by(measure: Measure, words: Glossary) -> Text:
    subject = measure.subject if isinstance(measure, Round) else ""
    said = joined((_selector(s, subject, words) for s in measure.applies_to), Text("；或", " or "))
    notes = list(_notes(measure)) if isinstance(measure, Round) else []
    if not notes:
        return said
    more = aside(in_turn(notes))
    return Text(said.zh + more.zh, said.en + more.en)


def _notes(measure: Round) -> Iterable[Text]:
    if measure.occupied:
        yield Text("有人时", "only with somebody inside")
    if measure.covers == "below":
        yield CHOICES["covers"]["below"]
    if measure.presence == "assigned":
        yield CHOICES["presence"]["assigned"]
    elif measure.subject == "person":
        yield CHOICES["presence"]["on_site"]


def _selector(s: Selector, subject: str, words: Glossary) -> Text:
    if s.populations:
        text = listed(words.word(code) for code in s.populations)
    else:
        text = CHOICES["subject"].get(subject, Text("", ""))
    for values in (s.places.kinds, s.places.classes):
        if values:
            text = _in(text, listed(map(words.word, values)), subject == "place" or not text.zh)
    if s.places.within:
        places = listed(map(words.word, s.places.within))
        text = Text(f"{places.zh} 范围内的{text.zh}", f"{text.en} within {places.en}") if text.zh else places
    return text


def _in(text: Text, places: Text, alone: bool) -> Text:
    return places if alone else Text(f"{places.zh} 内的{text.zh}", f"{text.en} in {places.en}")


def residents_only(measure: Any, words: Glossary) -> bool:
    """Say whether a round asks residents and nobody else: then the night is theirs to sleep."""
    codes = [code for s in measure.applies_to for code in s.populations]
    populations = words.document.populations if words.document else []
    base = {p.id: str(p.base) for p in populations}
    return measure.subject == "person" and bool(codes) and all(base.get(c, c) == "resident" for c in codes)
