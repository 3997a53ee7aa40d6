"""What the journal remembers of a registry row, and under which key."""

from typing import Any

from lazaretto.apps.journal.actions import Version


def version(entity: str, item: Any) -> Version:
    """Return what the journal remembers of a registry row."""
    return Version(entity, key_of(entity, item), item.record())


def key_of(entity: str, item: Any) -> str:
    if entity in ("place", "person"):
        return str(item.code)
    record = item.record()
    parts = {
        "presence": ("subject", "layer", "from"),
        "standing": ("subject_kind", "subject", "key", "from"),
        "assignment": ("person", "kind", "key", "from"),
        "legal_date": ("person", "kind"),
    }[entity]
    return "/".join(str(record[p]) for p in parts)
