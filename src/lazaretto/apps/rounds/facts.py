"""
What a fact must look like at the border, whatever door it comes through.

A claim is the outside's words (a dict of text); what is `Admitted` is ours. Errors say which field and what to do.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.db import connection

from lazaretto.apps.registry.models import Facility
from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds.models import CONTENT
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
#: What a table says in the same way of many rows.
SAID = ("observation", "outcome", "value", "supersedes", *LENGTHS)
#: How far a clock may be off, and a claim ahead of ours, before it matters.
AHEAD_MS = 120_000
#: How many of a kind a border keeps in mind.
KEPT = 20_000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)?", re.ASCII)
#: What the seconds after a minute add to it.
SECONDS = {f":{second:02d}": second * 1000 for second in range(60)}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

_REGISTERS = {
    "person": "registry_person", "place": "registry_place", "asset": "registry_asset", "group": "registry_group",
}  # fmt: skip
_AMONG = {"sqlite": " AND code IN (SELECT value FROM json_each(%s))", "postgresql": " AND code = ANY(%s)"}

#: Which codes a claim may mean, by the kind of subject.
Registers = Mapping[str, Collection[str]]


class Admitted(NamedTuple):
    """A fact that the border let in, not yet recorded. The fields are those of the table, in its order."""

    id: str
    observation: str
    subject_kind: str
    subject: str
    observed_at: int
    outcome: str
    value: str
    ucum: str
    method: str
    site: str
    device: str
    by: str
    source: str
    reason: str
    supersedes: str
    note: str
    claimed_at: int | None = None

    def claimed(self) -> "Admitted":
        """Return the fact as its writer's clock had it: this is what is the same when it is sent again."""
        return self if self.claimed_at is None else self._replace(observed_at=self.claimed_at, claimed_at=None)

    def content(self) -> dict[str, Any]:
        """Return what makes two facts of one id the same."""
        return dict(zip(CONTENT, self.claimed()[1:-1], strict=True))


class Waits(RowError):
    """A claim about a time that cannot be believed as it stands: a person has to decide. `why` says what is wrong."""

    def __init__(self, fact: Admitted, why: str) -> None:
        super().__init__("observed_at", WAITS[why])
        self.fact, self.why = fact, why


WAITS = {
    "future": Text("这个时间还没到，请核对", "this time is in the future; check it"),
    "before_last_sync": Text(
        "时间早于设备上次同步前 7 天，请核对", "this is from more than 7 days before the device's last sync; check it"
    ),
}


def registers(facility: Facility, codes: Iterable[str] | None = None) -> Registers:
    """Return the codes of who and what is on file, by kind: all of them, or those among `codes`, in one query."""
    found: dict[str, set[str]] = {kind: set() for kind in _REGISTERS} | {"facility": {facility.code}}
    only, asked = ("", None) if codes is None else (_AMONG[connection.vendor], list(codes))
    said = json.dumps(asked) if connection.vendor == "sqlite" else asked
    selects = [f"SELECT '{kind}', code FROM {name} WHERE facility_id = %s{only}" for kind, name in _REGISTERS.items()]
    values = [facility.pk] if asked is None else [facility.pk, said]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects), values * len(selects))
        for kind, code in cursor.fetchall():
            found[kind].add(code)
    return found


@dataclass(slots=True)
class Border:
    """
    What claims are checked against: the words of the protocol and who and what is on file. `known` are the codes on
    file, where the caller has looked up only those that its claims name. `skew` is how far the writer's clock is behind
    ours: times are put right by it. What is before `oldest`, or ahead of our clock, `Waits`.

    What was made of a subject, a minute or the rest of a row is kept: the rows of a table say the same over and over.
    """

    facility: Facility
    document: Document
    now: int
    known: Registers | None = None
    skew: int = 0
    oldest: int = 0
    observations: dict[str, str] = field(init=False)
    registers: Registers = field(init=False)
    _subjects: dict[tuple[str, str], tuple[str, str]] = field(init=False, default_factory=dict)
    _manners: dict[tuple[str | None, ...], tuple[str, ...]] = field(init=False, default_factory=dict)
    _minutes: dict[tuple[str, str], int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.registers = registers(self.facility) if self.known is None else self.known
        self.observations = {}
        for known in self.document.observations:
            self.observations |= {known.id: known.id, known.title.zh: known.id, known.title.en.lower(): known.id}

    def admit(self, claim: Mapping[str, str]) -> Admitted:
        """Return the fact that a claim makes, not yet saved. :raises RowError: if it cannot be admitted."""
        said = tuple(map(claim.get, SAID))
        manner = self._manners.get(said)
        if manner is None:
            if len(self._manners) > KEPT:
                self._manners.clear()
            manner = self._manners[said] = self.manner(claim)
        return self.fact(manner, claim)

    def fact(self, manner: tuple[str, ...], claim: Mapping[str, str]) -> Admitted:
        """Return the fact of a manner (see `manner`) and of what else a claim says: who, when, and its id."""
        get = claim.get
        code, word = get("subject", ""), get("subject_kind", "")
        kind, subject = self._subjects.get((code, word)) or self._subject(code, word)
        observed_at = self.moment(get("observed_at", ""))
        id_ = get("id", "")
        if id_:
            id_ = id_.lower() if _UUID.fullmatch(id_) else self._id(id_, "id")
        fact = Admitted(id_, manner[0], kind, subject, observed_at, *manner[1:])  # type: ignore[arg-type]
        if not id_:
            fact = fact._replace(id=self._derived_id(fact))
        if fact.supersedes and fact.supersedes == fact.id:
            raise RowError("supersedes", Text("不能更正自己", "a fact cannot supersede itself"))
        if self.skew:
            observed_at += self.skew
            fact = fact._replace(observed_at=observed_at, claimed_at=fact.observed_at)
        if not self.oldest <= observed_at <= self.now + AHEAD_MS:
            raise self._unbelievable(fact)
        return fact

    def _unbelievable(self, fact: Admitted) -> RowError:
        if fact.observed_at < 0:
            return RowError("observed_at", Text("时间太早", "this is too long ago"))
        return Waits(fact, "future" if fact.observed_at > self.now else "before_last_sync")

    def manner(self, claim: Mapping[str, str]) -> tuple[str, ...]:
        """Return everything in a claim but who, when and the id: many of a table's rows have it in common."""
        get = claim.get
        observation = self._observation(claim)
        outcome = OUTCOMES.get(get("outcome", "").lower())
        if outcome is None:
            raise RowError(
                "outcome",
                Text(
                    "结果填 done、refused、unable、not_done 或 void",
                    "outcome is done, refused, unable, not_done or void",
                ),
            )
        value, ucum = self._value(get("value", ""), get("ucum", ""), observation, outcome)
        for name, length in LENGTHS.items():
            if len(get(name, "")) > length:
                raise RowError(name, Text(f"{name} 最多 {length} 字", f"{name} has at most {length} characters"))
        method, site, device, by, source, reason, note = (get(name, "") for name in LENGTHS if name != "ucum")
        supersedes = self._id(get("supersedes", ""), "supersedes")
        if outcome == "void" and not supersedes:
            raise RowError("supersedes", Text("作废须写明作废哪一条", "a void says which fact it supersedes"))
        return observation, outcome, value, ucum, method, site, device, by, source, reason, supersedes, note

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

    def _subject(self, code: str, word: str) -> tuple[str, str]:
        found = self._subjects[code, word] = self._resolved(code, word.lower())
        return found

    def _resolved(self, code: str, word: str) -> tuple[str, str]:
        prefix, _, rest = code.partition(":")
        if rest and prefix in self.registers and word in ("", prefix):
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
        found = [k for k, codes in self.registers.items() if k == (kind or k) and code in codes]
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

    def moment(self, text: str) -> int:
        """Return the instant at which something was observed. :raises RowError: if it cannot be."""
        minute, second = self._minutes.get((text[:16], text[19:])), SECONDS.get(text[16:19])
        return self._observed_at(text) if minute is None or second is None else minute + second

    def _observed_at(self, text: str) -> int:
        try:
            return self._moment(text)
        except (ValueError, OverflowError):
            raise RowError(
                "observed_at",
                Text(
                    f"看不懂时间“{text}”，写作 2026-03-17 08:00 或 2026-03-17T08:00+08:00",
                    f"cannot read the time {text!r}; write 2026-03-17 08:00 or 2026-03-17T08:00+08:00",
                ),
            ) from None

    def _moment(self, text: str) -> int:
        """Return what `parse_moment` does, and keep a past minute: other seconds follow it in other rows."""
        moment = parse_moment(text, self.facility.zone)
        second = SECONDS.get(text[16:19])
        if second is not None and _MOMENT.fullmatch(text) and 0 <= moment <= self.now - 60_000:
            if len(self._minutes) > KEPT:
                self._minutes.clear()
            self._minutes[text[:16], text[19:]] = moment - second
        return moment

    def _value(self, text: str, ucum: str, observation: str, outcome: str) -> tuple[str, str]:
        type_ = self.document.observation(observation)
        assert type_ is not None
        if outcome != "done" or type_.value == "none":
            return text[:40], ucum
        if not text:
            if type_.value == "required":
                raise RowError("value", Text(f"{type_.title.zh}须有数值", f"{type_.title.en} needs a value"))
            return "", ucum
        if type_.ucum is None:
            return text[:40], ucum
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

    def _id(self, text: str, column: str) -> str:
        if not text:
            return ""
        if _UUID.fullmatch(text):
            return text.lower()
        if not _ID.fullmatch(text):
            raise RowError(
                column, Text("标识应为 UUID，或最多 64 个字母数字", "an id is a UUID, or up to 64 letters and digits")
            )
        return text

    def _derived_id(self, fact: Admitted) -> str:
        """A sheet without ids gets them from its content, so that handing it in twice is a no-op."""
        said = "|".join(str(v) for v in [self.facility.code, *fact[1:-1]])
        return "c-" + hashlib.sha256(said.encode()).hexdigest()[:32]
