"""People, what else they are called, and who is known not to be the same."""

import secrets
from typing import Any, ClassVar

from django.db import models

from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE
from lazaretto.apps.registry.models.institution import Facility, Group

#: What shows who somebody is. `none`: has none; `unknown`: not known; empty: nobody asked yet.
IDENTITY_KINDS = ("national_id", "passport", "permit", "none", "unknown")
ALIAS_KINDS = ("former", "script", "nickname", "code", "other")


def _new_ref() -> str:
    return secrets.token_hex(16)


class Person(models.Model):
    """Anybody the institution answers for. `ref` stands for the person in the journal, which holds no names."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="people")
    code = models.CharField(max_length=60)
    ref = models.CharField(max_length=32, unique=True, default=_new_ref)
    population = models.CharField(max_length=64)
    base = models.CharField(max_length=20)
    name = models.CharField(max_length=120, blank=True)
    sex = models.CharField(max_length=10, blank=True)
    birth_date = models.DateField(null=True, blank=True)
    unit = models.ForeignKey(Group, models.PROTECT, null=True, blank=True, related_name="people")
    birth_precision = models.CharField(max_length=5, blank=True, choices=[(p, p) for p in ("day", "month", "year")])
    identity_kind = models.CharField(max_length=12, blank=True, choices=[(k, k) for k in IDENTITY_KINDS])
    identity_number = models.CharField(max_length=40, blank=True)
    sort = models.CharField(max_length=200, blank=True)
    search = models.CharField(max_length=600, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="absorbed")
    merged_at = models.BigIntegerField(null=True, blank=True)

    PRIVACY: ClassVar = {
        "id": PLAIN, "facility": PLAIN, "code": IDENTIFYING, "ref": PLAIN, "population": IDENTIFYING, "base": PLAIN,
        "name": IDENTIFYING, "sex": IDENTIFYING, "birth_date": IDENTIFYING, "unit": IDENTIFYING,
        "birth_precision": PLAIN, "identity_kind": SENSITIVE, "identity_number": SENSITIVE, "sort": IDENTIFYING,
        "search": IDENTIFYING, "merged_into": PLAIN, "merged_at": PLAIN,
    }  # fmt: skip

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["facility", "code"], name="person_code_once"),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True, merged_at__isnull=True)
                | models.Q(merged_into__isnull=False, merged_at__isnull=False),
                name="a_merge_has_a_moment",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["facility", "base"], name="person_by_base"),
            models.Index(fields=["facility", "sort"], name="person_by_sound"),
            models.Index(fields=["facility", "identity_number"], name="person_by_identity"),
        ]

    def __str__(self) -> str:
        return self.code

    def record(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "ref": self.ref,
            "population": self.population,
            "name": self.name,
            "sex": self.sex,
            "birth_date": self.birth_date.isoformat() if self.birth_date else None,
            "birth_precision": self.birth_precision,
            "identity_kind": self.identity_kind,
            "identity_number": self.identity_number,
            "unit": self.unit.code if self.unit else None,
            "merged_into": self.merged_into.code if self.merged_into else None,
            "merged_at": self.merged_at,
        }


class Alias(models.Model):
    """Another name of a person: a former one, another script or spelling, a nickname, or the code of a merged file."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, default="other", choices=[(k, k) for k in ALIAS_KINDS])

    PRIVACY: ClassVar = {"id": PLAIN, "person": PLAIN, "name": IDENTIFYING, "kind": PLAIN}

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "name"], name="one_alias_once")]

    def __str__(self) -> str:
        return self.name

    def record(self) -> dict[str, Any]:
        return {"person": self.person.code, "name": self.name, "kind": self.kind}


class NotSame(models.Model):
    """That two people who look alike are not the same, so that nobody is asked again. `one` has the smaller id."""

    facility = models.ForeignKey(Facility, models.PROTECT, related_name="not_same")
    one = models.ForeignKey(Person, models.CASCADE, related_name="+")
    other = models.ForeignKey(Person, models.CASCADE, related_name="+")
    by = models.CharField(max_length=40)
    decided_at = models.BigIntegerField()

    PRIVACY: ClassVar = dict.fromkeys(("id", "facility", "one", "other", "by", "decided_at"), PLAIN)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["one", "other"], name="not_same_once"),
            models.CheckConstraint(condition=models.Q(one__lt=models.F("other")), name="not_same_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.one_id} ≠ {self.other_id}"

    def record(self) -> dict[str, Any]:
        return {"one": self.one.code, "other": self.other.code, "by": self.by, "decided_at": self.decided_at}
