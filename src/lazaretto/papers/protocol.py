"""What stands on the paper of a protocol: facts, contents, each measure with its lines and grounds, and what is beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from lazaretto.protocol import kinds
from lazaretto.protocol.document import Document
from lazaretto.protocol.kinds import AnyMeasure
from lazaretto.protocol.load import Loaded
from lazaretto.protocol.resolve import Resolved, resolve
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording.cadence import duration
from lazaretto.protocol.wording.codes import CHOICES
from lazaretto.protocol.wording.describe import Line, changes, describe, grounds
from lazaretto.protocol.wording.describe.ceilings import ceiling_words
from lazaretto.protocol.wording.glossary import Glossary
from lazaretto.protocol.wording.who import LINES, line_of_defence

_NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Stamp:
    """
    What the paper says beside the protocol: which facility, since when it is in force (empty: it is not said to be), and
    `on`, the date that the file itself bears.
    """

    facility: Text = _NOTHING
    since: Text = _NOTHING
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A label, its value, and what belongs to it as (label, value)."""

    label: str
    value: str
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A measure, or a deviation, term, ceiling, level: a title, words about it, its rows, and on what it rests."""

    title: str
    marks: tuple[str, ...]
    rows: tuple[Row, ...]
    grounds: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    title: str
    note: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole paper, in one language. `foot` stands on each page, before its number."""

    language: str
    title: str
    subtitle: str
    facts: tuple[Row, ...]
    contents: str
    chapters: tuple[Chapter, ...]
    foot: str
    on: date


#: The date of a paper that is given none: a file has to bear one, and this one cannot be mistaken for a real one.
NO_DATE = date(1970, 1, 1)


def paper(protocol: Loaded | Resolved, language: str, stamp: Stamp | None = None) -> Paper:
    """
    Return the paper of a protocol as it holds at a level; one that is only loaded is read at its normal level.

    Numbers that are not filled in say so; measures that nothing executes yet are marked.
    """
    return _Writer(protocol, "zh" if language.startswith("zh") else "en", stamp or Stamp()).paper()


class _Writer:
    def __init__(self, protocol: Loaded | Resolved, language: str, stamp: Stamp) -> None:
        self.resolved = resolve(protocol) if isinstance(protocol, Loaded) else protocol
        self.document: Document = self.resolved.document
        self.words = Glossary(self.document)
        self.language, self.stamp = language, stamp

    def say(self, text: Text) -> str:
        return text.in_(self.language)

    def paper(self) -> Paper:
        document = self.document
        title, facility = self.say(document.title.text), self.say(self.stamp.facility)
        parts = (facility, title, document.version, self.resolved.digest[:12])
        return Paper(
            language=self.language,
            title=title,
            subtitle=facility,
            facts=tuple(self._facts()),
            contents=self.say(Text("目录", "Contents")),
            chapters=(*self._lines(), *(c for c in self._beside() if c.parts)),
            foot=" · ".join(part for part in parts if part),
            on=self.stamp.on or NO_DATE,
        )

    def _facts(self) -> Iterator[Row]:
        document, words = self.document, self.say
        level = document.level(self.resolved.level)
        if self.stamp.since.zh:
            yield Row(words(Text("生效", "In force since")), words(self.stamp.since))
        yield Row(words(Text("级别", "Level")), words(level.title.text) if level else self.resolved.level)
        yield Row(words(Text("代号", "Identifier")), document.id)
        yield Row(words(Text("版本", "Version")), document.version)
        yield Row(words(Text("层级", "Layer")), words(CHOICES["layer"][document.layer]))
        yield Row(words(Text("摘要值", "Digest")), fours(self.resolved.digest))
        yield Row(words(Text("措施", "Measures")), self._counted())
        for source in document.source:
            yield Row(words(Text("依据", "Source")), words(source.words))
        if document.note:
            yield Row(words(Text("说明", "Note")), words(document.note.text))

    def _counted(self) -> str:
        every = self.resolved.everything
        active, run = sum(m.active for m in every), sum(m.active and not m.provisional for m in every)
        said = Text(
            f"{len(every)} 条，此级别启用 {active} 条，其中 {run} 条由平台执行，其余仅供阅读",
            f"{len(every)}, of which {active} are asked at this level; {run} of these are executed here, the others are read only",
        )
        return self.say(said)

    # -- measures -----------------------------------------------------------------------------------------------------

    def _lines(self) -> Iterator[Chapter]:
        written = {m.id: m for m in self.document.measures}
        for line in LINES:
            found = [m for m in self.resolved.everything if m.line == line]
            if found:
                parts = tuple(self._measure(m, written.get(m.id, m)) for m in found)
                yield Chapter(self.say(line_of_defence(line)), "", parts)

    def _measure(self, m: AnyMeasure, written: AnyMeasure) -> Part:
        own = [line for line in describe(m, self.words) if not line.path.startswith(("levels.", "when."))]
        lines = [*own, *changes(written, self.words)]
        return Part(
            title=self.say(m.title.text),
            marks=tuple(self.say(mark) for mark in _marks(m)),
            rows=self._rows(lines),
            grounds=self._rows(grounds(written, self.words)),
        )

    def _rows(self, lines: Sequence[Line]) -> tuple[Row, ...]:
        found: list[tuple[Line, list[tuple[str, str]]]] = []
        for line in lines:
            if line.depth and found:
                found[-1][1].append((self.say(line.label), self.say(line.value)))
            else:
                found.append((line, []))
        return tuple(Row(self.say(line.label), self.say(line.value), tuple(parts)) for line, parts in found)

    # -- beside the measures ------------------------------------------------------------------------------------------

    def _beside(self) -> Iterator[Chapter]:
        document = self.document
        yield self._chapter(
            Text("与报告不同之处", "Deviations from the reports"),
            Text("报告怎样说，本规程怎样做", "What a report says, and what is done instead"),
            [
                (
                    d.title.text,
                    f"{d.row} · § {d.see}",
                    [
                        (Text("报告原文", "The report says"), d.report_says.text),
                        (Text("本规程采用", "Done instead"), d.adopted.text),
                    ],
                )
                for d in document.deviations
            ],
        )
        yield self._chapter(
            Text("未明确的词", "Terms left open"),
            Text("在这里怎样理解", "How they are read here"),
            [(t.title.text, t.row or "", [(Text("怎样理解", "How it is read"), t.note.text)]) for t in document.terms],
        )
        yield self._chapter(
            Text("法律与权益的上限", "Ceilings of law and welfare"),
            Text("任何层、级别或临时覆盖都不能越过", "They hold whatever a layer, a level or an override says"),
            [
                (
                    c.title.text,
                    "",
                    [
                        (Text("上限", "Ceiling"), ceiling_words(c, document)),
                        *((Text("依据", "Source"), s.words) for s in c.source),
                    ],
                )
                for c in document.ceilings
            ],
        )
        yield self._levels()

    def _levels(self) -> Chapter:
        entries = []
        for level in self.document.levels:
            rows = [(Text("进入时", "At the start"), action.text) for action in level.entry_actions]
            rows += [(Text("解除条件", "To end it"), criterion.text) for criterion in level.exit_criteria]
            if not level.normal:
                span = duration(level.review)
                rows.insert(0, (Text("复审", "Review"), Text(f"每 {span.zh}一次", f"every {span.en}")))
            mark = Text("本文所示", "shown here") if level.id == self.resolved.level else _NOTHING
            entries.append(
                (level.title.text, self.say(mark), rows or [(Text("级别", "Level"), Text("常态", "the normal one"))])
            )
        return self._chapter(Text("级别", "Levels"), _NOTHING, entries)

    def _chapter(
        self, title: Text, note: Text, entries: Sequence[tuple[Text, str, Sequence[tuple[Text, Text]]]]
    ) -> Chapter:
        parts = tuple(
            Part(
                self.say(name),
                (mark,) if mark else (),
                tuple(Row(self.say(label), self.say(value)) for label, value in rows),
            )
            for name, mark, rows in entries
        )
        return Chapter(self.say(title), self.say(note), parts)


def _marks(m: AnyMeasure) -> Iterator[Text]:
    yield kinds.WORDS[m.kind]
    if m.waiver == "none":
        yield Text("红线", "red line")
    if not m.active:
        yield Text("此级别不启用", "not asked at this level")
    if m.provisional:
        yield Text("仅供阅读，尚未执行", "read only, not yet executed")


def fours(digest: str) -> str:
    """Return a digest in groups of four, so that two people can compare it aloud."""
    return " ".join(digest[i : i + 4] for i in range(0, len(digest), 4))
