"""The day's four steps of the leading group; work that stopped and is resumed."""

from lazaretto.apps.coordination.models.projects import STATES, Project, ProjectChange
from lazaretto.apps.coordination.models.steps import STEPS, DailyStep

__all__ = ["STATES", "STEPS", "DailyStep", "Project", "ProjectChange"]
