"""The register of places in words."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.forms import Field, Form
from lazaretto.apps.console.presenters import words
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.registry.standings import KEYS
from lazaretto.protocol.wording.names import NAMES
from lazaretto.web.figures import count

SERVICES = tuple((KEYS["service"].values or {}).items())
#: How deep the indent goes; what lies deeper stands at the last step.
DEEPEST = 5


def name(place: Any) -> str:
    return words.place_name(place)


def sentence(tree: Any) -> str:
    """Return how many places there are, how many beds are free, and what is out of service."""
    beds = [p for p in tree.places.values() if p.kind == "bed"]
    n = len(tree.places)
    said = ngettext("%(n)s place.", "%(n)s places.", n) % {"n": count(n)}
    if beds:
        free = sum(not tree.occupied[b.pk] and tree.closed_by(b) is None for b in beds)
        said = words.sentences(
            said,
            gettext("%(beds)s beds, %(free)s free and in service.")
            % {
                "beds": count(len(beds)),
                "free": count(free),
            },
        )
    out = sum(s.value != "in" for s in tree.service.values())
    shut = ngettext("%(n)s is out of service.", "%(n)s are out of service.", out) % {"n": out} if out else ""
    return words.sentences(said, shut)


def rows(tree: Any, under: Any, asked: Any) -> list[dict[str, Any]]:
    """Return the tree as lines with their depth."""
    return [_row(tree, depth, place, asked) for depth, place in tree.walk(under, to_beds=under is not None)]


def _row(tree: Any, depth: int, place: Any, asked: Any) -> dict[str, Any]:
    beds = tree.beds(place)
    there = tree.occupied[place.pk]
    own = tree.service.get(place.pk)
    shut = tree.closed_by(place)
    return {
        "depth": min(depth, DEEPEST),
        "code": place.code,
        "name": in_language(place),
        "kind": words.place_kind(place.kind),
        "classes": words.joined(words.word(NAMES, c) for c in tree.classes[place.pk]),
        "capacity": place.capacity,
        "there": there,
        "over": place.capacity is not None and place.kind != "site" and there > place.capacity,
        "beds": _beds(tree, beds) if beds else "",
        "service": _service(own, asked) if own is not None and own.value != "in" else "",
        "shut": shut is not None,
        "around": shut is not None and own is None,
        "opens": bool(tree.children[place.pk]),
    }


def _beds(tree: Any, beds: list[Any]) -> str:
    free = sum(not tree.occupied[b.pk] and tree.closed_by(b) is None for b in beds)
    return gettext("%(n)s beds, %(free)s free") % {"n": len(beds), "free": free}


def _service(standing: Any, asked: Any) -> str:
    said = words.standing("service", standing.value)[1]
    if standing.ends is None:
        return said
    return gettext("%(state)s until %(moment)s") % {
        "state": said,
        "moment": words.when(standing.ends, asked.facility.zone, asked.today),
    }


def head(tree: Any, place: Any) -> dict[str, Any]:
    up = tree.places.get(place.parent_id)
    return {
        "name": name(place),
        "kind": words.place_kind(place.kind),
        "in": words.place_name(up) if up else "",
        "in_code": up.code if up else "",
        "classes": words.joined(words.word(NAMES, c) for c in tree.classes[place.pk]),
        "capacity": place.capacity,
        "there": tree.occupied[place.pk],
        "shut": tree.closed_by(place) is not None,
        "beds": _beds(tree, tree.beds(place)) if tree.beds(place) else "",
    }


def services(found: Iterable[Any], asked: Any, now: int) -> list[dict[str, Any]]:
    zone, today = asked.facility.zone, asked.today
    return [
        {"value": words.standing("service", s.value)[1], "since": words.when(s.starts, zone, today) or gettext("always"),
         "until": words.when(s.ends, zone, today), "holds": s.start_ms <= now < s.end_ms}
        for s in found
    ]  # fmt: skip


def form(tree: Any, place: Any, *, parent: str = "") -> Form:
    """Return the fields of a place; its code does not change once it is on file."""
    parents = [(p.code, words.joined([in_language(p), p.code])) for _, p in tree.walk(None, to_beds=False)]
    kinds = [(k, words.place_kind(k)) for k in words.PLACE_KINDS]
    fields = [
        Field(
            "parent", gettext("Is in"), value=parent, options=[("", gettext("nothing: it is the whole site")), *parents]
        ),
        Field("kind", gettext("Kind"), options=kinds, value="room"),
        Field("name_zh", gettext("Chinese name")),
        Field("name_en", gettext("English name")),
        Field("capacity", gettext("Meant for how many"), hint=gettext("empty if nobody stays there")),
        Field("key_area", gettext("Key area"), options=[("no", gettext("no")), ("yes", gettext("yes"))]),
    ]
    made = Form([Field("code", gettext("Code"), hint=gettext("once only, such as W1-203"), required=True), *fields])
    if place is not None:
        made["code"].value, made["code"].kind = place.code, "fixed"
        up = tree.places.get(place.parent_id)
        made.fill({
            "parent": up.code if up else "", "kind": place.kind, "name_zh": place.name_zh, "name_en": place.name_en,
            "capacity": "" if place.capacity is None else str(place.capacity),
            "key_area": "yes" if "key_area" in tree.classes[place.pk] else "no",
        })  # fmt: skip
        if place.kind not in words.PLACE_KINDS:
            made["kind"].options = [*made["kind"].options, (place.kind, place.kind)]
    return made


def service_choices() -> list[tuple[str, str]]:
    return [(value, title(said)) for value, said in SERVICES]
