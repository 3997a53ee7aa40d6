"""
Tables of who may: an organisation has a command parent and a public-health parent; a grant gives a user a role there.
"""

import secrets
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from lazaretto.apps.journal.models import Entry, Log


class OrganisationKind(models.TextChoices):
    MINISTRY = "ministry", "部 / ministry"
    PROVINCE = "province", "省厅 / department"
    BUREAU = "bureau", "管理局 / bureau"
    FACILITY = "facility", "监所 / facility"
    HEALTH_AGENCY = "health_agency", "疾控中心 / public-health agency"


class Organisation(models.Model):
    """A node of the hierarchy. Scope follows the parent that a role names."""

    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=20, choices=OrganisationKind.choices)
    name_zh = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120, blank=True)
    command_parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="commanded")
    health_parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="advised")

    def __str__(self) -> str:
        return self.code


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save()
        return user


def _new_ref() -> str:
    return secrets.token_hex(16)


class User(AbstractBaseUser):
    """Somebody who signs in. `ref` stands for him in the journal, which holds no names."""

    username = models.CharField(max_length=60, unique=True)
    name_zh = models.CharField(max_length=60, blank=True)
    name_en = models.CharField(max_length=60, blank=True)
    person_code = models.CharField(max_length=60, blank=True)
    ref = models.CharField(max_length=32, unique=True, default=_new_ref)
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    def __str__(self) -> str:
        return self.username


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
    """That a user has a role in an organisation for a while. Dates are inclusive of `starts_on`, exclusive of `ends_on`."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="grants")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "role", "organisation", "starts_on"], name="one_grant_at_a_time"),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gt=models.F("starts_on")),
                name="a_grant_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.organisation_id}"


class ApiToken(models.Model):
    """A device's or program's key to the API. Only the digest is kept; `user` says what it may do."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    ends_at = models.BigIntegerField()

    def __str__(self) -> str:
        return self.label


class SensitiveRead(models.Model):
    """
    That somebody was shown sensitive fields of a person's file: who looked, at whose, at what, where and why.

    It holds references only, never a value. Refuses UPDATE and DELETE.
    """

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
