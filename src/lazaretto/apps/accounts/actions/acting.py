"""Who acts: a user, who is then held to the rules, or a word for somebody at the machine itself."""

from datetime import date

from lazaretto.apps.accounts import queries
from lazaretto.apps.accounts.models import User
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.models import Log
from lazaretto.protocol.clock import local_day

NODE = "node"
Actor = User | str


def node(at: int) -> Log:
    """Return the log of what concerns no facility."""
    return journal.open_log(NODE, at=at)


def ref_of(by: Actor) -> str:
    return by.ref if isinstance(by, User) else by


def today(by: Actor, at: int) -> date:
    """Return the day on which somebody acts, by the calendar where he belongs."""
    return local_day(queries.zone_for(by) if isinstance(by, User) else "UTC", at)
