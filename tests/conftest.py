"""Fixtures for tests that need a database: a small facility, made through the same actions as a live one."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

#: The same algorithm at the least cost: at the real one, thousands of users in tests spend their time in page faults.
Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.time_cost, Argon2PasswordHasher.parallelism = 64, 1, 1

ZONE = "Asia/Shanghai"
DAY = date(2026, 3, 17)
HOUR = 3_600_000


@dataclass
class Small:
    """A facility with three wings' worth of places and a handful of people; `at` is the moment of the next act."""

    facility: Any
    folder: Path
    at: int
    start: int
    protocol: str
    accounts: dict[str, Any] = field(default_factory=dict)

    def moment(self, wall: str, day: date = DAY) -> int:
        from lazaretto.protocol.clock import instant, minute_of_day

        return instant(ZONE, day, minute_of_day(wall))

    def bring(self, kind: str, text: str, *, dry_run: bool = False, name: str = "") -> Any:
        """Import a table written as text (columns parted by commas); return the account."""
        from lazaretto.apps.command import queries as command
        from lazaretto.apps.registry import imports as registry
        from lazaretto.apps.registry.importing import run
        from lazaretto.apps.rounds import imports as rounds

        kinds: dict[str, Callable[[], Any]] = {
            "places": lambda: registry.PlaceImporter(self.facility, now=self.at),
            "people": lambda: registry.PeopleImporter(
                self.facility,
                now=self.at,
                populations=command.population_words(command.in_force(self.facility, self.at).resolved.document),
            ),
            "presence": lambda: registry.PresenceImporter(self.facility, now=self.at),
            "standings": lambda: registry.StandingImporter(self.facility, now=self.at),
            "excuses": lambda: rounds.ExcuseImporter(self.facility, now=self.at),
            "facts": lambda: rounds.FactImporter(self.facility, now=self.at),
        }
        path = self.folder / (name or f"{kind}.csv")
        path.write_text("\n".join(line.strip() for line in text.strip().splitlines()), encoding="utf-8")
        return run(kinds[kind](), path, dry_run=dry_run, by="test", clock=lambda: self.at)

    def draft(self, day: date = DAY, as_of: int | None = None) -> dict[str, Any]:
        from lazaretto.apps.reporting.queries import draft

        return draft(self.facility, day, as_of or self.at)

    def measure(self, document: dict[str, Any], name: str) -> dict[str, Any]:
        return next(row for row in document["measures"] if row["id"] == name)


PLACES = """
code,parent,kind,name_zh,name_en,capacity,key_area
SITE,,site,全所,Site,,
W1,SITE,wing,一监区,Wing 1,,
W1-101,W1,cell,101 室,Cell 101,4,
W1-102,W1,cell,102 室,Cell 102,4,
W2,SITE,wing,二监区,Wing 2,,
W2-201,W2,cell,201 室,Cell 201,4,
KIT,SITE,kitchen,伙房,Kitchen,,yes
"""
PEOPLE = """
code,population,name,sex,birth_date,unit_code
P1,prisoner,赵一,male,1980-01-01,W1
P2,prisoner,钱二,male,1981-01-01,W1
P3,prisoner,孙三,female,1982-01-01,W2
S1,officer,李四,male,1990-01-01,GUARD
"""
PRESENCE = """
subject,place,from,to
P1,W1-101,2026-03-01 00:00,
P2,W1-102,2026-03-01 00:00,
P3,W2-201,2026-03-01 00:00,
S1,SITE,2026-03-17 08:00,2026-03-17 16:00
"""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On the second engine, run what touches a database; the rest would only say again what it said on the first."""
    if os.environ.get("LAZARETTO_TEST_ENGINE") != "postgres":
        return
    kept = [
        item
        for item in items
        if {"db", "transactional_db"} & set(getattr(item, "fixturenames", ())) or item.get_closest_marker("django_db")
    ]
    config.hook.pytest_deselected(items=[i for i in items if i not in kept])
    items[:] = kept


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any) -> None:
    """Pages in tests need no collected static files."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture
def make_facility(db: None, tmp_path: Path) -> Callable[..., Small]:
    """Return a maker of facilities with places, people and presence."""

    def make(code: str = "YT", protocol: str = "baseline", *, people: bool = True) -> Small:
        from lazaretto import packs
        from lazaretto.apps.accounts import actions as accounts
        from lazaretto.apps.command import actions as command
        from lazaretto.apps.registry import actions as registry
        from lazaretto.protocol.clock import instant

        start = instant(ZONE, date(2026, 3, 16), 0)
        organisation = accounts.create_organisation(
            code=code, kind="facility", name_zh="云汀监狱", name_en="Yunting prison", by="test", at=start
        )
        facility = registry.create_facility(organisation=organisation, zone=ZONE, by="test", at=start)
        loaded = packs.open_protocol(protocol)
        command.adopt(facility=facility, loaded=loaded, by="test", at=start)
        folder = tmp_path / code
        folder.mkdir()
        small = Small(facility, folder, start, start, protocol)
        if people:
            for kind, text in (("places", PLACES), ("people", PEOPLE), ("presence", PRESENCE)):
                account = small.bring(kind, text)
                assert not account.failures, account.failures
        small.at = instant(ZONE, DAY, 24 * 60)
        return small

    return make


@pytest.fixture
def small(make_facility: Callable[..., Small]) -> Small:
    return make_facility()
