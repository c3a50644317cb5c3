"""The way most people would write it, measured: one task an event, over a real Redis."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time

import psycopg

from tests import servers
from tests.bench import report, size
from tests.bench.places import Postgresql
from tests.bench.processes import ask


def measure(place: Postgresql) -> None:
    """(c): one Celery task an event with select_for_update and ORM creates, over a real Redis."""
    if servers.redis_binary() is None:
        report.results["missing"].append("pipeline_over_naive: Redis is not installed")
        return
    report.progress("the way most people would write it")
    template = place.new("few")
    count = 300 if size.QUICK else 1_000
    ask(template, place.folder, "prepare", size.MEMBERS, count, 0.0, False)
    speeds = []
    with servers.redis() as redis_url:
        for _ in range(1 if size.QUICK else size.ROUNDS):
            url = place.copy(template)
            env = {
                **os.environ,
                "DATABASE_URL": url,
                "DATA_DIR": str(place.folder),
                "SECRET_KEY": "bench",
                "CELERY_BROKER_URL": redis_url,
                "LOG_LEVEL": "ERROR",
            }
            subprocess.run([sys.executable, "-m", "tests.bench.naive"], env=env, check=True)
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "tests.bench.naive", "worker", "-c", "2", "--without-gossip", "--without-mingle", "--loglevel", "ERROR"],
                env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                speeds.append(_speed_of_work(url, count))
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(30)
            place.drop(url)
    report.results["naive_per_second"] = round(statistics.median(speeds))
    report.results["pipeline_over_naive"] = round(
        report.results["pipeline_per_second_postgresql"] / statistics.median(speeds)
    )


def _speed_of_work(url: str, count: int) -> float:
    """Events a second between the first tenth and the last, so that the workers' start is left out."""
    first, begun = count - count // 10, None
    deadline = time.monotonic() + 300
    with psycopg.connect(url, autocommit=True) as plain:
        while time.monotonic() < deadline:
            left = plain.execute("SELECT count(*) FROM members_work").fetchone()[0]  # type: ignore[index]
            if begun is None and left <= first:
                begun, at = time.perf_counter(), left
            if left == 0 and begun is not None:
                return at / (time.perf_counter() - begun)
            time.sleep(0.01)
    raise RuntimeError("the naive workers did not finish")
