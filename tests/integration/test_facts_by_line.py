"""POST /api/v1/facts as NDJSON: line by line, bounded, and complete when sent again."""

import io
import json
from typing import Any

import pytest
from django.test import Client

from lazaretto.apps.accounts.models import Role
from lazaretto.apps.journal.queries import verify, verify_deep
from lazaretto.apps.registry.importing import next_chunk
from lazaretto.apps.rounds import lines
from lazaretto.apps.rounds.models import Device, Fact, HeldClaim
from tests.conftest import Small
from tests.integration.test_facts_api import URL, token

NDJSON = "application/x-ndjson"


def fact(n: int, **said: Any) -> dict[str, Any]:
    base = {"id": f"n{n:06d}", "observation": "temperature", "subject": "P1", "observed_at": "2026-03-17T08:00+08:00"}
    return base | {"value": "36.5"} | said


def body(*rows: Any) -> bytes:
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


class Sender:
    def __init__(self, small: Small, client: Client) -> None:
        self.client, self.secret = client, token(small, Role.WARD_OFFICER)

    def send(self, content: bytes, query: str = "facility=YT", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.secret}"}
        return self.client.post(f"{URL}?{query}", content, content_type=NDJSON, headers=headers, **more)

    def said(self, content: bytes, query: str = "facility=YT") -> tuple[list[Any], Any]:
        answer = self.send(content, query)
        assert (answer.status_code, answer["Content-Type"]) == (200, NDJSON)
        *rows, totals = map(json.loads, b"".join(answer.streaming_content).splitlines())
        assert totals["rows"] == totals["created"] + totals["skipped"] + totals["held"] + totals["failed"]
        return rows, totals


@pytest.fixture
def sender(small: Small, client: Client) -> Sender:
    return Sender(small, client)


def test_each_line_that_is_not_taken_is_named_and_the_rest_is_kept(small: Small, sender: Sender) -> None:
    content = body(
        fact(1), b"", b"{", fact(2, subject="nobody"), fact(3, observed_at="2099-01-01T00:00Z"), [1], {"id": "x"},
        fact(4, extra=1), fact(5, note="n" * lines.LONGEST), fact(6, value=36.9), fact(1), fact(1, value="37.0"),
        b'{"id": "n7", "observation": "temperature", "subject": "P2", "observed_at": "2026-03-17 08:00", "value": "36.5", "note": "a\\u0000b"}',
    )  # fmt: skip
    rows, totals = sender.said(content.rstrip(b"\n"))
    assert totals == {"rows": 12, "created": 3, "skipped": 1, "held": 1, "failed": 7}
    assert [(r["line"], r["outcome"], r["field"]) for r in rows] == [
        (3, "failed", ""), (4, "failed", "subject"), (5, "held", "observed_at"), (6, "failed", ""),
        (7, "failed", "observation"), (8, "failed", "extra"), (9, "failed", ""), (12, "failed", "id"),
    ]  # fmt: skip
    assert all(r["message_zh"] and r["message_en"] for r in rows)
    assert Fact.objects.get(id="n7").note == "ab"
    assert HeldClaim.objects.count() == 1


def test_sent_again_it_changes_nothing(small: Small, sender: Sender) -> None:
    content = body(*map(fact, range(1200)))
    assert sender.said(content)[1]["created"] == 1200
    assert sender.said(content) == ([], {"rows": 1200, "created": 0, "skipped": 1200, "held": 0, "failed": 0})
    assert small.facility.log.entries.filter(kind="facts_recorded").count() in (2, 3)  # an entry for each chunk
    small.facility.log.refresh_from_db()
    assert verify(small.facility.log) == []
    assert verify_deep(small.facility.log) == []


def test_device_and_clock_come_with_the_address(small: Small, sender: Sender) -> None:
    sender.said(body(fact(1)), "facility=YT&device=T-7&device_now=2026-03-18T00:00Z")
    assert Device.objects.get().code == "T-7"
    assert Fact.objects.get().claimed_at is not None
    assert sender.send(body(fact(2)), "facility=YT&device_now=soon").status_code == 422
    assert sender.send(body(fact(2)), "facility=NO").status_code == 404
    assert sender.send(body(fact(2)), "").status_code == 404


def test_too_large_is_said_in_both_languages(small: Small, sender: Sender, settings: Any) -> None:
    settings.FACTS_MAX_BYTES = 100_000
    answer = sender.send(body(*map(fact, range(2000))))
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    said = answer.json()
    assert said["type"] == "too_large"
    assert "NDJSON" in said["title"]
    assert "MB" in said["title_zh"]
    assert not Fact.objects.exists()
    one_piece = {"facility": "YT", "facts": [fact(1, note="x" * 6_000_000)]}
    headers = {"Authorization": f"Bearer {sender.secret}"}
    answer = sender.client.post(URL, one_piece, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (413, "too_large")


def test_a_body_of_unknown_length_is_counted_as_it_comes(small: Small, sender: Sender, settings: Any) -> None:
    settings.FACTS_MAX_BYTES = 150_000
    content = body(*map(fact, range(2000)))
    stream = {"wsgi.input": io.BytesIO(content), "CONTENT_LENGTH": ""}
    answer = sender.send(b" ", **stream)
    assert answer.status_code == 413
    taken = answer.json()["created"]
    assert 0 < taken == Fact.objects.count() < 2000
    settings.FACTS_MAX_BYTES = 10_000_000
    stream = {"wsgi.input": io.BytesIO(content), "CONTENT_LENGTH": ""}
    answer = sender.send(b" ", **stream)
    totals = json.loads(b"".join(answer.streaming_content).splitlines()[-1])
    assert (totals["created"], totals["skipped"]) == (2000 - taken, taken)


class Torn(io.BytesIO):
    """A connection that breaks off after so many bytes."""

    def __init__(self, content: bytes, after: int) -> None:
        super().__init__(content)
        self.after = after

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= self.after:
            raise OSError("connection reset")
        return super().read(size)


def test_a_connection_that_breaks_leaves_whole_chunks(small: Small, sender: Sender) -> None:
    content = body(*map(fact, range(3000)))
    answer = sender.send(content, **{"wsgi.input": Torn(content, 200_000)})
    assert (answer.status_code, answer.json()["type"]) == (400, "cut_short")
    left = Fact.objects.count()
    assert left
    assert left % 500 == 0
    assert verify_deep(small.facility.log) == []
    totals = sender.said(content)[1]
    assert (totals["created"], totals["skipped"]) == (3000 - left, left)
    assert Fact.objects.count() == 3000


@pytest.mark.parametrize("piece", [1, 7, 65_536])
def test_lines_are_found_however_the_body_is_cut(piece: int) -> None:
    content = b"one\n\n" + b"x" * 30 + b"\ntwo\r\n" + b"y" * 21 + b"\nlast"
    source = io.BytesIO(content)
    found = list(lines.texts(lambda size: source.read(piece), longest=20))
    assert found == [b"one", b"", None, b"two\r", None, b"last"]


def test_chunks_grow_and_shrink_with_the_time_they_take() -> None:
    grown = next_chunk(500, 500, 40, least=50, most=4000)
    assert (grown, next_chunk(500, 300, 40, least=50, most=4000)) == (1000, 500)
    assert next_chunk(4000, 4000, 10, least=50, most=4000) == 4000
    assert [next_chunk(n, n, 201, least=50, most=4000) for n in (500, 60)] == [250, 50]
