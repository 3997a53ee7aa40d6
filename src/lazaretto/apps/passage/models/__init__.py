"""Visits with their people, vehicles and goods, what crossed which gate, and reviews of restrictions."""

from lazaretto.apps.passage.models.goods import Consignment, Issue, Lot, Meal, Reading, Recall, Sample, Supplier
from lazaretto.apps.passage.models.reconciling import DayCheck, Seen
from lazaretto.apps.passage.models.visits import Crossing, Party, RestrictionReview, Visit

__all__ = [
    "Consignment", "Crossing", "DayCheck", "Issue", "Lot", "Meal", "Party", "Reading", "Recall", "RestrictionReview", "Sample",
    "Seen", "Supplier", "Visit",
]  # fmt: skip
