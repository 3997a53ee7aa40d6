"""
Goods and food.

Goods are disinfected at fixed points and rest, food lies and waits for its sample: two clocks, never merged. The chains below
are those that the packs ship. The agent goes by the class of the goods; what is mixed is computed both ways of saying it.
"""

from decimal import Decimal

from lazaretto import packs
from lazaretto.protocol import dilution
from lazaretto.protocol.chain import Attempt, Chain, check_may_do, released_at
from lazaretto.protocol.dilution import Solution
from lazaretto.protocol.hold import clocks, passed
from lazaretto.protocol.refusal import Refusal
from tests.spec.kinds import DATED, answer
from tests.spec.runners import Spec
from tests.spec.tables import Cells
from tests.spec.test_chain import done_of, shown

HOUR = 3_600_000


def shipped(pack: str, measure: str) -> Chain:
    found = next(m for m in packs.shipped(pack).document.measures if m.id == measure)
    assert isinstance(found, Chain)
    return found


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _six(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.000001')).normalize():f}"


def _tried(chain: Chain, cells: Cells) -> dict[str, object]:
    step = chain.step(cells["step"])
    assert step is not None
    at = DATED.at(cells["at"])

    def ask() -> None:
        attempt = Attempt(step.id, at, DATED.at(cells.get("now", "") or cells["at"]), "B", step.by or "")
        check_may_do(chain, attempt, done_of(cells, DATED), zone=DATED.zone, direction=cells.get("way", ""))

    return answer(ask, DATED)


def test_three_points_both_ways_then_half_an_hour(spec: Spec) -> None:
    """
    S0-26, S0-27, S0-23: outside the barrier, between the A and B doors, in the loading area, in that order on the way in and
    the other way round on the way out; moved to the cart of the house; then at least 30 minutes. Nothing before, nothing skipped.
    """
    chain = shipped("s0-shandong-prison", "goods.disinfection")
    spec.rows(
        """
        way | done                                                                                            | step              | at          | now         || refused    | possible from
        in  |                                                                                                 | barrier           | 03-17 12:09 |             ||            |
        in  |                                                                                                 | between_doors     | 03-17 12:09 |             || skipped    |
        in  | barrier 03-17 12:09                                                                             | between_doors     | 03-17 12:18 |             || skipped    |
        in  | barrier 03-17 12:09; cart 03-17 12:12                                                           | between_doors     | 03-17 12:18 |             ||            |
        in  | barrier 03-17 12:09; cart 03-17 12:12                                                           | loading_area      | 03-17 12:18 |             || skipped    |
        in  | barrier 03-17 12:09; cart 03-17 12:12; between_doors 03-17 12:18                                | loading_area      | 03-17 12:31 |             ||            |
        in  | barrier 03-17 12:09; cart 03-17 12:12; between_doors 03-17 12:18; loading_area 03-17 12:31      | release           | 03-17 12:51 |             || too_early  | 03-17 13:01
        in  | barrier 03-17 12:09; cart 03-17 12:12; between_doors 03-17 12:18; loading_area 03-17 12:31      | release           | 03-17 13:00 | 03-17 13:05 || back_dated | 03-17 13:01
        in  | barrier 03-17 12:09; cart 03-17 12:12; between_doors 03-17 12:18; loading_area 03-17 12:31      | release           | 03-17 13:01 |             ||            |
        out |                                                                                                 | barrier_out       | 03-17 12:09 |             || skipped    |
        out |                                                                                                 | loading_area_out  | 03-17 12:09 |             ||            |
        out | loading_area_out 03-17 12:09; cart_out 03-17 12:12                                              | between_doors_out | 03-17 12:18 |             ||            |
        out | loading_area_out 03-17 12:09; cart_out 03-17 12:12; between_doors_out 03-17 12:18               | release           | 03-17 14:00 |             || skipped    |
        out | loading_area_out 03-17 12:09; cart_out 03-17 12:12; between_doors_out 03-17 12:18; barrier_out 03-17 12:31 | release | 03-17 12:51 |             || too_early  | 03-17 13:01
        out | loading_area_out 03-17 12:09; cart_out 03-17 12:12; between_doors_out 03-17 12:18; barrier_out 03-17 12:31 | release | 03-17 13:01 |             ||            |
        """,
        lambda cells: _tried(chain, cells),
        chain="s0-shandong-prison: goods.disinfection",
    )


def test_food_lies_48_hours_and_waits_for_its_sample(spec: Spec) -> None:
    """
    S2-30: the later of the two clocks. Each is shown by itself; without a result nothing is given out however long it lay, and
    a result that is not negative ends it.
    """
    chain = shipped("s2-tianshui-detention", "food.hold")

    def lot(cells: Cells) -> dict[str, object]:
        arrived = cells["arrived"]
        done = f"received {arrived}; sampled {arrived}"
        done += f"; result {cells['result at']} {cells['result']}" if cells["result"] else ""
        done += f"; release {cells['released']}" if cells["released"] else ""
        rows, at = done_of({"done": done}, DATED), DATED.at(cells["at"])
        waits = clocks(chain, rows, DATED.zone, at)
        still = [c.step.id for c in waits if not c.over]
        ends = released_at(chain, rows, DATED.zone)
        return {"still to wait for": ", ".join(still) or "nothing", "possible from": shown(ends, DATED),
                "to the kitchen": "yes" if passed(chain, rows, DATED.zone, at) else "no"}  # fmt: skip

    spec.rows(
        """
        arrived     | result at   | result   | released    | at          || still to wait for | possible from | to the kitchen
        03-15 08:00 |             |          |             | 03-15 09:00 || result, release   |               | no
        03-15 08:00 |             |          |             | 03-20 08:00 || result            |               | no
        03-15 08:00 | 03-16 10:00 | negative |             | 03-16 11:00 || release           | 03-17 08:00   | no
        03-15 08:00 | 03-16 10:00 | negative |             | 03-17 08:00 || nothing           | 03-17 08:00   | no
        03-15 08:00 | 03-16 10:00 | negative | 03-17 08:00 | 03-17 08:00 || nothing           | 03-17 08:00   | yes
        03-15 08:00 | 03-18 09:00 | negative |             | 03-18 08:59 || nothing           | 03-18 09:00   | no
        03-15 08:00 | 03-18 09:00 | negative | 03-18 09:00 | 03-18 09:00 || nothing           | 03-18 09:00   | yes
        03-15 08:00 | 03-16 10:00 | positive |             | 03-20 08:00 || nothing           |               | no
        03-15 08:00 | 03-16 10:00 | positive | 03-17 08:00 | 03-20 08:00 || nothing           |               | no
        """,
        lot,
        chain="s2-tianshui-detention: food.hold",
    )


def test_disinfected_before_storage_and_origin_known(spec: Spec) -> None:
    """
    S3-48, S3-53, S1-32: nothing is stored before its disinfection; food of unknown origin, or bad, is not taken; goods come in
    only after approval, formalities and measures, and are then handed over without contact.
    """

    def tried(cells: Cells) -> dict[str, object]:
        pack, _, measure = cells["chain"].partition(":")
        return {"refused": _tried(shipped(pack, measure), cells | {"way": "in"})["refused"]}

    spec.rows(
        """
        chain                                         | done                                                                       | step     | at          || refused
        s3-baicheng-drug-rehab:goods.disinfection     |                                                                            | store    | 03-17 09:00 || skipped
        s3-baicheng-drug-rehab:goods.disinfection     | disinfect 03-17 08:30                                                      | store    | 03-17 09:00 ||
        s3-baicheng-drug-rehab:food.purchase          | origin 03-17 08:30 unknown                                                 | quality  | 03-17 09:00 || ended
        s3-baicheng-drug-rehab:food.purchase          | origin 03-17 08:30 known; quality 03-17 08:40 bad                          | accept   | 03-17 09:00 || ended
        s3-baicheng-drug-rehab:food.purchase          | origin 03-17 08:30 known; quality 03-17 08:40 good                         | accept   | 03-17 09:00 ||
        s1-inner-mongolia-drug-rehab:goods.entry      |                                                                            | handover | 03-17 09:00 || skipped
        s1-inner-mongolia-drug-rehab:goods.entry      | approval 03-17 08:00; formalities 03-17 08:10                              | handover | 03-17 09:00 || skipped
        s1-inner-mongolia-drug-rehab:goods.entry      | approval 03-17 08:00 denied                                                | formalities | 03-17 09:00 || ended
        s1-inner-mongolia-drug-rehab:goods.entry      | approval 03-17 08:00; formalities 03-17 08:10; measures 03-17 08:20        | handover | 03-17 09:00 ||
        """,
        tried,
    )


def test_the_class_decides_agent_and_contact_time(spec: Spec) -> None:
    """Requirement 5.23: an agent that the class does not bear, a weaker solution or a shorter time is no disinfection."""

    def treated(cells: Cells) -> dict[str, object]:
        try:
            packs.goods()[cells["class"]].check_treated(
                agent=cells["agent"], mg_per_l=_number(cells["mg/L"]), minutes=_number(cells["minutes"])
            )
        except Refusal as refusal:
            return {"refused": refusal.code}
        return {"refused": ""}

    spec.rows(
        """
        class        | agent    | mg/L | minutes || refused
        general      | chlorine | 500  | 30      ||
        general      | chlorine | 499  | 30      || too_weak
        general      | chlorine | 500  | 29      || too_short
        general      | chlorine |      | 30      || no_strength
        general      | chlorine | 1000 |         || no_contact_time
        general      | alcohol  |      | 30      || wrong_agent
        medicine     | alcohol  |      | 3       ||
        medicine     | chlorine | 500  | 30      || wrong_agent
        food         | chlorine | 500  | 30      ||
        chilled_food | chlorine | 500  | 30      ||
        """,
        treated,
    )


def test_the_cold_chain_holds_during_the_hold(spec: Spec) -> None:
    """What is kept cold stays cold while it lies: a reading outside the span is a break of the cold chain."""
    spec.rows(
        """
        class         | degrees || kept
        chilled_food  | -0.1    || no
        chilled_food  | 0       || yes
        chilled_food  | 8       || yes
        chilled_food  | 8.1     || no
        frozen_food   | -18     || yes
        frozen_food   | -17.9   || no
        cold_medicine | 1.9     || no
        food          | 21      || yes
        """,
        lambda cells: {"kept": "yes" if packs.goods()[cells["class"]].keeps(Decimal(cells["degrees"])) else "no"},
    )


def test_made_up_to_and_into(spec: Spec) -> None:
    """
    10 mL of 5 % made up *to* 1 L are 500 mg/L; 10 mL poured *into* 1 L are 495.05. `to` and `into` are the stock in mL that
    each needs; `poured` is what the amount for `to` gives when it is poured into the whole volume of water.
    """

    def mixed(cells: Cells) -> dict[str, object]:
        target, total = Decimal(cells["mg/L"]), Decimal(cells["mL"])
        stock = dilution.strength(Decimal(cells["stock %"]))
        up = dilution.made_up_to(target, total, stock)
        return {"to": _six(up.stock_ml), "into": _six(dilution.into(target, total, stock).stock_ml),
                "poured": _six(dilution.poured(up.stock_ml, total, stock).mg_per_l)}  # fmt: skip

    spec.rows(
        """
        mg/L | mL    | stock % || to   | into       | poured
        250  | 1000  | 5       || 5    | 5.025126   | 248.756219
        500  | 1000  | 5       || 10   | 10.10101   | 495.049505
        500  | 10000 | 5       || 100  | 101.010101 | 495.049505
        1000 | 1000  | 5       || 20   | 20.408163  | 980.392157
        1000 | 10000 | 5       || 200  | 204.081633 | 980.392157
        5000 | 1000  | 5       || 100  | 111.111111 | 4545.454545
        10000 | 1000 | 5       || 200  | 250        | 8333.333333
        500  | 1000  | 4       || 12.5 | 12.658228  | 493.82716
        """,
        mixed,
    )


def test_tablets(spec: Spec) -> None:
    """Tablets = C·V / active mg, whole ones upwards: never weaker than asked for."""

    def counted(cells: Cells) -> dict[str, object]:
        found = dilution.tablets(Decimal(cells["mg/L"]), Decimal(cells["mL"]), Decimal(cells["mg a tablet"]))
        return {"exact": _six(found.exact), "tablets": found.whole, "gives mg/L": _six(found.mg_per_l)}

    spec.rows(
        """
        mg/L | mL    | mg a tablet || exact | tablets | gives mg/L
        500  | 10000 | 500         || 10    | 10      | 500
        500  | 1000  | 250         || 2     | 2       | 500
        500  | 4000  | 560         || 3.571429 | 4    | 560
        1000 | 5000  | 500         || 10    | 10      | 1000
        """,
        counted,
    )


def test_whether_a_solution_may_be_used(spec: Spec) -> None:
    """
    Checked are label (4 to 7 %), bottle (30 days open, unless a strip was read), age (24 h), strip (within 10 %) and contact
    time. What stops is in capitals; the rest is said and left to people.
    """

    def checked(cells: Cells) -> dict[str, object]:
        at = 100 * 24 * HOUR
        mixed, opened = _number(cells["hours old"]), _number(cells["days open"])
        said = Solution(
            Decimal(500), label=_number(cells["label %"]), strip=_number(cells["strip"]), contact_min=_number(cells["minutes"]),
            mixed_at=None if mixed is None else at - int(mixed * HOUR), opened_at=None if opened is None else at - int(opened * 24 * HOUR),
        )  # fmt: skip
        found = dilution.checks(said, wanted_min=Decimal(30), at=at)
        return {"found": ", ".join(w.code.upper() if w.stops else w.code for w in found)}

    spec.rows(
        """
        label % | days open | hours old | strip | minutes || found
        5       | 30        | 23.9      | 500   | 30      ||
        4       | 0         | 0         | 450   | 30      ||
        7       | 0         | 0         | 550   | 45      ||
        3.9     |           |           |       |         || label
        7.1     |           |           |       |         || label
        5       | 31        | 1         | 500   | 30      || opened
        5       | 31        | 1         |       | 30      || OPENED
        5       | 1         | 24        | 500   | 30      || AGED
        5       | 1         | -1        | 500   | 30      || AGED
        5       | 1         | 1         | 449   | 30      || STRIP
        5       | 1         | 1         | 551   | 30      || STRIP
        5       | 1         | 1         | 500   | 29      || CONTACT
        """,
        checked,
    )


def test_what_never_meets(spec: Spec) -> None:
    """Chlorine with acid, alcohol, peroxide or ammonia is blocked, whichever is named first."""

    def together(cells: Cells) -> dict[str, object]:
        try:
            dilution.check_together(*cells["agents"].split())
        except Refusal as refusal:
            return {"refused": refusal.code}
        return {"refused": ""}

    spec.rows(
        """
        agents            || refused
        chlorine acid     || never_together
        alcohol chlorine  || never_together
        chlorine peroxide || never_together
        ammonia chlorine  || never_together
        alcohol peroxide  ||
        chlorine chlorine ||
        acid alcohol chlorine || never_together
        """,
        together,
    )
