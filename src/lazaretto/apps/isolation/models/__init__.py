"""The tables of isolation."""

from lazaretto.apps.isolation.models.episodes import Cohort, Episode, Note, Placement
from lazaretto.apps.isolation.models.separation import Activity, Breach, Exposed

__all__ = ["Activity", "Breach", "Cohort", "Episode", "Exposed", "Note", "Placement"]
