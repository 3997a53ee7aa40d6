"""Glyphs, icons and bars, drawn from the sprite that `web/base.html` puts into the themed page."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from lazaretto.web import figures
from lazaretto.web.dates import chinese
from lazaretto.web.words import STATE_GLYPHS, state_word

register = template.Library()


@register.simple_tag
def glyph(state: str, size: int = 16) -> SafeString:
    """Return the shape of a state. It is hidden from screen readers: the word must follow it."""
    shape = STATE_GLYPHS.get(state, state)
    return format_html(
        '<svg class="lz-glyph" width="{}" height="{}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
        '<use href="#s-{}"/></svg>',
        size, size, shape,
    )  # fmt: skip


@register.simple_tag
def state(name: str, size: int = 16, chip: bool = False) -> SafeString:
    """Return glyph and word of a state."""
    kind = "lz-chip" if chip else "lz-state"
    return format_html(
        '<span class="{} is-{}">{} {}</span>', kind, STATE_GLYPHS.get(name, name), glyph(name, size), state_word(name)
    )


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """Return an icon; a word always stands beside it."""
    return format_html(
        '<svg class="lz-icon" width="{}" height="{}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
        '<use href="#i-{}"/></svg>',
        size, size, name,
    )  # fmt: skip


@register.inclusion_tag("web/bar.html")
def coverage_bar(row: Mapping[str, Any]) -> dict[str, Any]:
    """Draw the coverage bar of a measure's counts; `row["bar"]` says `counts`, `none` (not owed) or `no_evidence`."""
    names = ("on_time", "late", "missed", "pending", "excused")
    drawn = figures.segments(**{n: row[n] for n in names}) if row["bar"] == "counts" else []
    label = gettext("%(on_time)s on time, %(late)s late, %(missed)s missed, %(pending)s pending, %(excused)s excused")
    return {
        "kind": row["bar"],
        "segments": drawn,
        "width": figures.BAR_WIDTH,
        "label": label % {n: row[n] for n in names},
    }


@register.filter
def count(value: int) -> str:
    return figures.count(value)


@register.filter
def fours(digest: str) -> list[str]:
    """Return a digest in groups of four, so that two people can compare it aloud."""
    return [digest[i : i + 4] for i in range(0, len(digest), 4)]


@register.filter
def dot(value: float) -> str:
    """Return a number as SVG wants it, whatever the language of the page."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


@register.filter
def half(value: float) -> str:
    return dot(value / 2)


@register.filter
def add_half(value: float) -> str:
    return dot(value + 0.6)


@register.filter
def less_one(value: float) -> str:
    return dot(max(value - 1.2, 0.8))


@register.filter
def person_name(user: Any) -> str:
    """Return a user's name in the language of the page."""
    first, second = (user.name_zh, user.name_en) if chinese() else (user.name_en, user.name_zh)
    return str(first or second or user.username)
