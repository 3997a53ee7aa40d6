"""Everything that a facility ever declared about its protocol, asked for at once: adoptions, levels, flags, overrides."""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection

from lazaretto.apps.command.models import Adoption, FlagDeclaration, LevelDeclaration, ProtocolOverride
from lazaretto.apps.registry.models import Facility

#: One row of the question: which table, then what stands in it; texts and numbers that both engines read alike.
Row = tuple[Any, ...]
_EVERYTHING = """
SELECT 'adoption', id, starts, recorded_at, document_id, '', CAST(NULL AS BIGINT), 0, '', '', CAST(NULL AS BIGINT), '', ''
FROM command_adoption WHERE facility_id = %s
UNION ALL SELECT 'level', id, starts, recorded_at, level, reason, review_at, 0, '', '', CAST(NULL AS BIGINT), '', ''
FROM command_leveldeclaration WHERE facility_id = %s
UNION ALL SELECT 'flag', id, starts, recorded_at, flag, reason, review_at, CASE WHEN holds THEN 1 ELSE 0 END, '', '', CAST(NULL AS BIGINT), '', ''
FROM command_flagdeclaration WHERE facility_id = %s
UNION ALL SELECT 'override', id, starts, recorded_at, measure, reason, ends, number, rank, CAST(patch AS TEXT), withdrawn_at,
requested_by, approved_by FROM command_protocoloverride WHERE facility_id = %s
"""


class Declared(NamedTuple):
    """What was declared: adoptions, levels and flags from the earliest on, overrides by number. Nobody may change them."""

    adoptions: tuple[Adoption, ...]
    levels: tuple[LevelDeclaration, ...]
    flags: tuple[FlagDeclaration, ...]
    overrides: tuple[ProtocolOverride, ...]


def rows(facility: Facility) -> frozenset[Row]:
    """Return all that was declared, as the database has it now: what follows from the same rows is the same."""
    with connection.cursor() as cursor:
        cursor.execute(_EVERYTHING, [facility.pk] * 4)
        return frozenset(map(tuple, cursor.fetchall()))


@lru_cache(maxsize=512)
def declared(facility: int, known: frozenset[Row]) -> Declared:
    """Return rows of a facility as what they are."""

    def of(name: str, order: int, make: Callable[[int, Row], Any]) -> tuple[Any, ...]:
        found = sorted((row for row in known if row[0] == name), key=lambda row: (row[order], row[1]))
        return tuple(make(facility, row) for row in found)

    return Declared(
        of("adoption", 2, _adoption), of("level", 2, _level), of("flag", 2, _flag), of("override", 7, _override)
    )


def _adoption(facility: int, row: Row) -> Adoption:
    return Adoption(id=row[1], facility_id=facility, starts=row[2], recorded_at=row[3], document_id=row[4])


def _level(facility: int, row: Row) -> LevelDeclaration:
    return LevelDeclaration(
        id=row[1],
        facility_id=facility,
        starts=row[2],
        recorded_at=row[3],
        level=row[4],
        reason=row[5],
        review_at=row[6],
    )


def _flag(facility: int, row: Row) -> FlagDeclaration:
    return FlagDeclaration(
        id=row[1], facility_id=facility, starts=row[2], recorded_at=row[3], flag=row[4], reason=row[5], review_at=row[6],
        holds=bool(row[7]),
    )  # fmt: skip


def _override(facility: int, row: Row) -> ProtocolOverride:
    return ProtocolOverride(
        id=row[1], facility_id=facility, starts=row[2], recorded_at=row[3], measure=row[4], reason=row[5], ends=row[6],
        number=row[7], rank=row[8], patch=json.loads(row[9]), withdrawn_at=row[10], requested_by=row[11], approved_by=row[12],
    )  # fmt: skip
