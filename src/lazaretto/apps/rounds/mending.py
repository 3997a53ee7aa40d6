"""One slot excused, or one fact corrected, by somebody who looks at the list of what is due."""

import uuid
from typing import NamedTuple

from lazaretto.apps.command.queries import timeline
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.actions import OwnRound, excuse, record_facts
from lazaretto.apps.rounds.facts import Border
from lazaretto.apps.rounds.imports import OWN_ROUND
from lazaretto.apps.rounds.labels import Label, labels
from lazaretto.apps.rounds.models import Excuse, Fact
from lazaretto.protocol.clock import local
from lazaretto.protocol.document import Document, ObservationType
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.round import Round
from lazaretto.protocol.text import Text

MINUTE = 60_000


class Mending(NamedTuple):
    """What is to be mended: of whom, the round and when it was due, or the fact as it stands on record."""

    subject: str
    labels: dict[str, Label]
    document: Document
    round: Round | None
    due: int
    fact: Fact | None
    type: ObservationType | None

    @property
    def takes_value(self) -> bool:
        return self.type is not None and self.type.value != "none"

    @property
    def unit(self) -> str:
        return (self.type.ucum or "") if self.type is not None else ""


def mending(
    facility: Facility, at: int, *, subject: str = "", measure: str = "", due: str = "", fact: str = ""
) -> Mending | None:
    """
    Return what is to be mended, None if there is no such thing. :raises NoProtocol: if nothing was adopted.
    """
    row = Fact.objects.filter(facility=facility, id=fact, recorded_at__lte=at).first() if fact else None
    if fact and row is None:
        return None
    when = row.observed_at if row is not None else int(due) if due.isascii() and due.isdigit() and len(due) < 16 else -1
    ref = row.ref if row is not None else subject
    label = labels(facility, [ref]).get(ref)
    phases = timeline(facility, at)
    phase = next((p for p in phases if p.start <= when < p.end), phases[0])
    round_ = phase.resolved.measure(measure)
    if label is None or (row is None and (round_ is None or when < 0 or round_.subject != ref.partition(":")[0])):
        return None
    if row is None and round_ is not None and round_.pace.random is not None and when > at:
        return None
    document = phase.resolved.document
    type_ = document.observation(row.observation) if row is not None else None
    return Mending(ref, {ref: label}, document, round_, when, row, type_)


def excuse_slot(facility: Facility, seen: Mending, *, reason: str, person: str, by: str, at: int) -> Excuse:
    """
    Excuse one slot; `person` is the code of the one who excuses, if he is on file.

    :raises Refusal: no_reason, own_round.
    """
    if reason not in {r.id for r in seen.document.reasons}:
        raise Refusal("no_reason", Text("请选原因", "choose the reason"))
    assert seen.round is not None
    counted = seen.round.pace.count is not None
    starts = seen.due - MINUTE if counted else seen.due
    item = Excuse(
        scope="subject", subject=seen.subject, measure=seen.round.id, starts=starts, ends=starts + MINUTE,
        reason=reason, by=person or by,
    )  # fmt: skip
    try:
        return excuse(facility=facility, item=item, by=by, at=at)[0]
    except OwnRound:
        raise Refusal("own_round", OWN_ROUND) from None


def correct(facility: Facility, seen: Mending, *, void: bool, value: str, reason: str, by: str, at: int) -> None:
    """
    Record a fact that supersedes the one on record: another value at the same moment, or that it never happened.

    :raises RowError: by the field that cannot be taken. :raises Refusal: no_reason, corrected (by another already).
    """
    old = seen.fact
    assert old is not None
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明更正的理由", "say why it is corrected"))
    if Fact.objects.filter(facility=facility, supersedes=old.id).exists():
        raise Refusal(
            "corrected", Text("这条已有更正，请从列表重新打开", "it was corrected already; open it from the list again")
        )
    claim = {
        "id": str(uuid.uuid4()), "observation": old.observation, "subject_kind": old.subject_kind, "subject": old.subject,
        "observed_at": local(facility.zone, old.observed_at).isoformat(), "outcome": "void" if void else "done",
        "value": "" if void else value, "by": old.by, "source": "console", "supersedes": old.id,
        "note": reason.strip()[:500], "method": "" if void else old.method, "site": "" if void else old.site,
        "device": "" if void else old.device,
    }  # fmt: skip
    fact = Border(facility, seen.document, at).admit(claim)
    record_facts(facility, [fact], by=by, at=at)
