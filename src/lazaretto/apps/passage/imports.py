"""Suppliers and announced goods in from tables: tried first, then taken; each row is accounted for, repeats are no-ops."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from lazaretto.apps.passage.goods import Announced, announce, check_denied, wares
from lazaretto.apps.passage.models import Consignment, Supplier
from lazaretto.apps.passage.suppliers import check_supplier, save_supplier
from lazaretto.apps.registry.importing import Importer, Taken
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text


def _date(row: Row, column: str) -> date | None:
    text = row.text(column)
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise RowError(
            column, Text(f"看不懂日期“{text}”，写作 2026-03-17", f"cannot read the date {text!r}; write 2026-03-17")
        ) from None


class SupplierImporter(Importer):
    name = "suppliers"
    required = ("code", "name")
    known = ("code", "name", "origin", "certificate", "certificate_until", "contact")
    chunk = 100

    def __init__(self, facility: Facility, *, now: int) -> None:
        super().__init__(facility, now=now)
        self.there = {s.code: s for s in Supplier.objects.filter(facility=facility)}
        self.taken: list[dict[str, Any]] = []

    def take(self, row: Row) -> Taken:
        said: dict[str, Any] = {name: row.text(name) for name in ("origin", "certificate", "contact")}
        said |= {
            "code": row.need("code"),
            "name": row.need("name"),
            "certificate_until": _date(row, "certificate_until"),
        }
        known = self.there.get(said["code"])
        self.taken.append(said)
        if known is None:
            self.there[said["code"]] = Supplier(facility=self.facility, **said)
            return "created"
        if all(getattr(known, name) == value for name, value in said.items()):
            return "skipped"
        for name, value in said.items():
            setattr(known, name, value)
        return "updated"

    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        for said in self.taken:
            save_supplier(self.facility, **said, by=by, at=at)
        self.taken = []
        return {}


class ConsignmentImporter(Importer):
    """Announced goods, a row for each lot; rows with one `ref` are one consignment and stand together."""

    name = "consignments"
    required = ("ref", "supplier", "name", "of_class", "quantity")
    known = (
        "ref",
        "supplier",
        "name",
        "of_class",
        "quantity",
        "unit",
        "batch",
        "origin",
        "best_before",
        "expected_on",
        "plate",
    )
    chunk = 100

    def __init__(self, facility: Facility, *, now: int) -> None:
        super().__init__(facility, now=now)
        self.suppliers = {s.code: s for s in Supplier.objects.filter(facility=facility)}
        self.there = set(Consignment.objects.filter(facility=facility).values_list("ref", flat=True))
        self.rows: dict[str, list[tuple[Row, Announced]]] = {}

    def take(self, row: Row) -> Taken:
        ref = row.need("ref")[:60]
        lot = self._lot(row)
        try:
            check_supplier(
                self.suppliers.get(row.need("supplier")),
                _date(row, "expected_on") or local_day(self.facility.zone, self.now),
            )
            wares(lot.of_class)
            check_denied(self.facility, lot.of_class, "in", self.now)
        except Refusal as refusal:
            column = "of_class" if refusal.code in ("unknown_class", "denied") else "supplier"
            raise RowError(column, refusal.words) from None
        if ref in self.there:
            return "skipped"
        self.rows.setdefault(ref, []).append((row, lot))
        return "created"

    def _lot(self, row: Row) -> Announced:
        try:
            quantity = Decimal(row.need("quantity").replace(",", "."))
        except InvalidOperation:
            quantity = Decimal(0)
        if not quantity.is_finite() or quantity <= 0:
            raise RowError("quantity", Text("数量须是大于零的数", "the amount is a number above zero"))
        return Announced(
            row.need("name"),
            row.need("of_class"),
            quantity,
            row.text("unit"),
            row.text("batch"),
            row.text("origin"),
            _date(row, "best_before"),
        )

    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        failed: dict[int, Taken | RowError] = {}
        for ref, rows in self.rows.items():
            first = rows[0][0]
            try:
                announce(
                    self.facility, ref=ref, title="", lots=[lot for _, lot in rows], supplier=first.need("supplier"),
                    plate=first.text("plate"), expected_on=_date(first, "expected_on"), by=by, at=at,
                )  # fmt: skip
            except Refusal as refusal:
                failed |= {row.number: RowError("ref", refusal.words) for row, _ in rows}
            self.there.add(ref)
        self.rows = {}
        return failed


IMPORTERS: dict[str, type[SupplierImporter] | type[ConsignmentImporter]] = {
    "suppliers": SupplierImporter, "consignments": ConsignmentImporter,
}  # fmt: skip
