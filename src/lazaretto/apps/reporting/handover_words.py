"""What a transfer file says, in words, for a terminal and for the page that the receiving clinician reads."""

from collections.abc import Iterator, Mapping
from typing import Any

from lazaretto.apps.registry.identity import masked
from lazaretto.apps.registry.standings import KEYS
from lazaretto.protocol.clock import local, parse_moment
from lazaretto.protocol.text import Text

SEXES = {"male": Text("男", "male"), "female": Text("女", "female"), "unknown": Text("性别不详", "sex unknown")}
DATES = {"release": Text("释放", "release")}
NOT_COLLECTED = {
    "exposures": Text("接触史", "exposures"),
    "medicines": Text("用药", "medicines"),
    "laboratory": Text("检验", "laboratory results"),
}
Lines = tuple[Text, list[Text]]


def transfer_lines(document: Mapping[str, Any], *, health: bool = True, identity: bool = True) -> Iterator[Lines]:
    """
    Yield the parts of a transfer file with their lines, for a terminal or a page; as far as the reader may see health
    information and identity numbers.
    """
    zone = document["from"]["zone"]
    told, sender, to = document["person"], document["from"], document["to"]
    sex = SEXES.get(told["sex"], Text("", ""))
    born = told["born"]
    number = told["identity_number"] if identity else masked(told["identity_number"])
    number = number or told["identity_kind"]
    yield (
        Text("人员", "Person"),
        [
            Text(
                f"{told['name']}（{told['code']}）{sex.zh} {born}", f"{told['name']} ({told['code']}) {sex.en} {born}"
            ),
            *([Text(f"证件 {number}", f"identity {number}")] if number else []),
            *([_others(document["aliases"])] if document["aliases"] else []),
        ],
    )
    left = _wall(document["left_at"], zone)
    yield Text("移交", "Transfer"), [
        Text(f"{sender['name_zh'] or sender['code']} → {to['name_zh'] or to['code']}，{left} 离开",
             f"{sender['name_en'] or sender['name_zh'] or sender['code']} → {to['name_en'] or to['name_zh'] or to['code']}, left {left}"),
        Text(f"理由：{document['reason']}", f"reason: {document['reason']}"),
    ]  # fmt: skip
    dates = [
        Text(f"{DATES.get(d['kind'], Text(d['kind'], d['kind'])).zh} {d['on']}", f"{DATES.get(d['kind'], Text(d['kind'], d['kind'])).en} {d['on']}")
        for d in document["legal_dates"]
    ]  # fmt: skip
    yield (
        Text("法定日期（照原样，任何措施都不能推迟）", "Lawful dates (as they are; nothing here postpones one)"),
        dates or [_none()],
    )
    shown = [s for s in document["standings"] if health or not s["health"]]
    yield (
        Text("现行措施与防护，时钟照旧", "What holds, with its clock running on"),
        [_standing(s, zone) for s in shown] or [_none()],
    )
    if health:
        yield from _health(document, zone)
    else:
        yield Text("健康信息", "Health information"), [Text("只有医务人员可见", "seen by clinicians only")]
    yield Text("最近 21 天住处", "Where, in the last 21 days"), [_stay(s, zone) for s in document["stays"]] or [_none()]
    yield Text("依据", "Under"), [_protocol(document["protocol"]), _missing(document["not_collected"])]


def _health(document: Mapping[str, Any], zone: str) -> Iterator[Lines]:
    fever, readings = document["fever"], document["temperatures"]
    lines = [_fever(fever, zone)]
    lines += [Text(f"{_wall(r['observed_at'], zone)}  {r['value']} °C", f"{_wall(r['observed_at'], zone)}  {r['value']} °C") for r in readings]  # fmt: skip
    yield Text("最近 14 天体温", "Temperature, last 14 days"), lines
    if document["excuses"]:
        yield Text("免做", "Excused"), [
            Text(f"{e['measure'] or '全部'}：{e['reason']}，至 {_wall(e['to'], zone)}", f"{e['measure'] or 'all'}: {e['reason']}, until {_wall(e['to'], zone)}")
            for e in document["excuses"]
        ]  # fmt: skip


def _fever(fever: Mapping[str, Any], zone: str) -> Text:
    if not fever["measured"]:
        return Text("发热：规程没有要求测量", "fever: no measure asks for it")
    if fever["open_since"] is None:
        return Text("发热：没有未结的", "fever: none open")
    since = _wall(fever["open_since"], zone)
    return Text(f"发热未结，自 {since}", f"fever open since {since}")


def _others(aliases: list[Mapping[str, str]]) -> Text:
    names = "、".join(a["name"] for a in aliases)
    return Text(f"又名 {names}", f"also called {names}")


def _standing(item: Mapping[str, Any], zone: str) -> Text:
    key = KEYS[item["key"]].title if item["key"] in KEYS else Text(item["key"], item["key"])
    known = KEYS[item["key"]].values if item["key"] in KEYS else None
    value = (known or {}).get(item["value"], Text(item["value"], item["value"]))
    since = _wall(item["from"], zone) if item["from"] else "—"
    until = Text(f" 至 {_wall(item['to'], zone)}", f" until {_wall(item['to'], zone)}") if item["to"] else Text("", "")
    return Text(f"{key.zh}：{value.zh}，自 {since}{until.zh}", f"{key.en}: {value.en}, since {since}{until.en}")


def _stay(stay: Mapping[str, Any], zone: str) -> Text:
    start, n = _wall(stay["from"], zone), stay["others"]
    end = _wall(stay["to"], zone) if stay["to"] else "—"
    return Text(
        f"{stay['room']}  {start} – {end}，同住 {n} 人",
        f"{stay['room']}  {start} – {end}, with {n} other{'' if n == 1 else 's'}",
    )


def _protocol(found: Mapping[str, Any] | None) -> Text:
    if found is None:
        return Text("没有采用规程", "no protocol was adopted")
    mark = found["digest"][:8]
    return Text(f"规程 {found['title_zh']} {found['version']}（{mark}），级别 {found['level']}", f"protocol {found['title_en']} {found['version']} ({mark}), level {found['level']}")  # fmt: skip


def _missing(codes: list[str]) -> Text:
    found = [NOT_COLLECTED.get(c, Text(c, c)) for c in codes]
    return Text(
        "本版本不收集：" + "、".join(t.zh for t in found),
        "not collected in this version: " + ", ".join(t.en for t in found),
    )


def _none() -> Text:
    return Text("无", "none")


def _wall(utc: str, zone: str) -> str:
    return local(zone, parse_moment(utc, "UTC")).strftime("%Y-%m-%d %H:%M")
