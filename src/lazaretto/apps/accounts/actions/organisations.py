"""Writes to the tree of organisations."""

from datetime import date

from django.db import transaction

from lazaretto.apps.accounts import queries
from lazaretto.apps.accounts.actions.acting import NODE, node
from lazaretto.apps.accounts.actions.grants import grant_version
from lazaretto.apps.accounts.models import Grant, Organisation
from lazaretto.apps.accounts.rules import Refused
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.protocol.text import Text

PARENTS = ("command_parent", "health_parent")
CIRCLE = Text("{code} 就在 {parent} 之上，不能再归它管。", "{code} stands above {parent} and cannot be put below it.")
STILL_OPEN = Text(
    "{code} 下面还有没关闭的机构：{names}。先关闭它们，或改归别处。",
    "Below {code} there are organisations that are open: {names}. Close them first, or put them elsewhere.",
)
BEFORE = Text("关闭日必须晚于开办日。", "It must close after it was opened.")
RESERVED = Text("编号 node 留给节点自己的日志。", "The code `node` is kept for the node's own log.")


@transaction.atomic
def create_organisation(
    *,
    code: str,
    kind: str,
    name_zh: str,
    name_en: str = "",
    command_parent: Organisation | None = None,
    health_parent: Organisation | None = None,
    opened_on: date | None = None,
    by: str,
    at: int,
) -> Organisation:
    """Return the organisation of that code, made if it is new. :raises Refused: if the code is reserved."""
    if code == NODE:
        raise Refused(RESERVED)
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
        opened_on=opened_on,
    )
    _record("organisation_created", made, by, at)
    return made


@transaction.atomic
def set_parent(*, organisation: Organisation, which: str, parent: Organisation | None, by: str, at: int) -> None:
    """
    Put an organisation below another one, or below none. `which` is `command_parent` or `health_parent`.

    :raises Refused: if the other one stands below it already, by the same parent.
    """
    assert which in PARENTS
    list(
        Organisation.objects.select_for_update().order_by("pk").values_list("pk")
    )  # two such changes can make a circle
    if parent is not None and parent.pk in queries.below([organisation.pk], which):
        raise Refused(CIRCLE.format(code=organisation.code, parent=parent.code))
    setattr(organisation, which, parent)
    organisation.save(update_fields=[which])
    _record("organisation_moved", organisation, by, at)


@transaction.atomic
def close_organisation(*, organisation: Organisation, on: date, by: str, at: int) -> int:
    """
    Close an organisation from a day on, and end the roles in it on that day. Returns how many roles end.

    :raises Refused: if something below it is still open then, or the day lies before it was opened.
    """
    if organisation.opened_on is not None and on <= organisation.opened_on:
        raise Refused(BEFORE)
    children = Organisation.objects.filter(command_parent=organisation) | Organisation.objects.filter(
        health_parent=organisation
    )
    still = [o.code for o in children.order_by("code") if o.closed_on is None or o.closed_on > on]
    if still:
        raise Refused(STILL_OPEN.format(code=organisation.code, names=", ".join(still)))
    organisation.closed_on = on
    organisation.save(update_fields=["closed_on"])
    held = Grant.objects.filter(organisation=organisation, ended_at__isnull=True).select_related("user", "organisation")
    ended = []
    for grant in held.order_by("pk"):
        if grant.ends_on is not None and grant.ends_on <= on:
            continue
        if grant.starts_on is not None and grant.starts_on >= on:
            grant.ended_at = at
        else:
            grant.ends_on = on
        grant.save(update_fields=["ends_on", "ended_at"])
        ended.append(grant)
    versions = [Version("organisation", organisation.code, organisation.record()), *(grant_version(g) for g in ended)]
    journal.record(
        node(at), "organisation_closed", versions, by=by, at=at, subjects=sorted({g.user.ref for g in ended})
    )
    return len(ended)


def _record(kind: str, organisation: Organisation, by: str, at: int) -> None:
    journal.record(node(at), kind, [Version("organisation", organisation.code, organisation.record())], by=by, at=at)
