"""
The invented bureau: five facilities, one for each regime, as data. None of these places exists.
"""

from dataclasses import dataclass

from lazaretto.protocol.text import Text

ZONE = "Asia/Shanghai"
MINISTRY, BUREAU, AGENCY = "MC-SF", "MC-JG", "LJ-CDC"


@dataclass(frozen=True, slots=True)
class Site:
    """A part of a facility with its own wall and its own wings."""

    code: str
    name: Text
    wings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manner:
    """How well rounds are kept: shares of whole rounds and of single people that are left out, refuse, are late or offline."""

    skip_round: float = 0.008
    skip_night: float = 0.03
    skip_one: float = 0.003
    refuse: float = 0.0012
    late: float = 0.06
    offline: float = 0.02
    skip_place: float = 0.025


@dataclass(frozen=True, slots=True)
class Blueprint:
    """
    What a facility is like. `wing` and `room` are what its wings and rooms are called, with `{n}`; `populations` give
    each population its share; `women` is the share of women among residents; `sender` is who brings people in.
    """

    code: str
    protocol: str
    name: Text
    wing: Text
    room: Text
    bed: Text
    sites: tuple[Site, ...]
    floors: int
    cells: int
    bunks: int
    residents: int
    staff: int
    populations: tuple[tuple[str, float], ...]
    ages: tuple[int, int]
    women: float
    intake: Text
    work: tuple[tuple[str, Text], ...]
    sender: str
    court: str
    hospital: str
    manner: Manner = Manner()


_CAREFUL = Manner(0, 0, 0, 0, 0, 0, 0)

YUNTING = Blueprint(
    "YT", "facility-s1-drug-rehab", Text("云汀强制隔离戒毒所", "Yunting treatment centre"),
    wing=Text("{n}大队", "Wing {n}"), room=Text("{n} 室", "Room {n}"), bed=Text("{n} 床", "Bed {n}"),
    sites=(Site("SITE", Text("云汀强制隔离戒毒所", "Yunting treatment centre"), ("W1", "W2", "W3", "W4")),),
    floors=2, cells=5, bunks=8, residents=240, staff=60,
    populations=(("treatment_resident", 1.0),), ages=(20, 58), women=0.25,
    intake=Text("生理脱毒区", "Admission wing"),
    work=(("WS1", Text("习艺一车间", "Workshop 1")), ("WS2", Text("习艺二车间", "Workshop 2"))),
    sender="泠江市公安局", court="泠江市第一人民法院", hospital="泠江市第二人民医院",
)  # fmt: skip
ZHENXI = Blueprint(
    "ZX", "facility-s0-prison", Text("枕溪监狱", "Zhenxi prison"),
    wing=Text("{n}监区", "Wing {n}"), room=Text("{n} 监舍", "Cell {n}"), bed=Text("{n} 铺", "Bunk {n}"),
    sites=(
        Site("NORTH", Text("北监区大院", "North site"), ("W1", "W2")),
        Site("SOUTH", Text("南监区大院", "South site"), ("W3", "W4")),
    ),
    floors=2, cells=5, bunks=6, residents=160, staff=48,
    populations=(("prisoner", 1.0),), ages=(19, 66), women=0.0,
    intake=Text("入监监区", "Reception wing"),
    work=(("WS1", Text("劳动一车间", "Workshop 1")), ("SCH", Text("教学楼", "Classrooms"))),
    sender="泠江市看守所", court="泠江市中级人民法院", hospital="明川省监狱中心医院",
)  # fmt: skip
DUTANG = Blueprint(
    "DT", "facility-s2-detention", Text("渡棠看守所", "Dutang detention centre"),
    wing=Text("{n}监区", "Block {n}"), room=Text("{n} 监室", "Cell {n}"), bed=Text("{n} 号铺", "Bunk {n}"),
    sites=(Site("SITE", Text("渡棠看守所", "Dutang detention centre"), ("W1", "W2", "W3")),),
    floors=1, cells=9, bunks=10, residents=170, staff=40,
    populations=(("remand_prisoner", 0.8), ("detained_person", 0.2)), ages=(18, 61), women=0.12,
    intake=Text("过渡监区", "Transition block"),
    work=(("INT", Text("提讯室", "Interview rooms")), ("LAW", Text("律师会见室", "Lawyers' visiting rooms"))),
    sender="渡棠县公安局", court="渡棠县人民法院", hospital="渡棠县人民医院",
)  # fmt: skip
QIYAN = Blueprint(
    "QY", "facility-s3-drug-rehab", Text("栖砚强制隔离戒毒所", "Qiyan treatment centre"),
    wing=Text("{n}大队", "Wing {n}"), room=Text("{n} 宿舍", "Dormitory {n}"), bed=Text("{n} 床", "Bed {n}"),
    sites=(Site("SITE", Text("栖砚强制隔离戒毒所", "Qiyan treatment centre"), ("W1", "W2")),),
    floors=2, cells=5, bunks=8, residents=130, staff=44,
    populations=(("treatment_resident", 1.0),), ages=(20, 60), women=1.0,
    intake=Text("入所观察区", "Observation wing"),
    work=(("WS1", Text("康复车间", "Rehabilitation workshop")), ("GYM", Text("康复训练馆", "Training hall"))),
    sender="泠江市公安局", court="栖砚区人民法院", hospital="栖砚区人民医院", manner=Manner(skip_round=0.015),
)  # fmt: skip
XINGWU = Blueprint(
    "XW", "facility-s4-prison", Text("星坞监狱", "Xingwu prison"),
    wing=Text("{n}监区", "Wing {n}"), room=Text("{n} 监舍", "Cell {n}"), bed=Text("{n} 铺", "Bunk {n}"),
    sites=(Site("SITE", Text("星坞监狱", "Xingwu prison"), ("W1", "W2", "W3", "W4")),),
    floors=2, cells=6, bunks=8, residents=320, staff=52,
    populations=(("prisoner", 1.0),), ages=(19, 70), women=0.0,
    intake=Text("收教隔离区", "Reception and quarantine wing"),
    work=(("WS1", Text("劳动一车间", "Workshop 1")), ("WS2", Text("劳动二车间", "Workshop 2"))),
    sender="泠江市看守所", court="泠江市中级人民法院", hospital="明川省监狱中心医院", manner=_CAREFUL,
)  # fmt: skip

#: The first is the one that everybody's users but the bureau's belong to.
FACILITIES = (YUNTING, ZHENXI, DUTANG, QIYAN, XINGWU)
FIRST = YUNTING.code
