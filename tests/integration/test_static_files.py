"""What pages need besides themselves is there when the server starts, also after an update without `init`."""

import json
import os
from pathlib import Path
from typing import Any

from lazaretto.config.commands.system import _collect_what_is_new


def test_files_that_came_since_are_collected_when_the_server_starts(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path / "static"
    backend = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": backend}
    _collect_what_is_new()
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    assert "web/live.js" in json.loads(manifest.read_text())["paths"]

    manifest.write_text("{}")  # nothing is newer: it is left as it is
    _collect_what_is_new()
    assert manifest.read_text() == "{}"

    os.utime(manifest, (0, 0))
    _collect_what_is_new()
    assert "web/live.js" in json.loads(manifest.read_text())["paths"]
