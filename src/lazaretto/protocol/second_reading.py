"""
How the second reading of the two-step fever rule is taken: data of a protocol.

A single infrared reading is weak evidence: bias, sweat, a cold gate. Source: domain handbook §4.3.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from lazaretto.protocol.bounds import ALL, FEWER, LONGER, MORE, YES
from lazaretto.protocol.cadence import Span, Strict
from lazaretto.protocol.clock import Duration
from lazaretto.protocol.measures import Identifier, Number, Whole


class OwnUsual(Strict):
    """
    A person's own usual temperature: the median of the last `days`, where there are at least `readings` of them. A reading
    `above` it by so much is high, whatever the thresholds say.
    """

    above: Annotated[Number, FEWER] = Field(gt=0, le=3)
    days: Annotated[Whole, MORE] = Field(default=14, ge=3, le=60)
    readings: Annotated[Whole, FEWER] = Field(default=10, ge=3)


class DeviceCheck(Strict):
    """
    Staff check each thermometer against a known temperature: a fact of `observation` on the device, whose value is by how
    much it shows too much (°C). Readings are corrected by the last check (`correct`). A device that is off by more than
    `most` still asks for a second reading, but judges none.
    """

    observation: Identifier = "thermometer_check"
    most: Annotated[Number, FEWER] = Field(default=Decimal("0.3"), gt=0, le=2)
    correct: bool = True


class SecondReading(Strict):
    """
    How the second reading is taken: not before `rest` is over, and `within` so long of the first; by one of `methods` and
    at one of `sites` (empty: any), `other_device` by another thermometer. A fever medicine given up to `masked_for` before
    a reading keeps a low one from ending anything.
    """

    within: Annotated[Span, FEWER] = Duration(seconds=1800)
    rest: Annotated[Span, LONGER] = Duration(seconds=0)
    methods: Annotated[list[Identifier], ALL] = []
    sites: Annotated[list[Identifier], ALL] = []
    other_device: Annotated[bool, YES] = False
    masked_for: Annotated[Span | None, LONGER] = None
    own_usual: OwnUsual | None = None
    device_check: DeviceCheck | None = None
