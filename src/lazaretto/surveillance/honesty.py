"""
Honesty checks: do the readings of a day look like readings that were taken? Each answer is a question for a person.

Readings are whole numbers of the device's step (36.5 °C by tenths is 365). Every chance is an upper bound under a plain
model of honest work: a person's readings are normal around his own usual value, a round's around its own mean, both rounded
to the step. The spread is the facility's own, as the median over rounds, so that a few invented sheets hardly move it, and
never below one step, so that many of them cannot hide each other.

    last digits      χ² against a normal with the readings' own mean and spread, rounded; bins below 5 together; df = bins − 1,
                     which is on the safe side since mean and spread come from the same readings (Chernoff and Lehmann 1954)
    the same value   Σ over values v of P(Bin(n, p_v) >= m): m of n readings alike, whichever the value
    copied sheets    comparisons × P(Bin(n, p) >= m): m of n people with the same difference between two rounds, where p is the
                     largest chance of any one difference

Too few readings: no answer (NaN), never a quiet one. Sources: domain handbook §4.3 (e); the formulas above are ours.
"""

from typing import NamedTuple

import numpy as np

from lazaretto.surveillance.distributions import binomial_tail, chi_square_tail, normal_cdf
from lazaretto.surveillance.series import Flags, Floats, Whole, demand

#: No honest round is narrower than this, in steps.
LEAST_SPREAD = 1.0
#: By how many steps a copied sheet may have been raised or lowered, and by how many rows it may have slipped.
SHIFTS = (-2, -1, 0, 1, 2)
SLIPS = (-1, 1)
#: Readings so many steps from the median are not looked at for their digits: a fever is no digit that somebody prefers.
OUTLYING = 12
_LEAST_EXPECTED = 5.0


class Digits(NamedTuple):
    """
    Last digits: how often each came and how often it was to be expected, `[10]`.

    p       chance of digits at least so far from what is expected; NaN with too few readings
    excess  the share of readings that would have to end in another digit
    """

    n: int
    observed: Whole
    expected: Floats
    p: float
    excess: float

    @property
    def digit(self) -> int:
        """The digit that came most often beyond what is expected."""
        return int(np.argmax(self.observed - self.expected))


def last_digits(steps: Whole, *, at_least: int) -> Digits:
    """Compare the last digits of some readings with those of a normal with the readings' own mean and spread."""
    if steps.size:
        steps = steps[np.abs(steps - np.median(steps)) <= OUTLYING]
    observed, n = np.bincount(np.mod(steps, 10), minlength=10), int(steps.size)
    if n < max(at_least, 2):
        return Digits(n, observed, np.full(10, np.nan), np.nan, np.nan)
    spread = max(float(np.var(steps, ddof=1)) - 1 / 12, 1e-6) ** 0.5
    expected = n * _digit_chances(float(steps.mean()), spread)
    return Digits(n, observed, expected, _chi_square(observed, expected), _excess(observed, expected))


def _digit_chances(mean: float, spread: float) -> Floats:
    reach = int(np.ceil(8 * spread)) + 2
    values = np.arange(int(mean) - reach, int(mean) + reach + 1, dtype=np.int64)
    found: Floats = np.zeros(10)
    np.add.at(found, np.mod(values, 10), _chances((values.astype(np.float64) - mean) / spread, spread))
    return found


def _chances(z: Floats, spread: float) -> Floats:
    """Return the chance of each value, its distance from the mean being z spreads, once rounded to a whole step."""
    half = 0.5 / spread
    found: Floats = normal_cdf(z + half) - normal_cdf(z - half)
    return found


def _chi_square(observed: Whole, expected: Floats) -> float:
    rare = expected < _LEAST_EXPECTED
    seen = np.append(observed[~rare], observed[rare].sum()).astype(np.float64)
    meant = np.append(expected[~rare], expected[rare].sum())
    if meant[-1] < _LEAST_EXPECTED and len(meant) > 1:  # too rare even together: into the least of the others
        least = int(np.argmin(meant[:-1]))
        seen[least], meant[least] = seen[least] + seen[-1], meant[least] + meant[-1]
        seen, meant = seen[:-1], meant[:-1]
    if len(meant) < 2:
        return 1.0
    return chi_square_tail(float(((seen - meant) ** 2 / meant).sum()), len(meant) - 1)


def _excess(observed: Whole, expected: Floats) -> float:
    return float(np.abs(observed - expected).sum() / 2 / observed.sum())


# -- rounds --------------------------------------------------------------------------------------------------------


def walks(group: Whole, at: Whole, pause: int) -> Whole:
    """
    Return the number of the walk to which each reading belongs, in any order: readings of one group (an author in a unit)
    that follow one another within `pause` milliseconds.
    """
    order = np.lexsort((at, group))
    new = np.ones(order.size, dtype=bool)
    new[1:] = (np.diff(group[order]) != 0) | (np.diff(at[order]) > pause)
    number = np.empty(order.size, dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    return number


def typical_spread(steps: Whole, group: Whole, *, at_least: int) -> float:
    """Return the median over groups of at least so many readings of their standard deviation, never below LEAST_SPREAD."""
    if not steps.size:
        return LEAST_SPREAD
    n = np.bincount(group).astype(np.float64)
    total, squares = (np.bincount(group, weights=v) for v in (steps - steps.mean(), (steps - steps.mean()) ** 2))
    enough = n >= max(at_least, 2)
    if not enough.any():
        return LEAST_SPREAD
    variance = (squares[enough] - total[enough] ** 2 / n[enough]) / (n[enough] - 1)
    return max(float(np.median(np.sqrt(np.maximum(variance, 0)))), LEAST_SPREAD)


class Alike(NamedTuple):
    """In each group: how many readings, how many show its commonest value, that value, and the chance of so many."""

    n: Whole
    most: Whole
    value: Whole
    chance: Floats


def alike(steps: Whole, group: Whole, n_groups: int, spread: float, *, at_least: int) -> Alike:
    """Say of each group (a round, or a person's day) how alike its readings are; the chance is NaN with too few of them."""
    n = np.bincount(group, minlength=n_groups)
    if not steps.size:
        return Alike(n, n, n, np.full(n_groups, np.nan))
    low, width = int(steps.min()), int(np.ptp(steps)) + 1
    cell, times = np.unique(group * width + (steps - low), return_counts=True)
    order = np.lexsort((times, cell // width))
    last = np.append(np.diff((cell // width)[order]) != 0, True)
    top = order[last]
    most, value = np.zeros(n_groups, np.int64), np.zeros(n_groups, np.int64)
    most[cell[top] // width], value[cell[top] // width] = times[top], cell[top] % width + low
    chance = np.full(n_groups, np.nan)
    enough = n >= max(at_least, 2)
    chance[enough] = chance_of_alike(most[enough], n[enough], spread)
    return Alike(n, most, value, chance)


def chance_of_alike(most: Whole, n: Whole, spread: float) -> Floats:
    """Return the chance that any value comes `most` times or more in `n` readings, the mean lying where that is likeliest."""
    demand(spread > 0, "a spread is above zero")
    reach = int(np.ceil(4 * spread)) + 1
    p = _chances(np.arange(-reach, reach + 1) / spread, spread)
    pairs, which = np.unique(np.stack([most, n]), axis=1, return_inverse=True)
    tails = binomial_tail(pairs[0][:, None], pairs[1][:, None], np.maximum(p, 1e-300)[None, :]).sum(axis=1)
    found: Floats = np.minimum(tails, 1.0)[which.reshape(-1)]
    return found


# -- copies --------------------------------------------------------------------------------------------------------


class Copies(NamedTuple):
    """
    Pairs of rounds, one row each: which two, how many people are in both, how many of them differ by `shift` steps (after
    slipping by `slip` rows), how many that was to be expected of, and the chance of so many.
    """

    first: Whole
    second: Whole
    n: Whole
    same: Whole
    shift: Whole
    slip: Whole
    expected: Floats
    chance: Floats


def spread_of_persons(sheet: Floats, *, at_least: int) -> Floats:
    """
    Return for each two neighbouring rounds of a sheet `[people, rounds]` (NaN: not read) the spread of one person's readings
    that their differences tell of, NaN with too few people in both.
    """
    if sheet.shape[1] < 2:
        return np.zeros(0)
    difference = sheet[:, 1:] - sheet[:, :-1]
    n = (~np.isnan(difference)).sum(axis=0)
    enough = n >= max(at_least, 2)
    found = np.full(n.shape, np.nan)
    found[enough] = np.nanstd(difference[:, enough], axis=0, ddof=1) / np.sqrt(2)
    return found


def copies(sheet: Floats, spread: float, *, at_least: int) -> Copies:
    """
    Compare every two rounds of a sheet `[people in the order of the sheet, rounds]`: are they the same, raised or lowered by
    a step or two, or slipped by a row? `spread` is that of one person's readings. Pairs with too few people are left out.
    """
    read = (~np.isnan(sheet)).astype(np.float32)
    first, second = np.nonzero(np.triu(read.T @ read >= at_least, 1))
    ways = [(shift, 0) for shift in SHIFTS] + [(0, slip) for slip in SLIPS]
    counted = np.stack([_compared(sheet, first, second, shift, slip) for shift, slip in ways])
    n, same = counted[:, 0], counted[:, 1]
    enough = n >= at_least
    p = largest_difference_chance(spread)
    chance = np.where(enough, binomial_tail(same, np.maximum(n, 1), p), np.inf)
    best = np.argmin(chance, axis=0) if len(first) else np.zeros(0, np.int64)
    pair = np.arange(len(first))
    kept = enough[best, pair]
    best, pair = best[kept], pair[kept]
    total = n[best, pair]
    return Copies(
        first[pair], second[pair], total, same[best, pair], np.array([w[0] for w in ways])[best],
        np.array([w[1] for w in ways])[best], total * p, np.minimum(len(ways) * chance[best, pair], 1.0),
    )  # fmt: skip


def largest_difference_chance(spread: float) -> float:
    """Return the largest chance that two readings of one person differ by any one number of steps."""
    both = spread * 2**0.5
    return float(_chances(np.zeros(1), both)[0])


def _compared(sheet: Floats, first: Whole, second: Whole, shift: int, slip: int) -> Whole:
    """Return how many rows two rounds share, and in how many of them they differ by `shift`."""
    rows = len(sheet) - abs(slip)
    one = sheet[max(-slip, 0) :][:rows]
    other = sheet[max(slip, 0) :][:rows]
    difference = other[:, second] - one[:, first]
    return np.stack([(~np.isnan(difference)).sum(axis=0), (np.abs(difference - shift) < 0.5).sum(axis=0)])


# -- times ---------------------------------------------------------------------------------------------------------


def in_two_places(author: Whole, place: Whole, at: Whole, within: int) -> Flags:
    """
    Say of each entry whether the same author made one in another place at most `within` milliseconds before. Places of −1
    are nowhere; what "another place" is (a wing, a building) the caller says by numbering them.
    """
    order = np.lexsort((at, author))
    found = np.zeros(author.size, dtype=bool)
    known = order[place[order] >= 0]
    same = (np.diff(author[known]) == 0) & (np.diff(place[known]) != 0) & (np.diff(at[known]) <= within)
    found[known[1:][same]] = True
    return found


def before_visit(observed_at: Whole, recorded_at: Whole, skew: int) -> Flags:
    """Say of each entry whether it was recorded more than `skew` milliseconds before what it tells of happened."""
    found: Flags = recorded_at < observed_at - skew
    return found
