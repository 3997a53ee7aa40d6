"""
How private each field of each table is. Every model says so in `PRIVACY`; a test fails on a field that is not classed.
"""

from enum import StrEnum


class Privacy(StrEnum):
    """What a field says about a person."""

    PLAIN = "plain"
    """Nothing about a person, or only a reference that means nothing outside."""
    IDENTIFYING = "identifying"
    """Who somebody is or where: names, codes, whereabouts."""
    SENSITIVE = "sensitive"
    """Health, identity numbers, custody: shown only to roles that need it, and each look is logged."""


PLAIN, IDENTIFYING, SENSITIVE = Privacy.PLAIN, Privacy.IDENTIFYING, Privacy.SENSITIVE
