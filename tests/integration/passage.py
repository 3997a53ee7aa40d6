"""A facility with gates, and somebody who walks a chain step by step."""

from collections.abc import Callable
from typing import Any

MINUTE = 60_000
GATES = """
code,parent,kind,name_zh,name_en,capacity,key_area
CORDON,SITE,cordon,外围警戒,Cordon,,
GATE,SITE,gate,大门,Main gate,,
DOOR1,W1,inner_gate,一监区门,Door of wing 1,,
"""
#: What a step is answered with where it names the results that it accepts.
GOOD = {"granted", "normal", "negative", "known", "good"}


class Gate:
    """A gate with one officer per act; every moment is a minute after the one before."""

    def __init__(self, make_facility: Callable[..., Any], protocol: str, code: str = "YT") -> None:
        self.small = make_facility(code, protocol)
        self.facility = self.small.facility
        account = self.small.bring("places", GATES, name="gates.csv")
        assert not account.failures, account.failures
        self.at = self.small.at
        self.n = 0

    def tick(self, minutes: int = 1) -> int:
        self.at += minutes * MINUTE
        return self.at

    def visit(self, *parties: tuple[str, str, str], ref: str = "v1", **more: Any) -> Any:
        from lazaretto.apps.passage.visiting import Wanted, open_visit

        wanted = [p if isinstance(p, Wanted) else Wanted(*p) for p in parties]
        return open_visit(self.facility, parties=wanted, ref=ref, by="asker", at=self.tick(), **more)

    def runs(self, party: Any, *, open_only: bool = True) -> list[Any]:
        from lazaretto.apps.work.running import states

        return states(self.facility, self.at, open_only=open_only, subjects=[party.subject])

    def do(self, state: Any, step: Any, **more: Any) -> Any:
        from lazaretto.apps.work.runs import do_step

        self.n += 1
        result = next(iter(sorted(GOOD & set(step.accept))), "granted" if step.does == "approve" else "")
        given: dict[str, Any] = {
            "ref": f"do{self.n}", "by": f"officer{self.n}", "second": "second" if step.pair else "", "result": result,
            "roles": {step.by or "gate_officer"}, "at": self.tick(),
        }  # fmt: skip
        return do_step(state.run, step.id, **(given | more))

    def walk(self, party: Any, *, until: str = "") -> list[str]:
        """Do every step of every chain that the party owes, in the order in which they become possible."""
        done: list[str] = []
        while True:
            ready = [(s, step) for s in self.runs(party) for step, moment in s.next if moment <= self.at + MINUTE]
            chosen = next(((s, step) for s, step in ready if self._may(s, step)), None)
            if chosen is None or chosen[1].id == until:
                return done
            self.do(*chosen)
            done.append(chosen[1].id)

    def _may(self, state: Any, step: Any) -> bool:
        from lazaretto.apps.passage.passing import before_step
        from lazaretto.apps.work.runs import _check_required
        from lazaretto.protocol.refusal import Refusal

        last = step == state.steps[-1]
        try:
            if last:
                _check_required(state.run, state.chain, self.at)
            before_step(state.run, step, last=last, at=self.at, now=self.at)
        except Refusal:
            return False
        return True

    def party(self, visit: Any, position: int = 1) -> Any:
        return visit.parties.select_related("visit__gate", "facility__log", "person", "zone").get(position=position)
