"""
Thermometers hand readings over through a real broker, with repeats and rubbish between them. Half-way the listener is
killed and the broker is started again; at the end every reading is on file once, and the rubbish among the dead letters.

LAZARETTO_SENSORS says how many readings (default 2,000). Prints one line of JSON. Needs mosquitto and paho-mqtt.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.benchmark import house

READINGS = int(os.environ.get("LAZARETTO_SENSORS", "2000"))
DEVICES, BROKER = 4, shutil.which("mosquitto") or "/usr/sbin/mosquitto"
#: For each device a message that cannot be taken, and one that another device should have sent.
RUBBISH = (b"\xff\x00 no json", b'{"id": "x"}', b'{"device": "T-99", "facts": []}', b'{"facility": "ZZ", "facts": []}')


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """Debian's mosquitto on a port of its own, which remembers what was not acknowledged."""

    def __init__(self, folder: Path) -> None:
        self.port, self.config = free_port(), folder / "mosquitto.conf"
        self.config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\n"
            f"persistence_location {folder}/\nmax_queued_messages 0\n"
        )
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [BROKER, "-c", str(self.config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("the broker does not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


def listener(port: int) -> subprocess.Popen[bytes]:
    """Start the listener and wait until it listens."""
    command = [
        sys.executable,
        "-u",
        "-m",
        "lazaretto",
        "mqtt",
        "listen",
        "--facility",
        "YT",
        "--broker",
        f"127.0.0.1:{port}",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    assert b"listening" in process.stdout.readline()
    return process


def reading(k: int) -> bytes:
    """Return reading number `k`: alone, or every fifth time as a batch with the device's clock."""
    fact = {
        "id": f"mqtt-{k:06d}", "observation": "temperature", "subject": f"P{k % 100:05d}", "value": 36 + k % 10 / 10,
        "observed_at": f"2026-03-{10 + k // 1440 % 8}T{k // 60 % 24:02d}:{k % 60:02d}+08:00",
    }  # fmt: skip
    now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    return json.dumps({"device_now": now, "facts": [fact]} if k % 5 == 0 else fact).encode()


def device(n: int, port: int) -> Any:
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    client = Client(CallbackAPIVersion.VERSION2, f"T-{n}", clean_session=False)
    client.max_queued_messages_set(0)
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def publish(clients: list[Any], first: int, last: int) -> None:
    """Have the devices send readings, each tenth twice, and some rubbish."""
    for k in range(first, last):
        for _ in range(2 if k % 10 == 0 else 1):
            clients[k % DEVICES].publish(f"lazaretto/YT/T-{k % DEVICES}/facts", reading(k), qos=1)
    for n, rubbish in enumerate(RUBBISH):
        clients[n % DEVICES].publish(f"lazaretto/YT/T-{n % DEVICES}/facts", rubbish, qos=1)


def main() -> None:
    house.set_up()
    from lazaretto.apps.journal.queries import verify
    from lazaretto.apps.rounds.messages import DeadLetters
    from lazaretto.apps.rounds.models import Device, Fact
    from tests.benchmark.posts import token

    facility = house.facility("YT", 100)
    os.environ["LAZARETTO_MQTT_TOKEN"] = token(facility)
    on_file = Fact.objects.filter(facility=facility)
    folder = Path(house.HOME) / "broker"
    folder.mkdir()
    broker = Broker(folder)
    app, began = listener(broker.port), time.perf_counter()
    try:
        clients = [device(n, broker.port) for n in range(DEVICES)]
        publish(clients, 0, READINGS // 2)
        while on_file.count() < READINGS // 5:
            time.sleep(0.02)
        app.send_signal(signal.SIGKILL)
        app.wait()
        at_the_kill = on_file.count()
        broker.stop()
        publish(clients, READINGS // 2, READINGS)
        broker.start()
        app = listener(broker.port)
        until = time.monotonic() + 120
        while on_file.count() < READINGS and time.monotonic() < until and app.poll() is None:
            time.sleep(0.1)
        time.sleep(1)  # what is sent last is rubbish
        for client in clients:
            client.disconnect()
            client.loop_stop()
        alive = app.poll() is None
    finally:
        app.terminate()
        app.wait()
        broker.stop()
    letters = list(DeadLetters(Path(house.HOME) / "mqtt" / "dead-letters.ndjson"))
    facility.log.refresh_from_db()
    found = {
        "engine": house.engine(), "readings": READINGS, "at_the_kill": at_the_kill, "on_file": on_file.count(),
        "dead": len(letters), "dead_kinds": len({letter["said"] for letter in letters}), "rubbish": len(RUBBISH),
        "devices": Device.objects.filter(facility=facility).count(), "faults": len(verify(facility.log)), "alive": alive,
        "sources": sorted(on_file.order_by().values_list("source", flat=True).distinct()),
        "seconds": round(time.perf_counter() - began, 1),
    }  # fmt: skip
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
