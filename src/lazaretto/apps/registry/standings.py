"""
The keys of standings that the platform knows: what they mean, which values they take, and whether several may hold at
once. A protocol may use others; they are kept as written.
"""

from typing import NamedTuple

from lazaretto.protocol.text import Text


class Key(NamedTuple):
    """A key: its name, its values with their names (None: any), whether several values may hold beside one another."""

    id: str
    title: Text
    values: dict[str, Text] | None = None
    several: bool = False
    health: bool = False
    """Says something of somebody's health: shown only to those who may read that, and the look is logged."""


_YES_NO = {"true": Text("是", "yes"), "false": Text("否", "no")}
PRECAUTIONS: dict[str, Text] = {
    "contact": Text("接触防护", "contact"),
    "droplet": Text("飞沫防护", "droplet"),
    "airborne": Text("空气防护", "airborne"),
    "single_room": Text("单间", "single room"),
    "mask": Text("戴口罩", "mask"),
    "separate_meals": Text("分餐", "separate meals"),
    "no_shared_items": Text("不共用物品", "no shared items"),
}
#: Medicines of which no dose may be missed (domain §8.2, D9). `insulin/2` says two doses a day; without a number it is one.
MEDICINES: dict[str, Text] = {
    "opioid_agonist": Text("阿片类替代治疗", "opioid agonist"),
    "insulin": Text("胰岛素", "insulin"),
    "anticonvulsant": Text("抗癫痫药", "anticonvulsant"),
    "antiretroviral": Text("抗病毒药", "antiretroviral"),
    "tuberculosis": Text("抗结核药", "tuberculosis medicine"),
    "psychotropic": Text("精神科用药", "psychotropic"),
    "other": Text("其他长期用药", "another regular medicine"),
}
KEYS: dict[str, Key] = {
    key.id: key
    for key in (
        Key("precaution", Text("防护要求", "precaution"), PRECAUTIONS, several=True),
        Key("isolation_stage", Text("隔离治疗阶段", "stage of isolation")),
        Key("quarantine_stage", Text("隔离观察阶段", "stage of quarantine")),
        Key("wake_for_rounds", Text("夜间须唤醒测量", "woken for rounds at night"), _YES_NO),
        Key("class", Text("场所类别", "class of place"), several=True),
        Key("service", Text("使用状态", "in service"), {
            "in": Text("使用中", "in service"), "out": Text("停用", "out of service"),
            "cleaning": Text("终末消毒中", "being disinfected"),
        }),
        Key("behind", Text("位于其后的门", "gate that comes first"), several=True),
        Key("duty_state", Text("勤务状态", "duty state")),
        Key("fit", Text("适合上岗", "fit for duty"), _YES_NO),
        Key("cleared_until", Text("进入许可至", "cleared until")),
        Key("rest_order", Text("强制休息", "mandatory rest"), _YES_NO),
        Key("risk_flag", Text("关注事项", "risk flag"), several=True, health=True),
        Key("regular_medicine", Text("长期用药", "regular medicine"), MEDICINES, several=True, health=True),
        Key("vulnerable", Text("重点人员", "vulnerable"), several=True, health=True),
    )
}  # fmt: skip


def slot_of(key: str, value: str) -> str:
    """Return what may not overlap under a key: nothing more than the key itself, or each of its values apart."""
    known = KEYS.get(key)
    return value if known is not None and known.several else ""


def is_health(key: str) -> bool:
    """Say whether a standing tells of somebody's health. A key that nobody knows is taken to."""
    return KEYS[key].health if key in KEYS else True
