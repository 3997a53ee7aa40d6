"""Reads of the pages. Each starts from who asks: what is outside the asker's scope is not found."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Q

from lazaretto.apps.accounts.models import Organisation, User
from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import organisations_where, permissions_in
from lazaretto.apps.command.queries import InForce, NoProtocol, in_force, timeline
from lazaretto.apps.registry import queries as registry
from lazaretto.apps.registry.models import Asset, Facility, Group, Person, Place, Presence
from lazaretto.apps.reporting import overview
from lazaretto.apps.reporting import transfers as handing
from lazaretto.apps.reporting.actions import changed
from lazaretto.apps.reporting.models import SignedReport, Transfer
from lazaretto.apps.reporting.queries import draft_with_outgoing, month_status, signed_reports
from lazaretto.apps.rounds.preview import Preview
from lazaretto.apps.rounds.preview import preview as look_ahead
from lazaretto.protocol.clock import local_day
from lazaretto.protocol.evidence import day_bounds
from lazaretto.protocol.load import Loaded

READS_REPORT = (Permission.REPORT_READ, Permission.REPORT_READ_OUTGOING)
_CHUNK = 400
NAME = ("code", "name_zh", "name_en")


class Asked(NamedTuple):
    """A facility in the scope of the one who asks, with what he may do there."""

    facility: Facility
    may: frozenset[Permission]
    today: date

    @property
    def own(self) -> bool:
        """Whether the asker reads the facility's own report, with names."""
        return Permission.REPORT_READ in self.may


def facilities(user: User, permissions: Iterable[Permission], now: int) -> list[Facility]:
    """Return the facilities where the user has any of `permissions` today, by the calendar of each, in a fixed order."""
    wanted = list(permissions)
    days: dict[date, list[str]] = {}
    for zone in Facility.objects.values_list("zone", flat=True).distinct():
        days.setdefault(local_day(zone, now), []).append(zone)
    scope = Q(pk__in=[])
    for on, zones in days.items():
        scope |= Q(zone__in=zones, organisation_id__in=organisations_where(user, wanted, on))
    found = Facility.objects.filter(scope).select_related("organisation__command_parent")
    return sorted(
        found, key=lambda f: (f.organisation.command_parent.code if f.organisation.command_parent else "", f.code)
    )


def open_facilities(user: User, now: int) -> list[Asked]:
    """
    Return the facilities in which the user may do anything. What he may do is looked up only where he reads no reports:
    elsewhere he enters by them.
    """
    reading: dict[date, set[int]] = {}
    found = []
    for one in facilities(user, Permission, now):
        on = local_day(one.zone, now)
        if on not in reading:
            reading[on] = organisations_where(user, READS_REPORT, on)
        reads = one.organisation_id in reading[on]
        may = frozenset(READS_REPORT) if reads else permissions_in(user, one.organisation, on)
        found.append(Asked(one, may, on))
    return found


def facility(user: User, code: str, now: int) -> Asked | None:
    """Return the facility of that code with what the user may do there, or None if he may nothing there."""
    found = Facility.objects.select_related("organisation__command_parent", "log").filter(code=code).first()
    if found is None:
        return None
    on = local_day(found.zone, now)
    may = permissions_in(user, found.organisation, on)
    return Asked(found, may, on) if may else None


def signed_days(shown: Sequence[Facility], first: date, last: date) -> dict[int, dict[date, tuple[str, int]]]:
    """Return for each facility the last signed status and number of each day that has a report, in one query."""
    found: dict[int, dict[date, tuple[str, int]]] = {f.pk: {} for f in shown}
    rows = SignedReport.objects.filter(facility__in=list(found), on__gte=first, on__lte=last).order_by("on", "number")
    for facility_id, on, number, status in rows.values_list("facility_id", "on", "number", "status"):
        found[facility_id][on] = (status, number)
    return found


class Day(NamedTuple):
    """
    A day as the asker may see it.

    `shown` is the latest signed report, else the draft, in the form that the asker reads; None if nothing can be
    computed, and `absent` says why: `future` or `no_protocol`. `changes` are those of the draft against what was signed.
    """

    on: date
    shown: dict[str, Any] | None
    draft: dict[str, Any] | None
    signed: list[SignedReport]
    changes: list[dict[str, Any]]
    month: dict[date, tuple[str, int]]
    absent: str = ""
    begins: int = 0


def day(asked: Asked, on: date, now: int) -> Day:
    reports = signed_reports(asked.facility, on)
    month = month_status(asked.facility, on.year, on.month)
    begins, absent = _begins(asked.facility, on, now)
    if absent and not reports:
        return Day(on, None, None, [], [], month, absent, begins)
    own = form = None
    if not absent and (asked.own or not reports):
        own, form = draft_with_outgoing(asked.facility, on, now)
    draft = own if asked.own else form
    if not reports:
        return Day(on, draft, draft, [], [], month)
    last = reports[-1]
    changes = changed(last.document, own) if own and asked.own else []
    return Day(on, last.document if asked.own else last.outgoing, draft, reports, changes, month)


def _begins(found: Facility, on: date, now: int) -> tuple[int, str]:
    """Return when a facility-day begins, and `future` or `no_protocol` if it cannot be reported on."""
    try:
        phases = [p.phase() for p in timeline(found, now)]
    except NoProtocol:
        return 0, "no_protocol"
    start, _ = day_bounds(phases, found.zone, on)
    return start, "future" if start > now else ""


def draft(asked: Asked, on: date, now: int, *, own: bool) -> dict[str, Any] | None:
    """Return the unsigned report of a day in one of its forms, or None if the day cannot be reported on."""
    if _begins(asked.facility, on, now)[1]:
        return None
    return draft_with_outgoing(asked.facility, on, now)[0 if own else 1]


def report(asked: Asked, on: date, number: int) -> SignedReport | None:
    return SignedReport.objects.filter(facility=asked.facility, on=on, number=number).first()


def protocol(asked: Asked, now: int) -> InForce | None:
    """Return what is in force now, or None if nothing was adopted."""
    try:
        return in_force(asked.facility, now)
    except NoProtocol:
        return None


def preview(asked: Asked, loaded: Loaded, now: int) -> Preview:
    """Return what adopting a protocol now would change."""
    return look_ahead(asked.facility, loaded, now)


def documents(asked: Asked, shown: dict[str, Any] | None, now: int) -> list[Any]:
    """Return the protocol documents that a report was made under, at their levels, the last in force last."""
    try:
        phases = timeline(asked.facility, now)
    except NoProtocol:
        return []
    used = {line["digest"] for line in shown["protocol"]} if shown else set()
    return [p.resolved.document for p in phases if p.resolved.digest in used]


class Named(NamedTuple):
    """What a subject is called; `unit` is the code of the unit it belongs to."""

    code: str
    name_zh: str
    name_en: str
    unit: str = ""


def named(asked: Asked, refs: Iterable[str]) -> dict[str, Named]:
    """Return the names of subjects by reference (`person:R001`, `place:W1-203`), for those who may read them."""
    if not asked.own:
        return {}
    codes: dict[str, list[str]] = {}
    for ref in set(refs):
        kind, _, code = ref.partition(":")
        codes.setdefault(kind, []).append(code)
    found: dict[str, Named] = {}
    for part in _chunks(codes.pop("person", [])):
        rows = Person.objects.filter(facility=asked.facility, code__in=part).values_list("code", "name", "unit__code")
        found |= {f"person:{code}": Named(code, name, name, unit or "") for code, name, unit in rows}
    for kind, model in (("place", Place), ("asset", Asset), ("group", Group)):
        for part in _chunks(codes.get(kind, [])):
            things = model.objects.filter(facility=asked.facility, code__in=part)
            found |= {f"{kind}:{code}": Named(code, zh, en) for code, zh, en in things.values_list(*NAME)}
    return found


def whereabouts(
    asked: Asked, people: Iterable[str], first: int, last: int
) -> dict[str, list[tuple[int, int | None, Named]]]:
    """Return where people were in [first, last], by reference, each stay with its start and end."""
    found: dict[str, list[tuple[int, int | None, Named]]] = {}
    if not asked.own:
        return found
    for part in _chunks([ref.partition(":")[2] for ref in set(people) if ref.startswith("person:")]):
        rows = Presence.objects.filter(
            Q(ends__isnull=True) | Q(ends__gt=first),
            facility=asked.facility, layer="record", person__code__in=part, starts__lte=last,
        )  # fmt: skip
        fields = ("person__code", "starts", "ends", "place__code", "place__name_zh", "place__name_en")
        for code, starts, ends, place, zh, en in rows.values_list(*fields):
            found.setdefault(f"person:{code}", []).append((starts, ends, Named(place, zh, en)))
    return found


def matching(asked: Asked, text: str) -> set[str]:
    """Return the references of people and places whose code or name contains `text`."""
    if not asked.own or not text:
        return set()
    people = Person.objects.filter(Q(code__icontains=text) | Q(name__icontains=text), facility=asked.facility)
    places = Place.objects.filter(
        Q(code__icontains=text) | Q(name_zh__icontains=text) | Q(name_en__icontains=text), facility=asked.facility
    )
    return {f"person:{c}" for c in people.values_list("code", flat=True)} | {
        f"place:{c}" for c in places.values_list("code", flat=True)
    }


def units(asked: Asked, codes: Iterable[str]) -> dict[str, Named]:
    """Return what units are called, by code: a group, or the wing or place that answers for itself. No person's name."""
    found: dict[str, Named] = {}
    wanted = list(set(codes))
    for model in (Place, Group):
        for part in _chunks(wanted):
            rows = model.objects.filter(facility=asked.facility, code__in=part).values_list(
                "code", "name_zh", "name_en"
            )
            found |= {code: Named(code, zh, en) for code, zh, en in rows if zh or en}
    return found


def _chunks(codes: list[str]) -> Iterable[list[str]]:
    return (codes[i : i + _CHUNK] for i in range(0, len(codes), _CHUNK))


def last_days(today: date, n: int) -> list[date]:
    """Return the `n` days up to and including `today`, oldest first."""
    return [today - timedelta(days=n - 1 - i) for i in range(n)]


class Superior(NamedTuple):
    """
    A body in the scope of the one who asks: what he may do there, the facilities below it of which he may see what
    came, the day to look at first, and the ids of the organisations whose bundles he may take in.
    """

    organisation: Organisation
    may: frozenset[Permission]
    facilities: list[Organisation]
    on: date
    receives: frozenset[int]

    @property
    def code(self) -> str:
        return self.organisation.code


def superior(user: User, code: str, now: int) -> Superior | None:
    """Return the body of that code, or None if the asker may nothing there."""
    found = Organisation.objects.filter(code=code).first()
    if found is None:
        return None
    today = local_day(overview.zone_of(overview.facilities_under(found, user=None, on=date.min)), now)
    may = permissions_in(user, found, today)
    if not may:
        return None
    below = overview.facilities_under(found, user=user, on=today)
    receives = organisations_where(user, [Permission.SUBMISSIONS_RECEIVE], today)
    return Superior(found, may, below, overview.latest_day(below, now), frozenset(receives))


def superiors(user: User, now: int) -> list[Superior]:
    """Return the bodies at which the asker himself was given a role that sees what comes from below."""
    found = Organisation.objects.filter(grants__user=user).distinct().order_by("code")
    every = (superior(user, code, now) for code in found.values_list("code", flat=True))
    return [s for s in every if s is not None and Permission.SUBMISSIONS_READ in s.may]


def watches(user: User, now: int) -> bool:
    """Say whether the asker sees what comes from below, anywhere."""
    return bool(organisations_where(user, [Permission.SUBMISSIONS_READ], local_day("UTC", now)))


def audits(user: User, on: date) -> bool:
    """Say whether the asker sees who looked, anywhere."""
    return bool(organisations_where(user, [Permission.ACCESS_READ], on))


# -- people handed over ------------------------------------------------------------------------------------------------


def transfers(asked: Asked) -> list[Transfer]:
    return list(handing.transfers(asked.facility))


def transfer(asked: Asked, ref: str) -> Transfer | None:
    return handing.transfers(asked.facility).filter(ref=ref).first()


def person_to_send(asked: Asked, code: str) -> Person | None:
    """Return somebody held here whom the asker may know of."""
    found = registry.person(asked.facility, code, asked.may)
    return found if found is not None and found.base in registry.HELD and found.merged_into is None else None


def rooms(asked: Asked) -> list[tuple[str, str, str]]:
    """Return code and names of the places into which somebody can be put: those that have nothing below them."""
    found = Place.objects.filter(facility=asked.facility, children=None).order_by("code")
    return list(found.values_list("code", "name_zh", "name_en"))


def other_facilities(asked: Asked) -> list[Organisation]:
    """Return the facilities that this node knows, apart from the asker's own."""
    return list(
        Organisation.objects.filter(kind="facility").exclude(pk=asked.facility.organisation_id).order_by("code")
    )
