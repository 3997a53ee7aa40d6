"""The twin against what is known exactly: final size, chains that die out, mass balance, threads, the same draws."""

import json
from dataclasses import fields
from math import prod

import numpy as np
import pytest

from lazaretto.twin.day import Run, simulate
from lazaretto.twin.formulas import final_size, residual_risk, rotation_entry
from lazaretto.twin.scenario import Contacts, Disease, Inflow, Practice, Rotation, Rules, Scenario, Site, StageRule
from lazaretto.twin.state import COUNTS
from tests.reference_data import rows

KNOTS = Disease().sensitivity
#: One group that meets at random, sick for a fixed time: nothing else spreads.
MIXED = Contacts(room_everyone=False, room=10, floor=0, wing=0, work=0, meal=0, post=0, post_resident=0, shift=0)
PLAIN = Disease(r0=2, asymptomatic_share=0, incubation_sdlog=0, incubation_meanlog=0, before_onset=0, after_onset=5)
CLOSED = Rules(
    slots_residents=[480, 1200], screen=37.3, confirm=37.3, isolation=StageRule(days=1), quarantine=StageRule(days=14),
    test_every=7, separated=True,
)  # fmt: skip


def one_room(n: int, r0: float, **more: object) -> Scenario:
    return Scenario(
        days=400, site=Site(residents=n, per_cell=n, staff=0), contacts=MIXED,
        disease=PLAIN.model_copy(update={"r0": r0}), **more,
    )  # fmt: skip


def test_one_well_mixed_room_ends_at_the_final_size() -> None:
    run = simulate(one_room(20_000, 1.5, inflow=Inflow(first_cases=40)))
    assert run.total("infections") / 20_000 == pytest.approx(final_size(1.5), abs=0.02)


def test_a_cell_of_ten_is_the_chain_of_reed_and_frost(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAR of a pair 0.2, each sick for one day: 5.784458 of 9, none in 0.134218, all in 0.217229 (domain §7.2)."""
    cells = 4000
    one_day = Disease(r0=-9 * np.log(0.8), asymptomatic_share=0, incubation_sdlog=0, incubation_meanlog=0,
                      before_onset=0, after_onset=1)  # fmt: skip
    scenario = Scenario(days=12, site=Site(residents=10 * cells, per_cell=10, staff=0), disease=one_day,
                        contacts=Contacts(floor=0, wing=0, work=0, meal=0, post_resident=0))  # fmt: skip
    monkeypatch.setattr("lazaretto.twin.flow.first_cases", lambda state: np.arange(0, 10 * cells, 10, dtype=np.int32))
    sizes = (simulate(scenario).infected.reshape(cells, 10) >= 0).sum(axis=1) - 1
    assert sizes.mean() == pytest.approx(5.784458, abs=4 * sizes.std() / cells**0.5)
    for size, share in ((0, 0.134218), (9, 0.217229)):
        assert (sizes == size).mean() == pytest.approx(share, abs=4 * (share * (1 - share) / cells) ** 0.5)


def test_below_one_a_chain_has_the_mean_size_of_the_formula() -> None:
    run = simulate(one_room(200_000, 0.6, inflow=Inflow(first_cases=1500)))
    assert run.total("infections") / 1500 == pytest.approx(1 / (1 - 0.6), rel=0.06)


def test_without_contact_between_rooms_each_room_is_alone() -> None:
    scenario = Scenario(
        days=60, site=Site(residents=400, staff=0), contacts=Contacts(floor=0, wing=0, work=0, meal=0, post_resident=0)
    )
    run = simulate(scenario.changed(inflow={"first_cases": 5}))
    rooms = np.flatnonzero(run.infected >= 0) // 10
    first = np.flatnonzero((run.infected == 0) & (run.by < 0)) // 10
    assert set(rooms) == set(first)


def test_people_are_neither_made_nor_lost() -> None:
    scenario = Scenario(days=60, rules=CLOSED, inflow=Inflow(first_cases=5, arrivals_per_day=2, releases_per_day=2))
    run = simulate(scenario)
    infected = run.infected >= 0
    assert run.total("infections") == infected.sum() == run.total("staff_infections") + run.total("resident_infections")
    assert run.total("imported") == (infected & (run.by < 0)).sum()
    assert (run.counts >= 0).all()
    caused = run.by[run.by >= 0]
    assert (run.infected[caused] >= 0).all()
    assert (run.infected[run.by >= 0] > run.infected[caused]).all(), "nobody infects before he is infected"


def same(one: Run, other: Run) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name), equal_nan=True) for f in fields(Run) if f.name != "first_detected")  # fmt: skip


def test_the_same_seed_is_the_same_run_on_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lazaretto.twin.day.BATCH", 64)
    scenario = Scenario(days=60, rules=CLOSED, inflow=Inflow(first_cases=20))
    runs = [simulate(scenario, 3, threads=n) for n in (1, 2, 4)]
    assert same(runs[0], runs[1])
    assert same(runs[0], runs[2])
    assert not same(runs[0], simulate(scenario, 4))


def test_a_measure_that_does_nothing_changes_nothing() -> None:
    """Common random numbers: readings without compliance, tests that find nobody, leave every infection as it was."""
    scenario = Scenario(days=60, inflow=Inflow(first_cases=5))
    blind = Disease(sensitivity={0: 0.0}, specificity=1.0)
    nothing = scenario.changed(rules=CLOSED.model_dump() | {"separated": False}, disease=blind.model_dump(),
                               practice=Practice(compliance=0.0, reports_symptoms=0, staff_report=0).model_dump())  # fmt: skip
    one, other = simulate(scenario.changed(practice={"reports_symptoms": 0.0, "staff_report": 0.0})), simulate(nothing)
    assert np.array_equal(one.infected, other.infected)
    assert np.array_equal(one.by, other.by)


def test_each_mechanism_can_be_switched_off_alone() -> None:
    """What is on makes a difference; off, the run is the one without it."""
    base = Scenario(days=50, rules=CLOSED, inflow=Inflow(first_cases=40))
    without = {
        "temperature": {"screen": None}, "quarantine": {"quarantine": None}, "isolation": {"isolation": None},
        "testing": {"test_every": 0}, "separation": {"separated": False},
    }  # fmt: skip
    on = simulate(base)
    for name, rule in without.items():
        off = simulate(base.changed(switches={name: False}))
        assert np.array_equal(off.counts, simulate(base.changed(rules=rule)).counts), name
        assert not np.array_equal(off.counts, on.counts), name


def test_the_residual_risk_is_that_of_the_reference() -> None:
    for row in rows("formula_reference_values.csv"):
        if row["function"] == "residual_risk":
            p = json.loads(row["params_json"])
            assert residual_risk(p["q"], p["tests"], p["u"], KNOTS) == pytest.approx(float(row["expected"]), rel=1e-9)


def leaks(n: int, tests: list[int], hazard: float, staff: int) -> float:
    """Return the share of staff who enter duty infected and still able to transmit."""
    turn = Rotation(
        states=[("home", 14), *([("standby", n)] if n else []), ("inside", 30)], groups=1, standby_tests=tests
    )  # type: ignore[list-item]
    scenario = Scenario(
        days=14 + n + 1, site=Site(residents=1, per_cell=1, staff=staff),
        disease=Disease(specificity=1.0, after_onset=10, before_onset=0, r0=0.001),
        inflow=Inflow(first_cases=0, community=[(0, hazard)]), contacts=Contacts(shift=0, post=0),
        rules=Rules(rotation=turn, turnaround=0), practice=Practice(staff_report=0.9, leak=0.0),
    )  # fmt: skip
    run = simulate(scenario)
    entering = 14 + n
    open_ = (run.infected[1:] >= 0) & (run.onset[1:] + 10 > entering) & run.present[1:]
    return float(open_.sum())


@pytest.mark.parametrize(("n", "tests"), [(0, []), (7, [1, 6]), (14, [])])
def test_a_closed_rotation_leaks_as_the_formula_says(n: int, tests: list[int]) -> None:
    """Domain §10 within Monte-Carlo error: four standard deviations of a Poisson count."""
    hazard, staff = 0.002, 150_000
    # Only the first infection counts: somebody infected u days ago was not infected before.
    shares = [hazard * (1 - hazard) ** (14 - u) * residual_risk(n, tests, u, KNOTS) for u in range(1, 15)]
    expected = staff * sum(shares)
    assert leaks(n, tests, hazard, staff) == pytest.approx(expected, abs=4 * expected**0.5)
    assert hazard * 14 > rotation_entry(n, tests, hazard, 14, KNOTS) >= sum(shares)


def test_the_formula_of_rotation_is_that_of_the_reference() -> None:
    for row in rows("formula_reference_values.csv"):
        if row["function"] == "staff_rotation":
            p, (one, any_) = json.loads(row["params_json"]), map(float, row["expected"].split(";"))
            entry = rotation_entry(p["n"], p["tests"], p["lam"], p["H"], KNOTS)
            assert entry == pytest.approx(one, rel=1e-8)
            assert 1 - prod([1 - entry] * p["N"]) == pytest.approx(any_, rel=1e-8)


def test_the_columns_are_named_once() -> None:
    assert len(set(COUNTS)) == len(COUNTS)
