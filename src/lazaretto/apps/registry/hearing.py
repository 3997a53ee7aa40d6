"""What the apps above do, in the same transaction, when people move."""

from collections.abc import Callable, Sequence

from lazaretto.apps.registry.models import Facility, Movement

Hear = Callable[..., None]
_hear: list[Hear] = []


def hear_movements(function: Hear) -> None:
    """Have `function(facility, movements, by=, at=)` called when movements were entered, with their presences written."""
    _hear.append(function)


def tell_movements(facility: Facility, made: Sequence[Movement], *, by: str, at: int) -> None:
    for function in _hear:
        function(facility, made, by=by, at=at)
