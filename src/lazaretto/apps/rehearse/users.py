"""Who can sign in to the demo: one user for each role, each in its place, and a lead for every facility."""

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from django.contrib.auth.hashers import make_password

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import Organisation, Role
from lazaretto.apps.rehearse.bureau import AGENCY, BUREAU, FIRST
from lazaretto.apps.rehearse.founding import BY
from lazaretto.apps.rehearse.institution import DemoInstitution
from lazaretto.apps.rehearse.invented import Inventor
from lazaretto.protocol.text import Text

ROLES = (
    ("lead", Role.EPIDEMIC_LEAD, FIRST), ("ward", Role.WARD_OFFICER, FIRST), ("gate", Role.GATE_OFFICER, FIRST),
    ("doctor", Role.CLINICIAN, FIRST), ("duty", Role.DUTY_PLANNER, FIRST), ("logistics", Role.LOGISTICS, FIRST),
    ("head", Role.DEPARTMENT_HEAD, FIRST), ("inspector", Role.INSPECTOR, FIRST),
    ("bureau", Role.BUREAU_VIEWER, BUREAU), ("approver", Role.BUREAU_APPROVER, BUREAU),
    ("cdc", Role.PUBLIC_HEALTH, AGENCY), ("analyst", Role.ANALYST, BUREAU), ("auditor", Role.AUDITOR, BUREAU),
    ("admin", Role.ADMINISTRATOR, BUREAU),
)  # fmt: skip


class Credentials(NamedTuple):
    """Who can sign in, with what, as what, and where."""

    username: str
    password: str
    role: Text
    organisation: Text


class Passwords:
    """
    A password for everybody, hashed beside other work: hashing is slow on purpose, and leaves the interpreter free.
    """

    def __init__(self, facilities: Sequence[DemoInstitution]) -> None:
        names = [name for name, *_ in ROLES] + [_lead_of(made) for made in facilities[1:]]
        self._plain = {name: secrets.token_urlsafe(9) for name in names}
        pool = ThreadPoolExecutor(max_workers=1)
        self._hashed = {name: pool.submit(make_password, plain) for name, plain in self._plain.items()}
        pool.shutdown(wait=False)

    def of(self, username: str) -> tuple[str, str]:
        """Return the password of a user, as it is and hashed."""
        return self._plain[username], self._hashed[username].result()


def _lead_of(made: DemoInstitution) -> str:
    return f"lead-{made.blueprint.code.lower()}"


def sign_up(facilities: Sequence[DemoInstitution], passwords: Passwords, *, at: int) -> list[Credentials]:
    """Make the users, or give them new passwords, and return them."""
    inventor = Inventor("users", 0, 1)
    first, *others = facilities
    found = []
    for username, role, code in ROLES:
        person = first.lead if role == Role.EPIDEMIC_LEAD else None
        name = person.name if person else inventor.name()
        found.append(_sign_up(username, passwords, role, code, name, person.code if person else "", at))
    for made in others:
        code = made.blueprint.code
        name = _lead_of(made)
        found.append(_sign_up(name, passwords, Role.EPIDEMIC_LEAD, code, made.lead.name, made.lead.code, at))
    return found


def _sign_up(
    username: str, passwords: Passwords, role: str, code: str, shown: str, person: str, at: int
) -> Credentials:
    password, encoded = passwords.of(username)
    user = accounts.create_user(
        username=username, password=password, encoded=encoded, name_zh=shown, person_code=person, by=BY, at=at
    )
    organisation = Organisation.objects.get(code=code)
    accounts.grant(user=user, role=role, organisation=organisation, by=BY, at=at)
    zh, _, en = Role(role).label.partition(" / ")
    return Credentials(username, password, Text(zh, en), Text(organisation.name_zh, organisation.name_en))
