"""The pages of isolation and quarantine: the board, one person's course, care, planning, separation, reviews from outside."""
