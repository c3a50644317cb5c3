"""`make bench`: everything measured as ratios within one run, on one server; writes build/bench.json.

Pairs are interleaved, medians of at least five, floor against floor first to show the noise; balances, journals and
counters are compared after each run. A part that cannot run is named as missing, never invented.
"""

from __future__ import annotations

import http.client
import json
import os
import pickle
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from tests import servers
from tests.bench import latency, privileges, programme, standing

QUICK = bool(os.environ.get("QUICK"))
MEMBERS = 10_000
EVENTS = 4_000 if QUICK else 20_000
ROUNDS = 3 if QUICK else 5
SMALL_LEDGER, LARGE_LEDGER = (10_000, 100_000) if QUICK else (10_000, 1_000_000)
BATCH = 1_000
TABLES = {
    "journals": "SELECT count(*), coalesce(sum(length(rule_code)), 0) FROM incentives_journal WHERE rule_code <> 'old'",
    "entries": "SELECT count(*), coalesce(sum(amount), 0) FROM incentives_entry",
    "balances": "SELECT count(*), coalesce(sum(balance), 0), coalesce(sum(sequence), 0) FROM incentives_account",
    "counters": "SELECT count(*), coalesce(sum(value), 0) FROM members_countervalue",
    "limits": "SELECT count(*), coalesce(sum(times), 0) FROM incentives_limituse",
    "judgements": "SELECT count(*) FROM incentives_judgement",
    "events": "SELECT count(*) FROM members_event",
    "work": "SELECT count(*) FROM members_work",
}
began = time.perf_counter()


def progress(part: str) -> None:
    """Say on standard error what is being measured; the table comes at the end."""
    print(f"{time.perf_counter() - began:6.0f} s  {part}", file=sys.stderr, flush=True)
    keep()


def keep() -> None:
    """Write what is known so far, so that a run that is broken off has not been for nothing."""
    Path("build").mkdir(exist_ok=True)
    known = {name: value for name, value in results.items() if name != "template"}
    Path("build/bench.json").write_text(json.dumps(known, indent=1))


results: dict[str, Any] = {"quick": QUICK, "members": MEMBERS, "events": EVENTS, "missing": []}


def median(values: list[float]) -> float:
    return statistics.median(values)


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


class Postgresql:
    """Databases on one server, copied from templates."""

    name = "postgresql"

    def __init__(self, url: str, folder: Path) -> None:
        self.root, self.folder, self.count = url.rpartition("/")[0], folder, 0

    def administer(self, statement: str) -> None:
        with psycopg.connect(f"{self.root}/postgres", autocommit=True) as plain:
            plain.execute(statement)  # type: ignore[call-overload]

    def new(self, name: str) -> str:
        self.administer(f"CREATE DATABASE {name}")
        return f"{self.root}/{name}"

    def copy(self, url: str) -> str:
        self.count += 1
        name = f"copy{self.count}"
        self.administer(f"CREATE DATABASE {name} TEMPLATE {url.rpartition('/')[2]}")
        with psycopg.connect(f"{self.root}/{name}", autocommit=True) as plain:
            plain.execute("CHECKPOINT")
        return f"{self.root}/{name}"

    def drop(self, url: str) -> None:
        self.administer(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def sums(self, url: str) -> dict[str, Any]:
        with psycopg.connect(url) as plain:
            return {name: [int(x) for x in plain.execute(query).fetchone()] for name, query in TABLES.items()}  # type: ignore[union-attr,call-overload]

    def replay(self, url: str, batches: list[Any]) -> float:
        """Write the recorded rows with one client, a transaction a batch: the floor."""
        with psycopg.connect(url) as plain:
            plain.execute("SELECT 1")
            plain.commit()
            started = time.perf_counter()
            for batch in batches:
                cursor = plain.cursor()
                for statement, values, many in batch:
                    (cursor.executemany if many else cursor.execute)(statement, values)
                plain.commit()
            return time.perf_counter() - started


class Sqlite:
    """Databases in files."""

    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0

    def new(self, name: str) -> str:
        return f"sqlite:///{self.folder / name}.sqlite3"

    def path(self, url: str) -> Path:
        return Path(url.removeprefix("sqlite:///"))

    def copy(self, url: str) -> str:
        self.count += 1
        target = self.folder / f"copy{self.count}.sqlite3"
        source, made = sqlite3.connect(self.path(url)), sqlite3.connect(target)
        source.backup(made)
        source.close()
        made.close()
        return f"sqlite:///{target}"

    def drop(self, url: str) -> None:
        for path in self.folder.glob(f"{self.path(url).name}*"):
            path.unlink()

    def sums(self, url: str) -> dict[str, Any]:
        plain = sqlite3.connect(self.path(url))
        try:
            return {name: list(plain.execute(query).fetchone()) for name, query in TABLES.items()}
        finally:
            plain.close()

    def replay(self, url: str, batches: list[Any]) -> float:
        plain = sqlite3.connect(self.path(url), isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "recursive_triggers=ON", "cache_size=-65536"):
            plain.execute(f"PRAGMA {pragma}")
        ready = [
            [(statement.replace("%s", "?"), plain_values(values, many=many), many) for statement, values, many in batch]
            for batch in batches
        ]
        started = time.perf_counter()
        for batch in ready:
            plain.execute("BEGIN IMMEDIATE")
            for statement, values, many in batch:
                (plain.executemany if many else plain.execute)(statement, values)
            plain.execute("COMMIT")
        seconds = time.perf_counter() - started
        plain.close()
        return seconds


def plain_values(values: Any, *, many: bool) -> Any:
    if many:
        return [plain_values(row, many=False) for row in values]
    return [
        v.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
        if isinstance(v, datetime) and v.tzinfo
        else str(v)
        if isinstance(v, datetime)
        else v
        for v in values or ()
    ]


def floor_and_pipeline(place: Any, processes: int) -> None:
    """(a) and (b): the same rows by hand-written set-based SQL, and by the whole pipeline; interleaved."""
    progress(f"floor and pipeline, {place.name}")
    template = place.new("even")
    ask(template, place.folder, "prepare", MEMBERS, EVENTS, 0.0, False)
    kept = place.folder / f"{place.name}.pickle"
    recording = place.copy(template)
    ask(recording, place.folder, "record", str(kept), BATCH)
    batches = pickle.loads(kept.read_bytes())
    wanted = place.sums(recording)
    place.drop(recording)
    floors: list[float] = []
    pipes: list[float] = []
    noise: list[float] = []
    for number in range(ROUNDS):
        pair = []
        for _ in range(2 if number < 2 else 1):
            url = place.copy(template)
            pair.append(place.replay(url, batches))
            assert place.sums(url) == wanted, (place.sums(url), wanted)
            place.drop(url)
        if len(pair) == 2:
            noise.append(pair[0] / pair[1])
        floors.append(pair[-1])
        url = place.copy(template)
        pipes.append(pumped(url, place.folder, processes))
        assert place.sums(url) == wanted, (place.sums(url), wanted)
        if number == 0:
            assert ask(url, place.folder, "check")["wrong"] == []
        place.drop(url)
    results[f"floor_over_floor_{place.name}"] = [round(each, 2) for each in noise]
    results[f"floor_per_second_{place.name}"] = round(EVENTS / median(floors))
    results[f"pipeline_per_second_{place.name}"] = round(EVENTS / median(pipes))
    results[f"pipeline_over_floor_{place.name}"] = round(median([f / p for f, p in zip(floors, pipes, strict=True)]), 2)
    results.setdefault("template", {})[place.name] = template
    results["awards"] = wanted["journals"][0]


def beside_even(place: Postgresql, name: str, template: str, processes: int) -> float:
    """Run a variant and the even one in turn; return variant's speed over the even one's."""
    even = results["template"]["postgresql"]
    ratios = []
    for _ in range(max(3, ROUNDS - 2)):
        seconds = []
        for source in (even, template):
            url = place.copy(source)
            seconds.append(pumped(url, place.folder, processes))
            place.drop(url)
        ratios.append(seconds[0] / seconds[1])
    results[name] = round(median(ratios), 2)
    return median(ratios)


def variants(place: Postgresql) -> None:
    progress("a hot member")
    hot = place.new("hot")
    ask(hot, place.folder, "prepare", MEMBERS, EVENTS, 0.1, False)
    beside_even(place, "hot_over_even", hot, 2)
    progress("a budget that every event meets")
    budget = place.new("budget")
    ask(budget, place.folder, "prepare", MEMBERS, EVENTS, 0.0, True)
    beside_even(place, "budget_over_even", budget, 2)
    progress(f"a ledger of {LARGE_LEDGER} rows")
    grown = {}
    for rows in (SMALL_LEDGER, LARGE_LEDGER):
        grown[rows] = place.copy(results["template"]["postgresql"])
        ask(grown[rows], place.folder, "bulk_ledger", rows, MEMBERS)
    ratios = []
    for _ in range(max(3, ROUNDS - 2)):
        seconds = {}
        for rows, source in grown.items():
            url = place.copy(source)
            seconds[rows] = pumped(url, place.folder, 2)
            place.drop(url)
        ratios.append(seconds[SMALL_LEDGER] / seconds[LARGE_LEDGER])
    results["at_1m_over_10k"] = round(median(ratios), 2)
    results["at_1m_means_rows"] = LARGE_LEDGER


def naive(place: Postgresql) -> None:
    """(c): one Celery task an event with select_for_update and ORM creates, over a real Redis."""
    if servers.redis_binary() is None:
        results["missing"].append("pipeline_over_naive: Redis is not installed")
        return
    progress("the way most people would write it")
    template = place.new("few")
    count = 300 if QUICK else 1_000
    ask(template, place.folder, "prepare", MEMBERS, count, 0.0, False)
    speeds = []
    with servers.redis() as redis_url:
        for _ in range(1 if QUICK else 3):
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
    results["naive_per_second"] = round(median(speeds))
    results["pipeline_over_naive"] = round(results["pipeline_per_second_postgresql"] / median(speeds))


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


def posts(port: int, key: str, size: int, requests: int, seed: str) -> tuple[float, list[float]]:
    """Send so many requests of so many events over one connection; events a second, and seconds of each."""
    rng = random.Random(seed)
    bodies = [
        json.dumps([{**programme.item(n, rng, MEMBERS), "id": f"{seed}-{r}-{n}"} for n in range(size)]).encode()
        for r in range(requests)
    ]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Api-Key {key}", "Content-Type": "application/json"}
    times = []
    for number, body in enumerate(bodies):
        started = time.perf_counter()
        connection.request("POST", "/api/v1/events", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status == 202, (answer.status, said[:300])
        if number >= requests // 5:
            times.append(time.perf_counter() - started)
    return size / (sum(times) / len(times)), sorted(times)


def ingest(place: Postgresql) -> None:
    """(e): over HTTP, one process; ours beside DRF serializers with bulk_create writing the same rows."""
    progress("ingest over HTTP")
    template = place.new("empty")
    ask(template, place.folder, "prepare", MEMBERS, 0, 0.0, False)
    key = ask(template, place.folder, "api_key")["key"]
    ours, theirs = place.copy(template), place.copy(template)
    with (
        served(ours, place.folder, "config.wsgi:application", "config.settings") as our_port,
        served(theirs, place.folder, "tests.bench.drf:application", "tests.bench.drf_settings") as their_port,
    ):
        for size, requests in ((1, 300), (100, 60), (500, 40)):
            speed, times = posts(our_port, key, size, requests // (3 if QUICK else 1), f"size{size}")
            results[f"ingest{size}_per_second"] = round(speed)
            results[f"ingest{size}_ms_p50"] = round(times[len(times) // 2] * 1000, 1)
            results[f"ingest{size}_ms_p99"] = round(times[int(len(times) * 0.99)] * 1000, 1)
        ratios = []
        for n in range(ROUNDS):
            mine, _ = posts(our_port, key, 500, 12, f"mine{n}")
            other, _ = posts(their_port, key, 500, 12, f"other{n}")
            ratios.append(mine / other)
        results["ingest500_over_drf"] = round(median(ratios), 1)
    place.drop(ours)
    place.drop(theirs)


def checks(place: Postgresql) -> None:
    """(g): a privilege check beside a bare balance."""
    progress("may they, beside what they have")
    url = place.new("rights")
    ask(url, place.folder, "prepare", 200, 0, 0.0, False)
    ask(url, place.folder, "prepare_privileges", 200)
    key = ask(url, place.folder, "api_key")["key"]
    with served(url, place.folder, "config.wsgi:application", "config.settings") as port:
        ratio, milliseconds = privileges.check_over_balance(port, key, rounds=ROUNDS, members=200)
    results["privilege_over_balance"] = round(ratio, 2)
    results["privilege_check_ms_p50"] = round(milliseconds, 2)
    place.drop(url)


def evaluation(place: Any) -> None:
    """(d): 200 rules over ten types, compiled, beside the same by hand."""
    progress("rules alone")
    template = results["template"].get("postgresql") or results["template"]["sqlite"]
    times = ask(template, place.folder, "evaluate", 5 if QUICK else 15)
    ratios = [o / h for o, h in zip(times["ours"], times["hand"], strict=True)]
    results["rules_us_per_event"] = round(median(times["ours"]), 2)
    results["rules_over_python"] = round(median(ratios), 2)


def visible(folder: Path, name: str, **more: str) -> None:
    """(f): from accepted to visible, with the service as `up` starts it."""
    progress(f"from accepted to visible, {name}")
    data = folder / f"up-{name}"
    data.mkdir()
    database = data / "laurels.sqlite3"
    ask(f"sqlite:///{database}", data, "prepare", latency.MEMBERS, 0, 0.0, False)
    key = ask(f"sqlite:///{database}", data, "api_key")["key"]
    count = 100 if QUICK else 300
    times = latency.measure(database, key, count, latency.environment(data, **more))
    if len(times) < count:
        results["missing"].append(f"visible_{name}: {count - len(times)} of {count} events were not judged in time")
    if times:
        results[f"visible_{name}_ms_p50"] = round(times[len(times) // 2] * 1000)
        results[f"visible_{name}_ms_p95"] = round(times[int(len(times) * 0.95)] * 1000)


GOALS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "pipeline_over_floor_postgresql": ("≥ 0.8, two workers", lambda v: v >= 0.8),
    "pipeline_over_floor_sqlite": ("≥ 0.5, one worker", lambda v: v >= 0.5),
    "pipeline_over_naive": ("≥ 80", lambda v: v >= 80),
    "rules_over_python": ("≤ 1.5", lambda v: v <= 1.5),
    "ingest500_over_drf": ("≥ 3", lambda v: v >= 3),
    "at_1m_over_10k": ("≥ 0.75", lambda v: v >= 0.75),
    "privilege_over_balance": ("≤ 1.5", lambda v: v <= 1.5),
    "hot_over_even": ("≥ 0.75", lambda v: v >= 0.75),
    "tiers_over_statement": ("≤ 2", lambda v: v <= 2),
    "tiers_quiet_over_statement": ("≤ 2", lambda v: v <= 2),
    "share_over_statement": ("≤ 2", lambda v: v <= 2),
    "share_quiet_over_statement": ("≤ 2", lambda v: v <= 2),
}


def main() -> int:
    started = time.perf_counter()
    folder = Path(tempfile.mkdtemp(prefix="laurels-bench-"))
    try:
        sqlite = Sqlite(folder)
        floor_and_pipeline(sqlite, 1)
        if servers.postgresql_binaries() is None:
            results["missing"].append("everything on PostgreSQL: it is not installed")
            evaluation(sqlite)
        else:
            with servers.postgresql(
                "-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB", "-c", "max_connections=60"
            ) as url:
                place = Postgresql(url, folder)
                floor_and_pipeline(place, 2)
                evaluation(place)
                variants(place)
                ingest(place)
                checks(place)
                progress("tiers of many members")
                standing.measure(place, results)
                naive(place)
        visible(folder, "embedded")
        if servers.redis_binary() is not None:
            with servers.redis() as redis_url:
                visible(folder, "redis", REDIS_URL=redis_url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    results.pop("template", None)
    results["seconds"] = round(time.perf_counter() - started)
    keep()
    for name, value in results.items():
        goal, holds = GOALS.get(name, ("", None))
        verdict = "" if holds is None else "reached" if holds(value) else "NOT REACHED"
        print(f"{name:36} {value!s:>12}  {goal:20} {verdict}")
    for name in GOALS.keys() - results.keys():
        print(f"{name:36} {'missing':>12}  {GOALS[name][0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
