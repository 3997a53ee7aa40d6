"""
The signature that goes with a paper: over the bytes of the PDF, the digest of the report and the log's checkpoint.

`verify_paper` needs neither settings nor database. No electronic signature in the sense of a law is claimed: it says that
whoever holds the facility's log key made this file from that report.
"""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lazaretto.apps.journal.signatures import is_signed
from lazaretto.protocol.canonical import canonical, digest
from lazaretto.protocol.text import Text

if TYPE_CHECKING:
    from lazaretto.apps.reporting.models import SignedReport

_FIELDS = frozenset({"file", "of", "code", "checkpoint", "key_id", "signature"})


def paper_code(of: str) -> str:
    """Return the short code of a report: the first 16 hexadecimal digits of its digest, in fours."""
    return " ".join(of[i : i + 4] for i in range(0, 16, 4))


def sign_paper(report: "SignedReport", pdf: bytes, *, own: bool) -> dict[str, Any]:
    """
    Return the detached signature of a PDF that was made from one form of a signed report.

    :raises KeyMissing: if the facility's key is not on this machine.
    """
    from lazaretto.apps.journal import keys  # only signing needs settings and database
    from lazaretto.apps.journal.models import Key

    document = report.document if own else report.outgoing
    key = Key.objects.filter(log_id=report.facility.log_id, until=None).latest("since")
    of = digest(document)
    said = {
        "file": hashlib.sha256(pdf).hexdigest(), "of": of, "code": paper_code(of),
        "checkpoint": document["checkpoint"], "key_id": key.key_id,
    }  # fmt: skip
    return said | {"signature": keys.sign(key, canonical(said))}


def verify_paper(
    pdf: bytes, signature: Any, keyring: Mapping[str, Any], report: Mapping[str, Any] | None = None
) -> list[Text]:
    """
    Return what is wrong with a paper, given its signature and the public keys; an empty list means that it holds.

    With `report`, the JSON of the report that the paper is said to be of, that too.
    """
    if not isinstance(signature, dict) or set(signature) != _FIELDS:
        return [Text("这不是日报 PDF 的签名文件", "this is not the signature file of a report's PDF")]
    try:
        return [*_file(pdf, signature), *_signed(signature, keyring), *_report(signature, report)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return [Text(f"缺少或写错了 {error}", f"{error} is missing or malformed")]


def _file(pdf: bytes, signature: Mapping[str, Any]) -> list[Text]:
    faults = []
    if hashlib.sha256(pdf).hexdigest() != signature["file"]:
        faults.append(
            Text(
                "PDF 不是签名时的那一份：内容被改过，或拿错了文件",
                "the PDF is not the one that was signed: it was changed, or it is another file",
            )
        )
    if paper_code(signature["of"]) != signature["code"]:
        faults.append(Text("凭证码与日报的摘要值不符", "the code does not follow from the digest of the report"))
    return faults


def _signed(signature: Mapping[str, Any], keyring: Mapping[str, Any]) -> list[Text]:
    known = {key["key_id"]: key for key in keyring["keys"]}
    key, point = known.get(signature["key_id"]), signature["checkpoint"]
    if key is None:
        return [Text(f"钥匙文件里没有 {signature['key_id']}", f"the key file has no key {signature['key_id']}")]
    faults = []
    said = canonical({name: value for name, value in signature.items() if name != "signature"})
    if not is_signed(key["public"], said, signature["signature"]):
        faults.append(Text("签名文件被改过", "the signature file was changed"))
    if key["log"] != point["log"]:
        faults.append(Text("签名的钥匙不属于这个机构的日志", "the key is not that of the log in the checkpoint"))
    holder = known.get(point["key_id"])
    statement = canonical({name: point[name] for name in ("log", "epoch", "size", "root")})
    if (
        holder is None
        or holder["log"] != point["log"]
        or not is_signed(holder["public"], statement, point["signature"])
    ):
        faults.append(Text("检查点的签名无效", "the checkpoint is not signed by its log's key"))
    return faults


def _report(signature: Mapping[str, Any], report: Mapping[str, Any] | None) -> list[Text]:
    if report is None or digest(report) == signature["of"]:
        return []
    return [Text("PDF 不是由这份日报（JSON）生成的", "the PDF was not made from this report (JSON)")]
