"""
Verifies a report file without a database: signatures, arithmetic, and that the words follow from the numbers.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from lazaretto.apps.journal.signatures import is_signed, succession
from lazaretto.protocol.canonical import canonical
from lazaretto.protocol.tally import FATES, share
from lazaretto.protocol.text import Text


def verify_file(document: Any, keyring: Mapping[str, Any]) -> list[Text]:
    """Return what is wrong with a signed report, given the public keys; an empty list means that it holds."""
    if not isinstance(document, dict) or not isinstance(document.get("signature"), dict):
        return [Text("这不是签发的日报（没有签名）", "this is not a signed report (it has no signature)")]
    try:
        known = {key["key_id"]: key for key in keyring["keys"]}
        return [*_signatures(document, known), *_arithmetic(document)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return [Text(f"缺少或写错了 {error}", f"{error} is missing or malformed")]


def _signatures(document: dict[str, Any], known: Mapping[str, Any]) -> list[Text]:
    faults = []
    signature, point = document["signature"], document["checkpoint"]
    said = canonical({k: v for k, v in document.items() if k != "signature"})
    key = known.get(signature["key_id"])
    if key is None:
        return [Text(f"钥匙文件里没有 {signature['key_id']}", f"the key file has no key {signature['key_id']}")]
    if not is_signed(key["public"], said, signature["value"]):
        faults.append(Text("内容与签名不符，文件被改过", "the content is not what was signed; the file was changed"))
    statement = canonical({k: point[k] for k in ("log", "epoch", "size", "root")})
    holder = known.get(point["key_id"])
    if (
        holder is None
        or holder["log"] != point["log"]
        or not is_signed(holder["public"], statement, point["signature"])
    ):
        faults.append(Text("检查点的签名无效", "the checkpoint is not signed by its log's key"))
    for used in {key["key_id"]: key, **({holder["key_id"]: holder} if holder else {})}.values():
        faults += _key(used, document["as_of"], known)
    return faults


def _key(key: Mapping[str, Any], as_of: str, known: Mapping[str, Any]) -> list[Text]:
    """
    Return what is wrong with a key's use. A report is signed at or after its `as_of`, so one of later than the key's
    end was signed when the key was no longer in use. Lists made before keys were replaced say nothing of either.
    """
    faults, id_ = [], key["key_id"]
    until = key.get("until")
    if until and datetime.fromisoformat(as_of) > datetime.fromisoformat(until):
        faults.append(
            Text(
                f"日报截至 {as_of}，而密钥 {id_} 在 {until} 已停用",
                f"the report is as of {as_of}; key {id_} was out of use from {until}",
            )
        )
    older = known.get(key.get("follows") or "")
    if older is not None and key.get("cross_signature"):
        said = succession(key["log"], old=older["key_id"], new=id_, public=key["public"], since=key["since"])
        if not is_signed(older["public"], said, key["cross_signature"]):
            faults.append(
                Text(
                    f"钥匙文件里，旧密钥 {older['key_id']} 没有签认 {id_}",
                    f"in the key file, the older key {older['key_id']} did not sign for {id_}",
                )
            )
    return faults


def _arithmetic(document: dict[str, Any]) -> list[Text]:
    faults = []
    for row in document["measures"]:
        done = row["on_time"] + row["late"]
        total = done + row["missed"] + row["excused"] + row["pending"]
        owed = row["expected"] - row["excused"] - row["pending"]
        if total != row["expected"]:
            faults.append(
                Text(f"{row['id']}：各项之和不等于应做", f"{row['id']}: the parts do not add up to what was expected")
            )
        for name, wanted in (
            ("coverage", share(done, owed)),
            ("done_share", share(done, row["expected"] - row["pending"])),
        ):
            if not _same(row[name], wanted):
                faults.append(
                    Text(f"{row['id']}：{name} 算错了", f"{row['id']}: {name} does not follow from the counts")
                )
    if document["status"] != "contradictory" and document["contradictions"]:
        faults.append(Text("有矛盾却没有写明", "there are contradictions, and the status does not say so"))
    if set(document["facts"]) != set(FATES):
        faults.append(Text("记录的去向不齐", "the fates of the facts are not complete"))
    return faults


def _same(given: str | None, wanted: str | None) -> bool:
    return given is None if wanted is None else given is not None and Decimal(given) == Decimal(wanted)
