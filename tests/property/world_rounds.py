"""The measures of a random institution and the timeline of their values."""

import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from pydantic import ValidationError

from lazaretto.protocol.cadence import Cadence
from lazaretto.protocol.clock import FOREVER, FOREVER_AGO
from lazaretto.protocol.record import (
    Phase,
    Shift,
    SubjectKind,
)
from lazaretto.protocol.round import Round
from tests.property.oracle_slots import instant

MINUTE = 60_000
HOUR = 60 * MINUTE
OBSERVATIONS = ("temperature", "symptoms", "disinfection")
SHIFTS = (
    (Shift("day", "08:00", "20:00"), Shift("night", "20:00", "08:00")),
    (Shift("a", "06:00", "14:00"), Shift("b", "14:00", "22:00"), Shift("c", "22:00", "06:00")),
    (Shift("early", "00:00", "12:00"), Shift("late", "10:00", "24:00")),
    (),
)
NUDGES = (-1, 0, 0, 0, 1)


def near(rng: Random, moments: Sequence[int]) -> int:
    return rng.choice(moments) + rng.choice(NUDGES)


def some_round(rng: Random, measure_id: str, refs: Sequence[str]) -> Round:
    subject: SubjectKind = rng.choices(("person", "place", "asset", "group", "facility"), (55, 27, 6, 6, 6))[0]
    document: dict[str, Any] = {
        "id": measure_id,
        "kind": "round",
        "title": {"zh": "巡查", "en": "Round"},
        "source": [{"text": "made up"}],
        "observation": rng.choice(("temperature", *OBSERVATIONS, "night_check")),
        "subject": subject,
        "cadence": _cadence(rng),
        "applies_to": [_selector(rng, subject, refs) for _ in range(rng.choice((1, 1, 1, 2)))],
    }
    if rng.random() < (0.5 if subject == "place" else 0.1):
        document["covers"] = "below"
    if subject == "place" and rng.random() < 0.35:
        document["occupied"] = True
    if subject == "person" and rng.random() < 0.2:
        document["presence"] = "assigned"
    if rng.random() < 0.3:
        document["entry_allowance"] = {"online": rng.choice(("PT30M", "PT4H")), "offline": rng.choice(("PT8H", "P1D"))}
    if rng.random() < 0.5:
        document["standings"] = _patches(rng, subject)
    return Round.model_validate(document)


def _patches(rng: Random, subject: str) -> list[dict[str, Any]]:
    patches = []
    for where in rng.sample(
        [
            {"isolation_stage": "one"},
            {"isolation_stage": "*"},
            {"contact": "yes"},
            {"isolation_stage": "two", "contact": "*"},
        ],
        rng.choice((1, 1, 2)),
    ):
        change: dict[str, Any] = {"cadence": _cadence(rng)} if rng.random() < 0.85 else {}
        if not change or rng.random() < 0.15:
            change["covers"] = rng.choice(("self", "below"))
        if subject == "place" and rng.random() < 0.2:
            change["occupied"] = rng.random() < 0.5
        patches.append({"where": where, "set": change})
    return patches


def _selector(rng: Random, subject: str, refs: Sequence[str]) -> dict[str, Any]:
    selector: dict[str, Any] = {}
    if subject == "person" and rng.random() < 0.5:
        selector["populations"] = rng.sample(["detainee", "resident", "staff", "guard", "visitor"], rng.randint(1, 2))
    places: dict[str, list[str]] = {}
    if rng.random() < 0.15:
        places["kinds"] = rng.sample(["ward", "room", "building"], rng.randint(1, 2))
    if rng.random() < 0.15:
        places["classes"] = rng.sample(["clean", "fever"], rng.choice((1, 1, 2)))
    if rng.random() < 0.15:
        places["within"] = [ref.removeprefix("place:") for ref in rng.sample(list(refs), rng.randint(1, 2))]
    if rng.random() < 0.06:
        places["kinds"], places["classes"] = [rng.choice(("ward", "room"))], [rng.choice(("clean", "fever"))]
    if places:
        selector["places"] = places
    return selector


def _cadence(rng: Random) -> dict[str, Any]:
    """Return a cadence as a document, drawn again until the model takes it and its draws fit in their shift."""
    while True:
        document = _form(rng)
        if "count" not in document:
            if rng.random() < 0.5:
                document["early"] = rng.choice(("PT0M", "PT5M", "PT15M", "PT30M", "PT1H", "PT90S", "PT12H", "P1D"))
            if rng.random() < 0.5:
                document["grace"] = rng.choice(("PT0M", "PT10M", "PT30M", "PT1H", "PT45S", "PT6H", "P1D"))
        if rng.random() < 0.5:
            document["night"] = _night(rng)
        try:
            cadence = Cadence.model_validate(document)
        except ValidationError:
            continue
        if cadence.random is None or _fits(cadence):
            return document


def _fits(cadence: Cadence) -> bool:
    """Say whether the draws of a `random` fit in the shortest shift, which the model does not ask."""
    assert cadence.random is not None
    gap = max(1, -(-(cadence.early_ms + (cadence.grace_ms or 0)) // MINUTE))
    return cadence.random.n * gap <= (8 * 60 if cadence.random.per == "shift" else 24 * 60)


def _form(rng: Random) -> dict[str, Any]:
    form = rng.choices(
        ("every", "interval", "times", "per_day", "random", "count"), (20, 16, 18, 18, 12, 16)
    )[0]  # fmt: skip
    if form == "every":
        document: dict[str, Any] = {"every": rng.choice(("PT1H", "PT90M", "PT2H", "PT4H", "PT5H", "PT6H", "PT30M"))}
        if rng.random() < 0.5:
            document["starts"] = rng.choice(("00:30", "02:00", "02:30", "06:00", "10:00"))
        if rng.random() < 0.3:
            document["ends"] = rng.choice(("18:00", "23:59", "24:00", "22:00"))
        return document
    if form == "interval":
        document = {"every": rng.choice(("P1D", "P1D", "P1D", "P2D", "P3D", "P1W", "P5D", "P2W"))}
        if document["every"] != "P1D" or rng.random() < 0.2:
            document["anchor"] = (date(2011, 1, 1) + timedelta(days=rng.randrange(6000))).isoformat()
        if rng.random() < 0.7:
            document["starts"] = rng.choice(("00:00", "02:00", "02:30", "08:00", "01:30", "23:50"))
        return document
    if form == "times":
        pool = ["00:00", "00:30", "01:00", "01:30", "01:45", "02:00", "02:15", "02:30", "03:00", "08:00", "08:20",
                "12:00", "16:40", "20:00", "23:30", "23:55"]  # fmt: skip
        return {"times": rng.sample(pool, rng.randint(1, 6))}
    if form == "per_day":
        document = {"per_day": rng.choice((1, 1, 2, 2, 3, 4, 7, 24))}
        if document["per_day"] > 3 or rng.random() < 0.5:
            document["between"] = rng.choice(
                (
                    ["08:00", "20:00"],
                    ["00:00", "24:00"],
                    ["01:00", "03:30"],
                    ["01:30", "04:00"],
                    ["00:00", "02:00"],
                    ["06:10", "24:00"],
                )
            )
        return document
    if form == "random":
        return {"random": {"n": rng.randint(1, 5), "per": rng.choice(("day", "shift"))}}
    return _count(rng)


def _count(rng: Random) -> dict[str, Any]:
    within = rng.choice(("PT2H", "PT4H", "PT5H", "PT6H30M", "PT8H", "PT24H", "P1D", "P1D", "P1W", "P2D", "P3D"))
    document: dict[str, Any] = {"count": {"at_least": rng.choice((1, 1, 2, 2, 3)), "within": within}}
    if within in ("P2D", "P3D") or (within in ("P1D", "P1W") and rng.random() < 0.4):
        document["anchor"] = (date(2011, 1, 1) + timedelta(days=rng.randrange(6000))).isoformat()
    return document


def _night(rng: Random) -> dict[str, str]:
    night = {}
    if rng.random() < 0.9:
        night["from"], night["to"] = rng.choice(
            (("22:00", "06:00"), ("00:00", "03:00"), ("21:30", "24:00"), ("02:00", "08:00"))
        )
    if rng.random() < 0.55:
        night["policy"] = rng.choice(("skip", "skip", "observe", "observe", "same"))
    return night


def some_timeline(
    rng: Random, zone: str, day: date, rounds: list[Round], moments: Sequence[int], refs: Sequence[str]
) -> tuple[Phase, ...]:
    """Return one to three phases; a later one may drop a measure, give it another value, or end the day elsewhere."""
    changes = sorted({near(rng, moments) for _ in range(rng.choice((0, 0, 1, 1, 2)))})
    first = FOREVER_AGO if rng.random() < 0.9 else instant(zone, day, 0) - rng.choice((-9 * HOUR, 0, 1, 30 * HOUR))
    last = FOREVER if rng.random() < 0.95 else instant(zone, day, 0) + rng.choice((-5 * HOUR, 9 * HOUR, 40 * HOUR))
    edges = [first, *(change for change in changes if first < change < last), last]
    phases = []
    measures, ends, shifts = rounds, _day_ends(rng), rng.choice(SHIFTS)
    for start, end in itertools.pairwise(edges):
        phases.append(Phase(start, end, tuple(measures), ends, shifts))
        measures = [m for m in (_changed(rng, r, refs) for r in rounds) if m is not None]
        ends = ends if rng.random() < 0.7 else _day_ends(rng)
        shifts = shifts if rng.random() < 0.7 else rng.choice(SHIFTS)
    return tuple(phases)


def _day_ends(rng: Random) -> str:
    return rng.choice(("24:00", "24:00", "24:00", "17:00", "09:00", "08:00", "02:30", "00:30", "23:59"))


def _changed(rng: Random, measure: Round, refs: Sequence[str]) -> Round | None:
    chance = rng.random()
    if chance < 0.3:
        return measure
    if chance < 0.4:
        return None
    patch: dict[str, Any] = {"cadence": _cadence(rng)}
    if chance > 0.85:
        patch["applies_to"] = [_selector(rng, measure.subject, refs)]
    if chance > 0.95:
        patch["covers"] = rng.choice(("self", "below"))
    return measure.patched(patch)
