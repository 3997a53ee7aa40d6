"""Addresses of a list as it is filtered, sorted and turned over."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode


class Query:
    """What a list was asked for: the same again with something changed."""

    def __init__(self, asked: Mapping[str, str]) -> None:
        self.asked = {k: v for k, v in asked.items() if v}

    def but(self, **changes: Any) -> str:
        """Return the query with changes; a page number does not survive them unless it is one of them."""
        kept = {k: v for k, v in self.asked.items() if k != "page"} | changes
        return "?" + urlencode({k: v for k, v in kept.items() if v not in ("", None)})

    def turns(self, page: Any) -> dict[str, str]:
        """Return where the page before and after this one are."""
        return {
            "before": self.but(page=page.previous_page_number()) if page.has_previous() else "",
            "after": self.but(page=page.next_page_number()) if page.has_next() else "",
        }

    def sorts(self, names: tuple[str, ...], sort: str) -> dict[str, dict[str, str]]:
        """Return for each column by which a list can be sorted where that is, and how it is sorted now."""
        found = {}
        for name in names:
            down = sort == name
            found[name] = {
                "url": self.but(sort=f"-{name}" if down else name),
                "aria": "ascending" if down else "descending" if sort == f"-{name}" else "",
                "mark": " ↑" if down else " ↓" if sort == f"-{name}" else "",
            }
        return found
