"""
How one layer is laid over another: lists of things with an `id` merge by that id, all else is replaced.

Plain data in, plain data out; the file, the level, the flag and the override all lay their values the same way.
"""

from typing import Any


def is_register(value: Any) -> bool:
    """Say whether a value is a list of things that each have an `id`."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in value)
    )


def lay(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return `below` with the keys of `above` laid over it."""
    return below | {key: laid(below.get(key), value) for key, value in above.items()}


def laid(below: Any, above: Any) -> Any:
    """Return one value laid over another: items in the order of `below`, then the new ones."""
    if not (is_register(above) and is_register(below)):
        return above
    found = {item["id"]: item for item in below}
    for item in above:
        found[item["id"]] = lay(found.get(item["id"], {}), item)
    return list(found.values())


def at(data: Any, path: tuple[str, ...]) -> Any:
    """Return the part of plain data at a path, items of a list by id or position; None if there is none."""
    for part in path:
        if isinstance(data, list):
            data = next((i for n, i in enumerate(data) if part in (_id(i), str(n))), None)
        elif isinstance(data, dict):
            data = data.get(part)
        else:
            return None
    return data


def put(data: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return plain data with the part at `path` replaced; what lies on the way is made where it is not there."""
    head, *rest = path
    if not rest:
        return data | {head: value}
    below = data.get(head)
    if isinstance(below, list) or (below is None and len(rest) > 1):
        name, *tail = rest
        items = [i if _id(i) != name else (put(i, tuple(tail), value) if tail else value) for i in below or []]
        if name not in [_id(i) for i in items]:
            items.append(put({"id": name}, tuple(tail), value) if tail else value)
        return data | {head: items}
    return data | {head: put(below if isinstance(below, dict) else {}, tuple(rest), value)}


def _id(item: Any) -> Any:
    return item.get("id") if isinstance(item, dict) else None
