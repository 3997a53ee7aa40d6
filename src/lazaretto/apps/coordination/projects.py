"""
Resumption of work: assessed, planned, approved by the superior body, started; stopped again by a rule or by a person.

The steps and who does them are the protocol's chain (stream `project`); the rule that stops is its limit on
`days_since_last_case` (theme W of the requirements).
"""

from collections.abc import Mapping
from typing import NamedTuple

from django.db import transaction
from django.db.models import Max, QuerySet

from lazaretto.apps.command.queries import NoProtocol, in_force
from lazaretto.apps.coordination.models import Project, ProjectChange
from lazaretto.apps.coordination.models.projects import ASSESSING, COMPLETED, RUNNING, STOPPED
from lazaretto.apps.journal import actions as journal
from lazaretto.apps.journal.actions import Version
from lazaretto.apps.registry.models import Facility
from lazaretto.apps.rounds.models import FeverEpisode
from lazaretto.apps.work import runs
from lazaretto.apps.work.models import Run
from lazaretto.apps.work.recording import lock
from lazaretto.apps.work.running import RunState, states
from lazaretto.protocol.chain import Chain
from lazaretto.protocol.limit import Limit
from lazaretto.protocol.record import Subject
from lazaretto.protocol.refusal import Refusal
from lazaretto.protocol.text import Text

#: What the stop rule counts from: the events that are cases until somebody has shown that they are not.
CASES = ("fever",)
OF = "days_since_last_case"


class Standing(NamedTuple):
    """A project, where its resumption stands (None before the first), and how it came to its state."""

    project: Project
    run: RunState | None
    changes: list[ProjectChange]

    @property
    def state(self) -> str:
        """The kept state, or `approved` while everything but the start is done."""
        if self.project.state != ASSESSING or self.run is None:
            return self.project.state
        granted = [s for s in self.run.steps if s.does == "approve"]
        return "approved" if granted and all(self.run.done_of(s.id) for s in granted) else ASSESSING


def projects(facility: Facility) -> QuerySet[Project]:
    """Return the projects of a facility by number."""
    return Project.objects.filter(facility=facility).order_by("number")


def standings(facility: Facility, at: int) -> list[Standing]:
    """Return where every project stands; however many there are, the queries are as many."""
    rows = list(projects(facility).prefetch_related("changes"))
    found = {s.run.subject: s for s in states(facility, at, streams=("project",), open_only=False)}
    return [
        Standing(row, found.get(row.subject), sorted(row.changes.all(), key=lambda change: (change.at, change.pk)))
        for row in rows
    ]


def chains_of(facility: Facility, at: int) -> list[Chain]:
    """Return the chains by which work is resumed under the protocol in force."""
    try:
        everything = in_force(facility, at).resolved.everything
    except NoProtocol:
        return []
    return [m for m in everything if isinstance(m, Chain) and m.active and m.stream == "project"]


@transaction.atomic
def register(facility: Facility, *, name: str, outdoor: bool, ref: str, by: str, at: int) -> Project:
    """Enter a project; it is stopped until its resumption has passed. The same `ref` again changes nothing. :raises Refusal: no_name."""
    lock(facility)
    same = Project.objects.filter(facility=facility, ref=ref[:80]).first()
    if same is not None:
        return same
    if not name.strip():
        raise Refusal("no_name", Text("写明项目名称", "name the project"))
    number = (Project.objects.filter(facility=facility).aggregate(last=Max("number"))["last"] or 0) + 1
    made = Project.objects.create(
        facility=facility,
        ref=ref[:80],
        number=number,
        name=name.strip()[:120],
        outdoor=outdoor,
        recorded_at=at,
        by=by[:60],
    )
    _remember(made, [], "project_registered", by=by, at=at)
    return made


def assess(project: Project, *, measure: str, ref: str, by: str, at: int) -> Run:
    """
    Begin the resumption of a project that is stopped. The same `ref` again changes nothing.

    :raises Refusal: not_stopped, and those of `open_run`.
    """
    with transaction.atomic():
        row = _locked(project)
        if not Run.objects.filter(facility=row.facility, ref=ref[:80]).exists():
            if row.state != STOPPED:
                raise Refusal(
                    "not_stopped", Text("只有停止的项目才能申请恢复", "only work that is stopped can be resumed")
                )
            made = runs.open_run(
                row.facility, measure=measure, subject=row.subject, title=row.name, ref=ref, by=by, at=at
            )
            _change(row, ASSESSING, by=by, at=at)
            project.state = row.state
            return made
    return Run.objects.get(facility=project.facility, ref=ref[:80])


def stop(project: Project, *, reason: str, by: str, at: int) -> Project:
    """Stop work that runs or is being resumed; what was asked for is withdrawn. Again changes nothing. :raises Refusal: no_reason."""
    if not reason.strip():
        raise Refusal("no_reason", Text("请写明原因", "say why"))
    with transaction.atomic():
        row = _locked(project)
        if row.state in (RUNNING, ASSESSING):
            open_ = Run.objects.filter(facility=row.facility, subject=row.subject, ended_at=None)
            _change(row, STOPPED, reason=reason, by=by, at=at)
            for run in open_.select_related("facility__log"):
                runs.withdraw(run, reason=reason, by=by, at=at)
        project.state = row.state
    return project


def complete(project: Project, *, reference: str, by: str, at: int) -> Project:
    """Say that a project is done with, such as the ploughing of a spring. Again changes nothing. :raises Refusal: not_running."""
    with transaction.atomic():
        row = _locked(project)
        if row.state not in (RUNNING, COMPLETED):
            raise Refusal("not_running", Text("只有进行中的项目才能完成", "only work that runs can be completed"))
        if row.state == RUNNING:
            _change(row, COMPLETED, reference=reference, by=by, at=at)
        project.state = row.state
    return project


# -- what the engine of chains and the cascades tell ------------------------------------------------------------------


def before_step(run: Run, step: object, *, last: bool, at: int, now: int) -> None:
    """Work does not start again before the days that the protocol's stop rule asks for. :raises Refusal: too_early."""
    if not last or run.stream != "project" or not run.subject.startswith("project:"):
        return
    rule = stop_rule(run.facility, now)
    if rule is None or rule.least is None:
        return
    case = last_case(run.facility, at)
    days = None if case is None else (at - case) // 86_400_000
    if case is not None and days is not None and days < rule.least:
        possible = case + int(float(rule.least) * 86_400_000)
        said = Text(
            f"{rule.title.zh}：末例后 {days} 天，须满 {rule.least} 天",
            f"{rule.title.en}: {days} days since the last case, {rule.least} are asked for",
        )
        raise Refusal("too_early", said, possible)


def run_passed(run: Run, *, by: str, at: int) -> None:
    """The last step of a resumption is its start."""
    row = _of(run)
    if row is not None and row.state == ASSESSING:
        approval = run.steps.filter(result="granted").order_by("-at", "-pk").first()
        reference = approval.values if approval is not None else {}
        _change(row, RUNNING, reference=_paper(reference), by=by, at=at)


def run_stopped(run: Run, *, by: str, at: int) -> None:
    """A resumption that was refused or withdrawn leaves the work stopped."""
    row = _of(run)
    if row is not None and row.state == ASSESSING:
        _change(row, STOPPED, reason=run.reason, by=by, at=at)


def case_known(facility: Facility, event: str, subject: Subject, *, event_at: int, by: str, at: int) -> None:
    """A case stops all work that runs, where the protocol's stop rule works by itself."""
    if event not in CASES:
        return
    rule = stop_rule(facility, at)
    if rule is None or not rule.automatic:
        return
    for row in projects(facility).filter(state=RUNNING).select_related("facility__log"):
        _change(row, STOPPED, reason=f"{rule.title.zh} / {rule.title.en}", by=by, at=at)


def stop_rule(facility: Facility, at: int) -> Limit | None:
    """Return the limit on the days since the last case, if the protocol in force has one that blocks."""
    try:
        everything = in_force(facility, at).resolved.everything
    except NoProtocol:
        return None
    found = (m for m in everything if isinstance(m, Limit) and m.active and m.of == OF and m.beyond == "block")
    return next(found, None)


def last_case(facility: Facility, at: int) -> int | None:
    """Return when the last case became one, of those known at an instant: a fever that was confirmed."""
    rows = FeverEpisode.objects.filter(facility=facility, confirmed_at__lte=at)
    last: int | None = rows.aggregate(last=Max("confirmed_at"))["last"]
    return last


def _of(run: Run) -> Project | None:
    if run.stream != "project" or not run.subject.startswith("project:"):
        return None
    number = run.subject.removeprefix("project:")
    if not number.isdigit():
        return None
    return projects(run.facility).filter(number=int(number)).select_related("facility__log").first()


def _paper(values: Mapping[str, object]) -> str:
    return str(values.get("reference") or values.get("note") or "")[:120]


def _locked(project: Project) -> Project:
    lock(project.facility)
    return Project.objects.select_related("facility__log").get(pk=project.pk)


def _change(row: Project, state: str, *, reason: str = "", reference: str = "", by: str, at: int) -> None:
    row.state = state
    row.save(update_fields=["state"])
    change = ProjectChange.objects.create(
        project=row, state=state, at=at, recorded_at=at, reason=reason.strip()[:200], reference=reference.strip()[:120],
        by=by[:60],
    )  # fmt: skip
    _remember(row, [change], "project_changed", by=by, at=at)


def _remember(row: Project, changes: list[ProjectChange], kind: str, *, by: str, at: int) -> None:
    versions = [Version("project", str(row.pk), row.record())]
    versions += [Version("project_change", str(change.pk), change.record()) for change in changes]
    journal.record(row.facility.log, kind, versions, by=by, at=at, occurred_at=at)
