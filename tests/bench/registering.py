"""(h): one activity, eight clients: registrations beside a bare counter that is locked, counted up and committed."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

CLIENTS = 8


def prepare(members: int) -> None:
    """An open activity with as many seats as members; runs in a worker."""
    from datetime import timedelta

    from django.db import connection
    from django.utils import timezone

    from activities.domain import life
    from activities.enums import ActivityState
    from activities.models import Activity, ActivityPerson
    from members.models import Member

    now = timezone.now()
    speaker = Member.objects.create(ref="speaker")
    made = Activity.objects.create(
        code="bench", kind="sharing", names={"en": "Bench"}, place="Here", capacity=100_000,
        starts_at=now + timedelta(days=7), ends_at=now + timedelta(days=8),
    )  # fmt: skip
    ActivityPerson.objects.create(activity=made, member=speaker, part="speaker")
    life.step(activity_id=made.pk, to=ActivityState.ANNOUNCED, now=now)
    Member.objects.bulk_create([Member(ref=f"r{n}") for n in range(members)], batch_size=2_000)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare (id int PRIMARY KEY, taken int NOT NULL)")
        cursor.execute("CREATE TABLE bare_row (id serial PRIMARY KEY, member_id int NOT NULL, at timestamptz NOT NULL)")
        cursor.execute("INSERT INTO bare VALUES (1, 0)")


def measure(rounds: int, each: int) -> dict[str, Any]:
    """Registrations and counts a second, in turns; runs in a worker. The median of the rounds' ratios."""
    from django.db import connection, transaction
    from django.utils import timezone

    from activities.domain import registering
    from activities.models import Activity
    from members.models import Member

    activity = Activity.objects.get(code="bench")
    people = iter(Member.objects.filter(ref__startswith="r").order_by("pk"))

    def register(member: Member) -> None:
        registering.register(activity_id=activity.pk, member=member, now=timezone.now())

    def count(member: Member) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT taken FROM bare WHERE id = 1 FOR UPDATE")
            cursor.execute("INSERT INTO bare_row (member_id, at) VALUES (%s, %s)", [member.pk, timezone.now()])
            cursor.execute("UPDATE bare SET taken = taken + 1 WHERE id = 1")

    ours, bare = [], []
    for _ in range(rounds):
        some = [next(people) for _ in range(each)]
        ours.append(each / _together(register, some))
        bare.append(each / _together(count, some))
    activity.refresh_from_db()
    assert activity.seats_taken == rounds * each, "no seat was lost or given twice"
    with connection.cursor() as cursor:
        cursor.execute("SELECT taken FROM bare")
        assert cursor.fetchone() == (rounds * each,)
    return {
        "ratio": statistics.median(b / o for o, b in zip(ours, bare, strict=True)),
        "a_second": statistics.median(ours),
    }


def _together(do: Callable[[Any], None], members: Sequence[Any]) -> float:
    """Seconds that eight threads take, each client after client on a connection of its own."""
    from django.db import connections

    gate = threading.Barrier(CLIENTS + 1)
    failures: list[BaseException] = []

    def client(some: Sequence[Any]) -> None:
        try:
            connections["default"].ensure_connection()
            gate.wait()
            for member in some:
                do(member)
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            connections.close_all()

    threads = [threading.Thread(target=client, args=(members[n::CLIENTS],)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    gate.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    assert not failures, failures
    return time.perf_counter() - started
