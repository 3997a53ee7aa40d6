"""The operating picture in words: one sentence, the strip of numbers, rings, the plan, what waits."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.alerts import Waiting, feverish
from lazaretto.apps.console.presenters import plan
from lazaretto.apps.console.presenters.clocks import Clock, span
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.console.situation import SEVERITY, Measure, Site, Situation, by_place, worst
from lazaretto.apps.registry.rooms import BED
from lazaretto.protocol.text import Text
from lazaretto.web import rings as drawing
from lazaretto.web.dates import chinese
from lazaretto.web.figures import count, percent
from lazaretto.web.picture import Beside, Number
from lazaretto.web.words import state_word

Name = Callable[[str], str]


def said(text: Text) -> str:
    return title(text)


def site_name(site: Site) -> str:
    """Return a place's name in the language of the page, or its code."""
    first, second = (site.name_zh, site.name_en) if chinese() else (site.name_en, site.name_zh)
    return first or second or site.code


def names(found: Situation) -> Name:
    """Return what says how a place is called; one that is not on the plan (a bed) goes by its room and its code."""

    def name(code: str) -> str:
        if code in found.sites:
            return site_name(found.sites[code])
        room = found.parents.get(code, "")
        return f"{site_name(found.sites[room])} {code}" if room in found.sites else code

    return name


def path(found: Situation, code: str) -> str:
    """Return a place with the building around it: `Wing 3 · Cell 307`."""
    name, chain, at = names(found), [], code
    while at:
        chain.append(at)
        at = found.parents.get(at, "")
    if len(chain) > 3:
        return f"{name(chain[-2])} · {name(chain[0])}"
    return name(code) if code else gettext("place not recorded")


def sentence(found: Situation, waits: Sequence[Waiting]) -> str:
    """Return how things stand: who is ill, where we do not know, what is late."""
    ill, unknown = feverish(waits), sum(found.unknown.values())
    states: Counter[str] = Counter()
    for measure in found.measures:
        for some in measure.places.values():
            states.update(some)
    parts = [
        ngettext("%(n)s fever confirmed", "%(n)s fevers confirmed", ill["confirmed"]) % {"n": ill["confirmed"]}
        if ill["confirmed"] else "",
        ngettext("%(n)s second reading owed", "%(n)s second readings owed", ill["second"]) % {"n": ill["second"]}
        if ill["second"] else "",
        ngettext(
            "of %(n)s person no temperature is known", "of %(n)s people no temperature is known", unknown
        ) % {"n": count(unknown)} if unknown else "",
        gettext("%(n)s overdue") % {"n": count(states["late"])} if states["late"] else "",
        gettext("%(n)s missed") % {"n": count(states["missed"])} if states["missed"] else "",
    ]  # fmt: skip
    there = [p for p in parts if p]
    if not there:
        return gettext("No fever is known, and what is owed so far was done.")
    return gettext("; ").join(there) + gettext(".")


def numbers(found: Situation, waits: Sequence[Waiting], more: Iterable[Number], code: str) -> list[dict[str, Any]]:
    """Return the strip of figures: who is here, in which state, and how many we know nothing of."""
    ill, unknown = feverish(waits), sum(found.unknown.values())
    asked = any(m.round.observation == "temperature" and m.owed_so_far for m in found.measures)
    people, fevers, today = (reverse(n, args=[code]) for n in ("people", "fevers", "today"))
    cells = [
        number(gettext("Held here"), found.people["held"], "", people),
        number(gettext("Isolation (cases)"), found.people["isolation"], "", people),
        number(gettext("Quarantine (exposed)"), found.people["quarantine"], "", people),
        number(gettext("Fever confirmed"), ill["confirmed"], _second(ill["second"]), fevers, loud=True),
        number(gettext("Temperature unknown"), unknown if asked else None, _where(found), today)
        | {"hatch": bool(unknown) or not asked},
        number(gettext("Staff on site"), found.people["staff"], "", ""),
    ]
    return cells + [
        number(said(one.name), one.n, said(one.said) if one.said else "", one.url, loud=one.loud) for one in more
    ]


def number(name: str, n: int | None, note: str, url: str, *, loud: bool = False) -> dict[str, Any]:
    return {
        "name": name, "value": state_word("unknown") if n is None else count(n), "said": note, "url": url,
        "kind": "null" if n is None else "number" if n else "zero", "loud": loud and bool(n), "hatch": n is None,
    }  # fmt: skip


def _second(n: int) -> str:
    return ngettext("%(n)s second reading owed", "%(n)s second readings owed", n) % {"n": n} if n else ""


def _where(found: Situation) -> str:
    name, houses = names(found), Counter[str]()
    for place, n in found.unknown.items():
        chain, at = [], place
        while at:
            chain.append(at)
            at = found.parents.get(at, "")
        houses[chain[-2] if len(chain) > 1 else place] += n
    most = [name(code) for code, _ in houses.most_common(2)]
    return gettext(", ").join(most) + (" …" if len(houses) > 2 else "")


# -- rings -------------------------------------------------------------------------------------------------------------


def ring_of(measure: Measure, url: str, size: int = 78) -> dict[str, Any]:
    """Return a measure's ring with its caption; the gap is a link to the names."""
    c, owed = measure.counts, measure.owed_so_far
    silent = owed > 0 and c["unknown"] == owed
    share = percent(str(Decimal(measure.done) / owed)) if owed else ""
    name = title(measure.round.title)
    expected = owed + c["pending"]
    words = ", " if not chinese() else "，"
    parts = [f"{state_word(s)} {count(c[s])}" for s in ("on_time", "late", "missed", "unknown", "pending") if c[s]]
    gap = " · ".join(f"{state_word(s)} {count(c[s])}" for s in ("unknown", "missed") if c[s])
    return {
        "id": measure.id, "name": name, "size": size, "half": size / 2, "url": url, "silent": silent,
        "arcs": [] if silent else drawing.arcs({s: c[s] for s in drawing.ORDER}, size),
        "share": gettext("no evidence") if silent else share,
        "owed": gettext("not owed today") if not expected else gettext("%(n)s owed today") % {"n": count(expected)},
        "gap": gap, "excused": gettext("excused %(n)s") % {"n": count(c["excused"])} if c["excused"] else "",
        "label": f"{name}: {share}{words if share else ''}{words.join(parts)}" if parts else f"{name}: {gettext('not owed today')}",
    }  # fmt: skip


def rings(found: Situation, code: str, on: Any, size: int = 78) -> list[dict[str, Any]]:
    """Return the rings of all measures, those with something owed first, in the order of the protocol."""
    address = reverse("day", args=[code, on.isoformat()])
    there = sorted(found.measures, key=lambda m: not (m.owed_so_far or m.counts["pending"]))
    return [ring_of(m, f"{address}?measure={m.id}#gaps", size) for m in there]


# -- the plan ----------------------------------------------------------------------------------------------------------


def site_plan(
    found: Situation, waits: Sequence[Waiting], beside: Iterable[Beside], chosen: str, code: str, width: int
) -> dict[str, Any]:
    """Return the drawn plan, coloured by one measure or by the worst of all."""
    measures = [m for m in found.measures if chosen in ("", m.id)]
    states = by_place(found, measures)
    for one in waits:
        if one.state in ("alert", "unknown") and one.what != "silent" and one.place:
            at = one.place
            while at:
                states.setdefault(at, Counter())["alert"] += one.state == "alert"
                at = found.parents.get(at, "")
    notes: dict[str, list[Beside]] = {}
    for note in beside:
        notes.setdefault(note.place, []).append(note)
        states.setdefault(note.place, Counter())[note.state] += 1
    spots = [plan.Spot(s.code, s.parent, s.kind, site_name(s)) for s in found.sites.values() if s.kind != BED]
    drawn = plan.draw(spots, width)
    today = reverse("today", args=[code])
    return {
        "width": width, "height": round(drawn.height), "wall": drawn.wall, "fence": drawn.fence,
        "houses": [_house(h, found, states, notes, today) for h in drawn.houses],
        "table": _table(drawn.houses, found, states, today),
    }  # fmt: skip


def _house(
    house: plan.House, found: Situation, states: Mapping[str, Counter[str]], notes: Mapping[str, list[Beside]],
    today: str,
) -> dict[str, Any]:  # fmt: skip
    site, own = found.sites[house.spot.code], states.get(house.spot.code, Counter())
    state = worst(own)
    loud = state if state not in ("", "on_time", "excused") else ""
    foot = [said(n.said) for n in notes.get(site.code, ())] or (
        [f"{state_word(loud)} {count(own[loud])}"] if loud else []
    )
    return {
        "x": house.x, "y": house.y, "width": house.width, "height": house.height, "apart": house.apart,
        "name": _cut(site_name(site), int(house.width / 11) if chinese() else int(house.width / 7.6)),
        "people": count(site.people), "state": loud, "foot": foot[0] if foot else "", "foot_y": house.y + house.height - 8,
        "url": f"{today}?place={site.code}", "title": _title(site, own), "marks": house.marks,
        "rooms": [_room(r, found, states, today) for r in house.rooms],
        "right": house.x + house.width - 8,
    }  # fmt: skip


def _room(room: plan.Room, found: Situation, states: Mapping[str, Counter[str]], today: str) -> dict[str, Any]:
    site, own = found.sites[room.code], states.get(room.code, Counter())
    state = worst(own)
    loud = state if state not in ("", "on_time", "excused") else ""
    return {
        "x": room.x, "y": room.y, "state": loud, "url": f"{today}?place={site.code}", "title": _title(site, own),
        "width": plan.CELL, "height": plan.CELL_HEIGHT,
    }  # fmt: skip


def _title(site: Site, own: Mapping[str, int]) -> str:
    people = ngettext("%(n)s person", "%(n)s people", site.people) % {"n": count(site.people)}
    parts = [
        f"{state_word(s)} {count(n)}" for s, n in plan.worst_first(own, SEVERITY) if s not in ("on_time", "excused")
    ]
    return (gettext(", ")).join([site_name(site), people, *(parts or [state_word("on_time")])])


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _table(houses: Sequence[plan.House], found: Situation, states: Mapping[str, Counter[str]], today: str) -> Any:
    """Return the plan as rows, for those who read it and on paper."""
    rows = []
    for house in houses:
        site, own = found.sites[house.spot.code], states.get(house.spot.code, Counter())
        rows.append(
            {
                "name": site_name(site), "people": count(site.people), "url": f"{today}?place={site.code}",
                "states": [{"state": s, "n": count(n)} for s, n in plan.worst_first(own, SEVERITY)],
            }
        )  # fmt: skip
    return rows


# -- what waits --------------------------------------------------------------------------------------------------------


def alerts(found: Situation, waits: Sequence[Waiting], zone: str, now: int) -> list[dict[str, Any]]:
    """Return what waits, by place: what happened, how long ago, what comes next and by when."""
    clock = Clock(now, zone)
    return [
        {
            "state": w.state, "live": w.state == "alert", "place": path(found, w.place), "url": w.url,
            "at": clock.time(w.at), "age": span(now - w.at) if w.what != "silent" else "",
            "what": _what(w), "next": gettext("; ").join(said(t) for t in w.titles) or _then(w),
            "due": clock.owed(w.due, None) if w.due is not None else "",
        }
        for w in waits
    ]  # fmt: skip


def _what(one: Waiting) -> str:
    if one.said is not None:
        return said(one.said)
    words = {
        "confirmed": gettext("Fever confirmed by a second reading."),
        "second": gettext("A high reading waits for its second one."),
        "silent": ngettext(
            "Of %(n)s person there is no temperature today.", "Of %(n)s people there is no temperature today.", one.n
        ) % {"n": count(one.n)},
    }  # fmt: skip
    return words[one.what]


def _then(one: Waiting) -> str:
    return {
        "confirmed": gettext("See what follows from it"),
        "second": gettext("Take the second reading"),
        "silent": gettext("Measure now, or say why not"),
    }.get(one.what, "")
