"""
Movements. Where a person is now says what may be entered next.

A person is *inside*, *away* (outside, and still on the books) or *gone*. What is impossible is refused with what is
possible; nothing of it can hold back a release.
"""

from lazaretto.apps.registry.headcount import Stay, headcount, total
from lazaretto.apps.registry.movements import KINDS, WHEREABOUTS
from tests.spec.runners import Spec
from tests.spec.tables import Cells


def test_what_may_follow(spec: Spec) -> None:
    """The whole table: each kind of movement from each whereabouts, and where it leads; `no` is refused."""
    assert set(WHEREABOUTS) == {"inside", "away", "gone"}

    def led(cells: Cells) -> dict[str, object]:
        kind = KINDS[str(cells["movement"])]
        return {f"from {now}": kind.after if now in kind.before else "no" for now in ("inside", "away", "gone")}

    spec.rows(
        """
        movement            || from inside | from away | from gone
        admission           || no     | no     | inside
        transfer_in         || no     | no     | inside
        cell_move           || inside | no     | no
        court_appearance    || away   | no     | no
        hospital_escort     || away   | no     | no
        questioning_session || away   | no     | no
        leave               || away   | no     | no
        absconded           || away   | no     | no
        return              || no     | inside | no
        release             || gone   | gone   | no
        medical_release     || gone   | gone   | no
        transfer_out        || gone   | gone   | no
        death               || gone   | gone   | no
        """,
        led,
    )


def test_the_headcount_closes(spec: Spec) -> None:
    """
    Start + came − left = end, for each unit and for the whole. A move between units leaves one and comes to the other,
    and cancels in the whole. Stays are `unit from-to why-came/why-left`, hours of the day, `-` for open.
    """

    def counted(cells: Cells) -> dict[str, object]:
        stays = []
        for number, text in enumerate(str(cells["stays of each person"]).split(";")):
            for part in text.split(","):
                unit, hours, why = (*part.split(), "/")[:3]
                start, end = hours.split("-")
                entry, exit_ = why.split("/")
                stays.append(Stay(number, int(start), int(end or 999), unit, entry, exit_))
        first, last = str(cells["span"]).split("-")
        lines = headcount(stays, int(first), int(last))
        line = total(lines.values()) if cells["unit"] == "all" else lines[str(cells["unit"])]
        assert line.closes
        said = {
            name: ", ".join(f"{n} {r}" for r, n in sorted(c.items()) if n) or "0"
            for name, c in (("came", line.came), ("left", line.left))
        }
        return {"start": line.start, **said, "end": line.end}

    spec.rows(
        """
        stays of each person                          | span | unit || start | came       | left       | end
        W1 0-                                         | 8-20 | W1   || 1     | 0          | 0          | 1
        W1 9- admitted/                               | 8-20 | W1   || 0     | 1 admitted | 0          | 1
        W1 8- admitted/                               | 8-20 | W1   || 0     | 1 admitted | 0          | 1
        W1 0-8 /released                              | 8-20 | W1   || 1     | 0          | 1 released | 0
        W1 0-20 /released                             | 8-20 | W1   || 1     | 0          | 0          | 1
        W1 0-12, W2 12-                               | 8-20 | W1   || 1     | 0          | 1 moved    | 0
        W1 0-12, W2 12-                               | 8-20 | W2   || 0     | 1 moved    | 0          | 1
        W1 0-12, W2 12-                               | 8-20 | all  || 1     | 0          | 0          | 1
        W1 0-10 /away, W1 15- returned/               | 8-20 | W1   || 1     | 1 returned | 1 away     | 1
        W1 0-10 /away, W1 15- returned/               | 8-12 | W1   || 1     | 0          | 1 away     | 0
        W1 0-10 /died; W1 9-11 admitted/transferred_out | 8-20 | all || 1    | 1 admitted | 1 died, 1 transferred_out | 0
        """,
        counted,
    )
