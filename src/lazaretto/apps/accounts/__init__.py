"""Who may: organisations, users, grants, API tokens."""
