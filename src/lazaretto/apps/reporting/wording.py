"""What was found about bundles, in words."""

from lazaretto.apps.reporting.continuity import Judged
from lazaretto.protocol.text import Text

CONTRADICTIONS: dict[str, Text] = {
    "two_roots": Text(
        "日志有两个版本：同一条数处有两个不同的树根", "its log has two versions: two different roots at one size"
    ),
    "proof_fails": Text("日志不是从前一个包的日志长出来的", "its log did not grow out of the one of the bundle before"),
    "two_bundles": Text("同一编号有两个不同的包", "two different bundles have one number"),
    "previous_differs": Text("所称的前一个包与收到的不同", "the bundle before is not the one that it names"),
    "key_ended": Text("签名的密钥那时已停用", "it is signed with a key that had ended by then"),
    "two_reports": Text("同一天同一号有两份不同的日报", "one number of a day stands for two different reports"),
}


def judged_lines(judged: Judged) -> list[Text]:
    """Return what is to be said of a bundle, the gravest first; nothing if all is well."""
    said = [CONTRADICTIONS[code] for code in judged.contradictions]
    if judged.restored:
        said.append(Text("该机构从备份恢复过，之后的日志另起一段", "the facility restored a backup; its log counts on from there"))  # fmt: skip
    if judged.lost_in_restore:
        said.append(Text("此包之后该机构恢复过备份，包里的部分日志在那里已丢失", "the facility has since restored an older backup: part of what this bundle attests was lost there"))  # fmt: skip
    if judged.link == "not_shown":
        waits = numbers(judged.waits_for)
        said.append(Text(f"衔接尚未证实：缺第 {waits} 号", f"continuity not yet shown: waiting for no. {waits}"))
    return said


def numbers(found: tuple[int, ...]) -> str:
    """Return numbers with runs as spans: `2, 5–9`."""
    spans: list[list[int]] = []
    for n in found:
        if spans and spans[-1][1] == n - 1:
            spans[-1][1] = n
        else:
            spans.append([n, n])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in spans) or "—"
