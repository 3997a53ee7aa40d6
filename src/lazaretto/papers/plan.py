"""The plan of rounds: what a protocol asks at a level, who is asked, when, and by whom it is done, on one list."""

from lazaretto.papers.register import Register
from lazaretto.papers.table import Cell, Column
from lazaretto.protocol.resolve import Resolved
from lazaretto.protocol.round import Round
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording.cadence import duration, how_often, night, window
from lazaretto.protocol.wording.glossary import Glossary
from lazaretto.protocol.wording.who import LINES, line_of_defence, residents_only, said_by

_COLUMNS = (
    Column(Text("防线", "Line"), 20),
    Column(Text("措施", "Measure"), 42),
    Column(Text("对象", "Who or where"), 56),
    Column(Text("多久一次", "How often"), 48),
    Column(Text("何时算按时", "On time"), 44),
    Column(Text("夜间", "At night"), 34),
    Column(Text("由谁做", "Done by"), 24),
    Column(Text("每次用时", "Each takes"), 18),
)


def round_plan(resolved: Resolved, facility: Text) -> Register:
    """Return the rounds that are asked at the level of a resolved protocol, by line of defence, in the protocol's order."""
    document, words = resolved.document, Glossary(resolved.document)
    level = document.level(resolved.level)
    name = level.title.text if level else Text(resolved.level, resolved.level)
    asked = [m for line in LINES for m in resolved.measures if m.line == line]
    return Register(
        Text(f"巡次计划：{document.title.zh}", f"Plan of rounds: {document.title.en}"),
        facility,
        Text(
            f"版本 {document.version} · 级别：{name.zh} · 摘要值 {resolved.digest[:12]}",
            f"version {document.version} · level: {name.en} · digest {resolved.digest[:12]}",
        ),
        _COLUMNS,
        [_row(m, words) for m in asked],
        Text(
            "只列由平台执行的巡次；其余措施见规程全文。",
            "Only the rounds that are executed here; the protocol itself has the other measures.",
        ),
        Text("此级别不要求任何巡次。", "No round is asked at this level."),
    )


def _row(m: Round, words: Glossary) -> list[Cell]:
    who = said_by(m, words)
    nothing = Text("—", "—")
    return [
        line_of_defence(m.line),
        m.title.text,
        who if who.zh else nothing,
        how_often(m.pace),
        window(m.pace),
        _or(night(m.pace, residents=residents_only(m, words)), nothing),
        words.word(m.owner, "owner") if m.owner else nothing,
        duration(m.effort) if m.effort else nothing,
    ]


def _or(text: Text, other: Text) -> Text:
    return text if text.zh else other
