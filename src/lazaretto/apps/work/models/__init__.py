"""What apps have going: cascades and the ledger of care; chain runs with their steps and refusals; findings, delegations."""

from lazaretto.apps.work.models.cascades import Cascade, Done, Given
from lazaretto.apps.work.models.findings import Delegation, Finding
from lazaretto.apps.work.models.runs import Refused, Run, StepDone

__all__ = ["Cascade", "Delegation", "Done", "Finding", "Given", "Refused", "Run", "StepDone"]
