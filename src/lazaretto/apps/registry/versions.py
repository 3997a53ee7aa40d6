"""What the journal remembers of a registry row, and under which key."""

from typing import Any

from lazaretto.apps.journal.actions import Version

_KEYS: dict[str, tuple[str, ...]] = {
    "place": ("code",),
    "person": ("code",),
    "group": ("code",),
    "asset": ("code",),
    "alias": ("person", "name"),
    "not_same": ("one", "other"),
    "movement": ("number",),
    "presence": ("subject", "layer", "from"),
    "standing": ("subject_kind", "subject", "key", "from"),
    "assignment": ("person", "kind", "key", "from"),
    "legal_date": ("person", "kind"),
}


def version(entity: str, item: Any) -> Version:
    """Return what the journal remembers of a registry row."""
    return Version(entity, key_of(entity, item), item.record())


def key_of(entity: str, item: Any) -> str:
    record = item.record()
    parts = [str(record[p]) for p in _KEYS[entity]]
    if entity == "standing" and item.slot:
        parts.append(item.slot)
    if entity == "assignment" and item.place:
        parts.append(item.place.code)
    return "/".join(parts)
