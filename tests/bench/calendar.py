"""The calendar page of a month with 500 activities and its feed, each over a bare query of the same rows.

`python -m tests.bench.calendar ACT` acts on the database of DATABASE_URL; `measure` is what the benchmark calls.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

ACTIVITIES = 500
ROUNDS = 5 if os.environ.get("QUICK") else 20


def measure(place: Any, results: dict[str, Any]) -> None:
    """Page, feed and bare query in turns, in one process on one database."""
    url = place.new("calendar")
    _ask(url, place.folder, "prepare")
    found = _ask(url, place.folder, "ask")
    place.drop(url)
    results["calendar_page_over_query"] = round(found["page"] / found["query"], 1)
    results["calendar_feed_over_query"] = round(found["feed"] / found["query"], 1)
    results["calendar_feed_unchanged_over_query"] = round(found["same"] / found["query"], 2)
    results["calendar_page_milliseconds"] = round(found["page"] * 1000, 1)
    results["calendar_feed_milliseconds"] = round(found["feed"] * 1000, 1)


def _ask(url: str, folder: Any, act: str) -> dict[str, Any]:
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        "SECRET_KEY": "bench",
        "LOG_LEVEL": "ERROR",
        "STATIC_FROM_SOURCE": "true",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.calendar", act], env=env, stdout=subprocess.PIPE, text=True, check=True
    )
    lines = done.stdout.splitlines()
    return json.loads(lines[-1]) if lines else {}


def prepare() -> None:
    """Five hundred announced activities in next month, with words in two languages."""
    from datetime import timedelta

    from django.utils import timezone

    from activities.models import Activity

    first = (timezone.now().replace(day=1) + timedelta(days=32)).replace(day=1, hour=8, minute=0)
    Activity.objects.bulk_create(
        Activity(
            code=f"number-{n}", kind=("sharing", "brand", "member", "paid")[n % 4], state="open", capacity=20,
            names={"en": f"Number {n}", "zh-hans": f"第{n}号"}, summaries={"en": "In a sentence. " * 5},
            starts_at=first + timedelta(hours=1.3 * n), ends_at=first + timedelta(hours=1.3 * n + 2),
            announced_at=first - timedelta(days=20), zone="Europe/Berlin", place="The workshop",
        )
        for n in range(ACTIVITIES)
    )  # fmt: skip


def ask() -> None:
    from datetime import timedelta

    from django.test import Client
    from django.utils import timezone

    from activities.models import Activity

    month = f"{(timezone.now().replace(day=1) + timedelta(days=32)):%Y-%m}"
    client = Client(SERVER_NAME="localhost")

    def query() -> int:
        return len(list(Activity.objects.public().order_by("starts_at", "pk")))

    def page() -> int:
        answer = client.get(f"/activities/?month={month}")
        assert b"Number 7" in answer.content
        return answer.status_code

    def feed() -> int:
        answer = client.get("/activities.ics")
        assert answer.content.count(b"BEGIN:VEVENT") == ACTIVITIES
        return answer.status_code

    known = {"If-None-Match": client.get("/activities.ics")["ETag"]}

    def same() -> int:
        answer = client.get("/activities.ics", headers=known)
        assert answer.status_code == 304
        return answer.status_code

    print(json.dumps(_in_turns({"query": query, "page": page, "feed": feed, "same": same})))


def _in_turns(acts: dict[str, Callable[[], int]]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in acts}
    for number in range(ROUNDS + 2):
        for name, act in acts.items():
            started = time.perf_counter()
            act()
            if number >= 2:
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(found) for name, found in times.items()}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    {"prepare": prepare, "ask": ask}[sys.argv[1]]()
