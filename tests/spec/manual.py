"""
The manual by example: every spec test with its sentence and its tables, in the order of the rules.

`python -m tests.spec.manual` writes docs/reference/contract-by-example.md. It runs each test, so that nothing is printed that
does not hold.
"""

import inspect
from functools import cache
from importlib import import_module
from pathlib import Path
from textwrap import dedent
from types import FunctionType, ModuleType

from tests.spec.runners import Block, Spec

CHAPTERS = (
    "cadence", "count", "random", "instants", "night", "change", "window", "facts", "states", "who_owes", "excuses", "shares",
    "facility_day", "status", "fever", "chain", "pathway", "pathway_exit", "isolation_pathways", "rotation", "restriction", "separation", "trigger",
    "assignment", "limit", "resolution", "order_of_force", "protocol_errors", "rounds_end_to_end", "movements",
    "early_warning", "honesty", "passage", "goods",
)  # fmt: skip
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "contract-by-example.md"

PREFACE = """\
# The contract by example

<!-- Written by `python -m tests.spec.manual` from tests/spec/; edit the tests, not this page. -->

Each section is a rule of [the contract](contract.md), each example a test that runs with the program. In a table, what is
given stands left of `||` and what comes out stands right of it. Unless an example says otherwise:

- the day is Tuesday, 17 March 2026, in Asia/Shanghai; `08:00` is of that day, `03-18 08:00` of another;
- one resident, A, is in place W1 all the time and owes one measure, `m`, of temperature;
- facts are of temperature, about A, done, and recorded at once; excuses are of the whole facility and recorded long before;
- it is long after, so that nothing is pending.

The chapters on the kinds of measure show each measure as a pack writes it below `measures:`, read by the loader that reads packs;
there `03-17 10:00` is of 2026, and `a -> b` is the text of the example with `a` replaced by `b`.

Wherever slots and facts meet, they are judged by the evaluator, again with the facts backwards and posted twice, and by a row-by-row
oracle that shares no reckoning with it; all agree.
"""


def module_of(chapter: str) -> ModuleType:
    return import_module(f"tests.spec.test_{chapter}")


@cache
def examples(chapter: str) -> tuple[tuple[FunctionType, list[Block]], ...]:
    """Return the tests of a chapter in the order of its file, each with what it asked."""
    module, found = module_of(chapter), []
    for name, test in vars(module).items():
        if name.startswith("test_") and inspect.isfunction(test) and test.__module__ == module.__name__:
            spec = Spec()
            test(spec)
            found.append((test, spec.blocks))
    return tuple(found)


def printed() -> str:
    """Return the whole manual. :raises AssertionError: if an example does not hold."""
    parts = [PREFACE]
    for chapter in CHAPTERS:
        title, _, rule = dedent(module_of(chapter).__doc__ or "").strip().partition("\n\n")
        parts.append(f"## {title.rstrip('.')}\n\n{rule.strip()}\n")
        for test, blocks in examples(chapter):
            parts.append(f"### {_title(test)}\n\n{inspect.getdoc(test)}\n")
            parts.extend(f"```text\n{_block(block)}\n```\n" for block in blocks)
    return "\n".join(parts)


def _title(test: FunctionType) -> str:
    return test.__name__.removeprefix("test_").replace("_", " ").capitalize()


def _block(block: Block) -> str:
    parts = ["\n".join(block.givens)] if block.givens else []
    for name, text in block.tables:
        parts.append(text if name == "table" else f"{name}:\n{text}")
    return "\n\n".join(parts)


def main() -> None:
    PAGE.write_text(printed(), encoding="utf-8")


if __name__ == "__main__":
    main()
