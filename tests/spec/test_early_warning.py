"""
Early warning: what each method finds in a short series.

Days stand side by side, `-` is a day that was not observed: it raises no alarm and is never a zero. What a chart says of a day is
shown rounded; a cell of alarms has `!` for an alarm.
"""

from collections.abc import Callable, Iterable

import numpy as np

from lazaretto.protocol.text import Text
from lazaretto.surveillance import poisson
from lazaretto.surveillance.cusum import arl_poisson, page, poisson_cusum, reference_value
from lazaretto.surveillance.ears import Method, ears
from lazaretto.surveillance.ewma import ewma, limits
from lazaretto.surveillance.rules import HOUR, Events, Rule, clusters, silent
from lazaretto.surveillance.scan import log_likelihood_ratio
from lazaretto.surveillance.series import Chart
from lazaretto.surveillance.shewhart import p_chart
from tests.spec.runners import Spec
from tests.spec.tables import Cells


def days(cell: str) -> np.ndarray:
    return np.array([[np.nan if day == "-" else float(day) for day in cell.split()]])


def shown(values: Iterable[float], digits: int) -> str:
    return " ".join("-" if np.isnan(v) else str(round(float(v), digits) + 0.0) for v in values)


def last(values: np.ndarray, digits: int) -> float | None:
    return None if np.isnan(values[0, -1]) else round(float(values[0, -1]), digits)


def marks(chart: Chart) -> str:
    return " ".join("!" if alarm else "." for alarm in chart.alarm[0])


def test_exact_poisson(spec: Spec) -> None:
    """The chance of so many events where `mu` are usual, and whether that is below alpha = 0.01."""

    def answer(cells: Cells) -> dict[str, object]:
        chart = poisson.exact_poisson(days(cells["y"]), float(cells["mu"]), alpha=0.01)
        return {
            "P(Y >= y)": shown(chart.statistic[0], 4),
            "alarm": bool(chart.alarm.any()),
            "above": last(chart.upper, 0),
        }

    spec.rows(
        """
        mu   | y || P(Y >= y) | alarm | above
        0.05 | 1 || 0.0488    |       | 1.0
        0.05 | 2 || 0.0012    | yes   | 1.0
        0.3  | 2 || 0.0369    |       | 2.0
        0.3  | 3 || 0.0036    | yes   | 2.0
        1    | 4 || 0.019     |       | 4.0
        1    | 0 || 1.0       |       | 4.0
        1    | - || -         |       | null
        """,
        answer,
    )


def test_false_alarms_of_the_poisson_chart(spec: Spec) -> None:
    """
    Units checked every day alarm by chance 365·m·P times a year. The alpha that keeps this at one a week, and what comes of
    it; alpha 1 is an alarm for every single event.
    """

    def answer(cells: Cells) -> dict[str, object]:
        mu, units = float(cells["mu"]), float(cells["units"])
        alpha = poisson.alpha_for(mu, units=units)
        return {
            "a year at 0.05": f"{poisson.false_alarms_a_year(mu, 0.05, units=units):.0f}",
            "alpha for one a week": f"{alpha:.5f}",
            "a year then": f"{poisson.false_alarms_a_year(mu, alpha, units=units):.1f}",
        }

    spec.rows(
        """
        mu   | units || a year at 0.05 | alpha for one a week | a year then
        0.05 | 1     || 18             | 1.00000              | 17.8
        0.05 | 100   || 1780           | 0.04877              | 44.1
        0.3  | 100   || 1348           | 0.00360              | 9.7
        1    | 20    || 139            | 0.01899              | 26.7
        """,
        answer,
    )


def test_ears(spec: Spec) -> None:
    """Today against seven days before: 0.5 is the least sd, above 3 (C3: above 2) is an alarm. C2 and C3 leave out two days."""

    def answer(cells: Cells) -> dict[str, object]:
        method: Method = "C1" if cells["method"] == "C1" else "C2" if cells["method"] == "C2" else "C3"
        chart = ears(days(cells["days"]), method)
        found = {"expected": last(chart.expected, 5), "above": last(chart.upper, 5), "C": last(chart.statistic, 5)}
        return found | {"alarm": bool(chart.alarm[0, -1])}

    spec.rows(
        """
        method | days                        || expected | above   | C        | alarm
        C1     | 0 1 0 2 1 0 1 5             || 0.71429  | 2.98207 | 5.66947  | yes
        C1     | 0 1 0 2 1 0 1 2             || 0.71429  | 2.98207 | 1.70084  |
        C1     | 0 0 0 0 0 0 0 1             || 0.0      | 1.5     | 2.0      |
        C1     | 0 0 0 0 0 0 0 2             || 0.0      | 1.5     | 4.0      | yes
        C1     | 0 1 0 2 1 0 1 -             || null     | null    | null     |
        C1     | 0 1 0 2 1 - 1 5             || null     | null    | null     |
        C2     | 0 1 0 2 1 0 1 9 9 5         || 0.71429  | 2.98207 | 5.66947  | yes
        C3     | 0 1 0 2 1 0 1 0 1 0 2 2 2   || 0.71429  | 1.9225  | 2.10252  | yes
        C3     | 0 0 0 0 0 0 0 0 0 1 1 1     || 0.0      | 0.5     | 3.0      | yes
        C3     | 0 0 0 0 0 0 0 0 0 1 - 1     || null     | null    | null     |
        """,
        answer,
    )


def test_cusum_of_page(spec: Spec) -> None:
    """S grows by y − μ0 − k (μ0 = σ0 = 1, k = 0.5) and alarms above h = 4. A missing day leaves it where it is."""

    def answer(cells: Cells) -> dict[str, object]:
        chart = page(days(cells["days"]), 1.0, 1.0, reset=cells["reset"] == "yes")
        return {"S": shown(chart.statistic[0], 2), "alarms": marks(chart)}

    spec.rows(
        """
        days          | reset || S                       | alarms
        1 0 2 3 4     |       || 0.0 0.0 0.5 2.0 4.5     | . . . . !
        1 0 2 3 - 4   |       || 0.0 0.0 0.5 2.0 - 4.5   | . . . . . !
        1 0 2 3 0 4   |       || 0.0 0.0 0.5 2.0 0.5 3.0 | . . . . . .
        2 3 4 2       |       || 0.5 2.0 4.5 5.0         | . . ! !
        2 3 4 2       | yes   || 0.5 2.0 4.5 0.5         | . . ! .
        """,
        answer,
    )


def test_cusum_of_lucas(spec: Spec) -> None:
    """S grows by y − k and alarms when it reaches h; the mean number of days until then, with nothing wrong and with thrice as much."""

    def answer(cells: Cells) -> dict[str, object]:
        k, h = float(cells["k"]), float(cells["h"])
        return {
            "k of 0.2 and 0.6": f"{reference_value(0.2, 0.6):.4f}",
            "ARL at 0.2": f"{arl_poisson(k, h, 0.2):.1f}",
            "ARL at 0.6": f"{arl_poisson(k, h, 0.6):.2f}",
            "alarms of 1 1 0 1": marks(poisson_cusum(days("1 1 0 1"), k=k, h=h)),
        }

    spec.rows(
        """
        k    | h    || k of 0.2 and 0.6 | ARL at 0.2 | ARL at 0.6 | alarms of 1 1 0 1
        0.35 | 1.25 || 0.3641           | 23.6       | 4.80       | . ! . !
        0.35 | 1.30 || 0.3641           | 24.5       | 4.89       | . ! . !
        0.35 | 2.00 || 0.3641           | 85.5       | 8.33       | . . . .
        0.35 | 3.00 || 0.3641           | 264.6      | 12.10      | . . . .
        """,
        answer,
    )


def test_ewma(spec: Spec) -> None:
    """z = 0.3·y + 0.7·z before, from μ0 = 1, against a limit that widens with the days observed (σ0 = 1, L = 3)."""

    def answer(cells: Cells) -> dict[str, object]:
        chart = ewma(days(cells["days"]), 1.0, 1.0)
        seen = (~np.isnan(chart.statistic[0])).cumsum()
        return {"z": shown(chart.statistic[0], 4), "limit": shown(limits(seen, 1, 1), 5), "alarms": marks(chart)}

    spec.rows(
        """
        days        || z                             | limit                                         | alarms
        1 0 2 3 4   || 1.0 0.7 1.09 1.663 2.3641     | 1.9 2.09859 2.1838 2.22339 2.24233            | . . . . !
        1 0 - 2 3 4 || 1.0 0.7 - 1.09 1.663 2.3641   | 1.9 2.09859 2.09859 2.1838 2.22339 2.24233    | . . . . . !
        """,
        answer,
    )


def test_p_chart(spec: Spec) -> None:
    """Fever among those screened. Below five expected the exact binomial chance, 0.00135, decides and not three sigmas."""

    def answer(cells: Cells) -> dict[str, object]:
        chart = p_chart(days(cells["fever"]), days(cells["screened"]), float(cells["p0"]))
        return {"above": last(chart.upper, 2), "alarm": bool(chart.alarm[0, 0])}

    spec.rows(
        """
        p0    | screened | fever || above | alarm
        0.01  | 1000     | 19    || 19.44 |
        0.01  | 1000     | 20    || 19.44 | yes
        0.001 | 100      | 1     || 2.0   |
        0.001 | 100      | 2     || 2.0   |
        0.001 | 100      | 3     || 2.0   | yes
        0.01  | 0        | 0     || null  |
        0.01  | -        | 3     || null  |
        """,
        answer,
    )


def test_scan_statistic(spec: Spec) -> None:
    """The log likelihood ratio of c cases where E were expected of C: nothing unless there are more."""
    spec.rows(
        """
        c  | E   | C  || LLR
        6  | 0.6 | 12 || 9.96439
        12 | 0.6 | 12 || 35.94879
        0  | 0.6 | 12 || 0.0
        1  | 6   | 12 || 0.0
        """,
        lambda cells: {"LLR": round(float(log_likelihood_ratio(*(float(cells[k]) for k in ("c", "E", "C")))), 5)},
    )


def _clusters(rule: Callable[[Cells], Rule]) -> Callable[[Cells], dict[str, object]]:
    def answer(cells: Cells) -> dict[str, object]:
        said = [case.split("@") for case in cells["cases"].split(", ")]
        kinds = [left.split()[0] for left, _ in said]
        units = np.array([["W1", "W2"].index(left.split()[1]) for left, _ in said])
        at = np.array([int(float(right.split("/")[0]) * HOUR) for _, right in said])
        link = np.array([int(right.split("/")[1]) if "/" in right else -1 for _, right in said])
        found = clusters(rule(cells), Events(at, kinds, units, link), lambda _: np.arange(2))
        words = [
            f"{c.n_cases} {c.kind} {['W1', 'W2'][c.place]} {c.first_at // HOUR}-{c.last_at // HOUR}, at {c.raised_at // HOUR}"
            for c in found
        ]
        return {"alarms": "; ".join(words) or "none"}

    return answer


def test_clusters(spec: Spec) -> None:
    """
    n cases within a window in one unit; `flu W1@70` is a case 70 hours on. The alarm is due with the n-th case; cases that follow
    within the window belong to it. `linked` counts only cases with the same link, after the slash.
    """

    def rule(cells: Cells) -> Rule:
        n, hours = (int(part) for part in cells["n in h"].split(" in "))
        return Rule(
            "r", Text("", ""), frozenset(["flu", "noro"]), n, hours * HOUR, "unit", linked=cells["linked"] == "yes"
        )

    spec.rows(
        """
        n in h  | linked | cases                                  || alarms
        2 in 72 |        | flu W1@0, flu W1@72                    || 2 flu W1 0-72, at 72
        2 in 72 |        | flu W1@0, flu W1@73                    || none
        2 in 72 |        | flu W1@0, flu W2@1                     || none
        2 in 72 |        | flu W1@0, noro W1@1                    || none
        2 in 72 |        | flu W1@70, flu W1@0, flu W1@140        || 3 flu W1 0-140, at 70
        2 in 48 |        | noro W2@0, noro W2@9, noro W2@99, noro W2@101 || 2 noro W2 0-9, at 9; 2 noro W2 99-101, at 101
        3 in 72 |        | flu W1@0, flu W1@71, flu W1@73         || none
        3 in 72 |        | flu W1@0, flu W1@70, flu W1@71         || 3 flu W1 0-71, at 71
        1 in 0  |        | flu W1@0, flu W1@1                     || 1 flu W1 0-0, at 0; 1 flu W1 1-1, at 1
        2 in 72 |        | measles W1@0, measles W1@1             || none
        2 in 72 | yes    | flu W1@0, flu W1@1                     || none
        2 in 72 | yes    | flu W1@0/4, flu W1@1/5, flu W1@2/4     || 2 flu W1 0-2, at 2
        """,
        _clusters(rule),
    )


def test_silence(spec: Spec) -> None:
    """A unit that reports nothing in a cycle of 24 hours, neither a reading nor a nil report; a closed unit is not silent."""

    def answer(cells: Cells) -> dict[str, object]:
        at = np.array([int(float(hour) * HOUR) for hour in cells["reports at"].split()], dtype=np.int64)
        expected = np.array([[day in cells["owed on days"].split() for day in ("1", "2", "3")]])
        found = silent(at, np.zeros(at.size, dtype=np.int64), np.arange(4) * 24 * HOUR, expected)
        return {"silent on days": " ".join(str(day + 1) for day in np.flatnonzero(found[0])) or "none"}

    spec.rows(
        """
        reports at | owed on days || silent on days
        1 25 71    | 1 2 3        || none
        1 71       | 1 2 3        || 2
        1 71       | 1 3          || none
        24         | 1 2 3        || 1 3
                   | 1 2 3        || 1 2 3
        """,
        answer,
    )
