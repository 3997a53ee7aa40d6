"""
May this protocol be run? A demanded number that is missing, a value looser than a floor, a floor beyond a ceiling, or no
welfare layer below it: each keeps a protocol from being adopted, and is said with its file and line.

Source: design §2 (resolution).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lazaretto.protocol.laying import at
from lazaretto.protocol.load import Loaded, Problem
from lazaretto.protocol.resolve import Hold, floors, holds_under
from lazaretto.protocol.text import Text


@dataclass(frozen=True, slots=True)
class Activation:
    """Why a protocol may not be adopted (`refusals`), and which of its values a ceiling holds back (`notices`)."""

    refusals: tuple[Problem, ...]
    notices: tuple[Problem, ...]

    @property
    def allowed(self) -> bool:
        return not self.refusals


class NotActivated(Exception):
    """A protocol that may not be adopted; `problems` says why and is never empty."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@lru_cache(maxsize=32)
def activation(loaded: Loaded) -> Activation:
    """Return what stands in the way of running a protocol, at any of its levels and under any one of its flags."""
    refusals = [*loaded.unfilled, *_no_welfare(loaded), *_floors_beyond_ceilings(loaded)]
    notices: dict[tuple[str, ...], Problem] = {}
    open_ = {problem.path for problem in loaded.unfilled}
    for hold in _holds(loaded):
        problem = _problem(loaded, hold)
        if problem.path in open_:
            continue  # what is not filled in yet is no value that anything holds back
        if hold.kind == "ceiling":
            notices.setdefault((hold.measure, *hold.path), problem)
        elif problem not in refusals:
            refusals.append(problem)
    return Activation(tuple(refusals), tuple(notices.values()))


def check_may_run(loaded: Loaded) -> None:
    """:raises NotActivated: if the protocol may not be adopted."""
    found = activation(loaded)
    if not found.allowed:
        raise NotActivated(found.refusals)


def _holds(loaded: Loaded) -> Iterator[Hold]:
    for level in loaded.document.levels:
        yield from holds_under(loaded, level.id)
        for flag in loaded.document.flags:
            yield from holds_under(loaded, level.id, (flag.id,))


def _no_welfare(loaded: Loaded) -> Iterator[Problem]:
    if "law" not in {layer.rank for layer in loaded.layers}:
        message = Text(
            "没有法律与权益层：请写 extends: baseline 或 extends: welfare",
            "there is no layer of law and welfare: write extends: baseline or extends: welfare",
        )
        yield Problem(loaded.layers[-1].name, 1, "extends", message)


def _floors_beyond_ceilings(loaded: Loaded) -> Iterator[Problem]:
    for measure in loaded.document.measures:
        for floor in floors(loaded, measure.id):
            for ceiling in loaded.document.ceilings:
                for broken in ceiling.broken(floor.measure):
                    spoken = any(broken.path[: len(path)] == path for path in floor.paths)
                    given = at(floor.layer.merged, ("measures", measure.id, *broken.path))
                    if spoken and given is not None:
                        yield _beyond(loaded, measure.id, broken.path, ceiling.title.text, broken.instead)


def _beyond(loaded: Loaded, measure: str, path: tuple[str, ...], ceiling: Text, instead: object) -> Problem:
    where = ("measures", measure, *path)
    file, line = loaded.origins.line(where)
    message = Text(
        f"这个下限越过了上限“{ceiling.zh}”（{instead}），不能启用",
        f"this floor is beyond the ceiling “{ceiling.en}” ({instead}); it cannot be activated",
    )
    return Problem(file, line, ".".join(where), message)


def _problem(loaded: Loaded, hold: Hold) -> Problem:
    where = ("measures", hold.measure, *hold.path)
    if hold.measure.startswith("level "):
        where = ("levels", hold.measure.removeprefix("level "), *hold.path)
    file, line = loaded.origins.line(where)
    if hold.kind == "ceiling":
        said = _short(hold.instead_of)
        message = Text(
            f"{said[0]}越过上限“{hold.by.zh}”，按 {hold.value} 执行",
            f"{said[1]} is beyond the ceiling “{hold.by.en}”; {hold.value} holds",
        )
    else:
        message = Text(
            f"比{hold.by.zh}宽松；须由该层或更高层批准临时覆盖",
            f"looser than the {hold.by.en}; that takes an override at that layer or above",
        )
    return Problem(file, line, ".".join(where), message)


def _short(value: object) -> tuple[str, str]:
    return ("未写明的值", "what is left open") if value is None else (f"{value} ", str(value))
