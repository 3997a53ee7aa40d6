"""The fast ways of the import say byte for byte what the general ones say."""

import hashlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds.facts import Admitted, Border
from lazaretto.apps.rounds.leaves import canonical_fact, leaves
from lazaretto.apps.rounds.models import Fact
from lazaretto.protocol.canonical import canonical
from lazaretto.protocol.clock import FOREVER, parse_moment

words = st.text(max_size=12) | st.sampled_from(
    [
        "",
        "36.5",
        'say "no"',
        "back\\slash",
        "\x00\x1f\x7f",
        "\u2028\ufeff",
        "体温",
        "𠮷田",
        "a\nb\tc",
        "\x85é",
        "\ud7ff",
    ]
)
moments = st.integers(min_value=0, max_value=2**53 - 1)
facts = st.builds(
    Admitted,
    *[moments if name == "observed_at" else words for name in Admitted._fields[:-1]],
    claimed_at=st.none() | moments,  # said here: left out, `builds` draws any integer the annotation allows
)


@given(facts, moments)
def test_the_canonical_form_of_a_fact(fact: Admitted, recorded_at: int) -> None:
    said = {name: value for name, value in fact._asdict().items() if (name, value) != ("claimed_at", None)}
    record = {"recorded_at": recorded_at, **said}
    assert record == Fact(**said, recorded_at=recorded_at).record()
    assert canonical_fact(fact, recorded_at) == canonical(record)


@given(st.integers(0, 14), st.sampled_from(["\ud800", "a\udfffb"]))
def test_half_a_character_is_refused_by_both(place: int, half: str) -> None:
    said: list[Any] = ["x"] * 16
    said[4] = 1
    said[place + (place >= 4)] = half
    fact = Admitted(*said)
    for act in (lambda: canonical_fact(fact, 2), lambda: canonical({"recorded_at": 2, **fact._asdict()})):
        with pytest.raises(UnicodeEncodeError):
            act()


@given(st.lists(facts, max_size=5))
def test_every_leaf_has_a_salt_of_its_own(some: list[Admitted]) -> None:
    made = list(leaves(some, 7))
    assert len({salt for salt, _ in made}) == len(some)
    for fact, (salt, leaf) in zip(some, made, strict=True):
        assert leaf == hashlib.sha256(salt + canonical_fact(fact, 7)).digest()


times = st.builds(
    "{:04d}-{:02d}-{:02d}{}{:02d}:{:02d}:{:02d}{}".format,
    st.integers(1969, 2030), st.integers(0, 13), st.integers(0, 32), st.sampled_from("T "), st.integers(0, 25),
    st.integers(0, 61), st.integers(0, 62), st.sampled_from(["", "", "+08:00", "Z", ".5", ".123+02:00", ".05", " x"]),
)  # fmt: skip


@given(
    st.lists(times | st.text(max_size=20), min_size=1, max_size=4), st.sampled_from(["Asia/Shanghai", "Europe/London"])
)
@example(["2026-03-29 01:30:30", "2026-03-29 01:30:59"], "Europe/London")  # a minute that does not exist
@example(["2026-10-25 01:30:30"], "Europe/London")  # and one that comes twice
def test_a_moment_is_read_as_by_the_clock(texts: list[str], zone: str) -> None:
    """Also the second time, when its minute is known."""
    border = object.__new__(Border)
    border.facility, border._minutes, border.now = type("Facility", (), {"zone": zone})(), {}, FOREVER
    for text in texts * 2:
        try:
            wanted = parse_moment(text, zone)
        except (ValueError, OverflowError):
            with pytest.raises(RowError):
                border.moment(text)
        else:
            assert border.moment(text) == wanted
