"""What stands on the paper that a person gets: everything on file, and who looked."""

from collections.abc import Mapping
from typing import Any

from lazaretto.apps.console.presenters import words
from lazaretto.apps.registry.movements import KINDS
from lazaretto.apps.registry.standings import KEYS
from lazaretto.papers.protocol import Chapter, Paper, Part, Row
from lazaretto.protocol.clock import local
from lazaretto.protocol.document import Document
from lazaretto.protocol.text import Text

_TITLE = Text("本人档案副本", "Copy of a person's file")
_NOTE = Text(
    "本机构档案中关于本人的全部内容，以及谁查看过敏感内容。有误可要求更正。",
    "Everything on file about the person here, and who looked at what is sensitive. What is wrong can be asked to be corrected.",
)
_CHAPTERS = {
    "person": Text("本人", "The person"), "aliases": Text("其他名字", "Other names"), "presence": Text("在哪里", "Where"),
    "movements": Text("变动", "Movements"), "standings": Text("状态", "What was so"),
    "assignments": Text("岗位和单位", "Posts and units"), "legal_dates": Text("法定日期", "Lawful dates"),
    "facts": Text("巡查记录", "What rounds found"), "excuses": Text("免做", "Rounds not owed"),
    "who_looked": Text("谁看过", "Who looked"), "held_claims": Text("待定记录", "Records that waited"),
}  # fmt: skip
_FIELDS = {
    "code": Text("编号", "code"), "population": Text("人群", "population"), "name": Text("姓名", "name"),
    "sex": Text("性别", "sex"), "birth_date": Text("出生日期", "birth date"),
    "birth_precision": Text("出生日期精度", "precision of the birth date"),
    "identity_kind": Text("证件类型", "document"), "identity_number": Text("证件号码", "document number"),
    "unit": Text("单位", "unit"), "merged_into": Text("并入", "merged into"), "merged_at": Text("并入时间", "merged at"),
    "kind": Text("类型", "kind"), "place": Text("场所", "place"), "from": Text("起", "from"), "to": Text("止", "to"),
    "source": Text("来源", "source"), "entry": Text("进入原因", "came by"), "exit": Text("离开原因", "left by"),
    "number": Text("编号", "number"), "occurred_at": Text("发生时间", "occurred at"),
    "recorded_at": Text("登记时间", "recorded at"), "counterpart": Text("去向或来处", "where to or from"),
    "reason": Text("理由", "reason"), "back_by": Text("应返时间", "due back"), "voided_at": Text("作废时间", "void since"),
    "void_reason": Text("作废理由", "void because"), "key": Text("项目", "key"), "value": Text("值", "value"),
    "on": Text("日期", "date"), "id": Text("标识", "id"), "observation": Text("观测", "observation"),
    "observed_at": Text("观测时间", "observed at"), "outcome": Text("结果", "outcome"), "ucum": Text("单位", "unit"),
    "method": Text("方法", "method"), "site": Text("部位", "site"), "device": Text("设备", "device"),
    "supersedes": Text("更正", "corrects"), "note": Text("备注", "note"), "scope": Text("范围", "scope"),
    "measure": Text("措施", "measure"), "withdrawn_at": Text("撤回时间", "withdrawn at"),
    "read_at": Text("查看时间", "looked at"), "fields": Text("看了什么", "what"), "where": Text("在哪里看", "where"),
    "why": Text("理由", "why"), "name_zh": Text("谁", "who"), "name_en": Text("谁（英文名）", "who (English name)"),
    "username": Text("用户", "user"), "voided_by": Text("作废人", "made void by"), "layer": Text("层", "layer"),
    "claimed_at": Text("原报时间", "claimed time"), "state": Text("状态", "state"),
}  # fmt: skip
_KINDS = {k: v.title for k, v in KINDS.items()} | words.ASSIGNMENTS | words.LEGAL | words.ALIASES
OUTCOMES = {
    "done": Text("做了", "done"), "refused": Text("拒绝", "refused"), "unable": Text("不能", "unable"),
    "not_done": Text("没做", "not done"), "void": Text("作废", "void"),
}  # fmt: skip
#: The words of the values of a field.
_TABLES: dict[str, Mapping[str, Any]] = {
    "sex": words.SEXES, "identity_kind": words.IDENTITY, "entry": words.REASONS, "exit": words.REASONS,
    "source": words.SOURCES, "kind": _KINDS, "key": {k: v.title for k, v in KEYS.items()},
    "birth_precision": {"day": Text("到日", "to the day"), "month": Text("到月", "to the month"), "year": Text("到年", "to the year")},
    "outcome": OUTCOMES,
    "state": {
        "waiting": Text("待定", "waiting"), "taken": Text("已收录", "taken in"), "refused": Text("已退回", "refused"),
    },
    "fields": {
        "everything": Text("全部", "everything"), "identity_number": Text("证件号码", "document number"),
        "facts": Text("巡查记录", "what rounds found"),
    },
    "where": {
        "copy for the person": Text("为本人打印", "copy for the person"), "person file": Text("一人一档", "the person's file"),
        "people.xlsx": Text("名单导出", "list taken out"),
    },
}  # fmt: skip
_MOMENTS = {"from", "to", "occurred_at", "recorded_at", "back_by", "voided_at", "merged_at", "observed_at", "read_at",
            "withdrawn_at", "claimed_at"}  # fmt: skip
#: What only machines need, or names somebody else.
_LEFT_OUT = {"ref", "by", "subject_kind", "person", "layer", "voided_by"}
_WHO = {"subject"}


def as_paper(copied: Mapping[str, Any], facility: Any, language: str, document: Document | None) -> Paper:
    """Return the paper of a copy, in one language, in the words of the protocol in force."""
    said = _Said(facility.zone, language, document)
    names = Text(
        facility.organisation.name_zh or facility.code,
        facility.organisation.name_en or facility.organisation.name_zh or facility.code,
    )
    first = copied["files"][0]["person"]
    made = said.moment(copied["made_at"])
    chapters = [said.chapter(file) for file in copied["files"]]
    chapters.append(
        Chapter(said.in_(_CHAPTERS["who_looked"]), "", tuple(said.part(r, "read_at", ()) for r in copied["who_looked"]))
    )
    return Paper(
        language="zh" if language.startswith("zh") else "en",
        title=said.in_(_TITLE),
        subtitle=f"{first['name']} {first['code']}".strip(),
        facts=(Row(said.in_(Text("机构", "facility")), said.in_(names)), Row(said.in_(Text("制作", "made")), made),
               Row("", said.in_(_NOTE))),
        contents=said.in_(Text("目录", "Contents")),
        chapters=tuple(chapters),
        foot=f"{said.in_(names)} · {first['code']} · {made}",
        on=local(facility.zone, copied["made_at"]).date(),
    )  # fmt: skip


class _Said:
    def __init__(self, zone: str, language: str, document: Document | None) -> None:
        self.zone, self.language = zone, language
        self.tables = dict(_TABLES)
        if document is not None:
            self.tables["population"] = {p.id: p.title for p in document.populations}
            self.tables["observation"] = {o.id: o.title for o in document.observations}

    def in_(self, text: Any) -> str:
        """Return a text of ours or a title of the protocol in the language of the paper."""
        return str(text.zh if self.language.startswith("zh") else text.en)

    def moment(self, ms: int) -> str:
        return local(self.zone, ms).strftime("%Y-%m-%d %H:%M:%S")

    def chapter(self, file: Mapping[str, Any]) -> Chapter:
        """One file: the person, then each kind of row; a kind of which there is nothing says so."""
        parts = [self.part(file["person"], "", ("merged_into",), title=self.in_(_CHAPTERS["person"]))]
        for name, rows in file.items():
            if name == "person":
                continue
            lines = tuple(self.line(row) for row in rows)
            nothing = Row("", self.in_(Text("没有记录", "nothing on file")))
            title = self.in_(_CHAPTERS.get(name, Text(name, name)))
            parts.append(Part(f"{title} {len(rows)}", (), lines or (nothing,)))
        return Chapter(file["person"]["code"], "", tuple(parts))

    def part(self, record: Mapping[str, Any], head: str, without: Any, title: str = "") -> Part:
        rows = tuple(
            Row(self.field(k), self.value(k, v))
            for k, v in record.items()
            if v not in (None, "") and k not in _LEFT_OUT and k not in _WHO and k != head
        )
        return Part(title or self.value(head, record[head]), (), rows)

    def line(self, record: Mapping[str, Any]) -> Row:
        """One row of a table: when, and everything else that is said."""
        first = next(
            (k for k in ("occurred_at", "observed_at", "from", "on", "name") if record.get(k) not in (None, "")), ""
        )
        cells = [
            (self.field(k), self.value(k, v))
            for k, v in record.items()
            if v not in (None, "") and k not in _LEFT_OUT and k not in _WHO and k != first
        ]
        return Row(self.value(first, record[first]) if first else "—", "", tuple(cells))

    def field(self, name: str) -> str:
        return self.in_(_FIELDS[name]) if name in _FIELDS else name

    def value(self, name: str, value: Any) -> str:
        if name in _MOMENTS and isinstance(value, int):
            return self.moment(value)
        found = self.tables.get(name, {}).get(str(value))
        return self.in_(found) if found is not None else str(value)
