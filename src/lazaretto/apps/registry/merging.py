"""
Two files for one person. They are found and shown, never in anybody's way; merged by a person who says why; and parted
again if that was wrong. Both files stay: what was recorded under either code stays where it is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from django.db import transaction

from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.journal.models import Log
from lazaretto.apps.registry.models import (
    Alias,
    Assignment,
    Facility,
    LegalDate,
    NotSame,
    Person,
    Place,
    Presence,
    Standing,
)
from lazaretto.apps.registry.moving import courses
from lazaretto.apps.registry.sounds import search_text
from lazaretto.apps.registry.versions import version
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: Why two files may be of one person, the surest first.
REASONS: dict[str, Text] = {
    "identity": Text("证件号码相同", "same identity number"),
    "name_and_birth": Text("姓名、出生日期相同", "same name and birth date"),
    "alias": Text("姓名是另一人的别名，出生日期不冲突", "the name of one is an alias of the other"),
    "sound_and_birth": Text("姓名读音、出生日期相同", "names that sound alike, same birth date"),
    "name_no_birth": Text("姓名相同，至少一人出生日期不详", "same name, a birth date is unknown"),
}


class Candidate(NamedTuple):
    """Two files that may be of one person."""

    one: Person
    other: Person
    reason: str


def candidates(facility: Facility, among: Iterable[int] | None = None) -> list[Candidate]:
    """
    Return pairs of files that may be of one person, the surest first; those that somebody said are not the same are
    left out. `among` keeps only pairs with one of these ids.
    """
    people = list(Person.objects.filter(facility=facility, merged_into=None).order_by("pk"))
    by_id = {p.pk: p for p in people}
    known = set(NotSame.objects.filter(facility=facility).values_list("one_id", "other_id"))
    wanted = None if among is None else set(among)
    found: dict[tuple[int, int], str] = {}
    for reason, pairs in _pairs(facility, people):
        for one, other in pairs:
            key = (min(one, other), max(one, other))
            if key in found or key in known or one == other or key[0] not in by_id or key[1] not in by_id:
                continue
            if wanted is None or key[0] in wanted or key[1] in wanted:
                found[key] = reason
    order = list(REASONS)
    ranked = sorted(found.items(), key=lambda item: (order.index(item[1]), item[0]))
    return [Candidate(by_id[a], by_id[b], reason) for (a, b), reason in ranked]


def _pairs(facility: Facility, people: list[Person]) -> Iterator[tuple[str, Iterator[tuple[int, int]]]]:
    yield "identity", _alike(people, lambda p: p.identity_number or None)
    yield "name_and_birth", _alike(people, lambda p: (p.name, p.birth_date) if p.name and p.birth_date else None)
    yield "alias", _by_alias(facility, people)
    yield "sound_and_birth", _alike(people, lambda p: (p.sort, p.birth_date) if p.sort and p.birth_date else None)
    yield "name_no_birth", _unknown_births(people)


def _alike(people: list[Person], key: Callable[[Person], object]) -> Iterator[tuple[int, int]]:
    groups: dict[object, list[int]] = defaultdict(list)
    for person in people:
        value = key(person)
        if value is not None:
            groups[value].append(person.pk)
    for ids in groups.values():
        yield from combinations(ids[:20], 2)


def _by_alias(facility: Facility, people: list[Person]) -> Iterator[tuple[int, int]]:
    births = {p.pk: p.birth_date for p in people}
    named: dict[str, list[int]] = defaultdict(list)
    for person in people:
        if person.name:
            named[person.name].append(person.pk)
    for holder, name in Alias.objects.filter(person__facility=facility).values_list("person_id", "name"):
        for other in named.get(name, []):
            if births.get(holder) is None or births[other] is None or births[holder] == births[other]:
                yield holder, other


def _unknown_births(people: list[Person]) -> Iterator[tuple[int, int]]:
    groups: dict[tuple[str, str], list[Person]] = defaultdict(list)
    for person in people:
        if person.name:
            groups[person.name, person.base].append(person)
    for same in groups.values():
        for one, other in combinations(same[:20], 2):
            if one.birth_date is None or other.birth_date is None:
                yield one.pk, other.pk


@transaction.atomic
def say_not_same(one: Person, other: Person, *, by: str, at: int) -> NotSame:
    """Remember that two people are not the same; they are not shown as candidates again."""
    first, second = sorted((one, other), key=lambda p: p.pk)
    made, new = NotSame.objects.get_or_create(
        one=first, other=second, defaults={"facility": first.facility, "by": by, "decided_at": at}
    )
    if new:
        item = Version("not_same", f"{first.code}/{second.code}", made.record())
        journal.record(first.facility.log, "not_same", [item], by=by, at=at, subjects=[first.ref, second.ref])
    return made


@transaction.atomic
def merge(*, keep: Person, absorb: Person, reason: str, by: str, at: int) -> Person:
    """
    Make `absorb` a second file of the person whose file is `keep`.

    From `at` on only `keep` is there: an open presence, the open standings and assignments of `absorb` end and go on
    under `keep`, unless it has its own. What was recorded before stays under its code, and both files are shown
    together.

    :raises Refusal: no_reason, same_file, merged_already, other_facility, other_is_away, both_inside (in different
        places), legal_dates_differ.
    """
    Log.objects.select_for_update().get(pk=keep.facility.log_id)
    check_may_merge(keep, absorb, reason)
    over = carried(keep, absorb)
    versions = [
        *_carry_presence(keep, absorb, over, at), *_carry_dated(keep, absorb, over, at), *_carry_dates(keep, over),
        *_carry_names(keep, over),
    ]  # fmt: skip
    absorb.merged_into, absorb.merged_at = keep, at
    absorb.save(update_fields=["merged_into", "merged_at"])
    keep.search = search_text(keep.code, keep.name, keep.aliases.values_list("name", flat=True))
    keep.save(update_fields=["search"])
    versions += [version("person", absorb), Version("merge", f"{absorb.code}/{at}", {"into": keep.code, "why": reason})]
    journal.record(keep.facility.log, "people_merged", versions, by=by, at=at, subjects=[keep.ref, absorb.ref])
    return keep


def check_may_merge(keep: Person, absorb: Person, reason: str) -> None:
    """:raises Refusal: as `merge` would."""
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明合并的理由", "say why they are the same"))
    if keep.pk == absorb.pk:
        raise Refusal("same_file", Text("这是同一份档案", "that is the same file"))
    if keep.facility_id != absorb.facility_id:
        raise Refusal("other_facility", Text("两份档案属于不同机构", "the files are of different facilities"))
    for person in (keep, absorb):
        if person.merged_into_id is not None:
            raise Refusal("merged_already", Text(f"{person.code} 已并入别的档案", f"{person.code} was merged before"))
    kept, absorbed = (courses([person])[person.pk].whereabouts for person in (keep, absorb))
    if kept == "gone" and absorbed == "away":
        raise Refusal(
            "other_is_away",
            Text(
                f"{absorb.code} 外出未归，{keep.code} 不在册：请保留 {absorb.code}",
                f"{absorb.code} is away and on the books, {keep.code} is not: keep {absorb.code}",
            ),
        )
    inside = [_open(person) for person in (keep, absorb)]
    if inside[0] and inside[1] and inside[0].place_id != inside[1].place_id:
        raise Refusal(
            "both_inside",
            Text(
                f"两份档案现在分别在 {inside[0].place.code} 和 {inside[1].place.code}，先登记真实位置",
                f"one is in {inside[0].place.code}, the other in {inside[1].place.code}: record first where the person is",
            ),
        )
    dates = [dict(p.legal_dates.values_list("kind", "on")) for p in (keep, absorb)]
    for kind in dates[0].keys() & dates[1].keys():
        if dates[0][kind] != dates[1][kind]:
            raise Refusal(
                "legal_dates_differ",
                Text(
                    f"法定日期（{kind}）不一致：{dates[0][kind]} 和 {dates[1][kind]}，先核对文书",
                    f"the lawful dates ({kind}) differ: {dates[0][kind]} and {dates[1][kind]}; check the papers first",
                ),
            )


def _open(person: Person) -> Presence | None:
    return Presence.objects.select_related("place").filter(person=person, layer="record", ends=None).first()


class Carried(NamedTuple):
    """What goes on under the file that stays: nothing that it has of its own."""

    place: Place | None
    standings: list[Standing]
    assignments: list[Assignment]
    dates: list[LegalDate]
    names: list[tuple[str, str]]


def carried(keep: Person, absorb: Person) -> Carried:
    """Return what a merge would carry from one file to the other."""
    stay = _open(absorb)
    held = set(Standing.objects.filter(person=keep, ends=None).values_list("key", "slot"))
    owned = set(Assignment.objects.filter(person=keep, ends=None).values_list("kind", "key", "place_id"))
    items = Assignment.objects.filter(person=absorb, ends=None).select_related("place")
    return Carried(
        stay.place if stay is not None and _open(keep) is None else None,
        [s for s in Standing.objects.filter(person=absorb, ends=None) if (s.key, s.slot) not in held],
        [item for item in items if (item.kind, item.key, item.place_id) not in owned],
        list(absorb.legal_dates.exclude(kind__in=keep.legal_dates.values("kind"))),
        _new_names(keep, absorb),
    )


def _new_names(keep: Person, absorb: Person) -> list[tuple[str, str]]:
    own = {keep.name, *keep.aliases.values_list("name", flat=True)}
    names = [(absorb.name, "other"), (absorb.code, "code"), *absorb.aliases.values_list("name", "kind")]
    found: dict[str, str] = {}
    for name, kind in names:
        if name and name not in own:
            found.setdefault(name, kind)
    return list(found.items())


def _carry_presence(keep: Person, absorb: Person, over: Carried, at: int) -> Iterator[Version]:
    stay = _open(absorb)
    if stay is None:
        return
    moment = max(at, (stay.starts or 0) + 1)
    stay.ends, stay.exit = moment, "merged"
    stay.save(update_fields=["ends", "exit"])
    yield version("presence", stay)
    if over.place is not None:
        made = Presence.objects.create(
            facility=keep.facility, person=keep, place=over.place, starts=moment, source="merge", entry="merged"
        )
        yield version("presence", made)


def _carry_dated(keep: Person, absorb: Person, over: Carried, at: int) -> Iterator[Version]:
    standings, assignments = ({item.pk for item in items} for items in (over.standings, over.assignments))
    for standing in Standing.objects.filter(person=absorb, ends=None):
        standing.ends = max(at, standing.start_ms + 1)
        standing.save(update_fields=["ends"])
        yield version("standing", standing)
        if standing.pk in standings:
            yield version(
                "standing",
                Standing.objects.create(
                    facility=keep.facility, person=keep, key=standing.key, value=standing.value, slot=standing.slot,
                    starts=standing.ends, source="merge", by=standing.by,
                ),
            )  # fmt: skip
    for item in Assignment.objects.filter(person=absorb, ends=None).select_related("place"):
        item.ends = max(at, item.start_ms + 1)
        item.save(update_fields=["ends"])
        yield version("assignment", item)
        if item.pk in assignments:
            yield version(
                "assignment",
                Assignment.objects.create(
                    facility=keep.facility, person=keep, kind=item.kind, key=item.key, place=item.place,
                    starts=item.ends, source="merge",
                ),
            )  # fmt: skip


def _carry_dates(keep: Person, over: Carried) -> Iterator[Version]:
    for item in over.dates:
        made = LegalDate.objects.create(facility=keep.facility, person=keep, kind=item.kind, on=item.on, source="merge")
        yield version("legal_date", made)


def _carry_names(keep: Person, over: Carried) -> Iterator[Version]:
    for name, kind in over.names:
        yield version("alias", Alias.objects.create(person=keep, name=name, kind=kind))


@transaction.atomic
def part(person: Person, *, reason: str, by: str, at: int) -> Person:
    """
    Say that a merged file was of somebody else after all. It stands for itself again; where that person is must be
    recorded anew.

    :raises Refusal: no_reason, not_merged.
    """
    Log.objects.select_for_update().get(pk=person.facility.log_id)
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明分开的理由", "say why they are not the same"))
    kept = person.merged_into
    if kept is None:
        raise Refusal("not_merged", Text(f"{person.code} 没有并入别的档案", f"{person.code} was not merged"))
    person.merged_into = person.merged_at = None
    person.save(update_fields=["merged_into", "merged_at"])
    versions = [version("person", person), Version("merge", f"{person.code}/{at}", {"into": None, "why": reason})]
    for alias in kept.aliases.filter(name__in=[person.code, person.name]):
        versions.append(Version("alias", version("alias", alias).key, {"removed": True}))
        alias.delete()
    kept.search = search_text(kept.code, kept.name, kept.aliases.values_list("name", flat=True))
    kept.save(update_fields=["search"])
    journal.record(person.facility.log, "people_parted", versions, by=by, at=at, subjects=[kept.ref, person.ref])
    say_not_same(kept, person, by=by, at=at)
    return person
