"""Small protocols to change line by line."""

import re
from collections.abc import Callable, Mapping

from lazaretto.protocol.load import Loaded, ProtocolError, load

WARD = """\
lazaretto: 1
id: ward
version: "1"
title: {zh: 病区, en: Ward}
source: [{text: an example}]
day_ends: "24:00"
populations: [{id: patient, base: resident, title: {zh: 病人, en: patient}}]
levels: [{id: routine, title: {zh: 常态, en: Routine}, normal: true}]
observations: [{id: temperature, title: {zh: 体温, en: Temperature}}]
measures:
  - id: m
    kind: round
    title: {zh: 测温, en: Temperature}
    source: [{text: an example}]
    observation: temperature
    subject: person
    applies_to: [{populations: [patient]}]
    cadence: {per_day: 1}
    levels: {}
    standings: []
"""

BASE = """\
lazaretto: 1
id: base
version: "1"
title: {zh: 基线, en: Base}
source: [{text: an example}]
night: {from: "22:00", to: "06:00"}
levels:
  - {id: routine, title: {zh: 常态, en: Routine}, normal: true}
  - {id: outbreak, title: {zh: 暴发, en: Outbreak}}
observations: [{id: temperature, title: {zh: 体温, en: Temperature}}]
measures:
  - id: m
    kind: round
    title: {zh: 测温, en: Temperature}
    source: [{text: an example}]
    observation: temperature
    cadence: {per_day: 1}
    owner: doctor
    levels:
      outbreak: {cadence: {per_day: 4, between: ["06:00", "22:00"]}}
    standings:
      - where: {isolation_stage: "*"}
        set: {cadence: {per_day: 3}}
"""

OWN = """\
lazaretto: 1
id: own
version: "1"
extends: base
title: {zh: 本所, en: Our own}
source: [{text: an example}]
measures:
  - id: m
    cadence: {per_day: 2}
  - id: n
    kind: round
    title: {zh: 复测, en: Again}
    source: [{text: an example}]
    observation: temperature
    cadence: {times: ["10:00"], night: {policy: skip}}
"""


def numbered(text: str) -> str:
    """Return a text with its lines numbered, as the manual shows it."""
    return "\n".join(f"{n:2} {line}" for n, line in enumerate(text.splitlines(), start=1)) + "\n"


def replaced(text: str, changes: str) -> str:
    """Return a text with lines replaced: `3 version: "2" / 5 source: []` keeps each line's indentation."""
    lines = text.splitlines()
    for change in filter(None, changes.split(" / ")):
        number, _, instead = change.partition(" ")
        old = lines[int(number) - 1]
        lines[int(number) - 1] = " " * (len(old) - len(old.lstrip())) + instead
    return "\n".join(lines) + "\n"


def library(documents: Mapping[str, str]) -> Callable[[str], tuple[str, str]]:
    """Return what finds a protocol by its id. :raises KeyError: when called with another."""
    return lambda name: (f"{name}.yaml", documents[name])


def opened(text: str, documents: Mapping[str, str] | None = None, name: str = "") -> Loaded:
    """Return a protocol as if read from the file that its id names."""
    found = re.search(r"^id: (\w+)", text, re.MULTILINE)
    return load(text, name or f"{found[1] if found else 'ward'}.yaml", library(documents or {"base": BASE}))


def refusal(text: str, documents: Mapping[str, str] | None = None, name: str = "ward.yaml") -> dict[str, object]:
    """Return file, line, path and both sentences of each mistake found."""
    try:
        opened(text, documents, name)
    except ProtocolError as error:
        said = error.problems
        return {
            "where": " // ".join(f"{p.file}:{p.line}" for p in said),
            "path": " // ".join(p.path for p in said),
            "zh": " // ".join(p.message.zh for p in said),
            "en": " // ".join(p.message.en for p in said),
            "said": str(error),
        }
    return dict.fromkeys(("where", "path", "zh", "en", "said"), "loaded")
