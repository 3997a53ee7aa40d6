"""What happens at the door: signed in, refused, signed out, and what a user does to his own second factor."""

from typing import Any

from django.db import transaction
from django.db.models import F

from lazaretto.apps.accounts.actions.acting import node
from lazaretto.apps.accounts.models import SignIn, User
from lazaretto.apps.journal import actions as journal

#: Refusals are counted until the next good sign-in. Nobody is known to act in them: they name whose door it was.
REFUSALS = frozenset({"sign_in_refused", "second_factor_refused", "confirmation_refused"})


@transaction.atomic
def record_sign_in(*, kind: str, user: User | None, at: int) -> None:
    """
    Remember that somebody signed in or out, or was refused; for a user who is known also in his own history.

    A refusal names the known user and how many there were in a row. An unknown name is not kept anywhere.
    """
    if user is None:
        journal.append(node(at), kind, leaf="0" * 64, n=0, by="", at=at)
        return
    detail: dict[str, Any] = {}
    if kind in REFUSALS:
        User.objects.filter(pk=user.pk).update(refused_in_a_row=F("refused_in_a_row") + 1)
        user.refresh_from_db(fields=["refused_in_a_row"])
        detail["in_a_row"] = user.refused_in_a_row
    elif kind == "signed_in" and user.refused_in_a_row:
        User.objects.filter(pk=user.pk).update(refused_in_a_row=0)
        user.refused_in_a_row = 0
    by = "" if kind in REFUSALS else user.ref
    entry = journal.append(node(at), kind, leaf="0" * 64, n=0, by=by, at=at, subjects=[user.ref], detail=detail)
    SignIn.objects.create(user=user, kind=kind, occurred_at=at, in_a_row=detail.get("in_a_row", 0), entry=entry)
