"""
Handing a person over to another facility: a movement here, a signed file with the person, and the receipt that comes
back. The other side is `arrivals`.
"""

import secrets
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import Organisation
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal import keys
from lazaretto.apps.journal.models import Entry, Log
from lazaretto.apps.journal.queries import public_keys
from lazaretto.apps.journal.signatures import is_signed
from lazaretto.apps.registry.models import Facility, Movement, Person
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import courses, record_movement
from lazaretto.apps.registry.queries import HELD
from lazaretto.apps.reporting import checking, envelopes, handover, seals
from lazaretto.apps.reporting.envelopes import MALFORMED, refuse
from lazaretto.apps.reporting.models import Transfer, TransferReceipt
from lazaretto.apps.reporting.submissions import record_refused
from lazaretto.apps.reporting.trust import check_believed, follow, trusted
from lazaretto.protocol.canonical import canonical, digest
from lazaretto.protocol.clock import parse_moment, utc_text
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

FORMAT, RECEIPT = "lazaretto-transfer/1", "lazaretto-transfer-receipt/1"


class Order(NamedTuple):
    """What is to be done: who goes where and why. `plain_reason` says why the file is to have no passphrase."""

    person: Person
    to: str
    reason: str
    passphrase: str = ""
    plain_reason: str = ""
    occurred_at: int | None = None


@transaction.atomic
def send(order: Order, *, by: str, at: int) -> tuple[Transfer, bytes]:
    """
    Record that a person leaves for another facility, and return the file that goes along.

    Asked again while the person is still gone, it returns the same file: nobody leaves twice.

    :raises Refusal: no_reason, no_destination, same_facility, not_held, merged, no_passphrase, short_passphrase, and
        those of `check_may_move`.
    """
    facility = order.person.facility
    Log.objects.select_for_update().get(pk=facility.log_id)
    _check(order)
    transfer = _sent_before(order) or _send(order, facility, by, at)
    content = canonical(transfer.document)
    return transfer, content if order.plain_reason.strip() else seals.seal(content, order.passphrase)


def _check(order: Order) -> None:
    person = order.person
    if not order.reason.strip():
        refuse("no_reason", "请写明移交的理由", "say why the person is transferred")
    if not order.to.strip() or len(order.to) > 40:
        refuse("no_destination", "请写明接收机构的编号", "say the code of the facility that takes the person in")
    if order.to == person.facility.code:
        refuse("same_facility", "接收机构就是本机构", "that is this facility itself")
    if person.base not in HELD:
        refuse("not_held", f"{person.code} 不是被监管人员", f"{person.code} is not somebody held here")
    if person.merged_into_id is not None:
        refuse("merged", f"{person.code} 已并入别的档案，移交那一份", f"{person.code} was merged into another file; transfer that one")  # fmt: skip
    if not order.plain_reason.strip():
        if not order.passphrase:
            refuse("no_passphrase", "给出口令，或写明不加密的理由", "give a passphrase, or say why there is none")
        seals.check_passphrase(order.passphrase)


def _sent_before(order: Order) -> Transfer | None:
    latest = courses([order.person])[order.person.pk].latest
    if latest is None or latest.kind != "transfer_out":
        return None
    return Transfer.objects.filter(
        facility=order.person.facility, direction="out", movement=latest, counterpart=order.to
    ).first()


def _send(order: Order, facility: Facility, by: str, at: int) -> Transfer:
    person, moment = order.person, at if order.occurred_at is None else order.occurred_at
    there = Organisation.objects.filter(code=order.to).first()
    to = {"code": order.to, "name_zh": there.name_zh if there else "", "name_en": there.name_en if there else ""}
    movement = record_movement(
        Move(person, "transfer_out", moment, counterpart=to["name_zh"] or order.to, reason=order.reason), by=by, at=at
    )
    log = Log.objects.get(pk=facility.log_id)
    ref = secrets.token_hex(16)
    document = envelopes.signed(
        {
            "format": FORMAT, "transfer": ref, "from": party(facility), "to": to, "made_at": utc_text(at),
            "left_at": utc_text(moment), "reason": order.reason.strip()[:200], **handover.of_person(person, at),
            **standing_of(log, at),
        },
        keys.current(log),
    )  # fmt: skip
    transfer = keep(facility, "out", document, person, movement, by=by, at=at, plain_reason=order.plain_reason.strip())
    shown = ["identity_number", *(["temperature"] if document["temperatures"] else [])]
    shown += sorted({s["key"] for s in document["standings"] if s["health"]})
    accounts.record_reads(
        log=log, subjects=[person.ref], fields=shown, where="transfer", why=order.reason, by=by, at=at
    )
    return transfer


def party(facility: Facility) -> dict[str, str]:
    organisation = facility.organisation
    return {
        "code": facility.code, "name_zh": organisation.name_zh, "name_en": organisation.name_en, "zone": facility.zone,
    }  # fmt: skip


def standing_of(log: Log, at: int) -> dict[str, Any]:
    """Return where a log stands and the keys to check it with: what every signed file carries."""
    point = journal.checkpoint(log, at=at)
    listed = [{k: v for k, v in key.items() if k != "name"} for key in public_keys([log])["keys"]]
    return {"checkpoint": point, "keys": listed}


def keep(
    facility: Facility, direction: str, document: dict[str, Any], person: Person, movement: Movement, *, by: str,
    at: int, plain_reason: str = "",
) -> Transfer:  # fmt: skip
    """Keep a signed file on one side, as the last act of its transaction."""
    made = Transfer(
        facility=facility, direction=direction, ref=document["transfer"], person=person, movement=movement,
        counterpart=document["to" if direction == "out" else "from"]["code"],
        made_at=parse_moment(document["made_at"], "UTC"), recorded_at=at, plain_reason=plain_reason[:200], by=by[:40],
        digest=digest(document), document=document, salt=journal.new_salt(),
    )  # fmt: skip
    leaf = journal.salted_leaf(made.salt, made.record()).hex()
    kind = "transfer_sent" if direction == "out" else "transfer_received"
    made.entry = journal.append(
        Log.objects.get(pk=facility.log_id), kind, leaf=leaf, by=by, at=at, subjects=[person.ref]
    )
    made.save(force_insert=True)
    return made


# -- receipts ----------------------------------------------------------------------------------------------------------


def receipt_for(document: dict[str, Any], facility: Facility, received_at: int, at: int) -> dict[str, Any]:
    """Return the receipt of the facility that took a person in, signed by it. It names nobody."""
    log = Log.objects.get(pk=facility.log_id)
    return envelopes.signed(
        {
            "format": RECEIPT, "transfer": document["transfer"], "digest": digest(document),
            "from": document["from"]["code"], "to": party(facility), "received_at": utc_text(received_at),
            **standing_of(log, at),
        },
        keys.current(log),
    )  # fmt: skip


def accept_receipt(*, facility: Facility, data: bytes, by: str, at: int) -> tuple[TransferReceipt, bool]:
    """
    Note that the other side took a person in; return the receipt and whether it is new.

    :raises Refusal: with what is wrong; then nothing is stored but an entry that a file was refused.
    """
    try:
        return _accept(facility, envelopes.read(data), by, at)
    except Refusal as refusal:
        record_refused("receipt_refused", data, refusal, by=by, at=at)
        raise


@transaction.atomic
def _accept(facility: Facility, document: dict[str, Any], by: str, at: int) -> tuple[TransferReceipt, bool]:
    Log.objects.select_for_update().get(pk=facility.log_id)
    try:
        is_ours = document["format"] == RECEIPT
        home, there, ref = str(document["from"]), str(document["to"]["code"]), str(document["transfer"])
    except MALFORMED:
        is_ours = False
    if not is_ours:
        refuse("not_a_receipt", "这不是移交回执", "this is not a receipt of a transfer")
    if home != facility.code:
        refuse("other_facility", f"这份回执是给 {home} 的", f"this receipt is for {home}")
    check_signed(document, there, by=by, at=at)
    transfer = Transfer.objects.filter(facility=facility, direction="out", ref=ref).first()
    if transfer is None or document["digest"] != transfer.digest or there != transfer.counterpart:
        refuse("no_such_transfer", "没有与这份回执对应的移交", "there is no transfer that this receipt is for")
    return keep_receipt(transfer, document, by=by, at=at)


def keep_receipt(transfer: Transfer, document: dict[str, Any], *, by: str, at: int) -> tuple[TransferReceipt, bool]:
    """Keep a receipt that was checked, or that this side gave itself; one transfer has one."""
    found = TransferReceipt.objects.filter(transfer=transfer).first()
    if found is not None:
        return found, False
    made = TransferReceipt(
        transfer=transfer, received_at=parse_moment(document["received_at"], "UTC"), recorded_at=at, by=by[:40],
        document=document, salt=journal.new_salt(),
    )  # fmt: skip
    leaf = journal.salted_leaf(made.salt, made.record()).hex()
    log = Log.objects.get(pk=transfer.facility.log_id)
    made.entry = journal.append(log, "transfer_receipt", leaf=leaf, by=by, at=at, subjects=[transfer.person.ref])
    made.save(force_insert=True)
    return made, True


def check_signed(document: dict[str, Any], code: str, *, by: str, at: int) -> None:
    """:raises Refusal: unknown_sender, no_key, other_key, faulty, from_the_future."""
    organisation = Organisation.objects.filter(code=code).first()
    if organisation is None:
        refuse(
            "unknown_sender",
            f"文件来自 {code}，本节点不认识；先登记机构和密钥（lazaretto bundle trust）",
            f"the file is from {code}, which this node does not know; register it and its key (`lazaretto bundle trust`)",
        )
    believed = trusted(organisation)
    content = checking.Content(code, [document], None)
    check_believed(content, believed, code)
    try:
        keys, point = checking.keys_of(document, believed), document["checkpoint"]
        statement = canonical({k: point[k] for k in ("log", "epoch", "size", "root")})
        ok = envelopes.is_signed_by(document, keys[document["signature"]["key_id"]])
        ok = ok and is_signed(keys[point["key_id"]], statement, point["signature"])
        made = parse_moment(document.get("made_at") or document["received_at"], "UTC")
    except MALFORMED:
        ok, made = False, 0
    if not ok:
        refuse("faulty", "内容与签名不符，文件被改过", "the content is not what was signed; the file was changed")
    if made > at + envelopes.AHEAD_MS:
        refuse("from_the_future", "文件制作的时间还没到；核对两边的时钟", "the file was made at a time still to come; check both clocks")  # fmt: skip
    follow(organisation, content, believed, by, at)


# -- reads -------------------------------------------------------------------------------------------------------------


STATES: dict[str, Text] = {
    "received": Text("已接收", "received"),
    "not_received": Text("未接收", "not received"),
    "void": Text("已作废", "void"),
}


def state_of(transfer: Transfer) -> str:
    """Return `received`, `not_received`, or `void` if the movement did not happen after all."""
    if hasattr(transfer, "receipt"):
        return "received"
    return "not_received" if transfer.movement.voided_at is None else "void"


def transfers(facility: Facility) -> QuerySet[Transfer]:
    """Return the transfers of a facility in both directions, the newest first."""
    found = Transfer.objects.filter(facility=facility).select_related("person", "movement", "receipt", "facility")
    return found.order_by("-made_at", "-pk")


def unreceived(facility: Facility) -> QuerySet[Transfer]:
    """Return who was sent and not received as far as is known here, the longest ago first. A void movement is none."""
    open_ = transfers(facility).filter(direction="out", receipt=None, movement__voided_at=None)
    return open_.order_by("made_at", "pk")


def documents_of(person: Person) -> list[dict[str, Any]]:
    """Return the signed files that went or came with a person."""
    return [t.document for t in Transfer.objects.filter(person=person).order_by("made_at", "pk")]


def transfer_leaf(entry: Entry) -> list[bytes]:
    return [journal.salted_leaf(t.salt, t.record()) for t in Transfer.objects.filter(entry=entry)]


def receipt_leaf(entry: Entry) -> list[bytes]:
    return [journal.salted_leaf(r.salt, r.record()) for r in TransferReceipt.objects.filter(entry=entry)]
