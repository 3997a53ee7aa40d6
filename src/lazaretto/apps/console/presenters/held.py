"""Records that wait for a person, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.forms import Field, Form
from lazaretto.apps.console.presenters import words
from lazaretto.apps.console.presenters.copy import OUTCOMES
from lazaretto.apps.console.presenters.movements import actor
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.web.dates import local
from lazaretto.web.figures import count


def sentence(n: int) -> str:
    if not n:
        return gettext("Nothing waits.")
    said = ngettext("%(n)s record waits for somebody to decide.", "%(n)s records wait for somebody to decide.", n)
    return said % {"n": count(n)}


def why(code: str) -> str:
    return {
        "future": gettext("in the future"),
        "before_last_sync": gettext("more than 7 days before the device's last sync"),
    }[code]


def state(decision: str) -> str:
    return {"": gettext("waits"), "taken": gettext("taken in"), "refused": gettext("not taken in")}[decision]


def filters(given: Mapping[str, str], devices: Sequence[str]) -> list[Field]:
    states = [("waiting", state("")), ("taken", state("taken")), ("refused", state("refused")), ("all", gettext("all"))]
    reasons = [("", gettext("all")), ("future", why("future")), ("before_last_sync", why("before_last_sync"))]
    fields = [
        Field("state", gettext("State"), given["state"], options=states),
        Field("why", gettext("What is doubtful"), given["why"], options=reasons),
    ]
    if devices:
        named = [("", gettext("all")), *((device, device) for device in devices)]
        fields.append(Field("device", gettext("Device"), given["device"], options=named))
    return fields


def line(claim: Any, asked: Any, document: Any, names: Mapping[str, Any], users: Mapping[str, Any]) -> dict[str, Any]:
    zone, today = asked.facility.zone, asked.today
    said, known = claim.claim, names.get(claim.subject)
    observation = document.observation(said["observation"]) if document else None
    value = f"{said['value']} {said['ucum'].replace('Cel', '°C')}".strip()
    return {
        "number": claim.pk,
        "id": claim.fact_id,
        "name": in_language(known) if known else "",
        "code": claim.subject.partition(":")[2],
        "observation": title(observation.title) if observation else said["observation"],
        "value": value if said["outcome"] == "done" and value else words.word(OUTCOMES, said["outcome"]),
        "claimed": words.when(said["observed_at"], zone, today),
        "by_our_clock": words.when(claim.observed_at, zone, today) if claim.observed_at != said["observed_at"] else "",
        "why": why(claim.why),
        "device": claim.device or said["device"],
        "sender": actor(claim.by, users),
        "sent_by": words.dotted([actor(claim.by, users), claim.device or said["device"]]),
        "received": words.when(claim.received_at, zone, today),
        "decision": claim.decision,
        "state": state(claim.decision),
        "decided": words.when(claim.decided_at, zone, today),
        "decided_by": actor(claim.decided_by, users),
        "taken": words.when(claim.taken_at, zone, today),
        "reason": claim.reason,
    }


def form(claim: Any, asked: Any) -> Form:
    """Return the form that decides a claim; the time stands there as claimed, to be put right."""
    shown = local(claim.claim["observed_at"], asked.facility.zone)
    return Form(
        [
            Field(
                "observed_at", gettext("When it really happened"), f"{shown:%Y-%m-%dT%H:%M}", kind="moment",
                hint=gettext("needed to take it in"),
            ),
            Field("reason", gettext("Reason"), hint=gettext("how you know"), required=True, wide=True),
        ]
    )  # fmt: skip
