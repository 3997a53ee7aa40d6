"""
Who, what and where. Intervals are half-open [starts, ends) in milliseconds since 1970 in UTC; None is open.
"""

from lazaretto.apps.registry.models.dated import Assignment, Dated, LegalDate, Presence, Standing
from lazaretto.apps.registry.models.institution import Asset, Facility, Group, Place
from lazaretto.apps.registry.models.movements import Movement
from lazaretto.apps.registry.models.people import Alias, NotSame, Person
from lazaretto.apps.registry.models.people import _new_ref as _new_ref  # migrations name it here

__all__ = [
    "Alias", "Asset", "Assignment", "Dated", "Facility", "Group", "LegalDate", "Movement", "NotSame", "Person", "Place",
    "Presence", "Standing",
]  # fmt: skip
