"""One course in words, and the notice for the person."""

from typing import Any

from django.utils.translation import gettext

from lazaretto.apps.command.queries import in_force
from lazaretto.apps.console.isolation import words
from lazaretto.apps.console.isolation.riskwords import course_risk
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.isolation.courses import Course
from lazaretto.apps.isolation.models import Placement
from lazaretto.apps.isolation.opening import told_plan
from lazaretto.apps.isolation.placing import needs_signatures, signed_by_file, wanted_stage
from lazaretto.apps.laboratory.models import RESULTS, Order
from lazaretto.protocol.clock import local, local_day
from lazaretto.protocol.pathway import Pathway
from lazaretto.protocol.provisions import Entitlement
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text
from lazaretto.web.dates import day, moment

NO_PLAN = Text("没有计划中的房间", "no room is planned")
RESULT_WORDS = {
    "negative": Text("阴性", "negative"), "positive": Text("检出", "detected"), "inconclusive": Text("不能判定", "inconclusive"),
    "spoiled": Text("样本无效", "spoiled"), "": Text("待结果", "result awaited"),
}  # fmt: skip


def page(course: Course, rooms: list[tuple[str, Refusal | None]], *, health: bool) -> dict[str, Any]:
    episode, zone = course.episode, course.zone
    refusal = course.refusal() if course.entered and episode.ended_at is None else None
    plan = course.planned
    stage = course.stage
    return {
        "episode": episode,
        "name": words.name(course),
        "person_code": episode.person.code,
        "purpose": words.PURPOSES[episode.purpose],
        "is_isolation": episode.is_isolation,
        "pathway": title(course.pathway.title),
        "ground": episode.ground if health else "",
        "pathogen": episode.pathogen if health else "",
        "sentence": _sentence(course),
        "room": course.room.place.code if course.room else "",
        "ended": "" if episode.ended_at is None else f"{words.OUTCOMES[episode.outcome]} · {moment(episode.ended_at, zone)}",
        "remark": episode.remark if health else "",
        "legal": day(course.legal_on) if course.legal_on else "",
        "told": "" if episode.told_at is None else moment(episode.told_at, zone),
        "told_end": "" if episode.told_end is None else day(local_day(zone, episode.told_end)),
        "alone": course.days_alone,
        "stages": [_stage(course, index) for index in range(len(course.pathway.stages))],
        "steps": _steps(course) if health else [],
        "keeps": words.refused(refusal, zone) if refusal is not None else "",
        "may_clear": episode.ended_at is None and bool(course.entered) and refusal is None,
        "suspended": course.suspended is not None,
        "criteria": _criteria(course) if stage is not None and health else [],
        "reviews": [
            {"when": moment(r.at, zone), "outside": r.outside, "late": r.at <= course.at}
            for r in course.reviews(course.at + 14 * 86_400_000)
        ],
        "plan": None if plan is None else {
            "room": plan.place.code, "when": moment(plan.starts, zone), "sent": bool(plan.sent_by) or signed_by_file(course), "received": bool(plan.received_by),
            "needs": needs_signatures(course, plan), "reason": plan.reason if health else "",
        },
        "rooms": [{"code": c, "free": r is None, "why": words.refused(r, zone) if r else ""} for c, r in rooms],
        "wanted": title(w.title) if (w := wanted_stage(course)) is not None else "",
        "risk": course_risk(course) if health else None,
        "cohort": episode.cohort.code if episode.cohort else "",
        "begun": bool(course.entered),
        "proposed": not episode.ordered_by,
        "silence": course.silence,
    }  # fmt: skip


def _sentence(course: Course) -> str:
    if course.episode.ended_at is not None:
        return gettext("Over. What was decided stays on file.")
    if not course.entered:
        return gettext("Not begun. As planned it ends on %(end)s.") % {"end": words.end_word(course)}
    if course.legal_at is not None and course.expected_end == course.legal_at:
        said = gettext("%(day)s. The law sets the end: %(end)s; what is left then is handed over.")
    else:
        said = gettext("%(day)s. Expected end: %(end)s.")
    return said % {"day": words.day_word(course), "end": words.end_word(course)}


def _stage(course: Course, index: int) -> dict[str, Any]:
    stage, zone = course.pathway.stages[index], course.zone
    entered = next((e for e in course.entered if e.stage == stage.id), None)
    after = [e for e in course.entered if entered is not None and e.at > entered.at]
    now = bool(course.entered) and course.entered[-1].stage == stage.id and course.episode.ended_at is None
    planned = next((p for p in told_plan(course) if p.stage.id == stage.id), None)
    end = course.may_end_at(leaving=False) if now else None
    room = next(
        (
            p
            for p in reversed(course.placements)
            if p.stage == stage.id and p.status in (Placement.OPEN, Placement.ENDED)
        ),
        None,
    )
    return {
        "title": title(stage.title),
        "state": "on_time" if after or (entered and not now) else "due" if now else "pending",
        "word": gettext("done") if after or (entered and not now) else gettext("now") if now else gettext("to come"),
        "from": moment(entered.at, zone) if entered else day(local_day(zone, planned.start)) if planned else "—",
        "to": moment(after[0].at, zone) if after else moment(end, zone) if end else day(local_day(zone, planned.end)) if planned and planned.end else "—",
        "days": stage.length.days if stage.length else None,
        "room": room.place.code if room else "",
        "handover": stage.handover,
        "sent": room.sent_by[:8] if room else "",
        "received": room.received_by[:8] if room else "",
        "elsewhere": index < len(course.episode.earlier),
    }  # fmt: skip


def _criteria(course: Course) -> list[dict[str, Any]]:
    assert course.stage is not None
    done = {(n.stage, n.value) for n in course.notes if n.kind == "confirmed"}
    return [
        {"id": item.id, "title": title(item.title), "done": (course.stage.id, item.id) in done}
        for item in course.stage.exit
    ]


def _steps(course: Course) -> list[dict[str, Any]]:
    """Return what happened, the newest first: rooms, notes, tests."""
    found: list[tuple[int, str, str, str]] = []
    for p in course.placements:
        if p.status != Placement.CANCELLED:
            word = (
                gettext("planned")
                if p.status == Placement.PLANNED
                else gettext("came into %(room)s") % {"room": p.place.code}
            )
            found.append(
                (p.starts, word if p.status != Placement.PLANNED else f"{word}: {p.place.code}", p.reason, "moves")
            )
    for n in course.notes:
        value = str(words.DECISIONS.get(n.value, "")) if n.kind == "outside" else ""
        said = gettext(": ").join(part for part in (str(words.NOTES[n.kind]), value) if part)
        if n.ends_at is not None:
            said += gettext(" to %(when)s") % {"when": moment(n.ends_at, course.zone)}
        found.append((n.occurred_at, said, n.reason, "list"))
    for s in course.specimens:
        if s.taken_at >= course.episode.opened_at - 86_400_000:
            came = RESULT_WORDS[s.result] if s.outcome == "taken" else Text("未采样", "no sample")
            found.append((s.taken_at, f"{s.order.test}: {title(came)}", s.reason, "report"))
    return [
        {"when": moment(at, course.zone), "what": what, "why": why, "icon": icon}
        for at, what, why, icon in sorted(found, reverse=True)
    ]


def orders(found: list[Order], zone: str) -> list[dict[str, Any]]:
    """Return the orders that still want a sample or a result."""
    rows = []
    for order in found:
        taken = [s for s in order.specimens.all() if s.outcome == "taken"]
        if not any(s.result for s in taken):
            rows.append(
                {
                    "number": order.number, "test": order.test, "due": moment(order.due_at, zone),
                    "sample": taken[-1].code if taken else "", "results": [(r, title(RESULT_WORDS[r])) for r in RESULTS],
                }
            )  # fmt: skip
    return rows[:6]


def pathway_choice(pathway: Pathway, chosen: str) -> dict[str, Any]:
    return {
        "id": pathway.id, "title": title(pathway.title), "purpose": words.PURPOSES[pathway.purpose],
        "counts_from": pathway.counts_from, "chosen": pathway.id == chosen,
    }  # fmt: skip


# -- the notice --------------------------------------------------------------------------------------------------------


def notice(course: Course, organisation: Any, language: str, *, health: bool) -> dict[str, Any]:
    """Return the notice as data, each line in Chinese and in English: a person may show it to whom he likes."""
    episode, end = course.episode, course.expected_end
    resolved = in_force(episode.facility, course.at).resolved
    owed = [m for name in course.pathway.entitlements if isinstance(m := resolved.any_measure(name), Entitlement)]
    last = "—" if end is None else f"{local(course.zone, end):%Y-%m-%d}"
    reviews = [f"{local(course.zone, r.at):%m-%d}" for r in course.reviews(end or course.at)][:8]
    what = (
        Text("隔离治疗", "isolation while you may be infectious")
        if episode.is_isolation
        else Text("隔离观察", "quarantine: you are well and may have been exposed")
    )
    return {
        "title": "隔离告知书 / Notice",
        "language": "zh" if language.startswith("zh") else "en",
        "foot": f"{episode.facility.code} · {episode.number}",
        "facility": f"{organisation.name_zh} · {organisation.name_en}",
        "who": f"{words.name(course)} · {episode.person.code}",
        "lines": [
            {"zh": "这是什么", "en": "What this is", "value": f"{what.zh} · {what.en}"},
            {"zh": "理由", "en": "Reason", "value": episode.ground if health else "由医务人员当面告知 · told by the clinician in person"},
            {"zh": "开始", "en": "Begins", "value": f"{local(course.zone, course.entered[0].at if course.entered else course.at):%Y-%m-%d %H:%M}"},
            {"zh": "预计结束", "en": "Expected end", "value": last},
            {"zh": "复核", "en": "Looked at again on", "value": ", ".join(reviews) or "—"},
        ],
        "owed": [{"zh": m.title.zh, "en": m.title.en} for m in owed],
        "words": [
            {"zh": "这不是处罚，不影响考核，也不推迟法定释放日。", "en": "This is no punishment. It counts for nothing else and never postpones your lawful release."},
            {"zh": "条件满足就立即解除。检测为自愿，不受罚。", "en": "It ends as soon as the criteria are met. You may decline a test; nobody is punished for it."},
            {"zh": "不同意可以投诉：交投诉箱或告诉医务人员、驻所检察人员。", "en": "You may complain: use the box, or tell the clinician or the visiting monitor."},
        ],
        "sign": {"zh": "本人（或宣读人）签名、时间", "en": "Signature of the person, or of who read it out; time"},
    }  # fmt: skip
