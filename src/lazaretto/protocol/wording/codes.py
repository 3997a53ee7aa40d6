"""
The words of codes: the fixed choices of the format, and units.

A name that stands nowhere is shown as it is written; that is never wrong, only less kind.
"""

import re

from lazaretto.protocol.text import Text
from lazaretto.protocol.wording.names import NAMES
from lazaretto.protocol.wording.phrases import same

#: Choices of a field, by field and value.
CHOICES: dict[str, dict[str, Text]] = {
    "line": {
        "import": Text("防输入", "Against bringing in"),
        "internal": Text("防扩散", "Against spreading inside"),
        "export": Text("防输出", "Against carrying out"),
        "welfare": Text("权益保障", "What people are owed"),
    },
    "waiver": {
        "approval": Text("可批准临时放宽", "may be loosened for a while with approval"),
        "none": Text("红线，任何人不得放宽", "red line: nobody may loosen it"),
    },
    "subject": {
        "person": Text("人员", "people"),
        "place": Text("场所", "places"),
        "asset": Text("设备和车辆", "devices and vehicles"),
        "group": Text("班组", "groups"),
        "facility": Text("本单位", "the facility"),
    },
    "covers": {
        "self": Text("只算所做的那一处", "counts for that place only"),
        "below": Text("对一处做的，其内各处都算", "what is done on a place counts for the places in it"),
    },
    "presence": {
        "on_site": Text("在场时", "while present"),
        "assigned": Text("按岗位，下班也算", "by assignment, also off duty"),
    },
    "stream": {
        "person": Text("人员", "people"),
        "vehicle": Text("车辆", "vehicles"),
        "goods": Text("货物", "goods"),
        "food": Text("食品", "food"),
        "medicine": Text("药品", "medicines"),
        "patient": Text("病人", "patients"),
        "document": Text("文件", "documents"),
        "project": Text("工程项目", "projects"),
        "case": Text("个案", "cases"),
    },
    "directions": {"in": Text("进", "in"), "out": Text("出", "out")},
    "does": {
        "check": Text("查验", "check"),
        "approve": Text("批准", "approve"),
        "act": Text("办理", "act"),
        "sample": Text("采样", "sample"),
        "wait": Text("静置等候", "wait"),
        "record": Text("登记", "record"),
    },
    "placement": {
        "single_room": Text("单间", "single room"),
        "segregation": Text("单独关押", "segregation"),
        "cohort": Text("同类合住", "with others in the same state"),
        "own_room": Text("原住房间", "own room"),
        "home": Text("居家", "at home"),
        "site": Text("指定地点", "a named site"),
        "ward": Text("病区", "ward"),
    },
    "on_silence": {
        "continue": Text("继续", "it goes on"),
        "cohort_or_clear": Text(
            "转为合住或解除，不得继续", "the person moves to company or is cleared, never on as before"
        ),
        "cohort": Text("转为合住", "the person moves to company"),
        "clear": Text("解除", "the person is cleared"),
    },
    "purpose": {
        "isolation": Text("隔离治疗（病例）", "isolation of cases"),
        "quarantine": Text("隔离观察（接触者、入监）", "quarantine of people exposed and well"),
        "cohorting": Text("病例合住", "cohorting of cases"),
        "intake": Text("新收观察", "intake"),
        "pre_release": Text("出监前观察", "before release"),
        "standby": Text("备勤观察", "standby before duty"),
        "observation": Text("观察", "observation"),
    },
    "counts_from": {
        "entry": Text("进入之时", "entry"),
        "last_exposure": Text("最后一次接触", "the last exposure"),
        "onset": Text("发病", "onset"),
        "legal_date": Text(
            "法定日期往前倒推，该日期不因此变动", "back from the date set by law, which nothing here moves"
        ),
    },
    "day_one_is": {
        "same_day": Text("当天算第一天", "the same day is day one"),
        "next_day": Text("次日算第一天", "the next day is day one"),
    },
    "where": {
        "inside": Text("封闭区内执勤", "on duty inside"),
        "standby": Text("隔离备勤", "standby, apart"),
        "home": Text("居家休整", "at home"),
        "office": Text("机关", "in the office"),
        "other_site": Text("其他地点", "at another site"),
        "away": Text("外出", "away"),
    },
    "what": {
        "people": Text("人员进出", "people coming and going"),
        "vehicles": Text("车辆", "vehicles"),
        "goods": Text("物品", "goods"),
        "visits": Text("会见", "visits"),
        "leave": Text("请假外出", "leave"),
        "activities": Text("活动", "activities"),
        "gatherings": Text("聚集", "gatherings"),
        "intake": Text("收押收治", "intake"),
        "movement": Text("内部流动", "movement inside"),
        "zone": Text("区域", "zones"),
        "outings": Text("外出", "outings"),
    },
    "per": {
        "facility": Text("每个单位", "facility"),
        "zone": Text("每个区域", "zone"),
        "unit": Text("每个监区或部门", "unit"),
        "shift": Text("每班", "shift"),
        "area": Text("每片", "area"),
        "post": Text("每个岗位", "post"),
        "person": Text("每人", "person"),
        "household": Text("每户", "household"),
        "case": Text("每个个案", "case"),
        "day": Text("每天", "day"),
        "meal": Text("每餐", "meal"),
        "week": Text("每周", "week"),
        "month": Text("每月", "month"),
        "occasion": Text("每次", "occasion"),
        "stay": Text("每段住期", "stay"),
        "room": Text("每间", "room"),
        "community": Text("每个社区", "community"),
        "group": Text("每组", "group"),
        "gathering": Text("每次聚集", "gathering"),
        "door": Text("每扇门", "door"),
        "year": Text("每年", "year"),
        "floor": Text("每层", "floor"),
        "vehicle": Text("每辆车", "vehicle"),
        "table": Text("每桌", "table"),
        "grid_officer": Text("每名网格员", "grid officer"),
    },
    "spaces": {
        "rooms": Text("房间", "rooms"),
        "routes": Text("路线", "routes"),
        "meals": Text("就餐", "meals"),
        "tasks": Text("工作", "tasks"),
        "vehicles": Text("车辆", "vehicles"),
        "yard": Text("放风场", "yard"),
        "toilets": Text("卫生间", "toilets"),
        "corridors": Text("走廊", "corridors"),
    },
    "type": {
        "yes_no": Text("是或否", "yes or no"),
        "date": Text("日期", "a date"),
        "text": Text("文字", "words"),
        "choice": Text("选一项", "one of a list"),
        "number": Text("数字", "a number"),
        "acknowledge": Text("知悉确认", "acknowledged"),
        "time": Text("时间", "a time"),
        "place": Text("地点", "a place"),
    },
    "class": {
        "identifying": Text("可识别个人", "identifies a person"),
        "sensitive": Text("敏感", "sensitive"),
        "plain": Text("一般", "plain"),
    },
    "clock_from": {
        "event": Text("从事情发生时起算", "from the event itself"),
        "learned": Text("从得知时起算", "from when it was learned of"),
    },
    "beyond": {
        "warn": Text("提醒", "a warning"),
        "block": Text("不予办理", "it is refused"),
        "escalate": Text("上报处理", "it goes to the next higher body"),
    },
    "policy": {
        "skip": Text("不做", "not done"),
        "observe": Text("只查看、不唤醒", "looking in, nobody is woken"),
        "same": Text("照常", "as by day"),
    },
    "layer": {
        "law": Text("法律与权益", "law and welfare"),
        "national": Text("国家基线", "national baseline"),
        "system": Text("系统包", "system pack"),
        "area": Text("地区包", "area pack"),
        "facility": Text("单位包", "facility pack"),
    },
    "result": {
        "negative": Text("阴性", "negative"),
        "positive": Text("检出", "detected"),
        "normal": Text("正常", "normal"),
        "fit": Text("适合", "fit"),
        "passed": Text("合格", "passed"),
        "granted": Text("同意", "granted"),
        "approved": Text("批准", "approved"),
        "valid": Text("有效", "valid"),
        "complete": Text("齐全", "complete"),
        "done": Text("已完成", "done"),
        "yes": Text("是", "yes"),
        "no": Text("否", "no"),
        "ok": Text("合格", "in order"),
    },
    "ucum": {"Cel": same("°C"), "/min": Text("次/分", "a minute"), "1": Text("", ""), "{Ct}": same("Ct")},
}
CHOICES["accept"] = CHOICES["result"]

#: Units of amounts, as they stand behind a number; English with its plural where it has one.
UNITS: dict[str, Text] = {
    "1": Text("", ""),
    "d": Text("天", "days"),
    "h": Text("小时", "hours"),
    "min": Text("分钟", "minutes"),
    "wk": Text("周", "weeks"),
    "mo": Text("个月", "months"),
    "kg": Text("千克", "kg"),
    "g": Text("克", "g"),
    "L": Text("升", "l"),
    "mL": Text("毫升", "ml"),
    "%": same("%"),
    "m": Text("米", "m"),
    "m2": Text("平方米", "m²"),
    "Cel": same("°C"),
    "mg/L": Text("毫克/升", "mg/l"),
    "CNY": Text("元", "yuan"),
    "set": Text("套", "sets"),
    "{person}": Text("人", "people"),
    "{suit}": Text("套", "suits"),
    "{piece}": Text("件", "pieces"),
    "{pair}": Text("双", "pairs"),
    "{call}": Text("次", "calls"),
    "{dose}": Text("剂", "doses"),
    "{test}": Text("份", "tests"),
    "jin": Text("斤", "jin"),
    "[jin_cn]": Text("斤", "jin"),
}


def choice(field: str, value: str) -> Text | None:
    """Return the words of a fixed choice of a field, or None if it has none."""
    return CHOICES.get(field, {}).get(value)


def unit(code: str) -> Text:
    """Return a unit as it stands behind a number; one in braces that stands nowhere is its own word."""
    return UNITS.get(code) or NAMES.get(code) or same(re.sub(r"[\[\]{}]", "", code))


def name(code: str) -> Text:
    """Return the words of a name, or the name as it is written."""
    return NAMES.get(code) or same(code)
