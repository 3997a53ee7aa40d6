"""Labels in words: what each stands for, and what its square says to the ward client."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from lazaretto.apps.console.presenters.places import in_language
from lazaretto.apps.registry.models import Asset, Person, Place
from lazaretto.papers.labels import Label

KINDS = {"rooms": _("rooms and places"), "beds": _("beds"), "people": _("people"), "devices": _("devices")}


def name(thing: Any) -> str:
    return in_language(thing)


def place(one: Place) -> Label:
    under = in_language(one.parent) if one.parent is not None and one.parent.parent_id is not None else ""
    return Label(f"place:{one.code}", in_language(one), under, one.code)


def person(one: Person, *, named: bool) -> Label:
    """Return a wristband: the code, and the name only where it was asked for."""
    return Label(f"person:{one.code}", one.name if named and one.name else one.code, "", one.code if named else "")


def device(one: Asset) -> Label:
    return Label(f"asset:{one.code}", in_language(one), one.kind, one.code)
