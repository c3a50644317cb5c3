"""Reporting events over HTTP, beside DRF serializers with bulk_create that write the same rows."""

from __future__ import annotations

import http.client
import json
import random
import statistics
import time

from tests.bench import programme, report, size
from tests.bench.places import Postgresql
from tests.bench.processes import ask, served


def posts(port: int, key: str, each: int, requests: int, seed: str) -> tuple[float, list[float]]:
    """Send so many requests of so many events over one connection; events a second, and seconds of each."""
    rng = random.Random(seed)
    bodies = [
        json.dumps([{**programme.item(n, rng, size.MEMBERS), "id": f"{seed}-{r}-{n}"} for n in range(each)]).encode()
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
    return each / (sum(times) / len(times)), sorted(times)


def measure(place: Postgresql) -> None:
    """(e): over HTTP, one process; ours beside DRF serializers with bulk_create writing the same rows."""
    report.progress("ingest over HTTP")
    template = place.new("empty")
    ask(template, place.folder, "prepare", size.MEMBERS, 0, 0.0, False)
    key = ask(template, place.folder, "api_key")["key"]
    ours, theirs = place.copy(template), place.copy(template)
    with (
        served(ours, place.folder, "config.wsgi:application", "config.settings") as our_port,
        served(theirs, place.folder, "tests.bench.drf:application", "tests.bench.drf_settings") as their_port,
    ):
        for each, requests in ((1, 300), (100, 60), (500, 40)):
            speed, times = posts(our_port, key, each, requests // (3 if size.QUICK else 1), f"size{each}")
            report.results[f"ingest{each}_per_second"] = round(speed)
            report.results[f"ingest{each}_ms_p50"] = round(times[len(times) // 2] * 1000, 1)
            report.results[f"ingest{each}_ms_p99"] = round(times[int(len(times) * 0.99)] * 1000, 1)
        ratios = []
        for n in range(size.ROUNDS):
            mine, _ = posts(our_port, key, 500, 12, f"mine{n}")
            other, _ = posts(their_port, key, 500, 12, f"other{n}")
            ratios.append(mine / other)
        report.results["ingest500_over_drf"] = round(statistics.median(ratios), 1)
    place.drop(ours)
    place.drop(theirs)
