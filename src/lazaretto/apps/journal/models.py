"""
Tables of the record. Instants are milliseconds since 1970 in UTC, digests are hexadecimal.

An `Entry` never holds a name, a value or free text: those stay in the `Record` (or in the fact) whose salted digest is
the entry's leaf, and can be destroyed with their salt.
"""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.merkle import Frontier
from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE, Privacy


class Log(models.Model):
    """
    One chain of entries: one per facility, and `node` for what concerns no facility.

    `head`, `recorded_at` and `peaks` describe the last entry, so that appending needs to read nothing else.
    """

    name = models.CharField(max_length=64, unique=True)
    ref = models.CharField(max_length=32, unique=True)
    epoch = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    head = models.CharField(max_length=64, default="0" * 64)
    recorded_at = models.BigIntegerField(default=0)
    peaks = models.JSONField(default=list)

    PRIVACY: ClassVar[dict[str, Privacy]] = {
        "id": PLAIN, "name": PLAIN, "ref": PLAIN, "epoch": PLAIN, "size": PLAIN, "head": PLAIN, "recorded_at": PLAIN,
        "peaks": PLAIN,
    }  # fmt: skip

    def __str__(self) -> str:
        return self.name

    def frontier(self) -> Frontier:
        """Return the right edge of the log's tree as it stands."""
        return Frontier(self.size, (bytes.fromhex(p) for p in self.peaks))


class Entry(models.Model):
    """One thing that happened. Refuses UPDATE and DELETE (see migration 0002)."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="entries")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    subjects: models.JSONField = models.JSONField(default=list)
    occurred_at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=40)
    protocol = models.CharField(max_length=64, blank=True)
    leaf = models.CharField(max_length=64)
    n = models.PositiveIntegerField(default=1)
    detail: models.JSONField = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)

    PRIVACY: ClassVar[dict[str, Privacy]] = {
        "id": PLAIN, "log": PLAIN, "seq": PLAIN, "kind": PLAIN, "subjects": PLAIN, "occurred_at": PLAIN,
        "recorded_at": PLAIN, "by": PLAIN, "protocol": PLAIN, "leaf": PLAIN, "n": PLAIN, "detail": PLAIN,
        "previous": PLAIN, "digest": PLAIN,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["log", "seq"], name="one_entry_per_number")]
        indexes: ClassVar = [models.Index(fields=["log", "kind", "recorded_at"], name="journal_by_kind")]

    def __str__(self) -> str:
        return f"{self.log_id}/{self.seq} {self.kind}"

    def statement(self) -> dict[str, Any]:
        """Return what the entry's digest is made of."""
        return {
            "seq": self.seq,
            "kind": self.kind,
            "subjects": self.subjects,
            "occurred_at": self.occurred_at,
            "recorded_at": self.recorded_at,
            "by": self.by,
            "protocol": self.protocol,
            "leaf": self.leaf,
            "n": self.n,
            "detail": self.detail,
            "previous": self.previous,
        }


class Record(models.Model):
    """
    One version of one business row, salted: what an entry's leaf was made of. The row itself is the latest version.

    Refuses UPDATE; refuses DELETE too, unless a `PurgedLeaf` stands for it.
    """

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="records")
    entity = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    record: models.JSONField = models.JSONField()
    salt = models.BinaryField(max_length=32)

    PRIVACY: ClassVar[dict[str, Privacy]] = {
        "id": PLAIN, "entry": PLAIN, "entity": PLAIN, "key": IDENTIFYING, "record": SENSITIVE, "salt": PLAIN,
    }  # fmt: skip

    class Meta:
        indexes: ClassVar = [models.Index(fields=["entity", "key"], name="record_by_key")]

    def __str__(self) -> str:
        return f"{self.entity} {self.key}"


class Key(models.Model):
    """A public signing key of a log; the private one is a file outside the database."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="keys")
    key_id = models.CharField(max_length=16, unique=True)
    public = models.CharField(max_length=64)
    since = models.BigIntegerField()
    until = models.BigIntegerField(null=True, blank=True)

    PRIVACY: ClassVar[dict[str, Privacy]] = {
        "id": PLAIN, "log": PLAIN, "key_id": PLAIN, "public": PLAIN, "since": PLAIN, "until": PLAIN,
    }  # fmt: skip

    def __str__(self) -> str:
        return self.key_id


class SealKey(models.Model):
    """A public key to which phones seal what they hold for a log; the private one is a file outside the database."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="seal_keys")
    key_id = models.CharField(max_length=16, unique=True)
    public = models.CharField(max_length=130)
    since = models.BigIntegerField()

    PRIVACY: ClassVar[dict[str, Privacy]] = {
        "id": PLAIN,
        "log": PLAIN,
        "key_id": PLAIN,
        "public": PLAIN,
        "since": PLAIN,
    }

    def __str__(self) -> str:
        return self.key_id


class Checkpoint(models.Model):
    """A signed statement that the first `size` entries of a log have this root. `epoch` is the log's when it was made."""

    log = models.ForeignKey(Log, models.PROTECT, related_name="checkpoints")
    epoch = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField()
    root = models.CharField(max_length=64)
    made_at = models.BigIntegerField()
    signature = models.CharField(max_length=128)
    key_id = models.CharField(max_length=16)

    PRIVACY: ClassVar[dict[str, Privacy]] = {
        "id": PLAIN, "log": PLAIN, "epoch": PLAIN, "size": PLAIN, "root": PLAIN, "made_at": PLAIN, "signature": PLAIN,
        "key_id": PLAIN,
    }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.log_id} {self.size} {self.root[:12]}"


class PurgedLeaf(models.Model):
    """
    What is left of a row that was purged: the salted digest that its entry's leaf was made of, and where it stood.

    `position` counts the entry's leaves in their fixed order, from 0. A stub whose `n` is the entry's own stands for
    all its leaves at once, and `leaf` is then the entry's. The salt died with the row, so nothing can be guessed from
    it. Refuses UPDATE and DELETE.
    """

    entry = models.ForeignKey(Entry, models.PROTECT, related_name="purged_leaves")
    position = models.PositiveIntegerField()
    n = models.PositiveIntegerField(default=1)
    leaf = models.CharField(max_length=64)
    purge = models.ForeignKey(Entry, models.PROTECT, related_name="stubs")

    PRIVACY: ClassVar[dict[str, Privacy]] = {
        "id": PLAIN, "entry": PLAIN, "position": PLAIN, "n": PLAIN, "leaf": PLAIN, "purge": PLAIN,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["entry", "position"], name="one_stub_per_leaf")]

    def __str__(self) -> str:
        return f"{self.entry_id}[{self.position}]"


class PurgePermit(models.Model):
    """
    That this row may go, because this stub stands for it. Lives within one transaction: the row's deletion takes it away.
    """

    stub = models.OneToOneField(PurgedLeaf, models.CASCADE, related_name="permit")
    source = models.CharField(max_length=63)
    row_key = models.CharField(max_length=64)

    PRIVACY: ClassVar[dict[str, Privacy]] = {"id": PLAIN, "stub": PLAIN, "source": PLAIN, "row_key": PLAIN}

    def __str__(self) -> str:
        return f"{self.source} {self.row_key}"


class Verification(models.Model):
    """
    A check of a log that somebody asked for on a page, some thousand entries at a time.

    `size` is how many entries there were when it began, `seen` how many it has read; `state` is what it carries from
    one part to the next, and is emptied with the last. `faults` are sentences in both languages.
    """

    log = models.ForeignKey(Log, models.CASCADE, related_name="verifications")
    by = models.CharField(max_length=40)
    began_at = models.BigIntegerField()
    ended_at = models.BigIntegerField(null=True, blank=True)
    size = models.BigIntegerField()
    seen = models.BigIntegerField(default=0)
    state: models.JSONField = models.JSONField(default=dict)
    faults: models.JSONField = models.JSONField(default=list)

    PRIVACY: ClassVar[dict[str, Privacy]] = {
        "id": PLAIN, "log": PLAIN, "by": PLAIN, "began_at": PLAIN, "ended_at": PLAIN, "size": PLAIN, "seen": PLAIN,
        "state": PLAIN, "faults": PLAIN,
    }  # fmt: skip

    def __str__(self) -> str:
        return f"{self.log_id} {self.seen}/{self.size}"
