"""
The kinds of movement, and what each may follow: a person is inside, away (and still ours), or gone.

Movements are entered in the order in which they happened; what was entered wrongly is made void from the last one
back, with a reason. So presence is at any time what the valid movements say.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from lazaretto.protocol.text import Text

if TYPE_CHECKING:
    from lazaretto.apps.registry.models import Person, Place

Whereabouts = Literal["gone", "inside", "away"]


class Kind(NamedTuple):
    """
    A kind of movement: how it is called, from which whereabouts it starts and where it leads.

    `entry` and `exit` are what the presence that it begins or ends says of itself (the counts of the day's report).
    `across` says that it passes the wall.
    """

    id: str
    title: Text
    before: tuple[Whereabouts, ...]
    after: Whereabouts
    entry: str = ""
    exit: str = ""
    across: bool = True

    @property
    def needs_place(self) -> bool:
        return self.after == "inside"


def _away(id_: str, zh: str, en: str) -> Kind:
    return Kind(id_, Text(zh, en), ("inside",), "away", exit="away")


KINDS: dict[str, Kind] = {
    kind.id: kind
    for kind in (
        Kind("admission", Text("收押", "admission"), ("gone",), "inside", entry="admitted"),
        Kind("transfer_in", Text("转入", "transfer in"), ("gone",), "inside", entry="transferred_in"),
        Kind("cell_move", Text("调舍", "cell move"), ("inside",), "inside", across=False),
        _away("court_appearance", "出庭", "court appearance"),
        _away("hospital_escort", "离监就医", "hospital escort"),
        _away("questioning_session", "提讯", "taken out for questioning"),
        _away("leave", "请假离所", "leave"),
        _away("absconded", "脱管", "unlawfully at large"),
        Kind("return", Text("返回", "return"), ("away",), "inside", entry="returned"),
        Kind("release", Text("释放", "release"), ("inside", "away"), "gone", exit="released"),
        Kind("medical_release", Text("暂予监外执行", "medical release"), ("inside", "away"), "gone", exit="released"),
        Kind("transfer_out", Text("转出", "transfer out"), ("inside", "away"), "gone", exit="transferred_out"),
        Kind("death", Text("死亡", "death"), ("inside", "away"), "gone", exit="died"),
    )
}

WHEREABOUTS: dict[Whereabouts, Text] = {
    "gone": Text("不在册", "not on the books"),
    "inside": Text("在所", "inside"),
    "away": Text("外出", "away"),
}

#: Why a presence ended while the person stayed on the books.
AWAY_EXITS = frozenset({"away"})
#: What an import may say of how a presence began and ended; `merged` closes a duplicate file.
ENTRIES = ("", "admitted", "transferred_in", "returned", "merged")
EXITS = ("", "released", "transferred_out", "died", "away", "merged")


@dataclass(frozen=True, slots=True)
class Move:
    """A movement as somebody reports it. `back_by` is when somebody who is away is due back."""

    person: "Person"
    kind: str
    occurred_at: int
    place: "Place | None" = None
    counterpart: str = ""
    reason: str = ""
    back_by: int | None = None


def possible(now: Whereabouts) -> list[Kind]:
    """Return the kinds of movement that a person who is there now may make."""
    return [kind for kind in KINDS.values() if now in kind.before]
