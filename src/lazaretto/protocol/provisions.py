"""
Measures that end in something given or ready: an entitlement, a stock, a plan with its drills.

Source: design §2, domain §8.2 and §11; themes B, O, P and U of the requirements.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from lazaretto.protocol.bounds import ALL, LONGER, MORE, OFTENER, SOONER, YES
from lazaretto.protocol.cadence import Cadence, Span, refuse
from lazaretto.protocol.measures import Identifier, Item, Measure, Number, Path, Whole
from lazaretto.protocol.text import Text


class Good(Item):
    """What is given, how much of it for each `per`. `instead` is given where it cannot be (an allergy, a faith)."""

    amount: Annotated[Number | None, MORE] = None
    unit: str = "1"
    per: Literal["day", "meal", "week", "month", "occasion", "stay"] = "day"
    instead: list[Item] = []


class Entitlement(Measure):
    """
    What each person is owed. `first_within` is how soon the first must be given; `for_` names the measures that make it
    owed (a suspended visit, an isolation); `while_` the standing during which it is. `never_denied` says that nobody,
    for any reason, withholds it.
    """

    kind: Literal["entitlement"]
    goods: Annotated[list[Good], ALL] = Field(min_length=1)
    cadence: Annotated[Cadence | None, OFTENER] = None
    first_within: Annotated[Span | None, SOONER] = None
    for_: Annotated[list[Identifier], ALL] = Field(default=[], alias="for")
    while_: dict[str, str] = Field(default={}, alias="while")
    never_denied: Annotated[bool, YES] = False
    offered_to: list[str] = []
    answer_within: Annotated[Span | None, SOONER] = None

    def cadences(self) -> Iterator[tuple[Path, Cadence]]:
        if self.cadence is not None:
            yield ("cadence",), self.cadence


class Reserve(Item):
    """
    An item of the reserve: in which unit it is kept, how many days of cover and how many pieces at least. `units` says
    how many of `unit` another unit holds (1 jin = 0.5 kg).
    """

    unit: str = "1"
    days_of_cover: Annotated[Number | None, MORE] = None
    least: Annotated[Number | None, MORE] = None
    units: dict[str, Number] = {}
    protection: str | None = None
    expires: bool = True


class Stock(Measure):
    """Reserves and their use. `cadence` is how often they are counted; `burn_over` over how many days use is averaged."""

    kind: Literal["stock"]
    items: Annotated[list[Reserve], ALL] = Field(min_length=1)
    cadence: Annotated[Cadence | None, OFTENER] = None
    burn_over: Span | None = None
    lead_time: Span | None = None
    ledger: Annotated[bool, YES] = False

    def cadences(self) -> Iterator[tuple[Path, Cadence]]:
        if self.cadence is not None:
            yield ("cadence",), self.cadence


class Paper(Item):
    """A plan, scheme or stage of a campaign that must be there; `number` where a report counts them."""

    number: Annotated[Whole | None, MORE] = None
    review: Annotated[Span | None, SOONER] = None
    within: Annotated[Span | None, SOONER] = None


class Drill(Item):
    """A drill: its scenario, how often, and by what it is scored. It runs the real procedure on invented people."""

    scenario: Annotated[list[Item], ALL] = []
    cadence: Annotated[Cadence | None, OFTENER] = None
    at_least: Annotated[Whole | None, MORE] = None
    scored: Annotated[list[Item], ALL] = []


class Plan(Measure):
    """
    Plans and drills that are required. Each revision names its cause; each drill closes only with findings
    (`after_action`). `stages` are the ordered parts of a campaign.
    """

    kind: Literal["plan"]
    papers: Annotated[list[Paper], ALL] = []
    drills: Annotated[list[Drill], ALL] = []
    stages: Annotated[list[Paper], ALL] = []
    causes: list[Item] = []
    review: Annotated[Span | None, SOONER] = None
    after_action: Annotated[bool, YES] = False
    keeps: Annotated[Span | None, LONGER] = None

    @model_validator(mode="after")
    def _something(self) -> "Plan":
        if not (self.papers or self.drills or self.stages):
            raise refuse("plan", Text("须给出 papers、drills 或 stages", "give papers, drills or stages"))
        return self

    def cadences(self) -> Iterator[tuple[Path, Cadence]]:
        for drill in self.drills:
            if drill.cadence is not None:
                yield ("drills", drill.id, "cadence"), drill.cadence
