"""
A facility elsewhere, written from docs/reference/exchange.md alone: it keeps a log, signs reports and writes bundles
without any of our tables. So the receiving side is tested against the format, and against what no honest node does.
"""

import copy
import hashlib
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lazaretto.apps.journal import merkle
from lazaretto.protocol.canonical import canonical, digest
from lazaretto.protocol.clock import instant, utc_text

ZONE = "Asia/Shanghai"
FIRST = date(2026, 3, 17)


def at(day: date, hour: int) -> int:
    return instant(ZONE, day, hour * 60)


@dataclass
class Elsewhere:
    """A facility whose log, keys and bundles are made here. `fork` and `restored` give what else may become of it."""

    code: str = "YT"
    name: str = "云汀监狱"
    seed: str = "one"
    leaves: list[bytes] = field(default_factory=list)
    epoch: int = 0
    restores: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    secrets: dict[str, Ed25519PrivateKey] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    reports: dict[date, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.log = hashlib.sha256(f"log {self.code} {self.seed}".encode()).hexdigest()[:32]
        if not self.keys:
            self._new_key("first")

    def _new_key(self, name: str) -> dict[str, Any]:
        private = Ed25519PrivateKey.from_private_bytes(
            hashlib.sha256(f"{self.code} {self.seed} {name}".encode()).digest()
        )
        public = private.public_key().public_bytes_raw()
        key = {"key_id": hashlib.sha256(public).hexdigest()[:16], "public": public.hex(), "log": self.log}
        self.secrets[key["key_id"]] = private
        self.keys.append(key)
        return key

    @property
    def key_file(self) -> dict[str, Any]:
        return {"keys": [k | {"name": self.code} for k in copy.deepcopy(self.keys)]}

    def sign(self, document: dict[str, Any]) -> dict[str, Any]:
        key = self.keys[-1]["key_id"]
        value = self.secrets[key].sign(canonical(document)).hex()
        return document | {"signature": {"value": value, "key_id": key}}

    def write(self, text: str) -> None:
        self.leaves.append(merkle.leaf_hash(text.encode()))

    def root(self, size: int) -> str:
        frontier = merkle.Frontier()
        for leaf in self.leaves[:size]:
            frontier.append(leaf)
        return frontier.root().hex()

    def checkpoint(self) -> dict[str, Any]:
        size, key = len(self.leaves), self.keys[-1]["key_id"]
        point = {"log": self.log, "epoch": self.epoch, "size": size, "root": self.root(size)}
        return point | {"signature": self.secrets[key].sign(canonical(point)).hex(), "key_id": key}

    def report(self, on: date, *, missed: int = 0, counts: dict[str, Any] | None = None) -> dict[str, Any]:
        """Sign the report of a day, or an amendment to it."""
        self.write(f"{on} round")
        before = self.reports.setdefault(on, [])
        row = {
            "id": "temperature.residents", "kind": "round", "observation": "temperature", "expected": 10,
            "on_time": 10 - missed, "late": 0, "missed": missed, "excused": 0, "excused_after": 0, "pending": 0,
            "coverage": str((10 - missed) / 10), "done_share": str((10 - missed) / 10), "entered_late": 0, "gaps": [],
        }  # fmt: skip
        document = {
            "facility": self.code, "on": on.isoformat(), "as_of": utc_text(at(on, 30)), "zone_time": ZONE,
            "day": {"from": utc_text(at(on, 0)), "to": utc_text(at(on, 24))}, "number": len(before) + 1,
            "amends": len(before) or None, "status": "incomplete" if missed else "complete", "protocol": [],
            "level": [{"level": "normal", "from": utc_text(at(on, 0)), "to": utc_text(at(on, 24)), "review_at": None}],
            "measures": [row], "facts": dict.fromkeys(("used", "repeat", "extra", "superseded", "void"), 0),
            "counts": {"prisoner": counts or {"present_end": 120, "fever_confirmed": 0}},
            "units": {"expected": 2, "reported": 2}, "contradictions": [], "signed_by": None,
            "checkpoint": self.checkpoint(), "form": "outgoing", "internal_digest": "0" * 64,
        }  # fmt: skip
        made = self.sign(document)
        before.append(made)
        self.write(f"{on} signed")
        return made

    def bundle(self, on: date, *, made_at: int | None = None, **changed: Any) -> dict[str, Any]:
        """Write the bundle of a day that was reported."""
        point, before = self.checkpoint(), self.sent[-1] if self.sent else None
        moment = at(on, 32) if made_at is None else made_at
        due = at(on + timedelta(days=1), 17)
        document = {
            "format": "lazaretto-bundle/1",
            "facility": {"code": self.code, "name_zh": self.name, "name_en": "", "zone": ZONE},
            "number": before["number"] + 1 if before else 1, "on": on.isoformat(), "made_at": utc_text(moment),
            "level": self.reports[on][-1]["level"],
            "deadline": {"due_at": utc_text(due), "late_after": utc_text(due + 3_600_000), "measure": "report.daily"},
            "reports": list(self.reports[on]), "checkpoint": point, "previous": None, "proof": [],
            "restores": [r | {"proof": self.proof(r["size"])} for r in self.restores],
            "keys": copy.deepcopy(self.keys),
        }  # fmt: skip
        if before:
            told = before["checkpoint"]
            document["previous"] = {
                "epoch": told["epoch"], "number": before["number"], "size": told["size"], "root": told["root"],
                "digest": digest(before),
            }  # fmt: skip
            document["proof"] = self.proof(told["size"])
        made = self.sign(document | changed)
        self.sent.append(made)
        self.write(f"bundle {made['number']}")
        return made

    def proof(self, size: int) -> list[str]:
        return [p.hex() for p in merkle.consistency_proof(self.leaves, size, len(self.leaves))]

    def day(self, n: int, *, missed: int = 0, **changed: Any) -> dict[str, Any]:
        """Report day `n` (from 0) and write its bundle."""
        on = FIRST + timedelta(days=n)
        self.report(on, missed=missed)
        return self.bundle(on, **changed)

    def rotate(self, name: str, *, moment: int, lost: bool = False) -> None:
        """Give the log another key, which the old one signs for unless it is lost."""
        old = self.keys[-1]
        key = self._new_key(name)
        since = utc_text(moment)
        old["until"] = since
        told = {"log": self.log, "old": old["key_id"], "new": key["key_id"], "public": key["public"], "since": since}
        cross = None if lost else self.secrets[old["key_id"]].sign(canonical(told)).hex()
        key |= {"since": since, "until": None, "follows": old["key_id"], "cross_signature": cross}
        self.write(f"rotated {name}")

    def backup(self) -> "Elsewhere":
        """Return a copy of everything as it stands."""
        keys = self.secrets
        self.secrets = {}
        made = copy.deepcopy(self)
        self.secrets = keys
        made.secrets = dict(keys)
        return made

    def restored(self) -> "Elsewhere":
        """Return this state as brought back from a backup: a new epoch begins."""
        made = self.backup()
        size = len(made.leaves)
        made.epoch += 1
        made.restores.append(
            {"epoch": made.epoch, "size": size, "root": made.root(size), "at": utc_text(at(FIRST, 40))}
        )
        made.write(f"restored {made.epoch}")
        return made


def file_of(document: dict[str, Any]) -> bytes:
    return canonical(document)
