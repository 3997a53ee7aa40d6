"""The one fixture of the spec tests: see `tests/spec/runners.py` for the ways to ask."""

import pytest

from tests.spec.runners import Spec


@pytest.fixture
def spec() -> Spec:
    return Spec()
