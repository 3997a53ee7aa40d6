"""
What every page shows around its content: language, theme, and the facilities that the reader may go to.

`web` stands below the apps and cannot ask for facilities itself; an app that can is told with `facilities_from`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

THEME_COOKIE = "lz_theme"
#: Each language by its own name.
NAMES = {"zh-hans": "简体", "zh-hant": "繁體", "en": "English"}
THEMES = ("light", "dark", "auto")

_sources: list[Callable[[Any], Sequence[Any]]] = []
_links: dict[str, Callable[[Any], Sequence[Any]]] = {}


def facilities_from(source: Callable[[Any], Sequence[Any]]) -> None:
    """Declare who knows which facilities a user may go to; each has `code`, `name` and `url`."""
    _sources[:] = [source]


def links_from(name: str, source: Callable[[Any], Sequence[Any]]) -> None:
    """Declare pages of an app for the side bar; each link has `section`, `url`, `icon` and `name`."""
    _links[name] = source


def html_lang(code: str) -> str:
    """Return a language as a page declares it."""
    return {"zh-hant": "zh-Hant", "en": "en"}.get(code, "zh-Hans")


def theme(request: HttpRequest) -> str:
    cookie = request.COOKIES.get(THEME_COOKIE, "")
    return cookie if cookie in THEMES else "auto"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the context that `web/base.html` needs besides what a view gives it."""
    language = get_language() or "zh-hans"
    return {
        "html_lang": html_lang(language),
        "other_languages": [(code, html_lang(code), name) for code, name in NAMES.items() if code != language],
        "theme": theme(request),
        "locks_after_s": getattr(request, "locks_after_s", 0),
        "themes": THEMES,
        "own_facilities": SimpleLazyObject(lambda: _facilities(request)),
        "own_links": SimpleLazyObject(lambda: _own_links(request)),
    }


def _facilities(request: HttpRequest) -> list[Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    return [facility for source in _sources for facility in source(user)]


def _own_links(request: HttpRequest) -> list[Any]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    return [link for source in _links.values() for link in source(user)]
