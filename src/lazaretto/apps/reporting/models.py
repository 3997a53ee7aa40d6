"""
Signed reports, and what travels between nodes: bundles sent and received, keys told, people handed over.

Nothing here is ever changed: an amendment, another bundle or a receipt follows.
"""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.accounts.models import Organisation
from lazaretto.apps.journal.models import Entry
from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility, Movement, Person


class SignedReport(models.Model):
    """
    The facility's own report of one day as it was signed, and the form of it that leaves the house.

    `document` and `outgoing` are canonical JSON text, signature included.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="reports")
    on = models.DateField()
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=20)
    as_of = models.BigIntegerField()
    signed_by = models.CharField(max_length=60)
    document: models.JSONField = models.JSONField()
    outgoing: models.JSONField = models.JSONField()
    salt = models.BinaryField(max_length=32)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="+")

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "on", "number", "status", "as_of", "outgoing", "salt", "entry"), PLAIN),
        "signed_by": IDENTIFYING,
        "document": SENSITIVE,
    }

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "on", "number"], name="report_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.on} #{self.number}"

    def record(self) -> dict[str, Any]:
        return {"document": self.document, "outgoing": self.outgoing}


class Bundle(models.Model):
    """
    A day as it left the house: its reports with all amendments, and where the log stood, as one signed file.

    Numbers of a facility have no gaps. `document` is the file itself; its bytes are its canonical form.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="bundles")
    number = models.PositiveIntegerField()
    epoch = models.PositiveIntegerField(default=0)
    on = models.DateField()
    size = models.BigIntegerField()
    root = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    made_at = models.BigIntegerField()
    document: models.JSONField = models.JSONField()
    salt = models.BinaryField(max_length=32)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="+")

    PRIVACY: ClassVar = dict.fromkeys(
        ("id", "facility", "number", "epoch", "on", "size", "root", "digest", "made_at", "document", "salt", "entry"),
        PLAIN,
    )

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["facility", "number"], name="bundle_number_once")]

    def __str__(self) -> str:
        return f"{self.facility_id} no. {self.number}"

    def record(self) -> dict[str, Any]:
        return {"digest": self.digest}


class TrustedKey(models.Model):
    """
    A key that this node takes an organisation's word by. `told`: somebody compared it out of band; `rotated`: a key
    that was trusted signed for it. Keys told anew, with a reason, begin a `generation`: only the newest counts.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="trusted_keys")
    generation = models.PositiveIntegerField(default=1)
    log = models.CharField(max_length=32)
    key_id = models.CharField(max_length=16)
    public = models.CharField(max_length=64)
    how = models.CharField(max_length=8, choices=[("told", "told"), ("rotated", "rotated")])
    reason = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=40)
    trusted_at = models.BigIntegerField()
    salt = models.BinaryField(max_length=32)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")

    PRIVACY: ClassVar = dict.fromkeys(
        ("id", "organisation", "generation", "log", "key_id", "public", "how", "reason", "by", "trusted_at", "salt",
         "entry"),
        PLAIN,
    )  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "generation", "key_id"], name="one_trust_per_key"),
            models.CheckConstraint(
                condition=models.Q(generation=1) | models.Q(how="rotated") | ~models.Q(reason=""),
                name="a_key_told_anew_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.key_id}"

    def record(self) -> dict[str, Any]:
        return {
            "organisation": self.organisation.code, "generation": self.generation, "log": self.log,
            "public": self.public, "how": self.how, "reason": self.reason, "by": self.by,
            "trusted_at": self.trusted_at,
        }  # fmt: skip


class ReceivedBundle(models.Model):
    """
    A facility's bundle as it came in. What it says of its log stands in columns, so that bundles can be compared.

    `proof_holds` is whether the proof in it shows that its log grew out of the one of the bundle before it.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="received_bundles")
    log = models.CharField(max_length=32)
    epoch = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    on = models.DateField()
    zone = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    key_id = models.CharField(max_length=16)
    said: models.JSONField = models.JSONField()
    """Where the log stood: checkpoint, the one before, restores, points in the reports, ends of keys."""
    proof_holds = models.BooleanField()
    made_at = models.BigIntegerField()
    received_at = models.BigIntegerField()
    due_at = models.BigIntegerField()
    late_after = models.BigIntegerField()
    by = models.CharField(max_length=40)
    document: models.JSONField = models.JSONField()
    salt = models.BinaryField(max_length=32)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="+")

    PRIVACY: ClassVar = dict.fromkeys(
        ("id", "organisation", "log", "epoch", "number", "on", "zone", "digest", "key_id", "said", "proof_holds",
         "made_at", "received_at", "due_at", "late_after", "by", "document", "salt", "entry"),
        PLAIN,
    )  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "digest"], name="one_bundle_received_once")
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "log", "number"], name="received_by_number")]

    def __str__(self) -> str:
        return f"{self.organisation_id} no. {self.number}"

    def record(self) -> dict[str, Any]:
        return {"digest": self.digest, "received_at": self.received_at, "by": self.by}


class Submission(models.Model):
    """
    One report that a facility handed in, the form of it that leaves the house. An amendment is another one.

    `late` says whether it came after its deadline; `bundle` is the one that brought it first.
    """

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="submissions")
    on = models.DateField()
    epoch = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    amends = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(max_length=20)
    made_at = models.BigIntegerField()
    received_at = models.BigIntegerField()
    due_at = models.BigIntegerField()
    late = models.BooleanField()
    digest = models.CharField(max_length=64)
    checkpoint: models.JSONField = models.JSONField()
    outgoing: models.JSONField = models.JSONField()
    bundle = models.ForeignKey(ReceivedBundle, models.PROTECT, related_name="submissions")
    salt = models.BinaryField(max_length=32)

    PRIVACY: ClassVar = dict.fromkeys(
        ("id", "organisation", "on", "epoch", "number", "amends", "status", "made_at", "received_at", "due_at", "late",
         "digest", "checkpoint", "outgoing", "bundle", "salt"),
        PLAIN,
    )  # fmt: skip

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organisation", "digest"], name="one_submission_once")]
        indexes: ClassVar = [models.Index(fields=["organisation", "on", "number"], name="submission_by_day")]

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.on} #{self.number}"

    def record(self) -> dict[str, Any]:
        return {"outgoing": self.outgoing, "received_at": self.received_at, "due_at": self.due_at}


class Transfer(models.Model):
    """
    A person handed over, on the side that sent the file (`out`) or took it in (`in`). Each keeps the signed file.

    `ref` is the transfer's own, the same on both sides.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="transfers")
    direction = models.CharField(max_length=3, choices=[("out", "out"), ("in", "in")])
    ref = models.CharField(max_length=32)
    person = models.ForeignKey(Person, models.PROTECT, related_name="transfers")
    movement = models.ForeignKey(Movement, models.PROTECT, related_name="+")
    counterpart = models.CharField(max_length=40)
    made_at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    plain_reason = models.CharField(max_length=200, blank=True)
    """Why the file was written without a passphrase, on the side that sent it."""
    by = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    document: models.JSONField = models.JSONField()
    salt = models.BinaryField(max_length=32)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="+")

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            ("id", "facility", "direction", "ref", "person", "movement", "made_at", "recorded_at", "plain_reason",
             "by", "digest", "salt", "entry"),
            PLAIN,
        ),
        "counterpart": IDENTIFYING,
        "document": SENSITIVE,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "direction", "ref"], name="one_transfer_once")
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.direction} {self.ref}"

    def record(self) -> dict[str, Any]:
        return {"ref": self.ref, "digest": self.digest, "plain_reason": self.plain_reason}


class TransferReceipt(models.Model):
    """That the other side took the person in, on its signature; on the receiving side, the receipt that it gave."""

    transfer = models.OneToOneField(Transfer, models.PROTECT, related_name="receipt")
    received_at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    by = models.CharField(max_length=40)
    document: models.JSONField = models.JSONField()
    salt = models.BinaryField(max_length=32)
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="+")

    PRIVACY: ClassVar = dict.fromkeys(
        ("id", "transfer", "received_at", "recorded_at", "by", "document", "salt", "entry"), PLAIN
    )

    def __str__(self) -> str:
        return f"{self.transfer_id} received"

    def record(self) -> dict[str, Any]:
        return {"document": self.document}
