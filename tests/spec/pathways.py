"""The pathways of the examples, and an episode as a row of a table tells it."""

from lazaretto.protocol import pathway as rules
from lazaretto.protocol.pathway import Entered, Episode, Pathway
from tests.spec.clocks import Clocks
from tests.spec.kinds import DATED, moments, read, split
from tests.spec.tables import Cells
from tests.spec.worlds import ZONE

INTAKE = """\
- id: intake
  kind: pathway
  title: {zh: 过渡隔离, en: Transitional isolation}
  source: [{row: S2-49}]
  purpose: intake
  day_one_is: next_day
  stages:
    - {id: one, title: {zh: 第一段, en: first}, length: P21D, placement: single_room, review: P7D, outside_review: P14D, on_silence: cohort_or_clear}
    - {id: two, title: {zh: 第二段, en: second}, length: P21D, placement: single_room, review: P7D, outside_review: P14D, on_silence: cohort_or_clear}
    - {id: three, title: {zh: 第三段, en: third}, length: P14D, placement: single_room, review: P7D, outside_review: P14D, on_silence: cohort}
  restart_on: [new_exposure]
  suspend_on: [symptoms]
"""
CONTACTS = """\
- id: contacts
  kind: pathway
  title: {zh: 接触者观察, en: Quarantine of contacts}
  source: [{text: an example}]
  purpose: quarantine
  counts_from: last_exposure
  stages:
    - id: room
      title: {zh: 单间, en: single room}
      length: P14D
      tests: [{id: days, panel: pcr, on_days: [1, 4, 7]}]
      exit: [{id: well, title: {zh: 无症状, en: no symptoms}}]
  restart_on: [new_exposure]
- {id: pcr, kind: panel, title: {zh: 核酸, en: PCR}, source: [{text: an example}], on: [order], tests: [{id: pcr, title: {zh: 核酸, en: PCR}}]}
"""
RELEASE = """\
- id: release
  kind: pathway
  title: {zh: 解戒前观察, en: Observation before release}
  source: [{row: S1-41}]
  purpose: pre_release
  counts_from: legal_date
  lead: P14D
  stages: [{id: room, title: {zh: 单间, en: single room}, length: P14D}]
"""


def pathway_of(text: str, instead: str = "") -> Pathway:
    """Return a pathway, with parts of its text replaced: `a -> b; c -> d`."""
    for change in split(instead):
        old, _, new = change.partition(" -> ")
        assert old in text, old
        text = text.replace(old, new)
    pathway = read(text)
    assert isinstance(pathway, Pathway)
    return pathway


def episode_of(cells: Cells, clocks: Clocks) -> Episode:
    return Episode(
        entered=[Entered(stage, at) for stage, at, _ in moments(cells.get("entered", ""), clocks)],
        exposures=[clocks.at(part) for part in split(cells.get("exposures", ""))],
        suspended=[clocks.span(part) for part in split(cells.get("suspended", ""))],
        tests=[rules.Tested("pcr", clocks.at(part[:11]), part[12:]) for part in split(cells.get("samples", ""))],
        confirmed=frozenset((stage, item) for stage, _, item in (p.partition(".") for p in split(cells.get("confirmed", "")))),
        decisions=[clocks.at(part) for part in split(cells.get("decided", ""))],
        onset=clocks.at(cells["onset"]) if cells.get("onset") else None,
    )  # fmt: skip


def ends(text: str, cells: Cells) -> dict[str, object]:
    """Return when the clocks let somebody leave the stage that he is in."""
    clocks = Clocks(cells.get("zone") or ZONE, DATED.day)
    pathway, leaving = pathway_of(text, cells.get("instead", "")), cells.get("to") != "next stage"
    at = rules.may_exit_at(pathway, episode_of(cells, clocks), clocks.zone, leaving=leaving)
    return {"may leave from": "" if at is None else clocks.show(at)}
