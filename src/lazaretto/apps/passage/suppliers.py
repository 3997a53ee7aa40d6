"""Suppliers: from whom goods are taken, with certificate and origin. Of anybody else nothing is taken."""

from datetime import date

from django.db import transaction

from lazaretto.apps.passage.keeping import keep
from lazaretto.apps.passage.models import Supplier
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work.recording import lock
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

_FIELDS = ("name", "origin", "certificate", "certificate_until", "contact")


@transaction.atomic
def save_supplier(
    facility: Facility, *, code: str, name: str, origin: str, certificate: str, certificate_until: date | None,
    contact: str = "", by: str, at: int,
) -> Supplier:  # fmt: skip
    """Put a supplier on the register, or correct what stands there. The same again changes nothing. :raises Refusal: no_code, no_name."""
    lock(facility)
    code, name = code.strip()[:40], name.strip()[:120]
    if not code:
        raise Refusal("no_code", Text("写明供应商编号", "give the supplier a code"))
    if not name:
        raise Refusal("no_name", Text("写明供应商名称", "give the supplier's name"))
    given = dict(
        zip(_FIELDS, (name, origin.strip()[:120], certificate.strip()[:80], certificate_until, contact.strip()[:120]), strict=True)
    )  # fmt: skip
    row = Supplier.objects.filter(facility=facility, code=code).first()
    if row is not None and all(getattr(row, field) == value for field, value in given.items()):
        return row
    if row is None:
        row = Supplier(facility=facility, code=code)
    for field, value in given.items():
        setattr(row, field, value)
    row.recorded_at, row.by = at, by[:60]
    row.save()
    keep(facility, "supplier_saved", [row], by=by, at=at)
    return row


@transaction.atomic
def stop_supplier(supplier: Supplier, *, reason: str, by: str, at: int) -> Supplier:
    """Take nothing more of a supplier, with the reason. Again changes nothing. :raises Refusal: no_reason."""
    lock(supplier.facility)
    row = Supplier.objects.select_related("facility__log").get(pk=supplier.pk)
    if row.stopped_at is not None:
        return row
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明原因", "say why"))
    row.stopped_at, row.reason = at, reason.strip()[:200]
    row.save(update_fields=["stopped_at", "reason"])
    keep(row.facility, "supplier_stopped", [row], by=by, at=at)
    return row


def check_supplier(supplier: Supplier | None, on: date) -> Supplier:
    """Return who may supply on a day. :raises Refusal: unknown_supplier, stopped_supplier, no_origin, no_certificate, certificate_ended."""
    if supplier is None:
        raise Refusal(
            "unknown_supplier",
            Text(
                "供应商不在台账上：来源不明的不收", "this supplier is not on the register: of unknown origin, not taken"
            ),
        )
    if supplier.stopped_at is not None:
        raise Refusal(
            "stopped_supplier",
            Text(f"已停止收货：{supplier.reason}", f"nothing more is taken of him: {supplier.reason}"),
        )
    if not supplier.origin:
        raise Refusal("no_origin", Text("产地不明，不收", "the origin is not known, so it is not taken"))
    if not supplier.certificate:
        raise Refusal("no_certificate", Text("没有合格证明，不收", "there is no certificate, so it is not taken"))
    until = supplier.certificate_until
    if until is None or until < on:
        day = until.isoformat() if until else "—"
        raise Refusal(
            "certificate_ended",
            Text(f"合格证明有效期到 {day}，先换新证", f"the certificate held until {day}; it is renewed first"),
        )
    return supplier


def standing_of(supplier: Supplier, on: date) -> str:
    """Return why nothing is taken of a supplier on a day, nothing if it is."""
    try:
        check_supplier(supplier, on)
    except Refusal as refusal:
        return refusal.code
    return ""
