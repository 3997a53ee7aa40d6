"""
Classes of goods as data: on which streams of chains they run, which agent and contact time they bear, how cold they stay.

Food itself is never treated, only its packaging; what a class does not bear is never used on it. Source: requirements
5.23, domain §11; each record says which of its figures were checked.
"""

import csv
import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text


@dataclass(frozen=True, slots=True)
class GoodsClass:
    """
    One class. `streams` are the streams of the chains that its lots run on; where a chain knows classes, its lots pass as
    the first of `counts_as` that it knows, so that none slips through for being named more closely. `mg_per_l` and `minutes` the least that
    disinfects it (None: the agent is used as it is sold); `surface` what is treated; `coldest` and `warmest` the span in
    degrees that it is kept in, also during a hold.
    """

    id: str
    title: Text
    streams: frozenset[str]
    counts_as: tuple[str, ...]
    agent: str
    mg_per_l: Decimal | None
    minutes: Decimal
    surface: Text
    rinse: bool
    coldest: Decimal | None
    warmest: Decimal | None
    checked: str

    def among(self, classes: Collection[str]) -> str:
        """Return as which of a chain's classes this one passes, nothing if it is none of them."""
        return next((name for name in self.counts_as if name in classes), "")

    @property
    def is_cold(self) -> bool:
        return self.warmest is not None

    def keeps(self, celsius: Decimal) -> bool:
        """Say whether a temperature is within what this class is kept at."""
        return (self.coldest is None or celsius >= self.coldest) and (self.warmest is None or celsius <= self.warmest)

    def check_treated(self, *, agent: str, mg_per_l: Decimal | None, minutes: Decimal | None) -> None:
        """:raises Refusal: wrong_agent, no_strength, too_weak, no_contact_time, too_short."""
        if agent != self.agent:
            words = Text(f"这一类货物用 {self.agent}，不用 {agent}", f"this class takes {self.agent}, not {agent}")
            raise Refusal("wrong_agent", words)
        if self.mg_per_l is not None and mg_per_l is None:
            raise Refusal("no_strength", Text("写明浓度（mg/L）", "give the strength in mg/L"))
        if self.mg_per_l is not None and mg_per_l is not None and mg_per_l < self.mg_per_l:
            words = Text(f"浓度须不低于 {self.mg_per_l} mg/L", f"at least {self.mg_per_l} mg/L are needed")
            raise Refusal("too_weak", words)
        if minutes is None:
            raise Refusal("no_contact_time", Text("写明作用时间（分钟）", "give the contact time in minutes"))
        if minutes < self.minutes:
            words = Text(
                f"作用时间须不少于 {self.minutes} 分钟", f"at least {self.minutes} minutes of contact are needed"
            )
            raise Refusal("too_short", words)


def read(text: str) -> Mapping[str, GoodsClass]:
    """Return the classes of a table by id."""
    return {row["id"]: _class(row) for row in csv.DictReader(io.StringIO(text))}


def _class(row: Mapping[str, str]) -> GoodsClass:
    return GoodsClass(
        id=row["id"], title=Text(row["title_zh"], row["title_en"]), streams=frozenset(row["streams"].split()), counts_as=(row["id"], *row["counts_as"].split()),
        agent=row["agent"], mg_per_l=_number(row["mg_per_l"]), minutes=Decimal(row["minutes"]),
        surface=Text(row["surface_zh"], row["surface_en"]), rinse=row["rinse"] == "yes",
        coldest=_number(row["coldest"]), warmest=_number(row["warmest"]), checked=row["checked"],
    )  # fmt: skip


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None
