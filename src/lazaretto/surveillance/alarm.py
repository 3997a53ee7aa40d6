"""
What every alarm says: which rule, which series, when, which numbers, and how often such an alarm comes with nothing wrong.

An alarm is a reason to look, not a finding: its sentence states numbers and never a diagnosis.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lazaretto.protocol.text import Text
from lazaretto.surveillance.false_alarms import UNKNOWN, FalseAlarms
from lazaretto.surveillance.farrington import Farrington
from lazaretto.surveillance.rules import Cluster, Rule
from lazaretto.surveillance.series import Chart, Flags, Floats, demand


@dataclass(frozen=True, slots=True)
class Alarm:
    """
    One alarm. `at` is the caller's own name of the moment (a date, an instant).

    expected, threshold and statistic are None where a rule has none; threshold is the largest observation that would have raised
    no alarm, −inf if the days before sufficed. observed is None where the alarm is that nothing was reported: unknown, not zero.
    """

    rule: str
    series: str
    at: str
    observed: float | None
    expected: float | None
    threshold: float | None
    statistic: float | None
    false_alarms: FalseAlarms

    @property
    def sentence(self) -> Text:
        """Return what is to be read: the fact, what was expected, and what a false alarm costs."""
        return _joined(self._fact(), self._rate())

    def _fact(self) -> Text:
        if self.observed is None:
            words = Text(
                "{series}，{at}：没有任何报告。是未知，不是零。",
                "{series}, {at}: nothing was reported. This is unknown, not zero.",
            )
            return words.format(series=self.series, at=self.at)
        said = {"series": self.series, "at": self.at, "observed": f"{self.observed:g}"}
        if self.expected is None or self.threshold is None:
            return Text("{series}，{at}：{observed} 例。", "{series}, {at}: {observed}.").format(**said)
        said |= {"expected": f"{self.expected:.2f}", "threshold": f"{self.threshold:.2f}"}
        if math.isinf(self.threshold):
            words = Text(
                "{series}，{at}：{observed}，预期 {expected}；前几天已足以报警。",
                "{series}, {at}: {observed}, expected {expected}; the days before suffice for an alarm.",
            )
        else:
            words = Text(
                "{series}，{at}：{observed}，预期 {expected}，超过 {threshold} 即报警。",
                "{series}, {at}: {observed}, expected {expected}; above {threshold} it is an alarm.",
            )
        return words.format(**said)

    def _rate(self) -> Text:
        reckoned = self.false_alarms.reckoned
        if self.false_alarms.per_year is None:
            return Text("误报率未知：{zh}。", "False alarms: {en}.").format(zh=reckoned.zh, en=reckoned.en)
        return Text(
            "无异常时每年约 {n:.3g} 次误报（{zh}）。", "With nothing wrong, about {n:.3g} false alarms a year ({en})."
        ).format(n=self.false_alarms.per_year, zh=reckoned.zh, en=reckoned.en)


def _joined(one: Text, other: Text) -> Text:
    return Text(one.zh + other.zh, f"{one.en} {other.en}")


def alarms_of(
    chart: Chart | Farrington,
    counts: Floats,
    *,
    rule: str,
    series: Sequence[str],
    times: Sequence[str],
    false_alarms: FalseAlarms,
) -> list[Alarm]:
    """Return the alarms of a chart as what they say, in order of time and series."""
    demand(chart.alarm.shape == (len(series), len(times)) == np.shape(counts), "a name for each series and each time")
    statistic = chart.score if isinstance(chart, Farrington) else chart.statistic
    points = sorted(
        zip(*(index.tolist() for index in np.nonzero(chart.alarm)), strict=True), key=lambda point: point[::-1]
    )
    return [
        Alarm(
            rule,
            series[row],
            times[column],
            float(counts[row, column]),
            float(chart.expected[row, column]),
            float(chart.upper[row, column]),
            float(statistic[row, column]),
            false_alarms,
        )
        for row, column in points
    ]


def alarms_of_silence(
    silence: Flags, *, units: Sequence[str], cycles: Sequence[str], rule: str = "silence"
) -> list[Alarm]:
    """Return who was silent as what it says, in order of cycle and unit."""
    demand(silence.shape == (len(units), len(cycles)), "a name for each unit and each cycle")
    points = sorted(zip(*(index.tolist() for index in np.nonzero(silence)), strict=True), key=lambda point: point[::-1])
    return [Alarm(rule, units[unit], cycles[cycle], None, None, None, None, UNKNOWN) for unit, cycle in points]


def alarm_of_cluster(cluster: Cluster, rule: Rule, *, place: str, at: str, false_alarms: FalseAlarms) -> Alarm:
    """Return a cluster as what it says; `at` names `cluster.raised_at`. Its threshold is n − 1 cases, nothing is expected."""
    demand(cluster.rule == rule.id, "this cluster was found by another rule")
    return Alarm(rule.id, place, at, float(cluster.n_cases), None, float(rule.n - 1), None, false_alarms)
