"""Rehearsal on invented people: the demo."""
