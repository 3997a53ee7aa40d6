"""What the kiosk is made of: its own modules and those of the ward client that it shares, and their version."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse

from lazaretto.apps.console.passage.kiosk import words
from lazaretto.apps.console.ward import data

FOLDER = Path(settings.PACKAGE) / "web" / "static" / "web"
STYLES = ("tokens.css", "lz.css", "kiosk/kiosk.css")
#: Sealing, storing, asking and making elements are the ward client's.
SHARED = ("seal", "store", "net", "dom", "words")


def modules() -> list[str]:
    own = [f"kiosk/{path.name}" for path in sorted((FOLDER / "kiosk").glob("*.js"))]
    return [f"{settings.STATIC_URL}web/{name}" for name in (*own, *(f"ward/{name}.js" for name in SHARED))]


def files() -> list[str]:
    """Return the address of everything that must be here for a start without network."""
    return [*(static(f"web/{name}") for name in STYLES), *modules(), static("web/flag.svg")]


@lru_cache(maxsize=1)
def _content() -> str:
    digest = hashlib.sha256()
    templates = Path(__file__).parents[2] / "templates" / "console"
    own = [
        *(FOLDER / "kiosk").iterdir(),
        *(FOLDER / "ward" / f"{name}.js" for name in SHARED),
        *(FOLDER / s for s in STYLES),
    ]
    for path in sorted([*own, *(templates / "kiosk").iterdir(), templates / "ward" / "worker.js"]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def version() -> str:
    said = data.as_script({"words": words.catalogue(), "files": files()})
    return hashlib.sha256(f"{_content()}{said}".encode()).hexdigest()[:16]


def shell(code: str) -> dict[str, Any]:
    return {
        "code": code,
        "styles": [static(f"web/{name}") for name in STYLES],
        "modules": modules(),
        "app": f"{settings.STATIC_URL}web/kiosk/kiosk.js",
        "words": data.as_script(words.catalogue()),
    }


def worker(code: str) -> dict[str, Any]:
    shell = reverse("kiosk", args=[code])
    return {
        "version": version(),
        "shell": shell,
        "files": data.as_script({"files": files()}),
        "client": f"kiosk-{code}",
    }
