"""Passage: people, vehicles, goods and food through the gates."""
