"""
What happens in one facility, as acts in order of time: each goes through the action that a live facility would use.

Every act can be done twice: what is on file already stays as it is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import NamedTuple, cast

from lazaretto.apps.command import actions as command_actions
from lazaretto.apps.command import queries as command
from lazaretto.apps.command.models import FlagDeclaration, LevelDeclaration
from lazaretto.apps.journal.models import Entry
from lazaretto.apps.registry import actions as registry
from lazaretto.apps.registry.imports import LegalDateImporter, PresenceImporter
from lazaretto.apps.registry.models import Facility, Person, Place, Standing
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movements
from lazaretto.apps.rehearse import gating, isolating, supplying
from lazaretto.apps.rehearse.bureau import QIYAN, YUNTING, ZHENXI, ZONE
from lazaretto.apps.rehearse.founding import BY, MINUTE, bring, bring_people, legal_dates
from lazaretto.apps.rehearse.institution import DAY, DemoInstitution, DemoPerson
from lazaretto.apps.rehearse.walking import Claim, Walks
from lazaretto.apps.rehearse.week import AHEAD_AT, AHEAD_BY, ISOLATED_AFTER, OUTAGE, OUTAGE_AT, OUTAGE_LASTS, Script
from lazaretto.apps.rehearse.world import Planned, World
from lazaretto.apps.reporting import actions as reporting
from lazaretto.apps.reporting.queries import signed_reports
from lazaretto.apps.rounds.actions import excuse, record_facts
from lazaretto.apps.rounds.claims import FactIn
from lazaretto.apps.rounds.facts import Border
from lazaretto.apps.rounds.models import Excuse, Fact
from lazaretto.apps.rounds.queries import institution_of
from lazaretto.apps.rounds.receiving import Delivery
from lazaretto.apps.work import actions as work
from lazaretto.apps.work.queries import open_cascades
from lazaretto.protocol.clock import FOREVER, instant, local_day, utc_text
from lazaretto.protocol.record import Phase
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.resolve import Resolved, resolve

CHUNK = 1_000
#: Entered later than this, a fact comes from a sheet of paper.
_ONLINE = 110 * MINUTE


class Act(NamedTuple):
    """Something that happens at a moment. `title` says what sort of work it is: `register`, `rounds` or `reports`."""

    at: int
    rank: int
    title: str
    do: Callable[[int], object]


class Declared(NamedTuple):
    """A level (or, with `flag`, a flag) that is declared in the week."""

    at: int
    level: str
    flag: str
    reason: str


@dataclass(slots=True)
class Life:
    """One facility from `since` (what was done last) up to `until`. Nothing is recorded before what is recorded already."""

    made: DemoInstitution
    facility: Facility
    script: Script
    until: int
    since: int = field(init=False)
    held: int = field(init=False)
    border: Border | None = None
    protocol: Resolved | None = None
    """What is in force as far as the next declaration: batches come every half hour."""

    def __post_init__(self) -> None:
        last = (
            Entry.objects.filter(log=self.facility.log_id, by=BY).order_by("-seq").values_list("recorded_at", flat=True)
        )
        self.since, self.held = last[0], self.facility.log.recorded_at

    def acts(self) -> list[Act]:
        """Return everything that is still to happen, in order."""
        # those who left lately are part of the walks of the day before, which are told again
        world = World(institution_of(self.facility, self.since - 2 * DAY * MINUTE, self.until))
        for _, person in self.script.joining():
            world.join(person.code, person.population, person.unit)
        plans = self.script.plans(world, self.since, self.until)
        every = [
            *self._joining(),
            *self._moves(plans),
            *self._declarations(),
            *self._care(),
            *self._gate(),
            *self._reports(),
        ]
        every += self._rounds(world)
        due = [act for act in every if self.since <= act.at <= self.until]
        return sorted(due, key=lambda act: (act.at, act.rank))

    def happen(self, act: Act) -> None:
        self.held = max(self.held, act.at)
        act.do(self.held)

    # -- the register ------------------------------------------------------------------------------------------------

    def _joining(self) -> Iterator[Act]:
        for at, person in self.script.joining():
            yield Act(at, 0, "register", partial(self._join, person))

    def _join(self, person: DemoPerson, at: int) -> None:
        bring_people(self.facility, [person], at=at)
        bring(self.facility, LegalDateImporter, legal_dates([person]), at=at)
        self.border = None

    def _moves(self, plans: Sequence[Planned]) -> Iterator[Act]:
        for (at, shift), group in groupby(plans, key=lambda p: (p.at, p.kind == "shift")):
            do = self._change_shift if shift else self._move
            yield Act(at + 4 * MINUTE, 1, "register", partial(do, list(group)))

    def _move(self, plans: Sequence[Planned], at: int) -> None:
        people = {p.code: p for p in Person.objects.filter(facility=self.facility, code__in=[p.code for p in plans])}
        places = {p.code: p for p in Place.objects.filter(facility=self.facility, code__in=[p.place for p in plans])}
        moves = [
            Move(people[p.code], p.kind, p.at, places.get(p.place), p.counterpart, p.reason, p.back_by) for p in plans
        ]
        try:
            record_movements(self.facility, moves, by=BY, at=at)
        except Refusal:  # somebody entered something else by hand since the plan was made: that stands
            return

    def _change_shift(self, plans: Sequence[Planned], at: int) -> None:
        """Bring in the list of the duty office: who went off duty, who came on."""
        open_stays = self.facility.presences.filter(ends=None, person__code__in=[p.code for p in plans])
        began = {s.person.code: (s.place.code, s.starts) for s in open_stays.select_related("person", "place")}
        rows: list[list[object]] = [["人员编号", "场所", "起", "止"]]
        for plan in plans:
            if plan.place:
                rows.append([plan.code, plan.place, utc_text(plan.at), ""])
            elif plan.code in began:
                place, starts = began[plan.code]
                rows.append([plan.code, place, utc_text(starts or 0), utc_text(plan.at)])
        bring(self.facility, PresenceImporter, rows, at=at)

    def _care(self) -> Iterator[Act]:
        """What custody must do to be safe with somebody, and where a fever leads."""
        yield Act(self.script.at(0, 9 * 60), 0, "register", partial(isolating.give_types, self.facility))
        for n, person in enumerate(self.made.cast["cared_for"]):
            value = ("separate_meals", "mask")[n]
            yield Act(self.script.at(0, 10 * 60 + n), 1, "register", partial(self._precaution, person.code, value))
        if self.script.code == YUNTING.code:
            sick, at = self.made.cast["fever"][0].code, self.script.fever_at + ISOLATED_AFTER * MINUTE
            yield Act(at, 1, "register", partial(self._isolate, sick, at))
            yield Act(at + 20 * MINUTE, 1, "register", partial(self._precaution, sick, "droplet"))
            yield Act(at + 40 * MINUTE, 1, "register", partial(self._answer, sick))
            contacts = partial(isolating.quarantine_contacts, self.facility, sick, at)
            yield Act(at + 60 * MINUTE, 1, "register", contacts)
            for evening in isolating.days_of_care(self, self.script.at(4, 21 * 60)):
                yield Act(evening, 1, "register", partial(isolating.care, self.facility))

    def _gate(self) -> Iterator[Act]:
        for at, what in gating.day(self):
            yield Act(at, 1, "register", partial(gating.happen, self.facility, what))
        for at, what in supplying.days(self):
            yield Act(at, 1, "register", partial(supplying.happen, self.facility, what))

    def _precaution(self, code: str, value: str, at: int) -> None:
        person = Person.objects.get(facility=self.facility, code=code)
        if not Standing.objects.filter(person=person, key="precaution", value=value).exists():
            registry.set_precaution(person=person, value=value, starts=at, by=BY, at=at)

    def _isolate(self, code: str, starts: int, at: int) -> None:
        person = Person.objects.get(facility=self.facility, code=code)
        if not Standing.objects.filter(person=person, key="isolation_stage").exists() and not isolating.carry_out(
            person, at
        ):
            registry.set_standing(
                subject=person, key="isolation_stage", value="fever_room", starts=starts, source="demo", by=BY, at=at
            )

    def _answer(self, code: str, at: int) -> None:
        """Do what the fever asked for: isolate first, then treat."""
        for owing in open_cascades(self.facility, at):
            if owing.cascade.subject == f"person:{code}":
                for owed in owing.actions:
                    work.do(owing.cascade, owed.action.id, done_at=at, by=BY, at=at)

    # -- what is declared --------------------------------------------------------------------------------------------

    def _declared(self) -> list[Declared]:
        if self.script.code == QIYAN.code:
            reason = "所在城区出现聚集性发热，提级管理"
            return [Declared(self.script.at(3, 8 * 60), "heightened", "", reason)]
        if self.script.code == ZHENXI.code:
            return [Declared(self.script.at(2, 16 * 60), "", "import_risk", "接收外所转入人员，输入风险上升")]
        return []

    def _declarations(self) -> Iterator[Act]:
        for item in self._declared():
            yield Act(item.at, 0, "register", partial(self._declare, item))

    def _declare(self, item: Declared, at: int) -> None:
        known = LevelDeclaration.objects if item.level else FlagDeclaration.objects
        if known.filter(facility=self.facility).exists():
            return
        self.protocol = None
        if item.level:
            command_actions.declare_level(facility=self.facility, level=item.level, reason=item.reason, by=BY, at=at)
        else:
            command_actions.declare_flag(
                facility=self.facility, flag=item.flag, holds=True, reason=item.reason, by=BY, at=at
            )

    def _phases(self) -> list[Phase]:
        """Return what is in force, and what will be once it is declared."""
        known = command.timeline(self.facility, self.until)
        found = [p.phase() for p in known]
        for item in self._declared():
            if self.since <= item.at and known[-1].start < item.at:
                loaded = command.protocol(known[-1].document)
                flags = [item.flag] if item.flag else []
                after = resolve(loaded, item.level or None, flags).phase(item.at, found[-1].end)
                found[-1:] = [_until(found[-1], item.at), after]
        return found

    # -- rounds ------------------------------------------------------------------------------------------------------

    def _rounds(self, world: World) -> Iterator[Act]:
        document = command.in_force(self.facility, self.until).resolved.document
        walks = Walks(self.made, world, self._phases(), document, self.script.trouble())
        for at, claims in walks.handed_in(self.since, self.until).items():
            for start in range(0, len(claims), CHUNK):
                yield Act(at, 2, "rounds", partial(self._hand_in, claims[start : start + CHUNK], at == self.since))
        if self.script.code == YUNTING.code:
            yield Act(self.script.at(5, AHEAD_AT), 2, "rounds", self._ahead)

    def _ahead(self, at: int) -> None:
        """A phone hands in a reading of a time that has not come: somebody has to say when it was."""
        who = self.made.cast["fever"][0].code
        claim = {
            "id": f"ahead-{who}", "observation": "temperature", "subject": who, "value": "36.9",
            "observed_at": utc_text(at + AHEAD_BY * MINUTE), "source": "phone",
        }  # fmt: skip
        Delivery(self.facility, [(-1, FOREVER)], by=BY, at=at, device="phone-7").take([cast(FactIn, claim)], at=at)

    def _hand_in(self, claims: Sequence[Claim], again: bool, at: int) -> None:
        """Hand claims in. `again`: some were at the last run, perhaps from another source; those stay as they are."""
        if self.border is None or self.protocol is None:
            self.protocol = command.in_force(self.facility, at).resolved
            self.border = Border(self.facility, self.protocol.document, at)
        self.border.now = at
        facts = [
            fact._replace(source="paper") if at - fact.observed_at > _ONLINE and fact.source == "phone" else fact
            for fact in map(self.border.admit, claims)
        ]
        if again:
            ids = Fact.objects.filter(facility=self.facility, id__in=[f.id for f in facts]).values_list("id", flat=True)
            known = set(ids)
            facts = [f for f in facts if f.id not in known]
        record_facts(self.facility, facts, by=BY, at=at, protocol=self.protocol)

    # -- reports -----------------------------------------------------------------------------------------------------

    def _reports(self) -> Iterator[Act]:
        """Each day is signed half an hour after it ended, but for the days that were forgotten."""
        first = self.made.first
        for n in range((local_day(ZONE, self.until) - first).days):
            on = first + timedelta(days=n)
            if on not in self.script.forgotten():
                yield Act(instant(ZONE, on, DAY + 30), 3, "reports", partial(self._sign, on))
        if self.script.code == YUNTING.code:
            explained = self.script.at(4, DAY + 9 * 60)
            yield Act(explained, 1, "register", self._explain)
            yield Act(explained + 5 * MINUTE, 3, "reports", self._amend)

    def _sign(self, on: date, at: int) -> None:
        if not signed_reports(self.facility, on):
            reporting.sign(facility=self.facility, on=on, by=BY, signer=self.made.lead.name, at=at)

    def _explain(self, at: int) -> None:
        """A power cut is explained a day later, by the lead, who walks no rounds."""
        start = self.script.at(4, OUTAGE_AT)
        item = Excuse(
            scope="place", subject=f"place:{OUTAGE}", starts=start, ends=start + OUTAGE_LASTS * MINUTE,
            reason="no_power", by=self.made.lead.code,
        )  # fmt: skip
        excuse(facility=self.facility, item=item, by=BY, at=at)

    def _amend(self, at: int) -> None:
        on = self.script.on(4)
        if len(signed_reports(self.facility, on)) == 1:
            reporting.amend(facility=self.facility, on=on, by=BY, signer=self.made.lead.name, at=at)


def _until(phase: Phase, end: int) -> Phase:
    return Phase(phase.start, end, phase.measures, phase.day_ends, phase.shifts)
