"""A thousand check-ins, each by itself, over a bare locked update of the same rows, in turn on one database.

`python -m tests.bench.door ACT` acts on the database of DATABASE_URL; `measure` is what the benchmark calls.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

SCANS = 200 if os.environ.get("QUICK") else 1_000
ROUNDS = 5


def measure(place: Any, results: dict[str, Any]) -> None:
    """Both ways let the same thousand in; who came is compared after each."""
    url = place.new("door")
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "DATA_DIR": str(place.folder),
        "SECRET_KEY": "bench",
        "LOG_LEVEL": "ERROR",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.door"], env=env, stdout=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    place.drop(url)
    results["check_in_over_locked_update"] = round(statistics.median(found["ratios"]), 2)
    results["check_ins_a_second"] = round(statistics.median(found["rates"]))


def evening(number: int) -> Any:
    """An evening of which a thousand have a place."""
    from datetime import timedelta

    from django.utils import timezone

    from activities.models import Activity, Registration
    from members.models import Member

    now = timezone.now()
    made = Activity.objects.create(
        code=f"evening-{number}", kind="brand", state="running", names={"en": "x"}, starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=1),
    )  # fmt: skip
    Registration.objects.bulk_create(
        Registration(activity=made, member=member, state="confirmed", registered_at=now, confirmed_at=now)
        for member in Member.objects.order_by("pk")[:SCANS]
    )
    return made


def ours(activity: Any) -> float:
    """Seconds of check-ins by code, as a batch of the API makes them."""
    from activities.domain.checking_in.codes import code_of
    from activities.domain.checking_in.scanning import Scanned, take_all

    scans = [Scanned(f"n{each.pk}", activity.starts_at, code_of(each)) for each in activity.registrations.all()]
    started = time.perf_counter()
    take_all(activity_id=activity.pk, scans=scans, now=activity.ends_at)
    return time.perf_counter() - started


def bare(activity: Any) -> float:
    """Seconds of the same by hand: the activity and the registration held, one column written, nothing kept."""
    from django.db import connection, transaction

    numbers = list(activity.registrations.order_by("pk").values_list("pk", flat=True))
    started = time.perf_counter()
    for number in numbers:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT id FROM activities_activity WHERE id = %s FOR UPDATE", [activity.pk])
            cursor.execute("SELECT id FROM activities_registration WHERE id = %s FOR UPDATE", [number])
            cursor.execute(
                "UPDATE activities_registration SET checked_in_at = %s WHERE id = %s", [activity.starts_at, number]
            )
    return time.perf_counter() - started


def main() -> None:
    from members.models import Member

    Member.objects.bulk_create([Member(ref=f"m{n}") for n in range(SCANS)])
    ratios, rates = [], []
    for number in range(ROUNDS + 1):
        one, other = evening(2 * number), evening(2 * number + 1)
        by_hand, by_us = bare(one), ours(other)
        came = [each.registrations.filter(checked_in_at=each.starts_at).count() for each in (one, other)]
        assert came == [SCANS, SCANS], came
        ratios.append(by_us / by_hand)
        rates.append(SCANS / by_us)
    # The first found everything cold.
    print(json.dumps({"ratios": ratios[1:], "rates": rates[1:]}), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    main()
