"""
Claims about times that cannot be believed wait here for a person, who takes one in with the right time or refuses it.

A claim waits once, however often it is sent. It is recorded in the journal when it comes and when it is decided.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from django.db import transaction
from django.db.models import QuerySet

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.journal.models import Log
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.registry.tables import RowError
from lazaretto.apps.rounds.actions import facts_on_file, record_facts
from lazaretto.apps.rounds.facts import AHEAD_MS, WAITS, Admitted, Waits
from lazaretto.apps.rounds.models import HeldClaim
from lazaretto.protocol.canonical import digest
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

STATES = ("waiting", "taken", "refused")
_BATCH = 900
Key = tuple[str, str]
Fate = Literal["skipped", "held", "id_conflict", "refused"]


def key_of(fact: Admitted) -> Key:
    """Return what tells a claim from others: its id and its content as claimed."""
    return fact.id, digest(fact.content())


def claims_on_file(facility: Facility, ids: Sequence[str]) -> dict[Key, HeldClaim]:
    """Return the claims with these ids that wait or were refused; nearly always there are none, so first that is asked."""
    rows = HeldClaim.objects.filter(facility=facility).exclude(decision="taken")
    if not rows.exists():
        return {}
    found: dict[Key, HeldClaim] = {}
    for start in range(0, len(ids), _BATCH):
        found |= {(c.fact_id, c.digest): c for c in rows.filter(fact_id__in=ids[start : start + _BATCH])}
    return found


@transaction.atomic
def hold(facility: Facility, waiting: Sequence[Waits], *, device: str, by: str, at: int) -> list[Fate]:
    """Keep claims for a person; say what became of each. What is on file already, as a fact or a claim, stays as it is."""
    Log.objects.select_for_update().get(pk=facility.log_id)
    ids = [w.fact.id for w in waiting]
    facts, claims = facts_on_file(facility, ids), claims_on_file(facility, ids)
    fates: list[Fate] = []
    new: list[HeldClaim] = []
    for wait in waiting:
        key, known = key_of(wait.fact), facts.get(wait.fact.id)
        if known is not None:
            fates.append("skipped" if known.claimed() == wait.fact.claimed() else "id_conflict")
            continue
        if key not in claims:
            claims[key] = _held(facility, wait, key, device=device, by=by, at=at)
            new.append(claims[key])
        fates.append("refused" if claims[key].decision else "held")
    if new:
        HeldClaim.objects.bulk_create(new)
        journal.record(facility.log, "claims_held", map(held_version, new), by=by, at=at)
    return fates


def _held(facility: Facility, wait: Waits, key: Key, *, device: str, by: str, at: int) -> HeldClaim:
    fact = wait.fact
    return HeldClaim(
        facility=facility, fact_id=key[0], digest=key[1], subject=f"{fact.subject_kind}:{fact.subject}",
        claim=fact.claimed()._asdict(), why=wait.why, observed_at=fact.observed_at, received_at=at, by=by, device=device,
    )  # fmt: skip


def held_version(claim: HeldClaim) -> Version:
    return Version("held_claim", f"{claim.fact_id}/{claim.digest}", claim.record())


@transaction.atomic
def take_in(*, claim: HeldClaim, observed_at: int, reason: str, by: str, at: int) -> HeldClaim:
    """
    Record the fact of a claim with the time that a person gives it, as recorded now; done already, it stays as it is.

    :raises Refusal: if it was refused before, its id is taken, or the time cannot be. :raises RowError: without a reason.
    """
    claim = _locked(claim)
    if claim.decision == "taken":
        return claim
    _check_open(claim, reason)
    if not 0 <= observed_at <= at + AHEAD_MS:
        raise RowError("observed_at", WAITS["future"])
    claimed = Admitted(**claim.claim)
    fact = claimed._replace(observed_at=observed_at, claimed_at=claimed.observed_at)
    if record_facts(claim.facility, [fact], by=by, at=at).conflicts:
        raise Refusal("id_conflict", _TAKEN)
    claim.taken_at = observed_at
    return _decided(claim, "taken", reason, by=by, at=at)


@transaction.atomic
def refuse(*, claim: HeldClaim, reason: str, by: str, at: int) -> HeldClaim:
    """
    Keep a claim out of the record; done already, it stays as it is.

    :raises Refusal: if it was taken in before. :raises RowError: without a reason.
    """
    claim = _locked(claim)
    if claim.decision == "refused":
        return claim
    _check_open(claim, reason)
    return _decided(claim, "refused", reason, by=by, at=at)


def _locked(claim: HeldClaim) -> HeldClaim:
    Log.objects.select_for_update().get(pk=claim.facility.log_id)
    return HeldClaim.objects.select_related("facility__log").get(pk=claim.pk)


def _check_open(claim: HeldClaim, reason: str) -> None:
    if claim.decision:
        raise Refusal("decided", _DECIDED)
    if not reason.strip():
        raise RowError("reason", Text("写明理由", "give the reason"))


def _decided(claim: HeldClaim, decision: str, reason: str, *, by: str, at: int) -> HeldClaim:
    claim.decision, claim.decided_at, claim.decided_by, claim.reason = decision, at, by, reason.strip()[:200]
    claim.save(update_fields=["decision", "decided_at", "decided_by", "reason", "taken_at"])
    journal.record(claim.facility.log, f"claim_{decision}", [held_version(claim)], by=by, at=at)
    return claim


def held_claims(facility: Facility, *, state: str = "", device: str = "", why: str = "") -> QuerySet[HeldClaim]:
    """Return the claims of a facility that are in a state, the last received first."""
    rows = HeldClaim.objects.filter(facility=facility).order_by("-received_at", "-pk")
    if state in STATES:
        rows = rows.filter(decision="" if state == "waiting" else state)
    if device:
        rows = rows.filter(device=device)
    return rows.filter(why=why) if why in WAITS else rows


def held_claim(facility: Facility, number: int) -> HeldClaim | None:
    return HeldClaim.objects.filter(facility=facility, pk=number).select_related("facility__log").first()


def devices_with_claims(facility: Facility) -> Iterable[str]:
    """Return the devices from which any claim ever waited."""
    rows = HeldClaim.objects.filter(facility=facility).exclude(device="")
    return rows.order_by("device").values_list("device", flat=True).distinct()


_DECIDED = Text("已有人处理，请刷新页面", "somebody has decided this already; load the page again")
_TAKEN = Text(
    "这个标识已有另一条不同的记录，只能退回", "this id is taken by another fact; the claim can only be refused"
)
