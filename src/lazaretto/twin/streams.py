"""
Random numbers from named counter-based streams: a draw depends only on (seed, run, agent, day, purpose) and its number.

No state is carried from draw to draw. So results do not depend on the order of work or on the number of threads, and two
scenarios with one seed differ only by what was changed between them (common random numbers).
Source: the finaliser of SplitMix64 (Steele, Lea and Flood 2014), applied once for each part of the key.
"""

import numpy as np
from numba import njit, uint64

from lazaretto.twin.arrays import Floats, Whole

# The purposes. A layer's contacts have a purpose each: CONTACT + number of the layer.
(
    COURSE,
    SYMPTOMS,
    SEVERITY,
    SHEDDING,
    FEVER,
    COMMUNITY,
    VISIT,
    ARRIVAL,
    READING,
    FALSE_READING,
    SWAB,
    FALSE_SWAB,
    REPORT,
    (OBEY),
    SEED_CASES,
    LEAK,
) = range(16)
CONTACT = 32

_GOLDEN = uint64(0x9E3779B97F4A7C15)
_UNIT = 1.0 / 9007199254740992.0


@njit(cache=True, nogil=True)
def mixed(x):
    """Return 64 bits in which each bit of `x` counts."""
    x = uint64(x)
    x = (x ^ (x >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> uint64(27))) * uint64(0x94D049BB133111EB)
    return x ^ (x >> uint64(31))


@njit(cache=True, nogil=True)
def stream(key, agent, day, purpose):
    """Return the start of the stream of one agent, day and purpose; the k-th draw is `mixed(start + (k + 1) * golden)`."""
    x = mixed(uint64(key) + uint64(agent + 1) * _GOLDEN)
    return mixed(x ^ (uint64(day + 1) << uint64(16)) ^ uint64(purpose))


@njit(cache=True, nogil=True)
def nth(start, k):
    """Return the 64 bits of the k-th draw of a stream."""
    return mixed(start + uint64(k + 1) * _GOLDEN)


@njit(cache=True, nogil=True)
def unit(bits):
    """Return a number in [0, 1) from 64 bits."""
    return float(bits >> uint64(11)) * _UNIT


@njit(cache=True, nogil=True)
def uniforms(key, agents, day, purpose):
    """
    Return one number in [0, 1) for each agent.

    agents     int32   [n]   whose draws
    returns    float64 [n]
    """
    found = np.empty(len(agents))
    for n in range(len(agents)):
        found[n] = unit(nth(stream(key, agents[n], day, purpose), 0))
    return found


def run_key(seed: int, run: int) -> np.uint64:
    """Return the key of one run of a seed."""
    with np.errstate(over="ignore"):
        x = np.uint64(seed % 2**64)
        for part in (x, np.uint64(run + 1)):
            x = _python_mixed(int(x) * 0x9E3779B97F4A7C15 + int(part))
    return x


def _python_mixed(x: int) -> np.uint64:
    x %= 2**64
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) % 2**64
    return np.uint64(x ^ (x >> 31))


def draws(key: np.uint64, agents: Whole, day: int, purpose: int) -> Floats:
    """Return `uniforms`, typed."""
    found: Floats = uniforms(key, agents, day, purpose)
    return found
