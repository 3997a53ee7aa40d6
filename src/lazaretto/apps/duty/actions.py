"""Writing, reading and signing a hand-over. Each act is recorded; who gives does not sign for taking over."""

from django.db import transaction

from lazaretto.apps.duty.models import KINDS, Handover, Item
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.journal.models import Log
from lazaretto.apps.registry.models import Place
from lazaretto.apps.registry.rooms import occupied
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

MOST_ITEMS = 60
#: No place holds so many; a count beyond it is a slip.
MOST_PEOPLE = 20_000


@transaction.atomic
def write(*, place: Place, counted: int, by: str, at: int) -> Handover:
    """Begin to hand a place over, with the count. :raises Refusal: open_already, count."""
    facility = place.facility
    Log.objects.select_for_update().get(pk=facility.log_id)
    _check_count(counted)
    if Handover.objects.filter(facility=facility, place=place, taken_at=None).exists():
        raise Refusal("open_already", Text("这里已有一份待签收的交接", "a hand-over of this place waits to be signed"))
    on_record = occupied(facility, at)[place.pk]
    row = Handover.objects.create(
        facility=facility, place=place, written_at=at, given_by=by, counted=counted, on_record=on_record
    )
    _record(row, "handover_written", by=by, at=at)
    return row


@transaction.atomic
def add_item(handover: Handover, *, kind: str, said: str, by: str, at: int) -> Item:
    """Add an item. :raises Refusal: signed, no_kind, nothing_said, too_many."""
    row = _open(handover)
    words = " ".join(said.split())[:300]
    if kind not in KINDS:
        raise Refusal("no_kind", Text("请选事项类别", "choose what sort of item it is"))
    if not words:
        raise Refusal("nothing_said", Text("请写明要接手什么", "say what is handed over"))
    n = row.items.count()
    if n >= MOST_ITEMS:
        raise Refusal("too_many", Text("事项太多，请合并", "too many items; put some together"))
    item = Item.objects.create(handover=row, position=n + 1, kind=kind, said=words, added_at=at, by=by)
    _record(row, "handover_written", by=by, at=at)
    return item


@transaction.atomic
def read(handover: Handover, position: int, *, by: str, at: int) -> Item:
    """Note that an item was read. Read once is read. :raises Refusal: signed, own_item, no_item."""
    row = _open(handover)
    item = row.items.filter(position=position).first()
    if item is None:
        raise Refusal("no_item", Text("没有这一项", "there is no such item"))
    if row.given_by == by:
        raise Refusal("own_handover", Text("由接班的人逐项看", "who takes over reads the items"))
    if item.read_at is None:
        item.read_at, item.read_by = at, by
        item.save(update_fields=["read_at", "read_by"])
        _record(row, "handover_read", by=by, at=at)
    return item


@transaction.atomic
def sign(handover: Handover, *, counted: int, by: str, at: int) -> Handover:
    """
    Take a place over, with a count of one's own. Counts that differ are both kept; the record wins.

    :raises Refusal: signed, own_handover, not_read, count.
    """
    row = _open(handover)
    _check_count(counted)
    if row.given_by == by:
        raise Refusal("own_handover", Text("交班人不能自己签收", "who hands over does not sign for taking over"))
    left = row.items.filter(read_at=None).count()
    if left:
        raise Refusal("not_read", Text(f"还有 {left} 项没看", f"{left} items are not read yet"))
    row.taken_at, row.taken_by, row.counted_by_taker = at, by, counted
    row.save(update_fields=["taken_at", "taken_by", "counted_by_taker"])
    _record(row, "handover_signed", by=by, at=at)
    return row


def _check_count(counted: int) -> None:
    if not 0 <= counted <= MOST_PEOPLE:
        raise Refusal("count", Text("人数应为 0 到 20,000", "the count is from 0 to 20,000"))


def _open(handover: Handover) -> Handover:
    Log.objects.select_for_update().get(pk=handover.facility.log_id)
    row = Handover.objects.select_related("facility__log", "place").get(pk=handover.pk)
    if row.taken_at is not None:
        raise Refusal("signed", Text("这份交接已签收", "this hand-over is signed"))
    return row


def _record(row: Handover, kind: str, *, by: str, at: int) -> None:
    journal.record(
        row.facility.log, kind, [Version("handover", str(row.pk), row.record())], by=by, at=at, occurred_at=at
    )
