"""The processes of a run: workers that prepare, pump and record, and servers under load."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import servers


def worker(url: str, folder: Path, *words: object) -> subprocess.Popen[str]:
    env = {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(folder), "SECRET_KEY": "bench", "LOG_LEVEL": "ERROR"}
    env.pop("REDIS_URL", None)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.worker", *[w if isinstance(w, str) else json.dumps(w) for w in words]],
        env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def ask(url: str, folder: Path, *words: object) -> dict[str, Any]:
    """Run a worker to its end and return the last thing it said."""
    process = worker(url, folder, *words)
    out, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{words} ended with {process.returncode}")
    lines = out.splitlines()
    return json.loads(lines[-1]) if lines else {}


def pumped(url: str, folder: Path, processes: int) -> float:
    """Seconds that so many processes take to judge everything that waits; they start warm and together."""
    workers = [worker(url, folder, "pump") for _ in range(processes)]
    for each in workers:
        assert each.stdout is not None
        assert json.loads(each.stdout.readline()) == {"ready": True}
    started = time.perf_counter()
    for each in workers:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    said = [json.loads(each.stdout.readline()) for each in workers]  # type: ignore[union-attr]
    seconds = time.perf_counter() - started
    for each in workers:
        each.communicate()
    assert not sum(each["failures"] for each in said), said
    # The last worker to finish ends the run; an idle look for more work is part of it.
    return seconds


@contextmanager
def served(url: str, folder: Path, application: str, settings: str) -> Iterator[int]:
    port = servers.free_port()
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        "SECRET_KEY": "bench",
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": settings,
        "API_REQUESTS_PER_MINUTE": "100000000",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", application, "-b", f"127.0.0.1:{port}", "-k", "gthread", "--threads", "4", "--log-level", "error"],
        env=env,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(30)
