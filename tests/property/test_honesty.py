"""
Honest rounds ask no more questions than is said, and invented ones are found. Worlds are drawn from named seeds.
"""

from typing import Any

import numpy as np
import pytest

from lazaretto.surveillance import honesty

#: People near their own usual value, rounds with their own air and thermometer, one in a hundred with a fever.
HONEST = {
    "usual": {"between": 2.0, "within": 2.5, "air": 1.0, "fever": 0.0},
    "narrow": {"between": 1.0, "within": 1.0, "air": 0.5, "fever": 0.0},
    "wide, with fevers": {"between": 2.5, "within": 3.5, "air": 2.0, "fever": 0.01},
}


def house(
    random: Any, *, between: float, within: float, air: float, fever: float, people: int = 40, rounds: int = 12
) -> Any:
    """Return the readings of a unit's day `[people, rounds]`, in tenths of a degree."""
    usual = 365 + random.normal(0, between, people) + 18 * (random.random(people) < fever)
    return np.round(usual[:, None] + random.normal(0, within, (people, rounds)) + random.normal(0, air, rounds))


def chances(random: Any, world: dict[str, float], days: int) -> dict[str, Any]:
    """Return what each check says of some honest days, all units of a day sharing its spread."""
    found: dict[str, list[Any]] = {"digits": [], "round": [], "person": [], "copies": []}
    for _ in range(days):
        sheets = [house(random, **world) for _ in range(4)]
        every = np.concatenate([s.ravel() for s in sheets]).astype(np.int64)
        walk = np.concatenate([np.tile(np.arange(12) + 12 * n, (40, 1)).ravel() for n in range(4)])
        person = np.repeat(np.arange(160), 12)
        of_person = np.concatenate([honesty.spread_of_persons(s, at_least=20) for s in sheets])
        own = max(float(np.median(of_person)), honesty.LEAST_SPREAD)
        spread = honesty.typical_spread(every, walk, at_least=10)
        found["digits"] += [honesty.last_digits(s.ravel().astype(np.int64), at_least=50) for s in sheets]
        found["round"].append(honesty.alike(every, walk, 48, spread, at_least=10).chance)
        found["person"].append(honesty.alike(every, person, 160, own, at_least=6).chance)
        found["copies"] += [honesty.copies(s, own, at_least=20).chance for s in sheets]
    digits = found.pop("digits")
    both = [d.p if d.excess >= 0.15 else 1.0 for d in digits]
    return {"digits": np.array(both)} | {name: np.concatenate(values) for name, values in found.items()}


@pytest.mark.parametrize("world", HONEST)
def test_honest_rounds_stay_below_the_stated_chance(world: str) -> None:
    """At any alpha, a share of at most alpha asks; three standard errors are allowed for the number of days drawn."""
    random = np.random.default_rng(20260317)
    for name, chance in chances(random, HONEST[world], 60).items():
        for alpha in (0.05, 0.01, 0.001):
            asked, n = float((chance < alpha).mean()), len(chance)
            assert asked <= alpha + 3 * (alpha * (1 - alpha) / n) ** 0.5, (name, alpha, asked, n)


def test_the_chances_are_no_empty_promise() -> None:
    """Bounds so wide that nothing could ever be asked would pass the test above; these are within a factor of about ten."""
    found = chances(np.random.default_rng(7), HONEST["usual"], 60)
    for name in ("round", "copies", "person"):
        assert 0.05 / 12 < (found[name] < 0.05).mean() <= 0.05, name


@pytest.mark.parametrize("seed", range(12))
def test_seeded_copies_are_found(seed: int) -> None:
    random = np.random.default_rng(seed)
    sheet = house(random, **HONEST["usual"])
    one, other = sorted(random.choice(12, 2, replace=False).tolist())
    kept = random.random(40) < 0.7  # three in ten were read after all
    sheet[kept, other] = sheet[kept, one] + int(random.integers(-2, 3))
    found = honesty.copies(sheet, 2.5, at_least=20)
    least = int(np.argmin(found.chance))
    assert (int(found.first[least]), int(found.second[least])) == (one, other)
    assert found.chance[least] < 1e-7


@pytest.mark.parametrize("seed", range(12))
def test_a_preferred_digit_is_found(seed: int) -> None:
    """Every second reading rounded to a half degree."""
    random = np.random.default_rng(seed)
    read = house(random, **HONEST["usual"]).ravel()
    lazy = random.random(read.size) < 0.5
    read[lazy] = np.round(read[lazy] / 5) * 5
    found = honesty.last_digits(read.astype(np.int64), at_least=50)
    assert found.digit in (0, 5)
    assert found.p < 1e-4
    assert found.excess > 0.15


def test_invented_sheets_do_not_hide_each_other() -> None:
    """Where nearly all rounds are 36.5, the spread is not taken for the house's own."""
    random = np.random.default_rng(3)
    read = np.where(random.random((12, 40)) < 0.95, 365, 366).astype(np.int64)
    walk = np.repeat(np.arange(12), 40)
    spread = honesty.typical_spread(read.ravel(), walk, at_least=10)
    assert spread == honesty.LEAST_SPREAD
    assert (honesty.alike(read.ravel(), walk, 12, spread, at_least=10).chance < 1e-6).all()


def test_a_walk_is_broken_by_a_pause_and_by_another_author() -> None:
    at = np.array([0, 60, 120, 2000, 60, 2060]) * 1000
    group = np.array([0, 0, 0, 0, 1, 1])
    order = np.array([4, 0, 3, 1, 5, 2])  # however they come
    number = honesty.walks(group[order], at[order], 900_000)
    back = np.empty(6, np.int64)
    back[order] = number
    assert back.tolist() == [0, 0, 0, 1, 2, 3]
