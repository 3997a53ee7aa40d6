"""Canonical JSON of a fact: our way of writing it against the reference implementation, same bytes."""

import rfc8785

from lazaretto.protocol.canonical import canonical
from tests.benchmark.measure import compare

FACT = {
    "id": "0190b6a2-1c1f-7abc-8def-0123456789ab", "recorded_at": 1773712345678, "observation": "temperature",
    "subject_kind": "person", "subject": "P0001", "observed_at": 1773712300000, "outcome": "done", "value": "36.5",
    "ucum": "Cel", "method": "infrared", "site": "forehead", "device": "T-1", "by": "S001", "source": "phone",
    "reason": "", "supersedes": "", "note": "",
}  # fmt: skip


def main() -> None:
    assert canonical(FACT) == rfc8785.dumps(FACT)
    compare(
        "canonical JSON of 2,000 facts against rfc8785",
        lambda: [canonical(FACT) for _ in range(2000)],
        lambda: [rfc8785.dumps(FACT) for _ in range(2000)],
    )


if __name__ == "__main__":
    main()
