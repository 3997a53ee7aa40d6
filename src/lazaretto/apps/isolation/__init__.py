"""Isolation of cases and quarantine of the exposed and well: pathways, rooms, cohorts, separation, and the care beside them."""
