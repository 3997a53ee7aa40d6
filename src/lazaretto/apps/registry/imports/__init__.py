"""Tables into the registry, one file for each kind of row."""

from lazaretto.apps.registry.claims import Population
from lazaretto.apps.registry.imports.assigned import AssignmentImporter, LegalDateImporter
from lazaretto.apps.registry.imports.movements import MovementImporter
from lazaretto.apps.registry.imports.people import PeopleImporter
from lazaretto.apps.registry.imports.places import AssetImporter, GroupImporter, PlaceImporter
from lazaretto.apps.registry.imports.presence import PresenceImporter
from lazaretto.apps.registry.imports.standings import StandingImporter

__all__ = [
    "AssetImporter", "AssignmentImporter", "GroupImporter", "LegalDateImporter", "MovementImporter", "PeopleImporter",
    "PlaceImporter", "Population", "PresenceImporter", "StandingImporter",
]  # fmt: skip
