"""
People handed over between two facilities of one node: what goes along, what arrives unchanged, what is refused.

Between nodes: test_two_nodes.py.
"""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from lazaretto.apps.journal import keys
from lazaretto.apps.journal.models import Entry, Log
from lazaretto.apps.journal.queries import verify, verify_deep
from lazaretto.apps.registry import actions as registry
from lazaretto.apps.registry.files import copy_for
from lazaretto.apps.registry.models import LegalDate, Movement, Person, Presence, Standing
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import courses, record_movement, void_movement
from lazaretto.apps.reporting import arrivals, envelopes, transfers
from lazaretto.apps.reporting.arrivals import Choices
from lazaretto.apps.reporting.models import Transfer, TransferReceipt
from lazaretto.apps.reporting.transfers import Order
from lazaretto.protocol.canonical import canonical
from lazaretto.protocol.refusal import Refusal
from tests.conftest import DAY, HOUR, Small

WORD = "a long passphrase"
CARD = "110105198001010016"
READINGS = """
id,observation,subject_kind,subject,observed_at,outcome,value,ucum,by,supersedes
f0,temperature,person,P1,2026-02-20 07:00,done,36.4,Cel,S1,
f1,temperature,person,P1,2026-03-16 07:00,done,36.5,Cel,S1,
f2,temperature,person,P1,2026-03-17 07:00,done,39.9,Cel,S1,
f3,temperature,person,P1,2026-03-17 07:00,done,38.4,Cel,S1,f2
f4,temperature,person,P2,2026-03-17 07:10,done,36.6,Cel,S1,
"""


@pytest.fixture
def both(make_facility: Callable[..., Small]) -> tuple[Small, Small]:
    """Two facilities of one node; one has a feverish person in isolation with a date of release."""
    a, b = make_facility("YT"), make_facility("LX")
    b.facility.organisation.name_en = "Linxi prison"
    b.facility.organisation.name_zh = "临汐监狱"
    b.facility.organisation.save()
    a.bring("facts", READINGS)
    a.bring("people", f"code,population,name,aliases,sex,birth_date,identity_kind,identity_number,unit_code\nP1,prisoner,赵一,小赵,male,1980-01-01,national_id,{CARD},W1")  # fmt: skip
    person = Person.objects.get(facility=a.facility, code="P1")
    day = {"by": "test", "at": a.at - 20 * HOUR}
    registry.set_standing(subject=person, key="isolation_stage", value="fever_room", starts=a.moment("09:00"), source="test", **day)  # fmt: skip
    registry.set_standing(subject=person, key="risk_flag", value="asthma", starts=a.moment("00:00") - 30 * 24 * HOUR, source="test", **day)  # fmt: skip
    registry.set_precaution(person=person, value="droplet", starts=a.moment("09:00"), ends=a.at + 72 * HOUR, **day)
    registry.set_legal_date(person=person, kind="release", on=DAY.replace(day=24), **day)
    return a, b


def sent(a: Small, to: str = "LX", **changed: Any) -> tuple[Transfer, bytes]:
    person = Person.objects.get(facility=a.facility, code="P1")
    order = Order(person, to, "nearer to the hospital", passphrase=WORD)._replace(**changed)
    return transfers.send(order, by="test", at=a.at)


def taken(b: Small, data: bytes, word: str = WORD, at: int = 0, **choices: Any) -> arrivals.Arrival:
    wanted = Choices(**({"place": "W1-101", "code": "N1"} | choices))
    return arrivals.take_in(
        facility=b.facility, data=data, passphrase=word, choices=wanted, by="test", at=at or b.at + HOUR
    )


def counts() -> tuple[int, ...]:
    return tuple(
        m.objects.count() for m in (Person, Presence, Standing, LegalDate, Movement, Transfer, TransferReceipt)
    )  # type: ignore[attr-defined]


def refused(b: Small, data: bytes, word: str = WORD, **choices: Any) -> Refusal:
    """A file that must be refused: nothing is stored but one entry."""
    before, entries = counts(), Entry.objects.count()
    with pytest.raises(Refusal) as caught:
        taken(b, data, word, **choices)
    assert counts() == before
    assert Entry.objects.count() == entries + 1
    assert Entry.objects.latest("pk").kind == "transfer_refused"
    return caught.value


def test_what_goes_with_a_person(both: tuple[Small, Small]) -> None:
    a, _ = both
    transfer, data = sent(a)
    document = transfer.document
    assert document["person"]["identity_number"] == CARD
    assert document["aliases"] == [{"name": "小赵", "kind": "other"}]
    (stay,) = document["stays"]
    assert (stay["room"], stay["others"], stay["to"]) == ("W1-101", 0, document["left_at"])
    assert {(s["key"], s["value"]) for s in document["standings"]} == {
        ("isolation_stage", "fever_room"), ("risk_flag", "asthma"), ("precaution", "droplet")
    }  # fmt: skip
    assert document["legal_dates"] == [{"kind": "release", "on": "2026-03-24"}]
    assert [r["value"] for r in document["temperatures"]] == ["36.5", "38.4"]
    assert document["fever"]["open_since"] == "2026-03-16T23:00:00.000Z"
    assert document["protocol"]["id"] == "baseline"
    text = canonical(document).decode()
    assert not any(word in text for word in ("钱二", "孙三", "P2", "P3"))
    assert "赵一" not in data.decode("utf-8")
    assert courses([transfer.person])[transfer.person_id].whereabouts == "gone"


def test_room_mates_are_a_number(both: tuple[Small, Small]) -> None:
    a, _ = both
    for code, moment in (("P2", "10:00"), ("P3", "11:00")):
        person = Person.objects.get(facility=a.facility, code=code)
        place = a.facility.places.get(code="W1-101")
        record_movement(Move(person, "cell_move", a.moment(moment), place=place), by="test", at=a.moment(moment))
    assert [s["others"] for s in sent(a)[0].document["stays"]] == [2]


def test_the_person_arrives_with_every_clock_and_date(both: tuple[Small, Small]) -> None:
    a, b = both
    transfer, data = sent(a)
    found = taken(b, data)
    person = found.transfer.person
    assert (person.facility, person.code, person.name, person.identity_number) == (b.facility, "N1", "赵一", CARD)
    assert (person.population, person.base) == ("prisoner", "resident")
    assert set(person.aliases.values_list("name", flat=True)) == {"小赵", "YT-P1"}
    there = set(Standing.objects.filter(person=person).values_list("key", "value", "starts", "ends"))
    here = set(Standing.objects.filter(person=transfer.person).values_list("key", "value", "starts", "ends"))
    assert there == here
    assert list(person.legal_dates.values_list("kind", "on")) == [("release", DAY.replace(day=24))]
    stay = Presence.objects.get(person=person)
    assert (stay.place.code, stay.starts, stay.ends, stay.entry) == ("W1-101", b.at + HOUR, None, "transferred_in")
    assert found.receipt.document["digest"] == transfer.digest
    assert TransferReceipt.objects.get(transfer=transfer).received_at == b.at + HOUR
    for log in Log.objects.all():
        assert verify(log) == []
        assert verify_deep(log) == []


def test_sending_and_taking_in_twice_changes_nothing(both: tuple[Small, Small]) -> None:
    a, b = both
    first, data = sent(a)
    again, other = sent(a)
    assert again == first
    assert other != data  # sealed anew
    found = taken(b, data)
    before, entries = counts(), Entry.objects.count()
    for content in (data, other, canonical(first.document)):
        once_more = taken(b, content, at=b.at + 9 * HOUR, code="N2")
        assert once_more.again
        assert once_more.receipt == found.receipt
    assert (counts(), Entry.objects.count()) == (before, entries)
    data = canonical(found.receipt.document)
    assert transfers.accept_receipt(facility=a.facility, data=data, by="test", at=a.at + HOUR)[1] is False


def test_looking_first_writes_nothing_and_says_the_same(both: tuple[Small, Small]) -> None:
    a, b = both
    _, data = sent(a)
    before, entries = counts(), Entry.objects.count()
    found = arrivals.look(
        facility=b.facility, data=data, passphrase=WORD, choices=Choices("W1-101"), by="test", at=b.at + HOUR
    )
    assert (counts(), Entry.objects.count()) == (before, entries)
    assert found.transfer.person.name == "赵一"
    assert found.transfer.person.code == "YT-P1"  # P1 is somebody else's there
    assert [n.en for n in found.notes] == ["the code P1 is taken here; the new one is YT-P1"]
    assert {(c.one.code, c.other.code, c.reason) for c in found.alike} == {("P1", "YT-P1", "name_and_birth")}


def test_a_file_of_another_facility_is_refused_by_name(both: tuple[Small, Small], make_facility: Any) -> None:
    a, _ = both
    third = make_facility("XX")
    _, data = sent(a)
    refusal = refused(third, data)
    assert refusal.code == "other_facility"
    assert "Linxi prison (LX)" in refusal.words.en
    assert "临汐监狱（LX）" in refusal.words.zh


def test_a_sealed_file_that_was_cut_or_edited_is_refused(both: tuple[Small, Small]) -> None:
    """Opening costs a quarter of a second on purpose, so fewer edits are tried of what is sealed."""
    a, b = both
    _, data = sent(a)
    for n in range(1, 20):
        assert refused(b, data[: len(data) * n // 20]).code in ("cut_short", "edited", "not_ours")
    stream = random.Random(7)
    for _ in range(30):
        place, bit = stream.randrange(len(data)), 1 << stream.randrange(8)
        code = refused(b, data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]).code
        assert code in ("edited", "wrong_passphrase", "not_a_transfer", "cut_short", "not_ours")
    assert refused(b, data, "another passphrase").code == "wrong_passphrase"
    assert refused(b, data, "").code == "no_passphrase"
    taken(b, data)


def test_an_open_file_edited_in_any_byte_is_refused(both: tuple[Small, Small]) -> None:
    a, b = both
    transfer, data = sent(a, passphrase="", plain_reason="the other side has no machine")
    assert data == canonical(transfer.document)
    stream = random.Random(8)
    for _ in range(200):
        place, bit = stream.randrange(len(data)), 1 << stream.randrange(8)
        refused(b, data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
    taken(b, data)


def test_a_date_cannot_be_moved_on_the_way(both: tuple[Small, Small]) -> None:
    a, b = both
    transfer, _ = sent(a)
    later = transfer.document | {"legal_dates": [{"kind": "release", "on": "2026-04-24"}]}
    assert refused(b, canonical(later)).code == "faulty"


def test_somebody_who_comes_back_has_one_file(both: tuple[Small, Small]) -> None:
    """Sent away and back: the file here is gone on with, if the one who takes him in says so."""
    a, b = both
    _, data = sent(a)
    taken(b, data)
    b.at += 5 * HOUR
    person = Person.objects.get(facility=b.facility, code="N1")
    over = Standing.objects.get(person=person, key="isolation_stage")
    registry.end_standing(standing=over, ends=b.at - HOUR, by="test", at=b.at - HOUR)
    _, back = transfers.send(Order(person, "YT", "well again", passphrase=WORD), by="test", at=b.at)
    assert refused(a, back, existing="P2", at=b.at + HOUR).code == "other_identity"
    found = taken(a, back, existing="P1", at=b.at + HOUR)
    person = found.transfer.person
    assert (person.facility, person.code) == (a.facility, "P1")
    assert person.facility.people.filter(identity_number=CARD).count() == 1
    assert [m.kind for m in Movement.objects.filter(person=person).order_by("number")] == [
        "transfer_out",
        "transfer_in",
    ]


def test_a_date_that_differs_from_the_file_here_is_settled_on_paper_first(both: tuple[Small, Small]) -> None:
    a, b = both
    _, data = sent(a)
    taken(b, data)
    person = Person.objects.get(facility=b.facility, code="N1")
    registry.set_legal_date(person=person, kind="release", on=DAY.replace(day=30), by="test", at=b.at)
    _, back = transfers.send(Order(person, "YT", "well again", passphrase=WORD), by="test", at=b.at + 2 * HOUR)
    refusal = refused(a, back, existing="P1", at=b.at + 3 * HOUR)
    assert refusal.code == "legal_dates_differ"
    assert "2026-03-24" in refusal.words.en
    assert "2026-03-30" in refusal.words.en


def test_nobody_is_sent_without_reason_or_seal(both: tuple[Small, Small]) -> None:
    a, _ = both
    for code, changed in {
        "no_reason": {"reason": " "}, "same_facility": {"to": "YT"}, "no_destination": {"to": ""},
        "no_passphrase": {"passphrase": ""}, "short_passphrase": {"passphrase": "short"},
        "not_held": {"person": Person.objects.get(facility=a.facility, code="S1")},
    }.items():  # fmt: skip
        with pytest.raises(Refusal) as caught:
            sent(a, **changed)
        assert caught.value.code == code
    assert not Transfer.objects.exists()


def test_whom_nobody_received_is_listed_and_a_void_movement_is_none(both: tuple[Small, Small]) -> None:
    a, b = both
    transfer, data = sent(a, to="ELSEWHERE")
    assert list(transfers.unreceived(a.facility)) == [transfer]
    void_movement(transfer.movement, reason="the road was closed", by="test", at=a.at + HOUR)
    assert not transfers.unreceived(a.facility).exists()
    a.at += 2 * HOUR
    second, data = sent(a)
    assert second != transfer
    assert list(transfers.unreceived(a.facility)) == [second]
    taken(b, data, at=a.at + HOUR)
    assert not transfers.unreceived(a.facility).exists()


def test_a_receipt_is_for_one_transfer_and_from_its_receiver(both: tuple[Small, Small], make_facility: Any) -> None:
    a, b = both
    third = make_facility("XX")
    transfer, data = sent(a)
    found = taken(b, data)
    receipt = found.receipt.document

    def code_of(document: dict[str, Any], facility: Any = a.facility) -> str:
        with pytest.raises(Refusal) as caught:
            transfers.accept_receipt(facility=facility, data=canonical(document), by="test", at=a.at + 2 * HOUR)
        return caught.value.code

    assert code_of(receipt, third.facility) == "other_facility"
    assert code_of(receipt | {"received_at": "2026-03-18T00:00:00.000Z"}) == "faulty"
    assert code_of(transfer.document) == "not_a_receipt"
    log = Log.objects.get(pk=third.facility.log_id)
    forged = {k: v for k, v in receipt.items() if k != "signature"} | {"to": transfers.party(third.facility)}
    forged |= transfers.standing_of(log, a.at)
    assert code_of(envelopes.signed(forged, keys.current(log))) == "no_such_transfer"


def test_who_is_in_isolation_counts_in_one_place(both: tuple[Small, Small]) -> None:
    """Before the transfer there, after it here; never in both, and not in the days before he came."""
    a, b = both
    _, data = sent(a)
    taken(b, data)
    after = DAY.replace(day=18)
    a.at = b.at = b.at + 24 * HOUR
    numbers = [small.draft(day)["counts"]["prisoner"]["in_isolation"] for small in (a, b) for day in (DAY, after)]
    assert numbers == [1, 0, 0, 1]


def test_a_copy_of_everything_on_file_has_the_transfers_in_it(both: tuple[Small, Small]) -> None:
    transfer, _ = sent(both[0])
    (own,) = copy_for(transfer.person, both[0].at)["files"]
    assert own["transfers"] == [transfer.document]


def test_the_look_at_health_information_is_recorded(both: tuple[Small, Small]) -> None:
    a, _ = both
    transfer, _ = sent(a)
    (entry,) = Entry.objects.filter(log=a.facility.log, kind="sensitive_read")
    assert entry.n == 1
    assert transfer.person.ref
    assert "赵一" not in json.dumps(list(Entry.objects.values_list("detail", "subjects")), ensure_ascii=False)
