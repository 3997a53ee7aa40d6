"""
The drawn parts of the board, written straight into SVG. A page draws a hundred rooms with their bars and marks: by the words
of a template that takes four times as long as everything else on the page together.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from lazaretto.web.templatetags.lz import dot

Shape = Mapping[str, Any]


def _svg(kind: str, width: float, height: float, role: str, label: str, inside: Iterable[str]) -> SafeString:
    start = (
        f'<svg class="{kind}" width="{dot(width)}" height="{dot(height)}" role="{role}" aria-label="{escape(label)}">'
    )
    return mark_safe(f"{start}{''.join(inside)}</svg>")  # noqa: S308  (every text goes through `escape`)


def head(days: Sequence[Shape], width: int, cell: int) -> SafeString:
    """Draw the days across the board: weekends in grey, today in the accent."""

    def one(day: Shape) -> str:
        today = " is-today" if day["today"] else ""
        out = f'<rect class="b-weekend" x="{day["x"]}" y="0" width="{cell}" height="40"/>' if day["weekend"] else ""
        if today:
            out += f'<rect class="b-today" x="{day["x"]}" y="2" width="{cell}" height="18" rx="4"/>'
        if day["shown"] or today:
            out += f'<text class="b-day{today}" x="{day["mid"]}" y="16">{day["n"]}</text>'
            if cell > 20:
                out += f'<text class="b-week" x="{day["mid"]}" y="34">{day["week"]}</text>'
        return out

    return _svg("lz-boardhead", width, 40, "img", f"{days[0]['label']} – {days[-1]['label']}", map(one, days))


def free(days: Sequence[Shape], width: int, cell: int, said: str) -> SafeString:
    """Draw how many rooms are free on each day."""

    def one(day: Shape) -> str:
        short = " is-short" if day["short"] else ""
        kind, past = "b-short" if short else "b-low", " is-past" if day["past"] else ""
        out = ""
        if short or day["low"]:
            out = f'<rect class="{kind}" x="{day["x"]}" y="2" width="{cell}" height="20" rx="3"/>'
        if day["shown"]:
            out += f'<text class="b-free{short}{past}" x="{day["mid"]}" y="16">{escape(day["text"])}</text>'
        return out

    return _svg("lz-boardforecast", width, 24, "img", said, map(one, days))


def capacity(days: Sequence[Shape], width: int, cell: int, said: str) -> SafeString:
    """Draw the free rooms of a type as a chart."""

    def one(day: Shape) -> str:
        kind = "b-short-solid" if day["short"] else "b-low-solid" if day["low"] else "b-free-solid"
        past = " is-past" if day["past"] else ""
        return f'<rect class="{kind}{past}" x="{day["x"]}" y="{day["top"]}" width="{max(cell - 1.2, 0.8):.1f}" height="{day["tall"]}"/>'

    start = f'<svg viewBox="0 0 {width} 44" role="img" aria-label="{escape(said)}" preserveAspectRatio="none">'
    return mark_safe(start + "".join(map(one, days)) + "</svg>")  # noqa: S308


def row(room: Shape, width: int, now_x: float | None) -> SafeString:
    """Draw a room's days: disinfection, stays with their marks, the lawful release, and now."""
    inside = [f'<path class="b-weekend" d="{room["weekend"]}"/>', *map(_gap, room["gaps"]), *map(_bar, room["bars"])]
    if now_x is not None:
        inside.append(f'<path class="b-now" d="M{dot(now_x)} 0V{room["height"]}"/>')
    return _svg("lz-boardrow", width, room["height"], "group", f"{room['code']}: {room['said']}", inside)


def _gap(gap: Shape) -> str:
    x = dot(gap["x"])
    box = f'<rect class="b-gap" x="{x}" y="6" width="{dot(gap["width"])}" height="18"/>'
    return f'{box}<path class="b-gapline" d="M{x} 22l8-14"/>'


def _bar(bar: Shape) -> str:
    left, y, kind = bar["handover"], dot(bar["y"]), bar["kind"]
    out = ""
    if left:
        out = f'<rect class="b-handover" x="{dot(left["x"])}" y="{y}" width="{dot(left["width"])}" height="{bar["height"]}"/>'
    planned = " data-planned" if kind == "planned" else ""
    out += f'<a href="{bar["url"]}" aria-label="{escape(bar["label"])}" data-bar="{bar["number"]}"{planned}>'
    out += f'<rect class="b-{kind}" x="{dot(bar["x"])}" y="{y}" width="{dot(bar["width"])}" height="{bar["height"]}" rx="{bar["round"]}"/>'
    if bar["name"]:
        again = "↻ " if bar["restarted"] else ""
        said = f' <tspan class="b-said">{escape(bar["said"])}</tspan>' if bar["said"] else ""
        out += f'<text class="b-name is-{kind}" x="{dot(bar["tx"])}" y="{dot(bar["mid"])}">{again}{escape(bar["name"])}{said}</text>'
    out += "</a>" + "".join(map(_mark, bar["marks"]))
    if bar["legal"] is not None:
        out += f'<path class="b-legal" transform="translate({dot(bar["legal"])} 2)" d="M0 24V0h8L6 3.5 8 7H1"/>'
    return out


def _mark(mark: Shape) -> str:
    x, y, shape = dot(mark["x"]), dot(mark["y"]), mark["shape"]
    if shape == "review":
        return f'<path class="b-review" transform="translate({x} 1)" d="M0 12V0h7L5 3l2 3H0"/>'
    if shape == "detected":
        return f'<path class="b-detected" transform="translate({x} {y})" d="M0-5l5 5-5 5-5-5z"/>'
    return f'<circle class="b-{shape}" cx="{x}" cy="{y}" r="3.2"/>'


def said(days: Iterable[tuple[str, int]]) -> str:
    """Return a forecast as a sentence, for who cannot see it."""
    return gettext(", ").join(f"{day}: {n}" for day, n in days)
