"""
Bundles as they come in: from facilities elsewhere, in any order, twice, cut, edited, forged, and from a log that was
rewritten or restored.
"""

import random
from datetime import timedelta
from typing import Any

import pytest

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import Organisation
from lazaretto.apps.journal.models import Entry, Log
from lazaretto.apps.journal.queries import verify, verify_deep
from lazaretto.apps.reporting import actions as reporting
from lazaretto.apps.reporting import bundles, checking, submissions, trust
from lazaretto.apps.reporting.models import Bundle, ReceivedBundle, Submission, TrustedKey
from lazaretto.protocol.canonical import canonical
from lazaretto.protocol.refusal import Refusal
from tests.conftest import DAY, Small
from tests.exchange import FIRST, Elsewhere, at, file_of

LATER = at(FIRST, 24 * 30)


def known(house: Elsewhere, *, told: bool = True) -> Organisation:
    """Register a facility elsewhere at this node, with its key."""
    bureau = accounts.create_organisation(code="JD", kind="bureau", name_zh="监狱管理局", by="test", at=at(FIRST, 0))
    organisation = accounts.create_organisation(
        code=house.code, kind="facility", name_zh=house.name, command_parent=bureau, by="test", at=at(FIRST, 0)
    )
    if told:
        keys = trust.told_keys(house.key_file, house.code)
        trust.trust(organisation=organisation, keys=keys, by="test", at=at(FIRST, 0))
    return organisation


def receive(document: dict[str, Any] | bytes, moment: int = LATER) -> list[submissions.Taken]:
    data = document if isinstance(document, bytes) else file_of(document)
    return submissions.receive(data=data, by="test", at=moment)


def refused(document: dict[str, Any] | bytes, moment: int = LATER) -> str:
    """Hand a file in that must be refused: nothing is stored but one entry. Return the code."""
    before = (ReceivedBundle.objects.count(), Submission.objects.count(), TrustedKey.objects.count())
    entries = Entry.objects.filter(kind="bundle_refused").count()
    everything = Entry.objects.count()
    with pytest.raises(Refusal) as caught:
        receive(document, moment)
    assert caught.value.words.zh
    assert caught.value.words.en
    assert (ReceivedBundle.objects.count(), Submission.objects.count(), TrustedKey.objects.count()) == before
    assert Entry.objects.filter(kind="bundle_refused").count() == entries + 1
    assert Entry.objects.count() == everything + 1
    return caught.value.code


def said(organisation: Organisation) -> dict[int, submissions.Judged]:
    judged = submissions.judged_of(organisation)
    return {b.number: judged[b.digest] for b in ReceivedBundle.objects.filter(organisation=organisation)}


def test_a_day_travels_whole(small: Small) -> None:
    """What a facility of this node writes holds against its own public keys, and says no name."""
    reporting.sign(facility=small.facility, on=DAY, by="test", signer="Qin", at=small.at)
    made = bundles.make(facility=small.facility, on=DAY, by="test", at=small.at + 1000)
    data = bundles.file_of(made.document)
    content = checking.opened(data)
    assert checking.faults(content, trust.trusted(small.facility.organisation)) == []
    text = data.decode()
    assert not any(word in text for word in ("赵一", "钱二", "孙三", "李四", "P1", "P2", "P3", "Qin"))
    assert made.document["deadline"]["due_at"] == "2026-03-18T09:00:00.000Z"
    assert made.document["deadline"]["late_after"] == "2026-03-18T10:00:00.000Z"
    assert made.document["deadline"]["measure"] == "report.nil"
    log = Log.objects.get(pk=small.facility.log_id)
    assert verify(log) == []
    assert verify_deep(log) == []


def test_the_same_day_again_is_the_same_bundle_and_an_amendment_a_new_one(small: Small) -> None:
    reporting.sign(facility=small.facility, on=DAY, by="test", signer="Qin", at=small.at)
    first = bundles.make(facility=small.facility, on=DAY, by="test", at=small.at + 1000)
    assert bundles.make(facility=small.facility, on=DAY, by="test", at=small.at + 2000) == first
    small.at += 3000
    small.bring("facts", "id,observation,subject_kind,subject,observed_at,outcome,value,by\n"
                "x1,temperature,person,P1,2026-03-17 07:00,done,36.5,S1")  # fmt: skip
    reporting.amend(facility=small.facility, on=DAY, by="test", signer="Qin", at=small.at)
    second = bundles.make(facility=small.facility, on=DAY, by="test", at=small.at + 4000)
    assert (second.number, [r["number"] for r in second.document["reports"]]) == (2, [1, 2])
    assert second.document["previous"]["digest"] == first.digest
    assert checking.proof_holds(second.document)
    both, missing = bundles.make_days(
        facility=small.facility, first=DAY - timedelta(days=1), last=DAY, by="test", at=small.at + 5000
    )
    assert [b["number"] for b in both["bundles"]] == [1, 2]
    assert missing == [DAY - timedelta(days=1)]
    assert Bundle.objects.count() == 2
    taken = receive(both)
    assert [t.judged.link for t in taken] == ["first", "shown"]
    assert Submission.objects.count() == 2


def test_a_day_without_report_has_no_bundle(small: Small) -> None:
    with pytest.raises(Refusal, match="not_signed"):
        bundles.make(facility=small.facility, on=DAY, by="test", at=small.at)


def test_a_bundle_is_taken_in_once(db: None) -> None:
    house = Elsewhere()
    organisation = known(house)
    document = house.day(0)
    (taken,) = receive(document, at(FIRST, 33))
    assert taken.new
    assert taken.judged == submissions.Judged("first")
    row = Submission.objects.get()
    assert (row.status, row.late, row.number, row.on, row.outgoing) == ("complete", False, 1, FIRST, house.reports[FIRST][0])  # fmt: skip
    everything = Entry.objects.count()
    (again,) = receive(document)
    assert not again.new
    assert again.bundle == taken.bundle
    assert Entry.objects.count() == everything
    assert canonical(ReceivedBundle.objects.get().document) == file_of(document)
    node = Log.objects.get(name="node")
    assert verify(node) == []
    assert verify_deep(node) == []
    assert organisation.submissions.count() == 1


def test_what_comes_after_its_deadline_is_late(db: None) -> None:
    house = Elsewhere()
    known(house)
    receive(house.day(0), at(FIRST, 24 + 18))
    receive(house.day(1), at(FIRST, 48 + 18) + 1)
    assert [s.late for s in Submission.objects.order_by("on")] == [False, True]


def test_out_of_order_is_held_and_confirmed(db: None) -> None:
    house = Elsewhere()
    organisation = known(house)
    documents = [house.day(n) for n in range(4)]
    receive(documents[3])
    assert said(organisation)[4] == submissions.Judged("not_shown", (1, 2, 3))
    receive(documents[1])
    assert said(organisation)[4].waits_for == (3,)
    receive(documents[2])
    assert said(organisation)[4].link == said(organisation)[3].link == "shown"
    assert said(organisation)[2].waits_for == (1,)
    receive(documents[0])
    assert {j.link for j in said(organisation).values()} == {"first", "shown"}


def test_a_rewritten_log_is_a_loud_finding_and_both_files_stay(db: None) -> None:
    """The log grows on from a state before what was already sent, and is signed again with the same key."""
    house = Elsewhere()
    organisation = known(house)
    house.write("admitted")
    fork = house.backup()
    honest = [house.day(0), house.day(1)]
    fork.write("something else")
    forged = [fork.day(0), fork.day(1)]
    for document in honest:
        receive(document)
    for document in forged:
        receive(document)
    judged = submissions.judged_of(organisation)
    assert ReceivedBundle.objects.count() == 4
    assert all("two_bundles" in j.contradictions for j in judged.values())
    assert Entry.objects.filter(kind="bundles_contradict").exists()
    told = Entry.objects.filter(kind="bundles_contradict").values_list("detail", flat=True)
    assert {d["organisation"] for d in told} == {"YT"}


def test_two_roots_at_one_size(db: None) -> None:
    house = Elsewhere()
    organisation = known(house)
    house.write("a")
    fork = house.backup()
    receive(house.day(0))
    fork.leaves[0] = b"\x01" * 32
    receive(fork.day(0))
    assert all(j.contradictions[0] == "two_roots" for j in submissions.judged_of(organisation).values())


def test_a_proof_that_fails_is_kept_and_said(db: None) -> None:
    house = Elsewhere()
    organisation = known(house)
    receive(house.day(0))
    house.leaves[0] = b"\x02" * 32
    (taken,) = receive(house.day(1))
    assert "proof_fails" in taken.judged.contradictions
    assert taken.judged.link == "not_shown"
    assert said(organisation)[2].contradictions


def test_a_key_that_was_rotated_is_followed(db: None) -> None:
    house = Elsewhere()
    organisation = known(house)
    first = house.day(0)
    house.rotate("second", moment=at(FIRST, 35))
    second = house.day(1)
    house.rotate("third", moment=at(FIRST, 60))
    third = house.day(2)
    (taken,) = receive(third)
    assert taken.judged == submissions.Judged("not_shown", (1, 2))
    assert TrustedKey.objects.filter(organisation=organisation, how="rotated").count() == 2
    receive(first)
    receive(second)
    assert [said(organisation)[n].link for n in (1, 2, 3)] == ["first", "shown", "shown"]
    assert not any(j.contradictions for j in said(organisation).values())


def test_a_key_that_nobody_vouched_for_needs_to_be_told_with_a_reason(db: None) -> None:
    house = Elsewhere()
    organisation = known(house)
    receive(house.day(0))
    house.rotate("second", moment=at(FIRST, 35), lost=True)
    document = house.day(1)
    assert refused(document) == "other_key"
    keys = trust.told_keys({"keys": house.key_file["keys"][-1:]}, "YT")
    with pytest.raises(Refusal, match="no_reason"):
        trust.trust(organisation=organisation, keys=keys, by="test", at=LATER)
    trust.trust(organisation=organisation, keys=keys, reason="disk broken, told by phone", by="test", at=LATER)
    assert trust.trust(organisation=organisation, keys=keys, by="test", at=LATER) == []
    receive(document)
    house.sent.pop()
    assert refused(Elsewhere().day(0)) == "other_key"  # signed by the key that was replaced


def test_a_key_that_is_told_is_the_only_one(db: None) -> None:
    house, other = Elsewhere(), Elsewhere(seed="other")
    organisation = known(house, told=False)
    assert refused(house.day(0)) == "no_key"
    trust.trust(organisation=organisation, keys=trust.told_keys(house.key_file, "YT"), by="test", at=LATER)
    assert refused(other.day(0)) == "other_key"
    mixed = house.sign(other.day(1) | {"keys": house.keys})
    assert refused(mixed) in ("other_key", "faulty")


def test_a_file_cut_short_is_refused_wherever_it_is_cut(db: None) -> None:
    house = Elsewhere()
    known(house)
    data = file_of(house.day(0))
    for n in range(1, 20):
        assert refused(data[: len(data) * n // 20]) in ("cut_short", "edited")
    assert refused(data[:-1]) in ("cut_short", "edited")
    assert refused(b"") == "not_ours"


def test_a_file_edited_in_any_byte_is_refused(db: None) -> None:
    """Two hundred edits of one bit, two hundred of a letter's case or digit, and blanks."""
    house = Elsewhere()
    known(house)
    data = file_of(house.day(0))
    stream = random.Random(20260322)
    seen = set()
    letters = [i for i, byte in enumerate(data) if chr(byte).isalpha() and byte < 128]
    for place in stream.sample(letters, 200):
        seen.add(refused(data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :]))
    for _ in range(200):
        place, bit = stream.randrange(len(data)), 1 << stream.randrange(8)
        seen.add(refused(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]))
    assert seen <= {"edited", "faulty", "other_key", "unknown_facility", "not_a_bundle", "cut_short", "not_ours"}
    assert refused(data + b"\n") == "cut_short"
    assert refused(data.replace(b'":', b'": ', 1)) == "edited"
    receive(data)


def test_each_field_that_is_changed_and_signed_by_another_is_refused(db: None) -> None:
    house = Elsewhere()
    known(house)
    document = house.day(0)
    for name in document:
        changed = {k: v for k, v in document.items() if k != name}
        assert refused(changed) in ("not_a_bundle", "faulty", "edited", "other_key"), name


def test_the_owner_of_the_key_cannot_make_it_lie_about_its_own_sums(db: None) -> None:
    """Signed rightly, and wrong inside: refused."""
    house = Elsewhere()
    known(house)
    document = house.day(0)

    def resigned(**changed: Any) -> dict[str, Any]:
        return house.sign({k: v for k, v in document.items() if k != "signature"} | changed)

    report = dict(document["reports"][0])
    report["measures"] = [report["measures"][0] | {"on_time": 11}]
    report = house.sign({k: v for k, v in report.items() if k != "signature"})
    assert refused(resigned(reports=[report])) == "faulty"
    assert refused(resigned(reports=[])) == "faulty"
    assert refused(resigned(reports=document["reports"] * 2)) == "faulty"
    assert refused(resigned(number=2)) == "faulty"
    assert refused(resigned(on="2026-03-18")) == "faulty"
    assert refused(resigned(made_at="yesterday")) == "faulty"
    assert refused(resigned(checkpoint=document["checkpoint"] | {"size": 0})) == "faulty"
    assert refused(resigned(facility=document["facility"] | {"zone": "Moon/Base"})) == "faulty"
    assert refused(resigned(facility=document["facility"] | {"code": "NOWHERE"})) == "unknown_facility"
    receive(resigned(level=document["level"]))


def test_a_file_from_the_future_is_refused(db: None) -> None:
    house = Elsewhere()
    known(house)
    document = house.day(0)
    assert refused(document, at(FIRST, 31)) == "from_the_future"
    receive(document, at(FIRST, 32))


def test_a_facility_outside_the_scope_is_unknown(db: None) -> None:
    house = Elsewhere()
    organisation = known(house)
    data = file_of(house.day(0))
    with pytest.raises(Refusal, match="unknown_facility"):
        submissions.receive(data=data, by="test", at=LATER, among=[])
    assert submissions.receive(data=data, by="test", at=LATER, among=[organisation.pk])


def test_several_bundles_in_one_file_come_whole_or_not_at_all(db: None) -> None:
    house = Elsewhere()
    known(house)
    days = [house.day(n) for n in range(3)]
    around = {"format": "lazaretto-bundles/1", "facility": "YT", "made_at": days[0]["made_at"], "bundles": days}
    assert refused(house.sign(around | {"bundles": [*days[:2], days[2] | {"number": 9}]})) == "faulty"
    assert refused(around | {"signature": {"key_id": house.keys[0]["key_id"], "value": "00" * 64}}) == "faulty"
    assert refused(house.sign(around | {"bundles": []})) == "not_a_bundle"
    assert [t.judged.link for t in receive(house.sign(around))] == ["first", "shown", "shown"]
    assert not any(t.new for t in receive(house.sign(around)))


def test_a_restore_is_shown_and_is_no_forgery(db: None) -> None:
    house = Elsewhere()
    organisation = known(house)
    first = house.day(0)
    kept = house.backup()
    lost = [house.day(1), house.day(2)]
    back = kept.restored()
    after = [back.day(1), back.day(3)]
    for document in (first, *lost, *after):
        receive(document)
    judged = submissions.judged_of(organisation)
    rows = {(b.epoch, b.number): judged[b.digest] for b in ReceivedBundle.objects.all()}
    assert not any(j.contradictions for j in rows.values())
    assert [rows[0, n].lost_in_restore for n in (1, 2, 3)] == [False, True, True]
    assert (rows[1, 2].restored, rows[1, 2].link) == (True, "shown")
    assert (rows[1, 3].restored, rows[1, 3].link) == (False, "shown")
    on = FIRST + timedelta(days=1)
    assert Submission.objects.filter(on=on, number=1).count() == 2


def _judged(organisation: Organisation, bundle: ReceivedBundle) -> submissions.Judged:
    return submissions.judged_of(organisation)[bundle.digest]


def test_a_forgery_that_calls_itself_a_restore_is_found(db: None) -> None:
    """A restore cannot change what was there before it."""
    house = Elsewhere()
    organisation = known(house)
    kept = house.backup()
    receive(house.day(0))
    receive(house.day(1))
    kept.write("not what was there")
    kept.write("nor this")
    kept.write("nor that")
    back = kept.restored()
    receive(back.day(0))
    judged = {b.epoch: said for b in ReceivedBundle.objects.filter(number=1) for said in [_judged(organisation, b)]}
    assert "previous_differs" in judged[0].contradictions
    assert "previous_differs" in judged[1].contradictions


def test_a_signature_after_the_end_of_its_key_is_found(db: None) -> None:
    house = Elsewhere()
    organisation = known(house)
    thief = house.backup()
    house.rotate("second", moment=at(FIRST, 20))
    receive(house.day(0))
    receive(thief.day(1))
    assert any("key_ended" in j.contradictions for j in submissions.judged_of(organisation).values())
