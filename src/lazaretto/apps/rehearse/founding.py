"""The bureau and its facilities come into being: organisations, protocols, and everything else from tables."""

import csv
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from lazaretto import packs
from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import Organisation
from lazaretto.apps.command import actions as command_actions
from lazaretto.apps.command import queries as command
from lazaretto.apps.registry import actions as registry
from lazaretto.apps.registry.importing import Importer, run
from lazaretto.apps.registry.imports import (
    AssignmentImporter,
    GroupImporter,
    LegalDateImporter,
    PeopleImporter,
    PlaceImporter,
    PresenceImporter,
    StandingImporter,
)
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rehearse.bureau import AGENCY, BUREAU, MINISTRY, ZONE, Blueprint
from lazaretto.apps.rehearse.institution import DemoInstitution, DemoPerson
from lazaretto.protocol.assignment import Assignment
from lazaretto.protocol.clock import instant, utc_text

BY = "demo"
MINUTE = 60_000
#: Everywhere, whatever the protocol says: who answers, and who walks the rounds.
_POSTS = (("post", "epidemic_lead"), ("post", "deputy_lead"), ("role", "duty_planner"), ("role", "logistics"))
_WARD_OFFICERS = 6


def organisations(blueprints: Iterable[Blueprint], *, at: int) -> dict[str, Organisation]:
    """Return the organisation of each facility by its code, under the bureau and the health agency."""
    make: Any = accounts.create_organisation
    ministry = make(
        code=MINISTRY, kind="province", name_zh="明川省司法厅", name_en="Mingchuan Department of Justice", by=BY, at=at
    )
    bureau = make(code=BUREAU, kind="bureau", name_zh="明川省监所管理局", name_en="Mingchuan Custodial Administration",
                  command_parent=ministry, by=BY, at=at)  # fmt: skip
    agency = make(code=AGENCY, kind="health_agency", name_zh="泠江市疾控中心", name_en="Lingjiang CDC", by=BY, at=at)
    return {
        b.code: make(
            code=b.code, kind="facility", name_zh=b.name.zh, name_en=b.name.en, command_parent=bureau,
            health_parent=agency, by=BY, at=at,
        )
        for b in blueprints
    }  # fmt: skip


def found(made: DemoInstitution, organisation: Organisation, *, at: int) -> Facility:
    """Make a facility, adopt its protocol and bring its tables in."""
    facility = registry.create_facility(organisation=organisation, zone=ZONE, by=BY, at=at)
    loaded = packs.shipped(made.blueprint.protocol)
    command_actions.adopt(facility=facility, loaded=loaded, by=BY, at=at)
    bring(facility, PlaceImporter, _places(made), at=at)
    bring(facility, GroupImporter, [["code", "kind", "name_zh", "name_en"],
                                    *([g.code, g.kind, g.name.zh, g.name.en] for g in made.groups)], at=at)  # fmt: skip
    bring_people(facility, [*made.residents, *made.staff], at=at)
    bring(facility, PresenceImporter, _presence(made), at=at)
    bring(facility, AssignmentImporter, _assignments(made, facility, at), at=at)
    bring(facility, LegalDateImporter, legal_dates(made.residents), at=at)
    bring(facility, StandingImporter, _standings(made), at=at)
    return facility


def bring(facility: Facility, importer: Callable[..., Importer], rows: Sequence[Sequence[object]], *, at: int) -> None:
    """Bring a table in, its heads first. Nothing in it may fail: it is ours."""
    if len(rows) < 2:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        account = run(importer(facility, now=at), path, dry_run=False, by=BY, clock=lambda: at)
    assert not account.failures, account.failures[0]


def bring_people(facility: Facility, people: Iterable[DemoPerson], *, at: int) -> None:
    words = command.population_words(command.in_force(facility, at).resolved.document)
    rows = [
        [p.code, p.population, p.name, p.aliases, p.sex, p.birth, *p.identity, p.unit]
        for p in people
    ]  # fmt: skip
    heads = ["编号", "人群", "姓名", "别名", "性别", "出生日期", "证件类型", "证件号码", "单位"]
    bring(facility, lambda *a, **k: PeopleImporter(*a, **k, populations=words), [heads, *rows], at=at)


def legal_dates(people: Iterable[DemoPerson]) -> list[list[object]]:
    rows: list[list[object]] = [[p.code, "release", p.release_on.isoformat()] for p in people if p.release_on]
    return [["人员编号", "类型", "日期"], *rows]


def _places(made: DemoInstitution) -> list[list[object]]:
    heads: list[object] = ["编号", "上级", "类型", "中文名", "英文名", "容量", "重点部位"]
    rows: list[list[object]] = [
        [p.code, p.parent, p.kind, p.name.zh, p.name.en, p.capacity or "", "是" if p.key_area else ""]
        for p in made.places
    ]
    return [heads, *rows]


def moment(made: DemoInstitution, minute: int) -> int:
    return instant(ZONE, made.first, 0) + minute * MINUTE


def _presence(made: DemoInstitution) -> list[list[object]]:
    rows: list[list[object]] = []
    for person in [*made.residents, *made.staff]:
        if person.place:
            until = "" if person.until is None else utc_text(moment(made, person.until))
            rows.append([person.code, person.place, utc_text(moment(made, person.since)), until])
    return [["人员编号", "场所", "起", "止"], *rows]


def _assignments(made: DemoInstitution, facility: Facility, at: int) -> list[list[object]]:
    """Shifts, the posts that the protocol in force wants filled here, and who walks the rounds."""
    rows: list[list[object]] = [[p.code, "group", p.shift] for p in made.staff]
    held = [*_POSTS, *_wanted_posts(facility, at)]
    rows += [[made.staff[index % len(made.staff)].code, *post] for index, post in enumerate(held)]
    walkers = [p for p in made.staff if p.unit == "GUARD"][len(_POSTS) : len(_POSTS) + _WARD_OFFICERS]
    rows += [[p.code, "role", "ward_officer"] for p in walkers]
    return [["人员编号", "类型", "岗位"], *rows]


def _wanted_posts(facility: Facility, at: int) -> list[tuple[str, str]]:
    """Return the posts of a facility as a whole that staff of its own hold, each once."""
    measures = [m for m in command.in_force(facility, at).resolved.everything if isinstance(m, Assignment)]
    posts = [p for m in measures if m.active for p in m.posts if p.per == "facility" and not p.outside]
    wanted = dict.fromkeys(("post", p.id) for p in posts if p.at_least)
    return [post for post in wanted if post not in _POSTS]


def _standings(made: DemoInstitution) -> list[list[object]]:
    """Vulnerable people, and the places that cameras look at."""
    rows: list[list[object]] = [
        [f"person:{p.code}", "vulnerable", p.vulnerable] for p in made.residents if p.vulnerable
    ]
    watched = ("day_room", "dining_hall", "gate")
    rows += [[f"place:{p.code}", "class", "video_scope"] for p in made.places if p.kind in watched]
    return [["对象", "项目", "值"], *rows]
