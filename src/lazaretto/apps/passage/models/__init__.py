"""Visits with their people, vehicles and goods, what crossed which gate, and reviews of restrictions."""

from lazaretto.apps.passage.models.visits import Crossing, Party, RestrictionReview, Visit

__all__ = ["Crossing", "Party", "RestrictionReview", "Visit"]
