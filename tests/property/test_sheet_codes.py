"""The codes on sheets: every slip of one character and every swap of neighbours is caught, and nothing right is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.apps.rounds.codes import ALPHABET, BadCode, numbered, read, with_check

CHARACTER = st.sampled_from(ALPHABET)
SHEET = st.text(CHARACTER, min_size=7, max_size=7).map(with_check)


def refused(code: str, length: int, before: str = "") -> bool:
    try:
        read(code, length, before)
    except BadCode:
        return True
    return False


@given(SHEET)
def test_a_code_is_read_as_itself_however_it_is_typed(code: str) -> None:
    for typed in (
        code,
        code.lower(),
        f" {code[:4]} {code[4:]} ",
        f"{code[:4]}-{code[4:]}",
        code.replace("0", "o").replace("1", "l"),
    ):
        assert read(typed, 8) == code


@given(SHEET)
def test_every_slip_of_one_character_is_caught(code: str) -> None:
    for at in range(8):
        for other in set(ALPHABET) - {code[at]}:
            assert refused(code[:at] + other + code[at + 1 :], 8), (at, other)


@given(SHEET)
def test_every_swap_is_caught(code: str) -> None:
    """Not only of neighbours: of any two characters."""
    for i in range(8):
        for j in range(i + 1, 8):
            swapped = list(code)
            swapped[i], swapped[j] = swapped[j], swapped[i]
            assert refused("".join(swapped), 8) == (code[i] != code[j]), (i, j)


@given(SHEET, st.integers(min_value=1, max_value=1023))
def test_a_line_is_caught_as_well_and_belongs_to_its_sheet(sheet: str, n: int) -> None:
    code = numbered(n, sheet)
    assert read(code, 3, sheet) == code
    assert all(refused(code[:i] + o + code[i + 1 :], 3, sheet) for i in range(3) for o in ALPHABET if o != code[i])
    assert refused(code[1] + code[0] + code[2], 3, sheet) == (code[0] != code[1])
    assert refused(code[0] + code[2] + code[1], 3, sheet) == (code[1] != code[2])
    slipped = sheet[:3] + ALPHABET[(ALPHABET.index(sheet[3]) + 1) % 32] + sheet[4:]
    assert refused(code, 3, slipped)


@pytest.mark.parametrize(("typed", "said"), [
    ("7K3MQ2X", "has 8 characters, not 7"), ("7K3MQ2XTT", "not 9"), ("7K3MQ2XU", "no “U”"), ("7K3M*2XT", "no “*”"),
    ("", "not 0"), ("7K3MQ2X0", "check character"), ("测", "no “测”"),
])  # fmt: skip
def test_a_refusal_says_what_to_look_at(typed: str, said: str) -> None:
    with pytest.raises(BadCode) as refusal:
        read(typed, 8)
    assert said in refusal.value.message.en
    assert refusal.value.message.zh
