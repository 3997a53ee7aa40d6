"""
The clocks of a person who is transferred: what goes along in the signed file, and how the way goes on in the other facility.
The file bears the sender's signature and the receipt the receiver's; so a stage is handed over with both.
"""

from typing import Any

from lazaretto.apps.isolation.courses import courses, episodes_of
from lazaretto.apps.isolation.models import Episode
from lazaretto.apps.isolation.opening import Ordered, open_episode
from lazaretto.apps.registry.models import Person
from lazaretto.protocol.clock import parse_moment, utc_text
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: An episode that ended with the movement itself goes along; one that ended long before does not.
_JUST_MS = 60_000


def out(person: Person, at: int) -> list[dict[str, Any]]:
    """Return the clocks of what a person is on, or was on until the movement that takes him away."""
    rows = episodes_of(person).filter(ended_at=None) | episodes_of(person).filter(
        outcome="transferred", ended_at__gte=at - _JUST_MS
    )
    return [
        {
            "measure": c.episode.measure, "purpose": c.episode.purpose, "ground": c.episode.ground, "pathogen": c.episode.pathogen,
            "stages": [[e.stage, utc_text(e.at)] for e in c.entered], "exposures": [utc_text(e) for e in c.way.exposures],
            "onset_at": None if c.episode.onset_at is None else utc_text(c.episode.onset_at),
            "tests": [{"panel": t.panel, "taken_at": utc_text(t.at), "result": t.result} for t in c.way.tests],
            "may_end": None if (end := c.may_end_at(leaving=False)) is None else utc_text(end),
        }
        for c in courses(person.facility, at, rows)
    ]  # fmt: skip


def into(
    person: Person, carried: list[dict[str, Any]], transfer: str, *, by: str, at: int
) -> tuple[list[Episode], list[Text]]:
    """
    Go on with the clocks that came with a person, where the protocol here has the same pathway; return what was opened, and
    what a clinician has to look at. A clinician orders it, and a room is planned, as for anybody.
    """
    made, notes = [], []
    for item in carried:
        earlier = tuple((str(stage), parse_moment(when, "UTC")) for stage, when in item["stages"])
        ordered = Ordered(
            str(item["measure"]), str(item["ground"]), str(item["pathogen"]),
            tuple(parse_moment(e, "UTC") for e in item["exposures"]),
            None if item["onset_at"] is None else parse_moment(item["onset_at"], "UTC"),
            source=f"transfer:{transfer}"[:80], earlier=earlier,
        )  # fmt: skip
        try:
            made.append(open_episode(person, ordered, by=by, at=at, proposed=True))
        except Refusal as refusal:
            notes.append(
                Text(f"隔离计时未能延续（{item['measure']}）：{refusal.words.zh}；请医务人员决定",
                     f"the clock of {item['measure']} could not go on: {refusal.words.en}; a clinician decides")
            )  # fmt: skip
    return made, notes
