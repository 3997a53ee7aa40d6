"""Writes to accounts. Each is recorded in the log of the node."""

import hashlib
import secrets
from collections.abc import Iterable

from django.db import transaction

from lazaretto.apps.accounts.models import ApiToken, Grant, Organisation, SensitiveRead, User
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.journal.models import Entry, Log

NODE = "node"


@transaction.atomic
def create_organisation(
    *,
    code: str,
    kind: str,
    name_zh: str,
    name_en: str = "",
    command_parent: Organisation | None = None,
    health_parent: Organisation | None = None,
    by: str,
    at: int,
) -> Organisation:
    """Return the organisation of that code, made if it is new."""
    found = Organisation.objects.filter(code=code).first()
    if found:
        return found
    made = Organisation.objects.create(
        code=code,
        kind=kind,
        name_zh=name_zh,
        name_en=name_en,
        command_parent=command_parent,
        health_parent=health_parent,
    )
    record = {"code": code, "kind": kind, "name_zh": name_zh, "name_en": name_en}
    journal.record(
        journal.open_log(NODE, at=at), "organisation_created", [Version("organisation", code, record)], by=by, at=at
    )
    return made


@transaction.atomic
def create_user(
    *, username: str, password: str, name_zh: str = "", name_en: str = "", person_code: str = "", by: str, at: int
) -> User:
    """Return the user of that name with this password, made if he is new."""
    user = User.objects.filter(username=username).first()
    kind = "password_set" if user else "user_created"
    if user is None:
        user = User.objects.create_user(username, password, name_zh=name_zh, name_en=name_en, person_code=person_code)
    else:
        user.set_password(password)
        user.save(update_fields=["password"])
    record = {"username": username, "ref": user.ref}
    journal.record(
        journal.open_log(NODE, at=at), kind, [Version("user", username, record)], by=by, at=at, subjects=[user.ref]
    )
    return user


@transaction.atomic
def grant(*, user: User, role: str, organisation: Organisation, by: str, at: int) -> Grant:
    """Return the open-ended grant of a role, made if it is new."""
    made, created = Grant.objects.get_or_create(user=user, role=role, organisation=organisation, starts_on=None)
    if created:
        record = {"user": user.ref, "role": role, "organisation": organisation.code}
        key = f"{user.ref}/{role}/{organisation.code}"
        journal.record(
            journal.open_log(NODE, at=at),
            "role_granted",
            [Version("grant", key, record)],
            by=by,
            at=at,
            subjects=[user.ref],
        )
    return made


@transaction.atomic
def create_token(*, user: User, label: str, ends_at: int, by: str, at: int) -> str:
    """Return the secret of a new API token; it is shown this once."""
    secret = "lz_" + secrets.token_urlsafe(32)
    ApiToken.objects.create(user=user, label=label, digest=hashlib.sha256(secret.encode()).hexdigest(), ends_at=ends_at)
    record = {"user": user.ref, "label": label, "ends_at": ends_at}
    journal.record(
        journal.open_log(NODE, at=at), "token_created", [Version("token", f"{user.ref}/{at}", record)], by=by, at=at
    )
    return secret


@transaction.atomic
def record_sign_in(*, kind: str, ref: str, at: int) -> None:
    """Remember that somebody signed in or out, or was refused."""
    journal.append(
        journal.open_log(NODE, at=at), kind, leaf="0" * 64, n=0, by=ref, at=at, subjects=[ref] if ref else []
    )


@transaction.atomic
def record_reads(
    *, log: Log, subjects: Iterable[str], fields: Iterable[str], where: str, why: str = "", by: str, at: int
) -> None:
    """Remember that sensitive fields of people's files were shown. `subjects` are their references."""
    said = ",".join(sorted(fields))
    reads = [
        SensitiveRead(
            log=log, subject=ref, by=by, fields=said, where=where, why=why[:200], read_at=at, salt=journal.new_salt()
        )
        for ref in sorted(set(subjects))
    ]
    if not reads or not said:
        return
    leaves = [journal.salted_leaf(r.salt, r.record()) for r in reads]
    entry = journal.append(log, "sensitive_read", leaf=journal.bulk_leaf(leaves), n=len(reads), by=by, at=at)
    for read in reads:
        read.entry = entry
    SensitiveRead.objects.bulk_create(reads, batch_size=500)


def leaves_of(entry: Entry) -> list[bytes]:
    """Return the leaves of the reads of an entry, in order of subject."""
    reads = SensitiveRead.objects.filter(entry=entry).order_by("subject")
    return [journal.salted_leaf(r.salt, r.record()) for r in reads]
