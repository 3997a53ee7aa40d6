"""Facts from devices over MQTT."""

import os
import time
from typing import Annotated, Any

import typer

from lazaretto.config import runtime, trouble
from lazaretto.config.commands.report import FacilityCode
from lazaretto.config.runtime import say
from lazaretto.protocol.text import Text

app = typer.Typer(no_args_is_help=True, help="Facts from thermometers over MQTT. / 体温计等设备经 MQTT 送来的记录。")
#: Seconds between attempts: doubled each time up to the last.
FIRST, LAST = 1, 60
KEEPALIVE = 60


@app.command("listen")
def listen(
    facility: FacilityCode,
    broker: Annotated[str, typer.Option(help="Host and port of the broker, as localhost:1883.")] = "localhost:1883",
    user: Annotated[str, typer.Option(help="Name at the broker; its password is in LAZARETTO_MQTT_PASSWORD.")] = "",
    tls: Annotated[bool, typer.Option(help="Speak TLS with the broker.")] = False,
) -> None:
    """
    Take facts from `lazaretto/FACILITY/DEVICE/facts` until stopped. LAZARETTO_MQTT_TOKEN is an API token with
    fact.record. A message is acknowledged after it is committed; safe to stop and start at any time.
    """
    secret = os.environ.get("LAZARETTO_MQTT_TOKEN", "")
    if not secret:
        runtime.fail(Text("先设 LAZARETTO_MQTT_TOKEN", "set LAZARETTO_MQTT_TOKEN first"), 2)
    host, _, port = broker.partition(":")
    if not host or not (port or "1883").isdigit():
        runtime.fail(Text("--broker 写作 host:1883", "write --broker as host:1883"), 2)
    runtime.start()
    from lazaretto.apps.accounts.queries import NotAllowed
    from lazaretto.apps.registry.queries import NoSuchFacility
    from lazaretto.apps.rounds.messages import Receiver, topic_of

    link = _Link(Receiver(facility, secret, letters(), runtime.now), topic_of(facility), f"lazaretto-{facility}")
    link.sign_in(user, os.environ.get("LAZARETTO_MQTT_PASSWORD", ""), tls=tls)
    try:
        link.keep(host, int(port or 1883))
    except (NotAllowed, NoSuchFacility):
        runtime.fail(
            Text("令牌无权录入，消息留在服务器上", "the token may not record here; the messages stay at the broker")
        )


@app.command("dead-letters")
def dead_letters() -> None:
    """Print what devices sent and could not be taken, one line of JSON each."""
    runtime.start(migrated=False)
    for letter in letters():
        runtime.print_json(letter)


def letters() -> Any:
    """Return the dead letters of this installation."""
    from django.conf import settings

    from lazaretto.apps.rounds.messages import DeadLetters

    return DeadLetters(settings.LAZARETTO_HOME / "mqtt" / "dead-letters.ndjson")


class _Link:
    """
    A connection to the broker that is made again whenever it breaks. The broker keeps for us what we have not
    acknowledged; after trouble of ours the connection is dropped, so that it sends that again.
    """

    def __init__(self, receiver: Any, topic: str, name: str) -> None:
        try:
            from paho.mqtt.client import Client
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError:
            runtime.fail(Text("先安装 lazaretto[mqtt]", "install lazaretto[mqtt] first"))
        self.receiver, self.topic = receiver, topic
        self.error: Exception | None = None
        self.wait = FIRST
        self.client = Client(CallbackAPIVersion.VERSION2, name, clean_session=False, manual_ack=True)
        self.client.on_connect, self.client.on_message = self._on_connect, self._on_message

    def sign_in(self, user: str, password: str, *, tls: bool) -> None:
        if user:
            self.client.username_pw_set(user, password)
        if tls:
            self.client.tls_set()

    def keep(self, host: str, port: int) -> None:
        """Listen until stopped. :raises Exception: what is no trouble that passes."""
        while True:
            try:
                self.client.connect(host, port, KEEPALIVE)
                self._listen()
                why = Text("与 MQTT 服务器的连接断了", "the connection to the broker broke off")
            except OSError as error:
                why = Text(f"连不上 MQTT 服务器：{error}", f"the broker cannot be reached: {error}")
            if self.error is not None:
                error_, self.error = self.error, None
                said = trouble.sentence(error_)
                if said is None:
                    raise error_
                why = said
            runtime.err.print(why.in_(runtime.language()), markup=False, soft_wrap=True)
            time.sleep(self.wait)
            self.wait = min(LAST, self.wait * 2)

    def _listen(self) -> None:
        while self.error is None and self.client.loop(1.0) == 0:
            pass
        self.client.disconnect()

    def _on_connect(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            runtime.err.print(str(reason), markup=False)
            return
        client.subscribe(self.topic, qos=1)
        runtime.out.print(say(f"正在收听 {self.topic}", f"listening to {self.topic}"), markup=False)

    def _on_message(self, client: Any, data: Any, message: Any) -> None:
        if self.error is not None:
            return  # what comes after a message that was not taken is sent again with it
        try:
            self.receiver.receive(message.topic, message.payload)
        except Exception as error:
            if self._passes(error):
                self.error = error
                return
            said = Text(f"处理时出错：{error!r}", f"it could not be dealt with: {error!r}")
            self.receiver.give_up(message.topic, message.payload, said)
        client.ack(message.mid, message.qos)
        self.wait = FIRST

    def _passes(self, error: Exception) -> bool:
        """Say whether a message may be taken later: the database is away, or the token opens nothing now."""
        from django.db import connections

        from lazaretto.apps.accounts.queries import NotAllowed
        from lazaretto.apps.registry.queries import NoSuchFacility

        connections.close_all()
        return isinstance(error, NotAllowed | NoSuchFacility) or trouble.sentence(error) is not None
