"""Tests: what was ordered, which samples were taken, and what came out."""
