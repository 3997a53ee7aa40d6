"""Posts in words: who holds them, and what is missing."""

from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.command.posts import DEPUTY, UNLISTED, Line, Responsibility
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.registry.models import Assignment
from lazaretto.protocol.assignment import Gap
from lazaretto.web.dates import moment


def said(found: list[Responsibility]) -> str:
    """Return the sentence that opens the page."""
    lines = [line for one in found for line in one.lines if line.post.per not in UNLISTED]
    empty = sum(any(g.code == "vacant" for g in line.missing) for line in lines)
    left = sum(len(one.left_out) for one in found)
    if not lines:
        return gettext("The protocol in force demands no posts.")
    parts = [
        ngettext("%(n)s post is empty", "%(n)s posts are empty", empty) % {"n": empty}
        if empty
        else gettext("no post is empty"),
        ngettext("%(n)s person is in nobody's charge", "%(n)s people are in nobody's charge", left) % {"n": left}
        if left
        else "",
    ]
    return (
        gettext("Of %(n)s posts that must be filled: ") % {"n": len(lines)}
        + gettext("; ").join(p for p in parts if p)
        + gettext(".")
    )


def group(one: Responsibility, zone: str) -> dict[str, Any]:
    return {
        "title": title(one.measure.title),
        "measure": one.measure.id,
        "lines": [_line(line, zone) for line in one.lines],
        "left_out": one.left_out[:200],
        "n_left_out": len(one.left_out),
        "clashes": [
            gettext("%(person)s holds two posts that one person may not hold") % {"person": gap.where}
            for gap in one.clashes
        ],
    }


def _line(line: Line, zone: str) -> dict[str, Any]:
    vacant = any(g.code == "vacant" for g in line.missing)
    since = ""
    if vacant:
        since = (
            gettext("empty since %(when)s") % {"when": moment(line.empty_since, zone)}
            if line.empty_since is not None
            else gettext("never filled")
        )
    return {
        "post": title(line.post.title) if line.post.title else line.post.id,
        "key": line.key,
        "deputy_key": line.key + DEPUTY,
        "unit": line.unit,
        "unit_name": title(line.unit_name),
        "wants_deputy": line.post.deputy,
        "holders": [_holder(h, zone) for h in line.holders],
        "deputies": [_holder(h, zone) for h in line.deputies],
        "state": "missed" if vacant else "late" if line.missing else "",
        "missing": [_missing(gap) for gap in line.missing],
        "since": since,
    }


def _holder(held: Assignment, zone: str) -> dict[str, Any]:
    return {
        "pk": held.pk,
        "code": held.person.code,
        "name": held.person.name or gettext("name unknown"),
        "since": moment(held.starts, zone) if held.starts is not None else "",
    }


def _missing(gap: Gap) -> str:
    words = {
        "vacant": ngettext("%(n)s is missing", "%(n)s are missing", gap.n),
        "no_deputy": gettext("no deputy"),
        "too_many": gettext("%(n)s hold it, too many"),
        "span_small": gettext("%(where)s answers for %(n)s people, too few"),
        "span_large": gettext("%(where)s answers for %(n)s people, too many"),
    }
    return words[gap.code] % {"n": gap.n, "where": gap.where}
