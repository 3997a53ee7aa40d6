"""
Measures that end in a record: a panel of tests, a form, a register, a report.

Source: design §2; themes F, I, J, L, N and S of the requirements.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from lazaretto.protocol.bounds import ALL, FEWER, LONGER, MORE, OFTENER, SOONER, YES
from lazaretto.protocol.cadence import Cadence, Span, refuse
from lazaretto.protocol.measures import Identifier, Item, Measure, Number, Path, Title, Whole
from lazaretto.protocol.text import Text


class Recurring(Measure):
    """A measure owed at a cadence, on an event, or both. `on` names the events or measures that ask for it."""

    cadence: Annotated[Cadence | None, OFTENER] = None
    on: Annotated[list[Identifier], ALL] = []

    @model_validator(mode="after")
    def _is_asked_for(self) -> "Recurring":
        if "cadence" not in self.model_fields_set and not self.on:
            raise refuse("recurring", Text("须给出 cadence 或 on", "give cadence or on"))
        return self

    def cadences(self) -> Iterator[tuple[Path, Cadence]]:
        if self.cadence is not None:
            yield ("cadence",), self.cadence


class Test(Item):
    """One test of a panel: what specimen, how many specimens in a tube, and the unit of its result if it has one."""

    specimen: str | None = None
    pooled: Whole = 1
    ucum: str | None = None


class Panel(Recurring):
    """
    Tests for a target list drawn from the registers. `coverage` is the share that must have a valid result or a reason;
    `rounds` how many in the window `window`; `tiers` the order of sampling. Refusal is recorded, explained, and never
    disciplined; results are seen by the clinic and the person only.
    """

    kind: Literal["panel"]
    tests: Annotated[list[Test], ALL] = Field(min_length=1)
    tiers: list[Item] = []
    coverage: Annotated[Number | None, MORE] = Field(default=None, ge=0, le=1)
    rounds: Annotated[Whole | None, MORE] = None
    window: Annotated[Span | None, FEWER] = None
    valid_for: Annotated[Span | None, FEWER] = None
    result_within: Annotated[Span | None, SOONER] = None
    refusal: Title | None = None
    gap_reasons: Annotated[bool, YES] = True


class Question(Item):
    """A question of a form. `sensitive` answers are for the health side only."""

    type: Literal["yes_no", "date", "text", "choice", "number", "acknowledge", "time", "place"] = "yes_no"
    choices: list[Item] = []
    sensitive: bool = False
    optional: bool = False


class Form(Recurring):
    """
    A questionnaire or an acknowledgement over the people really there. `channels` is the ladder for those who do not
    answer; `recheck` the share asked again by somebody else; `layers` who looks at it after the person; `agree_with`
    the other source that must say the same. Silence is not "no": `explicit` asks everybody for an answer.
    """

    kind: Literal["form"]
    questions: Annotated[list[Question], ALL] = Field(min_length=1)
    channels: Annotated[list[Item], ALL] = []
    layers: Annotated[list[Item], ALL] = []
    agree_with: list[Item] = []
    recheck: Annotated[Number | None, MORE] = Field(default=None, ge=0, le=1)
    remind_before: Span | None = None
    explicit: Annotated[bool, YES] = True
    signed: bool = False
    opens: list[Identifier] = []


class Class(Item):
    """A class of a register: which classes may come next, and when somebody looks at the entry again."""

    next: list[Identifier] = []
    follow_up: Annotated[Span | None, SOONER] = None
    form: Identifier | None = None


class Column(Item):
    """A field of a register, classed for privacy."""

    class_: Literal["identifying", "sensitive", "plain"] = Field(default="plain", alias="class")


class Register(Measure):
    """
    A ledger: classes with their transitions, fields, follow-up. `look_back` is how far back is asked; `keep` is when an
    entry is deleted after its class is over. `retention` of the measure is the outer limit.
    """

    kind: Literal["register"]
    classes: Annotated[list[Class], ALL] = []
    fields: Annotated[list[Column], ALL] = []
    look_back: Annotated[Span | None, LONGER] = None
    follow_up: Annotated[Span | None, SOONER] = None
    keep: Annotated[Span | None, FEWER] = None
    read_by: list[str] = []

    @model_validator(mode="after")
    def _classes_are_known(self) -> "Register":
        known = {c.id for c in self.classes}
        for entry in self.classes:
            for name in entry.next:
                if name not in known:
                    raise refuse("class", Text(f"没有类别 {name}", f"there is no class {name}"), ("classes",))
        return self


class Report(Recurring):
    """
    What is owed to whom by when. `within` is the time after the event, `to` the recipients, `evidence` whether a nil
    report carries its proof; `escalate_to` is told when it is late. The clock starts at the event, not at the entry.
    """

    kind: Literal["report"]
    to: Annotated[list[Item], ALL] = Field(min_length=1)
    content: Annotated[list[Item], ALL] = []
    within: Annotated[Span | None, FEWER] = None
    nil: bool = False
    evidence: Annotated[bool, YES] = False
    receipt: Annotated[bool, YES] = False
    escalate_to: list[str] = []
    fields: Annotated[list[Item], ALL] = []
