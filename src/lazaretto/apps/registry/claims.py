"""What a row of a table or a form says of a person: read, checked, and refused by the column it stands in."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from lazaretto.apps.registry import identity
from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.protocol.clock import local_day, parse_moment
from lazaretto.protocol.text import Text

SEXES = {"male": "male", "m": "male", "男": "male", "1": "male", "female": "female", "f": "female", "女": "female",
         "2": "female", "": "", "unknown": "unknown", "未知": "unknown", "0": "unknown", "9": "unknown"}  # fmt: skip
UNKNOWN = frozenset({"unknown", "不详", "未知", "?"})
_YEAR, _MONTH = re.compile(r"\d{4}"), re.compile(r"(\d{4})-(\d{1,2})")
_SEVERAL = re.compile("[;；、]")


class Population(NamedTuple):
    """A population code over its base class."""

    code: str
    base: str


def values_of(row: Row, populations: Mapping[str, Population], zone: str, today: date) -> dict[str, Any]:
    """
    Return the fields of a person that a row gives.

    :raises RowError: by column, if one of them cannot be.
    """
    word = row.need("population")
    population = populations.get(word) or populations.get(word.lower())
    if population is None:
        known = "、".join(sorted({p.code for p in populations.values()}))
        raise RowError(
            "population",
            Text(f"没有人群“{word}”，可用：{known}", f"there is no population {word!r}; known: {known}"),
        )
    sex = SEXES.get(row.text("sex").lower())
    if sex is None:
        raise RowError("sex", Text("性别填 男/女/未知", "sex is male, female or unknown"))
    kind, number = _identity(row)
    born, precision = _birth_date(row, zone, today)
    return {
        "population": population.code, "base": population.base, "name": _name(row.text("name")), "sex": sex,
        "birth_date": born, "birth_precision": precision, "identity_kind": kind, "identity_number": number,
    }  # fmt: skip


def names_in(text: str) -> list[str]:
    """Return the names that stand in one cell."""
    return [name.strip()[:120] for name in _SEVERAL.split(text) if name.strip()]


def checked_code(row: Row) -> str:
    """Return the code of a row. :raises RowError: if it cannot be one."""
    code = row.need("code")
    if len(code) > 60 or any(c in code for c in "/:|") or not code.isprintable():
        raise RowError("code", Text("编号最多 60 字，不含 / : |", "a code has up to 60 characters and none of / : |"))
    return code


def _name(text: str) -> str:
    return "" if text.lower() in UNKNOWN else text[:120]


def _identity(row: Row) -> tuple[str, str]:
    word, number = row.text("identity_kind"), row.text("identity_number")
    kind = identity.WORDS.get(word, word.lower())
    if not kind and number:
        kind = "national_id" if len(number.strip()) in (15, 18) else ""
    if kind not in ("", "national_id", "passport", "permit", "none", "unknown"):
        raise RowError(
            "identity_kind",
            Text(
                "证件类型填 身份证/护照/通行证/无/不详",
                "identity_kind is national_id, passport, permit, none or unknown",
            ),
        )
    try:
        return kind, identity.checked(kind, number)
    except identity.WrongIdentity as error:
        raise RowError("identity_number", error.message) from None


def _birth_date(row: Row, zone: str, today: date) -> tuple[date | None, str]:
    """Return a birth date and how exactly it is known: a year alone, or a year and month, are enough."""
    text = row.text("birth_date")
    if not text or text.lower() in UNKNOWN:
        return None, ""
    try:
        if _YEAR.fullmatch(text):
            born, precision = date(int(text), 1, 1), "year"
        elif found := _MONTH.fullmatch(text):
            born, precision = date(int(found[1]), int(found[2]), 1), "month"
        else:
            born, precision = local_day(zone, parse_moment(text, zone)), "day"
    except ValueError:
        raise RowError(
            "birth_date",
            Text(
                f"看不懂日期“{text}”，写作 1980-05-20、1980-05 或 1980",
                f"cannot read the date {text!r}; write 1980-05-20, 1980-05 or 1980",
            ),
        ) from None
    if born > today or born.year < 1880:
        raise RowError("birth_date", Text(f"出生日期 {text} 不可能", f"nobody here was born on {text}"))
    return born, precision
