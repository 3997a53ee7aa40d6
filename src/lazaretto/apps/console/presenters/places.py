"""Names in the language of the page."""

from typing import Any

from lazaretto.web.dates import chinese
from lazaretto.web.traditional import written


def in_language(thing: Any) -> str:
    """Return the name of a thing with `name_zh`, `name_en` and `code`, whichever is there first."""
    first, second = (thing.name_zh, thing.name_en) if chinese() else (thing.name_en, thing.name_zh)
    return str(first or second or thing.code)


def title(thing: Any) -> str:
    """Return a protocol title, which exists in both languages."""
    return str(written(thing.zh) if chinese() else thing.en)
