"""Which lanes a worker takes next, and what it leaves behind so that others can tell if it died."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F

from members.domain.sql import among, aware, moment, rows_of, run
from members.models import DeadLetter, Lane, Work

# A plan looks at no more than this many events of a lane; more would not change it.
COUNTED_MAX = 200
LANES_PER_BATCH_MAX = 16
# From marking lanes to locking them a worker needs milliseconds; a mark this old was left by the dead.
MARK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Claim:
    """Lanes marked for one batch, under a token only the marker knows."""

    lanes: tuple[int, ...]
    token: str
    batch_size: int


@dataclass(frozen=True, slots=True)
class Waiting:
    lane: int
    count: int
    batch_size: int | None


def waiting_lanes(*, now: datetime) -> list[Waiting]:
    """Lanes with due work, how much (up to COUNTED_MAX), and the size they were cut to."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT l.number, l.batch_size,
              (SELECT count(*) FROM (SELECT 1 FROM members_work w WHERE w.lane = l.number AND w.available_at <= %s
                                     LIMIT %s) AS counted) AS waiting
            FROM members_lane l
            """,
            [moment(now), COUNTED_MAX],
        )
        rows = cursor.fetchall()
    return [Waiting(lane, count, size) for lane, size, count in rows if count]


def plan_batches(waiting: Sequence[Waiting], *, worthwhile: int, shuffle: random.Random) -> list[tuple[int, ...]]:
    """Group lanes until `worthwhile` events wait in a group, which is worth a transaction: quiet ones together.

    A lane that was cut to a smaller size goes alone: its culprit must not slow the others. Shuffled, so that
    workers seldom reach for the same lanes.
    """
    waiting = list(waiting)
    shuffle.shuffle(waiting)
    alone = [(each.lane,) for each in waiting if each.batch_size is not None]
    groups: list[tuple[int, ...]] = []
    group: list[int] = []
    size = 0
    for each in (each for each in waiting if each.batch_size is None):
        group.append(each.lane)
        size += each.count
        if size >= worthwhile or len(group) == LANES_PER_BATCH_MAX:
            groups.append(tuple(group))
            group, size = [], 0
    if group:
        groups.append(tuple(group))
    return groups + alone


def mark(lanes: Sequence[int], *, batch_size_max: int, now: datetime) -> Claim | None:
    """Mark those of the lanes that nobody works on, in a short transaction of its own.

    A mark that is found stale was left by a worker that died in its batch: the lane's next batch is half as
    large, and at size one the event itself is counted as having failed once more. None if every lane is taken;
    a claim without lanes if there were only marks to clear, after which it is worth looking again.
    """
    token = uuid.uuid4().hex
    with _unsynced(), transaction.atomic():
        mine: list[tuple[int, int | None]] = []
        has_cleared = False
        for number, batch_size, marked_at in _free_or_stale(sorted(lanes)):
            size = batch_size
            if marked_at is not None:
                if now - marked_at < timedelta(seconds=MARK_SECONDS):
                    continue
                size = _bury(Lane.objects.get(number=number), batch_size_max=batch_size_max, now=now)
                has_cleared = True
                if len(lanes) > 1:
                    continue
            mine.append((number, size))
        if not mine:
            return Claim(lanes=(), token=token, batch_size=0) if has_cleared else None
        numbers = tuple(number for number, _ in mine)
        smallest = min(size or batch_size_max for _, size in mine)
        clause, values = among("number", numbers)
        run(
            f"UPDATE members_lane SET marked_by = %s, marked_at = %s, marked_size = %s WHERE {clause}",
            [token, moment(now), smallest, *values],
        )
    return Claim(lanes=numbers, token=token, batch_size=smallest)


def _free_or_stale(lanes: Sequence[int]) -> list[tuple[int, int | None, datetime | None]]:
    """Lock those of the lanes that nobody else is marking, in order: (number, cut to, marked at)."""
    locking = " FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    clause, values = among("number", lanes)
    rows = rows_of(
        f"SELECT number, batch_size, marked_at FROM members_lane WHERE {clause} ORDER BY number{locking}", values
    )
    return [(number, batch_size, aware(marked_at)) for number, batch_size, marked_at in rows]


@contextmanager
def _unsynced() -> Iterator[None]:
    """On SQLite, do not wait for the disk: a mark outlives a dead worker, and after a power cut there is none to judge.

    The batch that follows waits for the disk, with everything before it.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")


def lock(claim: Claim) -> bool:
    """Lock the claimed lanes for this transaction; False if the claim was taken for dead meanwhile.

    It waits: whoever else holds one of these rows is only looking for lanes to mark, and never waits itself.
    """
    clause, numbers = among("number", claim.lanes)
    # SQLite locks the whole database when a transaction begins.
    locking = " FOR UPDATE" if connection.vendor == "postgresql" else ""
    held = rows_of(
        f"SELECT number FROM members_lane WHERE {clause} AND marked_by = %s ORDER BY number{locking}",
        [*numbers, claim.token],
    )
    return len(held) == len(claim.lanes)


def settle(claim: Claim, *, batch_size_max: int) -> None:
    """Take the marks off after a good batch, inside its transaction; a cut lane may grow to twice its size."""
    grown = claim.batch_size * 2
    clause, numbers = among("number", claim.lanes)
    run(
        "UPDATE members_lane SET marked_by = '', marked_at = NULL, marked_size = 0,"
        " batch_size = CASE WHEN batch_size IS NULL OR %s >= %s THEN NULL ELSE %s END"
        f" WHERE {clause} AND marked_by = %s",
        [grown, batch_size_max, grown, *numbers, claim.token],
    )


def release(claim: Claim) -> None:
    """Take the marks off without judging anything: the failure was not the events' fault."""
    Lane.objects.filter(number__in=claim.lanes, marked_by=claim.token).update(
        marked_by="", marked_at=None, marked_size=0
    )


def give_up(claim: Claim, *, attempts_max: int, error: str, now: datetime) -> DeadLetter | None:
    """After a batch failed: halve the lanes' next batch; at size one count an attempt, and after the last bury it.

    Returns the dead letter, if one was written.
    """
    with transaction.atomic():
        lanes = list(
            Lane.objects.select_for_update().filter(number__in=claim.lanes, marked_by=claim.token).order_by("number")
        )
        letter = None
        for lane in lanes:
            if claim.batch_size > 1 or len(claim.lanes) > 1:
                lane.batch_size = max(1, claim.batch_size // 2)
            else:
                lane.batch_size = 1
                letter = _count_attempt(lane.number, attempts_max=attempts_max, error=error, now=now)
            lane.marked_by, lane.marked_at, lane.marked_size = "", None, 0
            lane.save(update_fields=["batch_size", "marked_by", "marked_at", "marked_size"])
    return letter


def _bury(lane: Lane, *, batch_size_max: int, now: datetime) -> int:
    """Deal with the mark of a dead worker, and return how large the lane's next batch may be."""
    from django.conf import settings  # noqa: PLC0415

    size = lane.marked_size or batch_size_max
    if size > 1:
        lane.batch_size = max(1, size // 2)
    else:
        lane.batch_size = 1
        _count_attempt(
            lane.number,
            attempts_max=settings.ATTEMPTS_MAX,
            error="The worker died while it judged this event.",
            now=now,
        )
    lane.marked_by, lane.marked_at, lane.marked_size = "", None, 0
    lane.save(update_fields=["batch_size", "marked_by", "marked_at", "marked_size"])
    return lane.batch_size


def _count_attempt(lane: int, *, attempts_max: int, error: str, now: datetime) -> DeadLetter | None:
    work = Work.objects.filter(lane=lane, available_at__lte=now).order_by("event_id").first()
    if work is None:
        return None
    if work.attempts + 1 < attempts_max:
        Work.objects.filter(pk=work.pk).update(attempts=F("attempts") + 1)
        return None
    letter, _ = DeadLetter.objects.update_or_create(
        event_id=work.event_id,
        defaults={
            "run": work.run,
            "error": error,
            "attempts": work.attempts + 1,
            "failed_at": now,
            "state": "waiting",
        },
    )
    work.delete()
    return letter
