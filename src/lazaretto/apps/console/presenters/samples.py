"""Invented data for the page of components: each component once in every state that it has."""

from collections import Counter
from datetime import date, timedelta
from itertools import product
from typing import Any, NamedTuple

from django.core.paginator import Paginator
from django.utils.translation import gettext

from lazaretto.apps.console.forms import Field, Form
from lazaretto.apps.console.presenters import curve, month, picture
from lazaretto.apps.console.presenters.listing import Query
from lazaretto.apps.console.situation import Measure, Site, Situation
from lazaretto.protocol.text import Text
from lazaretto.web.dates import day
from lazaretto.web.words import STATE_WORDS

DAY = date(2026, 3, 17)
CODE = "SAMPLE"
COLOURS = ("canvas", "surface", "sunken", "line", "line-strong", "ink", "ink-2", "ink-3", "accent", "accent-weak", "track", "hatch", "offline")  # fmt: skip
TONES = ("ok", "due", "late", "missed", "excused", "unknown", "refused", "hold", "alert")
ICONS = ("sites", "report", "protocol", "download", "table", "sign", "lock", "print", "out", "theme", "search", "people", "moves", "count", "places", "plan", "wall", "eye", "edit", "add", "upload", "pair", "clock", "list", "more", "swap", "person", "tree", "heat", "key")  # fmt: skip
#: What a coverage bar and a ring are made of, from the best day to none.
TALLIES = (
    {"on_time": 40, "late": 0, "missed": 0, "pending": 0, "excused": 0},
    {"on_time": 31, "late": 5, "missed": 2, "pending": 8, "excused": 3},
    {"on_time": 4996, "late": 0, "missed": 4, "pending": 0, "excused": 0},
    {"on_time": 0, "late": 0, "missed": 12, "pending": 28, "excused": 0},
)
RINGS: tuple[dict[str, int], ...] = (
    {"on_time": 40}, {"on_time": 28, "late": 4, "missed": 3, "unknown": 5, "pending": 12, "excused": 2},
    {"on_time": 4996, "unknown": 4}, {"unknown": 40}, {"pending": 40}, {},
)  # fmt: skip
ADDRESS = "#samples"


class _Said(NamedTuple):
    """A message as pages are given it."""

    level_tag: str
    text: str

    def __str__(self) -> str:
        return self.text


class _Titled(NamedTuple):
    """What a ring asks of its measure: its title."""

    title: Text


def ways(language: str, theme: str) -> list[dict[str, Any]]:
    """Return the page in each language and theme, as links."""
    tongues = (("zh-hans", "简体中文"), ("en", "English"))
    looks = (("light", gettext("Light")), ("dark", gettext("Dark")))
    return [
        {"url": f"?language={code}&theme={look}", "name": f"{name} · {word}", "here": (code, look) == (language, theme)}
        for (code, name), (look, word) in product(tongues, looks)
    ]


def everything() -> dict[str, Any]:
    """Return what the partials of the page are given, in the language that holds."""
    return {
        "here": {"code": CODE, "name": gettext("Sample")}, "address": ADDRESS, "colours": COLOURS, "tones": TONES,
        "icons": ICONS, "states": list(STATE_WORDS), "sizes": (13, 16, 18, 26, 48), "bars": _bars(), "rings": _rings(),
        "as_of": "16:42", "form": _form(), "numbers": _numbers(), "alerts": _alerts(), "steps": _steps(),
        "unbroken": 12, "curve": _curve(), "drawing_plan": _plan(), "month": day(DAY), "samples_said": _notes(),
        "cells": _month(), "turn": {"before": DAY - timedelta(days=17), "after": None}, **_list(),
        "hidden": {"hidden": True, "who": gettext("clinician")}, "checkpoint": _checkpoint(),
        "digest": "a41f09c2e7730b58", "crumbs": [(gettext("People"), ADDRESS), (gettext("Sample"), "")],
        "live_states": ("on", "lost", "stale"),
    }  # fmt: skip


def _bars() -> list[dict[str, Any]]:
    nothing = dict.fromkeys(("on_time", "late", "missed", "pending", "excused"), 0)
    return [*(row | {"bar": "counts"} for row in TALLIES), nothing | {"bar": "no_evidence"}, nothing | {"bar": "none"}]


def _rings() -> list[dict[str, Any]]:
    title = _Titled(Text("体温", "Temperature"))
    return [
        picture.ring_of(Measure(f"m{n}", title, Counter(found)), ADDRESS, size)  # type: ignore[arg-type]
        for n, (found, size) in enumerate([*((found, 78) for found in RINGS), (RINGS[1], 112)])
    ]


def _form() -> Form:
    options = [("", gettext("Choose")), ("1", gettext("Sample"))]
    fields = [
        Field("a", gettext("Text"), gettext("Sample"), hint=gettext("A hint stands under the label.")),
        Field("b", gettext("Choice"), "1", options=options),
        Field("c", gettext("Date"), DAY.isoformat(), kind="date"),
        Field("d", gettext("Moment"), f"{DAY}T16:42", kind="moment"),
        Field("e", gettext("Search"), "", kind="search", suggestions=[("W1-101", gettext("Sample"))]),
        Field("f", gettext("Cannot be changed"), "YT-00017", kind="fixed"),
        Field("g", gettext("Several lines"), gettext("Sample"), kind="textarea", wide=True),
        Field("h", gettext("Wrong"), "41,2", error=gettext("Write a number such as 36.5.")),
    ]
    return Form(fields, [gettext("One thing is wrong with the form as a whole.")])


def _numbers() -> list[dict[str, Any]]:
    return [
        picture.number(gettext("Held here"), 1862, "", ADDRESS),
        picture.number(gettext("Isolation (cases)"), 0, "", ADDRESS),
        picture.number(gettext("Fever confirmed"), 2, "", ADDRESS, loud=True),
        picture.number(gettext("Temperature unknown"), 46, "", ADDRESS) | {"hatch": True},
        picture.number(gettext("Staff on site"), None, "", ""),
    ]


def _alerts() -> list[dict[str, Any]]:
    words = {
        "alert": (gettext("Fever confirmed by a second reading."), gettext("See what follows from it")),
        "due": (gettext("A high reading waits for its second one."), gettext("Take the second reading")),
        "late": (gettext("A high reading waits for its second one."), gettext("Take the second reading")),
        "unknown": (gettext("No record since yesterday."), gettext("Measure now, or say why not")),
    }
    return [
        {"state": s, "live": s == "alert", "place": "W1-101" if s != "unknown" else "", "url": ADDRESS, "at": "16:31",
         "age": "11 min", "what": what, "next": then, "due": "17:01" if s != "unknown" else ""}
        for s, (what, then) in words.items()
    ]  # fmt: skip


def _steps() -> list[dict[str, Any]]:
    names = (gettext("Screen"), gettext("Report"), gettext("Assess"), gettext("Deploy"))
    states = ("done", "next", "later", "later")
    return [
        {"id": f"s{n}", "name": name, "state": state, "at": "08:12", "by": "", "note": "", "may": False}
        for n, (name, state) in enumerate(zip(names, states, strict=True))
    ]


def _curve() -> dict[str, Any]:
    days = [
        curve.Day(DAY - timedelta(days=27 - n), (n > 18) * (n % 3), (n > 20) * (n % 2), n not in (4, 5, 19))
        for n in range(28)
    ]
    rows = [{"on": d.on, "known": d.known, "before": False, "confirmed": d.confirmed, "suspected": d.suspected}
            for d in days[::-1]]  # fmt: skip
    totals = {"confirmed": sum(d.confirmed for d in days), "suspected": sum(d.suspected for d in days), "unknown": 3}
    return curve.drawn(days) | {"rows": rows} | totals


def _plan() -> dict[str, Any]:
    """Return a site with a building for each state, a yard, an area apart and a gate."""
    sites = {"SITE": Site("SITE", "", "site", "全所", "Site", 96)}
    measure = Measure("m", _Titled(Text("体温", "Temperature")))  # type: ignore[arg-type]
    for n, state in enumerate(("on_time", "due", "late", "missed", "unknown", "alert", "hold"), 1):
        house = f"W{n}"
        sites[house] = Site(house, "SITE", "wing", f"{n} 监区", f"Wing {n}", 12)
        measure.places[house] = Counter({state: 3})
        for room in range(8):
            sites[f"{house}-{room}"] = Site(f"{house}-{room}", house, "cell", f"{n}0{room} 室", f"Cell {n}0{room}", 2)
        measure.places[f"{house}-2"] = Counter({state: 1})
    sites["ISO"] = Site("ISO", "SITE", "isolation_area", "隔离区", "Isolation", 2)
    sites["GATE"] = Site("GATE", "SITE", "gate", "大门", "Gate", 0)
    parents = {site.code: site.parent for site in sites.values()}
    found = Situation(0, None, [measure], sites, Counter(), {}, parents)  # type: ignore[arg-type]
    return picture.site_plan(found, [], [], "", CODE, 760)


def _month() -> list[dict[str, Any]]:
    words = ("complete", "incomplete", "contradictory", "unknown")
    signed = {DAY.replace(day=n + 1): (words[n % 4], 1 + (n == 5)) for n in range(17) if words[n % 4] != "unknown"}
    return month.strip(signed, DAY, DAY)


def _notes() -> list[_Said]:
    return [
        _Said("success", gettext("Recorded, with your name and the time.")),
        _Said("warning", gettext("Nothing was saved.")),
        _Said("info", gettext("Another page changed this a minute ago.")),
    ]


def _list() -> dict[str, Any]:
    query = Query({"sort": "code"})
    page = Paginator(range(120), 50).get_page(2)
    return {
        "page": page,
        "link": query.turns(page),
        "sorts": {name: mark | {"url": ADDRESS} for name, mark in query.sorts(("code", "name"), "code").items()},
    }


def _checkpoint() -> dict[str, Any]:
    return {"size": 48211, "root": "5b1e" * 16, "key_id": "91c3a0d2b7e4f568"}
