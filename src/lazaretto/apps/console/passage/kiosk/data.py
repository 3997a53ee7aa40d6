"""What the kiosk is told, as plain data: what stands in the gate with its steps and clocks. Of visitors no names."""

from typing import Any

from lazaretto import packs
from lazaretto.apps.accounts.models import User
from lazaretto.apps.console.presenters.places import in_language
from lazaretto.apps.journal import envelopes
from lazaretto.apps.passage import kiosk, lots, outside
from lazaretto.apps.passage.models import Lot
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.work import delegations
from lazaretto.apps.work.running import RunState, states
from lazaretto.protocol.chain import Step
from lazaretto.protocol.text import Text

#: What passes a gate; what runs elsewhere (papers, projects) does not stand in it.
STREAMS = ("person", "vehicle", "goods", "food")
#: Streams whose titles would name people: they are shown by their number.
NAMELESS = frozenset({"person", "vehicle"})


def listed(facility: Facility, user: User, device: str, at: int) -> dict[str, Any]:
    """Return all that a kiosk needs for a shift without network."""
    key, zero = envelopes.current(facility.log, at=at), outside.zero(facility, at)
    found = [s for s in states(facility, at, streams=STREAMS) if s.direction]
    known = Lot.objects.filter(facility=facility, number__in=[_number(s) for s in found]).select_related(
        "consignment__supplier"
    )
    own = {lot.number: lot for lot in known}
    return {
        "at": at, "zone": facility.zone, "facility": facility.code, "zh": facility.organisation.name_zh, "en": facility.organisation.name_en,
        "name": in_language(facility.organisation), "key": {"id": key.key_id, "public": key.public},
        "pass": kiosk.pass_for(user, facility, device, at),
        "user": {"zh": user.name_zh or user.username, "en": user.name_en or user.username, "ref": user.ref},
        "roles": sorted(delegations.roles_of(user, facility, at)),
        "zero": None if zero is None else {"days": zero.days, "today": zero.today, "inside": zero.inside},
        "runs": [_run(s, own.get(_number(s)), at) for s in found],
    }  # fmt: skip


def _number(found: RunState) -> str:
    what, _, number = found.run.subject.partition(":")
    return number if what == "lot" else ""


def _run(found: RunState, lot: Lot | None, at: int) -> dict[str, Any]:
    run = found.run
    said: dict[str, Any] = {
        "ref": run.ref, "subject": run.subject, "stream": run.stream, "direction": run.direction, "opened": run.opened_at,
        "zh": found.chain.title.zh, "en": found.chain.title.en, "title": "" if run.stream in NAMELESS else run.title,
        "codes": [], "sub": "", "ordered": found.chain.ordered, "steps": [_step(s) for s in found.steps],
        "done": {d.step: {"at": d.at, "result": d.result} for d in found.done},
        "refused": [{"at": r.at, "step": r.step, "code": r.code, "possible": r.possible_at} for r in found.refused[-3:]],
    }  # fmt: skip
    if lot is not None:
        supplier, wares = lot.consignment.supplier, packs.goods()[lot.of_class]
        said |= {
            "number": lot.number, "title": lot.title, "sub": supplier.name if supplier else "",
            "codes": [lot.number, lot.consignment.number, lot.consignment.plate, lot.batch],
            "wares": {
                "zh": wares.title.zh, "en": wares.title.en, "agent": wares.agent, "minutes": str(wares.minutes), "rinse": wares.rinse,
                "mg_per_l": "" if wares.mg_per_l is None else str(wares.mg_per_l), "surface": _text(wares.surface),
            },
        }  # fmt: skip
    return said


def _step(step: Step) -> dict[str, Any]:
    return {
        "id": step.id, "zh": step.title.zh, "en": step.title.en, "does": step.does, "by": step.by or "", "pair": step.pair,
        "wait": None if step.wait is None else step.wait.nominal_ms, "after": step.wait_after or "",
        "needs": step.observation if step.observation in (lots.DISINFECTION, lots.HANDOVER, "temperature") else "",
        "accept": step.accept, "items": [{"id": i.id, "zh": i.title.zh, "en": i.title.en} for i in step.items],
    }  # fmt: skip


def _text(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
