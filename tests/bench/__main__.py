"""`make bench`: everything measured as ratios within one run, on one server; writes build/bench.json.

Pairs are interleaved, medians of at least five, floor against floor first to show the noise; balances, journals and
counters are compared after each run. A part that cannot run is named as missing, never invented.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests import servers
from tests.bench import (
    calendar,
    door,
    growth,
    ingest,
    latency,
    one_by_one,
    pipeline,
    privileges,
    report,
    size,
    standing,
)
from tests.bench.places import Postgresql, Sqlite
from tests.bench.processes import ask, served


def checks(place: Postgresql) -> None:
    """(g): a privilege check beside a bare balance."""
    report.progress("may they, beside what they have")
    url = place.new("rights")
    ask(url, place.folder, "prepare", 200, 0, 0.0, False)
    ask(url, place.folder, "prepare_privileges", 200)
    key = ask(url, place.folder, "api_key")["key"]
    with served(url, place.folder, "config.wsgi:application", "config.settings") as port:
        ratio, milliseconds = privileges.check_over_balance(port, key, rounds=size.ROUNDS, members=200)
    report.results["privilege_over_balance"] = round(ratio, 2)
    report.results["privilege_check_ms_p50"] = round(milliseconds, 2)
    place.drop(url)


def registering(place: Postgresql) -> None:
    """(h): eight clients on one activity, beside a bare locked counter."""
    report.progress("eight clients at one activity")
    url, each = place.new("seats"), 400 if size.QUICK else 1_000
    ask(url, place.folder, "prepare_registering", size.ROUNDS * each)
    found = ask(url, place.folder, "register", size.ROUNDS, each)
    report.results["registering_over_counter"] = round(found["ratio"], 2)
    report.results["registering_over_orm_counter"] = round(found["orm_ratio"], 2)
    report.results["registrations_a_second"] = round(found["a_second"])
    place.drop(url)


def evaluation(place: Any) -> None:
    """(d): 200 rules over ten types, compiled, beside the same by hand."""
    report.progress("rules alone")
    template = pipeline.templates.get("postgresql") or pipeline.templates["sqlite"]
    times = ask(template, place.folder, "evaluate", 5 if size.QUICK else 15)
    ratios = [o / h for o, h in zip(times["ours"], times["hand"], strict=True)]
    report.results["rules_us_per_event"] = round(statistics.median(times["ours"]), 2)
    report.results["rules_over_python"] = round(statistics.median(ratios), 2)


def visible(folder: Path, name: str, **more: str) -> None:
    """(f): from accepted to visible, with the service as `up` starts it."""
    report.progress(f"from accepted to visible, {name}")
    data = folder / f"up-{name}"
    data.mkdir()
    place = Sqlite(data)
    url = place.new("laurels")
    ask(url, data, "prepare", latency.MEMBERS, 0, 0.0, False)
    key = ask(url, data, "api_key")["key"]
    count = 60 if size.QUICK else 300
    times = latency.measure(place.path(url), key, count, latency.environment(data, **more))
    if len(times) < count:
        report.results["missing"].append(
            f"visible_{name}: {count - len(times)} of {count} events were not judged in time"
        )
    if times:
        report.results[f"visible_{name}_ms_p50"] = round(times[len(times) // 2] * 1000)
        report.results[f"visible_{name}_ms_p95"] = round(times[int(len(times) * 0.95)] * 1000)


GOALS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "pipeline_over_floor_postgresql": ("≥ 0.8, two workers", lambda v: v >= 0.8),
    "pipeline_over_floor_sqlite": ("≥ 0.5, one worker", lambda v: v >= 0.5),
    "pipeline_over_naive": ("≥ 80", lambda v: v >= 80),
    "rules_over_python": ("≤ 1.5", lambda v: v <= 1.5),
    "ingest500_over_drf": ("≥ 3", lambda v: v >= 3),
    "at_1m_over_10k": ("≥ 0.75", lambda v: v >= 0.75),
    "privilege_over_balance": ("≤ 1.5", lambda v: v <= 1.5),
    "registering_over_counter": ("≤ 4, eight clients", lambda v: v <= 4),
    "registering_over_orm_counter": ("≤ 4, eight clients", lambda v: v <= 4),
    "hot_over_even": ("≥ 0.75", lambda v: v >= 0.75),
    "tiers_over_statement": ("≤ 2", lambda v: v <= 2),
    "tiers_quiet_over_statement": ("≤ 2", lambda v: v <= 2),
    "share_over_statement": ("≤ 2", lambda v: v <= 2),
    "share_quiet_over_statement": ("≤ 2", lambda v: v <= 2),
    "growth_cohort_over_statement": ("≤ 2", lambda v: v <= 2),
    "growth_depth_over_statement": ("≤ 2", lambda v: v <= 2),
    "check_in_over_locked_update": ("≤ 8", lambda v: v <= 8),
}


def main() -> int:
    started = time.perf_counter()
    folder = Path(tempfile.mkdtemp(prefix="laurels-bench-"))
    try:
        sqlite = Sqlite(folder)
        pipeline.floor_and_pipeline(sqlite, 1)
        if servers.postgresql_binaries() is None:
            report.results["missing"].append("everything on PostgreSQL: it is not installed")
            evaluation(sqlite)
        else:
            with servers.postgresql(
                "-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB", "-c", "max_connections=60"
            ) as url:
                place = Postgresql(url, folder)
                pipeline.floor_and_pipeline(place, 2)
                evaluation(place)
                pipeline.variants(place)
                pipeline.grows(place)
                ingest.measure(place)
                checks(place)
                registering(place)
                report.progress("tiers of many members")
                standing.measure(place, report.results)
                report.progress("does inviting multiply")
                growth.measure(place, report.results)
                report.progress("a thousand at the door")
                door.measure(place, report.results)
                report.progress("a month of 500 activities, and its feed")
                calendar.measure(place, report.results)
                one_by_one.measure(place)
        visible(folder, "embedded")
        if servers.redis_binary() is not None:
            with servers.redis() as redis_url:
                visible(folder, "redis", REDIS_URL=redis_url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report.results["seconds"] = round(time.perf_counter() - started)
    report.keep()
    for name, value in report.results.items():
        goal, holds = GOALS.get(name, ("", None))
        verdict = "" if holds is None else "reached" if holds(value) else "NOT REACHED"
        print(f"{name:36} {value!s:>12}  {goal:20} {verdict}")
    for name in GOALS.keys() - report.results.keys():
        print(f"{name:36} {'missing':>12}  {GOALS[name][0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
