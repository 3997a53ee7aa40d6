"""
Tables of who may: an organisation has a command parent and a public-health parent; a grant gives a user a role there.
"""

import secrets
from typing import Any, ClassVar, NamedTuple

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac

from lazaretto.apps.journal.models import Entry, Log
from lazaretto.apps.journal.privacy import IDENTIFYING, PLAIN, SENSITIVE


class OrganisationKind(models.TextChoices):
    MINISTRY = "ministry", "部 / ministry"
    PROVINCE = "province", "省厅 / department"
    BUREAU = "bureau", "管理局 / bureau"
    FACILITY = "facility", "监所 / facility"
    HEALTH_AGENCY = "health_agency", "疾控中心 / public-health agency"


class Organisation(models.Model):
    """
    A node of the hierarchy, from `opened_on` until before `closed_on`. Scope follows the parent that a role names.
    """

    PRIVACY: ClassVar = {
        "id": PLAIN, "code": PLAIN, "kind": PLAIN, "name_zh": PLAIN, "name_en": PLAIN, "command_parent": PLAIN,
        "health_parent": PLAIN, "opened_on": PLAIN, "closed_on": PLAIN,
    }  # fmt: skip

    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=20, choices=OrganisationKind.choices)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    command_parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="commanded")
    health_parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="advised")
    opened_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(closed_on__isnull=True)
                | models.Q(opened_on__isnull=True)
                | models.Q(closed_on__gt=models.F("opened_on")),
                name="an_organisation_closes_after_it_opens",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def record(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "kind": self.kind,
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "command_parent": self.command_parent.code if self.command_parent else None,
            "health_parent": self.health_parent.code if self.health_parent else None,
            "opened_on": self.opened_on.isoformat() if self.opened_on else None,
            "closed_on": self.closed_on.isoformat() if self.closed_on else None,
        }


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, *, encoded: str = "", **fields: object) -> "User":
        """Save a new user with a password, or with one that was hashed before (`encoded`)."""
        user = self.model(username=username, **fields)
        if encoded:
            user.password = encoded
        else:
            user.set_password(password)
        user.save()
        return user


def _new_ref() -> str:
    return secrets.token_hex(16)


class Scope(NamedTuple):
    """What somebody may do at most, whatever his roles: the permissions, and where (None is everywhere)."""

    permissions: frozenset[str]
    organisation: int | None


class User(AbstractBaseUser):
    """
    Somebody who signs in. `ref` stands for him in the journal, which holds no names.

    `organisation` is where he belongs: its administrator looks after him. `once_until` is set while the password is one
    that an administrator gave: it must be changed at the first sign-in, and is refused from that moment on.
    `session_epoch` is part of every session: counted up, it ends them all. `refused_in_a_row` counts refused sign-ins
    since the last good one. `language` is the one that he chose for pages, empty until he did. `scope` is set on the user of an API token, and narrows every answer about what he may do.
    """

    PRIVACY: ClassVar = {
        "id": PLAIN, "password": SENSITIVE, "last_login": IDENTIFYING, "username": IDENTIFYING, "name_zh": IDENTIFYING,
        "name_en": IDENTIFYING, "person_code": IDENTIFYING, "ref": PLAIN, "is_active": PLAIN, "organisation": IDENTIFYING,
        "once_until": PLAIN, "session_epoch": PLAIN, "refused_in_a_row": PLAIN,
        "language": PLAIN,
    }  # fmt: skip

    username = models.CharField(max_length=60, unique=True)
    name_zh = models.CharField(max_length=60, blank=True)
    name_en = models.CharField(max_length=60, blank=True)
    person_code = models.CharField(max_length=60, blank=True)
    ref = models.CharField(max_length=32, unique=True, default=_new_ref)
    is_active = models.BooleanField(default=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="users")
    once_until = models.BigIntegerField(null=True, blank=True)
    session_epoch = models.PositiveIntegerField(default=0)
    refused_in_a_row = models.PositiveIntegerField(default=0)
    language = models.CharField(max_length=10, blank=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()
    scope: Scope | None = None
    #: What he may do, by day, while one page is read to him: nothing is granted meanwhile. None: asked anew each time.
    kept: dict[Any, Any] | None = None

    def __str__(self) -> str:
        return self.username

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Return what a session must carry: a session of an earlier password or epoch is none."""
        salt = "lazaretto.apps.accounts.models.User.session"
        value = f"{self.password}|{self.session_epoch}"
        return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()


class Role(models.TextChoices):
    WARD_OFFICER = "ward_officer", "监区民警 / ward officer"
    GATE_OFFICER = "gate_officer", "门岗 / gate officer"
    CLINICIAN = "clinician", "医务人员 / clinician"
    DUTY_PLANNER = "duty_planner", "勤务编排 / duty planner"
    LOGISTICS = "logistics", "后勤 / logistics"
    DEPARTMENT_HEAD = "department_head", "部门负责人 / department head"
    EPIDEMIC_LEAD = "epidemic_lead", "疫情防控负责人 / epidemic lead"
    INSPECTOR = "inspector", "巡查员 / inspector"
    BUREAU_VIEWER = "bureau_viewer", "上级机关查看 / bureau viewer"
    BUREAU_APPROVER = "bureau_approver", "上级机关审批 / bureau approver"
    PUBLIC_HEALTH = "public_health", "疾控 / public health"
    ANALYST = "analyst", "分析员 / analyst"
    AUDITOR = "auditor", "审计 / auditor"
    ADMINISTRATOR = "administrator", "系统管理员 / administrator"


class Grant(models.Model):
    """
    That a user has a role in an organisation for a while. Dates are inclusive of `starts_on`, exclusive of `ends_on`.

    One that was ended before its time has `ended_at` and holds no more, whatever its dates. Those that hold never
    overlap for the same user, role and organisation; the database refuses it (migration 0004).
    """

    PRIVACY: ClassVar = {
        "id": PLAIN, "user": IDENTIFYING, "role": PLAIN, "organisation": PLAIN, "starts_on": PLAIN, "ends_on": PLAIN,
        "ended_at": PLAIN,
    }  # fmt: skip

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="grants")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    ended_at = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gt=models.F("starts_on")),
                name="a_grant_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.organisation_id}"


class ApiToken(models.Model):
    """
    A device's or program's key to the API: it may do what `scopes` names, in `organisation` and below or everywhere, and
    never more than `user` may. Only the digest of the secret is kept.

    `last_used_on` is a date and no more: it says whether a token can be thrown away, not when somebody worked. One with a
    `device` is a flush token: it is no key to the API, it only says whose the sealed records of that phone are.
    """

    PRIVACY: ClassVar = {
        "id": PLAIN, "user": IDENTIFYING, "label": PLAIN, "digest": SENSITIVE, "scopes": PLAIN, "organisation": PLAIN,
        "created_at": PLAIN, "ends_at": PLAIN, "revoked_at": PLAIN, "last_used_on": PLAIN, "device": PLAIN,
    }  # fmt: skip

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    scopes: models.JSONField = models.JSONField(default=list)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.BigIntegerField(null=True, blank=True)
    ends_at = models.BigIntegerField()
    revoked_at = models.BigIntegerField(null=True, blank=True)
    last_used_on = models.DateField(null=True, blank=True)
    device = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return self.label


class SignIn(models.Model):
    """One line of a user's own history of signing in, as the node's journal has it in `entry`."""

    PRIVACY: ClassVar = {
        "id": PLAIN, "user": IDENTIFYING, "kind": PLAIN, "occurred_at": IDENTIFYING, "in_a_row": PLAIN, "entry": PLAIN,
    }  # fmt: skip

    user = models.ForeignKey(User, models.CASCADE, related_name="sign_ins")
    kind = models.CharField(max_length=40)
    occurred_at = models.BigIntegerField()
    in_a_row = models.PositiveIntegerField(default=0)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["user", "-occurred_at"], name="sign_in_by_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind} {self.occurred_at}"


class SensitiveRead(models.Model):
    """
    That somebody was shown sensitive fields of a person's file: who looked, at whose, at what, where and why.

    It holds references only, never a value. Refuses UPDATE and DELETE.
    """

    PRIVACY: ClassVar = {
        "id": PLAIN, "log": PLAIN, "subject": PLAIN, "by": PLAIN, "fields": PLAIN, "where": PLAIN, "why": SENSITIVE,
        "read_at": PLAIN, "salt": PLAIN, "entry": PLAIN,
    }  # fmt: skip

    log = models.ForeignKey(Log, models.PROTECT, related_name="reads")
    subject = models.CharField(max_length=32)
    by = models.CharField(max_length=40)
    fields = models.CharField(max_length=200)
    where = models.CharField(max_length=60)
    why = models.CharField(max_length=200, blank=True)
    read_at = models.BigIntegerField()
    salt = models.BinaryField(max_length=32)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["subject", "read_at"], name="read_by_subject"),
            models.Index(fields=["log", "read_at"], name="read_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.by} {self.subject} {self.fields}"

    def record(self) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "by": self.by,
            "fields": self.fields,
            "where": self.where,
            "why": self.why,
            "read_at": self.read_at,
        }
