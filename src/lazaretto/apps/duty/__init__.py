"""Who is on duty: for now the hand-over between shifts."""
