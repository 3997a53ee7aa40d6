"""
What can be checked of a bundle with nothing but the file and the keys that are believed: no database, no network.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lazaretto.apps.journal import merkle
from lazaretto.apps.journal.signatures import is_signed
from lazaretto.apps.reporting import envelopes
from lazaretto.apps.reporting.bundles import ONE, SEVERAL
from lazaretto.apps.reporting.envelopes import MALFORMED, refuse
from lazaretto.apps.reporting.verify import verify_file
from lazaretto.protocol.canonical import canonical, digest
from lazaretto.protocol.clock import parse_moment
from lazaretto.protocol.text import Text

MOST = 400


class Content(NamedTuple):
    """A file taken apart: whose it is, the bundles in it, and the file around several."""

    code: str
    bundles: list[dict[str, Any]]
    around: dict[str, Any] | None


def opened(data: bytes) -> Content:
    """Return what a bundle file holds, unchecked. :raises Refusal: as `envelopes.read`, not_a_bundle."""
    document = envelopes.read(data)
    try:
        if document["format"] == ONE:
            return Content(str(document["facility"]["code"]), [document], None)
        if document["format"] == SEVERAL:
            bundles = list(document["bundles"])
            codes = {str(b["facility"]["code"]) for b in bundles}
            if codes == {document["facility"]} and 0 < len(bundles) <= MOST and all(b["format"] == ONE for b in bundles):  # fmt: skip
                return Content(str(document["facility"]), bundles, document)
    except MALFORMED:
        pass
    refuse("not_a_bundle", "这不是上报包", "this is not a bundle")


def faults(content: Content, believed: Mapping[str, Mapping[str, str]]) -> list[Text]:
    """
    Return what is wrong with a file, given log → key id → public key of those who are believed; empty if it holds.

    A proof that does not hold is no fault of the file: see `says`.
    """
    try:
        found = [fault for bundle in content.bundles for fault in _bundle_faults(bundle, believed)]
        if not found and content.around is not None:
            found += _signature(content.around, keys_of(content.bundles[-1], believed))
        return found
    except MALFORMED as error:
        return [_malformed(error)]


def _malformed(error: Exception) -> Text:
    return Text(f"缺少或写错了 {error}", f"{error} is missing or malformed")


def keys_of(bundle: Mapping[str, Any], believed: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    ref = bundle["checkpoint"]["log"]
    return envelopes.reached(believed.get(ref, {}), bundle["keys"], ref)


def keyring(document: Any) -> dict[str, dict[str, str]]:
    """Return log → key id → public key of a key file, as `lazaretto keys` prints it; what is no key is left out."""
    found: dict[str, dict[str, str]] = {}
    try:
        for key in envelopes.genuine(document["keys"]):
            found.setdefault(key["log"], {})[key["key_id"]] = key["public"]
    except MALFORMED:
        return {}
    return found


def keys_reached(content: Content, believed: Mapping[str, Mapping[str, str]]) -> list[Mapping[str, Any]]:
    """Return the keys in a file that are not believed yet, and that a believed key signed for."""
    found: dict[str, Mapping[str, Any]] = {}
    for bundle in content.bundles:
        known = believed.get(bundle["checkpoint"]["log"], {})
        reached = keys_of(bundle, believed)
        found |= {k["key_id"]: k for k in bundle["keys"] if k["key_id"] in reached and k["key_id"] not in known}
    return [found[key_id] for key_id in sorted(found)]


def signing_keys(content: Content) -> list[Mapping[str, Any]]:
    """Return the keys that the bundles of a file say they are signed with."""
    wanted = {b["signature"]["key_id"] for b in content.bundles}
    return [k for k in content.bundles[-1]["keys"] if k["key_id"] in wanted]


def _signature(document: Mapping[str, Any], keys: Mapping[str, str]) -> list[Text]:
    key_id = str(document["signature"]["key_id"])
    public = keys.get(key_id)
    if public is None:
        return [Text(f"不认识签名的密钥 {key_id}", f"it is signed with the key {key_id}, which is not trusted")]
    if not envelopes.is_signed_by(document, public):
        return [Text("内容与签名不符，文件被改过", "the content is not what was signed; the file was changed")]
    return []


def _bundle_faults(bundle: Mapping[str, Any], believed: Mapping[str, Mapping[str, str]]) -> list[Text]:
    keys = keys_of(bundle, believed)
    wrong = _signature(bundle, keys)
    if wrong:
        return wrong
    point, number, code = bundle["checkpoint"], bundle["number"], bundle["facility"]["code"]
    signed = canonical({k: point[k] for k in ("log", "epoch", "size", "root")})
    if not is_signed(keys.get(point["key_id"], ""), signed, point["signature"]):
        wrong.append(Text("检查点的签名无效", "the checkpoint is not signed by its log's key"))
    previous = bundle["previous"]
    if number != (previous["number"] + 1 if previous else 1):
        wrong.append(Text("编号与前一个包不相接", "its number does not follow from the bundle before"))
    wrong += _report_faults(bundle, keys, code)
    says(bundle)
    return wrong


def _report_faults(bundle: Mapping[str, Any], keys: Mapping[str, str], code: str) -> list[Text]:
    reports, ref = bundle["reports"], bundle["checkpoint"]["log"]
    ring = {"keys": [{"key_id": k, "public": p, "log": ref} for k, p in keys.items()]}
    wrong = []
    if [r["number"] for r in reports] != list(range(1, len(reports) + 1)) or not reports:
        wrong.append(Text("日报编号不连续", "the numbers of its reports have a gap"))
    for report in reports:
        said = (report["facility"], report["on"], report.get("form"), report["checkpoint"]["log"])
        if said != (code, bundle["on"], "outgoing", ref):
            wrong.append(Text("包里的日报不是这一天、这个机构的上报版", "a report in it is not the outgoing one of this day and facility"))  # fmt: skip
        if report["checkpoint"]["size"] > bundle["checkpoint"]["size"] or report["checkpoint"]["epoch"] > bundle["checkpoint"]["epoch"]:  # fmt: skip
            wrong.append(Text("日报晚于上报包的检查点", "a report in it is later than the bundle's checkpoint"))
        n = report["number"]
        wrong += [Text(f"日报第 {n} 号：{f.zh}", f"report no. {n}: {f.en}") for f in verify_file(report, ring)]
    return wrong


def says(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return what a bundle says of its log, in the form that bundles are compared in.

    :raises KeyError: and the like, if something is missing or malformed.
    """
    previous = bundle["previous"]
    return {
        "checkpoint": _point(bundle["checkpoint"]),
        "previous": _point(previous) | {"number": _whole(previous["number"]), "digest": str(previous["digest"])}
        if previous
        else None,
        "restores": [_point(r) for r in bundle["restores"]],
        "reports": [
            _point(r["checkpoint"]) | {"on": r["on"], "number": _whole(r["number"]), "digest": digest(r)}
            for r in bundle["reports"]
        ],
        "ended": {k["key_id"]: _moment(k["until"]) for k in bundle["keys"] if k.get("until")},
    }


def _point(told: Mapping[str, Any]) -> dict[str, Any]:
    root = str(told["root"])
    if len(root) != 64 or bytes.fromhex(root).hex() != root:
        raise ValueError("root")
    return {"epoch": _whole(told["epoch"]), "size": _whole(told["size"]), "root": root}


def _whole(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise ValueError(value)
    return value


def _moment(text: str) -> int:
    return parse_moment(text, "UTC")


def proof_holds(bundle: Mapping[str, Any]) -> bool:
    """Say whether a bundle shows that its log grew out of the one of the bundle before, and out of each restore."""
    told, point = bundle["previous"], bundle["checkpoint"]
    pairs = [(r, r["proof"]) for r in bundle["restores"]] + ([(told, bundle["proof"])] if told else [])
    return all(
        merkle.is_consistent(
            before["size"], point["size"], bytes.fromhex(before["root"]), bytes.fromhex(point["root"]),
            [bytes.fromhex(p) for p in proof],
        )
        for before, proof in pairs
    )  # fmt: skip


class Stated(NamedTuple):
    """The plain fields of a bundle, in our own types."""

    on: date
    zone: str
    made_at: int
    due_at: int
    late_after: int


def stated(bundle: Mapping[str, Any]) -> Stated:
    """:raises ValueError: and the like, if something is missing or malformed."""
    zone, owed = str(bundle["facility"]["zone"]), bundle["deadline"]
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(zone) from error
    moments = (_moment(bundle["made_at"]), _moment(owed["due_at"]), _moment(owed["late_after"]))
    return Stated(date.fromisoformat(bundle["on"]), zone, *moments)
