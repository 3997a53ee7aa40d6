"""
An invented treatment centre: places, people and where they were. Everything comes from one seed; nobody in it exists.
"""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

SEED = "lazaretto-demo-1"
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蔡蒋余于杜叶程魏苏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英建文辉玲梅国华红玉兰志飞鹏宇浩然子轩雨欣怡佳俊博思远嘉恒泽楠一凡晨曦若溪望舒安宁清和景行书言"


@dataclass(frozen=True, slots=True)
class DemoPlace:
    code: str
    parent: str
    kind: str
    name_zh: str
    name_en: str
    capacity: str = ""
    key_area: str = ""


@dataclass(slots=True)
class DemoPerson:
    code: str
    population: str
    name: str
    sex: str
    birth_date: date
    unit: str
    stays: list[tuple[int, int | None, str]] = field(default_factory=list)  # minutes since the first midnight


@dataclass(frozen=True, slots=True)
class DemoInstitution:
    places: list[DemoPlace]
    residents: list[DemoPerson]
    staff: list[DemoPerson]


WINGS = ("W1", "W2", "W3", "W4")
FLOORS, CELLS, BUNKS = 2, 5, 8
DAY = 24 * 60
LONG_AGO = -60 * DAY


def places() -> list[DemoPlace]:
    found = [DemoPlace("SITE", "", "site", "云汀强制隔离戒毒所", "Yunting treatment centre")]
    words = "一二三四"
    for n, wing in enumerate(WINGS):
        zh = f"{words[n]}大队"
        found.append(DemoPlace(wing, "SITE", "wing", zh, f"Wing {n + 1}"))
        found.append(DemoPlace(f"{wing}-SH", wing, "shower", f"{zh}浴室", f"Wing {n + 1} showers", "", "是"))
        found.append(DemoPlace(f"{wing}-DR", wing, "day_room", f"{zh}活动室", f"Wing {n + 1} day room", "40", "是"))
        for floor in range(1, FLOORS + 1):
            found.append(
                DemoPlace(f"{wing}-F{floor}", wing, "floor", f"{zh}{floor} 层", f"Wing {n + 1}, floor {floor}")
            )
            for cell in range(1, CELLS + 1):
                number = f"{floor}{cell:02d}"
                found.append(
                    DemoPlace(
                        f"{wing}-{number}",
                        f"{wing}-F{floor}",
                        "cell",
                        f"{zh} {number} 室",
                        f"Cell {wing}-{number}",
                        str(BUNKS),
                    )
                )
    found.append(DemoPlace("ISO", "SITE", "isolation_area", "隔离区", "Isolation area", "", "是"))
    found += [DemoPlace(f"ISO-{n}", "ISO", "cell", f"隔离区 {n} 室", f"Isolation room {n}", "1") for n in range(1, 7)]
    for code, kind, zh, en in (
        ("KIT", "kitchen", "伙房", "Kitchen"), ("DIN", "dining_hall", "食堂", "Dining hall"),
        ("CLI", "clinic", "医务所", "Clinic"), ("WS1", "workshop", "习艺一车间", "Workshop 1"),
        ("WS2", "workshop", "习艺二车间", "Workshop 2"), ("GATE", "gate", "大门", "Main gate"),
        ("VIS", "visiting_room", "会见室", "Visiting room"),
    ):  # fmt: skip
        found.append(DemoPlace(code, "SITE", kind, zh, en, "", "是"))
    found.append(DemoPlace("DUTY", "SITE", "duty_zone", "封闭执勤区", "Closed duty zone"))
    return found


def _name(draw: random.Random) -> str:
    return draw.choice(SURNAMES) + "".join(draw.sample(GIVEN, draw.choice((1, 2, 2))))


def _person(
    draw: random.Random, code: str, population: str, unit: str, ages: tuple[int, int], today: date
) -> DemoPerson:
    born = today - timedelta(days=draw.randint(ages[0] * 365, ages[1] * 365))
    return DemoPerson(code, population, _name(draw), draw.choice(("男", "男", "男", "女")), born, unit)


def institution(today: date) -> DemoInstitution:
    """Return the institution; minute 0 is the first midnight of the week that ends with `today`."""
    draw = random.Random(SEED)
    residents = []
    for n in range(240):
        wing = WINGS[n % 4]
        index = n // 4
        cell = f"{wing}-{1 + index % FLOORS}{1 + (index // FLOORS) % CELLS:02d}"
        person = _person(draw, f"R{n + 1:04d}", "treatment_resident", wing, (20, 58), today)
        person.stays.append((LONG_AGO - draw.randint(0, 200) * DAY, None, cell))
        residents.append(person)
    _weeks_events(residents)
    staff = []
    for n in range(60):
        population = "health_worker" if n % 10 == 9 else "civilian_staff" if n % 10 == 8 else "officer"
        person = _person(draw, f"S{n + 1:03d}", population, "GUARD", (23, 57), today)
        if n < 32:
            person.stays.append((-3 * DAY + 9 * 60, None, "DUTY"))
        else:
            person.stays.append((-10 * DAY + 9 * 60, -3 * DAY + 9 * 60, "DUTY"))
        staff.append(person)
    return DemoInstitution(places(), residents, staff)


def _weeks_events(residents: list[DemoPerson]) -> None:
    """Two come, two go, one is at court and two at hospital for some hours, five move cells."""
    for index, minute in ((17, 1 * DAY + 10 * 60), (118, 4 * DAY + 15 * 60 + 20)):
        start, _, cell = residents[index].stays[0]
        residents[index].stays = [(minute, None, cell)]
    for index, minute in ((42, 2 * DAY + 9 * 60 + 30), (201, 5 * DAY + 8 * 60 + 45)):
        start, _, cell = residents[index].stays[0]
        residents[index].stays = [(start, minute, cell)]
    for index, out, back in ((5, 2 * DAY + 8 * 60 + 10, 2 * DAY + 13 * 60), (77, 5 * DAY + 9 * 60, 5 * DAY + 16 * 60),
                             (150, 6 * DAY + 7 * 60 + 30, 6 * DAY + 11 * 60 + 40)):  # fmt: skip
        start, _, cell = residents[index].stays[0]
        residents[index].stays = [(start, out, cell), (back, None, cell)]
    for n, index in enumerate((30, 61, 92, 123, 184)):
        start, _, cell = residents[index].stays[0]
        moved = (n + 1) * DAY + 14 * 60
        residents[index].stays = [
            (start, moved, cell),
            (moved, None, f"{residents[index].unit}-{2 - n % 2}0{1 + n % 5}"),
        ]


#: Who had a fever on which day: index in residents, and the minute of the first reading.
FEVER = (133, 4 * DAY + 14 * 60 + 4)
