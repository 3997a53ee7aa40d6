"""
An event and what follows.

A `trigger` lists the actions that an event sets going, each with a time `within` which it is done, counted from the event or
from the action that it comes `after`. Isolate first, then treat: what comes after an action opens when that is done.
"""

from lazaretto.protocol.trigger import Trigger, cascade
from tests.spec.clocks import Clocks
from tests.spec.kinds import DATED, clocks_of, moments, read, refused_in
from tests.spec.runners import Spec
from tests.spec.tables import Cells

FEVER = """\
- id: fever
  kind: trigger
  title: {zh: 发热处置, en: Fever}
  source: [{row: S0-47}]
  event: fever
  actions:
    - {id: isolate, title: {zh: 隔离, en: isolate}, within: PT30M}
    - {id: treat, title: {zh: 治疗, en: treat}, within: PT1H, after: isolate}
    - {id: sample, title: {zh: 采样, en: take samples}, within: PT4H, after: treat}
    - {id: tell, title: {zh: 报告, en: tell}, within: PT2H}
    - {id: thank, title: {zh: 致谢, en: thank who reported}}
"""
REPORT = """\
- id: case
  kind: trigger
  title: {zh: 确诊上报, en: Confirmed case}
  source: [{row: S0-75}]
  event: confirmed_case
  clock_from: learned
  actions:
    - {id: card, title: {zh: 报告卡, en: report card}, within: PT2H}
    - {id: summary, title: {zh: 小结, en: summary}, within: P1D, after: card}
"""


def trigger_of(text: str) -> Trigger:
    trigger = read(text)
    assert isinstance(trigger, Trigger)
    return trigger


def stands(trigger: Trigger, cells: Cells, clocks: Clocks) -> dict[str, object]:
    done = {name: at for name, at, _ in moments(cells.get("done", ""), clocks)}
    learned = clocks.at(cells["learned"]) if cells.get("learned") else None
    found = cascade(
        trigger, clocks.at(cells["event"]), done, at=clocks.at(cells["at"]), zone=clocks.zone, learned_at=learned
    )
    (owed,) = [one for one in found if one.action.id == cells["action"]]
    return {
        "opens": "" if owed.opens is None else clocks.show(owed.opens),
        "due": "" if owed.due is None else clocks.show(owed.due),
        "state": owed.state,
    }


def test_first_things_first(spec: Spec) -> None:
    """A fever at 14:00. Each action is open, done, late or overdue; what comes after another waits, without a time, until that is done."""
    trigger, clocks = trigger_of(FEVER), clocks_of()
    spec.rows(
        """
        at    | done                                       | action  || opens | due   | state
        14:00 |                                            | isolate || 14:00 | 14:30 | open
        14:00 |                                            | treat   ||       |       | waiting
        14:00 |                                            | tell    || 14:00 | 16:00 | open
        14:00 |                                            | thank   || 14:00 |       | open
        14:30 |                                            | isolate || 14:00 | 14:30 | open
        14:31 |                                            | isolate || 14:00 | 14:30 | overdue
        14:31 |                                            | treat   ||       |       | waiting
        14:20 | isolate 14:20                              | isolate || 14:00 | 14:30 | done
        14:40 | isolate 14:30                              | isolate || 14:00 | 14:30 | done
        14:50 | isolate 14:40                              | isolate || 14:00 | 14:30 | done_late
        14:50 | isolate 14:40                              | treat   || 14:40 | 15:40 | open
        15:41 | isolate 14:40                              | treat   || 14:40 | 15:40 | overdue
        15:41 | isolate 14:40                              | sample  ||       |       | waiting
        16:00 | isolate 14:20; treat 15:00                 | treat   || 14:20 | 15:20 | done
        16:00 | isolate 14:20; treat 15:00                 | sample  || 15:00 | 19:00 | open
        23:59 | isolate 14:20; treat 15:00                 | thank   || 14:00 |       | open
        23:59 | isolate 14:20; treat 15:00; thank 23:50    | thank   || 14:00 |       | done
        """,
        lambda cells: stands(trigger, cells | {"event": "14:00"}, clocks),
        event="14:00",
        **{"fever.yaml": FEVER},
    )


def test_as_things_stood(spec: Spec) -> None:
    """Asked how things stood at an earlier moment, what was done later is not done yet."""
    trigger, clocks = trigger_of(FEVER), clocks_of()
    spec.rows(
        """
        at    | done                       | action  || state
        14:10 | isolate 14:20; treat 15:00 | isolate || open
        14:10 | isolate 14:20; treat 15:00 | treat   || waiting
        14:30 | isolate 14:20; treat 15:00 | treat   || open
        13:50 |                            | isolate || waiting
        """,
        lambda cells: stands(trigger, cells | {"event": "14:00"}, clocks),
        event="14:00",
        measure="fever.yaml, as above",
    )


def test_out_of_order(spec: Spec) -> None:
    """
    Nothing opens before the event, nor before what it comes after has opened and is done: a room given at 13:50 for another
    reason starts no clock before 14:00, and samples taken of somebody who is not isolated open nothing further.
    """
    trigger, clocks = trigger_of(FEVER), clocks_of()
    spec.rows(
        """
        at    | done                       | action || opens | due   | state
        14:10 | isolate 13:50              | treat  || 14:00 | 15:00 | open
        15:00 | treat 14:10                | sample ||       |       | waiting
        15:00 | treat 14:10; isolate 14:20 | sample || 14:20 | 18:20 | open
        """,
        lambda cells: stands(trigger, cells | {"event": "14:00"}, clocks),
        event="14:00",
        measure="fever.yaml, as above",
    )


def test_from_the_event_or_from_the_news(spec: Spec) -> None:
    """With `clock_from: learned` the time runs from the moment the event was learned of; where that is not given, from the event."""

    def counted(cells: Cells) -> dict[str, object]:
        trigger = trigger_of(REPORT.replace("clock_from: learned", f"clock_from: {cells['clock from']}"))
        return stands(trigger, cells | {"event": "14:00", "at": "23:00", "done": ""}, clocks_of())

    spec.rows(
        """
        clock from | learned     | action  || opens | due   | state
        event      | 20:00       | card    || 14:00 | 16:00 | overdue
        learned    | 20:00       | card    || 20:00 | 22:00 | overdue
        learned    | 21:30       | card    || 21:30 | 23:30 | open
        learned    |             | card    || 14:00 | 16:00 | overdue
        learned    | 21:30       | summary ||       |       | waiting
        """,
        counted,
        event="14:00, seen at 23:00",
        **{"case.yaml": REPORT},
    )


def test_deadlines_in_days(spec: Spec) -> None:
    """`P1D` is the same time of the next day, `PT24H` are 24 hours; they differ on the night when clocks change."""

    def due(cells: Cells) -> dict[str, object]:
        clocks = Clocks(cells["zone"], DATED.day)
        trigger = trigger_of(REPORT.replace("P1D", cells["within"]))
        said = {"event": cells["card done"], "done": f"card {cells['card done']}", "action": "summary"}
        return stands(trigger, said | {"at": cells["card done"]}, clocks)

    spec.rows(
        """
        zone          | card done   | within || due
        Asia/Shanghai | 03-28 20:00 | P1D    || 03-29 20:00
        Asia/Shanghai | 03-28 20:00 | PT24H  || 03-29 20:00
        Europe/Berlin | 03-28 20:00 | P1D    || 03-29 20:00
        Europe/Berlin | 03-28 20:00 | PT24H  || 03-29 21:00
        """,
        due,
        measure="case.yaml, as above",
    )


def test_after_something_that_is_not_there(spec: Spec) -> None:
    """An action comes after one that stands above it; a protocol that says otherwise is refused."""

    def said(cells: Cells) -> dict[str, object]:
        return {"refused": refused_in(FEVER.replace("after: isolate", f"after: {cells['treat comes after']}"))}

    spec.rows(
        """
        treat comes after || refused
        isolate           ||
        sample            || there is no action sample before treat
        treat             || there is no action treat before treat
        nothing           || there is no action nothing before treat
        """,
        said,
        measure="fever.yaml, as above",
    )
