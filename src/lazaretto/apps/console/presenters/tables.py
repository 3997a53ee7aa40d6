"""Tables in and out, in words: what each holds, what its columns are, and what became of the rows."""

from collections.abc import Collection, Iterable
from typing import Any

from django.utils.translation import gettext

from lazaretto.apps.accounts.permissions import WORDS, Permission
from lazaretto.apps.console.presenters import words
from lazaretto.apps.console.presenters.places import title
from lazaretto.apps.laboratory.tables import heads
from lazaretto.apps.registry.tables import HEADERS, Account
from lazaretto.protocol.text import Text

TITLES = {
    "places": Text("场所", "Places"), "groups": Text("单位和班组", "Units and teams"), "assets": Text("设备", "Assets"),
    "people": Text("人员", "People"), "presence": Text("在场", "Presence"), "movements": Text("变动", "Movements"),
    "standings": Text("状态", "Standings"), "assignments": Text("岗位和归属", "Posts and groups"),
    "legal_dates": Text("法定日期", "Lawful dates"), "facts": Text("巡查记录", "Facts of rounds"),
    "excuses": Text("免做", "Excuses"), "results": Text("检验结果", "Laboratory results"),
}  # fmt: skip
HOLDS = {
    "places": Text("监区、房间、床位，上级在前", "wings, rooms, beds, each under the place it is in"),
    "groups": Text("监区、班组、网格的名称", "the names of units, shifts and teams"),
    "assets": Text("摄像头、车辆、体温计", "cameras, vehicles, thermometers"),
    "people": Text("谁：编号、人群、姓名、证件、单位", "who: code, population, name, document, unit"),
    "presence": Text("谁在哪里，从何时到何时", "who was where, from when to when"),
    "movements": Text("收、放、出、回、转、调舍", "who came, went, returned, was transferred or moved"),
    "standings": Text("隔离阶段、防护要求、关注事项、使用状态", "stages, precautions, flags, service"),
    "assignments": Text("谁任什么岗位、属于哪个单位", "who holds which post and belongs to which unit"),
    "legal_dates": Text("释放等法定日期；改晚须写依据", "release and other lawful dates; a later one needs its paper"),
    "facts": Text("体温、消毒、点名等记录", "readings, disinfections, roll calls"),
    "excuses": Text("哪些巡查为何不必做", "why rounds were not owed"),
    "results": Text("检验单、样本、结果；空白行是待检清单", "orders, samples, results; empty lines are the worklist"),
}  # fmt: skip
#: Rows that are shown on the page; the file has them all.
SHOWN = 50


def title_of(table: str) -> str:
    return title(TITLES[table])


def line(table: str, *, takes: Collection[Permission], brings: Collection[Permission]) -> dict[str, Any]:
    """Return a table as the list shows it; `takes` and `brings` are the permissions that the reader lacks."""
    return {
        "id": table,
        "name": title_of(table),
        "holds": title(HOLDS[table]),
        "may_take": not takes,
        "needs_to_take": lacking(takes),
        "may_bring": not brings,
        "needs_to_bring": lacking(brings),
    }


def lacking(permissions: Iterable[Permission]) -> str:
    return words.joined(title(WORDS[p]) for p in sorted(permissions))


def columns(table: str) -> list[tuple[str, str]]:
    """Return the columns of a table with the Chinese heads that are understood as well."""
    return [(name, "、".join(zh for zh, en in HEADERS.items() if en == name)) for name in heads(table)]


def account(found: Account) -> dict[str, Any]:
    """Return what became of the rows, in numbers that add up, and the first of those that were refused or noted."""
    return {
        "numbers": [
            (gettext("rows"), found.rows, ""),
            (gettext("created"), found.created, ""),
            (gettext("updated"), found.updated, ""),
            (gettext("unchanged"), found.skipped, ""),
            (gettext("refused"), found.failed, "refused" if found.failed else ""),
        ],
        "rows": found.rows,
        "failed": found.failed,
        "takes": found.created + found.updated,
        "failures": [_said(f) for f in found.failures[:SHOWN]],
        "more_failures": max(found.failed - SHOWN, 0),
        "warnings": [_said(f) for f in found.warnings[:SHOWN]],
        "n_warnings": len(found.warnings),
        "more_warnings": max(len(found.warnings) - SHOWN, 0),
    }


def _said(failure: Any) -> tuple[int, str, str]:
    text = title(failure.message)
    return failure.row.number, failure.column, text
