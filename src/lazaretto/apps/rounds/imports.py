"""Rows into facts and excuses."""

from collections.abc import Callable, Mapping
from operator import itemgetter

from django.db import transaction

from lazaretto.apps.command import queries as command
from lazaretto.apps.registry.importing import Importer, Taken
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.apps.rounds import actions
from lazaretto.apps.rounds.facts import FIELDS, KEPT, OUTCOMES, SAID, Admitted, Border
from lazaretto.apps.rounds.models import Excuse
from lazaretto.protocol.document import Document
from lazaretto.protocol.text import Text

SCOPES = {"subject": "subject", "对象": "subject", "人员": "subject", "place": "place", "场所": "place",
          "measure": "measure", "措施": "measure", "facility": "facility", "机构": "facility", "全所": "facility"}  # fmt: skip

ID_CONFLICT = Text(
    "这个标识已用于另一条不同的记录，已拒绝并记入日报；要改正请新写一条，supersedes 填原标识",
    "this id is taken by another fact; it was refused and the day's report says so. To correct, write a new fact that supersedes it",
)


NO_REASON = Text("没写原因，不能免做；请补一条更正", "without a reason this excuses nothing; add a correction")


class FactImporter(Importer):
    """Facts by the same border and the same action as every other door."""

    name = "facts"
    required = ("observation", "subject", "observed_at")
    known = FIELDS
    chunk, least, most = 2000, 2000, 8000  # a slow commit gets no faster by fewer rows

    def __init__(self, facility: Facility, *, now: int) -> None:
        super().__init__(facility, now=now)
        self.protocol = command.in_force(facility, now).resolved
        self.border = Border(facility, self.protocol.document, now)
        self.taken: list[tuple[int, Admitted]] = []
        self.previewed: dict[str, Admitted] = {}
        self.reasons = known_reasons(self.protocol.document)
        self._manners: dict[tuple[str, ...], tuple[tuple[str, ...], Text | None]] = {}
        self._said: Callable[[Mapping[str, str]], tuple[str, ...]] | None = None

    def take(self, row: Row) -> Taken:
        manner, self.warning = self._manner(row.cells)
        self.taken.append((row.number, self.border.fact(manner, row.cells)))
        return "created"

    def _manner(self, cells: Mapping[str, str]) -> tuple[tuple[str, ...], Text | None]:
        """Return what the rows of a table have in common with many others, and the warning that it earns."""
        if self._said is None:
            self._said = itemgetter(*(name for name in SAID if name in cells), "subject")
        try:
            said = self._said(cells)[:-1]
        except KeyError:  # a row that ends early
            return self._made(cells)
        found = self._manners.get(said)
        if found is None:
            if len(self._manners) > KEPT:
                self._manners.clear()
            found = self._manners[said] = self._made(cells)
        return found

    def _made(self, cells: Mapping[str, str]) -> tuple[tuple[str, ...], Text | None]:
        reason = cells.get("reason", "")
        claim = {**cells, "source": cells.get("source") or "import", "reason": self.reasons.get(reason, reason)}
        manner = self.border.manner(claim)
        excusing = OUTCOMES[cells.get("outcome", "").lower()] in ("refused", "unable")
        return manner, NO_REASON if excusing and not claim["reason"] else None

    def preview(self) -> Mapping[int, Taken | RowError]:
        taken, self.taken = self.taken, []
        outcomes = actions.sort_out(self.facility, [f for _, f in taken], self.previewed).outcomes
        return self._by_row(taken, outcomes)

    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        taken, self.taken = self.taken, []
        outcomes = actions.record_facts(
            self.facility, [f for _, f in taken], by=by, at=at, protocol=self.protocol
        ).outcomes
        return self._by_row(taken, outcomes)

    def _by_row(
        self, taken: list[tuple[int, Admitted]], outcomes: list[actions.FactOutcome]
    ) -> Mapping[int, Taken | RowError]:
        return {
            number: RowError("id", ID_CONFLICT) if outcome == "id_conflict" else outcome
            for (number, _), outcome in zip(taken, outcomes, strict=True)
        }


class ExcuseImporter(Importer):
    """Excuses; `measure` may also be the name of an observation, which excuses every measure that observes it."""

    name = "excuses"
    required = ("scope", "from", "to", "reason")
    known = ("scope", "subject", "measure", "from", "to", "reason", "by")

    def __init__(self, facility: Facility, *, now: int) -> None:
        super().__init__(facility, now=now)
        self.document = command.in_force(facility, now).resolved.document
        self.border = Border(facility, self.document, now)
        self.reasons = known_reasons(self.document)
        self.taken: list[tuple[int, list[Excuse]]] = []

    def take(self, row: Row) -> Taken:
        items = [
            Excuse(facility=self.facility, measure=measure, **self._common(row)) for measure in self._measures(row)
        ]
        self.taken.append((row.number, items))
        return "created"

    def _common(self, row: Row) -> dict[str, object]:
        scope = SCOPES.get(row.need("scope").lower())
        if scope is None:
            raise RowError(
                "scope",
                Text("范围填 subject、place、measure 或 facility", "scope is subject, place, measure or facility"),
            )
        row.need("from"), row.need("to")
        starts, ends = self.span(row)
        reason = self.reasons.get(row.need("reason"), row.text("reason"))
        if reason not in {r.id for r in self.document.reasons}:
            known = ", ".join(r.id for r in self.document.reasons)
            self.warning = Text(
                f"原因 {reason} 不在规程里（{known}），照录",
                f"the reason {reason} is not in the protocol ({known}); kept as written",
            )
        return {
            "scope": scope, "subject": self._subject(row, scope), "starts": starts, "ends": ends,
            "reason": reason[:120], "by": row.text("by")[:60],
        }  # fmt: skip

    def _subject(self, row: Row, scope: str) -> str:
        code = row.text("subject").rpartition(":")[2]
        if scope in ("measure", "facility"):
            return ""
        kind = row.text("subject").rpartition(":")[0]
        registers = self.border.registers
        every = ["person", "place", "asset", "group"]
        kinds = ["place"] if scope == "place" else [kind] if kind in every else every
        found = next((k for k in kinds if code in registers[k]), None)
        if found is None:
            raise RowError("subject", Text(f"没有对象 {code or '（空）'}", f"there is no subject {code or '(empty)'}"))
        return f"{found}:{code}"

    def _measures(self, row: Row) -> list[str]:
        word = row.text("measure")
        if not word:
            if SCOPES.get(row.text("scope").lower()) == "measure":
                raise RowError("measure", Text("范围为措施时须写明措施", "scope measure needs a measure"))
            return [""]
        if any(m.id == word for m in self.document.rounds):
            return [word]
        observing = [m.id for m in self.document.rounds if m.observation == self.border.observations.get(word)]
        if not observing:
            known = ", ".join(m.id for m in self.document.rounds)
            raise RowError(
                "measure", Text(f"没有措施 {word}，可用：{known}", f"there is no measure {word}; known: {known}")
            )
        return observing

    def preview(self) -> Mapping[int, Taken | RowError]:
        taken, self.taken = self.taken, []
        return {n: "skipped" for n, items in taken if all(actions.same_excuse(self.facility, i) for i in items)}

    @transaction.atomic
    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        taken, self.taken = self.taken, []
        outcomes: dict[int, Taken | RowError] = {}
        for number, items in taken:
            try:
                with transaction.atomic():
                    new = [actions.excuse(facility=self.facility, item=i, by=by, at=at)[1] for i in items]
                outcomes[number] = "created" if any(new) else "skipped"
            except actions.OwnRound:
                outcomes[number] = RowError("by", OWN_ROUND)
        return outcomes


OWN_ROUND = Text(
    "不能为自己负责的巡查免做，请由他人办理", "nobody excuses a round they were assigned; somebody else must do it"
)


def known_reasons(document: Document) -> dict[str, str]:
    """Return the code of each reason by its title in either language."""
    return {title: r.id for r in document.reasons for title in (r.title.zh, r.title.en)}
