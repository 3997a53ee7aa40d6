"""
A week in five facilities: who comes and goes, what is declared, what goes wrong. After the week, everyday life goes on.

The script is written for seven days; a shorter demo plays its last days, with the days before folded into its first.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from lazaretto.apps.rehearse.bureau import DUTANG, QIYAN, YUNTING, ZHENXI
from lazaretto.apps.rehearse.founding import MINUTE, moment
from lazaretto.apps.rehearse.institution import DAY, DUTY, INTAKE, ISOLATION, DemoInstitution, DemoPerson
from lazaretto.apps.rehearse.walking import Trouble
from lazaretto.apps.rehearse.world import Planned, World

WEEK = 7
FEVER_AT, FEVER_LASTS, ISOLATED_AFTER = 14 * 60 + 4, 2 * DAY, 150
OUTAGE, OUTAGE_AT, OUTAGE_LASTS = "W3-F2", 13 * 60, 90
COPIED, COPIED_AT = "W2", 16 * 60 - 30
#: When a phone whose clock is wrong hands in a reading, and how far ahead of us the reading is.
AHEAD_AT, AHEAD_BY = 10 * 60 + 12, 3 * 60
_ON_DUTY_DAYS = 14


class Script:
    """The story of one facility, on the days of a demo that has `days` of them."""

    def __init__(self, made: DemoInstitution, days: int) -> None:
        self.made, self.days = made, days
        self.code = made.blueprint.code

    def day(self, of_week: int) -> int:
        """Return the day of the demo on which a day (0 to 6) of the script falls."""
        return max(0, self.days - WEEK + of_week)

    def on(self, of_week: int) -> date:
        return self.made.first + timedelta(days=self.day(of_week))

    def at(self, of_week: int, minute: int) -> int:
        return moment(self.made, self.day(of_week) * DAY + minute)

    def settle(self) -> None:
        """Say on which lawful dates people leave in the week."""
        for person, of_week in zip(self.made.cast["released"], (2, 5), strict=True):
            person.release_on = self.on(of_week)

    # -- what goes wrong --------------------------------------------------------------------------------------------

    @property
    def fever_at(self) -> int:
        return self.at(4, FEVER_AT)

    def trouble(self) -> Trouble:
        if self.code == YUNTING.code:
            sick = self.made.cast["fever"][0].code
            began = self.fever_at - 60 * MINUTE
            dark, copied = self.at(4, OUTAGE_AT), self.at(5, COPIED_AT)
            return Trouble(
                fever=(sick, began, began + FEVER_LASTS * MINUTE),
                outage=(OUTAGE, dark, dark + OUTAGE_LASTS * MINUTE),
                copied=(COPIED, copied, copied + 60 * MINUTE),
            )
        if self.code == DUTANG.code:
            return Trouble(miscount=("W2", self.at(4, 0), self.at(4, DAY)))
        return Trouble()

    def forgotten(self) -> set[date]:
        """Days whose report nobody signed."""
        return {QIYAN.code: {self.on(2), self.on(3)}, YUNTING.code: {self.on(2)}}.get(self.code, set())

    # -- who comes and goes -----------------------------------------------------------------------------------------

    def plans(self, world: World, since: int, until: int) -> list[Planned]:
        """Return the movements of [since, until] that are possible, in order, and let the world carry them out."""
        found = []
        for day in range((until - moment(self.made, 0)) // (DAY * MINUTE) + 1):
            every = [*self._scripted(day), *self._duty(day), *self._everyday(day, world, since)]
            for plan in sorted(every, key=lambda p: (p.at, p.code)):
                if since <= plan.at <= until and world.possible(plan):
                    world.carry_out(plan)
                    found.append(plan)
        return found

    def joining(self) -> Iterator[tuple[int, DemoPerson]]:
        """Yield those whose files are made in the week, and when."""
        yield self.at(1, 9 * 60 + 20), self.made.newcomers[0]
        yield self.at(4, 15 * 60), self.made.newcomers[1]
        if self.code == ZHENXI.code:
            yield from ((self.at(2, 13 * 60 + 30), person) for person in self.made.newcomers[2:])

    def _scripted(self, day: int) -> Iterator[Planned]:
        made, cast = self.made, self.made.cast
        came = list(self.joining())
        every = [Planned(at + 40 * MINUTE, p.code, "admission", f"{INTAKE}-{1 + n}", made.blueprint.sender)
                 for n, (at, p) in enumerate(came[:2])]  # fmt: skip
        if self.code == ZHENXI.code:
            every += [Planned(at + (30 + n) * MINUTE, p.code, "transfer_in", f"{INTAKE}-3", DUTANG.name.zh)
                      for n, (at, p) in enumerate(came[2:])]  # fmt: skip
            every.append(Planned(self.at(5, 9 * 60), cast["overdue"][0].code, "hospital_escort", "",
                                 made.blueprint.hospital, "复查", self.at(5, 18 * 60)))  # fmt: skip
        if self.code == DUTANG.code:
            every += [Planned(self.at(2, 10 * 60 + n), p.code, "transfer_out", "", ZHENXI.name.zh, "判决生效，送交执行")
                      for n, p in enumerate(cast["moved_on"])]  # fmt: skip
        if self.code == YUNTING.code:
            isolated = self.fever_at + ISOLATED_AFTER * MINUTE
            every.append(Planned(isolated, cast["fever"][0].code, "cell_move", f"{ISOLATION}-1", "", "发热隔离"))
        today = (moment(made, day * DAY), moment(made, (day + 1) * DAY))
        yield from (plan for plan in every if today[0] <= plan.at < today[1])

    def _duty(self, day: int) -> Iterator[Planned]:
        """The group on duty leaves in the morning and the next one comes; they do not meet."""
        turn, rest = divmod(day - self.day(3), _ON_DUTY_DAYS)
        if rest or turn < 0:
            return
        out, into = (self.made.shifts[(turn + n) % len(self.made.shifts)] for n in (0, 1))
        for person in self.made.staff:
            if person.shift == out:
                yield Planned(moment(self.made, day * DAY + 9 * 60 + 30), person.code, "shift")
            elif person.shift == into:
                yield Planned(moment(self.made, day * DAY + 10 * 60), person.code, "shift", DUTY)

    def _everyday(self, day: int, world: World, since: int) -> Iterator[Planned]:
        """Releases on their lawful date, trips to court and hospital and back, moves from cell to cell."""
        made, draw = self.made, self.made.draw("day", day)
        today = made.first + timedelta(days=day)
        start = moment(made, day * DAY)
        going = [p for p in made.residents if p.release_on == today]
        for n, person in enumerate(going):
            yield Planned(start + (9 * 60 + 30 + 7 * n) * MINUTE, person.code, "release", "", "", "期满")
        playing = {p.code for cast in made.cast.values() for p in cast} | {p.code for p in going}
        order = [p.code for p in made.residents if p.code not in playing]
        draw.shuffle(order)
        inside = iter([c for c in order if world.settled(c, start + 8 * 60 * MINUTE) is not None])
        for kind, leaves, lasts, where in self._trips(day):
            code = next(inside, None)
            if code is not None:
                out = start + (leaves + draw.randint(0, 40)) * MINUTE
                back = out + (lasts + draw.randint(0, 60)) * MINUTE
                stay = world.settled(code, out)
                yield Planned(out, code, kind, "", where, "", back + 60 * MINUTE)
                if stay is not None:
                    yield Planned(back, code, "return", stay.place.partition(":")[2], where)
        chosen: set[str] = set()
        for _ in range(1 + day % 2):
            code = next(inside, None)
            if code is not None:
                at = start + (14 * 60 + 30 + draw.randint(0, 90)) * MINUTE
                yield from self._cell_move(world, code, at, chosen)

    def _trips(self, day: int) -> list[tuple[str, int, int, str]]:
        found = [("court_appearance", 8 * 60 + 20, 270, self.made.blueprint.court)]
        if day % 2:
            found.append(("hospital_escort", 9 * 60 + 10, 240, self.made.blueprint.hospital))
        if self.code == DUTANG.code:
            found += [
                ("questioning_session", 10 * 60, 80, ""),
                ("court_appearance", 13 * 60, 150, self.made.blueprint.court),
            ]
        return found

    def _cell_move(self, world: World, code: str, at: int, chosen: set[str]) -> Iterator[Planned]:
        """Somebody moves to another place of his wing with room. Who is out for the day keeps his bed."""
        stay, unit = world.settled(code, at), world.units.get(code, "")
        if stay is None:
            return
        taken = world.taken(at) | world.taken(at - 8 * 60 * MINUTE)
        with_bunks = {p.parent for p in self.made.places if p.kind == "bunk"}
        free = [
            p.code
            for p in self.made.places
            if p.code.startswith(f"{unit}-") and p.kind in ("cell", "bunk") and taken[p.code] < (p.capacity or 0)
        ]
        free = [place for place in free if place not in with_bunks | chosen and stay.place != f"place:{place}"]
        if free:
            place = self.made.draw("cell", code, at).choice(free)
            chosen.add(place)
            yield Planned(at, code, "cell_move", place, "", "调舍")
