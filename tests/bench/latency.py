"""(f): at twenty events a second, the time from `accepted` to points visible, with the service as `up` starts it."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests import servers
from tests.bench import programme

MEMBERS = 200
PER_SECOND = 20
WARM_UP = 10
SECONDS_MAX = 30
VISIBLE = (
    "SELECT k.external_id FROM members_eventkey k JOIN incentives_judgement j ON j.event_id = k.event_id"
    " WHERE k.external_id LIKE 'timed-%'"
)


def measure(database: Path, key: str, events: int, env: dict[str, str]) -> list[float]:
    """Seconds from each event's `accepted` until another connection can read what it earned, sorted.

    An event that is not judged within half a minute is left out, so the list may be shorter than `events`.
    """
    accepted: dict[str, float] = {}
    with _service(env) as port:
        for number in range(WARM_UP):
            _post(port, key, f"warm-{number}", wait=True)
        watcher = _Watcher(database, events)
        watcher.start()
        senders = []
        began = time.perf_counter()
        for number in range(events):
            time.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
            senders.append(threading.Thread(target=_send, args=(port, key, f"timed-{number}", accepted)))
            senders[-1].start()
        for each in senders:
            each.join()
        watcher.join()
    # Judged before the answer arrived is as good as at once.
    return sorted(max(0.0, at - accepted[name]) for name, at in watcher.seen.items() if name in accepted)


class _Watcher(threading.Thread):
    """Looks every few milliseconds, from outside the service, which events have been judged."""

    def __init__(self, database: Path, events: int) -> None:
        super().__init__()
        self.database, self.events = database, events
        self.seen: dict[str, float] = {}

    def run(self) -> None:
        deadline = time.monotonic() + self.events / PER_SECOND + SECONDS_MAX
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as plain:
            while len(self.seen) < self.events and time.monotonic() < deadline:
                now = time.perf_counter()
                for (name,) in plain.execute(VISIBLE).fetchall():
                    self.seen.setdefault(name, now)
                time.sleep(0.005)


@contextmanager
def _service(env: dict[str, str]) -> Iterator[int]:
    port = servers.free_port()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", "--exact-port", "--port", str(port)],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + SECONDS_MAX
        while time.monotonic() < deadline:
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def _send(port: int, key: str, name: str, accepted: dict[str, float]) -> None:
    _post(port, key, name)
    accepted[name] = time.perf_counter()


def _post(port: int, key: str, name: str, *, wait: bool = False) -> None:
    headers = {"Authorization": f"Api-Key {key}", "Content-Type": "application/json"}
    if wait:
        headers["Prefer"] = "wait=5"
    body = json.dumps({**programme.item(0, random.Random(name), MEMBERS), "id": name})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS_MAX)
    connection.request("POST", "/api/v1/events", body, headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    assert answer.status == 202, (answer.status, said[:300])


def environment(folder: Path, **more: str) -> dict[str, str]:
    """What the service is started with: embedded defaults in a folder, and what is given beside."""
    env = {**os.environ, "DATA_DIR": str(folder), "SECRET_KEY": "bench", "LOG_LEVEL": "ERROR", **more}
    env.pop("DATABASE_URL", None)
    return env
