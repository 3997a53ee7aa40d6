"""The hand-over of a place from one shift to the next: a count, and items each of which is read before it is signed."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility, Place

KINDS = ("task", "person", "thing")


class Handover(models.Model):
    """
    One hand-over. `counted` is what the giver counted, `on_record` what the record said then; `counted_by_taker` is the
    count of the one who takes over. It is open until it is signed (`taken_at`).
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="handovers")
    place = models.ForeignKey(Place, models.PROTECT, related_name="handovers")
    written_at = models.BigIntegerField()
    given_by = models.CharField(max_length=60)
    counted = models.PositiveIntegerField()
    on_record = models.PositiveIntegerField()
    taken_at = models.BigIntegerField(null=True, blank=True)
    taken_by = models.CharField(max_length=60, blank=True)
    counted_by_taker = models.PositiveIntegerField(null=True, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            ("id", "facility", "place", "written_at", "counted", "on_record", "taken_at", "counted_by_taker"), PLAIN
        ),
        **dict.fromkeys(("given_by", "taken_by"), IDENTIFYING),
    }

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["facility", "place"], condition=models.Q(taken_at=None), name="one_open_handover_a_place"
            ),
            models.CheckConstraint(
                condition=models.Q(taken_at=None, taken_by="", counted_by_taker=None)
                | (models.Q(taken_at__isnull=False, counted_by_taker__isnull=False) & ~models.Q(taken_by="")),
                name="a_handover_is_signed_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place_id} {self.written_at}"

    def record(self) -> dict[str, Any]:
        return {
            "place": self.place.code, "written_at": self.written_at, "given_by": self.given_by, "counted": self.counted,
            "on_record": self.on_record, "taken_at": self.taken_at, "taken_by": self.taken_by,
            "counted_by_taker": self.counted_by_taker,
            "items": [i.record() for i in sorted(self.items.all(), key=lambda i: i.position)],
        }  # fmt: skip


class Item(models.Model):
    """Something that the next shift takes over: a task, a person to keep in mind, a thing."""

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="items")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=[(k, k) for k in KINDS])
    said = models.CharField(max_length=300)
    added_at = models.BigIntegerField()
    by = models.CharField(max_length=60)
    read_at = models.BigIntegerField(null=True, blank=True)
    read_by = models.CharField(max_length=60, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "handover", "position", "kind", "added_at", "read_at"), PLAIN),
        **dict.fromkeys(("by", "read_by"), IDENTIFYING),
        "said": SENSITIVE,
    }

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["handover", "position"], name="one_item_a_position"),
            models.CheckConstraint(
                condition=models.Q(read_at=None, read_by="")
                | (models.Q(read_at__isnull=False) & ~models.Q(read_by="")),
                name="who_read_an_item_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.handover_id}/{self.position}"

    def record(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "said": self.said, "added_at": self.added_at, "by": self.by, "read_at": self.read_at,
            "read_by": self.read_by,
        }  # fmt: skip
