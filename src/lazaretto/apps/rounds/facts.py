"""
What a fact must look like at the border, whatever door it comes through.

A claim is the outside's words (a dict of text); a `Fact` is ours. Errors say which field and what to do.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from lazaretto.apps.registry.models import Facility
from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds.models import CONTENT, Fact
from lazaretto.protocol.clock import parse_moment
from lazaretto.protocol.document import Document
from lazaretto.protocol.text import Text

FIELDS = ("id", *CONTENT)
OUTCOMES = {
    "": "done", "done": "done", "做了": "done", "已做": "done", "完成": "done",
    "refused": "refused", "拒绝": "refused", "unable": "unable", "不能": "unable", "无法": "unable",
    "not_done": "not_done", "未做": "not_done", "没做": "not_done", "void": "void", "作废": "void",
}  # fmt: skip
KINDS = {
    "person": "person", "人员": "person", "人": "person", "place": "place", "场所": "place", "地点": "place",
    "asset": "asset", "设备": "asset", "物品": "asset", "group": "group", "班组": "group", "单位": "group",
    "facility": "facility", "机构": "facility",
}  # fmt: skip
LENGTHS = {"ucum": 20, "method": 40, "site": 40, "device": 60, "by": 60, "source": 20, "reason": 120, "note": 500}
#: How far a claim may lie ahead of our clock before it is refused.
AHEAD_MS = 120_000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(slots=True)
class Border:
    """What claims are checked against: the words of the protocol and who and what is on file."""

    facility: Facility
    document: Document
    now: int
    people: frozenset[str] = field(init=False)
    places: frozenset[str] = field(init=False)
    assets: frozenset[str] = field(init=False)
    groups: frozenset[str] = field(init=False)
    observations: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        facility = self.facility
        self.people = frozenset(facility.people.values_list("code", flat=True))
        self.places = frozenset(facility.places.values_list("code", flat=True))
        self.assets = frozenset(facility.assets.values_list("code", flat=True))
        self.groups = frozenset(facility.groups.values_list("code", flat=True))
        self.observations = {}
        for known in self.document.observations:
            self.observations |= {known.id: known.id, known.title.zh: known.id, known.title.en.lower(): known.id}

    def admit(self, claim: Mapping[str, str]) -> Fact:
        """Return the fact that a claim makes, not yet saved. :raises RowError: if it cannot be admitted."""
        observation = self._observation(claim)
        kind, subject = self._subject(claim)
        observed_at = self._observed_at(claim)
        outcome = OUTCOMES.get(claim.get("outcome", "").lower())
        if outcome is None:
            raise RowError(
                "outcome",
                Text(
                    "结果填 done、refused、unable、not_done 或 void",
                    "outcome is done, refused, unable, not_done or void",
                ),
            )
        value, ucum = self._value(claim, observation, outcome)
        texts = {name: self._text(claim, name) for name in LENGTHS if name != "ucum"}
        fact = Fact(
            facility=self.facility, observation=observation, subject_kind=kind, subject=subject,
            observed_at=observed_at, outcome=outcome, value=value, ucum=ucum,
            supersedes=self._id(claim.get("supersedes", ""), "supersedes"), **texts,
        )  # fmt: skip
        fact.id = self._id(claim.get("id", ""), "id") or self._derived_id(fact)
        if fact.outcome == "void" and not fact.supersedes:
            raise RowError("supersedes", Text("作废须写明作废哪一条", "a void says which fact it supersedes"))
        if fact.supersedes == fact.id:
            raise RowError("supersedes", Text("不能更正自己", "a fact cannot supersede itself"))
        return fact

    def _observation(self, claim: Mapping[str, str]) -> str:
        word = claim.get("observation", "")
        known = self.observations.get(word) or self.observations.get(word.lower())
        if known is None:
            names = ", ".join(o.id for o in self.document.observations)
            raise RowError(
                "observation",
                Text(f"没有观测“{word}”，可用：{names}", f"there is no observation {word!r}; known: {names}"),
            )
        return known

    def _subject(self, claim: Mapping[str, str]) -> tuple[str, str]:
        code, word = claim.get("subject", ""), claim.get("subject_kind", "").lower()
        registers = {"person": self.people, "place": self.places, "asset": self.assets, "group": self.groups,
                     "facility": frozenset({self.facility.code})}  # fmt: skip
        prefix, _, rest = code.partition(":")
        if rest and prefix in registers and word in ("", prefix):
            word, code = prefix, rest
        kind = KINDS.get(word)
        if word and kind is None:
            raise RowError(
                "subject_kind",
                Text(
                    "对象类型填 person、place、asset、group 或 facility",
                    "subject_kind is person, place, asset, group or facility",
                ),
            )
        if kind == "facility" and not code:
            code = self.facility.code
        found = [k for k, codes in registers.items() if k == (kind or k) and code in codes]
        found = [k for k in found if k not in ("group", "facility")] or found[
            :1
        ]  # a unit is often called like its wing
        if len(found) > 1:
            raise RowError(
                "subject_kind",
                Text(f"{code} 不止一种，请写明对象类型", f"{code} is more than one thing; give subject_kind"),
            )
        if not found:
            raise RowError("subject", Text(f"没有对象 {code or '（空）'}", f"there is no subject {code or '(empty)'}"))
        return found[0], code

    def _observed_at(self, claim: Mapping[str, str]) -> int:
        text = claim.get("observed_at", "")
        try:
            moment = parse_moment(text, self.facility.zone)
        except (ValueError, OverflowError):
            raise RowError(
                "observed_at",
                Text(
                    f"看不懂时间“{text}”，写作 2026-03-17 08:00 或 2026-03-17T08:00+08:00",
                    f"cannot read the time {text!r}; write 2026-03-17 08:00 or 2026-03-17T08:00+08:00",
                ),
            ) from None
        if moment > self.now + AHEAD_MS:
            raise RowError("observed_at", Text(f"时间 {text} 还没到", f"{text} is in the future"))
        if moment < 0:
            raise RowError("observed_at", Text(f"时间 {text} 太早", f"{text} is too long ago"))
        return moment

    def _value(self, claim: Mapping[str, str], observation: str, outcome: str) -> tuple[str, str]:
        text, ucum = claim.get("value", ""), claim.get("ucum", "")
        type_ = self.document.observation(observation)
        assert type_ is not None
        if outcome != "done" or type_.value == "none":
            return text[:40], self._text(claim, "ucum")
        if not text:
            if type_.value == "required":
                raise RowError("value", Text(f"{type_.title.zh}须有数值", f"{type_.title.en} needs a value"))
            return "", self._text(claim, "ucum")
        if type_.ucum is None:
            return text[:40], self._text(claim, "ucum")
        return self._number(text, ucum, type_), type_.ucum

    def _number(self, text: str, ucum: str, type_: Any) -> str:
        try:
            number = Decimal(
                text.replace("．", ".").replace("，", ".") if text.count(",") == 0 else text.replace(",", ".")
            )
        except InvalidOperation:
            raise RowError("value", Text(f"数值看不懂：{text}", f"{text!r} is not a number")) from None
        if ucum and ucum not in (type_.ucum, "℃", "°C", "C") and type_.ucum == "Cel":
            raise RowError("ucum", Text("体温用摄氏度（Cel）", "give the temperature in Cel (°C)"))
        if not number.is_finite() or not type_.accepts(number):
            raise RowError(
                "value",
                Text(
                    f"{text} 不在 {type_.min}–{type_.max} 之间，请核对",
                    f"{text} is not between {type_.min} and {type_.max}; check it",
                ),
            )
        return f"{number:f}"

    def _text(self, claim: Mapping[str, str], name: str) -> str:
        text = claim.get(name, "")
        if len(text) > LENGTHS[name]:
            raise RowError(
                name, Text(f"{name} 最多 {LENGTHS[name]} 字", f"{name} has at most {LENGTHS[name]} characters")
            )
        return text

    def _id(self, text: str, column: str) -> str:
        if text and not _ID.fullmatch(text):
            raise RowError(
                column, Text("标识应为 UUID，或最多 64 个字母数字", "an id is a UUID, or up to 64 letters and digits")
            )
        return text.lower() if _UUID.fullmatch(text) else text

    def _derived_id(self, fact: Fact) -> str:
        """A sheet without ids gets them from its content, so that handing it in twice is a no-op."""
        said = "|".join(str(v) for v in [self.facility.code, *fact.content().values()])
        return "c-" + hashlib.sha256(said.encode()).hexdigest()[:32]
