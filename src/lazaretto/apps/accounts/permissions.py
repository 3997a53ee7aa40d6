"""
The access policy: which role may do what. This table is the policy; everything not in it is denied.
"""

from enum import StrEnum

from lazaretto.apps.accounts.models import Role


class Permission(StrEnum):
    """One thing that somebody may do in a facility."""

    REPORT_READ = "report.read"
    """Read the facility's own report, with gaps by name."""
    REPORT_READ_OUTGOING = "report.read_outgoing"
    """Read the report that leaves the facility: no names, small numbers suppressed."""
    REPORT_SIGN = "report.sign"
    FACT_RECORD = "fact.record"
    EXCUSE_RECORD = "excuse.record"
    PROTOCOL_READ = "protocol.read"
    OVERRIDE_REQUEST = "override.request"
    """Ask that a value of the protocol be another one for a while."""
    OVERRIDE_APPROVE = "override.approve"
    """Approve such a change, in the name of the organisation where the role is held."""


_R, _O, _S, _F, _E, _P, _Q, _A = Permission
POLICY: dict[str, frozenset[Permission]] = {
    Role.WARD_OFFICER: frozenset({_R, _F, _P}),
    Role.GATE_OFFICER: frozenset({_P}),
    Role.CLINICIAN: frozenset({_R, _F, _E, _P, _Q}),
    Role.DUTY_PLANNER: frozenset({_P}),
    Role.LOGISTICS: frozenset({_F, _P}),
    Role.DEPARTMENT_HEAD: frozenset({_R, _F, _E, _P, _Q}),
    Role.EPIDEMIC_LEAD: frozenset({_R, _O, _S, _F, _E, _P, _Q, _A}),
    Role.INSPECTOR: frozenset({_R, _O, _P}),
    Role.BUREAU_VIEWER: frozenset({_O, _P}),
    Role.BUREAU_APPROVER: frozenset({_O, _P, _A}),
    Role.PUBLIC_HEALTH: frozenset({_O, _P}),
    Role.ANALYST: frozenset({_O, _P}),
    Role.AUDITOR: frozenset({_O, _P}),
    Role.ADMINISTRATOR: frozenset({_P}),
}

#: Roles whose scope follows the public-health parent; all others follow the command parent.
HEALTH_CHAIN = frozenset({Role.PUBLIC_HEALTH})
