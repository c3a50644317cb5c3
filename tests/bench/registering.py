"""(h): one activity, eight clients: registrations beside a counter that is locked, counted up and committed.

The counter twice: as three statements by hand, which no Django service comes near, and as its three lines of Django.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Barrier
from typing import Any

CLIENTS = 8
PROCESSES = 2


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

    taken, row = _models()

    def count_by_orm(member: Member) -> None:
        with transaction.atomic():
            held = taken.objects.select_for_update().get(pk=1)
            row.objects.create(member_id=member.pk, at=timezone.now())
            held.taken += 1
            held.save(update_fields=["taken"])

    ours, bare, by_orm = [], [], []
    for _ in range(rounds):
        some = [next(people) for _ in range(each)]
        ours.append(each / _together(register, some))
        bare.append(each / _together(count, some))
        by_orm.append(each / _together(count_by_orm, some))
    activity.refresh_from_db()
    assert activity.seats_taken == rounds * each, "no seat was lost or given twice"
    with connection.cursor() as cursor:
        cursor.execute("SELECT taken FROM bare")
        assert cursor.fetchone() == (2 * rounds * each,)
    return {
        "ratio": statistics.median(b / o for o, b in zip(ours, bare, strict=True)),
        "orm_ratio": statistics.median(b / o for o, b in zip(ours, by_orm, strict=True)),
        "a_second": statistics.median(ours),
    }


def _models() -> tuple[Any, Any]:
    """The counter's tables as models: what somebody writes who needs a counter in Django."""
    from django.db import models

    class Bare(models.Model):  # noqa: DJ008
        taken = models.IntegerField()

        class Meta:
            app_label, db_table, managed = "bench", "bare", False

    class BareRow(models.Model):  # noqa: DJ008
        id = models.AutoField(primary_key=True)
        member_id = models.IntegerField()
        at = models.DateTimeField()

        class Meta:
            app_label, db_table, managed = "bench", "bare_row", False

    return Bare, BareRow


def _together(do: Callable[[Any], None], members: Sequence[Any]) -> float:
    """Seconds that eight clients take, as web servers are run: two processes of four threads, a connection each."""
    from django.db import connections

    connections.close_all()
    forks = multiprocessing.get_context("fork")
    gate = forks.Barrier(CLIENTS + 1)
    processes = [forks.Process(target=_process, args=(do, members[n::PROCESSES], gate)) for n in range(PROCESSES)]
    for process in processes:
        process.start()
    gate.wait(timeout=60)
    started = time.perf_counter()
    for process in processes:
        process.join()
    seconds = time.perf_counter() - started
    assert all(process.exitcode == 0 for process in processes), "a client failed"
    return seconds


def _process(do: Callable[[Any], None], members: Sequence[Any], gate: Barrier) -> None:
    """Some of the clients: each takes member after member on a connection of its own."""
    from django.db import connections

    failures: list[BaseException] = []

    def client(some: Sequence[Any]) -> None:
        try:
            connections["default"].ensure_connection()
            gate.wait(timeout=60)
            for member in some:
                do(member)
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            connections.close_all()

    count = CLIENTS // PROCESSES
    threads = [threading.Thread(target=client, args=(members[n::count],)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os._exit(1 if failures else 0)
