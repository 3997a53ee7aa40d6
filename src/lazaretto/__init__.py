"""Lazaretto runs infection prevention and control in closed institutions."""

__version__ = "0.1.0"
