"""Reads of the registry. Each starts from who is asking."""

from datetime import date

from lazaretto.apps.accounts import queries as accounts
from lazaretto.apps.accounts.models import User
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.registry.models import Facility


class NoSuchFacility(Exception):
    """There is no facility of that code that the asker may know of."""


def facility_for(user: User, code: str, permission: Permission, on: date) -> Facility:
    """
    Return a facility in which the asker has `permission`.

    :raises NoSuchFacility: if it is outside everything he was granted. :raises NotAllowed: if it is inside, and his
        roles there do not have the permission.
    """
    facility = Facility.objects.select_related("organisation").filter(code=code).first()
    if facility is None or facility.organisation_id not in accounts.organisations_where(user, Permission, on):
        raise NoSuchFacility(code)
    accounts.check_may(user, permission, facility.organisation_id, on)
    return facility


def facility_of(code: str) -> Facility:
    """Return a facility for somebody who sits at the machine itself. :raises NoSuchFacility: if there is none."""
    found = Facility.objects.filter(code=code).first()
    if found is None:
        raise NoSuchFacility(code)
    return found
