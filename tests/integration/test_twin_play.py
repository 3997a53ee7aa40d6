"""The twin and the platform: a facility leaves as numbers only; an invented outbreak comes in as facts."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from lazaretto.protocol.refusal import Refusal
from lazaretto.twin.day import simulate
from tests.conftest import DAY


def test_a_facility_leaves_as_numbers_only(make_facility: Any) -> None:
    from lazaretto.apps.registry.models import Person, Place
    from lazaretto.apps.rehearse.twin_export import scenario_of

    small = make_facility()
    scenario = scenario_of(small.facility, at=small.moment("12:00"), days=30)
    assert scenario.layout is not None
    assert (len(scenario.layout.room), len(set(scenario.layout.wing)), len(scenario.layout.staff_post)) == (3, 2, 1)
    raw = scenario.model_dump(mode="json")
    assert all(isinstance(n, int) for column in raw["layout"].values() for n in column)
    said = json.dumps(raw | {"name": ""}, ensure_ascii=False)
    for person in Person.objects.all():
        assert person.name not in said
        assert f'"{person.code}"' not in said
    assert not any(f'"{p.code}"' in said for p in Place.objects.all())
    assert scenario.rules.digest
    assert simulate(scenario).total("infections") >= 1


def test_an_outbreak_is_played_as_facts_and_found_by_the_platform(make_facility: Any) -> None:
    from lazaretto.apps.rehearse.twin_play import play
    from lazaretto.apps.rounds.models import Fact, FeverEpisode

    small = make_facility("SANDBOX1")
    played = play(small.facility, days=14, seed=5, now=small.at)
    assert played.facts == Fact.objects.count() > 40
    assert played.infections == len(played.truth["infections"]) >= 1
    known = set(FeverEpisode.objects.values_list("subject", flat=True))
    assert {c["subject"] for c in played.truth["infections"] if c["found"]} <= known
    assert not any("infect" in f for f in Fact.objects.values_list("note", flat=True)), "the truth is kept aside"
    again = play(small.facility, days=14, seed=5, now=small.at)
    assert again.facts == 0, "the same outbreak is not written twice"
    assert again.truth["infections"] == played.truth["infections"]
    row = small.measure(small.draft(DAY), "temperature.residents")
    assert row["on_time"] > 0


def test_only_a_sandbox_is_played_into(make_facility: Any) -> None:
    from lazaretto.apps.rehearse.twin_play import play

    small = make_facility("YT")
    with pytest.raises(Refusal) as refused:
        play(small.facility, days=3, seed=1, now=small.at)
    assert refused.value.code == "not_a_sandbox"


def test_the_commands_say_what_they_found_and_what_is_wrong(tmp_path: Path) -> None:
    from lazaretto.config.commands.twin import app
    from lazaretto.twin.scenario import Scenario, Site

    one = Scenario(name="A", days=20, site=Site(residents=60, staff=6))
    files = []
    for scenario in (one, one.changed(name="B", practice={"compliance": 0.5})):
        files.append(tmp_path / f"{scenario.name}.json")
        files[-1].write_text(scenario.model_dump_json(), encoding="utf-8")
    out = ["--out", str(tmp_path / "out")]
    refused = CliRunner().invoke(app, ["run", str(files[0]), "--runs", "10", *out])
    assert refused.exit_code == 1, "fewer than 200 runs draw no conclusion"
    report = tmp_path / "twin.html"
    few = ["--runs", "10", "--few", "--jobs", "1", "--no-ranking", "--report", str(report)]
    done = CliRunner().invoke(app, ["compare", *map(str, files), *few, *out])
    assert done.exit_code == 0, done.output
    assert "推演比较：A、B" in report.read_text(encoding="utf-8")
    curve = tmp_path / "curve.csv"
    curve.write_text("date,cases\n2026-01-01,1\n2026-01-02,-4\n", encoding="utf-8")
    bad = CliRunner().invoke(app, ["fit", str(curve)])
    assert bad.exit_code == 1
    assert "3" in bad.output
