"""
Who hears which kinds of news. What stands in no row of `HEARINGS` is told to nobody.

An event holds no name and no value, but that *one* person came at 14:02 is a small number: kinds about people are told
only to those who read the facility's own registers or reports, never to the bodies above.
"""

from collections.abc import Mapping
from typing import NamedTuple

from lazaretto.apps.accounts.permissions import Permission

_P = Permission


class Hearing(NamedTuple):
    """Either of the permissions lets somebody hear these kinds of entries."""

    permissions: frozenset[Permission]
    kinds: frozenset[str]


HEARINGS = (
    Hearing(
        frozenset({_P.REPORT_READ, _P.REPORT_READ_OUTGOING, _P.FACT_RECORD}),
        frozenset(
            {
                "facts_recorded", "id_conflict", "excused", "excuse_withdrawn", "report_signed", "report_amended",
                "clock_set_back", "restored",
            }
        ),
    ),
    Hearing(
        frozenset({_P.REPORT_READ, _P.FACT_RECORD}),
        frozenset({"daily_step_done", "handover_written", "handover_read", "handover_signed"}),
    ),
    Hearing(
        frozenset({_P.REPORT_READ, _P.REPORT_READ_OUTGOING, _P.PROTOCOL_READ}),
        frozenset(
            {
                "protocol_adopted", "level_declared", "flag_declared", "protocol_overridden", "override_withdrawn",
                "places_imported",
            }
        ),
    ),
    Hearing(
        frozenset({_P.REPORT_READ, _P.RESIDENTS_READ}),
        frozenset(
            {
                "movements_recorded", "movement_voided", "presence_imported", "person_registered", "people_imported",
                "people_merged", "people_parted", "unit_set", "standing_set", "standing_ended", "standings_imported",
            }
        ),
    ),
    Hearing(
        frozenset({_P.FACT_RECORD, _P.HEALTH_READ}),
        frozenset(
            {
                "fever_suspected", "fever_confirmed", "fever_closed", "fever_reviewed", "cascade_started",
                "cascade_action_done", "cascade_ended",
            }
        ),
    ),
    Hearing(
        frozenset({_P.ISOLATION_READ}),
        frozenset(
            {
                "isolation_proposed", "isolation_opened", "isolation_ordered", "isolation_told", "isolation_restarted",
                "isolation_extended", "isolation_suspended", "isolation_resumed", "isolation_criterion",
                "isolation_reviewed", "isolation_decided_outside", "isolation_ended", "placement_planned",
                "placement_cancelled", "placement_signed", "placement_carried_out", "cohort_opened", "cohort_closed",
                "cohort_restarted", "cohort_ended", "breach_recorded", "breach_decided", "activities_planned",
                "activity_cancelled", "care_given", "tests_ordered", "specimen_taken", "result_reported", "clinic_visit",
            }
        ),
    ),
    Hearing(
        frozenset({_P.PASSAGE_READ, _P.PASSAGE_APPROVE}),
        frozenset(
            {
                "visit_opened", "crossed", "run_opened", "step_done", "run_ended", "refused", "role_delegated",
                "delegation_ended", "finding_raised", "finding_fixed", "finding_closed", "finding_reopened",
                "restriction_reviewed",
            }
        ),
    ),
    Hearing(frozenset({_P.REPORT_READ}), frozenset({"project_registered", "project_changed"})),
    Hearing(
        frozenset({_P.GOODS_READ}),
        frozenset(
            {
                "supplier_saved", "supplier_stopped", "goods_announced", "goods_arrived", "lot_sampled", "lot_result",
                "lot_read", "kitchen_issued", "lots_recalled", "gate_seen", "gate_day_signed",
            }
        ),
    ),
)  # fmt: skip
#: Who hears anything at all.
ANYTHING = frozenset().union(*(h.permissions for h in HEARINGS))


def kinds_for(may: frozenset[Permission]) -> frozenset[str]:
    """Return the kinds of news that somebody with these permissions hears."""
    return frozenset().union(*(h.kinds for h in HEARINGS if may & h.permissions))


class Heard(NamedTuple):
    """What somebody hears of one facility: its code, and which kinds."""

    code: str
    kinds: frozenset[str]


class Listening(NamedTuple):
    """Who listens, by reference, and what he hears of which log."""

    user: str
    logs: Mapping[int, Heard]
