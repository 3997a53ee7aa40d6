"""The day's report: computed, signed, amended, verified."""
