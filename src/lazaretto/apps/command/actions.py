"""Adopting a protocol, declaring and reviewing a level. Nothing takes effect before it is recorded (contract, rule 3)."""

from django.db import transaction

from lazaretto.apps.command.models import Adoption, LevelDeclaration, ProtocolRecord
from lazaretto.apps.command.queries import in_force
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.registry.models import Facility
from lazaretto.protocol.canonical import digest
from lazaretto.protocol.clock import plus
from lazaretto.protocol.load import Loaded
from lazaretto.protocol.resolve import UnknownLevel, resolve


@transaction.atomic
def adopt(*, facility: Facility, loaded: Loaded, starts: int | None = None, by: str, at: int) -> Adoption:
    """
    Run a protocol in a facility from `starts` on, at the earliest from now.

    The first protocol of a facility changes nothing, so it holds for all days before as well: a roster and readings
    from last week can be brought in and judged by it.
    """
    first = not Adoption.objects.filter(facility=facility).exists()
    starts = 0 if first else max(at, starts or at)
    record = loaded.document.model_dump(mode="json", by_alias=True)
    name = digest(record)
    ProtocolRecord.objects.get_or_create(
        digest=name, defaults={"name": loaded.document.id, "record": record, "layers": list(loaded.layers)}
    )
    for level in loaded.document.levels:
        resolved = resolve(loaded.document, level.id)
        ProtocolRecord.objects.get_or_create(
            digest=resolved.digest, defaults={"name": loaded.document.id, "level": level.id, "record": resolved.record}
        )
    made = Adoption.objects.create(facility=facility, document_id=name, starts=starts, recorded_at=at)
    journal.record(
        facility.log, "protocol_adopted", [Version("adoption", str(starts), made.record())], by=by, at=at,
        occurred_at=starts, protocol=name,
    )  # fmt: skip
    return made


@transaction.atomic
def declare_level(
    *,
    facility: Facility,
    level: str,
    reason: str,
    by: str,
    at: int,
    starts: int | None = None,
    review_at: int | None = None,
) -> LevelDeclaration:
    """
    Let a response level hold from `starts` on, at the earliest from now, with its review date.

    :raises UnknownLevel: if the protocol in force has no such level.
    """
    document = in_force(facility, at).resolved.document
    known = next((item for item in document.levels if item.id == level), None)
    if known is None:
        raise UnknownLevel(level)
    starts = max(at, starts or at)
    if known.normal:
        review_at = None
    elif review_at is None:
        review_at = plus(facility.zone, starts, known.review)
    made = LevelDeclaration.objects.create(
        facility=facility, level=level, starts=starts, review_at=review_at, reason=reason[:500], recorded_at=at
    )
    protocol = in_force(facility, at).resolved.digest
    journal.record(
        facility.log, "level_declared", [Version("level", str(starts), made.record())], by=by, at=at,
        occurred_at=starts, protocol=protocol,
    )  # fmt: skip
    return made


def review_level(*, facility: Facility, reason: str, by: str, at: int) -> LevelDeclaration:
    """Renew the level in force, with a reason and a new review date."""
    return declare_level(facility=facility, level=in_force(facility, at).resolved.level, reason=reason, by=by, at=at)
