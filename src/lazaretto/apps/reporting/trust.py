"""
Whose word this node takes: keys of other organisations' logs, told once out of band and followed through rotations.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from lazaretto.apps.accounts import actions as accounts
from lazaretto.apps.accounts.models import Organisation
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.models import Entry, Key, Log
from lazaretto.apps.reporting import checking, envelopes
from lazaretto.apps.reporting.envelopes import MALFORMED, refuse
from lazaretto.apps.reporting.models import TrustedKey


def node_log(at: int) -> Log:
    return journal.open_log(accounts.NODE, at=at)


def trusted_rows(organisation: Organisation) -> list[TrustedKey]:
    """Return the keys that count: those of the newest generation, the first told first."""
    rows = list(TrustedKey.objects.filter(organisation=organisation).order_by("pk"))
    newest = max((r.generation for r in rows), default=0)
    return [r for r in rows if r.generation == newest]


def trusted(organisation: Organisation) -> dict[str, dict[str, str]]:
    """
    Return log → key id → public half of the keys by which an organisation is believed. One whose log is on this node
    needs no telling.
    """
    found: dict[str, dict[str, str]] = {}
    for log, key_id, public in Key.objects.filter(log__facility__organisation=organisation).values_list(
        "log__ref", "key_id", "public"
    ):
        found.setdefault(log, {})[key_id] = public
    for row in trusted_rows(organisation):
        found.setdefault(row.log, {})[row.key_id] = row.public
    return found


def told_keys(document: Any, code: str) -> list[dict[str, Any]]:
    """
    Return the keys of a key file (as `lazaretto keys` prints it) that are of the log of an organisation.

    :raises Refusal: no_keys, several_logs.
    """
    try:
        listed = [dict(k) for k in envelopes.genuine(document["keys"])]
        own = [k for k in listed if k.get("name") == code] or [k for k in listed if k.get("name") != accounts.NODE]
        logs = {k["log"] for k in own}
    except MALFORMED:
        own, logs = [], set()
    if not own:
        refuse("no_keys", f"文件里没有 {code} 的公钥；对方运行 lazaretto keys 得到", f"the file holds no key of {code}; `lazaretto keys` prints it there")  # fmt: skip
    if len(logs) > 1:
        refuse("several_logs", f"文件里有几个机构的公钥，没有一个叫 {code}", f"the file holds keys of several logs, and none is called {code}")  # fmt: skip
    return own


@transaction.atomic
def trust(
    *, organisation: Organisation, keys: Sequence[Mapping[str, Any]], reason: str = "", by: str, at: int
) -> list[TrustedKey]:
    """
    Believe an organisation by these keys of its log from now on; an empty list if they are believed already.

    Keys that a trusted one signed for join it. Any others take the place of all that were trusted, and need a reason.

    :raises Refusal: no_reason.
    """
    log = node_log(at)
    Log.objects.select_for_update().get(pk=log.pk)
    rows = trusted_rows(organisation)
    held = {r.key_id: r.public for r in rows}
    (ref,) = {k["log"] for k in keys}
    new = [k for k in keys if k["key_id"] not in held]
    if rows and not new:
        return []
    follows = rows and all(r.log == ref for r in rows)
    if follows and all(k["key_id"] in envelopes.reached(held, keys, ref) for k in new):
        return keep(organisation, ref, new, how="rotated", generation=rows[0].generation, reason=reason, by=by, at=at)
    if rows and not reason.strip():
        refuse(
            "no_reason",
            f"{organisation.code} 已有信任的密钥 {envelopes.in_fours(envelopes.fingerprint(rows[-1].public))}，新密钥没有它的签认；确认后写明理由再试",
            f"{organisation.code} is trusted by the key {envelopes.in_fours(envelopes.fingerprint(rows[-1].public))}, which did not sign for the new one; check, and say why",
        )
    generation = rows[0].generation + 1 if rows else 1
    return keep(organisation, ref, list(keys), how="told", generation=generation, reason=reason, by=by, at=at)


def keep(
    organisation: Organisation,
    ref: str,
    listed: Sequence[Mapping[str, Any]],
    *,
    how: str,
    generation: int,
    reason: str,
    by: str,
    at: int,
) -> list[TrustedKey]:
    """Write down keys that are to be believed, with one entry in the node's log. Inside a transaction."""
    rows = [
        TrustedKey(
            organisation=organisation, generation=generation, log=ref, key_id=k["key_id"], public=k["public"], how=how,
            reason=reason.strip()[:200], by=by[:40], trusted_at=at, salt=journal.new_salt(),
        )
        for k in sorted(listed, key=lambda k: str(k["key_id"]))
    ]  # fmt: skip
    leaves = [journal.salted_leaf(r.salt, r.record()) for r in rows]
    detail = {"organisation": organisation.code, "how": how, "keys": [r.key_id for r in rows]}
    entry = journal.append(
        node_log(at), "keys_trusted", leaf=journal.bulk_leaf(leaves), n=len(rows), by=by, at=at, detail=detail
    )
    for row in rows:
        row.entry = entry
    TrustedKey.objects.bulk_create(rows)
    return rows


def check_believed(content: checking.Content, believed: Mapping[str, Mapping[str, str]], code: str) -> None:
    """:raises Refusal: no_key, other_key, with the fingerprint to be compared."""
    try:
        ok = all(b["signature"]["key_id"] in checking.keys_of(b, believed) for b in content.bundles)
        told = checking.signing_keys(content)
        marks = [envelopes.in_fours(envelopes.fingerprint(k["public"])) for k in told]
    except MALFORMED:
        refuse("edited", "文件读不通：被改过或损坏", "the file cannot be read: it was changed or damaged")
    mark = marks[0] if marks else "?"
    if ok:
        return
    if not believed:
        refuse(
            "no_key",
            f"还没有登记 {code} 的密钥；文件上的密钥是 {mark}，向对方核对后登记",
            f"no key of {code} has been told; the one in the file is {mark}: compare it with them, then trust it",
        )
    refuse(
        "other_key",
        f"文件由另一把密钥签名（{mark}），不是登记的 {code} 的密钥；没有收下。若对方更换了密钥，核对后重新登记",
        f"the file is signed with another key ({mark}) than the one told of {code}; it was not taken. If they changed it, compare and trust it anew",
    )


def follow(
    organisation: Organisation, content: checking.Content, believed: dict[str, dict[str, str]], by: str, at: int
) -> None:
    """Believe the keys from now on that a believed key signed for."""
    new = checking.keys_reached(content, believed)
    rows = trusted_rows(organisation)
    if new and rows:
        keep(organisation, rows[0].log, new, how="rotated", generation=rows[0].generation, reason="", by=by, at=at)


def leaves_of(entry: Entry) -> list[bytes]:
    rows = TrustedKey.objects.filter(entry=entry).order_by("key_id")
    return [journal.salted_leaf(r.salt, r.record()) for r in rows]
