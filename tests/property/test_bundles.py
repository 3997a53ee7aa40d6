"""Any order and any repetition of a set of bundles gives the same stored state and the same findings."""

import itertools
import random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lazaretto.apps.reporting import checking, submissions
from lazaretto.apps.reporting.continuity import Received, judge
from lazaretto.apps.reporting.models import ReceivedBundle, Submission, TrustedKey
from lazaretto.protocol.canonical import digest
from tests.exchange import FIRST, Elsewhere, at, file_of
from tests.integration.test_bundles import LATER, known


def history(stream: random.Random) -> tuple[Elsewhere, list[dict[str, Any]]]:
    """Return a facility and all the bundles that ever left it, with amendments, rotations, a restore and a fork."""
    house = Elsewhere()
    made: list[dict[str, Any]] = []
    kept = house.backup()
    for n in range(stream.randrange(1, 6)):
        act = stream.choice(("day", "day", "amend", "rotate", "backup", "restore", "fork"))
        if act == "rotate":
            house.rotate(f"key {n}", moment=at(FIRST, 30 + 24 * n))
        elif act == "backup":
            kept = house.backup()
        elif act == "restore":
            house = kept.restored()
            kept = house.backup()
        elif act == "fork":
            other = kept.backup()
            other.write(f"fork {n}")
            made.append(other.day(n))
        made.append(house.day(n))
        if act == "amend":
            made.append(house.day(n, missed=2))
    return Elsewhere(), made


def as_received(document: dict[str, Any]) -> Received:
    point = document["checkpoint"]
    return Received(
        digest(document), point["log"], point["epoch"], document["number"], document["signature"]["key_id"],
        checking.stated(document).made_at, checking.proof_holds(document), checking.says(document),
    )  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), order=st.randoms(use_true_random=False))
def test_what_is_found_does_not_depend_on_the_order(seed: int, order: Any) -> None:
    _, documents = history(random.Random(seed))
    bundles = [as_received(d) for d in documents]
    wanted = judge(bundles)
    order.shuffle(bundles)
    assert judge(bundles) == wanted
    assert judge([*bundles, *bundles[:2]]) == wanted


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_an_honest_history_has_no_contradiction_and_is_whole(seed: int) -> None:
    """Days, amendments, rotations and restores are none; when all have come, nothing waits."""
    stream = random.Random(seed)
    house, made = Elsewhere(), []
    kept = house.backup()
    for n in range(stream.randrange(1, 7)):
        act = stream.choice(("day", "rotate", "backup", "restore", "amend"))
        if act == "rotate":
            house.rotate(f"key {n}", moment=at(FIRST, 31 + 24 * n))
            kept = house.backup()  # a restore from before a rotation needs its key told anew
        elif act == "backup":
            kept = house.backup()
        elif act == "restore":
            house = kept.restored()
            kept = house.backup()
        made.append(house.day(n))
        if act == "amend":
            made.append(house.day(n, missed=1))
    judged = judge(as_received(d) for d in made).values()
    assert not any(j.contradictions for j in judged)
    assert {j.link for j in judged} <= {"first", "shown"}


def _state() -> tuple[Any, ...]:
    bundles = sorted(ReceivedBundle.objects.values_list("epoch", "number", "digest", "said", "proof_holds", "document"), key=str)  # fmt: skip
    reports = sorted(Submission.objects.values_list("on", "epoch", "number", "status", "digest", "amends"))
    keys = sorted(TrustedKey.objects.values_list("generation", "key_id", "log"))
    found = {id_: sorted(judged.items()) for id_, judged in submissions.judged_among(
        ReceivedBundle.objects.values_list("organisation_id", flat=True).distinct()).items()}  # fmt: skip
    return bundles, reports, keys, list(found.values())


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_what_is_stored_does_not_depend_on_the_order(seed: int) -> None:
    stream = random.Random(seed)
    house, documents = history(stream)
    states = []
    for _ in itertools.repeat(None, 3):
        with transaction.atomic():
            known(house)
            for document in [*documents, *stream.sample(documents, len(documents) // 2)]:
                submissions.receive(data=file_of(document), by="test", at=LATER)
            states.append(_state())
            transaction.set_rollback(True)
        stream.shuffle(documents)
    assert states[1:] == states[:-1]
