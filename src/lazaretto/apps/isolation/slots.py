"""
Slots for yard, toilets, meals and calls: no two blocks in one space at a time, with a gap to change over, and none of the
time that people are owed dropped for it. Plain data in, plain data out; moments in milliseconds.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text


class Block(NamedTuple):
    """People who move as one: a cell, a ward, a cohort."""

    code: str
    persons: int


class Need(NamedTuple):
    """What each block needs: `minutes` of a kind, in a place with the `route` that leads there, `persons` at most at once."""

    kind: str
    place: str
    minutes: int
    route: tuple[str, ...] = ()
    persons: int | None = None

    @property
    def spaces(self) -> frozenset[str]:
        return frozenset({self.place, *self.route})


class Slot(NamedTuple):
    """A block's time in a place: [start, end); `spaces` are the place and the route."""

    start: int
    end: int
    kind: str
    block: str
    place: str
    spaces: frozenset[str]
    persons: int


def generate(
    blocks: Sequence[Block], needs: Sequence[Need], *, opens: int, closes: int, gap: int, taken: Iterable[Slot] = ()
) -> list[Slot]:
    """
    Return a slot for each block and need in [opens, closes), in order of time. What is owed (yard and calls) is laid first.

    :raises Refusal: too_large (a block is larger than the place may hold), no_time (they do not fit: with how many minutes
        are wanting, and what would help).
    """
    laid: dict[str, list[Slot]] = defaultdict(list)
    own: dict[str, list[Slot]] = defaultdict(list)
    for slot in taken:
        _lay(slot, laid, own)
    found = []
    for need in sorted(needs, key=lambda n: (n.kind not in ("yard", "call"), -n.minutes)):
        for block in blocks:
            if need.persons is not None and block.persons > need.persons:
                raise Refusal(
                    "too_large",
                    Text(
                        f"{block.code} 有 {block.persons} 人，{need.place} 一次最多 {need.persons} 人；分成小组，或用广播、视频",
                        f"{block.code} has {block.persons} people, {need.place} takes {need.persons} at a time; by smaller groups, broadcast or video",
                    ),
                )
            chosen = _first(block, need, laid, own, opens, closes, gap)
            if chosen is None:
                raise _no_time(blocks, need, opens, closes, gap)
            _lay(chosen, laid, own)
            found.append(chosen)
    return sorted(found)


def _lay(slot: Slot, laid: dict[str, list[Slot]], own: dict[str, list[Slot]]) -> None:
    for space in slot.spaces:
        laid[space].append(slot)
    own[slot.block].append(slot)


def _first(
    block: Block, need: Need, laid: dict[str, list[Slot]], own: dict[str, list[Slot]], opens: int, closes: int, gap: int
) -> Slot | None:
    """Return the earliest slot in which the spaces are free with the gap, and the block is nowhere else."""
    length, start = need.minutes * 60_000, opens
    while start + length <= closes:
        end = start + length
        in_the_way = [
            s.end + gap for space in need.spaces for s in laid[space]
            if s.block != block.code and s.start < end + gap and start < s.end + gap
        ]  # fmt: skip
        in_the_way += [s.end for s in own[block.code] if s.start < end and start < s.end]
        if not in_the_way:
            return Slot(start, end, need.kind, block.code, need.place, need.spaces, block.persons)
        start = max(in_the_way)
    return None


def _no_time(blocks: Sequence[Block], need: Need, opens: int, closes: int, gap: int) -> Refusal:
    wanted = len(blocks) * need.minutes + (len(blocks) - 1) * (gap // 60_000)
    there = (closes - opens) // 60_000
    return Refusal(
        "no_time",
        Text(
            f"{need.place}：{len(blocks)} 组需 {wanted} 分钟，只有 {there} 分钟；延长开放时间或再开一处。放风和通话不减",
            f"{need.place}: {len(blocks)} blocks need {wanted} minutes, there are {there}; open longer or open another place. Yard and calls are not cut",
        ),
    )


def overlaps(slots: Iterable[Slot], gap: int = 0) -> list[tuple[Slot, Slot]]:
    """Return the pairs of different blocks that are in one space nearer than the gap; the check of any timetable."""
    by_space: dict[str, list[Slot]] = defaultdict(list)
    for slot in slots:
        for space in slot.spaces:
            by_space[space].append(slot)
    found = set()
    for listed in by_space.values():
        listed.sort()
        for n, one in enumerate(listed):
            for other in listed[n + 1 :]:
                if other.start >= one.end + gap:
                    continue
                if one.block != other.block:
                    found.add((one, other))
    return sorted(found)


def alternatives(persons: int, most: int) -> list[Text]:
    """Return what may be done in place of a gathering that is too large."""
    groups = -(-persons // most) if most else 0
    found = [
        Text("改用广播或视频", "by broadcast or video"),
        Text("以监舍为单位在各自监舍进行", "cell by cell, each in its own cell"),
    ]
    return (
        [Text(f"分 {groups} 批，每批不超过 {most} 人", f"in {groups} groups of {most} at most"), *found]
        if groups
        else found
    )
