"""
A facility made from its blueprint: places to the last bunk, people and where they are, groups. Everything comes from
one seed; nobody in it exists. Minutes count from the first midnight of the demo.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from lazaretto.apps.rehearse.bureau import Blueprint
from lazaretto.apps.rehearse.invented import SEED, Inventor
from lazaretto.protocol.text import Text

DAY = 24 * 60
NUMERALS = "一二三四五六七八九十"
INTAKE, ISOLATION, DUTY = "TR", "ISO", "DUTY"
_COMMON = (
    ("KIT", "kitchen", Text("伙房", "Kitchen")),
    ("DIN", "dining_hall", Text("食堂", "Dining hall")),
    ("CLI", "clinic", Text("医务所", "Clinic")),
    ("VIS", "visiting_room", Text("会见室", "Visiting room")),
    ("GATE", "gate", Text("大门", "Main gate")),
)
_VULNERABLE = ("age", "chronic", "pregnancy", "immune")
_UNITS = (
    ("GUARD", Text("执勤大队", "Guard")),
    ("MED", Text("医务所", "Clinic staff")),
    ("LOG", Text("后勤", "Logistics")),
)


@dataclass(frozen=True, slots=True)
class DemoPlace:
    code: str
    parent: str
    kind: str
    name: Text
    capacity: int | None = None
    key_area: bool = False


@dataclass(slots=True)
class DemoPerson:
    """Somebody invented. `place` and `since` say where he is when the demo begins; nowhere, if `place` is empty."""

    code: str
    population: str
    name: str
    sex: str
    birth: str
    unit: str
    place: str = ""
    since: int = 0
    until: int | None = None
    identity: tuple[str, str] = ("", "")
    aliases: str = ""
    release_on: date | None = None
    vulnerable: str = ""
    shift: str = ""


@dataclass(frozen=True, slots=True)
class DemoGroup:
    code: str
    kind: str
    name: Text


@dataclass(slots=True)
class DemoInstitution:
    """`cast` names those to whom something happens in the week; `shifts` are the groups that take turns on duty."""

    blueprint: Blueprint
    first: date
    places: list[DemoPlace]
    groups: list[DemoGroup]
    residents: list[DemoPerson]
    staff: list[DemoPerson]
    shifts: list[str]
    cast: dict[str, list[DemoPerson]] = field(default_factory=dict)
    newcomers: list[DemoPerson] = field(default_factory=list)

    @property
    def lead(self) -> DemoPerson:
        return self.staff[0]

    def draw(self, *of: object) -> random.Random:
        """Return the stream of random numbers of one thing in this facility."""
        return random.Random("|".join(map(str, (SEED, self.blueprint.code, *of))))


def institution(
    blueprint: Blueprint, inventor: Inventor, first: date, shifts: Sequence[tuple[str, Text]], size: float = 1.0
) -> DemoInstitution:
    """Return the facility as it is on the first day. `size` makes it smaller for tests."""
    residents = list(_residents(blueprint, inventor, first, max(24, round(blueprint.residents * size))))
    staff = list(
        _staff(blueprint, inventor, first, [code for code, _ in shifts], max(18, round(blueprint.staff * size)))
    )
    groups = [*_wing_groups(blueprint), *(DemoGroup(code, "unit", name) for code, name in _UNITS)]
    groups += [DemoGroup(code, "shift", name) for code, name in shifts]
    made = DemoInstitution(
        blueprint, first, list(places(blueprint)), groups, residents, staff, [code for code, _ in shifts]
    )
    _cast(made, inventor)
    return made


# -- places -----------------------------------------------------------------------------------------------------------


def places(blueprint: Blueprint) -> Iterator[DemoPlace]:
    """Yield the places, parents first. The first wing has its bunks on file."""
    number = 0
    for site in blueprint.sites:
        yield DemoPlace(site.code, "", "site", site.name)
        for code in site.wings:
            yield from _wing(blueprint, code, site.code, number, bunks=number == 0)
            number += 1
    top = blueprint.sites[0].code
    yield DemoPlace(INTAKE, top, "wing", blueprint.intake)
    for n in range(1, 5):
        yield DemoPlace(f"{INTAKE}-{n}", INTAKE, "cell", _room(blueprint, blueprint.intake, str(n)), 4)
    yield DemoPlace(ISOLATION, top, "isolation_area", Text("隔离区", "Isolation area"), None, True)
    for n in range(1, 7):
        room = _room(blueprint, Text("隔离区", "Isolation"), str(n))
        yield DemoPlace(f"{ISOLATION}-{n}", ISOLATION, "cell", room, 1)
    for code, kind, name in _COMMON:
        yield DemoPlace(code, top, kind, name, None, True)
    for code, name in blueprint.work:
        yield DemoPlace(code, top, "workshop" if code.startswith("WS") else "room", name, None, True)
    yield DemoPlace(DUTY, top, "duty_zone", Text("封闭执勤区", "Closed duty zone"))


def _wing(blueprint: Blueprint, code: str, site: str, index: int, *, bunks: bool) -> Iterator[DemoPlace]:
    name = wing_name(blueprint, index)
    yield DemoPlace(code, site, "wing", name)
    yield DemoPlace(f"{code}-SH", code, "shower", Text(f"{name.zh}浴室", f"{name.en}, showers"), None, True)
    yield DemoPlace(f"{code}-DR", code, "day_room", Text(f"{name.zh}活动室", f"{name.en}, day room"), 40, True)
    for floor in range(1, blueprint.floors + 1):
        parent = f"{code}-F{floor}" if blueprint.floors > 1 else code
        if parent != code:
            yield DemoPlace(parent, code, "floor", Text(f"{name.zh} {floor} 层", f"{name.en}, floor {floor}"))
        for cell in range(1, blueprint.cells + 1):
            number = f"{floor}{cell:02d}"
            room = _room(blueprint, name, number)
            yield DemoPlace(f"{code}-{number}", parent, "cell", room, blueprint.bunks)
            for n in range(1, blueprint.bunks + 1) if bunks else ():
                bed = Text(f"{room.zh} {blueprint.bed.zh.format(n=n)}", f"{room.en}, {blueprint.bed.en.format(n=n)}")
                yield DemoPlace(f"{code}-{number}-{n}", f"{code}-{number}", "bunk", bed, 1)


def wing_name(blueprint: Blueprint, index: int) -> Text:
    return Text(blueprint.wing.zh.format(n=NUMERALS[index]), blueprint.wing.en.format(n=index + 1))


def _room(blueprint: Blueprint, inside: Text, number: str) -> Text:
    return Text(
        f"{inside.zh} {blueprint.room.zh.format(n=number)}", f"{inside.en}, {blueprint.room.en.format(n=number)}"
    )


def wings(blueprint: Blueprint) -> list[str]:
    return [code for site in blueprint.sites for code in site.wings]


def _wing_groups(blueprint: Blueprint) -> Iterator[DemoGroup]:
    for index, code in enumerate(wings(blueprint)):
        yield DemoGroup(code, "unit", wing_name(blueprint, index))
    yield DemoGroup(INTAKE, "unit", blueprint.intake)


# -- people -----------------------------------------------------------------------------------------------------------


def _residents(blueprint: Blueprint, inventor: Inventor, first: date, n: int) -> Iterator[DemoPerson]:
    draw, homes = inventor.draw, wings(blueprint)
    fresh = max(2, n // 40)
    for index in range(n):
        person = invent(blueprint, inventor, first, f"R{index + 1:04d}")
        if index >= n - fresh:
            person.unit, person.place = INTAKE, f"{INTAKE}-{1 + index % 4}"
            person.since = -draw.randint(1, 12) * DAY + draw.randint(9, 16) * 60
        else:
            person.unit = homes[index % len(homes)]
            person.place = _cell(blueprint, person.unit, index // len(homes), bunks=person.unit == homes[0])
            person.since = -draw.randint(30, 600) * DAY + draw.randint(9, 16) * 60
        yield person


def _cell(blueprint: Blueprint, wing: str, index: int, *, bunks: bool) -> str:
    cells = blueprint.floors * blueprint.cells
    cell = f"{wing}-{1 + index % blueprint.floors}{1 + (index // blueprint.floors) % blueprint.cells:02d}"
    return f"{cell}-{1 + index // cells}" if bunks else cell


def invent(blueprint: Blueprint, inventor: Inventor, first: date, code: str) -> DemoPerson:
    """Return a resident with everything that is on file of him, except where he is."""
    draw = inventor.draw
    populations, shares = zip(*blueprint.populations, strict=True)
    population = draw.choices(populations, shares)[0]
    sex = "female" if draw.random() < blueprint.women else "male"
    born = inventor.born(blueprint.ages, first)
    person = DemoPerson(code, population, inventor.name(), sex, born.isoformat(), "")
    person.identity = ("national_id", inventor.identity(born, sex))
    known = draw.random()
    if known < 0.02:  # nobody knows the birth date, or only the year, and there is no card
        person.birth, person.identity = ("" if known < 0.01 else str(born.year)), ("unknown", "")
    elif known < 0.03:
        person.identity = ("none", "")
    if draw.random() < 0.06:
        person.aliases = draw.choice(("阿", "小", "老")) + person.name[-1]
    if population != "remand_prisoner":
        longest = {"treatment_resident": 720, "detained_person": 180}.get(population, 3600)
        person.release_on = first + timedelta(days=draw.randint(45, longest))
    if draw.random() < 0.07:
        person.vulnerable = draw.choice([v for v in _VULNERABLE if sex == "female" or v != "pregnancy"])
    return person


def _staff(blueprint: Blueprint, inventor: Inventor, first: date, shifts: list[str], n: int) -> Iterator[DemoPerson]:
    """Yield staff in turns: the first group is inside since eleven days, the others are not."""
    for index in range(n):
        population = "health_worker" if index % 10 == 9 else "civilian_staff" if index % 10 == 8 else "officer"
        if population == "officer" and index % 4 == 3:
            population = "auxiliary_officer"
        unit = {"health_worker": "MED", "civilian_staff": "LOG"}.get(population, "GUARD")
        sex = inventor.draw.choice(("male", "male", "female"))
        born = inventor.born((23, 57), first)
        person = DemoPerson(f"S{index + 1:03d}", population, inventor.name(), sex, born.isoformat(), unit)
        person.shift = shifts[index % len(shifts)]
        if person.shift == shifts[0]:
            person.place, person.since = DUTY, -11 * DAY + 9 * 60
        yield person


# -- to whom something happens ----------------------------------------------------------------------------------------


def _cast(made: DemoInstitution, inventor: Inventor) -> None:
    """Choose who plays a part in the week, each person one part; plant one file that somebody has twice."""
    settled = [p for p in made.residents if p.unit != INTAKE and p.birth.count("-") == 2 and p.identity[1]]
    inventor.draw.shuffle(settled)
    chosen = iter(settled)
    for part, n in (("released", 2), ("fever", 1), ("overdue", 1), ("moved_on", 2), ("cared_for", 2), ("twice", 1)):
        made.cast[part] = [next(chosen) for _ in range(n)]
    for person in made.cast["released"]:
        person.release_on = None  # the week's script sets it
    twin = made.cast["twice"][0]
    double = invent(made.blueprint, inventor, made.first, "H0001")
    double.name, double.sex, double.birth = twin.name, twin.sex, twin.birth
    double.population, double.release_on = twin.population, None
    double.identity, double.aliases, double.vulnerable = ("", ""), "", ""
    double.unit, double.place = twin.unit, twin.place
    double.since, double.until = -900 * DAY + 600, -700 * DAY + 540
    made.residents.append(double)
    n = len(made.residents)
    for index in range(4):
        person = invent(made.blueprint, inventor, made.first, f"R{n + index:04d}")
        person.unit = INTAKE
        made.newcomers.append(person)
