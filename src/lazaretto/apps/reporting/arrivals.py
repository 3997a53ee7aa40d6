"""
Taking in somebody whom another facility handed over: everything is shown first, duplicates are named and block
nothing, lawful dates arrive as they left, and a signed receipt goes back.
"""

from datetime import date
from typing import Any, NamedTuple

from django.db import transaction

from lazaretto.apps.command.queries import NoProtocol, in_force, population_words
from lazaretto.apps.isolation import handing as isolation
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.models import Log
from lazaretto.apps.registry import actions as registry
from lazaretto.apps.registry import identity
from lazaretto.apps.registry.merging import Candidate, candidates
from lazaretto.apps.registry.models import Alias, Facility, LegalDate, Movement, Person, Place, Standing
from lazaretto.apps.registry.movements import Move
from lazaretto.apps.registry.moving import record_movement
from lazaretto.apps.registry.queries import HELD
from lazaretto.apps.registry.sounds import search_text, terms
from lazaretto.apps.registry.standings import slot_of
from lazaretto.apps.registry.versions import version
from lazaretto.apps.reporting import envelopes, seals, transfers
from lazaretto.apps.reporting.envelopes import MALFORMED, refuse
from lazaretto.apps.reporting.models import Transfer, TransferReceipt
from lazaretto.apps.reporting.submissions import record_refused
from lazaretto.protocol.clock import parse_moment
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

SEXES = ("", "male", "female", "unknown")


class Choices(NamedTuple):
    """
    What the one who takes somebody in decides: the room; the code of the new file, or `existing`, the code of a file
    here with the same identity number; the population, where the protocol here has another name for it.
    """

    place: str = ""
    code: str = ""
    existing: str = ""
    population: str = ""
    occurred_at: int | None = None


class Arrival(NamedTuple):
    """What came of it. `again` if the file had been taken in before; `alike` are files here that may be the same."""

    transfer: Transfer
    receipt: TransferReceipt
    again: bool
    alike: list[Candidate]
    notes: list[Text]


class Read(NamedTuple):
    """A transfer file that was opened and believed."""

    document: dict[str, Any]
    data: bytes


def opened(data: bytes, passphrase: str) -> dict[str, Any]:
    """Return what a transfer file says, unchecked. :raises Refusal: no_passphrase, wrong_passphrase, not_a_transfer."""
    document = envelopes.read(data)
    if seals.is_sealed(document):
        if not passphrase:
            refuse("no_passphrase", "文件加了密，请给出口令", "the file is sealed; give the passphrase")
        document = envelopes.read(seals.opened(document, passphrase))
    if document.get("format") != transfers.FORMAT:
        refuse("not_a_transfer", "这不是移交文件", "this is not the file of a transfer")
    return document


def look(*, facility: Facility, data: bytes, passphrase: str, choices: Choices, by: str, at: int) -> Arrival:
    """
    Return what `take_in` would do, and undo it all. :raises Refusal: as `take_in`.
    """
    with transaction.atomic():
        found = _take_in(facility, opened(data, passphrase), choices, by, at)
        transaction.set_rollback(True)
    return found


def take_in(*, facility: Facility, data: bytes, passphrase: str, choices: Choices, by: str, at: int) -> Arrival:
    """
    Take somebody in: a file of the person (or the one that `choices` names), a movement, what holds of him, his
    lawful dates, and a receipt. The same file again changes nothing.

    :raises Refusal: with what is wrong; then nothing is stored but an entry that a file was refused.
    """
    try:
        with transaction.atomic():
            return _take_in(facility, opened(data, passphrase), choices, by, at)
    except Refusal as refusal:
        record_refused("transfer_refused", data, refusal, by=by, at=at)
        raise


def _take_in(facility: Facility, document: dict[str, Any], choices: Choices, by: str, at: int) -> Arrival:
    sender = _parties(document, facility)
    logs = [pk for pk in (facility.log_id, _log_here(sender)) if pk is not None]
    list(Log.objects.select_for_update().filter(pk__in=logs).order_by("pk"))
    transfers.check_signed(document, sender, by=by, at=at)
    before = Transfer.objects.filter(facility=facility, direction="in", ref=document["transfer"]).first()
    if before is not None:
        return Arrival(before, before.receipt, True, [], [])
    try:
        return _register(facility, document, choices, by, at)
    except MALFORMED as error:
        refuse("faulty", f"缺少或写错了 {error}", f"{error} is missing or malformed")


def _parties(document: dict[str, Any], facility: Facility) -> str:
    try:
        sender, to = str(document["from"]["code"]), document["to"]
        wanted, name_zh, name_en = str(to["code"]), str(to["name_zh"]), str(to["name_en"])
        len(document["transfer"])
    except MALFORMED:
        refuse("faulty", "文件没有写明发送和接收机构", "the file does not say who sends and who receives")
    if wanted != facility.code:
        zh, en = name_zh or wanted, name_en or name_zh or wanted
        refuse("other_facility", f"这份文件是给{zh}（{wanted}）的，不是给 {facility.code} 的", f"the file is for {en} ({wanted}), not for {facility.code}")  # fmt: skip
    return sender


def _log_here(code: str) -> int | None:
    return Facility.objects.filter(code=code).values_list("log_id", flat=True).first()


def _register(facility: Facility, document: dict[str, Any], choices: Choices, by: str, at: int) -> Arrival:
    left = parse_moment(document["left_at"], "UTC")
    moment = choices.occurred_at if choices.occurred_at is not None else max(at, left)
    if moment < left:
        refuse("before_departure", "到达早于离开", "the arrival is before the departure")
    place = _place(facility, choices.place)
    notes: list[Text] = []
    if choices.existing:
        person = _existing(facility, document, choices.existing)
    else:
        person = _new(facility, document, choices, notes, by, at)
    movement = _move(person, document, place, moment, by, at)
    _standings(person, document, moment, notes, by, at)
    _dates(person, document, by, at)
    _, unclear = isolation.into(person, document.get("isolation", []), document["transfer"], by=by, at=at)
    notes += unclear
    alike = candidates(facility, among=[person.pk])
    transfer = transfers.keep(facility, "in", document, person, movement, by=by, at=at)
    receipt = transfers.receipt_for(document, facility, moment, at)
    kept, _ = transfers.keep_receipt(transfer, receipt, by=by, at=at)
    _tell_sender(document, receipt, by, at)
    return Arrival(transfer, kept, False, alike, notes)


def _place(facility: Facility, code: str) -> Place:
    found = Place.objects.filter(facility=facility, code=code).first() if code else None
    if found is None:
        if code:
            refuse("no_place", f"没有场所 {code}", f"there is no place {code}")
        refuse("no_place", "写明住进哪个场所", "say into which place the person goes")
    return found


def _existing(facility: Facility, document: dict[str, Any], code: str) -> Person:
    """Return the file here that the person already has. :raises Refusal: no_person, other_identity."""
    found = (
        Person.objects.select_related("facility", "unit", "merged_into").filter(facility=facility, code=code).first()
    )
    if found is None:
        refuse("no_person", f"没有人员 {code}", f"there is nobody with the code {code}")
    if found.merged_into is not None:
        refuse(
            "no_person", f"{code} 已并入 {found.merged_into.code}", f"{code} was merged into {found.merged_into.code}"
        )
    told = document["person"]
    if not told["identity_number"] or told["identity_number"] != found.identity_number:
        refuse(
            "other_identity",
            f"{code} 的证件号码与文件不同；先作为新档案收下，核对后再合并",
            f"{code} has another identity number than the file; take the person in as new, and merge when it is clear",
        )
    own = dict(LegalDate.objects.filter(person=found).values_list("kind", "on"))
    for item in document["legal_dates"]:
        if item["kind"] in own and own[item["kind"]].isoformat() != item["on"]:
            mine, theirs = own[item["kind"]], item["on"]
            refuse(
                "legal_dates_differ",
                f"法定日期（{item['kind']}）不一致：这里 {mine}，文件 {theirs}；先按文书核对",
                f"the lawful dates ({item['kind']}) differ: {mine} here, {theirs} in the file; check the papers first",
            )
    return found


def _new(facility: Facility, document: dict[str, Any], choices: Choices, notes: list[Text], by: str, at: int) -> Person:
    told, sender = document["person"], document["from"]["code"]
    population, base = _population(facility, told, choices.population, notes, at)
    born, precision = _born(told["born"])
    kind, number = _identity(told, notes)
    names = {(str(a["name"])[:120], str(a["kind"])) for a in document["aliases"]}
    person = Person(
        facility=facility, code=_code(facility, told["code"], sender, choices.code, notes), population=population,
        base=base, name=str(told["name"])[:120], sex=told["sex"] if told["sex"] in SEXES else "", birth_date=born,
        birth_precision=precision, identity_kind=kind, identity_number=number,
    )  # fmt: skip
    names.add((f"{sender}-{told['code']}"[:120], "code"))
    person.sort = terms(person.name)[1][:200]
    person.search = search_text(person.code, person.name, sorted(name for name, _ in names))
    person.save(force_insert=True)
    aliases = [
        Alias(person=person, name=name, kind=kind if kind in ("former", "script", "nickname", "code") else "other")
        for name, kind in sorted(names)
    ]
    Alias.objects.bulk_create(aliases)
    versions = [version("person", person), *(version("alias", a) for a in aliases)]
    log = Log.objects.get(pk=facility.log_id)
    journal.record(log, "person_registered", versions, by=by, at=at, subjects=[person.ref])
    return person


def _code(facility: Facility, theirs: str, sender: str, wanted: str, notes: list[Text]) -> str:
    """Return the code of the new file: the one chosen, else the one that the person had, else that with the sender's."""
    taken = set(Person.objects.filter(facility=facility).values_list("code", flat=True))
    if wanted:
        if wanted in taken:
            refuse("code_taken", f"编号 {wanted} 已有人用", f"the code {wanted} is taken")
        return wanted[:60]
    theirs = str(theirs)[:60]
    if theirs not in taken:
        return theirs
    made = f"{sender}-{theirs}"[:60]
    if made in taken:
        refuse("code_taken", f"编号 {theirs} 和 {made} 已有人用，另给一个", f"the codes {theirs} and {made} are taken; choose another")  # fmt: skip
    notes.append(
        Text(f"编号 {theirs} 这里已有人用，新编号 {made}", f"the code {theirs} is taken here; the new one is {made}")
    )
    return made


def _population(facility: Facility, told: dict[str, Any], wanted: str, notes: list[Text], at: int) -> tuple[str, str]:
    """Return population and base class: what was chosen, else the same code here, else the base class itself."""
    base = str(told["base"])
    if base not in HELD:
        raise ValueError("base")
    try:
        words = population_words(in_force(facility, at).resolved.document)
    except NoProtocol:
        words = {}
    if wanted and (wanted not in words or words[wanted].base not in HELD):
        known = ", ".join(sorted({p.code for p in words.values() if p.base in HELD}))
        refuse("no_population", f"没有人群 {wanted}，有 {known}", f"there is no population {wanted}; there are {known}")
    meant = words.get(wanted or str(told["population"]))
    if meant is not None and meant.base in HELD:
        return meant.code, meant.base
    notes.append(Text(f"这里没有人群 {told['population']}，记为 {base}", f"there is no population {told['population']} here; kept as {base}"))  # fmt: skip
    return base, base


def _born(text: str) -> tuple[date | None, str]:
    if not text:
        return None, ""
    precision = {4: "year", 7: "month", 10: "day"}[len(text)]
    return date.fromisoformat(text + "-01-01"[: 10 - len(text)] if len(text) == 4 else (text + "-01")[:10]), precision


def _identity(told: dict[str, Any], notes: list[Text]) -> tuple[str, str]:
    kind, number = str(told["identity_kind"]), str(told["identity_number"])
    try:
        return kind, identity.checked(kind, number)
    except identity.WrongIdentity as error:
        notes.append(Text(f"证件号码：{error.message.zh}；照文件收下", f"identity number: {error.message.en}; kept as in the file"))  # fmt: skip
        return kind[:12], number[:40]


def _move(person: Person, document: dict[str, Any], place: Place, moment: int, by: str, at: int) -> Movement:
    sender = document["from"]
    move = Move(
        person, "transfer_in", moment, place=place, counterpart=sender["name_zh"] or sender["code"],
        reason=document["reason"],
    )  # fmt: skip
    return record_movement(move, by=by, at=at)


def _standings(person: Person, document: dict[str, Any], moment: int, notes: list[Text], by: str, at: int) -> None:
    """
    Have hold here what held there, from the same moment on: no clock begins anew. What the file here still held from
    before, and the other side did not, is over.
    """
    held = [_held(item) for item in document["standings"]]
    for old in Standing.objects.filter(person=person, ends=None):
        if not any((old.key, old.slot) == (key, slot_of(key, value)) for key, value, _, _ in held):
            registry.end_standing(standing=old, ends=moment, by=by, at=at)
    for key, value, starts, ends in held:
        own = Standing.objects.filter(person=person, key=key, slot=slot_of(key, value))
        same = own.filter(value=value, starts=starts).first()
        if same is not None:
            if ends is not None and ends < same.end_ms:
                registry.end_standing(standing=same, ends=ends, by=by, at=at)
            continue
        latest = max((s.ends or s.starts or 0 for s in own), default=None)
        if latest is not None and (starts is None or starts < latest):
            starts = latest + 1
            notes.append(
                Text(f"{key} 在这里另有记录，接着那条算", f"{key} has a record of its own here; it goes on from there")
            )
        if ends is None or ends > (starts or 0):
            registry.set_standing(
                subject=person, key=key, value=value, starts=starts if starts is not None else moment, ends=ends,
                source="transfer", by=by, at=at,
            )  # fmt: skip


def _held(item: dict[str, Any]) -> tuple[str, str, int | None, int | None]:
    starts, ends = (parse_moment(item[edge], "UTC") if item[edge] else None for edge in ("from", "to"))
    return str(item["key"])[:60], str(item["value"])[:120], starts, ends


def _dates(person: Person, document: dict[str, Any], by: str, at: int) -> None:
    """Write the lawful dates down as they came. Nothing here computes one."""
    for item in document["legal_dates"]:
        registry.set_legal_date(person=person, kind=item["kind"], on=date.fromisoformat(item["on"]), by=by, at=at)


def _tell_sender(document: dict[str, Any], receipt: dict[str, Any], by: str, at: int) -> None:
    """Where the sending facility is on this node, its side is told at once."""
    sent = Transfer.objects.filter(
        facility__code=document["from"]["code"], direction="out", ref=document["transfer"]
    ).first()
    if sent is not None and sent.digest == receipt["digest"]:
        transfers.keep_receipt(sent, receipt, by=by, at=at)
