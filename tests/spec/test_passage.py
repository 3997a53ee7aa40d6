"""
The chains of the five reports at the gate.

Each report has its own steps, order, approvers and clocks; all are data of its pack and run on one machine. `gate.entry` is
how people pass, `goods.…` and `food.…` how things do. A restriction denies by class; what it never denies waits for nobody.
"""

from functools import cache

from lazaretto import packs
from lazaretto.apps.passage.ways import Coming, told, ways
from lazaretto.protocol.chain import Attempt, Chain, Done, check_may_do, released_at
from lazaretto.protocol.resolve import Resolved, resolve
from tests.spec.clocks import Clocks
from tests.spec.kinds import DATED, answer, clocks_of, moments
from tests.spec.runners import Spec
from tests.spec.tables import Cells

PACKS = {
    "S0": "facility-s0-prison", "S1": "facility-s1-drug-rehab", "S2": "facility-s2-detention",
    "S3": "facility-s3-drug-rehab", "S4": "facility-s4-prison",
}  # fmt: skip


@cache
def regime(name: str) -> Resolved:
    loaded = packs.shipped(PACKS[name])
    return resolve(loaded, loaded.document.normal_level, (), ())


def chain_of(pack: str, measure: str) -> Chain:
    found = regime(pack).any_measure(measure)
    assert isinstance(found, Chain)
    return found


def steps_of(cells: Cells) -> dict[str, object]:
    chain = chain_of(cells["pack"], cells["chain"])
    steps = chain.of(cells["way"])
    order = "in order" if chain.ordered else "any order, the last last"
    return {"steps": ", ".join(s.id for s in steps), "n": str(len(steps)), "order": order}


def test_who_passes_which_steps(spec: Spec) -> None:
    """The list of steps, their order and their direction are the report's own: 6, 5, 9, 4 and 3 of them on the way in."""
    spec.rows(
        """
        pack | chain              | way || n | order                    | steps
        S0   | gate.entry         | in  || 6 | in order                 | register, protect, do_not_meet, disinfect, separate, pass
        S0   | gate.entry         | out || 6 | in order                 | register, protect, do_not_meet, disinfect, separate, pass
        S0   | gate.exception     | in  || 3 | in order                 | request, approve, enter
        S1   | gate.entry         | in  || 5 | in order                 | approval, temperature, disinfection, security_check, registration
        S1   | gate.vehicle_entry | in  || 5 | any order, the last last | approval, plate, driver_temperature, disinfection, let_in
        S2   | gate.entry         | in  || 9 | any order, the last last | deputy_chief_approval, detachment_approval, identity, register, disinfect, temperature, double_code, sampling, pass
        S2   | gate.entry         | out || 3 | any order, the last last | identity, register, pass
        S3   | gate.entry         | in  || 4 | in order                 | cordon, check, separation, enter
        S4   | gate.vehicle_entry | in  || 3 | in order                 | registered, disinfected, barrier
        """,
        steps_of,
    )


def test_one_two_three_four(spec: Spec) -> None:
    """S0-22: 1 full protection, 2 'do not meet', 3 disinfections, 4 separations; which they are, the facility says."""

    def parts(cells: Cells) -> dict[str, object]:
        step = chain_of("S0", "gate.entry").step(cells["step"])
        assert step is not None
        return {"things to confirm": str(len(step.items))}

    spec.rows(
        """
        step        || things to confirm
        protect     || 1
        do_not_meet || 2
        disinfect   || 3
        separate    || 4
        """,
        parts,
    )


def test_three_points_both_ways_and_half_an_hour(spec: Spec) -> None:
    """S0-26, S0-27: goods are disinfected at three points, in and out, and rest 30 minutes after the last; then they go on."""
    clocks = clocks_of()

    def asked(cells: Cells) -> dict[str, object]:
        return tried(chain_of("S0", "goods.disinfection"), cells, clocks, "logistics")

    spec.rows(
        """
        way | done                                                                                        | step         | at    || refused   | possible from
        in  |                                                                                             | between_doors | 08:00 || skipped  |
        in  | barrier 08:00; cart 08:05                                                                   | loading_area | 08:30 || skipped   |
        in  | barrier 08:00; cart 08:05; between_doors 08:10; loading_area 08:31                          | release      | 08:51 || too_early | 09:01
        in  | barrier 08:00; cart 08:05; between_doors 08:10; loading_area 08:31                          | release      | 09:01 ||           |
        out | loading_area_out 08:00; cart_out 08:05; between_doors_out 08:10; barrier_out 08:20          | release      | 08:49 || too_early | 08:50
        out | loading_area_out 08:00; cart_out 08:05; between_doors_out 08:10; barrier_out 08:20          | release      | 08:50 ||           |
        """,
        asked,
    )


def test_food_waits_for_both_clocks(spec: Spec) -> None:
    """S2-30: food is held 48 h and sampled; the later of the two lets it into the kitchen, and a bad result never does."""

    def lot(cells: Cells) -> dict[str, object]:
        chain = chain_of("S2", "food.hold")
        done = [Done(step, at, result=result) for step, at, result in moments(cells["done"], DATED)]
        free = released_at(chain, done, DATED.zone, "in")
        return {"to the kitchen from": "" if free is None else DATED.show(free)}

    spec.rows(
        """
        done                                                                         || to the kitchen from
        received 03-15 08:00                                                         ||
        received 03-15 08:00; sampled 03-15 09:00; result 03-16 10:00 negative       || 03-17 08:00
        received 03-15 08:00; sampled 03-15 09:00; result 03-18 09:00 negative       || 03-18 09:00
        received 03-15 08:00; sampled 03-15 09:00; result 03-16 10:00 positive       ||
        """,
        lot,
    )


def test_the_window_and_the_levels_of_approval(spec: Spec) -> None:
    """S2-19, S2-69, S1-31: the deputy chief, then the superior body; each leave holds a day; S0's exception 24 hours."""

    def approvals(cells: Cells) -> dict[str, object]:
        steps = [s for s in chain_of(cells["pack"], cells["chain"]).steps if s.does == "approve"]
        return {
            "levels": str(len(steps)), "by": ", ".join(s.by or "" for s in steps),
            "holds": ", ".join(str(s.expires.nominal_ms // 3_600_000) + " h" if s.expires else "" for s in steps),
        }  # fmt: skip

    spec.rows(
        """
        pack | chain               || levels | by                                   | holds
        S0   | gate.exception      || 1      | facility_head                        | 24 h
        S1   | gate.entry          || 1      | deputy_head                          | 24 h
        S2   | gate.entry          || 2      | county_deputy_chief, bureau_approver | 24 h, 24 h
        S2   | gate.vehicle_entry  || 2      | county_deputy_chief, bureau_approver | 24 h, 24 h
        S2   | goods.entry         || 2      | county_deputy_chief, bureau_approver | 24 h, 24 h
        S1   | resumption.project  || 1      | bureau_approver                      |
        """,
        approvals,
    )


def test_nobody_approves_twice_and_nobody_for_himself(spec: Spec) -> None:
    """Whoever asks does not approve; each level is another person's; a leave that has run out lets nobody in."""
    clocks = clocks_of(day="2026-03-18")

    def asked(cells: Cells) -> dict[str, object]:
        return tried(chain_of("S2", "gate.entry"), cells, clocks, "")

    spec.rows(
        """
        way | done                                                                           | step                  | at    | by | result  || refused       | possible from
        in  |                                                                                | deputy_chief_approval | 08:00 | R  | granted || own_request   |
        in  | deputy_chief_approval 07:00 granted                                            | detachment_approval   | 08:00 | A  | granted || same_approver |
        in  | deputy_chief_approval 07:00 granted                                            | detachment_approval   | 08:00 | B  | granted ||               |
        in  | deputy_chief_approval 03-17 07:00 granted; detachment_approval 07:30 granted   | identity              | 08:00 | G  |         || expired       |
        in  | deputy_chief_approval 07:00 refused                                            | identity              | 08:00 | G  |         || ended         |
        in  | deputy_chief_approval 07:00 granted; detachment_approval 07:30 granted         | temperature           | 08:00 | G  |         || no_result     |
        """,
        asked,
    )


def test_what_is_denied_and_what_is_offered_instead(spec: Spec) -> None:
    """S0-08, S0-23, S2-31, S2-69, S3-45: denied by class; the chain that excepts; what is offered; what is never denied."""

    def coming(cells: Cells) -> dict[str, object]:
        resolved = regime(cells["pack"])
        found = ways(resolved, Coming(cells["stream"], cells["class"], "in", frozenset({"main_gate"})))
        refused = found.refused
        said = told(resolved, refused).en.partition("offered instead: ")[2] if refused else ""
        return {
            "chains": ", ".join(chain.id for chain, _ in found.chains) if not refused else "",
            "refused": "yes" if refused else "never" if found.exempt else "", "offered instead": said,
        }  # fmt: skip

    spec.rows(
        """
        pack | stream  | class           || chains                     | refused | offered instead
        S0   | vehicle | outside_vehicle || gate.exception             |         |
        S0   | vehicle | ambulance       ||                            | never   |
        S0   | person  | staff           || gate.entry                 |         |
        S1   | person  | outside_person  || gate.entry                 |         |
        S1   | vehicle | outside_vehicle || gate.vehicle_entry         |         |
        S1   | vehicle | fire_engine     ||                            | never   |
        S2   | goods   | courier_parcel  ||                            | yes     | Orders through canteen or shop instead of parcels
        S2   | goods   | takeaway        ||                            | yes     | Orders through canteen or shop instead of parcels
        S2   | goods   | medicine        ||                            | never   |
        S2   | person  | outsider        || gate.entry                 |         |
        S4   | vehicle | delivery        || gate.vehicle_entry         |         |
        S4   | person  | family_visit    ||                            | yes     | Family calls while visits are stopped or in isolation, Meetings with lawyers and monitoring bodies, never stopped
        """,
        coming,
    )


def tried(chain: Chain, cells: Cells, clocks: Clocks, role: str) -> dict[str, object]:
    def ask() -> None:
        done = [Done(step, at, "A", result) for step, at, result in moments(cells["done"], clocks)]
        step = chain.step(cells["step"])
        at = clocks.at(cells["at"])
        attempt = Attempt(
            cells["step"],
            at,
            at,
            cells.get("by", "B"),
            step.by or role if step else role,
            result=cells.get("result", ""),
        )
        check_may_do(chain, attempt, done, zone=clocks.zone, direction=cells["way"], requester="R")

    return answer(ask, clocks)
