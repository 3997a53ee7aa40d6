"""The parts of a facility's pages: what each is called, where it is, and who may open it."""

from collections.abc import Collection
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lazaretto.apps.accounts.permissions import Permission

_P = Permission
READS_PEOPLE = frozenset({_P.RESIDENTS_READ, _P.STAFF_READ})


class Section(NamedTuple):
    """
    A section by its id (also the name of its address), the permissions of which one opens it, and those that it wants
    besides.
    """

    id: str
    name: Promise
    icon: str
    permissions: frozenset[Permission]
    besides: frozenset[Permission] = frozenset()
    group: Promise = _("Register")
    key: str = ""


SECTIONS = (
    Section("today", _("Today"), "clock", frozenset({_P.FACT_RECORD, _P.REPORT_READ}), group=_("On duty"), key="t"),
    Section("picture", _("Operating picture"), "plan", frozenset({_P.REPORT_READ}), group=_("On duty"), key="p"),
    Section("due", _("Due now"), "list", frozenset({_P.FACT_RECORD, _P.REPORT_READ}), group=_("On duty"), key="d"),
    Section("fevers", _("Fevers"), "heat", frozenset({_P.FACT_RECORD}), frozenset({_P.RESIDENTS_READ}), _("On duty")),
    Section("people", _("People"), "people", READS_PEOPLE, key="m"),
    Section("movements", _("Movements"), "moves", READS_PEOPLE),
    Section("headcount", _("Headcount"), "count", frozenset({_P.RESIDENTS_READ})),
    Section("duplicates", _("Possible duplicates"), "pair", frozenset({_P.PEOPLE_WRITE})),
    Section("places", _("Places"), "places", frozenset({_P.PLACES_READ})),
    Section("transfers", _("Transfers"), "swap", frozenset({_P.TRANSFER, _P.HEALTH_READ})),
    Section("posts", _("Posts"), "sign", frozenset({_P.STAFF_READ})),
    Section("sheets", _("Round sheets"), "table", frozenset({_P.FACT_RECORD})),
    Section("held", _("Doubtful times"), "list", frozenset({_P.CLAIM_DECIDE})),
    Section("tables", _("Tables"), "table", frozenset({_P.PLACES_READ})),
    Section("extracts", _("Figures"), "report", frozenset({_P.EXTRACT_READ})),
    Section("looks", _("Who looked"), "eye", frozenset({_P.ACCESS_READ})),
    Section("signals", _("Questions"), "search", frozenset({_P.REPORT_READ})),
    Section("isolation", _("Isolation board"), "lock", frozenset({_P.ISOLATION_READ})),
    Section("labels", _("Labels"), "print", frozenset({_P.PLACES_READ})),
    Section("journal", _("Journal"), "key", frozenset({_P.JOURNAL_READ})),
    Section("isolation-outside", _("Outside reviews"), "eye", frozenset({_P.ISOLATION_REVIEW})),
    Section("goods", _("Goods and food"), "table", frozenset({_P.GOODS_READ}), group=_("Gate")),
    Section("kiosk", _("Gate kiosk"), "clock", frozenset({_P.GOODS_RECORD}), group=_("Gate")),
    Section("gate-days", _("Gate day by day"), "count", frozenset({_P.GATE_CHECK, _P.GOODS_READ}), group=_("Gate")),
    Section("gate", _("Gate"), "swap", frozenset({_P.PASSAGE_READ}), group=_("Gate")),
    Section("gate-approvals", _("Approvals"), "sign", frozenset({_P.PASSAGE_APPROVE}), group=_("Gate")),
    Section("gate-restrictions", _("Restrictions"), "lock", frozenset({_P.PASSAGE_READ}), group=_("Gate")),
    Section("gate-findings", _("Findings"), "search", frozenset({_P.PASSAGE_READ}), group=_("Gate")),
    Section(
        "procedures", _("Procedures"), "list", frozenset({_P.REPORT_READ, _P.HEALTH_READ}), group=_("Coordination")
    ),
    Section(
        "work",
        _("Resumption of work"),
        "moves",
        frozenset({_P.REPORT_READ, _P.REPORT_READ_OUTGOING}),
        group=_("Coordination"),
    ),
)


def open_to(code: str, may: Collection[Permission]) -> list[dict[str, Any]]:
    """Return the sections of a facility that somebody with these permissions may open."""
    return [
        {"id": s.id, "name": s.name, "icon": s.icon, "group": s.group, "key": s.key, "url": reverse(s.id, args=[code])}
        for s in SECTIONS
        if not s.permissions.isdisjoint(may) and s.besides <= set(may)
    ]


def first_page(code: str, may: Collection[Permission]) -> str:
    """Return the address at which somebody enters a facility: its reports, else the first section that is open to him."""
    if _P.REPORT_READ in may or _P.REPORT_READ_OUTGOING in may:
        return reverse("days", args=[code])
    found = open_to(code, may)
    return found[0]["url"] if found else reverse("protocol", args=[code])
