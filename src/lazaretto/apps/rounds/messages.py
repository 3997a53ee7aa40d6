"""
Facts from thermometers and other devices by MQTT, one message at a time. The topic says who sends:
`lazaretto/<facility>/<device>/facts`; the payload is one fact or a batch, as for the API.

A message is answered for once: what is good in it is committed, what is not goes among the dead letters, where a person
sees it. Only then may it be acknowledged.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.accounts.queries import NotAllowed, user_of_token
from lazaretto.apps.registry.queries import writing_in
from lazaretto.apps.rounds import claims
from lazaretto.apps.rounds.claims import FactsIn
from lazaretto.apps.rounds.receiving import Delivery, skew_of
from lazaretto.protocol.clock import parse_moment, utc_text
from lazaretto.protocol.text import Text

LONGEST = 1 << 20


class Unusable(Exception):
    """A message that says nothing we can take; `words` say why."""

    def __init__(self, words: Text) -> None:
        super().__init__(words.en)
        self.words = words


def topic_of(facility: str, device: str = "+") -> str:
    return f"lazaretto/{facility}/{device}/facts"


class DeadLetters:
    """What could not be taken, a line of JSON each, readable by the owner of the installation only."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, *, topic: str, at: int, words: Text, said: Any) -> None:
        """Keep a letter; it is on the disk when this returns."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        letter = {"received_at": utc_text(at), "topic": topic, "zh": words.zh, "en": words.en, "said": said}
        with os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as file:
            file.write(json.dumps(letter, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if self.path.exists():
            with self.path.open(encoding="utf-8") as file:
                yield from map(json.loads, file)


class Receiver:
    """Takes the messages for one facility, with the rights of an API token: it must be narrowed to what is needed."""

    def __init__(self, code: str, secret: str, letters: DeadLetters, clock: Callable[[], int]) -> None:
        self.code, self.secret, self.letters, self.clock = code, secret, letters, clock

    def receive(self, topic: str, payload: bytes) -> None:
        """
        Take a message in, or put it among the dead letters. Taking it twice changes nothing.

        :raises NotAllowed, NoSuchFacility: if the token opens this facility no longer; nothing was taken.
        """
        at = self.clock()
        try:
            device = self._device(topic)
            batch = _batch(payload, self.code, device)
            delivery = self._delivery(batch, device, at)
        except Unusable as no:
            self.give_up(topic, payload, no.words)
            return
        answer = delivery.take(batch["facts"], at=at)
        for index, error in answer.said.items():
            if answer.outcomes[index] == "failed":
                self.letters.put(topic=topic, at=at, words=error.message, said=batch["facts"][index])

    def give_up(self, topic: str, payload: bytes, words: Text) -> None:
        """Put a message among the dead letters."""
        self.letters.put(topic=topic, at=self.clock(), words=words, said=_shown(payload))

    def _device(self, topic: str) -> str:
        parts = topic.split("/")
        if len(parts) != 4 or topic != topic_of(self.code, parts[2]) or not 0 < len(parts[2]) <= 60:
            raise Unusable(Text("主题不是本机构设备的", "the topic is not that of a device of this facility"))
        return parts[2]

    def _delivery(self, batch: FactsIn, device: str, at: int) -> Delivery:
        bearer = user_of_token(self.secret, at)
        if bearer is None:
            raise NotAllowed(Permission.FACT_RECORD)
        facility, spans = writing_in(bearer.user, self.code, Permission.FACT_RECORD, at)
        skew, said = 0, batch.get("device_now", "")
        if said:
            try:
                skew = skew_of(parse_moment(said, facility.zone), at)
            except (ValueError, OverflowError):
                raise Unusable(Text("看不懂 device_now", "device_now cannot be read")) from None
        return Delivery(facility, spans, by=bearer.user.ref, at=at, device=device, skew=skew)


def _batch(payload: bytes, code: str, device: str) -> FactsIn:
    """Return a payload as a batch. A device speaks for itself and its own facility only."""
    if len(payload) > LONGEST:
        raise Unusable(Text(f"消息超过 {LONGEST} 字节", f"the message has more than {LONGEST} bytes"))
    try:
        batch = claims.read_message(payload, code)
    except ValidationError as error:
        said = claims.told(error).message
        raise Unusable(said) from None
    if batch["facility"] != code or batch.get("device", device) != device:
        raise Unusable(Text("内容里的机构或设备与主题不符", "facility or device are not those of the topic"))
    return batch


def _shown(payload: bytes) -> str:
    return payload[:LONGEST].decode("utf-8", "backslashreplace")
