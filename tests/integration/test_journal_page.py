"""The journal's page: who may read it, what it never shows, proofs that can be checked elsewhere, a check in parts."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from lazaretto.apps.accounts.models import Role
from lazaretto.apps.console.presenters import kinds
from lazaretto.apps.journal import actions, proofs, queries, verifying
from lazaretto.apps.journal.models import Entry, Verification
from tests.conftest import PEOPLE, Small
from tests.integration.pages import READINGS, SignIn, _plain_static, every_role, look_at, sign_in  # noqa: F401

HERE = "/facilities/YT/journal/"
READERS = {Role.AUDITOR, Role.EPIDEMIC_LEAD, Role.INSPECTOR}


@pytest.fixture
def seen(small: Small, look_at: Callable[[int], None]) -> Small:
    small.bring("facts", READINGS)
    actions.checkpoint(small.facility.log, at=small.at)
    look_at(small.at)
    return small


@every_role
def test_who_reads_it(seen: Small, sign_in: SignIn, role: str) -> None:
    client = sign_in(role, seen.facility.organisation)
    wanted = 200 if role in READERS else 403
    for path in ("", "0/", "0/proof.json"):
        assert client.get(HERE + path).status_code == wanted, path
    assert client.post(HERE + "verify/").status_code == (302 if role in READERS else 403)


def test_another_facility_is_not_found(seen: Small, make_facility: Callable[..., Small], sign_in: SignIn) -> None:
    client = sign_in(Role.AUDITOR, make_facility("LX", people=False).facility.organisation)
    assert {client.get(HERE + path).status_code for path in ("", "0/", "0/proof.json", "find/?q=0")} == {404}


def test_it_is_browsed_by_kind_and_day_and_names_nobody(seen: Small, sign_in: SignIn) -> None:
    client = sign_in(Role.EPIDEMIC_LEAD, seen.facility.organisation)
    every = [client.get(HERE), *(client.get(f"{HERE}{n}/") for n in range(seen.facility.log.entries.count()))]
    text = "".join(response.content.decode() for response in every)
    names = [line.split(",")[2] for line in PEOPLE.strip().splitlines()[1:]]
    assert not [name for name in names if name in text]
    assert not re.search(r"\b3[67]\.\d\b", text)
    for given, found in (("kind=facts_recorded", 1), ("kind=report_signed", 0), ("first=2026-03-19", 0), ("last=2026-03-16", None)):  # fmt: skip
        listed = len(re.findall(r'journal/\d+/">', client.get(f"{HERE}?{given}").content.decode()))
        assert (listed == found) if found is not None else listed > 0, given


def test_a_proof_holds_elsewhere_and_a_changed_one_does_not(seen: Small, sign_in: SignIn) -> None:
    client, log = sign_in(Role.INSPECTOR, seen.facility.organisation), seen.facility.log
    keys = queries.public_keys([log])
    at = client.get(HERE + "find/?q=f2")["Location"]
    seq, row = map(int, re.findall(r"journal/(\d+)/\?row=(\d+)", at)[0])
    found = client.get(f"{HERE}{seq}/proof.json?row={row}").json()
    assert proofs.check(found, keys) == []
    assert found["row"]["position"] == 1
    assert "36.6" not in json.dumps(found)
    for change in (
        {"digest": "0" * 64}, {"proof": found["proof"][:-1]}, {"entry": found["entry"] | {"n": 5}},
        {"row": found["row"] | {"position": 0}}, {"checkpoint": found["checkpoint"] | {"size": 1}}, {"form": "x"},
    ):  # fmt: skip
        assert proofs.check(found | change, keys), change
    assert proofs.check(found, {"keys": []})
    assert client.get(f"{HERE}{seq}/proof.json?row=4").status_code == 404
    assert client.get(f"{HERE}999/").status_code == 404


def test_each_entry_is_proved_by_the_checkpoint_over_it_or_a_fresh_one(seen: Small) -> None:
    log, keys = seen.facility.log, queries.public_keys([seen.facility.log])
    actions.append(log, "signed_out", leaf="0" * 64, n=0, by="t", at=seen.at)
    log.refresh_from_db()
    sizes = [proofs.prove(e)["checkpoint"]["size"] for e in log.entries.order_by("seq").select_related("log")]
    assert sizes == [log.size - 1] * (log.size - 1) + [log.size]
    assert [proofs.check(proofs.prove(e), keys) for e in log.entries.select_related("log")] == [[]] * log.size


def test_a_check_in_parts_says_what_a_check_at_once_says(seen: Small, sign_in: SignIn) -> None:
    log = seen.facility.log
    for n in range(7):
        actions.append(log, "signed_in", leaf="0" * 64, n=0, by="t", at=seen.at)
        if n % 3 == 0:
            actions.checkpoint(log, at=seen.at)
    log.refresh_from_db()
    whole = _in_parts(log, seen.at)
    assert (whole.faults, whole.state) == ([], {})
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER journal_entry_no_{'UPDATE' if sqlite else 'change ON journal_entry'}")
    log.refresh_from_db()
    Entry.objects.filter(log=log, seq=2).update(kind="changed_by_hand")
    faults = [(f.kind, f.at) for f in queries.verify(log)]
    assert [(f["kind"], f["at"]) for f in _in_parts(log, seen.at).faults] == faults == [("changed", 2)]
    page = sign_in(Role.AUDITOR, seen.facility.organisation).get(HERE).content.decode()
    assert "entry 2 was changed" in page


def _in_parts(log: object, at: int) -> Verification:
    """Verify three entries at a time, while others go on writing."""
    found, before = verifying.begin(log, by="t", at=at, most=3), 0  # type: ignore[arg-type]
    while found.ended_at is None:
        assert found.seen - before == 3
        actions.append(log, "signed_out", leaf="0" * 64, n=0, by="t", at=at)  # type: ignore[arg-type]
        actions.checkpoint(log, at=at)  # type: ignore[arg-type]
        before = found.seen
        found = verifying.go_on(found, at=at, most=3)
    assert before > 0
    return found


def test_every_kind_that_is_written_has_its_words() -> None:
    """Kinds are told by what the live stream knows and by what stands in the code as the kind of an entry."""
    from lazaretto.apps.console.live.hearing import HEARINGS

    told = {kind for hearing in HEARINGS for kind in hearing.kinds}
    code = "".join(p.read_text(encoding="utf-8") for p in Path(proofs.__file__).parents[2].rglob("actions/*.py"))
    told |= set(re.findall(r"(?:record|append|_record)\(\s*[\w.]*log, \"(\w+)\"", code))
    assert told - set(kinds.WORDS) == set()
