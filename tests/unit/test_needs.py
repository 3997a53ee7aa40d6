"""What a full run must have is not skipped there."""

import pytest

from tests.needs import not_here


def test_what_is_required_fails_and_the_rest_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAZARETTO_REQUIRE", "postgres,disk")
    with pytest.raises(pytest.fail.Exception, match="disk is required: no mount"):
        not_here("disk", "no mount")
    with pytest.raises(pytest.skip.Exception, match="no browser"):
        not_here("browser", "no browser")
    monkeypatch.delenv("LAZARETTO_REQUIRE")
    with pytest.raises(pytest.skip.Exception):
        not_here("disk", "no mount")
