"""Facts, excuses, and sheets of paper. None is ever changed: a correction is a fact that supersedes another."""

from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.models import Entry
from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.devices import Device as Device  # these two are tables of this app as well
from lazaretto.apps.rounds.devices import HeldClaim as HeldClaim
from lazaretto.apps.rounds.settled import SettledPair as SettledPair


class Fact(models.Model):
    """
    Something observed or done, of one observation. `pk` is (facility, id): another facility's ids are another world.

    `observed_at` is when it happened by our clock; `claimed_at` is what the writer's clock said, where that one was
    wrong or a person corrected it, and otherwise null.
    """

    pk = models.CompositePrimaryKey("facility_id", "id")
    facility = models.ForeignKey(Facility, models.PROTECT, related_name="facts", db_index=False)
    id = models.CharField(max_length=64)
    observation = models.CharField(max_length=64)
    subject_kind = models.CharField(max_length=10)
    subject = models.CharField(max_length=60)
    observed_at = models.BigIntegerField()
    claimed_at = models.BigIntegerField(null=True, blank=True)
    recorded_at = models.BigIntegerField()
    outcome = models.CharField(max_length=10)
    value = models.CharField(max_length=40, blank=True)
    ucum = models.CharField(max_length=20, blank=True)
    method = models.CharField(max_length=40, blank=True)
    site = models.CharField(max_length=40, blank=True)
    device = models.CharField(max_length=60, blank=True)
    by = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=120, blank=True)
    supersedes = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=500, blank=True)
    salt = models.BinaryField(max_length=32)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            ("facility", "id", "observation", "subject_kind", "observed_at", "claimed_at", "recorded_at", "ucum",
             "method", "site", "device", "source", "supersedes", "salt", "entry"), PLAIN,
        ),
        **dict.fromkeys(("subject", "by"), IDENTIFYING),
        **dict.fromkeys(("outcome", "value", "reason", "note"), SENSITIVE),
    }  # fmt: skip

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["facility", "observation", "observed_at", "value"], name="fact_by_observation"),
            models.Index(
                fields=["facility", "subject_kind", "subject", "observation", "observed_at"], name="fact_by_subject"
            ),
            models.Index(fields=["facility", "supersedes"], name="fact_by_correction"),
        ]

    def __str__(self) -> str:
        return self.id

    @property
    def ref(self) -> str:
        return f"{self.subject_kind}:{self.subject}"

    def record(self) -> dict[str, Any]:
        """Return what the journal's leaf is made of; a claimed time is in it only where there is one."""
        claimed = {} if self.claimed_at is None else {"claimed_at": self.claimed_at}
        said = {name: getattr(self, name) for name in CONTENT}
        return {"id": self.id, "recorded_at": self.recorded_at, **claimed, **said}


CONTENT = (
    "observation", "subject_kind", "subject", "observed_at", "outcome", "value", "ucum", "method", "site", "device",
    "by", "source", "reason", "supersedes", "note",
)  # fmt: skip


class IdConflict(models.Model):
    """A fact that was refused because its id was taken by another content."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="id_conflicts")
    fact_id = models.CharField(max_length=64)
    observed_at = models.BigIntegerField()
    recorded_at = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    PRIVACY: ClassVar = dict.fromkeys(("id", "facility", "fact_id", "observed_at", "recorded_at", "digest"), PLAIN)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "fact_id", "digest"], name="one_conflict_per_content")
        ]

    def __str__(self) -> str:
        return self.fact_id


class Excuse(models.Model):
    """Why slots in [starts, ends) were not owed. `subject` is `kind:code`; `measures` narrows any scope."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="excuses")
    scope = models.CharField(max_length=10)
    subject = models.CharField(max_length=80, blank=True)
    measure = models.CharField(max_length=64, blank=True)
    starts = models.BigIntegerField()
    ends = models.BigIntegerField()
    reason = models.CharField(max_length=120)
    by = models.CharField(max_length=60)
    recorded_at = models.BigIntegerField()
    withdrawn_at = models.BigIntegerField(null=True, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "scope", "measure", "starts", "ends", "recorded_at", "withdrawn_at"), PLAIN),
        **dict.fromkeys(("subject", "by"), IDENTIFYING),
        "reason": SENSITIVE,
    }

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends__gt=models.F("starts")), name="an_excuse_ends_after_it_starts"
            ),
            models.UniqueConstraint(
                fields=["facility", "scope", "subject", "measure", "starts", "ends", "reason"],
                condition=models.Q(withdrawn_at=None),
                name="one_excuse_once",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["facility", "starts", "ends"], name="excuse_by_time")]

    def __str__(self) -> str:
        return f"{self.scope} {self.subject} {self.reason}"

    def record(self) -> dict[str, Any]:
        return {
            "scope": self.scope,
            "subject": self.subject,
            "measure": self.measure,
            "from": self.starts,
            "to": self.ends,
            "reason": self.reason,
            "by": self.by,
            "recorded_at": self.recorded_at,
            "withdrawn_at": self.withdrawn_at,
        }


class Sheet(models.Model):
    """
    A round on paper, for places without network: who was to be asked and when, as it was printed.

    `columns` are the due instants, `reasons` the reason codes as the legend numbers them; neither changes afterwards.
    What is typed from it are facts with ids made from the codes of sheet and row.
    """

    PRIVACY: ClassVar = {
        "id": PLAIN, "facility": PLAIN, "code": PLAIN, "measure": PLAIN, "observation": PLAIN, "place": PLAIN,
        "unit": PLAIN, "on": PLAIN, "columns": PLAIN, "reasons": PLAIN, "made_at": PLAIN, "by": PLAIN,
    }  # fmt: skip

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="sheets")
    code = models.CharField(max_length=8, unique=True)
    measure = models.CharField(max_length=64)
    observation = models.CharField(max_length=64)
    place = models.CharField(max_length=60, blank=True)
    unit = models.CharField(max_length=60, blank=True)
    on = models.DateField()
    columns: models.JSONField = models.JSONField(default=list)
    reasons: models.JSONField = models.JSONField(default=list)
    made_at = models.BigIntegerField()
    by = models.CharField(max_length=40)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["facility", "made_at"], name="sheet_by_time")]

    def __str__(self) -> str:
        return self.code

    def record(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "measure": self.measure,
            "observation": self.observation,
            "place": self.place,
            "unit": self.unit,
            "on": self.on.isoformat(),
            "columns": self.columns,
            "reasons": self.reasons,
            "made_at": self.made_at,
            "by": self.by,
            "rows": [row.record() for row in sorted(self.rows.all(), key=lambda row: row.number)],
        }


class SheetRow(models.Model):
    """
    One line of a sheet. `asked` are the columns in which the subject was owed something when the sheet was made, and
    `place` is where it was then.
    """

    PRIVACY: ClassVar = {
        "id": PLAIN, "sheet": PLAIN, "number": PLAIN, "code": PLAIN, "subject_kind": PLAIN, "subject": IDENTIFYING,
        "place": IDENTIFYING, "asked": PLAIN,
    }  # fmt: skip

    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="rows")
    number = models.PositiveIntegerField()
    code = models.CharField(max_length=3)
    subject_kind = models.CharField(max_length=10)
    subject = models.CharField(max_length=60)
    place = models.CharField(max_length=60, blank=True)
    asked: models.JSONField = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["sheet", "number"], name="sheet_row_once")]

    def __str__(self) -> str:
        return f"{self.sheet_id}/{self.code}"

    @property
    def ref(self) -> str:
        return f"{self.subject_kind}:{self.subject}"

    def record(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "code": self.code,
            "subject": self.ref,
            "place": self.place,
            "asked": self.asked,
        }


class FeverEpisode(models.Model):
    """
    What followed a first high reading (`protocol.fever`): by when a second was owed, what it said, and how it ended.

    Derived from the readings each time some come in, so that late ones and corrections change it; a person may close it
    with a reason. `because` says whether a threshold or the person's own usual temperature was passed.
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="fevers")
    subject = models.CharField(max_length=60)
    first = models.CharField(max_length=64)
    first_at = models.BigIntegerField()
    because = models.CharField(max_length=12)
    opens_at = models.BigIntegerField()
    due_at = models.BigIntegerField()
    confirmed = models.CharField(max_length=64, blank=True)
    confirmed_at = models.BigIntegerField(null=True, blank=True)
    ended = models.CharField(max_length=64, blank=True)
    ended_at = models.BigIntegerField(null=True, blank=True)
    closed_by = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=120, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "first", "first_at", "opens_at", "due_at", "ended", "ended_at"), PLAIN),
        **dict.fromkeys(("subject", "closed_by"), IDENTIFYING),
        **dict.fromkeys(("because", "confirmed", "confirmed_at", "reason"), SENSITIVE),
    }

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "first"], name="one_episode_per_first_reading")
        ]
        indexes: ClassVar = [
            models.Index(fields=["facility", "due_at"], condition=models.Q(ended_at=None), name="fever_open"),
            models.Index(fields=["facility", "subject", "first_at"], name="fever_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.first}"

    @property
    def state(self) -> str:
        """Return open, confirmed, unconfirmed, over, or closed (by a person)."""
        if self.ended_at is None:
            return "confirmed" if self.confirmed_at is not None else "open"
        return "closed" if self.closed_by else "over" if self.confirmed_at is not None else "unconfirmed"

    def record(self) -> dict[str, Any]:
        return {
            "subject": self.subject, "first": self.first, "first_at": self.first_at, "because": self.because,
            "opens_at": self.opens_at, "due_at": self.due_at, "confirmed": self.confirmed,
            "confirmed_at": self.confirmed_at, "ended": self.ended, "ended_at": self.ended_at,
            "closed_by": self.closed_by, "reason": self.reason,
        }  # fmt: skip


class OwnUsual(models.Model):
    """What a person mostly had in the days before a day: the median of `n` readings, null where there were too few."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="+")
    subject = models.CharField(max_length=60)
    on = models.DateField()
    value = models.CharField(max_length=10, blank=True)
    n = models.PositiveIntegerField()

    PRIVACY: ClassVar = {
        **dict.fromkeys(("id", "facility", "on", "n"), PLAIN), "subject": IDENTIFYING, "value": SENSITIVE,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "subject"], name="one_usual_temperature_each")
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.on}"


class Signal(models.Model):
    """
    A question for a person about the record, or an early warning: which rule, about what, and the numbers behind it.

    Never a finding about anybody: nothing reads these rows for a score, a ranking or a penalty. `about` is `kind:code` of
    what is asked about, `author` whose entries they are where they are one person's; only those who lead or inspect see it.
    `numbers` holds what the rule saw, never a name; `facts` the ids of facts that show it (a part, if there are many).
    """

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="signals")
    rule = models.CharField(max_length=80)
    about = models.CharField(max_length=80)
    author = models.CharField(max_length=60, blank=True)
    starts = models.BigIntegerField()
    ends = models.BigIntegerField()
    numbers: models.JSONField = models.JSONField(default=dict)
    facts: models.JSONField = models.JSONField(default=list)
    raised_at = models.BigIntegerField()
    answered_at = models.BigIntegerField(null=True, blank=True)
    answer = models.CharField(max_length=12, blank=True)
    note = models.CharField(max_length=500, blank=True)
    by = models.CharField(max_length=60, blank=True)

    PRIVACY: ClassVar = {
        **dict.fromkeys(
            ("id", "facility", "rule", "about", "starts", "ends", "facts", "raised_at", "answered_at"), PLAIN
        ),
        **dict.fromkeys(("author", "by"), IDENTIFYING),
        **dict.fromkeys(("numbers", "answer", "note"), SENSITIVE),
    }

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["facility", "rule", "about", "author", "starts"], name="one_question_about_one_thing"
            ),
            models.CheckConstraint(
                condition=models.Q(answered_at=None, answer="", by="") | (~models.Q(answer="") & ~models.Q(by="")),
                name="an_answer_has_its_author",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["facility", "raised_at"], condition=models.Q(answered_at=None), name="signal_open"),
            models.Index(fields=["facility", "starts"], name="signal_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.about}"

    def record(self) -> dict[str, Any]:
        return {
            "rule": self.rule, "about": self.about, "author": self.author, "from": self.starts, "to": self.ends,
            "numbers": self.numbers, "facts": self.facts, "raised_at": self.raised_at, "answered_at": self.answered_at,
            "answer": self.answer, "note": self.note, "by": self.by,
        }  # fmt: skip
