"""
What is looked at in a day's record beside its evidence: contradictions, honesty of readings, and early warning, as data.

Everything that these find is a question for a person. Nothing here is an input to a score, a ranking or a penalty.
Source: contract, rules 8 and 10; design §8; domain handbook §4.1 to 4.3.
"""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from lazaretto.protocol.cadence import Span, Strict
from lazaretto.protocol.clock import Duration
from lazaretto.protocol.measures import Identifier, Number, Source, Title, Whole


class BurstCheck(Strict):
    """More different subjects than `at_least` by one person `within` so short a time cannot have been visited."""

    at_least: int = Field(default=40, ge=2)
    within: Span = Duration(seconds=10)


class DigitCheck(Strict):
    """
    Last digits of the temperatures of one author or one thermometer in a day, where there are `at_least` so many: a question
    if chance makes such digits with less than `alpha`, and a share of `excess` or more would have to end in another digit.
    """

    at_least: Whole = Field(default=50, ge=10)
    alpha: Number = Field(default=Decimal("0.0001"), gt=0, le=Decimal("0.05"))
    excess: Number = Field(default=Decimal("0.15"), ge=0, le=1)


class AlikeCheck(Strict):
    """Readings of one round, of one person's day, or of two rounds that are alike with a chance of less than `alpha`."""

    at_least: Whole = Field(ge=4)
    alpha: Number = Field(default=Decimal("0.000001"), gt=0, le=Decimal("0.05"))


class TwoPlacesCheck(Strict):
    """One author with entries from two wings `within` so short a time, `at_least` so often in a day."""

    at_least: Whole = Field(default=3, ge=1)
    within: Span = Duration(seconds=20)


class EarlyEntryCheck(Strict):
    """One author with `at_least` so many entries recorded more than `skew` before what they tell of."""

    at_least: Whole = Field(default=5, ge=1)
    skew: Span = Duration(seconds=60)


class HonestyChecks(Strict):
    """
    Which honesty checks are run each day. An absent check is not run. Readings by one author in one unit that follow one
    another within `pause` are one round.
    """

    pause: Span = Duration(seconds=900)
    digits: DigitCheck | None = None
    same_in_round: AlikeCheck | None = None
    copied: AlikeCheck | None = None
    same_for_person: AlikeCheck | None = None
    two_places: TwoPlacesCheck | None = None
    early_entry: EarlyEntryCheck | None = None
    silent_unit: bool = False


class ClusterRule(Strict):
    """
    `n` people with one of `about` (a pathogen or syndrome; `fever` and `symptoms` come from rounds) `within` a time, in one
    unit or in the facility. One case is a cluster rule with n 1. `each`: kinds are counted one by one, not all together.
    """

    id: Identifier
    title: Title
    about: list[Identifier] = Field(min_length=1)
    n: Whole = Field(default=2, ge=1)
    within: Span = Duration(seconds=259_200)
    level: Literal["unit", "facility"] = "unit"
    who: Literal["everybody", "residents", "staff"] = "everybody"
    each: bool = True
    source: list[Source] = Field(min_length=1)


class ChartRule(Strict):
    """
    A chart of the confirmed fevers a day. A day was observed if `observed` or more of the people who were read in these weeks
    were read on it; days that were not are never counted as zero, and there is no chart with fewer than `least_days` of them.
    `limit` is that of C1 to C3, or h of the CUSUM, which looks for `rise` times the usual rate.
    """

    id: Identifier
    title: Title
    method: Literal["C1", "C2", "C3", "cusum"]
    who: Literal["everybody", "residents", "staff"] = "everybody"
    limit: Number = Field(gt=0)
    rise: Number = Field(default=Decimal(3), gt=1)
    observed: Number = Field(default=Decimal("0.5"), gt=0, le=1)
    least_days: Whole = Field(default=14, ge=10, le=28)
    source: list[Source] = Field(min_length=1)


class Checks(Strict):
    """
    What makes a day contradictory beyond the fixed rules, and what raises a question about it. An absent check is not run.
    """

    burst_entry: BurstCheck | None = None
    entered_late_share: Number = Field(default=Decimal("0.20"), ge=0, le=1)
    honesty: HonestyChecks = HonestyChecks()
    clusters: list[ClusterRule] = []
    charts: list[ChartRule] = []
