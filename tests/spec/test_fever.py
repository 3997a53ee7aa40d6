"""
The two steps of a fever.

A reading at or over `screen_threshold` asks for a second one; `confirm_threshold` judges the second. A fever is over with the
first later reading below `screen_threshold`; until then it is open, and an open fever contradicts a nil report (rule 10).
"""

from datetime import date
from decimal import Decimal

from lazaretto.protocol.fever import Episode, FeverRule, Reading, episodes, fever, moment_of
from lazaretto.protocol.second_reading import SecondReading
from tests.spec.clocks import Clocks
from tests.spec.runners import Spec
from tests.spec.tables import Cells
from tests.spec.worlds import DAY, ZONE


def seen(cells: Cells) -> dict[str, object]:
    """Return what readings such as `08:00 37.4; 08:20 36.9` say of a day, with 37.3 to screen and 37.5 to confirm."""
    clocks = Clocks(ZONE, DAY)
    on = Clocks(ZONE, date.fromisoformat(cells["day"])) if cells.get("day") else clocks
    said = [item.rpartition(" ") for item in cells["readings"].split("; ")]
    readings = [Reading(clocks.at(at), Decimal(value)) for at, _, value in said]
    found = fever(readings, FeverRule(Decimal("37.3"), Decimal("37.5")), on.at("00:00"), on.at("24:00"))
    since = "" if found.open_since is None else clocks.show(found.open_since)
    return {"screened": found.screened, "confirmed": found.confirmed, "open since": since}


def test_two_steps(spec: Spec) -> None:
    """One high reading alone confirms nothing, however high; the second is judged by the other threshold."""
    spec.rows(
        """
        readings                           || screened | confirmed | open since
        08:00 36.5                         ||          |           |
        08:00 37.2                         ||          |           |
        08:00 37.3                         || yes      |           | 08:00
        08:00 39.9                         || yes      |           | 08:00
        08:00 37.4; 08:20 36.9             || yes      |           |
        08:00 37.4; 08:20 37.4             || yes      |           | 08:00
        08:00 37.4; 08:20 37.5             || yes      | yes       | 08:00
        08:00 37.5; 08:20 37.3; 09:00 37.5 || yes      | yes       | 08:00
        08:00 37.4; 08:20 37.5; 12:00 36.8 || yes      | yes       |
        """,
        seen,
    )


def test_a_fever_ends_with_a_reading_below(spec: Spec) -> None:
    """After a reading below the first threshold, the next high one is a first one again."""
    spec.rows(
        """
        readings                                       || screened | confirmed | open since
        08:00 38.5; 08:20 36.9; 12:00 38.5             || yes      |           | 12:00
        08:00 38.5; 08:20 37.2; 12:00 38.5; 12:20 37.6 || yes      | yes       | 12:00
        08:00 36.5; 08:20 38.0; 12:00 37.3             || yes      |           | 08:20
        """,
        seen,
    )


def test_a_fever_over_midnight(spec: Spec) -> None:
    """A day counts its own readings, knows how a fever began the day before, and learns what ended it the day after."""
    spec.rows(
        """
        day        | readings                     || screened | confirmed | open since
        2026-03-17 | 23:50 37.6; 03-18 00:10 36.8 || yes      |           |
        2026-03-18 | 23:50 37.6; 03-18 00:10 36.8 ||          |           |
        2026-03-17 | 23:50 37.6; 03-18 00:10 37.6 || yes      |           | 23:50
        2026-03-18 | 23:50 37.6; 03-18 00:10 37.6 || yes      | yes       | 23:50
        2026-03-18 | 20:00 37.6                   ||          |           | 20:00
        2026-03-17 | 03-18 09:00 38.0             ||          |           |
        2026-03-18 | 03-18 00:00 38.0             || yes      |           | 03-18 00:00
        """,
        seen,
    )


def followed(cells: Cells) -> dict[str, object]:
    """
    Return the episodes of readings such as `08:00 37.4 ear T1 masked`: when each began, by when a second reading was owed,
    what came of it and when. `usual` is what the person mostly has.
    """
    clocks = Clocks(ZONE, DAY)
    how: dict[str, object] = dict(item.split("=") for item in cells.get("rule", "").split() if item)
    for name in ("methods", "sites"):
        if name in how:
            how[name] = str(how[name]).split(",")
    if "own_usual" in how:
        how["own_usual"] = {"above": how["own_usual"]}
    rule = FeverRule(Decimal("37.3"), Decimal("37.5"), SecondReading.model_validate(how))
    usual = Decimal(cells["usual"]) if cells.get("usual") else None
    readings = []
    for item in cells["readings"].split("; "):
        at, value, *more = item.split()
        words = [word for word in more if word not in ("masked", "off")]
        readings.append(
            Reading(
                clocks.at(at), Decimal(value), method=words[0] if words else "", device=words[1] if words[1:] else "",
                masked="masked" in more, usual=usual, judges="off" not in more,
            )
        )  # fmt: skip
    closed = [clocks.at(at) for at in cells.get("closed", "").split()]
    found = episodes(readings, rule, closed)
    return {"episodes": "; ".join(_said(e, clocks) for e in found), "by": " ".join(clocks.show(e.due) for e in found)}


def _said(episode: Episode, clocks: Clocks) -> str:
    words = [clocks.show(episode.first.observed_at), episode.state]
    if episode.ended is not None:
        words.append(clocks.show(moment_of(episode.ended)))
    elif episode.confirmed is not None:
        words.append(clocks.show(episode.confirmed.observed_at))
    return " ".join(words)


def test_the_second_reading_has_a_clock(spec: Spec) -> None:
    """It is owed within half an hour of the first, or as the protocol says; each new first reading has a clock of its own."""
    spec.rows(
        """
        readings                           | rule        || episodes                                       | by
        08:00 37.4                         |             || 08:00 open                                     | 08:30
        08:00 37.4                         | within=PT1H || 08:00 open                                     | 09:00
        08:00 37.4; 08:20 36.9             |             || 08:00 unconfirmed 08:20                        | 08:30
        08:00 37.4; 08:20 37.6             |             || 08:00 confirmed 08:20                          | 08:30
        08:00 37.4; 09:00 36.9; 12:00 38.0 |             || 08:00 unconfirmed 09:00; 12:00 open            | 08:30 12:30
        08:00 38.4; 08:10 38.2; 15:00 36.8 |             || 08:00 over 15:00                               | 08:30
        """,
        followed,
    )


def test_which_reading_may_judge_the_first(spec: Spec) -> None:
    """A rest before it, a method, another thermometer, and a thermometer that is not off: as the protocol asks."""
    spec.rows(
        """
        readings                                         | rule                   || episodes                | by
        08:00 37.6; 08:10 36.8                           | rest=PT15M             || 08:00 open              | 08:30
        08:00 37.6; 08:10 36.8; 08:15 37.6               | rest=PT15M             || 08:00 confirmed 08:15   | 08:30
        08:00 37.6 infrared; 08:10 36.8 infrared         | methods=contact        || 08:00 open              | 08:30
        08:00 37.6 infrared; 08:10 37.9 contact          | methods=contact,rectal || 08:00 confirmed 08:10   | 08:30
        08:00 37.6 ear T1; 08:10 37.9 ear T1             | other_device=true      || 08:00 open              | 08:30
        08:00 37.6 ear T1; 08:10 37.9 ear                | other_device=true      || 08:00 open              | 08:30
        08:00 37.6 ear T1; 08:10 37.9 ear T2             | other_device=true      || 08:00 confirmed 08:10   | 08:30
        08:00 37.6; 08:10 36.8 off                       |                        || 08:00 open              | 08:30
        08:00 37.6 off; 08:10 37.7                       |                        || 08:00 confirmed 08:10   | 08:30
        """,
        followed,
    )


def test_a_fever_medicine_hides_the_end(spec: Spec) -> None:
    """A low reading while a fever medicine works ends nothing; a high one still confirms."""
    spec.rows(
        """
        readings                                          || episodes              | by
        08:00 38.0; 08:20 36.8 masked                     || 08:00 open            | 08:30
        08:00 38.0; 08:20 37.6 masked                     || 08:00 confirmed 08:20 | 08:30
        08:00 38.0; 08:20 38.1; 10:00 36.5 masked         || 08:00 confirmed 08:20 | 08:30
        08:00 38.0; 08:20 38.1; 16:00 36.5                || 08:00 over 16:00      | 08:30
        """,
        followed,
    )


def test_against_ones_own_usual(spec: Spec) -> None:
    """Who mostly has 35.9 is asked again from 36.7 on where the protocol says 0.8 °C; nothing is known: the thresholds alone."""
    spec.rows(
        """
        readings               | usual | rule          || episodes                | by
        08:00 36.7             | 35.9  |               ||                         |
        08:00 36.7             | 35.9  | own_usual=0.8 || 08:00 open              | 08:30
        08:00 36.6             | 35.9  | own_usual=0.8 ||                         |
        08:00 36.7             |       | own_usual=0.8 ||                         |
        08:00 36.8; 08:20 36.7 | 35.9  | own_usual=0.8 || 08:00 confirmed 08:20   | 08:30
        08:00 36.8; 08:20 36.2 | 35.9  | own_usual=0.8 || 08:00 unconfirmed 08:20 | 08:30
        08:00 37.4             | 37.0  | own_usual=0.8 || 08:00 open              | 08:30
        """,
        followed,
    )


def test_a_person_may_close_it(spec: Spec) -> None:
    """What somebody closed is closed; the next high reading is a first one again."""
    spec.rows(
        """
        readings               | closed      || episodes                            | by
        08:00 38.0             | 08:10       || 08:00 unconfirmed 08:10             | 08:30
        08:00 38.0; 08:20 38.1 | 08:10       || 08:00 unconfirmed 08:10; 08:20 open | 08:30 08:50
        08:00 38.0; 08:20 38.1 | 09:00       || 08:00 over 09:00                    | 08:30
        08:00 36.5             | 08:10       ||                                     |
        """,
        followed,
    )
