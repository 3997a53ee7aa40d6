"""What is typed in a box of a sheet, as a table: what it is taken for, and what is asked about."""

import pytest

from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds.models import Fact
from lazaretto.apps.rounds.transcription import Said, read, read_time, shown
from lazaretto.protocol.document import ObservationType

TITLE = {"zh": "体", "en": "t"}
TEMPERATURE = ObservationType.model_validate({"id": "temperature", "title": TITLE, "value": "required", "ucum": "Cel", "min": 30, "max": 45})  # fmt: skip
PULSE = ObservationType.model_validate({"id": "pulse", "title": TITLE, "value": "required", "ucum": "/min"})
SYMPTOMS = ObservationType.model_validate({"id": "symptoms", "title": TITLE, "value": "optional"})
VENTILATION = ObservationType.model_validate({"id": "ventilation", "title": TITLE})
TYPES = {t.id: t for t in (TEMPERATURE, PULSE, SYMPTOMS, VENTILATION)}
REASONS = ["court", "hospital", "declined"]

TAKEN = """
temperature | 37.1    | done 37.1
temperature | 371     | done 37.1
temperature | 37 1    | done 37.1
temperature | 7 1     | done 37.1
temperature | 7.1     | done 37.1
temperature | 71      | done 37.1
temperature | 65      | done 36.5
temperature | 95      | done 39.5
temperature | 405     | done 40.5
temperature | 36，5   | done 36.5
temperature | 36.5℃  | done 36.5
temperature | 37.15   | done 37.15
temperature | 999     | done 99.9
temperature | 1.5     | done 1.5
temperature | abc     | done abc
temperature | r3      | refused declined
temperature | R 3     | refused declined
temperature | U1      | unable court
temperature | U出庭   | unable 出庭
temperature | u at court | unable at court
temperature | -       | not_done
temperature | –       | not_done
temperature | -2      | not_done hospital
temperature | N       | not_done
temperature | x       | void
pulse       | 72      | done 72
pulse       | 7 2     | done 72
symptoms    | Rash    | done Rash
symptoms    | R3      | refused declined
symptoms    | √       | done
symptoms    | cough 2 | done cough 2
ventilation | 1       | done
ventilation | √       | done
ventilation | y       | done
ventilation | -       | not_done
"""
ASKED = """
temperature | 38  | may be 38.0 or 33.8
temperature | 40  | may be 40.0 or 34.0
temperature | 05  | three digits
temperature | R   | needs a reason
temperature | U   | needs a reason
temperature | R9  | no reason 9
temperature | R0  | no reason 0
temperature | X1  | write X alone
ventilation | 37  | write 1 if it was done
ventilation | no  | write 1 if it was done
"""


def table(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]


@pytest.mark.parametrize(("kind", "typed", "meant"), table(TAKEN))
def test_a_box_is_read(kind: str, typed: str, meant: str) -> None:
    said = read(typed, TYPES[kind], REASONS)
    assert " ".join(part for part in (said.outcome, said.value, said.reason) if part) == meant


@pytest.mark.parametrize(("kind", "typed", "said"), table(ASKED))
def test_a_box_that_can_mean_two_things_is_asked_about(kind: str, typed: str, said: str) -> None:
    with pytest.raises(RowError) as refusal:
        read(typed, TYPES[kind], REASONS)
    assert said in refusal.value.message.en


@pytest.mark.parametrize(("typed", "minutes"), [("9:05", 545), ("09：05", 545), ("905", 545), ("0905", 545), ("9 05", 545), ("0000", 0), ("23.59", 1439)])  # fmt: skip
def test_a_time_is_read(typed: str, minutes: int) -> None:
    assert read_time(typed) == minutes


@pytest.mark.parametrize("typed", ["9", "99", "2400", "0960", "9:5", "later", "-905", "09:05:00"])
def test_what_is_no_time_is_said_so(typed: str) -> None:
    with pytest.raises(RowError):
        read_time(typed)


@pytest.mark.parametrize(
    "said",
    [Said("done", "37.1"), Said("refused", "", "declined"), Said("unable", "", "lift stuck"), Said("not_done"),
     Said("not_done", "", "court"), Said("not_done", "", "no ink"), Said("void")],
)  # fmt: skip
def test_what_stands_in_a_box_reads_back_as_itself(said: Said) -> None:
    fact = Fact(outcome=said.outcome, value=said.value, reason=said.reason)
    assert read(shown(fact, REASONS), TEMPERATURE, REASONS) == said


def test_a_tick_reads_back_as_itself() -> None:
    for kind in ("symptoms", "ventilation"):
        assert read(shown(Fact(outcome="done"), REASONS), TYPES[kind], REASONS) == Said("done")
