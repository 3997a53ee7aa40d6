"""What presenters say: each contradiction, each cadence, and the key numbers of a day."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from lazaretto.apps.console.presenters import evidence, gaps, verdict
from lazaretto.apps.console.presenters.contradictions import Speaker, kind_word
from lazaretto.apps.console.queries import Named
from lazaretto.protocol.cadence import Cadence
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording.cadence import how_often, night, window

SOURCE = Path(__file__).resolve().parents[2] / "src" / "lazaretto"
FOUND_IN = ("apps/reporting/contradictions.py", "apps/rounds/bursts.py", "protocol/tally.py")
AT = "2026-03-17T05:00:00.000Z"
ONE_OF_EACH: list[dict[str, Any]] = [
    {"kind": "fever_open", "subject": "person:P1", "since": AT},
    {"kind": "unit_silent", "unit": "W1"},
    {"kind": "headcount_mismatch", "population": "prisoner"},
    {"kind": "headcount_mismatch", "subject": "place:W1", "counted": "39", "on_file": 40, "observed_at": AT},
    {"kind": "id_conflict", "fact": "f1"},
    {"kind": "correction_conflict", "fact": "f2"},
    {"kind": "burst_entry", "by": "S1", "from": AT, "subjects": 41},
    {"kind": "level_review_overdue", "level": "outbreak", "review_at": AT},
    {"kind": "flag_review_overdue", "flag": "local_outbreak", "review_at": AT},
    {"kind": "clock_jump", "entry": 370},
    {"kind": "entered_late", "measure": "temperature.residents", "entered_late": 30, "used": 100},
]


@pytest.fixture
def speaker() -> Speaker:
    names = {"person:P1": Named("P1", "赵一", "赵一"), "place:W1": Named("W1", "一监区", "Wing 1")}
    return Speaker(
        zone="Asia/Shanghai",
        names=names,
        units={"W1": names["place:W1"]},
        measures={},
        populations={},
        levels={},
        flags={},
    )


def test_every_kind_that_is_found_has_its_sentence() -> None:
    text = "".join((SOURCE / p).read_text() for p in FOUND_IN)
    found = set(re.findall(r'"kind": "(\w+)"', text))
    assert found == {c["kind"] for c in ONE_OF_EACH}


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("item", ONE_OF_EACH, ids=lambda c: c["kind"])
def test_a_contradiction_is_one_sentence_with_its_facts(item: dict[str, Any], language: str, speaker: Speaker) -> None:
    with translation.override(language):
        (line,) = speaker.lines([item])
        assert line["title"] != item["kind"]
        assert line["said"].endswith(("。", "."))
        assert "%(" not in line["said"]
        assert ("一监区" if language == "zh-hans" else "Wing 1") in line["said"] or "W1" not in str(item)
        (counted,) = speaker.lines([{"kind": item["kind"], "n": 3}])
        assert "3" in counted["said"]
        assert "赵一" not in counted["said"]


def test_a_kind_from_a_later_version_is_shown_by_its_name(speaker: Speaker) -> None:
    with translation.override("en"):
        assert speaker.lines([{"kind": "tide_table"}]) == [{"title": "tide_table", "said": ""}]
        assert kind_word("tide_table") == "tide_table"


@pytest.mark.parametrize(
    ("given", "en", "zh"),
    [
        ({"every": "PT2H"}, "every 2 hours, from 00:00 to 24:00", "每 2 小时一次，00:00 至 24:00"),
        ({"every": "P1D", "starts": "08:00"}, "every day at 08:00", "每天 08:00"),
        (
            {"every": "P1W", "anchor": "2026-03-16", "starts": "08:00"},
            "every 7 days at 08:00, counted from 2026-03-16",
            "每 7 天一次，08:00，自 2026-03-16 起算",
        ),
        ({"times": ["08:00", "14:00"]}, "2 times a day, at 08:00, 14:00", "每天 2 次：08:00、14:00"),
        ({"times": ["08:00"]}, "once a day, at 08:00", "每天 1 次：08:00"),
        ({"per_day": 1}, "once a day, between 00:00 and 24:00", "每天 1 次，00:00 至 24:00"),
        (
            {"per_day": 5, "between": ["07:00", "22:00"]},
            "5 times a day, evenly between 07:00 and 22:00",
            "每天 5 次，07:00 至 22:00 平均分布",
        ),
        (
            {"random": {"n": 2, "per": "shift"}},
            "2 times a shift at moments nobody knows before",
            "每班 2 次，时刻事先不公布",
        ),
        (
            {"count": {"at_least": 2, "within": "P7D"}},
            "at least 2 times within each 7 days",
            "每 7 天内至少 2 次",
        ),
    ],
)
def test_a_cadence_in_words(given: dict[str, Any], en: str, zh: str) -> None:
    cadence = Cadence.model_validate(given)
    assert how_often(cadence).en == en
    assert window(cadence).en
    assert window(cadence).zh
    assert how_often(cadence).zh == zh


def test_the_night_says_who_is_woken() -> None:
    cadence = Cadence.model_validate({"every": "PT2H", "night": {"from": "22:00", "to": "06:00"}})
    assert "nobody is woken who need not be" in night(cadence, residents=True).en
    assert night(cadence, residents=False) == Text("", "")


def row(**given: Any) -> dict[str, Any]:
    numbers = dict.fromkeys((*evidence.NUMBERS, "excused_after", "entered_late"), 0)
    return {"id": "t", "observation": "temperature", "coverage": None, "gaps": [], **numbers, **given}


@pytest.mark.parametrize(
    ("given", "bar", "percent"),
    [
        ({"expected": 0}, "none", "—"),
        ({"expected": 2, "missed": 2, "coverage": "0", "gaps": [{"reason": None}] * 2}, "no_evidence", "—"),
        ({"expected": 2, "missed": 2, "coverage": "0", "gaps": [{"reason": "no_power"}] * 2}, "counts", "0.0%"),
        ({"expected": 2, "pending": 2}, "counts", "—"),
        (
            {"expected": 3, "on_time": 2, "missed": 1, "coverage": "0.6666666666", "gaps": [{"reason": None}]},
            "counts",
            "66.6%",
        ),
    ],
)
def test_no_evidence_is_not_nought_per_cent(given: dict[str, Any], bar: str, percent: str) -> None:
    with translation.override("en"):
        (line,) = evidence.table({"measures": [row(**given)]}, {})
    assert (line["bar"], line["percent"]) == (bar, percent)


HIDDEN = {"suppressed": True, "value": None}
NULL = {"value": None, "reason": "not_collected"}


@pytest.mark.parametrize(
    ("values", "kind", "value"),
    [
        ([0, 0], "zero", "0"),
        ([1200, 34], "number", "1,234"),
        ([NULL, NULL], "null", "—"),
        ([7, NULL], "number", "7"),
        ([0, HIDDEN], "number", "< 5"),
        ([7, HIDDEN], "number", "≥ 8"),
        ([HIDDEN, HIDDEN], "number", "≥ 2"),
        ([], "null", "—"),
    ],
)
def test_a_key_number_is_no_more_than_what_is_known(values: list[Any], kind: str, value: str) -> None:
    counts = {f"p{n}": dict.fromkeys(("present_end", "fever_screened", "fever_confirmed", "suspected", "confirmed", "died"), v)
              for n, v in enumerate(values)}  # fmt: skip
    document = {"counts": counts, "measures": [row(expected=1, on_time=1)], "facts": {"used": 1}}
    with translation.override("en"):
        present = verdict.cells(document)[0]
    assert (present["kind"], present["value"]) == (kind, value)


def test_without_any_reading_no_fever_is_unknown() -> None:
    counts = {
        "prisoner": dict.fromkeys(
            ("present_end", "fever_screened", "fever_confirmed", "suspected", "confirmed", "died"), 0
        )
    }
    document = {"counts": counts, "measures": [row(expected=9, missed=9)], "facts": {"used": 1}}
    with translation.override("en"):
        found = {c["label"]: c["kind"] for c in verdict.cells(document)}
    assert (found["Fever confirmed"], found["Died"]) == ("unknown", "zero")


def test_a_gap_stands_where_the_person_was_when_it_was_due() -> None:
    gap = {"measure": "t", "subject": "person:P1", "due": AT, "reason": None}
    due = 1773723600000
    here, there = Named("A", "甲室", "Room A"), Named("B", "乙室", "Room B")
    stays = {"person:P1": [(0, due, here), (due, None, there)]}
    with translation.override("en"):
        (line,) = gaps.named_lines(
            [gap],
            names={"person:P1": Named("P1", "赵一", "赵一", "W1")},
            stays=stays,
            measures={},
            reasons={},
            zone="UTC",
        )
    assert (line["name"], line["place"], line["due"], line["reason"]) == ("赵一", "Room B", "17 Mar 05:00", "")
