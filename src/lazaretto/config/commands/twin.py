"""The twin from the command line: run and compare scenarios, fit and calibrate on a curve, take an institution, play."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lazaretto.config import runtime
from lazaretto.config.runtime import language, say
from lazaretto.protocol.text import Text

if TYPE_CHECKING:
    from lazaretto.twin.scenario import Scenario
    from lazaretto.twin.series import Series

app = typer.Typer(no_args_is_help=True, help="The twin: rehearse an outbreak before people live under a rule. / 推演。")

Files = Annotated[list[Path], typer.Argument(help="Scenarios, as JSON; `twin export` writes one.", show_default=False)]
Runs = Annotated[int, typer.Option(help="Runs of each scenario; fewer than 200 is refused unless --few.")]
Jobs = Annotated[int, typer.Option(help="Processes of this machine.")]
Few = Annotated[bool, typer.Option("--few", help="Allow fewer than 200 runs, for a first look.")]
Backend = Annotated[str, typer.Option(help="local, or dask: an existing cluster.")]
Scheduler = Annotated[str, typer.Option(help="Address of the Dask scheduler, such as tcp://10.0.0.5:8786.")]


@app.callback()
def _needs() -> None:
    """Say how to get what the twin needs where it is not there."""
    if any(find_spec(name) is None for name in ("numba", "joblib", "pyarrow")):
        runtime.fail(
            Text("推演需要附加组件：先运行 make twin。", "The twin needs extra packages: run `make twin` first.")
        )


@app.command("run")
def run(
    file: Annotated[Path, typer.Argument(help="A scenario, as JSON.")],
    runs: Runs = 200, jobs: Jobs = 2, few: Few = False, backend: Backend = "local", scheduler: Scheduler = "",
    out: Annotated[Path, typer.Option(help="Folder of the results; run again, it goes on where it stopped.")] = Path("twin-results"),
) -> None:  # fmt: skip
    """Run a scenario many times. Safe to run again: parts that are there are kept."""
    table = _ensemble(_scenario(file), runs, jobs, few, backend, scheduler, out)
    from lazaretto.twin.comparison import compare
    from lazaretto.twin.ensemble import digest_of

    compared = compare([_scenario(file)], [table])
    _print(compared)
    runtime.out.print(
        say(
            f"结果摘要 {digest_of(table)[:16]}，在 {out}。", f"Digest of the results {digest_of(table)[:16]}, in {out}."
        ),
        markup=False,
    )


@app.command("compare")
def compare_(
    files: Files,
    runs: Runs = 200, jobs: Jobs = 2, few: Few = False, backend: Backend = "local", scheduler: Scheduler = "",
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("twin-results"),
    report: Annotated[Path, typer.Option(help="The report, one HTML file.")] = Path("twin.html"),
    ranking: Annotated[bool, typer.Option(help="Work out what would change the ranking of the first two.")] = True,
) -> None:  # fmt: skip
    """Compare scenarios on the same chance, and write the report. Safe to run again."""
    from lazaretto.twin.comparison import compare, sensitivity
    from lazaretto.twin.ensemble import digest_of, versions
    from lazaretto.twin.report import html

    scenarios = [_scenario(f) for f in files]
    if len(scenarios) < 2 or len({(s.seed, s.days) for s in scenarios}) > 1:
        runtime.fail(Text("至少两个方案，种子和天数相同。", "Give at least two scenarios, of the same seed and days."))
    tables = [_ensemble(s, runs, jobs, few, backend, scheduler, out) for s in scenarios]
    compared = compare(scenarios, tables)
    moved = None
    if ranking:
        with _told(say("什么会改变排序", "what changes the ranking")) as tell:
            moved = sensitivity(scenarios[0], scenarios[1], progress=tell)
    report.write_text(html(compared, moved, [digest_of(t) for t in tables], versions()), encoding="utf-8")
    _print(compared)
    runtime.out.print(say(f"报告在 {report}。", f"The report is {report}."), markup=False)


@app.command("fit")
def fit_(
    file: Annotated[Path, typer.Argument(help="CSV: date,cases and optionally population, kind.")],
    kind: Annotated[str, typer.Option(help="incident, cumulative or prevalence (people ill in bed that day).")] = "",
    population: Annotated[int, typer.Option(help="How many people were there (0: as the file says, or unknown).")] = 0,
    onsets: Annotated[str, typer.Option(help="The file is a list of people: the column with the day of onset.")] = "",
    pathogen: Annotated[str, typer.Option(help="Take latent and infectious periods from the catalogue.")] = "",
    gaps: Annotated[str, typer.Option(help="What a day that is not in the file is: unknown or zero.")] = "unknown",
    seed: int = 1,
    json_: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Fit a curve: R0, how it goes on, CRPS and coverage of the 50 and 95 % bands."""
    from lazaretto import packs
    from lazaretto.twin.fit import NAMES, Priors, fit, priors_of
    from lazaretto.twin.series import day_name

    series = _series(file, kind, population, onsets, gaps)
    catalogue = packs.pathogens()
    if pathogen and pathogen not in catalogue:
        runtime.fail(
            Text(
                f"没有病原 {pathogen}，可用：{', '.join(catalogue)}",
                f"There is no pathogen {pathogen}; known: {', '.join(catalogue)}",
            )
        )
    with runtime.progress(say("拟合", "fit"), 100) as advance:
        found = fit(series, priors_of(catalogue[pathogen]) if pathogen else Priors(), seed=seed,
                    progress=lambda share: advance(int(100 * share)))  # fmt: skip
    bands = found.bands()
    rows = [
        {"day": day_name(series, s.end), "seen": s.value, "median": round(float(b[2]), 1), "low95": float(b[0]), "low50": float(b[1]), "high50": float(b[3]), "high95": float(b[4])}
        for s, b in zip(series.seen, bands.T, strict=True)
    ]  # fmt: skip
    said = {name: [round(v, 4) for v in found.quantiles(name, 0.5, 0.025, 0.975)] for name in NAMES}
    scores = {
        "crps": found.crps,
        "crps_share": found.crps_share,
        "coverage_50": found.coverage_50,
        "coverage_95": found.coverage_95,
    }
    if json_:
        about = {"kind": series.kind, "observations": len(series.seen), "population": series.population}
        runtime.print_json({"r0": said["r0"], "parameters": said, **scores, "series": about, "bands": rows})
        return
    for row in rows:
        runtime.out.print(
            f"{row['day']:>12} {row['seen']:>7} {row['median']:>9} [{row['low50']:g}–{row['high50']:g}] [{row['low95']:g}–{row['high95']:g}]",
            markup=False,
        )
    for name, (middle, low, high) in said.items():
        runtime.out.print(f"{name:>16} {middle:g} ({low:g}–{high:g})", markup=False)
    m, low, high = said["r0"]
    runtime.out.print(say(
        f"R0 {m:.2f}（95% {low:.2f}–{high:.2f}）；CRPS {found.crps:.2f}（均值的 {found.crps_share:.0%}）；50% 区间覆盖 {found.coverage_50:.0%}，95% 区间覆盖 {found.coverage_95:.0%}。",
        f"R0 {m:.2f} (95 % {low:.2f}–{high:.2f}); CRPS {found.crps:.2f} ({found.crps_share:.0%} of the mean); coverage {found.coverage_50:.0%} of the 50 % band, {found.coverage_95:.0%} of the 95 % band.",
    ), markup=False, soft_wrap=True)  # fmt: skip


@app.command("calibrate")
def calibrate_(
    scenario: Annotated[Path, typer.Argument(help="A scenario, as JSON.")],
    curve: Annotated[Path, typer.Argument(help="CSV as for `twin fit`; its first day is day 0 of the scenario.")],
    prior: Annotated[list[str], typer.Option(help="An input and its range, such as disease.r0=1.5:8.")] = [],  # noqa: B006
    kind: str = "",
    particles: int = 100,
    rounds: int = 4,
    jobs: Jobs = 2,
) -> None:
    """Calibrate inputs of a scenario on an observed curve (approximate Bayesian), with the posterior predictive."""
    from lazaretto.twin.calibration import calibrate

    try:
        ranges = dict(_range(p) for p in prior)
    except ValueError:
        runtime.fail(Text("先验写成 disease.r0=1.5:8", "Write a prior as disease.r0=1.5:8"))
    series = _series(curve, kind, 0, "", "unknown")
    with _told(say("校准", "calibration")) as tell:
        found = calibrate(
            _scenario(scenario), series, ranges or None, particles=particles, rounds=rounds, jobs=jobs, progress=tell
        )
    import numpy as np

    for name, values in found.values.items():
        low, middle, high = np.quantile(values, (0.025, 0.5, 0.975))
        runtime.out.print(f"{name:>28} {middle:.3g} ({low:.3g}–{high:.3g})", markup=False)
    for s, b in zip(series.seen, np.quantile(found.again, (0.025, 0.5, 0.975), axis=0).T, strict=True):
        runtime.out.print(f"{s.end:>6} {s.value:>7} {b[1]:>8.0f} [{b[0]:.0f}–{b[2]:.0f}]", markup=False)
    runtime.out.print(say(
        f"CRPS {found.crps:.2f}；50% 区间覆盖 {found.coverage_50:.0%}，95% 区间覆盖 {found.coverage_95:.0%}。",
        f"CRPS {found.crps:.2f}; coverage {found.coverage_50:.0%} of the 50 % band, {found.coverage_95:.0%} of the 95 % band.",
    ), markup=False)  # fmt: skip


@app.command("export")
def export(
    facility: Annotated[str, typer.Argument(help="Code of the facility.")],
    out: Annotated[Path, typer.Option(help="Where the scenario is written.")] = Path("scenario.json"),
    day: Annotated[str, typer.Option("--day", help="As of which day (default: today, by the facility's clock).")] = "",
    days: Annotated[int, typer.Option(help="How long to run.")] = 180,
) -> None:
    """Take a facility as it is on a day: people as numbers only, and its protocol in force. Nothing identifying leaves."""
    runtime.start()
    from lazaretto.apps.command.queries import NoProtocol
    from lazaretto.apps.rehearse.twin_export import scenario_of
    from lazaretto.config.commands.imports import facility_or_fail, no_protocol
    from lazaretto.protocol.clock import instant, local_day

    found, at = facility_or_fail(facility), runtime.now()
    on = runtime.parse_day(day) if day else local_day(found.zone, at)
    moment = min(at, instant(found.zone, on, 24 * 60) - 1)
    try:
        scenario = scenario_of(found, at=moment, days=days)
    except NoProtocol:
        runtime.fail(no_protocol(facility))
    out.write_text(json.dumps(scenario.model_dump(mode="json"), ensure_ascii=False, indent=1), encoding="utf-8")
    n = len(scenario.layout.room) + len(scenario.layout.staff_post) if scenario.layout else 0
    runtime.out.print(say(f"{n} 个匿名体写入 {out}。", f"{n} anonymous people written to {out}."), markup=False)


@app.command("play")
def play(
    facility: Annotated[str, typer.Argument(help="Code of a sandbox facility: it must begin with SANDBOX or DEMO.")],
    days: Annotated[int, typer.Option(help="How many days to play, up to now.")] = 7,
    seed: int = 1,
    truth: Annotated[Path, typer.Option(help="Where the truth is kept, aside from the platform.")] = Path("truth.json"),
) -> None:
    """Write an invented outbreak as facts, through the same border as life, into a sandbox facility."""
    runtime.start()
    from lazaretto.apps.rehearse import twin_play
    from lazaretto.config.commands.imports import facility_or_fail
    from lazaretto.protocol.refusal import Refusal

    found = facility_or_fail(facility)
    try:
        played = twin_play.play(found, days=days, seed=seed, now=runtime.now())
    except Refusal as refusal:
        runtime.fail(refusal.words)
    truth.write_text(json.dumps(played.truth, ensure_ascii=False, indent=1), encoding="utf-8")
    delay = (
        say("平台尚未发现", "not found by the platform yet")
        if played.delay_hours is None
        else f"{played.delay_hours:.1f} h"
    )
    runtime.out.print(say(
        f"写入 {played.facts} 条记录，感染 {played.infections} 人；首例发热到平台确认：{delay}。真相在 {truth}。",
        f"{played.facts} facts written, {played.infections} infected; from the first fever to its confirmation: {delay}. The truth is in {truth}.",
    ), markup=False, soft_wrap=True)  # fmt: skip


def _range(text: str) -> tuple[str, tuple[float, float]]:
    name, _, span = text.partition("=")
    low, high = (float(v) for v in span.split(":"))
    if low >= high:
        raise ValueError(text)
    return name, (low, high)


# -- what the commands share ------------------------------------------------------------------------------------------


def _scenario(file: Path) -> "Scenario":
    from pydantic import ValidationError

    from lazaretto.twin.scenario import Scenario

    try:
        return Scenario.model_validate_json(file.read_text(encoding="utf-8-sig"))
    except OSError:
        runtime.fail(Text(f"读不到 {file}。", f"{file} cannot be read."))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        runtime.fail(Text(f"{file}：{where}：{first['msg']}", f"{file}: {where}: {first['msg']}"))


def _series(file: Path, kind: str, population: int, onsets: str, gaps: str) -> "Series":
    from lazaretto.twin.series import BadSeries, from_line_list, read

    try:
        text = file.read_text(encoding="utf-8-sig")
        if onsets:
            return from_line_list(text, onsets, population or None)
        return read(text, kind=kind, population=population or None, gaps="zero" if gaps == "zero" else "unknown")
    except (OSError, UnicodeDecodeError):
        runtime.fail(Text(f"读不到 {file}（应为 UTF-8 文本）。", f"{file} cannot be read (UTF-8 text is expected)."))
    except BadSeries as bad:
        for m in bad.mistakes[:20]:
            runtime.err.print(
                say(f"第 {m.line} 行，{m.column}：{m.message.zh}", f"line {m.line}, {m.column}: {m.message.en}"),
                markup=False,
            )
        runtime.fail(
            Text(f"{len(bad.mistakes)} 处要改，未拟合。", f"{len(bad.mistakes)} to put right; nothing was fitted.")
        )


def _ensemble(scenario: "Scenario", runs: int, jobs: int, few: bool, backend: str, scheduler: str, out: Path) -> Any:
    from lazaretto.twin.ensemble import LEAST, ensemble

    if runs < LEAST and not few:
        runtime.fail(
            Text(
                f"少于 {LEAST} 次不出结论；先看看请加 --few。",
                f"Fewer than {LEAST} runs draw no conclusion; add --few for a first look.",
            )
        )
    if backend not in ("local", "dask") or (backend == "dask" and not scheduler):
        runtime.fail(
            Text(
                "--backend 为 local 或 dask；dask 须给 --scheduler。",
                "--backend is local or dask; dask needs --scheduler.",
            )
        )
    with _told(scenario.name) as tell:
        return ensemble(scenario, runs, folder=out, jobs=jobs, backend=backend, scheduler=scheduler, progress=tell)


@contextmanager
def _told(title: str) -> Iterator[Callable[[int, int], None]]:
    with runtime.progress(title) as advance:
        yield lambda n, total: advance(n, total=total)


def _print(compared: Any) -> None:
    from rich.table import Table

    from lazaretto.twin.comparison import MEASURES, shown

    table = Table(title=say(f"{compared.runs} 次，中位（95%）", f"{compared.runs} runs, median (95 %)"))
    table.add_column("")
    for scenario in compared.scenarios:
        table.add_column(scenario.name, justify="right")
    for m in MEASURES:
        cells = [
            f"{shown(x.quantiles[2])} ({shown(x.quantiles[0])}–{shown(x.quantiles[4])})" for x in compared.lines[m.name]
        ]
        table.add_row(m.title.in_(language()), *cells)
    table.add_row(say("无暴发概率", "P(no outbreak)"), *(f"{v:.0%}" for v in compared.no_outbreak))
    for limit, shares in compared.above.items():
        table.add_row(f"P(> {limit})", *(f"{v:.0%}" for v in shares))
    runtime.out.print(table)
