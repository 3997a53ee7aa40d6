"""
A round: a recurring act on each subject or place, fulfilled by facts of one observation. The kind that is executed.

Source: design §2; contract rules 1 to 8.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from lazaretto.protocol.bounds import ALL, FEWER, MORE, OFTENER, YES
from lazaretto.protocol.cadence import Cadence, Span, Strict, refuse
from lazaretto.protocol.clock import Duration
from lazaretto.protocol.measures import Identifier, Item, Measure, Number, Title, Whole
from lazaretto.protocol.record import SubjectKind
from lazaretto.protocol.second_reading import SecondReading
from lazaretto.protocol.text import Text


class EntryAllowance(Strict):
    """How long after the observation it may be entered before it counts as entered late."""

    online: Span = Duration(seconds=2 * 3600)
    offline: Span = Duration(days=1)


class SecondSource(Strict):
    """
    A second source that must agree with the record (gate log and playback, ledger and count); a difference beyond
    `tolerance` raises a finding. `cadence` says how often they are compared.
    """

    with_: Identifier = Field(alias="with")
    title: Title
    by: str | None = None
    tolerance: Annotated[Whole, FEWER] = 0
    cadence: Annotated[Cadence | None, OFTENER] = None


class Round(Measure):
    """
    A recurring act on each subject or place, fulfilled by facts of one observation.

    `covers: below` lets a fact on a place count for the places below it; `occupied` asks a place only while somebody
    is in it; `presence: assigned` asks people by their assignment, also off duty. The two thresholds are those of the
    two-step fever rule and only make sense for temperature, like `second_reading`, which says how the second one is taken.
    `items` is what is looked at, `record` what is written
    down, `sample` the share that somebody else looks at again, `pair` asks for a second person.
    """

    provisional: ClassVar[bool] = False

    kind: Literal["round"]
    observation: Identifier
    subject: SubjectKind = "person"
    cadence: Annotated[Cadence | None, OFTENER]
    covers: Literal["self", "below"] = "self"
    occupied: bool = False
    presence: Literal["on_site", "assigned"] = "on_site"
    entry_allowance: EntryAllowance = Field(default_factory=EntryAllowance)
    screen_threshold: Annotated[Number | None, FEWER] = None
    confirm_threshold: Annotated[Number | None, FEWER] = None
    second_reading: SecondReading | None = None
    items: Annotated[list[Item], ALL] = []
    record: Annotated[list[Identifier], ALL] = []
    check: SecondSource | None = None
    sample: Annotated[Number | None, MORE] = Field(default=None, ge=0, le=1)
    pair: Annotated[bool, YES] = False

    @property
    def pace(self) -> Cadence:
        """The cadence of a round that is in force; one whose number is not filled in yet cannot be."""
        assert self.cadence is not None, self.id
        return self.cadence

    @model_validator(mode="after")
    def _sense(self) -> "Round":
        if self.subject != "person" and any(s.populations for s in self.applies_to):
            raise refuse("populations", Text("只有人员措施可选人群", "only a measure on persons selects populations"))
        if self.occupied and self.subject != "place":
            raise refuse("occupied", Text("occupied 只用于场所", "occupied is for places only"))
        return self
