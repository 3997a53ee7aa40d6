"""Pairs of files in words: what agrees and what differs."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.forms import in_words
from lazaretto.apps.console.presenters import words
from lazaretto.apps.console.presenters.people import rows as lines_of
from lazaretto.apps.console.presenters.places import in_language
from lazaretto.apps.console.presenters.words import place_name
from lazaretto.apps.registry.exports import born
from lazaretto.apps.registry.identity import masked
from lazaretto.apps.registry.merging import REASONS


def sentence(n: int) -> str:
    if not n:
        return gettext("No two files look as if they were of one person.")
    return ngettext("%(n)s pair may be of one person.", "%(n)s pairs may be of one person.", n) % {"n": n}


def why(reason: str) -> str:
    return in_words(REASONS[reason]) if reason else ""


def pairs(found: Iterable[Any], listing: Any) -> list[dict[str, Any]]:
    """Return each pair with why it is one, and where both are."""
    known = {row["code"]: row for row in lines_of(listing)}
    return [
        {
            "why": why(p.reason),
            "sides": [(q, known[q.code], born(q)) for q in (p.one, p.other)],
            "one": p.one.code,
            "other": p.other.code,
        }
        for p in found
    ]


def compared(listing: Any, beside: Mapping[int, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the fields of two files side by side; what one of them does not say neither agrees nor differs."""
    one, two = listing.people
    places = {row["code"]: row for row in lines_of(listing)}
    zone, today = listing.zone, listing.asked.today

    def both(of: Any) -> tuple[str, str]:
        return of(one), of(two)

    number = gettext("number, its end")
    release = both(lambda p: str(beside[p.pk]["release"] or ""))
    fields = [
        (gettext("name"), *both(lambda p: p.name)),
        (gettext("other names"), *both(lambda p: words.joined(beside[p.pk]["aliases"]))),
        (gettext("birth date"), *both(born)),
        (gettext("sex"), *both(lambda p: words.word(words.SEXES, p.sex) if p.sex else "")),
        (gettext("document"), *both(lambda p: words.word(words.IDENTITY, p.identity_kind) if p.identity_kind else "")),
        (number, *both(lambda p: masked(p.identity_number))),
        (gettext("population"), *both(lambda p: listing.populations(p.population))),
        (gettext("unit"), *both(lambda p: in_language(p.unit) if p.unit else "")),
        (gettext("now"), *both(lambda p: words.joined([places[p.code]["status"], places[p.code]["place"]]))),
        (gettext("first stay"), *both(lambda p: words.when(beside[p.pk]["first"], zone, today))),
        (gettext("stays"), *both(lambda p: str(beside[p.pk]["stays"]))),
        (gettext("lawful release"), *release),
    ]
    known = {number: both(lambda p: p.identity_number)}
    told = {gettext("first stay"), gettext("stays"), gettext("other names")}
    return [
        {"name": name, "one": left, "two": right, **_verdict(*known.get(name, (left, right)), told=name in told)}
        for name, left, right in fields
    ]  # fmt: skip


def consequences(keep: Any, absorb: Any, over: Any) -> list[str]:
    """Return what a merge will do, in sentences; standings only by their number, as not everybody may read them."""
    names = {"keep": keep.code, "other": absorb.code}
    said = [gettext("%(other)s becomes a second file of %(keep)s; the lists show %(keep)s alone.") % names]
    if over.place is not None:
        said.append(gettext("%(keep)s is in %(place)s from now on.") % (names | {"place": place_name(over.place)}))
    what = [
        ngettext("%(n)s standing", "%(n)s standings", n) % {"n": n} if (n := len(over.standings)) else "",
        ngettext("%(n)s post or group", "%(n)s posts or groups", n) % {"n": n} if (n := len(over.assignments)) else "",
        ngettext("%(n)s lawful date", "%(n)s lawful dates", n) % {"n": n} if (n := len(over.dates)) else "",
        ngettext("%(n)s other name", "%(n)s other names", n) % {"n": n} if (n := len(over.names)) else "",
    ]
    if any(what):
        said.append(gettext("Goes over to %(keep)s: %(what)s.") % (names | {"what": words.joined(filter(None, what))}))
    said.append(gettext("What was recorded before stays under its own code; both files are shown together."))
    return said


def _verdict(left: str, right: str, *, told: bool) -> dict[str, bool]:
    """Say whether two fields agree or differ; what is only told, or said by one alone, does neither."""
    if told or not (left and right):
        return {"agrees": False, "differs": False}
    return {"agrees": left == right, "differs": left != right}
