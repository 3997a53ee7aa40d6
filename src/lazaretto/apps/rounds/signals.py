"""
Signals: what the checks of a day ask is put on record, and what a person answers.

`look` may be run again at any time: a question that is on record, open or answered, is not asked twice. Answers change
nothing else. They are for people: what was explained, what was true, what was a mistake, and to whom it was passed on.
"""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.journal.models import Log
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.honesty import honest
from lazaretto.apps.rounds.models import Signal
from lazaretto.apps.rounds.queries import DayEvidence, day_evidence
from lazaretto.apps.rounds.questions import MOST_FACTS, Question
from lazaretto.apps.rounds.warning import warnings
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: What an answer may say, and what it means.
ANSWERS = {
    "explained": Text("已说明原因", "there is a good reason for it"),
    "true": Text("确有其事，已处理", "it is so, and was dealt with"),
    "mistaken": Text("提示有误", "the question was mistaken"),
    "passed_on": Text("已转交", "passed on to somebody"),
}


def look(facility: Facility, on: date, *, at: int, by: str, day: DayEvidence | None = None) -> list[Signal]:
    """
    Run all checks of the protocol in force on a facility-day and put new questions on record; return those.

    Reads first and writes in one short transaction. `day` is its evidence, where the caller has it already.

    :raises NoProtocol: if nothing was adopted. :raises Refusal: not_begun.
    """
    found = questions(facility, on, at, day)
    return _raised(facility, found, by=by, at=at)


def questions(facility: Facility, on: date, at: int, day: DayEvidence | None = None) -> list[Question]:
    """Return all that the checks ask about a facility-day as known at an instant, in a fixed order."""
    known = day or day_evidence(facility, on, at)
    if known.evidence.start > at:
        raise Refusal("not_begun", Text("这一天还没开始", "this day has not begun"))
    return [*warnings(known), *honest(known)]


@transaction.atomic
def _raised(facility: Facility, found: Sequence[Question], *, by: str, at: int) -> list[Signal]:
    if not found:
        return []
    Log.objects.select_for_update().get(pk=facility.log_id)
    new = [q for q in found if not _on_record(facility, q)]
    if not new:
        return []
    rows = [
        Signal.objects.create(
            facility=facility, rule=q.rule, about=q.about[:80], author=q.author, starts=q.start, ends=q.end,
            numbers=q.kept(), facts=q.facts[:MOST_FACTS], raised_at=at,
        )
        for q in new
    ]  # fmt: skip
    said = [Version("signal", str(row.pk), row.record()) for row in rows]
    journal.record(facility.log, "signal_raised", said, by=by, at=at, occurred_at=at)
    return rows


def _on_record(facility: Facility, question: Question) -> bool:
    """A cluster that goes on is the same question, although its first case may lie too far back to be seen again."""
    same = Signal.objects.filter(
        facility=facility, rule=question.rule, about=question.about[:80], author=question.author
    )
    if question.rule.startswith("cluster."):
        return same.filter(starts__lte=question.start, ends__gte=question.start).exists()
    return same.filter(starts=question.start).exists()


@transaction.atomic
def answer(signal: Signal, *, code: str, note: str, by: str, at: int) -> Signal:
    """
    Say what a question came to. The same answer twice is a no-op.

    :raises Refusal: no_answer (not one of ANSWERS), no_note, answered (already, otherwise), own_entries.
    """
    row = Signal.objects.select_for_update().select_related("facility__log").get(pk=signal.pk)
    said = note.strip()[:500]
    if code not in ANSWERS:
        raise Refusal("no_answer", Text("请选一个答复", "choose an answer"))
    if not said:
        raise Refusal("no_note", Text("请写明看到了什么", "say what you found"))
    if row.answered_at is not None:
        if (row.answer, row.note, row.by) == (code, said, by):
            return row
        raise Refusal("answered", Text("已有答复", "this has been answered"))
    if row.author and row.author == by:
        raise Refusal(
            "own_entries", Text("这是您自己录入的，请由他人答复", "these are your own entries; somebody else answers")
        )
    row.answered_at, row.answer, row.note, row.by = at, code, said, by
    row.save(update_fields=["answered_at", "answer", "note", "by"])
    version = Version("signal", str(row.pk), row.record())
    journal.record(row.facility.log, "signal_answered", [version], by=by, at=at, occurred_at=at)
    return row
