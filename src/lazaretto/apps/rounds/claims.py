"""
What programs send: a fact as its writer claims it, and a batch of them. Checked for shape here, for meaning at the border.

A fact is a plain dict, not an object: hundreds come at once.
"""

from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic asks for this one below Python 3.12

from lazaretto.apps.registry.tables import RowError
from lazaretto.protocol.text import Text

MAX_FACTS = 1000
_SHAPE = ConfigDict(extra="forbid", coerce_numbers_to_str=True, str_strip_whitespace=True)
Moment = Annotated[str, Field(max_length=40, description="2026-03-17T08:00+08:00, or without offset in facility time")]


class FactIn(TypedDict):
    """A fact as its writer claims it; fields as in the import table. Left out is empty; `source` is then `api`."""

    __pydantic_config__ = _SHAPE  # type: ignore[misc]

    id: Annotated[str, Field(min_length=1, max_length=64)]
    observation: str
    subject_kind: NotRequired[str]
    subject: str
    observed_at: Moment
    outcome: NotRequired[str]
    value: NotRequired[str]
    ucum: NotRequired[str]
    method: NotRequired[str]
    site: NotRequired[str]
    device: NotRequired[str]
    by: NotRequired[str]
    source: NotRequired[str]
    reason: NotRequired[str]
    supersedes: NotRequired[str]
    note: NotRequired[str]


class FactsIn(TypedDict):
    """A batch of facts for one facility. `device` is what the sender calls itself, `device_now` what its clock shows."""

    __pydantic_config__ = _SHAPE  # type: ignore[misc]

    facility: str
    device: NotRequired[Annotated[str, Field(max_length=60)]]
    device_now: NotRequired[Moment]
    facts: Annotated[list[FactIn], Field(max_length=MAX_FACTS)]


_FACT, _FACTS, _ANY = TypeAdapter(FactIn), TypeAdapter(FactsIn), TypeAdapter(dict[str, Any])
_NUL = b"\\u0000"


def read_batch(body: bytes, source: str = "api") -> FactsIn:
    """:raises ValidationError: if a body is no batch of facts."""
    batch = _FACTS.validate_json(_without_nul(body))
    for fact in batch["facts"]:
        fact.setdefault("source", source)
    return batch


def read_claim(text: bytes, source: str = "api") -> FactIn | RowError:
    """Return the claim that a line makes, or why it makes none."""
    try:
        fact = _FACT.validate_json(_without_nul(text))
    except ValidationError as error:
        return told(error)
    fact.setdefault("source", source)
    return fact


def read_message(payload: bytes, facility: str) -> FactsIn:
    """
    Return a message of a device, one fact or a batch, as a batch; its facility need not be said again.

    :raises ValidationError: if it is neither.
    """
    said = _ANY.validate_json(_without_nul(payload))
    found = {"facility": facility, **said} if "facts" in said else {"facility": facility, "facts": [said]}
    batch = _FACTS.validate_python(found)
    for fact in batch["facts"]:
        fact.setdefault("source", "mqtt")
    return batch


def _without_nul(text: bytes) -> bytes:
    """No database takes the character 0; it says nothing."""
    return text.replace(_NUL, b"") if _NUL in text else text


def told(error: ValidationError) -> RowError:
    """Return the first thing that is wrong with what was sent."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    column = str(first["loc"][-1]) if first["loc"] else ""
    return RowError(column, Text(f"格式不对：{first['msg']}", f"not in the expected form: {first['msg']}"))


def schema(batch: bool) -> dict[str, Any]:
    """Return the JSON schema of a batch, or of one fact, with nothing to be looked up elsewhere."""
    found = (_FACTS if batch else _FACT).json_schema()
    fact = found.pop("$defs", {}).get("FactIn")
    if fact is not None:
        found["properties"]["facts"]["items"] = fact
    return found
