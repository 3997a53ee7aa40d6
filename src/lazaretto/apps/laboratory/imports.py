"""
Results in from a laboratory's table. The worklist goes out with its columns for the answer empty, and comes in filled.

What is on record for a sample is not overwritten: another result is refused, and a new sample is taken.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from django.db import transaction

from lazaretto.apps.laboratory import actions
from lazaretto.apps.laboratory.models import RESULTS, Order, Specimen
from lazaretto.apps.registry.importing import Importer, Taken
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.registry.tables import Row, RowError
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

WORDS = {
    "阴性": "negative", "阳性": "positive", "可疑": "inconclusive", "不确定": "inconclusive", "灰区": "inconclusive",
    "样本不合格": "spoiled", "不合格": "spoiled", "-": "negative", "+": "positive", "not detected": "negative",
    "detected": "positive", "未检出": "negative", "检出": "positive",
}  # fmt: skip
OUTCOMES = {
    "": "", "taken": "taken", "已采": "taken", "已采样": "taken", "refused": "refused", "拒绝": "refused", "不愿": "refused",
    "unable": "unable", "无法采样": "unable", "采不到": "unable",
}  # fmt: skip
#: Which column a refusal of the laboratory is about.
_COLUMN = {"no_reason": "reason", "no_code": "code", "unknown_result": "result", "other_result": "result"}
_BATCH = 400


class Answer(NamedTuple):
    """What a row says of an order: the sample, and what came out, if anything did yet."""

    order: Order
    code: str
    taken_at: int
    outcome: str
    reason: str
    result: str
    reported_at: int


class ResultImporter(Importer):
    name = "results"
    required = ("order",)
    known = (
        "order", "person", "panel", "test", "due_at", "code", "taken_at", "outcome", "result", "reported_at", "reason",
    )  # fmt: skip
    chunk, least, most = 50, 20, 200

    def __init__(self, facility: Facility, *, now: int) -> None:
        super().__init__(facility, now=now)
        self.orders: dict[int, Order] = {}
        self.known_samples: dict[tuple[int, str], tuple[str, str]] = {}
        self.taken: list[tuple[int, Answer]] = []

    def order(self, rows: Iterator[Row]) -> Iterable[Row]:
        """Look up the orders of the file once, with the samples that there are."""
        every = list(rows)
        numbers = sorted({int(n) for row in every if (n := row.text("order").strip()).isdecimal() and len(n) < 10})
        for start in range(0, len(numbers), _BATCH):
            found = Order.objects.filter(facility=self.facility, number__in=numbers[start : start + _BATCH])
            self.orders |= {o.number: o for o in found.select_related("person", "facility__log")}
            samples = Specimen.objects.filter(order__in=[o.pk for o in found])
            for pk, code, outcome, result in samples.values_list("order_id", "code", "outcome", "result"):
                self.known_samples[pk, code] = outcome, result
        return every

    def take(self, row: Row) -> Taken:
        order = self._order(row)
        if not any(row.text(name) for name in ("code", "taken_at", "outcome", "result", "reported_at")):
            return "skipped"  # a line of the worklist to which nobody wrote anything
        answer = self._answer(row, order)
        had = self.known_samples.get((order.pk, answer.code))
        if had is not None and had[1] and answer.result and had[1] != answer.result:
            raise RowError("result", Text(f"样本 {answer.code} 已有另一结果；请重新采样",
                                          f"the sample {answer.code} has another result; take a new one"))  # fmt: skip
        if had is not None and had[0] != answer.outcome:
            raise RowError("outcome", Text(f"样本 {answer.code} 已按另一情况登记",
                                           f"the sample {answer.code} is on record in another way"))  # fmt: skip
        if had is not None and (had[1] or not answer.result):
            return "skipped"
        self.known_samples[order.pk, answer.code] = answer.outcome, answer.result
        self.taken.append((row.number, answer))
        return "created" if had is None else "updated"

    def _order(self, row: Row) -> Order:
        said = row.need("order").strip()
        order = self.orders.get(int(said)) if said.isdecimal() and len(said) < 10 else None
        if order is None:
            raise RowError("order", Text(f"没有检验单 {said}", f"there is no order {said}"))
        for name, is_ in ("person", order.person.code), ("panel", order.panel), ("test", order.test):
            if row.text(name) not in ("", is_):
                raise RowError(name, Text(f"检验单 {said} 是 {is_} 的，不是 {row.text(name)}",
                                          f"the order {said} is of {is_}, not of {row.text(name)}"))  # fmt: skip
        return order

    def _answer(self, row: Row, order: Order) -> Answer:
        result = self._word(row, "result", {r: r for r in RESULTS} | WORDS | {"": ""})
        outcome = self._word(row, "outcome", OUTCOMES) or Specimen.TAKEN
        row.need("taken_at")
        taken_at, reported_at = self.moment(row, "taken_at") or 0, self.moment(row, "reported_at")
        if taken_at > self.now + 120_000:
            raise RowError("taken_at", Text("采样时间还没到", "the sample's time is still to come"))
        if result and outcome != Specimen.TAKEN:
            raise RowError("result", Text("没有采样就没有结果", "without a sample there is no result"))
        if result and reported_at is None:
            raise RowError("reported_at", Text("有结果须写报告时间", "a result needs the time of its report"))
        if reported_at is not None and not taken_at <= reported_at <= self.now + 120_000:
            raise RowError("reported_at", Text("报告时间早于采样或还没到", "before the sample, or still to come"))
        if outcome != Specimen.TAKEN and not row.text("reason").strip():
            raise RowError("reason", Text("没有采样，请写明原因", "no sample was taken: say why"))
        code = row.text("code").strip()[:40] or (f"{order.number}" if outcome != Specimen.TAKEN else "")
        if not code:
            raise RowError("code", Text("写明样本编号", "give the code of the sample"))
        return Answer(order, code, taken_at, outcome, row.text("reason"), result, reported_at or 0)

    def _word(self, row: Row, column: str, words: Mapping[str, str]) -> str:
        said = row.text(column).strip().lower()
        if said not in words:
            known = "、".join(dict.fromkeys(v for v in words.values() if v))
            raise RowError(
                column, Text(f"{column} 没有“{said}”，可用：{known}", f"{column} {said!r} is not one of {known}")
            )
        return words[said]

    def preview(self) -> Mapping[int, Taken | RowError]:
        self.taken = []
        return {}

    @transaction.atomic
    def flush(self, *, by: str, at: int) -> Mapping[int, Taken | RowError]:
        taken, self.taken = self.taken, []
        refused: dict[int, Taken | RowError] = {}
        for number, answer in taken:
            try:
                with transaction.atomic():
                    self._write(answer, by=by, at=at)
            except Refusal as refusal:
                refused[number] = RowError(_COLUMN.get(refusal.code, "order"), refusal.words)
        return refused

    def _write(self, answer: Answer, *, by: str, at: int) -> None:
        specimen = actions.take(
            order=answer.order, code=answer.code, taken_at=answer.taken_at, outcome=answer.outcome, reason=answer.reason,
            by=by, at=at,
        )  # fmt: skip
        if answer.result:
            actions.report(specimen=specimen, result=answer.result, reported_at=answer.reported_at, by=by, at=at)
