"""The words of the register: populations, sexes, kinds of movement and of place, precautions, reasons."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.registry.movements import KINDS, WHEREABOUTS
from lazaretto.apps.registry.queries import HELD
from lazaretto.apps.registry.standings import KEYS, PRECAUTIONS
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording.names import NAMES
from lazaretto.web.dates import chinese, day, local

PLACE_KINDS: dict[str, Text] = {
    "site": Text("全所", "site"), "wing": Text("监区", "wing"), "floor": Text("楼层", "floor"),
    "cell": Text("监室", "cell"), "room": Text("房间", "room"), "dormitory": Text("宿舍", "dormitory"),
    "bed": Text("床位", "bed"), "kitchen": Text("伙房", "kitchen"), "gate": Text("大门", "gate"),
    "infirmary": Text("医务室", "infirmary"), "ward": Text("病区", "ward"), "yard": Text("院子", "yard"),
    "workshop": Text("车间", "workshop"), "canteen": Text("食堂", "canteen"), "office": Text("办公室", "office"),
    "building": Text("楼", "building"), "zone": Text("区域", "zone"), "isolation_room": Text("隔离间", "isolation room"),
    "duty_room": Text("值班室", "duty room"), "store": Text("库房", "store"), "visit_room": Text("会见室", "visit room"),
    "bathroom": Text("浴室", "bathroom"), "classroom": Text("教室", "classroom"), "corridor": Text("走廊", "corridor"),
}  # fmt: skip
#: Why somebody came or left, as the headcount names it.
REASONS: dict[str, Text] = {
    "admitted": Text("收押", "admitted"), "transferred_in": Text("转入", "transferred in"),
    "returned": Text("返回", "returned"), "released": Text("释放", "released"),
    "transferred_out": Text("转出", "transferred out"), "died": Text("死亡", "died"), "away": Text("外出", "went out"),
    "moved": Text("所内调动", "moved inside"), "merged": Text("并档", "files merged"),
}  # fmt: skip
SEXES = {"male": Text("男", "male"), "female": Text("女", "female"), "unknown": Text("性别不详", "sex unknown")}
IDENTITY = {
    "national_id": Text("居民身份证", "identity card"), "passport": Text("护照", "passport"),
    "permit": Text("通行证或居留证", "permit"), "none": Text("没有证件", "has none"), "unknown": Text("不详", "unknown"),
}  # fmt: skip
ALIASES = {
    "former": Text("曾用名", "former name"), "script": Text("其他写法", "other script"),
    "nickname": Text("绰号", "nickname"), "code": Text("并入档案的编号", "code of a merged file"),
    "other": Text("其他", "other"),
}  # fmt: skip
ASSIGNMENTS = {"post": Text("岗位", "post"), "role": Text("职责", "role"), "group": Text("单位或班组", "unit or team")}
LEGAL = {"release": Text("法定释放", "lawful release"), "review": Text("复议", "review")}
SOURCES = {
    "import": Text("导入", "imported"), "movement": Text("变动登记", "entered as a movement"),
    "merge": Text("并档", "from a merged file"), "clinic": Text("医务", "set by clinicians"),
    "register": Text("建档", "on registration"), "assign": Text("指派", "assigned"), "console": Text("手工登记", "by hand"),
}  # fmt: skip
#: Who acted, where it was no user.
MACHINES = {"console": Text("命令行", "command line"), "import": Text("导入", "import"), "demo": Text("演示", "demo")}


def word(table: Mapping[str, Text], code: str) -> str:
    """Return the word of a code; a code that stands nowhere is shown as it is written."""
    return title(table[code]) if code in table else code


class Populations:
    """What populations are called: by the protocol in force, else by their class, else by their code."""

    def __init__(self, document: Any) -> None:
        self.titles = {p.id: p.title for p in document.populations} if document is not None else {}

    def __call__(self, code: str) -> str:
        if code in self.titles:
            return title(self.titles[code])
        return word(NAMES, code)


def movement(kind: str) -> str:
    return title(KINDS[kind].title) if kind in KINDS else kind


def whereabouts(code: str, base: str = "resident") -> str:
    """Return where somebody is; of staff and visitors, who are on no books, only whether they are on site."""
    if code == "gone" and base not in HELD:
        return gettext("off site")
    return title(WHEREABOUTS[code])  # type: ignore[index]


def precaution(value: str) -> str:
    return word(PRECAUTIONS, value)


def standing(key: str, value: str) -> tuple[str, str]:
    """Return what a standing is called, and its value in words."""
    known = KEYS.get(key)
    if known is None:
        return key, value
    return title(known.title), word(known.values or {}, value)


def place_kind(kind: str) -> str:
    return word(PLACE_KINDS, kind)


def place_name(place: Any) -> str:
    """Return a place by name and code, where they differ."""
    name = in_language(place)
    return name if place.code == name else f"{name} ({place.code})" if not chinese() else f"{name}（{place.code}）"


def born(person: Any) -> str:
    """Return a birth date as exactly as it is known, in words; empty if it is not."""
    if person.birth_date is None:
        return ""
    on = person.birth_date
    if person.birth_precision == "year":
        return gettext("born in %(year)s") % {"year": on.year}
    if person.birth_precision == "month":
        return gettext("born in %(year)s-%(month)s") % {"year": on.year, "month": f"{on.month:02d}"}
    return gettext("born %(date)s") % {"date": on.isoformat()}


def age(person: Any, today: Any) -> str:
    """Return an age in whole years; unknown months leave it within a year."""
    if person.birth_date is None:
        return ""
    born_on = person.birth_date
    years = today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
    if person.birth_precision == "day":
        return ngettext("%(n)s year old", "%(n)s years old", years) % {"n": years}
    return gettext("about %(n)s years old") % {"n": years}


def when(ms: int | None, zone: str, today: Any) -> str:
    """Return a moment, with its year if that is not this one."""
    if ms is None:
        return ""
    at = local(ms, zone)
    shown = f"{day(at.date())} {at:%H:%M}"
    if at.year == today.year:
        return shown
    return f"{at.year} 年 {shown}" if chinese() else f"{day(at.date())} {at.year} {at:%H:%M}"


def joined(parts: Any) -> str:
    """Return the parts that are there, parted as a list is."""
    return ("、" if chinese() else ", ").join(str(p) for p in parts if p)


def sentences(*parts: str) -> str:
    """Return sentences one after the other, as the language of the page sets them."""
    return ("" if chinese() else " ").join(p for p in parts if p)


def dotted(parts: Any) -> str:
    """Return what is said of one thing side by side."""
    return " · ".join(str(p) for p in parts if p)
