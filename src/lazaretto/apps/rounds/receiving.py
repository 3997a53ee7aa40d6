"""
Facts from programs and devices, whatever brings them: HTTP in one piece or line by line, or MQTT.

A `Delivery` is what one sender hands over, in one chunk or in many. Each chunk is a transaction of its own: what is good
is recorded, what cannot be believed waits for a person, and every row gets its answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from django.db import transaction

from lazaretto.apps.command import queries as command
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds import holding
from lazaretto.apps.rounds.actions import record_facts
from lazaretto.apps.rounds.claims import FactIn
from lazaretto.apps.rounds.facts import AHEAD_MS, Admitted, Border, Waits, registers
from lazaretto.apps.rounds.imports import ID_CONFLICT
from lazaretto.apps.rounds.models import Device
from lazaretto.protocol.text import Text

Outcome = Literal["created", "skipped", "held", "failed"]
#: Contacts of a device that lie no further apart are one sync; a sync that has lasted longer is over.
SYNC_GAP, SYNC_MOST = 3_600_000, 86_400_000
#: How long before its last sync a device may have written down what it hands over now.
BEFORE_LAST_SYNC = 7 * 86_400_000

NOT_THEN = Text("当时没有录入权限", "you had no right to record here then")
REFUSED = Text("已由人工退回，不再收录", "a person refused this; it is not recorded")


@dataclass(slots=True)
class Answer:
    """What became of the rows of a chunk, in their order; `said` is why, of those that wait or were not taken."""

    outcomes: list[Outcome]
    said: dict[int, RowError] = field(default_factory=dict)

    def put(self, index: int, outcome: Outcome, why: RowError) -> None:
        self.outcomes[index], self.said[index] = outcome, why


def skew_of(device_now: int, at: int) -> int:
    """Return by how much a device's clock is behind ours; what is within the tolerance is nothing."""
    skew = at - device_now
    return skew if abs(skew) > AHEAD_MS else 0


class Delivery:
    """
    What one sender hands over to a facility. `spans` are the times about which he may write; `device` is what the sender
    calls itself, `skew` how far its clock is behind ours.
    """

    def __init__(
        self,
        facility: Facility,
        spans: Sequence[tuple[int, int]],
        *,
        by: str,
        at: int,
        device: str = "",
        skew: int = 0,
    ) -> None:
        self.facility, self.spans, self.by, self.code = facility, spans, by, device
        self.protocol = command.in_force(facility, at).resolved
        self.device = _met(facility, device, skew, at) if device else None
        last = self.device.last_sync_at if self.device else None
        oldest = 0 if last is None else max(0, last - BEFORE_LAST_SYNC)
        self.border = Border(facility, self.protocol.document, at, {}, skew, oldest)
        self._looked_up: set[str] = set()

    def take(self, claims: Sequence[FactIn], *, at: int) -> Answer:
        """Take a chunk, and say what became of each row."""
        self.border.now = at
        self._look_up(claims)
        answer = Answer(["created"] * len(claims))
        facts: list[tuple[int, Admitted]] = []
        waiting: list[tuple[int, Waits]] = []
        admit, trusted = self.border.admit, _always(self.spans)
        for index, claim in enumerate(claims):
            try:
                fact = admit(claim)  # type: ignore[arg-type]  # a dict of texts
                if not (trusted or self._may_write_about(fact.observed_at)):
                    raise RowError("observed_at", NOT_THEN)
                facts.append((index, fact))
            except Waits as wait:
                waiting.append((index, wait))
            except RowError as error:
                answer.put(index, "failed", error)
        with transaction.atomic():
            self._record(self._besides_held(facts, answer, at), answer, at)
            if waiting:
                self._hold(waiting, answer, at)
            if self.device is not None:
                _note(self.device)
        return answer

    def _look_up(self, claims: Sequence[FactIn]) -> None:
        """Learn which of the codes that the claims name are on file."""
        named = {code for claim in claims if (code := claim.get("subject", ""))}
        named |= {code.partition(":")[2] for code in named if ":" in code}
        new = named - self._looked_up
        if new or not self.border.registers:
            found, known = registers(self.facility, new), self.border.registers
            self.border.registers = {kind: {*known.get(kind, ()), *codes} for kind, codes in found.items()}
            self._looked_up |= new

    def _may_write_about(self, moment: int) -> bool:
        return any(start <= moment < end for start, end in self.spans)

    def _besides_held(
        self, facts: list[tuple[int, Admitted]], answer: Answer, at: int
    ) -> Sequence[tuple[int, Admitted]]:
        """Leave out what waits already, or was refused: its time may have come meanwhile."""
        held = holding.claims_on_file(self.facility, [fact.id for _, fact in facts])
        if not held:
            return facts
        ids = {id_ for id_, _ in held}
        left = []
        for index, fact in facts:
            claim = held.get(holding.key_of(fact)) if fact.id in ids else None
            if claim is None:
                left.append((index, fact))
            else:
                self._answer_held(answer, index, "refused" if claim.decision else "held", Waits(fact, claim.why))
        return left

    def _record(self, facts: Sequence[tuple[int, Admitted]], answer: Answer, at: int) -> None:
        if not facts:
            return
        said = [fact for _, fact in facts]
        received = record_facts(self.facility, said, by=self.by, at=at, protocol=self.protocol)
        for (index, _), outcome in zip(facts, received.outcomes, strict=True):
            if outcome == "id_conflict":
                answer.put(index, "failed", RowError("id", ID_CONFLICT))
            else:
                answer.outcomes[index] = outcome

    def _hold(self, waiting: list[tuple[int, Waits]], answer: Answer, at: int) -> None:
        fates = holding.hold(self.facility, [wait for _, wait in waiting], device=self.code, by=self.by, at=at)
        for (index, wait), fate in zip(waiting, fates, strict=True):
            self._answer_held(answer, index, fate, wait)

    def _answer_held(self, answer: Answer, index: int, fate: holding.Fate, wait: Waits) -> None:
        if fate == "skipped":
            answer.outcomes[index] = "skipped"
        elif fate == "held":
            answer.put(index, "held", wait)
        else:
            error = RowError("id", ID_CONFLICT) if fate == "id_conflict" else RowError("observed_at", REFUSED)
            answer.put(index, "failed", error)


def _always(spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < 0 and end > 10**14 for start, end in spans)


def _met(facility: Facility, code: str, skew: int, at: int) -> Device:
    """Return a device as it is after this contact, not yet saved."""
    device = Device.objects.filter(facility=facility, code=code).first()
    if device is None:
        return Device(facility=facility, code=code, seen_at=at, sync_began_at=at, skew_ms=skew)
    device.pk = None  # written by its code, whoever else has met it meanwhile
    if at - device.seen_at > SYNC_GAP or at - device.sync_began_at > SYNC_MOST:
        device.last_sync_at, device.sync_began_at = device.seen_at, at
    device.seen_at, device.skew_ms = max(at, device.seen_at), skew
    return device


def _note(device: Device) -> None:
    changing = ["seen_at", "sync_began_at", "last_sync_at", "skew_ms"]
    Device.objects.bulk_create(
        [device], update_conflicts=True, unique_fields=["facility", "code"], update_fields=changing
    )
