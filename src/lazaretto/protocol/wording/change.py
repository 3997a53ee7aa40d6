"""A change of a protocol as a sentence: what it is called, what it was, what it becomes, and which way it moves."""

from lazaretto.protocol.diff import Change
from lazaretto.protocol.document import Document
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording.glossary import Glossary
from lazaretto.protocol.wording.values import name_of, value_of

SIGNS = {"added": Text("增", "added"), "removed": Text("删", "removed"), "changed": Text("改", "changed")}
DIRECTIONS = {"stricter": Text("更严", "stricter"), "looser": Text("更松", "looser"), "other": Text("", "")}


def name(change: Change, document: Document) -> Text:
    """Return what a changed value is called, its measure first."""
    if change.measure is None:
        return name_of(None, change.path, document)
    title = change.measure.title.text
    if not change.path:
        return title
    value = name_of(change.measure, change.path, document)
    return Text(f"{title.zh} › {value.zh}", f"{title.en} › {value.en}")


def before_and_after(change: Change, document: Document) -> tuple[Text, Text]:
    """Return the two values in words; where a whole measure came or went, nothing on one side and its title on the other."""
    words = Glossary(document, change.measure)
    nothing = Text("—", "—")
    if not change.path:
        title = change.measure.title.text if change.measure else nothing
        return (nothing, title) if change.sign == "added" else (title, nothing)
    a, b = (value_of(change.path, value, words) for value in (change.before, change.after))
    return (nothing if change.sign == "added" else a), (nothing if change.sign == "removed" else b)


def sentence(change: Change, document: Document) -> Text:
    """Return a change as one line: `changed  Temperature › how often: once a day → every 2 hours (stricter)`."""
    sign, way = SIGNS[change.sign], DIRECTIONS[change.direction]
    called = name(change, document)
    before, after = before_and_after(change, document)
    arrow = Text(f"{before.zh} → {after.zh}", f"{before.en} → {after.en}")
    if not change.path or (_is_item(change.before or change.after) and change.sign != "changed"):
        arrow = Text("", "")  # a measure or an item that came or went is told by its name
    return Text(
        f"{sign.zh}  {called.zh}{'：' + arrow.zh if arrow.zh else ''}{f'（{way.zh}）' if way.zh else ''}",
        f"{sign.en}  {called.en}{': ' + arrow.en if arrow.en else ''}{f' ({way.en})' if way.en else ''}",
    )


def _is_item(value: object) -> bool:
    return isinstance(value, dict) and "id" in value
