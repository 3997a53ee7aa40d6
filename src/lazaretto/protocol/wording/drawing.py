"""A chain drawn: its steps from the opening to the end, in a direction, as a diagram that pages of documentation show."""

import itertools

from lazaretto.protocol.chain import Chain, Step


def drawn(chain: Chain, direction: str = "") -> str:
    """Return a chain as a Mermaid flowchart: steps in order one below the other, in any order side by side before the last."""
    steps = chain.of(direction)
    lines = ["flowchart TD", "  opened([opened])"]
    lines += [f"  {_id(s)}{_shape(s)}" for s in steps]
    lines += ["  passed([passed])", *_links(chain, steps), f"  {_id(steps[-1])} --> passed"]
    ends = [s for s in steps if s.accept or s.does == "approve"]
    if ends:
        lines += ["  stopped([stopped])"]
        lines += [f'  {_id(s)} -. "not {" or ".join(s.accept) or "granted"}" .-> stopped' for s in ends]
    return "\n".join(lines)


def _links(chain: Chain, steps: list[Step]) -> list[str]:
    if chain.ordered:
        names = ["opened", *(_id(s) for s in steps)]
        return [f"  {one} --> {other}" for one, other in itertools.pairwise(names)]
    *before, last = steps
    found = []
    for step in before:
        after = _id(step.wait_after) if step.wait_after else "opened"
        found += [f"  {after} --> {_id(step)}", f"  {_id(step)} --> {_id(last)}"]
    return found or [f"  opened --> {_id(last)}"]


def _id(step: Step | str) -> str:
    return "s_" + (step if isinstance(step, str) else step.id).replace(".", "_").replace("-", "_")


def _shape(step: Step) -> str:
    words = [step.title.en.replace('"', "'")]
    words += [f"by {step.by}"] if step.by else []
    words += [f"after {step.wait}"] if step.wait else []
    words += [f"holds {step.expires}"] if step.expires else []
    words += ["two people"] if step.pair else []
    text = "<br>".join(words)
    shapes = {"approve": ("{{", "}}"), "wait": ("[/", "/]"), "check": ("[[", "]]")}
    left, right = shapes.get(step.does, ("[", "]"))
    return f'{left}"{text}"{right}'
