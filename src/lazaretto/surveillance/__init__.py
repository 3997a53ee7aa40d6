"""
Early warning: single-case and cluster rules first, then exact counts and charts, then the bureau's methods.

Pure and vectorised: series are arrays `[n_series, n_times]`, and NaN says that nothing was observed. What is missing is
never zero: it raises no alarm, is no zero in a baseline, and each method says what it does instead. No clock, no I/O.

Source of the formulas: docs/explanation/early-warning.md.
"""
