"""What the ward client is made of: its files, their version, and how it installs itself."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext

from lazaretto.apps.console.ward import data, words

FOLDER = Path(settings.PACKAGE) / "web" / "static" / "web"
STYLES = ("tokens.css", "lz.css", "ward/ward.css")
ICONS = (
    ("ward/icon-192.png", "192x192", "any"),
    ("ward/icon-512.png", "512x512", "any"),
    ("ward/icon-512.png", "512x512", "maskable"),
)


def modules() -> list[str]:
    """Return the addresses of the modules. They import each other by name, so theirs have no digest in them."""
    return [f"{settings.STATIC_URL}web/ward/{path.name}" for path in sorted((FOLDER / "ward").glob("*.js"))]


def files() -> list[str]:
    """Return the address of everything that must be on the phone for a start without network."""
    styles = [static(f"web/{name}") for name in STYLES]
    return [*styles, *modules(), static("web/flag.svg"), static("web/ward/icon-192.png"), reverse("ward-manifest")]


@lru_cache(maxsize=1)
def _content() -> str:
    digest = hashlib.sha256()
    own = sorted([*(FOLDER / "ward").iterdir(), *(FOLDER / name for name in STYLES)])
    templates = Path(__file__).parents[1] / "templates" / "console" / "ward"
    for path in [*own, *sorted(templates.iterdir())]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def version() -> str:
    """Return the digest of files and words: a phone fetches everything again when it changes."""
    said = data.as_script({"words": words.catalogue(), "files": files()})
    return hashlib.sha256(f"{_content()}{said}".encode()).hexdigest()[:16]


def shell() -> dict[str, Any]:
    return {
        "styles": [static(f"web/{name}") for name in STYLES],
        "modules": modules(),
        "app": f"{settings.STATIC_URL}web/ward/app.js",
        "words": data.as_script(words.catalogue()),
    }


def worker() -> dict[str, Any]:
    return {"version": version(), "shell": reverse("ward"), "files": data.as_script({"files": files()})}


def manifest() -> dict[str, Any]:
    return {
        "name": f"Lazaretto · {gettext('Ward round')}",
        "short_name": gettext("Ward round"),
        "id": reverse("ward"),
        "start_url": reverse("ward"),
        "scope": reverse("ward"),
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#F4F6F8",
        "theme_color": "#15202B",
        "icons": [
            {"src": static("web/flag.svg"), "sizes": "any", "type": "image/svg+xml"},
            *(
                {"src": static(f"web/{name}"), "sizes": sizes, "type": "image/png", "purpose": purpose}
                for name, sizes, purpose in ICONS
            ),
        ],
    }
