"""
Retention: how long what is kept, as data (`packs/retention.csv` or a table of the deployment's own), and the job that
destroys what is due and proves it.

An app says where its rows are by `target(what, …)`; nothing here knows what they mean.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple, Protocol

from django.db import connection

from lazaretto.apps.journal.models import Log
from lazaretto.apps.journal.queries import Fault, verify, verify_deep
from lazaretto.protocol.clock import Duration
from lazaretto.protocol.text import Text

COLUMNS = ("id", "what", "of", "keep", "after", "title_zh", "title_en", "basis")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


@dataclass(frozen=True, slots=True)
class Policy:
    """
    How long rows of one sort are kept after what. `of` narrows the sort (observations, base classes); `besides` are
    those that other policies name, where this one takes all the rest (`*`).
    """

    id: str
    what: str
    of: frozenset[str]
    besides: frozenset[str]
    keep: Duration
    after: str
    title: Text
    basis: str

    def takes(self, name: str) -> bool:
        return name in self.of if self.of else name not in self.besides

    def before(self, at: int) -> int:
        """Return the moment before which rows are due."""
        return at - self.keep.nominal_ms


class PolicyError(ValueError):
    """A table of policies that cannot be used, and why."""

    def __init__(self, message: Text) -> None:
        super().__init__(str(message))
        self.message = message


def policies(text: str | None = None) -> list[Policy]:
    """
    Return the policies of a table, the shipped one if none is given.

    :raises PolicyError: if a row is not a policy.
    """
    if text is None:
        text = files("lazaretto.packs").joinpath("retention.csv").read_text(encoding="utf-8")
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
        raise PolicyError(Text(f"缺少列 {missing[0]}", f"the column {missing[0]} is missing"))
    rows = list(reader)
    named: dict[str, set[str]] = {}
    for row in rows:
        named.setdefault(row["what"], set()).update(w for w in row["of"].split() if w != "*")
    return [_policy(number, row, named[row["what"]]) for number, row in enumerate(rows, start=2)]


def _policy(number: int, row: dict[str, str], named: set[str]) -> Policy:
    def wrong(zh: str, en: str) -> PolicyError:
        return PolicyError(Text(f"第 {number} 行：{zh}", f"row {number}: {en}"))

    if not _ID.fullmatch(row["id"]):
        raise wrong("编号用小写字母、数字和 -", "an id has small letters, digits and -")
    if row["what"] not in _targets:
        known = ", ".join(sorted(_targets))
        raise wrong(f"没有 {row['what']}，可用：{known}", f"there is no {row['what']}; known: {known}")
    if row["after"] != _targets[row["what"]].after:
        right = _targets[row["what"]].after
        raise wrong(f"{row['what']} 从 {right} 起算", f"{row['what']} are kept from {right} on")
    try:
        keep = Duration.parse(row["keep"])
    except ValueError:
        raise wrong("保存期写作 P90D", "write how long as P90D") from None
    if keep.nominal_ms < 86_400_000:
        raise wrong("保存期至少一天", "a day is the least")
    if not row["basis"].strip():
        raise wrong("写明依据", "say by which law or rule")
    of = frozenset(row["of"].split())
    if not of:
        raise wrong("of 不能为空；全部写 *", "of is empty; write * for all the rest")
    everything = "*" in of
    return Policy(
        row["id"], row["what"], frozenset() if everything else of, frozenset(named) if everything else frozenset(),
        keep, row["after"], Text(row["title_zh"], row["title_en"]), row["basis"],
    )  # fmt: skip


class Purge(Protocol):
    """Destroys rows that are due in short transactions; yields how many went with each."""

    def __call__(self, log: Log, policy: Policy, *, by: str, at: int) -> Iterator[int]: ...


class Target(NamedTuple):
    """Where rows of one sort are: from when their time runs, how many are due, and how they are destroyed."""

    after: str
    due: Callable[[Log, Policy, int], int]
    purge: Purge


_targets: dict[str, Target] = {}


def target(what: str, *, after: str, due: Callable[[Log, Policy, int], int], purge: Purge) -> None:
    """Declare where the rows of a sort are."""
    _targets[what] = Target(after, due, purge)


def due(log: Log, kept: Iterable[Policy], at: int) -> dict[str, int]:
    """Return how many rows are due under each policy."""
    return {policy.id: _targets[policy.what].due(log, policy, at) for policy in kept}


class Proof(NamedTuple):
    """What a purge did, and that nothing that was due is left and the record is whole without it."""

    purged: dict[str, int]
    left: dict[str, int]
    faults: list[Fault]

    @property
    def holds(self) -> bool:
        return not self.faults and not any(self.left.values())


def purge(
    log: Log,
    kept: Iterable[Policy],
    *,
    by: str,
    at: int,
    progress: Callable[[str, int], None] = lambda policy, n: None,
) -> Proof:
    """
    Destroy what is due under the policies, and prove it: count again, and verify the log to the last row.

    Safe to interrupt and to repeat. Backups made before still hold what was destroyed; they must go in their own time.
    """
    every = list(kept)
    done = dict.fromkeys((policy.id for policy in every), 0)
    with _overwriting():
        for policy in every:
            for n in _targets[policy.what].purge(log, policy, by=by, at=at):
                done[policy.id] += n
                progress(policy.id, done[policy.id])
    if any(done.values()):
        clean_free_pages()
    log.refresh_from_db()
    return Proof(done, due(log, every, at), [*verify(log), *verify_deep(log)])


class _overwriting:  # noqa: N801 - reads as a word: `with _overwriting():`
    """While inside, SQLite overwrites what is deleted with zeros."""

    def __enter__(self) -> None:
        self._say("ON")

    def __exit__(self, *_: object) -> None:
        self._say("OFF")

    def _say(self, word: str) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA secure_delete={word}")


def clean_free_pages() -> None:
    """Rewrite the file without what older versions of rows left in it (SQLite), or let the engine reuse it."""
    if connection.in_atomic_block:
        return  # only in tests: neither engine can do it inside a transaction
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            cursor.execute("VACUUM")
