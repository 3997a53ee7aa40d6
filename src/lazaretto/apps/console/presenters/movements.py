"""The register of movements in words."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.forms import Field
from lazaretto.apps.console.presenters import words
from lazaretto.apps.console.presenters.person import may_enter
from lazaretto.apps.registry.movements import KINDS
from lazaretto.web.dates import chinese
from lazaretto.web.figures import count
from lazaretto.web.templatetags.lz import person_name


def sentence(n: int, late: int) -> str:
    said = ngettext("%(n)s movement in this list.", "%(n)s movements in this list.", n) % {"n": count(n)}
    if not late:
        return words.sentences(said, gettext("Nobody is overdue."))
    return words.sentences(said, ngettext("%(n)s person is overdue.", "%(n)s people are overdue.", late) % {"n": late})


def rows(found: Iterable[Any], asked: Any, users: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_row(m, asked, users) for m in found]


def _row(m: Any, asked: Any, users: Mapping[str, Any]) -> dict[str, Any]:
    zone, today = asked.facility.zone, asked.today
    return {
        "number": m.number,
        "code": m.person.code,
        "name": m.person.name or gettext("name unknown"),
        "when": words.when(m.occurred_at, zone, today),
        "kind": words.movement(m.kind),
        "where": words.place_name(m.place) if m.place else m.counterpart,
        "reason": m.reason,
        "back_by": words.when(m.back_by, zone, today),
        "by": actor(m.by, users),
        "recorded": words.when(m.recorded_at, zone, today),
        "void": m.void_reason if m.voided_at is not None else "",
        "may_void": m.voided_at is None and m.kind in KINDS and may_enter(asked.may, m.kind),
    }


def actor(ref: str, users: Mapping[str, Any]) -> str:
    if ref in users:
        return person_name(users[ref])
    return words.word(words.MACHINES, ref) if ref in words.MACHINES else ""


def overdue(found: Iterable[Any], asked: Any, now: int) -> list[dict[str, str]]:
    """Return who is overdue, where to, and for how long."""
    return [
        {
            "code": m.person.code,
            "name": m.person.name or gettext("name unknown"),
            "kind": words.movement(m.kind),
            "where": m.counterpart,
            "back_by": words.when(m.back_by, asked.facility.zone, asked.today),
            "for": _length(now - m.back_by),
        }
        for m in found
    ]


def _length(ms: int) -> str:
    minutes = ms // 60_000
    days, hours = divmod(minutes // 60, 24)
    if days:
        return f"{days} 天 {hours} 时" if chinese() else f"{days} d {hours} h"
    return f"{hours} 时 {minutes % 60} 分" if chinese() else f"{hours} h {minutes % 60} min"


def filters(given: Mapping[str, str]) -> list[Field]:
    kinds = [("", gettext("all")), *((k, words.movement(k)) for k in KINDS)]
    return [
        Field("kind", gettext("Kind"), value=given["kind"], options=kinds, kind="select"),
        Field("from", gettext("From"), value=given["from"], kind="date"),
        Field("to", gettext("To"), value=given["to"], kind="date"),
    ]


def lines(found: Iterable[Any], asked: Any, users: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Return the register as a table."""
    yield [gettext("number"), gettext("when"), gettext("code"), gettext("name"), gettext("kind"),
           gettext("where"), gettext("reason"), gettext("due back"), gettext("recorded by"), gettext("recorded at"),
           gettext("void because")]  # fmt: skip
    for m in found:
        row = _row(m, asked, users)
        yield [
            row[k]
            for k in ("number", "when", "code", "name", "kind", "where", "reason", "back_by", "by", "recorded", "void")
        ]


def before(m: Any) -> str:
    """Return what will be so again once a movement is void."""
    if m.closed is not None:
        return gettext("%(code)s is in %(place)s again, as before.") % {
            "code": m.person.code,
            "place": words.place_name(m.closed.place),
        }
    if m.opened is not None:
        return gettext("%(code)s is outside again, as before.") % {"code": m.person.code}
    return gettext("The register keeps it, struck out, with the reason.")
