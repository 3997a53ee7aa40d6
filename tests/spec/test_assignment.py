"""
Posts that must be filled.

An `assignment` names posts and roles: how many hold each, of how many people one holder answers for, whether there is a deputy,
which two one person may not hold. `everyone` leaves nobody out.
"""

from lazaretto.protocol.assignment import Assignment, gaps
from tests.spec.kinds import read, split
from tests.spec.runners import Spec
from tests.spec.tables import Cells

LEAD = """\
- id: lead
  kind: assignment
  title: {zh: 防控负责人, en: Epidemic lead}
  source: [{row: S2-18}, {row: S0-24}]
  posts:
    - {id: lead, title: {zh: 防控负责人, en: epidemic lead}, per: facility, at_least: 1, at_most: 1, deputy: true}
    - {id: observer, title: {zh: 监督员, en: observer}, per: unit, at_least: 2}
  apart: [[observer, lead]]
"""
GRID = """\
- id: grid
  kind: assignment
  title: {zh: 网格, en: The grid}
  source: [{row: S0-128}, {row: S0-129}]
  posts: [{id: officer, title: {zh: 网格员, en: grid officer}, per: area, at_least: 1, span_min: 10, span_max: 20}]
  everyone: true
"""


def assignment_of(text: str) -> Assignment:
    assignment = read(text)
    assert isinstance(assignment, Assignment)
    return assignment


def holders_of(text: str) -> dict[tuple[str, str], list[str]]:
    """Return who holds what of `lead at one: A, B; …`."""
    found = {}
    for part in split(text):
        post, _, people = part.partition(": ")
        name, _, unit = post.partition(" at ")
        found[name, unit] = people.split(", ")
    return found


def missing(assignment: Assignment, units: dict[str, list[str]], cells: Cells) -> dict[str, object]:
    charges = {}
    for part in split(cells.get("charges", "")):
        holder, _, n = part.partition(" ")
        first, _, last = n.rpartition("-")
        charges[holder] = [f"p{i}" for i in range(int(first), int(last) + 1)] if first else []
    people = [f"p{i}" for i in range(1, int(cells.get("people") or 0) + 1)]
    deputies = [(part.partition(" at ")[0], part.partition(" at ")[2]) for part in split(cells.get("deputies", ""))]
    found = gaps(assignment, units, holders_of(cells["holders"]), deputies=deputies, charges=charges, people=people)
    return {"gaps": ", ".join(" ".join(str(x) for x in (g.code, g.post, g.where, g.n or "") if x) for g in found)}


def test_exactly_one_and_at_least_two(spec: Spec) -> None:
    """One lead for each facility, with a deputy; two observers in each unit, who are two people. Numbers say how many are missing, or too many."""
    assignment = assignment_of(LEAD)
    spec.rows(
        """
        holders                                                                         | deputies     || gaps
        lead at prison: A; observer at one: B, C; observer at two: D, E                 | lead at prison ||
        observer at one: B, C; observer at two: D, E                                    | lead at prison || vacant lead prison 1
        lead at prison: A; observer at one: B, C; observer at two: D, E                 |              || no_deputy lead prison
        lead at prison: A, F; observer at one: B, C; observer at two: D, E              | lead at prison || too_many lead prison 2
        lead at prison: A; observer at one: B, C                                        | lead at prison || vacant observer two 2
        lead at prison: A; observer at one: B, C; observer at two: D                    | lead at prison || vacant observer two 1
        lead at prison: A; observer at one: B, C; observer at two: D, D                 | lead at prison || vacant observer two 1
        lead at prison: A; observer at one: B, C, F, G; observer at two: D, E           | lead at prison ||
        lead at prison: A; observer at one: B, C; observer at two: B, C                 | lead at prison ||
        """,
        lambda cells: missing(assignment, {"facility": ["prison"], "unit": ["one", "two"]}, cells),
        units="facility: prison; unit: one, two",
        **{"lead.yaml": LEAD},
    )


def test_two_posts_that_one_person_may_not_hold(spec: Spec) -> None:
    """Who watches does not lead, in whichever unit he watches."""
    assignment = assignment_of(LEAD)
    spec.rows(
        """
        holders                                                         || gaps
        lead at prison: A; observer at one: B, C; observer at two: D, E ||
        lead at prison: A; observer at one: A, C; observer at two: D, E || two_posts observer A
        lead at prison: A; observer at one: A, C; observer at two: A, E || two_posts observer A
        """,
        lambda cells: missing(
            assignment, {"facility": ["prison"], "unit": ["one", "two"]}, cells | {"deputies": "lead at prison"}
        ),
        units="facility: prison; unit: one, two",
        measure="lead.yaml, as above",
    )


def test_ten_to_twenty_for_each_officer(spec: Spec) -> None:
    """
    A grid officer answers for 10 to 20 people, both included, and nobody is left out. `A 1-10` is the charge of A: the people
    p1 to p10. Those of an officer who has left the post are in nobody's charge.
    """
    assignment = assignment_of(GRID)
    spec.rows(
        """
        holders                            | charges            | people || gaps
        officer at east: A                 | A 1-10             | 10     ||
        officer at east: A                 | A 1-20             | 20     ||
        officer at east: A                 | A 1-9              | 9      || span_small officer A 9
        officer at east: A                 | A 1-21             | 21     || span_large officer A 21
        officer at east: A                 |                    | 0      || span_small officer A
        officer at east: A                 | A 1-10             | 12     || left_out p11, left_out p12
        officer at east: A, B              | A 1-10; B 11-21    | 21     ||
        officer at east: A                 | A 1-10; B 11-21    | 12     || left_out p11, left_out p12
                                           |                    | 1      || vacant officer east 1, left_out p1
        """,
        lambda cells: missing(assignment, {"area": ["east"]}, cells),
        units="area: east",
        **{"grid.yaml": GRID},
    )
