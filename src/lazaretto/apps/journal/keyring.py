"""Which key may speak for a log, since when, and who says so. The list of public keys that travels with reports."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from lazaretto.apps.journal.models import Entry, Key, Log, Record
from lazaretto.apps.journal.signatures import is_signed, succession
from lazaretto.protocol.clock import utc_text
from lazaretto.protocol.text import Text


class Span(NamedTuple):
    """The sizes of the log at which a key may sign: more than `after`, at most `until` (None: no end)."""

    public: str
    after: int
    until: int | None

    def covers(self, size: int) -> bool:
        return self.after < size and (self.until is None or size <= self.until)


def rotations(log: Log) -> list[Entry]:
    return list(log.entries.filter(kind="key_rotated").order_by("seq"))


def spans(log: Log, found: Iterable[Entry]) -> dict[str, Span]:
    """Return each key's span. The entry that replaces a key is the first that the old key does not sign."""
    known = {k.key_id: Span(k.public, -1, None) for k in log.keys.all()}
    for entry in found:
        old, new = entry.detail.get("old"), entry.detail.get("new")
        if old in known:
            known[old] = known[old]._replace(until=entry.seq)
        if new in known:
            known[new] = known[new]._replace(after=entry.seq)
    return known


def handing_over(log: Log, told: dict[str, Any]) -> bytes:
    """Return what the old key signs, from the detail of a `key_rotated` entry."""
    since = utc_text(int(told["since"]))
    return succession(log.ref, old=told["old"], new=told["new"], public=told["public"], since=since)


def wrong_keys(log: Log, found: Iterable[Entry]) -> list[tuple[int | None, Text]]:
    """Return what does not fit between the keys on file and what the record says of them."""
    keys = {k.key_id: k for k in log.keys.all()}
    unnamed = set(keys)
    wrong: list[tuple[int | None, Text]] = []
    for entry in found:
        told = entry.detail
        old, new = keys.get(told.get("old", "")), keys.get(told.get("new", ""))
        unnamed.discard(told.get("new", ""))
        if old is None or new is None or not _fits(old, new, told):
            wrong.append((entry.seq, Text(f"条目 {entry.seq} 更换的密钥与密钥表不符",
                                           f"the key change of entry {entry.seq} is not what the table of keys says")))  # fmt: skip
        elif told.get("signature") and not is_signed(old.public, handing_over(log, told), told["signature"]):
            wrong.append((entry.seq, Text(f"条目 {entry.seq}：旧密钥没有签认新密钥",
                                           f"entry {entry.seq}: the old key did not sign for the new one")))  # fmt: skip
    for extra in sorted(unnamed, key=lambda k: keys[k].since)[1:]:
        wrong.append((None, Text(f"密钥 {extra} 来历不明：日志从未提到", f"key {extra} was never brought in by the record")))  # fmt: skip
    return wrong


def _fits(old: Key, new: Key, told: dict[str, Any]) -> bool:
    return (new.public, new.since, old.until) == (told.get("public"), told.get("since"), told.get("since"))


def notes(log: Log) -> list[Text]:
    """Return what is no fault and must be known: keys that no older key vouches for, and restores."""
    said = []
    for entry in rotations(log):
        if not entry.detail.get("signature"):
            row = Record.objects.using(log._state.db).filter(entry=entry, entity="key").first()
            why = str(row.record.get("lost", "")) if row else ""
            day, new = utc_text(entry.recorded_at)[:10], entry.detail.get("new")
            said.append(
                Text(
                    f"{day} 起用的密钥 {new} 没有旧密钥的签认（{why}）",
                    f"key {new}, in use since {day}, has no signature of the key before it ({why})",
                )
            )
    for entry in log.entries.filter(kind="restored").order_by("seq"):
        day, size = utc_text(entry.recorded_at)[:10], entry.detail.get("size")
        said.append(
            Text(
                f"{day} 从 {size} 条的备份恢复；此前备份之后的条目已丢失",
                f"restored on {day} from a backup of {size} entries; what came after that backup was lost",
            )
        )
    return said


def public_keys(logs: Iterable[Log]) -> dict[str, Any]:
    """Return the public keys of logs, in the form that `report verify --keys` reads."""
    listed = []
    for log in sorted(logs, key=lambda log: log.name):
        told = {e.detail["new"]: e.detail for e in rotations(log)}
        for key in log.keys.order_by("since", "pk"):
            said = {
                "key_id": key.key_id, "public": key.public, "log": log.ref, "name": log.name,
                "since": utc_text(key.since), "until": None if key.until is None else utc_text(key.until),
            }  # fmt: skip
            if key.key_id in told:
                rotation = told[key.key_id]
                said |= {"follows": rotation["old"], "cross_signature": rotation["signature"]}
            listed.append(said)
    return {"keys": listed}
