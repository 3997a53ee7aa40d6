"""
The one door for facts from programs and devices: idempotent by fact id, an answer for each row.
"""

import time
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.command import queries as command
from lazaretto.apps.registry.queries import facility_for
from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds.actions import record_facts
from lazaretto.apps.rounds.facts import Admitted, Border, registers
from lazaretto.apps.rounds.imports import ID_CONFLICT
from lazaretto.protocol.clock import local_day

router = Router()
MAX_FACTS = 1000


class FactIn(Schema):
    """A fact as its writer claims it; fields as in the import table."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    id: str = Field(min_length=1, max_length=64)
    observation: str
    subject_kind: str = ""
    subject: str
    observed_at: str
    outcome: str = "done"
    value: str = ""
    ucum: str = ""
    method: str = ""
    site: str = ""
    device: str = ""
    by: str = ""
    source: str = "api"
    reason: str = ""
    supersedes: str = ""
    note: str = ""


class FactsIn(Schema):
    """A batch of facts for one facility."""

    model_config = ConfigDict(extra="forbid")

    facility: str
    facts: list[FactIn] = Field(max_length=MAX_FACTS)


class FactRefused(Schema):
    """Why one row was not taken."""

    index: int
    id: str
    field: str
    message_zh: str
    message_en: str


class FactsOut(Schema):
    """What became of the rows; the three numbers add up to those sent."""

    created: int
    skipped: int
    failed: int
    errors: list[FactRefused]


@router.post("/facts", response={200: FactsOut, 401: Any, 403: Any, 404: Any, 409: Any, 422: Any}, url_name="facts")
def post_facts(request: HttpRequest, batch: FactsIn) -> FactsOut:
    """
    Record facts. The good rows are taken even if others are refused; sending the same facts again changes nothing.
    """
    now = int(time.time() * 1000)
    user = request.user
    assert isinstance(user, User)
    facility = facility_for(user, batch.facility, Permission.FACT_RECORD, local_day("UTC", now))
    claims = [{k: str(v).strip() for k, v in claim.dict().items()} for claim in batch.facts]
    named = {code for claim in claims for code in (claim["subject"], claim["subject"].partition(":")[2])}
    border = Border(facility, command.in_force(facility, now).resolved.document, now, registers(facility, named))
    errors: list[FactRefused] = []
    admitted: list[tuple[int, Admitted]] = []
    for index, claim in enumerate(claims):
        try:
            admitted.append((index, border.admit(claim)))
        except RowError as error:
            errors.append(_refused(index, claim["id"], error))
    received = record_facts(facility, [fact for _, fact in admitted], by=user.ref, at=now)
    for (index, fact), outcome in zip(admitted, received.outcomes, strict=True):
        if outcome == "id_conflict":
            errors.append(_refused(index, fact.id, RowError("id", ID_CONFLICT)))
    errors.sort(key=lambda e: e.index)
    return FactsOut(
        created=received.count("created"), skipped=received.count("skipped"), failed=len(errors), errors=errors
    )


def _refused(index: int, id_: str, error: RowError) -> FactRefused:
    return FactRefused(
        index=index, id=id_, field=error.column, message_zh=error.message.zh, message_en=error.message.en
    )
