"""What a test needs of the machine: without it the test is skipped, unless LAZARETTO_REQUIRE names it."""

import os
from typing import NoReturn

import pytest


def not_here(what: str, why: str) -> NoReturn:
    """Skip, saying why; fail where LAZARETTO_REQUIRE (words parted by commas) has the word `what`."""
    if what in os.environ.get("LAZARETTO_REQUIRE", "").split(","):
        pytest.fail(f"{what} is required: {why}")
    pytest.skip(why)
