"""The words of the states, and which shape each has."""

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
