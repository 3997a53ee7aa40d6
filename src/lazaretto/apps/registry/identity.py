"""
Identity numbers: the resident identity card of the mainland (GB 11643, with its check character), passports, permits,
and people who have none or whose number nobody knows.

>>> checked("national_id", "11010519491231002x")
'11010519491231002X'
"""

import re
from datetime import date
from typing import NamedTuple

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from lazaretto.protocol.text import Text

_PASSPORT = re.compile(r"[A-Z0-9]{5,20}")
_OLD = re.compile(r"\d{15}")
WORDS: dict[str, str] = {
    "身份证": "national_id", "居民身份证": "national_id", "护照": "passport", "通行证": "permit", "居留证": "permit",
    "无": "none", "没有": "none", "不详": "unknown", "未知": "unknown",
}  # fmt: skip


class WrongIdentity(ValueError):
    """A number that cannot be one of its kind, and why."""

    def __init__(self, message: Text) -> None:
        super().__init__(str(message))
        self.message = message


class Card(NamedTuple):
    """What a mainland identity number says of its holder."""

    birth_date: date
    sex: str


def checked(kind: str, number: str) -> str:
    """
    Return the number as it is kept: upper case, no blanks, a number of the 15-digit card as its 18 characters.

    :raises WrongIdentity: if it cannot be one.
    """
    text = re.sub(r"[\s\-–—]", "", number).upper().replace("Ｘ", "X")
    if kind in ("", "none", "unknown"):
        if text:
            raise WrongIdentity(Text("写了号码，请写明证件类型", "there is a number: say of what kind it is"))
        return ""
    if not text:
        raise WrongIdentity(
            Text("缺少证件号码；没有就选“无”或“不详”", "the number is missing; else choose none or unknown")
        )
    if kind != "national_id":
        if not _PASSPORT.fullmatch(text):
            raise WrongIdentity(
                Text("证件号码应为 5–20 位字母数字", "a document number has 5 to 20 letters and digits")
            )
        return text
    if _OLD.fullmatch(text):
        body = f"{text[:6]}19{text[6:]}"
        text = body + ric.calc_check_digit(body + "0")
    try:
        ric.validate(text)
    except (ValidationError, KeyError):  # a county that is not in its table
        raise WrongIdentity(
            Text(
                "身份证号码不对：位数、日期或校验位有误，请核对",
                "not an identity number: length, date or check character is wrong",
            )
        ) from None
    return text


def card(number: str) -> Card:
    """Return what an identity number that was checked says."""
    return Card(ric.get_birth_date(number), "male" if int(number[16]) % 2 else "female")


def masked(number: str) -> str:
    """Return a number by which its holder can be told apart and not found: the last four characters."""
    return f"…{number[-4:]}" if len(number) > 6 else "…" if number else ""
