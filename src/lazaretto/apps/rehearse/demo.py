"""
The demo: a bureau, one treatment centre of about 300 invented people, a week of rounds up to now.

It goes through the same imports, border and actions as a live facility, with the moments handed in. Run again, it adds
what has fallen due since.
"""

import csv
import random
import secrets
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from lazaretto import packs
from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import Organisation, Role
from lazaretto.apps.command import actions as command_actions
from lazaretto.apps.command import queries as command
from lazaretto.apps.registry import actions as registry
from lazaretto.apps.registry.importing import run
from lazaretto.apps.registry.imports import PeopleImporter, PlaceImporter, PresenceImporter
from lazaretto.apps.registry.models import Facility, Person, Place
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement
from lazaretto.apps.rehearse.institution import DAY, FEVER, SEED, WINGS, DemoInstitution, DemoPerson, institution
from lazaretto.apps.reporting import actions as reporting
from lazaretto.apps.reporting.queries import signed_reports
from lazaretto.apps.rounds.actions import excuse, record_facts
from lazaretto.apps.rounds.facts import Border
from lazaretto.apps.rounds.models import Excuse, Fact
from lazaretto.protocol.clock import instant, local_day, utc_text

CODE, BUREAU, AGENCY = "YT", "MC-JD", "LJ-CDC"
ZONE = "Asia/Shanghai"
PROTOCOL = "facility-s1-drug-rehab"
DAYS = 7
MINUTE = 60_000
BY = "demo"
USERS = (
    ("lead", Role.EPIDEMIC_LEAD, CODE, "秦既明"),
    ("ward", Role.WARD_OFFICER, CODE, "邹牧川"),
    ("doctor", Role.CLINICIAN, CODE, "葛以恒"),
    ("bureau", Role.BUREAU_VIEWER, BUREAU, "罗听澜"),
)


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: str
    role: str


def build(*, now: int, progress: Callable[[str, int, int], None] = lambda title, n, total: None) -> list[Credentials]:
    """Make or continue the demo up to `now`; return who can sign in. Passwords are new each time."""
    facility = Facility.objects.filter(code=CODE).first()
    if facility is None:
        facility = _found(now, progress)
    first = _first_midnight(facility)
    _live(facility, first, now, progress)
    return [Credentials(name, _user(name, role, place, shown, now), role) for name, role, place, shown in USERS]


def _user(name: str, role: str, place: str, shown: str, now: int) -> str:
    password = secrets.token_urlsafe(9)
    user = accounts.create_user(username=name, password=password, name_zh=shown, by=BY, at=now)
    accounts.grant(user=user, role=role, organisation=Organisation.objects.get(code=place), by=BY, at=now)
    return password


def _found(now: int, progress: Callable[[str, int, int], None]) -> Facility:
    """Make the organisations and the facility, and bring its places and people in from tables."""
    today = local_day(ZONE, now)
    first = today - timedelta(days=DAYS - 1)
    at = instant(ZONE, first, 0)
    make: Any = accounts.create_organisation
    ministry = make(
        code="MC-SF", kind="province", name_zh="明川省司法厅", name_en="Mingchuan Department of Justice", by=BY, at=at
    )
    bureau = make(code=BUREAU, kind="bureau", name_zh="明川省戒毒管理局", name_en="Mingchuan Treatment Administration",
                  command_parent=ministry, by=BY, at=at)  # fmt: skip
    agency = make(code=AGENCY, kind="health_agency", name_zh="泠江市疾控中心", name_en="Lingjiang CDC", by=BY, at=at)
    own = make(code=CODE, kind="facility", name_zh="云汀强制隔离戒毒所", name_en="Yunting treatment centre",
               command_parent=bureau, health_parent=agency, by=BY, at=at)  # fmt: skip
    facility = registry.create_facility(organisation=own, zone=ZONE, by=BY, at=at)
    command_actions.adopt(facility=facility, loaded=packs.shipped(PROTOCOL), by=BY, at=at)
    with tempfile.TemporaryDirectory() as folder:
        _import_tables(facility, institution(today), first, Path(folder), at, progress)
    return facility


def _import_tables(
    facility: Facility,
    made: DemoInstitution,
    first: date,
    folder: Path,
    at: int,
    progress: Callable[[str, int, int], None],
) -> None:
    people = [*made.residents, *made.staff]
    words = command.population_words(command.in_force(facility, at).resolved.document)

    def bring(name: str, heads: list[str], rows: list[list[str]], importer: Any) -> None:
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([heads, *rows])
        account = run(importer(), path, dry_run=False, by=BY, clock=lambda: at,
                      progress=lambda n: progress(name, n, len(rows)))  # fmt: skip
        assert not account.failures, account.failures[0]

    bring(
        "places", ["编号", "上级", "类型", "中文名", "英文名", "容量", "重点部位"],
        [[p.code, p.parent, p.kind, p.name_zh, p.name_en, p.capacity, p.key_area] for p in made.places],
        lambda: PlaceImporter(facility, now=at),
    )  # fmt: skip
    bring(
        "people", ["编号", "人群", "姓名", "性别", "出生日期", "单位"],
        [[p.code, p.population, p.name, p.sex, p.birth_date.isoformat(), p.unit] for p in people],
        lambda: PeopleImporter(facility, now=at, populations=words),
    )  # fmt: skip
    bring(
        "presence",
        ["人员编号", "场所", "起", "止"],
        [
            [p.code, place, _text(first, start), _text(first, end) if end is not None else ""]
            for p in people
            for start, end, place in p.stays
        ],
        lambda: PresenceImporter(facility, now=at),
    )


def _text(first: date, minute: int) -> str:
    return utc_text(instant(ZONE, first, 0) + minute * MINUTE)


def _first_midnight(facility: Facility) -> date:
    """Return the day on which the demo's week began: the one of its first journal entry."""
    return local_day(ZONE, facility.log.entries.order_by("seq")[0].recorded_at)


# -- the rounds ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Batch:
    """What one person hands in at once, at a moment."""

    at: int
    claims: list[dict[str, str]]


def _live(facility: Facility, first: date, now: int, progress: Callable[[str, int, int], None]) -> None:
    """Hand in everything that fell due and was not handed in yet, and sign the days that ended."""
    made = institution(first + timedelta(days=DAYS - 1))
    done = max(
        Fact.objects.filter(facility=facility).order_by("-recorded_at").values_list("recorded_at", flat=True)[:1],
        default=0,
    )
    border = Border(facility, command.in_force(facility, now).resolved.document, now)

    def hand_in(batch: Batch) -> None:
        border.now = batch.at
        record_facts(facility, [border.admit(claim) for claim in batch.claims], by=BY, at=batch.at)

    acts: list[tuple[int, Callable[[], object]]] = [
        (batch.at, partial(hand_in, batch)) for batch in _batches(made, first, now) if batch.at > done
    ]
    acts += _signings(facility, first, now) + ([] if done else _week_events(facility, first))
    acts = sorted((act for act in acts if done < act[0] <= now), key=lambda act: act[0])
    for index, (_, act) in enumerate(acts):
        act()
        if index % 20 == 0:
            progress("rounds", index, len(acts))
    progress("rounds", len(acts), len(acts))


def _signings(facility: Facility, first: date, now: int) -> list[tuple[int, Callable[[], object]]]:
    """Each day is signed half an hour after it ended; one day of the week was forgotten and is unknown."""

    def sign(on: date, at: int) -> None:
        if not signed_reports(facility, on):
            reporting.sign(facility=facility, on=on, by=BY, signer="秦既明", at=at)

    days = [first + timedelta(days=n) for n in range((local_day(ZONE, now) - first).days)]
    moments = [(on, instant(ZONE, on, DAY + 30)) for on in days if on != first + timedelta(days=2)]
    return [(at, partial(sign, on, at)) for on, at in moments]


def _week_events(facility: Facility, first: date) -> list[tuple[int, Callable[[], object]]]:
    """The feverish person is isolated; a power cut is explained a day later, and the report amended."""
    fevered = instant(ZONE, first, 0) + (FEVER[1] + 150) * MINUTE
    on = first + timedelta(days=4)
    explained = instant(ZONE, on, DAY + 9 * 60)

    def isolate() -> None:
        person = Person.objects.get(facility=facility, code=f"R{FEVER[0] + 1:04d}")
        registry.set_standing(
            subject=person, key="isolation_stage", value="fever", starts=fevered, source="demo", by=BY, at=fevered
        )
        place = Place.objects.get(facility=facility, code="ISO-1")
        record_movement(Move(person, "cell_move", fevered, place), by=BY, at=fevered)

    def explain() -> None:
        start = instant(ZONE, on, 13 * 60)
        item = Excuse(
            scope="place", subject="place:W3-F2", starts=start, ends=start + 90 * MINUTE, reason="no_power", by="S003"
        )
        excuse(facility=facility, item=item, by=BY, at=explained)
        reporting.amend(facility=facility, on=on, by=BY, signer="秦既明", at=explained + 5 * MINUTE)

    return [(fevered, isolate), (explained, explain)]


# -- what the rounds found ----------------------------------------------------------------------------------------


def _batches(made: DemoInstitution, first: date, now: int) -> Iterator[Batch]:
    """Return everything that was ever handed in up to now, the same each time."""
    midnight = instant(ZONE, first, 0)
    days = (now - midnight) // (DAY * MINUTE) + 1
    for minute in range(0, days * DAY, 120):
        for wing in WINGS:
            batch = _wing_round(made, wing, minute, midnight)
            if batch:
                yield batch
    for day in range(days):
        yield from _staff_round(made.staff, day, midnight)
        yield from _place_rounds(made, day, midnight)


def _there(person: DemoPerson, minute: int) -> bool:
    return any(start <= minute and (end is None or minute < end) for start, end, _ in person.stays)


def _wing_round(made: DemoInstitution, wing: str, minute: int, midnight: int) -> Batch | None:
    """One officer goes from bed to bed; sometimes late, sometimes not at all, seldom offline."""
    draw = random.Random(f"{SEED}|{wing}|{minute}")
    clock = minute % DAY
    night = clock >= 22 * 60 or clock < 6 * 60
    if draw.random() < (0.03 if night else 0.008):
        return None
    moment = midnight + minute * MINUTE + int(draw.gauss(2, 4) * MINUTE)
    if draw.random() < 0.06:
        moment += draw.randint(19, 36) * MINUTE
    by = f"S{1 + (WINGS.index(wing) * 7 + minute // 480) % 28:03d}"
    claims = []
    for person in made.residents:
        if person.unit != wing or not _there(person, minute):
            continue
        moment += draw.randint(9_000, 26_000)
        claim = _reading(person, made, minute, moment, draw, night)
        if claim is not None:
            claims.append(claim | {"by": by, "device": f"T-{WINGS.index(wing) * 4 + 11}", "source": "phone"})
    offline = draw.random() < 0.02
    for claim in claims if offline else []:
        claim["source"] = "offline"
    handed_in = moment + (draw.randint(150, 260) if offline else draw.randint(1, 4)) * MINUTE
    return Batch(handed_in, claims) if claims else None


def _reading(
    person: DemoPerson, made: DemoInstitution, minute: int, moment: int, draw: random.Random, night: bool
) -> dict[str, str] | None:
    chance = draw.random()
    powerless = (
        minute == 4 * DAY + 14 * 60 and any("-2" in place for _, _, place in person.stays) and person.unit == "W3"
    )
    if powerless or chance < 0.003:
        return None
    claim = {"id": "", "observation": "night_check" if night else "temperature", "subject": person.code,
             "subject_kind": "person", "observed_at": utc_text(moment)}  # fmt: skip
    if chance < 0.0042:
        return claim | {"outcome": "refused", "reason": "declined"}
    if night:
        return claim
    own = random.Random(f"{SEED}|{person.code}").gauss(36.45, 0.16)
    value = own + draw.gauss(0, 0.14) + (0.12 if 14 * 60 <= minute % DAY <= 20 * 60 else 0)
    feverish = person is made.residents[FEVER[0]] and FEVER[1] - 60 <= minute <= FEVER[1] + 2 * DAY
    value = 38.1 + draw.gauss(0, 0.15) if feverish else min(value, 37.1)
    return claim | {"value": f"{value:.1f}", "method": "infrared", "site": "forehead"}


def _staff_round(staff: list[DemoPerson], day: int, midnight: int) -> Iterator[Batch]:
    for hour in (8, 20):
        draw = random.Random(f"{SEED}|staff|{day}|{hour}")
        minute = day * DAY + hour * 60
        moment = midnight + (minute + draw.randint(5, 40)) * MINUTE
        claims = []
        for person in staff:
            moment += draw.randint(11_000, 30_000)
            if _there(person, minute + 60) and draw.random() > 0.02:
                claims.append(
                    {"id": "", "observation": "temperature", "subject": person.code, "subject_kind": "person",
                     "observed_at": utc_text(moment), "value": f"{min(draw.gauss(36.4, 0.2), 37.1):.1f}", "by": "S010",
                     "device": "T-02", "source": "phone"}
                )  # fmt: skip
        yield Batch(moment + MINUTE, claims)


def _place_rounds(made: DemoInstitution, day: int, midnight: int) -> Iterator[Batch]:
    areas = [p for p in made.places if p.key_area]
    starts = [("disinfection", 8 * 60 + n * 240, 240) for n in range(3)]
    starts += [("ventilation", 7 * 60 + n * 180, 180) for n in range(5)]
    for observation, start, length in starts:
        draw = random.Random(f"{SEED}|{observation}|{day}|{start}")
        moment = midnight + (day * DAY + start) * MINUTE + draw.randint(5, length - 70) * MINUTE
        claims = []
        for area in areas:
            moment += draw.randint(60, 170) * 1000
            if draw.random() > 0.025:
                claims.append(
                    {"id": "", "observation": observation, "subject": area.code, "subject_kind": "place",
                     "observed_at": utc_text(moment), "by": f"S{29 + draw.randint(0, 2):03d}", "source": "phone"}
                )  # fmt: skip
        yield Batch(moment + 3 * MINUTE, claims)
