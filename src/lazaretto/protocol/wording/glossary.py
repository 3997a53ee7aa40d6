"""What a document calls things: the titles that it gives to posts, people, places, measures and their parts."""

from collections.abc import Iterator
from copy import copy
from typing import Any

from lazaretto.protocol.document import Document
from lazaretto.protocol.measures import Measure
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording import codes

#: Fields of measures whose items are named elsewhere by their id (a stage in a standing, a group in a separation).
_PARTS = ("stages", "states", "groups", "classes", "posts")
#: Fields that name another item of the same measure.
_OWN = {"after", "wait_after", "next", "apart"}


class Glossary:
    """
    The words of one document, and where a measure is given, of the steps, actions and classes that it names itself.
    Without a document, only the words that every protocol shares.
    """

    def __init__(self, document: Document | None = None, measure: Measure | None = None) -> None:
        self.document = document
        self._own = {i.id: i.title.text for i in _items(measure)} if measure else {}
        self._measures = {m.id: m.title.text for m in document.measures} if document else {}
        self._words = dict(_titles(document)) if document else {}

    def word(self, code: str, field: str = "") -> Text:
        """Return what a code is called, `field` being the field in which it stands; unknown codes are shown as written."""
        fixed = codes.choice(field, code)
        if fixed is not None:
            return fixed
        own = self._own.get(code) if field in _OWN else None
        if code.startswith("flag_") and (flag := self._words.get(code.removeprefix("flag_"))):
            return Text(f"“{flag.zh}”成立", f"“{flag.en}” holds")
        return own or self._words.get(code) or self._measures.get(code) or codes.name(code)

    def within(self, measure: Measure) -> "Glossary":
        """Return the same words with those of one measure."""
        found = copy(self)
        found._own = {i.id: i.title.text for i in _items(measure)}
        return found

    def measure(self, id_: str) -> Text:
        """Return the title of a measure, or its id where the document has none such."""
        return self._measures.get(id_) or codes.name(id_)


def _titles(document: Document) -> Iterator[tuple[str, Text]]:
    """Return (id, title) of everything that is named by its id; what comes last wins."""
    for measure in document.measures:
        yield from ((item.id, item.title.text) for item in _parts(measure))
    registers: tuple[Any, ...] = (
        document.zones, document.reasons, document.tags, document.flags, document.levels, document.observations,
        document.populations, document.posts,
    )  # fmt: skip
    for register in registers:
        yield from ((item.id, item.title.text) for item in register)


def _parts(measure: Measure) -> Iterator[Any]:
    for field in _PARTS:
        yield from (item for item in getattr(measure, field, []) if hasattr(item, "title"))


def _items(measure: Measure) -> Iterator[Any]:
    for field in type(measure).model_fields:
        value = getattr(measure, field)
        if isinstance(value, list):
            yield from (item for item in value if hasattr(item, "title") and hasattr(item, "id"))


def glossary(of: "Document | Glossary | None") -> Glossary:
    """Return the words of a document; one that has them already may hand them on, which saves looking them up again."""
    return of if isinstance(of, Glossary) else Glossary(of)
