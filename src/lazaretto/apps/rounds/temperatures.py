"""Temperature facts as the fever rule reads them: corrections done, devices set right, fever medicine known."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from lazaretto.apps.rounds.evaluation import Span
from lazaretto.apps.rounds.reading import Facts
from lazaretto.protocol.corrections import corrected
from lazaretto.protocol.fever import MEDICINE, FeverRule, Reading, rule_for
from lazaretto.protocol.record import Fact, Subject
from lazaretto.protocol.round import Round

#: How long the check of a device holds.
CHECK_HOLDS_MS = 8 * 86_400_000
_NOTHING = Decimal(0)

Find = Callable[[str, Span], Iterable[Fact]]


class Around(NamedTuple):
    """What else the rule must know: when each person had a fever medicine, and by how much each device shows too much."""

    medicines: Mapping[str, list[int]]
    errors: Mapping[str, list[tuple[int, Decimal]]]

    def masked(self, ref: str, at: int, rule: FeverRule) -> bool:
        span, given = rule.second.masked_for, self.medicines.get(ref, ())
        return span is not None and any(at - span.nominal_ms <= moment <= at for moment in given)

    def error(self, device: str, at: int) -> Decimal:
        """Return by how much a device showed too much at its last check before, 0 if there was none for a while."""
        known = self.errors.get(device)
        index = bisect_right(known, at, key=lambda check: check[0]) - 1 if known else -1
        if known is None or index < 0 or known[index][0] < at - CHECK_HOLDS_MS:
            return _NOTHING
        return known[index][1]


def rules_of(subjects: Iterable[Subject], rounds: Iterable[Round]) -> dict[str, FeverRule]:
    """Return the rule for each person whom a temperature measure with thresholds concerns."""
    people, measures = [s for s in subjects if s.kind == "person"], list(rounds)
    alike = {(s.population, s.base): s for s in people}
    found = {key: rule_for(subject, measures) for key, subject in alike.items()}
    return {s.ref: rule for s in people if (rule := found[s.population, s.base]) is not None}


def least_of(rules: Iterable[FeverRule]) -> Decimal:
    """Return the lowest value a reading may show and yet be high by a threshold."""
    return min(r.screen - (r.second.device_check.most if r.second.device_check else 0) for r in rules)


def around(facts: Facts, rules: Mapping[str, FeverRule], span: Span, medicines: Find) -> Around:
    """Read what the rules need besides the readings in a span; `medicines` finds the facts of an observation in a span."""
    masks = [r.second.masked_for.nominal_ms for r in rules.values() if r.second.masked_for is not None]
    checks = {r.second.device_check.observation for r in rules.values() if r.second.device_check is not None}
    given: dict[str, list[int]] = {}
    if masks:
        for fact in medicines(MEDICINE, (span[0] - max(masks), span[1])):
            if fact.outcome == "done":
                given.setdefault(fact.subject, []).append(fact.observed_at)
    errors: dict[str, list[tuple[int, Decimal]]] = {}
    for observation in sorted(checks):
        found = corrected(facts.of(observation, (span[0] - CHECK_HOLDS_MS, span[1]))).leaves
        for fact in sorted(found, key=lambda f: (f.observed_at, f.id)):
            value = number(fact)
            if value is not None:
                errors.setdefault(fact.subject.partition(":")[2], []).append((fact.observed_at, value))
    return Around(given, errors)


def readings(
    found: Iterable[Fact], rules: Mapping[str, FeverRule], known: Around, usual: Mapping[str, Decimal] | None = None
) -> dict[str, list[Reading]]:
    """Return the readings of each person whom a rule concerns, in order of time; `found` are whole chains of corrections."""
    ordered: dict[str, list[Reading]] = {}
    for fact in sorted(corrected(found).leaves, key=lambda f: (f.observed_at, f.id)):
        value, rule = number(fact), rules.get(fact.subject)
        if value is None or rule is None:
            continue
        check, error = rule.second.device_check, known.error(fact.device, fact.observed_at)
        ordered.setdefault(fact.subject, []).append(
            Reading(
                fact.observed_at,
                value - error if check and check.correct and abs(error) <= check.most else value,
                fact.id, fact.method, fact.site, fact.device,
                masked=known.masked(fact.subject, fact.observed_at, rule),
                usual=(usual or {}).get(fact.subject),
                judges=check is None or abs(error) <= check.most,
            )
        )  # fmt: skip
    return ordered


def number(fact: Fact) -> Decimal | None:
    """Return the value of a fact that is done and a number."""
    try:
        return Decimal(fact.value) if fact.outcome == "done" else None
    except InvalidOperation:
        return None
