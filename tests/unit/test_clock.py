"""Times as people write them, and durations."""

import pytest

from lazaretto.protocol.clock import Duration, minute_of_day, parse_moment, utc_text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-17 08:05", "2026-03-17T00:05:00.000Z"),
        ("2026/3/17 8:05", "2026-03-17T00:05:00.000Z"),
        ("2026.3.7 18:05", "2026-03-07T10:05:00.000Z"),
        ("2026年3月17日 8:05", "2026-03-17T00:05:00.000Z"),
        ("2026年3月17日8:05", "2026-03-17T00:05:00.000Z"),
        ("2026-03-17 8：05", "2026-03-17T00:05:00.000Z"),
        ("2026年3月17日 08:05", "2026-03-17T00:05:00.000Z"),
        ("2026年3月17日", "2026-03-16T16:00:00.000Z"),
        ("2026/3/17", "2026-03-16T16:00:00.000Z"),
        ("2026-03-17T08:05:01.2345+08:00", "2026-03-17T00:05:01.234Z"),
        ("2026-03-17T00:05Z", "2026-03-17T00:05:00.000Z"),
        ("2026-03-17T08:05:59", "2026-03-17T00:05:59.000Z"),
    ],
)
def test_times_are_read_in_facility_time_unless_they_say_otherwise(written: str, meant: str) -> None:
    assert utc_text(parse_moment(written, "Asia/Shanghai")) == meant


@pytest.mark.parametrize(
    "written", ["", "soon", "2026-13-01", "2026-02-30 08:00", "08:00", "17/03/2026 08:00", "2026-03-17 25:00"]
)
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        parse_moment(written, "Asia/Shanghai")


@pytest.mark.parametrize("text", ["PT2H", "PT15M", "P1D", "P2W", "PT1H30M", "PT45S", "P1DT2H"])
def test_durations_are_written_as_they_are_read(text: str) -> None:
    assert str(Duration.parse(text)) == text


@pytest.mark.parametrize("text", ["", "P", "PT", "2H", "P1M", "P1Y", "-PT2H", "P1DT"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Duration.parse(text)


def test_wall_times() -> None:
    assert (minute_of_day("00:00"), minute_of_day("24:00"), minute_of_day("08:30")) == (0, 1440, 510)
    for text in ("24:01", "8:30", "25:00", "08:60"):
        with pytest.raises(ValueError):
            minute_of_day(text)
