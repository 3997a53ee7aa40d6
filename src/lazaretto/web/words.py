"""The words of the states, and which shape each has."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

#: State or day status → shape in the sprite.
STATE_GLYPHS = {"complete": "on_time", "contradictory": "alert", "pending": "due"}

STATE_WORDS = {
    "on_time": _("on time"),
    "due": _("due"),
    "pending": _("pending"),
    "late": _("late"),
    "missed": _("missed"),
    "excused": _("excused"),
    "unknown": _("unknown"),
    "refused": _("refused"),
    "hold": _("on hold"),
    "alert": _("alert"),
    "complete": _("complete"),
    "incomplete": _("incomplete"),
    "contradictory": _("contradictory"),
}


def state_word(name: str) -> str:
    return str(STATE_WORDS.get(name, name))


def role_word(role: str) -> str:
    """Return what a role is called; a role that only the protocol knows is shown as it is written there."""
    words = {
        "ward_officer": gettext("ward officer"),
        "gate_officer": gettext("gate officer"),
        "clinician": gettext("clinician"),
        "duty_planner": gettext("duty planner"),
        "logistics": gettext("logistics"),
        "department_head": gettext("department head"),
        "epidemic_lead": gettext("epidemic lead"),
        "inspector": gettext("inspector"),
        "bureau_viewer": gettext("bureau viewer"),
        "bureau_approver": gettext("bureau approver"),
        "public_health": gettext("public health"),
        "analyst": gettext("analyst"),
        "auditor": gettext("auditor"),
        "administrator": gettext("administrator"),
    }
    return words.get(role, role)
