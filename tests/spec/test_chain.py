"""
A chain of steps.

A `chain` is what people, vehicles and things go through at a gate, before an issue, before a release: its `steps`, in their
order. A step may wait for a time, ask for a role, for two people, or for a result. What is refused is recorded, and counts
against nobody. A step may be entered later than it was done, but never earlier than the rule allows.
"""

from lazaretto.protocol.chain import Attempt, Chain, Done, check_may_do, next_steps, released_at
from tests.spec.clocks import Clocks
from tests.spec.kinds import DATED, answer, clocks_of, moments, read, refused_in
from tests.spec.runners import Spec
from tests.spec.tables import Cells

GOODS = """\
- id: goods
  kind: chain
  title: {zh: 物资消毒与静置, en: "Goods, disinfected and left to rest"}
  source: [{row: S0-26}, {row: S0-27}]
  stream: goods
  directions: [in, out]
  steps:
    - {id: barrier, title: {zh: 门外消毒, en: disinfected at the barrier}, directions: [in]}
    - {id: loading_out, title: {zh: 装卸区消毒（运出）, en: disinfected in the loading area}, directions: [out]}
    - {id: doors, title: {zh: AB 门之间消毒, en: disinfected between the doors}}
    - {id: loading, title: {zh: 装卸区消毒, en: disinfected in the loading area}, directions: [in]}
    - {id: barrier_out, title: {zh: 门外消毒（运出）, en: disinfected at the barrier}, directions: [out]}
    - {id: rest, title: {zh: 静置, en: rest}, does: wait, wait: PT30M}
    - {id: release, title: {zh: 放行, en: release}}
"""
FOOD = """\
- id: food
  kind: chain
  title: {zh: 食材放置并采样, en: "Food, held and sampled"}
  source: [{row: S2-30}]
  stream: food
  steps:
    - {id: received, title: {zh: 到货, en: lot received}, does: record}
    - {id: sampled, title: {zh: 采样, en: sampled}, does: sample}
    - {id: result, title: {zh: 结果, en: result}, does: check, accept: [negative]}
    - {id: release, title: {zh: 放行, en: release}, wait: PT48H, wait_after: received}
"""
ENTRY = """\
- id: entry
  kind: chain
  title: {zh: 例外进入, en: Entry by way of exception}
  source: [{row: S2-19}, {row: S1-31}]
  stream: person
  steps:
    - {id: ask, title: {zh: 申请, en: asked for}, does: record}
    - {id: approve, title: {zh: 批准, en: approval}, does: approve, by: deputy_chief, expires: PT24H, accept: [granted]}
    - {id: temperature, title: {zh: 测温, en: temperature}, does: check, by: gate_officer, accept: [normal]}
    - {id: enter, title: {zh: 进入, en: entry}, by: gate_officer, pair: true}
"""
GATE = """\
- id: gate
  kind: chain
  title: {zh: 大门, en: Gate}
  source: [{row: S2-28}]
  stream: person
  ordered: false
  steps:
    - {id: identity, title: {zh: 查验身份, en: identity}, does: check}
    - {id: disinfect, title: {zh: 消毒, en: disinfection}}
    - {id: temperature, title: {zh: 测温, en: temperature}, does: check, wait: PT10M, wait_after: identity}
    - {id: pass, title: {zh: 放行, en: passed}, wait: PT5M}
"""

ASKED = """\
- id: asked
  kind: chain
  title: {zh: 申请, en: Asked for}
  source: [{row: S2-19}]
  stream: person
  steps:
    - {id: approve, title: {zh: 批准, en: approval}, does: approve}
    - {id: pass, title: {zh: 放行, en: passed}}
"""


def chain_of(text: str) -> Chain:
    chain = read(text)
    assert isinstance(chain, Chain)
    return chain


def done_of(cells: Cells, clocks: Clocks) -> list[Done]:
    return [Done(step, at, result=result) for step, at, result in moments(cells["done"], clocks)]


def attempt_of(cells: Cells, clocks: Clocks) -> Attempt:
    """Return an attempt; a role that is not given is the one that the step asks for."""
    at = clocks.at(cells["at"])
    now = clocks.at(cells["now"]) if cells.get("now") else at
    return Attempt(cells["step"], at, now, cells.get("by", "B"), cells.get("role", ""), cells.get("second", ""))


def shown(at: int | None, clocks: Clocks) -> str:
    return "" if at is None else "any time" if at == 0 else clocks.show(at)


def nexts(chain: Chain, cells: Cells, clocks: Clocks) -> dict[str, object]:
    found = next_steps(chain, done_of(cells, clocks), clocks.zone, cells.get("way", ""))
    released = released_at(chain, done_of(cells, clocks), clocks.zone, cells.get("way", ""))
    return {
        "next": ", ".join(step.id for step, _ in found),
        "from": ", ".join(shown(at, clocks) for _, at in found),
        "released at": shown(released, clocks),
    }


def tried(chain: Chain, cells: Cells, clocks: Clocks) -> dict[str, object]:
    def ask() -> None:
        done, attempt = done_of(cells, clocks), attempt_of(cells, clocks)
        check_may_do(
            chain, attempt, done, zone=clocks.zone, direction=cells.get("way", ""), requester=cells.get("requester", "")
        )

    return answer(ask, clocks)


def test_the_next_step_of_goods(spec: Spec) -> None:
    """
    Goods are disinfected at three points, on the way in and on the way out, and rest 30 minutes after the last. Nobody does
    the rest: it is over when its time is, and then the goods may be released.
    """
    clocks, chain = clocks_of(), chain_of(GOODS)
    spec.rows(
        """
        way | done                                                       || next        | from     | released at
        in  |                                                            || barrier     | any time |
        in  | barrier 08:00                                              || doors       | 08:00    |
        in  | barrier 08:00; doors 08:20                                 || loading     | 08:20    |
        in  | barrier 08:00; doors 08:20; loading 08:40                  || release     | 09:10    | 09:10
        in  | barrier 08:00; doors 08:20; loading 08:40; release 09:30   ||             |          | 09:30
        out |                                                            || loading_out | any time |
        out | loading_out 08:00; doors 08:20                             || barrier_out | 08:20    |
        out | loading_out 08:00; doors 08:20; barrier_out 23:45          || release     | 03-18 00:15 | 03-18 00:15
        """,
        lambda cells: nexts(chain, cells, clocks),
        **{"goods.yaml": GOODS},
    )


def test_no_step_is_skipped_or_done_too_early(spec: Spec) -> None:
    """
    `at` is when a step is said to have been done, `now` what the clock says. A step before its time is refused with when it
    will be possible; said afterwards to have been done before its time, it is back-dated.
    """
    clocks, chain = clocks_of(), chain_of(GOODS)
    spec.rows(
        """
        way | done                                              | step    | at    | now   || refused      | possible from
        in  | barrier 08:00                                     | doors   | 08:00 | 08:00 ||              |
        in  | barrier 08:00                                     | doors   | 08:10 | 09:30 ||              |
        in  | barrier 08:00                                     | doors   | 07:59 | 08:10 || back_dated   | 08:00
        in  | barrier 08:00                                     | doors   | 08:11 | 08:10 || future       |
        in  | barrier 08:00                                     | loading | 08:10 | 08:10 || skipped      |
        in  | barrier 08:00                                     | release | 23:00 | 23:00 || skipped      |
        in  |                                                   | doors   | 08:00 | 08:00 || skipped      |
        in  | barrier 08:00                                     | barrier | 08:10 | 08:10 || repeated     |
        in  | barrier 08:00; doors 08:20; loading 08:40         | release | 09:00 | 09:00 || too_early    | 09:10
        in  | barrier 08:00; doors 08:20; loading 08:40         | release | 09:09 | 09:09 || too_early    | 09:10
        in  | barrier 08:00; doors 08:20; loading 08:40         | release | 09:00 | 09:20 || back_dated   | 09:10
        in  | barrier 08:00; doors 08:20; loading 08:40         | release | 09:09 | 09:10 || back_dated   | 09:10
        in  | barrier 08:00; doors 08:20; loading 08:40         | release | 09:10 | 09:00 || future       |
        in  | barrier 08:00; doors 08:20; loading 08:40         | release | 09:10 | 09:10 ||              |
        in  | barrier 08:00; doors 08:20; loading 08:40         | rest    | 09:10 | 09:10 || only_waiting | 09:10
        in  | barrier 08:00                                     | unload  | 08:10 | 08:10 || unknown_step |
        out | loading_out 08:00; doors 08:20                    | release | 09:00 | 09:00 || skipped      |
        out | loading_out 08:00; doors 08:20                    | loading | 09:00 | 09:00 || unknown_step |
        out | loading_out 08:00; doors 08:20; barrier_out 08:40 | release | 09:09 | 09:09 || too_early    | 09:10
        out | loading_out 08:00; doors 08:20; barrier_out 08:40 | release | 09:10 | 09:10 ||              |
        """,
        lambda cells: tried(chain, cells, clocks),
        measure="goods.yaml, as above",
    )


def test_a_rest_that_was_written_down_early(spec: Spec) -> None:
    """A wait that somebody recorded before its time, in another system or on paper, is still over only when its time is."""
    clocks, chain = clocks_of(), chain_of(GOODS)
    spec.rows(
        """
        way | done                                                 || next    | from  | released at
        in  | barrier 08:00; doors 08:20; loading 08:40; rest 08:45 || release | 09:10 | 09:10
        """,
        lambda cells: nexts(chain, cells, clocks),
        measure="goods.yaml, as above",
    )


def test_food_is_released_after_both_clocks(spec: Spec) -> None:
    """Food waits 48 h and for its sample: the later of the two. A result that is not accepted ends the chain for good."""
    chain = chain_of(FOOD)

    def lot(cells: Cells) -> dict[str, object]:
        done = f"received {cells['arrived']}; sampled {cells['arrived']}"
        done += f"; result {cells['result at']} {cells['result']}" if cells["result"] else ""
        return {"may release at": nexts(chain, {"done": done}, DATED)["released at"]}

    spec.rows(
        """
        lot | arrived     | result at   | result   || may release at
        A   | 03-15 08:00 | 03-16 10:00 | negative || 03-17 08:00
        B   | 03-15 08:00 | 03-18 09:00 | negative || 03-18 09:00
        C   | 03-15 08:00 |             |          ||
        D   | 03-15 08:00 | 03-17 08:00 | negative || 03-17 08:00
        E   | 03-15 08:00 | 03-16 10:00 | positive ||
        F   | 03-15 08:00 | 03-16 10:00 | unclear  ||
        """,
        lot,
        **{"food.yaml": FOOD},
    )


def test_an_approval_that_says_no(spec: Spec) -> None:
    """An approval lets the chain go on when it is granted; where the pack lists no results, anything else ends it."""
    chain = chain_of(ASKED)
    spec.rows(
        """
        done                          | step | at    || refused | possible from
        approve 08:00 granted         | pass | 08:10 ||         |
        approve 08:00                 | pass | 08:10 ||         |
        approve 08:00 refused         | pass | 08:10 || ended   |
        approve 08:00 later           | pass | 08:10 || ended   |
        """,
        lambda cells: tried(chain, cells | {"now": ""}, clocks_of()),
        **{"asked.yaml": ASKED},
    )


def test_food_that_is_asked_for_too_early(spec: Spec) -> None:
    """Without the sample nothing is released, however long it lay; with it, the attempt says when the 48 hours are over."""
    chain = chain_of(FOOD)
    spec.rows(
        """
        done                                                                      | step    | at          || refused   | possible from
        received 03-15 08:00; sampled 03-15 09:00                                 | release | 03-20 08:00 || skipped   |
        received 03-15 08:00; sampled 03-15 09:00; result 03-16 10:00 negative    | release | 03-17 07:59 || too_early | 03-17 08:00
        received 03-15 08:00; sampled 03-15 09:00; result 03-16 10:00 negative    | release | 03-17 08:00 ||           |
        received 03-15 08:00; sampled 03-15 09:00; result 03-16 10:00 positive    | release | 03-20 08:00 || ended     |
        received 03-15 08:00; sampled 03-15 09:00                                 | result  | 03-15 08:30 || back_dated | 03-15 09:00
        """,
        lambda cells: tried(chain, cells | {"now": "03-20 12:00" if cells["step"] == "result" else ""}, DATED),
        measure="food.yaml, as above",
    )


def test_hours_and_days_of_a_wait(spec: Spec) -> None:
    """`PT48H` are 48 hours that pass, `P2D` two days of the calendar; in spring, when clocks go forward, they differ."""

    def held(cells: Cells) -> dict[str, object]:
        clocks = Clocks(cells["zone"], DATED.day)
        chain = chain_of(FOOD.replace("PT48H", cells["wait"]))
        done = f"received {cells['arrived']}; sampled {cells['arrived']}; result {cells['arrived']} negative"
        return {"may release at": nexts(chain, {"done": done}, clocks)["released at"]}

    spec.rows(
        """
        zone             | arrived     | wait  || may release at
        Asia/Shanghai    | 03-28 08:00 | PT48H || 03-30 08:00
        Asia/Shanghai    | 03-28 08:00 | P2D   || 03-30 08:00
        Europe/Berlin    | 03-28 08:00 | PT48H || 03-30 09:00
        Europe/Berlin    | 03-28 08:00 | P2D   || 03-30 08:00
        America/New_York | 10-31 08:00 | PT48H || 11-02 07:00
        America/New_York | 10-31 08:00 | P2D   || 11-02 08:00
        """,
        held,
        measure="food.yaml, as above",
    )


def test_who_may_do_a_step(spec: Spec) -> None:
    """
    An approval belongs to a role, and is never given by the one who asked (here A); a step with `pair: true` needs two.
    Somebody who does not act in the role that the step names is refused, also if he names none.
    """
    clocks, chain = clocks_of(), chain_of(ENTRY)
    spec.rows(
        """
        done                                                     | step        | at    | by | role         | second || refused
        ask 08:00                                                | approve     | 09:00 | B  | deputy_chief |        ||
        ask 08:00                                                | approve     | 09:00 | A  | deputy_chief |        || own_request
        ask 08:00                                                | approve     | 09:00 | B  | gate_officer |        || wrong_role
        ask 08:00                                                | approve     | 09:00 | B  |              |        || wrong_role
        ask 08:00; approve 09:00 granted                         | temperature | 09:10 | C  | gate_officer |        ||
        ask 08:00; approve 09:00 granted                         | temperature | 09:10 | A  | gate_officer |        ||
        ask 08:00; approve 09:00 granted; temperature 09:10 normal | enter     | 09:20 | C  | gate_officer | D      ||
        ask 08:00; approve 09:00 granted; temperature 09:10 normal | enter     | 09:20 | C  | gate_officer | C      || one_person
        ask 08:00; approve 09:00 granted; temperature 09:10 normal | enter     | 09:20 | C  | gate_officer |        || one_person
        ask 08:00; approve 09:00 granted; temperature 09:10 normal | enter     | 09:20 |    | gate_officer | D      || one_person
        """,
        lambda cells: tried(chain, cells | {"requester": "A"}, clocks),
        **{"entry.yaml": ENTRY},
    )


def test_an_approval_runs_out(spec: Spec) -> None:
    """Leave to enter holds for 24 hours, up to but not including the last; a denial, or a temperature, ends the way in."""
    clocks, chain = clocks_of(), chain_of(ENTRY)
    spec.rows(
        """
        done                                                      | step        | at          || refused | possible from
        ask 08:00; approve 09:00 granted                          | temperature | 03-18 08:59 ||         |
        ask 08:00; approve 09:00 granted                          | temperature | 03-18 09:00 || expired |
        ask 08:00; approve 09:00 granted; temperature 09:10 normal | enter      | 03-18 09:00 || expired |
        ask 08:00; approve 09:00 denied                           | temperature | 09:10       || ended   |
        ask 08:00; approve 09:00 granted; temperature 09:10 high  | enter       | 09:20       || ended   |
        """,
        lambda cells: tried(chain, cells | {"role": "gate_officer", "second": "D"}, clocks),
        measure="entry.yaml, as above",
    )


def test_an_approval_by_days_or_hours(spec: Spec) -> None:
    """An approval of `P1D` ends at the same time of the next day; one of `PT24H` when 24 hours have passed."""

    def tried_there(cells: Cells) -> dict[str, object]:
        clocks = Clocks(cells["zone"], DATED.day)
        chain = chain_of(ENTRY.replace("PT24H", cells["expires"]))
        said = {"done": f"ask {cells['approved']}; approve {cells['approved']} granted", "step": "temperature"}
        return tried(chain, cells | said | {"role": "gate_officer"}, clocks)

    spec.rows(
        """
        zone             | approved    | expires | at          || refused
        America/New_York | 03-07 09:00 | P1D     | 03-08 08:59 ||
        America/New_York | 03-07 09:00 | P1D     | 03-08 09:00 || expired
        America/New_York | 03-07 09:00 | PT24H   | 03-08 09:59 ||
        America/New_York | 03-07 09:00 | PT24H   | 03-08 10:00 || expired
        Asia/Shanghai    | 03-07 09:00 | PT24H   | 03-08 08:59 ||
        Asia/Shanghai    | 03-07 09:00 | PT24H   | 03-08 09:00 || expired
        """,
        tried_there,
        measure="entry.yaml, as above",
    )


def test_leave_to_come_in_holds_nobody_inside(spec: Spec) -> None:
    """An approval that is asked for on the way in says nothing about the way out, even where one list holds both ways."""
    text = ENTRY.replace("stream: person", "stream: person\n  directions: [in, out]").replace(
        "expires: PT24H", "expires: PT24H, directions: [in]"
    )
    clocks, chain = clocks_of(), chain_of(text)
    spec.rows(
        """
        way | done                                      | step        | at          || refused
        in  | ask 08:00; approve 09:00 granted          | temperature | 03-19 09:00 || expired
        out | ask 08:00; approve 09:00 granted          | temperature | 03-19 09:00 ||
        out | ask 08:00                                 | temperature | 03-19 09:00 ||
        out | ask 08:00                                 | approve     | 09:00       || unknown_step
        """,
        lambda cells: tried(chain, cells | {"role": "gate_officer"}, clocks),
        **{"both_ways.yaml": text},
    )


def test_steps_in_any_order(spec: Spec) -> None:
    """
    With `ordered: false` the steps before the last are done in any order, and the last when all of them are. A step that
    waits still comes after what it waits for, and the wait of the last one counts from the latest.
    """
    clocks, chain = clocks_of(), chain_of(GATE)
    spec.rows(
        """
        done                                               || next                   | from            | released at
                                                           || identity, disinfect    | any time, any time |
        disinfect 08:00                                    || identity               | any time        |
        identity 08:05                                     || disinfect, temperature | any time, 08:15 |
        disinfect 08:00; identity 08:05                    || temperature            | 08:15           |
        identity 08:05; temperature 08:20                  || disinfect              | any time        |
        disinfect 08:00; identity 08:05; temperature 08:20 || pass                   | 08:25           | 08:25
        identity 08:05; temperature 08:20; disinfect 09:00 || pass                   | 09:05           | 09:05
        """,
        lambda cells: nexts(chain, cells, clocks),
        **{"gate.yaml": GATE},
    )


def test_none_of_them_is_left_out(spec: Spec) -> None:
    """Any order is not any choice: with one step missing the last is refused."""
    clocks, chain = clocks_of(), chain_of(GATE)
    spec.rows(
        """
        done                                               | step        | at    || refused   | possible from
        disinfect 08:00; identity 08:05                    | pass        | 09:00 || skipped   |
        identity 08:05; temperature 08:20                  | pass        | 09:00 || skipped   |
        disinfect 08:00                                    | temperature | 09:00 || skipped   |
        identity 08:05                                     | temperature | 08:10 || too_early | 08:15
        identity 08:05; temperature 08:20; disinfect 09:00 | pass        | 09:04 || too_early | 09:05
        identity 08:05; temperature 08:20; disinfect 09:00 | pass        | 09:05 ||           |
        """,
        lambda cells: tried(chain, cells, clocks),
        measure="gate.yaml, as above",
    )


def test_a_rest_in_a_chain_without_order(spec: Spec) -> None:
    """A rest with no `wait_after` counts from the last of the steps before it, whichever that was."""
    text = GOODS.replace("  steps:", "  ordered: false\n  steps:")
    clocks, chain = clocks_of(), chain_of(text)
    spec.rows(
        """
        way | done                                      || next           | from               | released at
        in  | loading 08:00                             || barrier, doors | any time, any time |
        in  | loading 08:00; doors 08:20                || barrier        | any time           |
        in  | loading 08:00; doors 08:20; barrier 08:40 || release        | 09:10              | 09:10
        """,
        lambda cells: nexts(chain, cells, clocks),
        **{"goods_in_any_order.yaml": text},
    )


def test_chains_that_cannot_run(spec: Spec) -> None:
    """A protocol is refused where a wait could never begin, or where two steps have one name."""

    def said(cells: Cells) -> dict[str, object]:
        old, _, new = cells["instead"].partition(" -> ")
        assert old in GOODS
        return {"refused": refused_in(GOODS.replace(old, new))}

    spec.rows(
        """
        instead                                                    || refused
        wait: PT30M -> wait: PT30M, wait_after: doors              ||
        wait: PT30M -> wait: PT30M, wait_after: release            || there is no step release before rest
        wait: PT30M -> wait: PT30M, wait_after: barrier            || there is no step barrier before rest
        wait: PT30M -> wait: PT30M, wait_after: barrier, directions: [in] ||
        id: loading_out -> id: barrier                             || the id barrier is given twice
        """,
        said,
        measure="goods.yaml, as above",
    )


def test_a_chain_in_the_time_of_the_house(spec: Spec) -> None:
    """Waits are reckoned by elapsed time also where midnight lies between, and shown by the clocks of the house."""
    chain = chain_of(GOODS)

    def late(cells: Cells) -> dict[str, object]:
        clocks = Clocks(cells["zone"], DATED.day)
        done = f"barrier {cells['last']}; doors {cells['last']}; loading {cells['last']}"
        return {"released at": nexts(chain, {"way": "in", "done": done}, clocks)["released at"]}

    spec.rows(
        """
        zone             | last        || released at
        Asia/Shanghai    | 03-17 23:50 || 03-18 00:20
        America/New_York | 03-08 01:45 || 03-08 03:15
        """,
        late,
        measure="goods.yaml, as above",
    )
