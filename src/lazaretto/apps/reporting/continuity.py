"""
What a facility's bundles say of its log when they are laid beside one another. Pure: the same set of bundles gives the
same answer, in whatever order they came.

A log only grows, so of two checkpoints the smaller must be a beginning of the larger. Each bundle proves it towards
the bundle before; two roots at one size, or a proof that fails, mean that the log was rewritten or the key is in two
hands.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

#: What is found between bundles, the gravest first. The last two are no contradiction.
CONTRADICTIONS = ("two_roots", "proof_fails", "two_bundles", "previous_differs", "key_ended", "two_reports")


class Received(NamedTuple):
    """What one bundle says; `said` as in `ReceivedBundle.said`."""

    digest: str
    log: str
    epoch: int
    number: int
    key_id: str
    made_at: int
    proof_holds: bool
    said: Mapping[str, Any]


class Judged(NamedTuple):
    """
    `link` is `first` (no bundle before it), `shown` (it continues the one before, which is here) or `not_shown` (that
    one is not here). `waits_for` are the numbers that are missing before it.
    """

    link: str
    waits_for: tuple[int, ...] = ()
    contradictions: tuple[str, ...] = ()
    restored: bool = False
    lost_in_restore: bool = False


def judge(bundles: Iterable[Received]) -> dict[str, Judged]:
    """Return what is to be said of each bundle of one organisation, by its digest."""
    logs: dict[str, list[Received]] = defaultdict(list)
    for bundle in {b.digest: b for b in bundles}.values():
        logs[bundle.log].append(bundle)
    return {digest: judged for own in logs.values() for digest, judged in _Log(own).judged().items()}


class _Log:
    """The bundles of one log."""

    def __init__(self, bundles: list[Received]) -> None:
        self.bundles = sorted(bundles, key=lambda b: (b.epoch, b.number, b.digest))
        self.found: dict[str, set[str]] = defaultdict(set)

    def judged(self) -> dict[str, Judged]:
        self._roots()
        self._numbers()
        self._keys()
        self._reports()
        for bundle in self.bundles:
            if not bundle.proof_holds:
                self.found[bundle.digest].add("proof_fails")
        return {b.digest: self._judge(b) for b in self.bundles}

    def _roots(self) -> None:
        seen: dict[tuple[int, int], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for bundle in self.bundles:
            for point in _points(bundle):
                seen[_home(bundle, point)][point["root"]].add(bundle.digest)
        for roots in seen.values():
            if len(roots) > 1:
                for digest in set().union(*roots.values()):
                    self.found[digest].add("two_roots")

    def _numbers(self) -> None:
        self.by_number: dict[tuple[int, int], list[Received]] = defaultdict(list)
        for bundle in self.bundles:
            self.by_number[bundle.epoch, bundle.number].append(bundle)
        for same in self.by_number.values():
            if len(same) > 1:
                for bundle in same:
                    self.found[bundle.digest].add("two_bundles")
        for bundle in self.bundles:
            for before in self._before(bundle):
                if not _is_previous(before, bundle):
                    self.found[bundle.digest].add("previous_differs")
                    self.found[before.digest].add("previous_differs")

            for skipped in self._skipped(bundle):
                self.found[bundle.digest].add("previous_differs")
                self.found[skipped.digest].add("previous_differs")

    def _skipped(self, bundle: Received) -> Iterable[Received]:
        """Yield bundles that a restored log must know of, as they lie before the restore, and that it does not name."""
        previous = bundle.said["previous"]
        if bundle.epoch == 0 or (previous and previous["epoch"] == bundle.epoch):
            return
        for other in self.bundles:
            known = other.epoch < bundle.epoch and _is_kept(other, bundle)
            if known and other.number > (previous["number"] if previous else 0):
                yield other

    def _before(self, bundle: Received) -> list[Received]:
        previous = bundle.said["previous"]
        return self.by_number.get((previous["epoch"], previous["number"]), []) if previous else []

    def _keys(self) -> None:
        """Find bundles made with a key after the moment at which any bundle says that it ended."""
        ended: dict[str, int] = {}
        for bundle in self.bundles:
            for key_id, until in bundle.said["ended"].items():
                ended[key_id] = min(until, ended.get(key_id, until))
        for bundle in self.bundles:
            if bundle.made_at > ended.get(bundle.key_id, bundle.made_at):
                self.found[bundle.digest].add("key_ended")

    def _reports(self) -> None:
        """Find days of which one number stands for two reports."""
        seen: dict[tuple[str, int, int], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for bundle in self.bundles:
            for report in bundle.said["reports"]:
                epoch, _ = _home(bundle, report)
                seen[report["on"], report["number"], epoch][report["digest"]].add(bundle.digest)
        for reports in seen.values():
            if len(reports) > 1:
                for digest in set().union(*reports.values()):
                    self.found[digest].add("two_reports")

    def _judge(self, bundle: Received) -> Judged:
        found = tuple(c for c in CONTRADICTIONS if c in self.found[bundle.digest])
        previous = bundle.said["previous"]
        restored = previous is not None and previous["epoch"] != bundle.epoch
        lost = any(b.epoch > bundle.epoch and not _is_kept(bundle, b) for b in self.bundles)
        if previous is None:
            return Judged("first", (), found, restored, lost)
        if any(_is_previous(b, bundle) for b in self._before(bundle)) and bundle.proof_holds:
            return Judged("shown", (), found, restored, lost)
        return Judged("not_shown", self._missing(bundle), found, restored, lost)

    def _missing(self, bundle: Received) -> tuple[int, ...]:
        """Return the numbers before a bundle, back to the nearest one that is here."""
        here = {n for e, n in self.by_number if e <= bundle.epoch and n < bundle.number}
        below = max(here, default=0)
        return tuple(range(below + 1, bundle.number))


def _points(bundle: Received) -> Iterable[Mapping[str, Any]]:
    yield bundle.said["checkpoint"]
    yield from bundle.said["reports"]
    yield from bundle.said["restores"]
    if bundle.said["previous"]:
        yield bundle.said["previous"]


def _home(bundle: Received, point: Mapping[str, Any]) -> tuple[int, int]:
    """
    Return the epoch in which a point of a bundle's log first was there, and its size: what a restore kept is the same
    before and after it. The restores that a bundle names are those that its own log went through.
    """
    epoch = point["epoch"]
    for restore in sorted(bundle.said["restores"], key=lambda r: -r["epoch"]):
        if restore["epoch"] > epoch:
            continue
        if point["size"] > restore["size"]:
            break
        epoch = max((r["epoch"] for r in bundle.said["restores"] if r["epoch"] < restore["epoch"]), default=0)
    return epoch, point["size"]


def _is_kept(before: Received, after: Received) -> bool:
    """Say whether the log of `after` still holds the entry of the bundle `before`, which follows its checkpoint."""
    made = before.said["checkpoint"]["size"] + 1
    return _home(before, {"epoch": before.epoch, "size": made}) == _home(after, {"epoch": after.epoch, "size": made})


def _is_previous(before: Received, bundle: Received) -> bool:
    point, told = before.said["checkpoint"], bundle.said["previous"]
    return bool((point["size"], point["root"], before.digest) == (told["size"], told["root"], told["digest"]))
