"""
Chlorine and other agents: how much stock, whether what was mixed may be used, and what never meets.

`made up to` fills the stock up with water to the total; `into` pours it into that much water, and so comes out weaker.
Both are computed and both are shown: a leaflet that says one and means the other is common. Amounts are exact to the
figures given; nothing is rounded here. Source: domain §11.
"""

from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

MG_PER_PERCENT = Decimal(10_000)
#: Per cent of chlorine that a label of household bleach may say; outside it the label is read again.
LABEL = (Decimal(4), Decimal(7))
OPEN_DAYS, SOLUTION_HOURS = 30, 24
#: How far a test strip may be from the target.
STRIP = Decimal("0.10")
_HOUR, _DAY = 3_600_000, 86_400_000

#: What may not be mixed with what, each pair once, and what comes of it.
BLOCKED: dict[frozenset[str], Text] = {
    frozenset({"chlorine", "acid"}): Text("产生氯气，可致死", "gives off chlorine gas, which kills"),
    frozenset({"chlorine", "alcohol"}): Text("产生有毒的氯代物", "makes poisonous chlorine compounds"),
    frozenset({"chlorine", "peroxide"}): Text("剧烈反应，失效", "reacts violently and loses its effect"),
    frozenset({"chlorine", "ammonia"}): Text("产生有毒的氯胺气体", "gives off poisonous chloramine gas"),
}
AGENTS: dict[str, Text] = {
    "chlorine": Text("含氯消毒液（84）", "chlorine (bleach)"),
    "alcohol": Text("75% 酒精", "alcohol, 75 %"),
    "peroxide": Text("过氧化氢", "hydrogen peroxide"),
    "ammonia": Text("氨水", "ammonia"),
    "acid": Text("酸性洁厕剂", "acid toilet cleaner"),
}


class Mixture(NamedTuple):
    """Stock and water for a total, and what it then has, in mL and mg/L."""

    stock_ml: Decimal
    water_ml: Decimal
    mg_per_l: Decimal

    @property
    def total_ml(self) -> Decimal:
        return self.stock_ml + self.water_ml


class Tablets(NamedTuple):
    """Whole tablets for a total, and what it then has: never less than asked for."""

    exact: Decimal
    whole: int
    mg_per_l: Decimal


class Solution(NamedTuple):
    """
    What is about to be used. `label` is the strength of the stock in per cent, `strip` what a test strip read in mg/L,
    `contact_min` how long it stays on. None where nobody knows; what is not known is not held to be right.
    """

    target: Decimal
    mixed_at: int | None = None
    opened_at: int | None = None
    label: Decimal | None = None
    strip: Decimal | None = None
    contact_min: Decimal | None = None


class Warned(NamedTuple):
    """A check that did not pass. `stops` is whether the solution may not be used."""

    code: str
    words: Text
    stops: bool


def strength(per_cent: Decimal) -> Decimal:
    """Return mg/L of a stock that a label gives in per cent (5 % is 50,000 mg/L)."""
    return per_cent * MG_PER_PERCENT


def made_up_to(target: Decimal, total_ml: Decimal, stock: Decimal) -> Mixture:
    """Return the mixture that is filled up with water to `total_ml`: V_stock = C·V / C_stock. :raises Refusal: no_mixture."""
    _check(target, total_ml, stock)
    amount = target * total_ml / stock
    return Mixture(amount, total_ml - amount, target)


def into(target: Decimal, water_ml: Decimal, stock: Decimal) -> Mixture:
    """Return the mixture for stock poured into `water_ml` that reaches `target`. :raises Refusal: no_mixture."""
    _check(target, water_ml, stock)
    if target >= stock:
        raise Refusal("no_mixture", _TOO_WEAK)
    return Mixture(target * water_ml / (stock - target), water_ml, target)


def poured(stock_ml: Decimal, water_ml: Decimal, stock: Decimal) -> Mixture:
    """Return what comes out when `stock_ml` goes *into* `water_ml`: 10 mL of 5 % into 1 L is 495.05 mg/L, not 500."""
    if stock_ml < 0 or water_ml < 0 or stock_ml + water_ml <= 0 or stock <= 0:
        raise Refusal("no_mixture", _ABOVE_ZERO)
    return Mixture(stock_ml, water_ml, stock * stock_ml / (stock_ml + water_ml))


def tablets(target: Decimal, total_ml: Decimal, active_mg: Decimal) -> Tablets:
    """Return how many tablets of `active_mg` a total wants: C·V / active mg, whole ones upwards."""
    if min(target, total_ml, active_mg) <= 0:
        raise Refusal("no_mixture", _ABOVE_ZERO)
    litres = total_ml / 1000
    exact = target * litres / active_mg
    whole = int(exact.to_integral_value(rounding=ROUND_CEILING))
    return Tablets(exact, whole, whole * active_mg / litres)


def checks(solution: Solution, *, wanted_min: Decimal | None, at: int) -> list[Warned]:
    """Return what speaks against using a solution at `at`; `wanted_min` is the contact time that the item asks for."""
    found = []
    if solution.label is not None and not LABEL[0] <= solution.label <= LABEL[1]:
        words = Text("标签浓度不在 4–7% 内：再看一遍标签", "the label is not within 4 to 7 %: read it again")
        found.append(Warned("label", words, False))
    if solution.opened_at is not None and at - solution.opened_at > OPEN_DAYS * _DAY:
        words = Text("开瓶超过 30 天：复测或弃用", "opened more than 30 days ago: test it again or discard it")
        found.append(Warned("opened", words, solution.strip is None))
    if solution.mixed_at is not None and not 0 <= at - solution.mixed_at < SOLUTION_HOURS * _HOUR:
        words = Text("配制满 24 小时，重新配制", "mixed 24 hours ago or more: make a new one")
        if at < solution.mixed_at:
            words = Text("配制时间在将来", "the time of mixing is still to come")
        found.append(Warned("aged", words, True))
    if solution.strip is not None and abs(solution.strip - solution.target) > STRIP * solution.target:
        words = Text("试纸与目标相差超过 10%：重新配制", "the test strip is more than 10 % off: make a new one")
        found.append(Warned("strip", words, True))
    if wanted_min is not None and solution.contact_min is not None and solution.contact_min < wanted_min:
        words = Text(f"作用时间不足 {wanted_min} 分钟", f"the contact time is below {wanted_min} min")
        found.append(Warned("contact", words, True))
    return found


def check_together(*agents: str) -> None:
    """:raises Refusal: never_together, if any two of the agents may not meet."""
    known = [frozenset({a, b}) for n, a in enumerate(agents) for b in agents[n + 1 :]]
    for pair in known:
        if pair in BLOCKED:
            one, other = sorted(pair)
            comes = BLOCKED[pair]
            raise Refusal(
                "never_together",
                Text(
                    f"{AGENTS[one].zh}与{AGENTS[other].zh}不得混用：{comes.zh}。通风，离开，报告",
                    f"never mix {AGENTS[one].en} and {AGENTS[other].en}: it {comes.en}. Ventilate, leave, report",
                ),
            )


_ABOVE_ZERO = Text("数值须大于零", "the numbers must be above zero")
_TOO_WEAK = Text("原液比目标还淡", "the stock is weaker than the target")


def _check(target: Decimal, volume_ml: Decimal, stock: Decimal) -> None:
    if min(target, volume_ml, stock) <= 0:
        raise Refusal("no_mixture", _ABOVE_ZERO)
    if target > stock:
        raise Refusal("no_mixture", _TOO_WEAK)
