"""Drains lanes, batch after batch, until nothing is due or the time is up."""

from __future__ import annotations

import gc
import logging
import random
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from incentives.domain.engine import batches
from incentives.domain.pump import claims
from incentives.domain.pump.claims import COUNTED_MAX, Claim
from incentives.domain.pump.failpoints import reach

logger = logging.getLogger(__name__)

# On SQLite a batch keeps every other writer waiting, so it is grown and cut to about this long; while nobody else
# has written anything since the last batch, to this long.
SQLITE_BATCH_SECONDS = 0.08
SQLITE_BATCH_SECONDS_ALONE = 0.25
SQLITE_BATCH_SIZE_MIN = 25


@dataclass(slots=True)
class Drained:
    """What a drain did."""

    events: int = 0
    batches: int = 0
    failures: int = 0

    def __str__(self) -> str:
        return f"events={self.events} batches={self.batches} failures={self.failures}"


class Pace:
    """How large the next batch may be, and how much must wait in a group of lanes to be worth one."""

    def __init__(self, size_max: int) -> None:
        self.size_max = size_max
        self.is_sqlite = connection.vendor == "sqlite"
        self.size = min(size_max, 300) if self.is_sqlite else size_max
        self._version = _version_of_others() if self.is_sqlite else 0

    @property
    def worthwhile(self) -> int:
        """On SQLite there is one writer at a time, so nothing is gained by leaving lanes to others."""
        return self.size if self.is_sqlite else min(COUNTED_MAX, self.size)

    def learn(self, seconds: float, count: int) -> None:
        """Grow or cut the next batch by how long this one of `count` events took."""
        if not self.is_sqlite or not count:
            return
        version = _version_of_others()
        seconds_max = SQLITE_BATCH_SECONDS_ALONE if version == self._version else SQLITE_BATCH_SECONDS
        self._version = version
        fitting = int(count * seconds_max / seconds)
        if fitting < self.size:
            self.size = max(SQLITE_BATCH_SIZE_MIN, fitting, self.size // 2)
        elif count >= self.size:
            self.size = min(self.size_max, fitting, self.size * 2)


def _version_of_others() -> int:
    """A number that changes when another connection has committed to this SQLite database."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def drain(
    *,
    batch_size_max: int | None = None,
    seconds_max: float | None = None,
    on_batch: Callable[[int], object] | None = None,
) -> Drained:
    """Judge everything that is due, and return what was done.

    Any number of workers may drain at once: a lane is held by one of them at a time. Stops after
    `seconds_max`, so that a task ends and its worker can be told to stop.
    """
    pace = Pace(batch_size_max or settings.BATCH_SIZE_MAX)
    deadline = time.monotonic() + (seconds_max or settings.BATCH_SECONDS_MAX)
    shuffle = random.Random()  # noqa: S311  Only spreads workers over lanes.
    done = Drained()
    while time.monotonic() < deadline:
        waiting = claims.waiting_lanes(now=timezone.now())
        worthwhile = pace.worthwhile
        has_moved = False
        for group in claims.plan_batches(waiting, worthwhile=worthwhile, shuffle=shuffle):
            if time.monotonic() >= deadline:
                return done
            count = _run(group, pace, done)
            has_moved = has_moved or count is not None
            if count and on_batch is not None:
                on_batch(count)
            if pace.worthwhile > worthwhile * 1.5:
                break  # Batches have grown: larger groups of lanes are worth planning.
        if not has_moved:
            return done
    return done


def _run(lanes: tuple[int, ...], pace: Pace, done: Drained) -> int | None:
    """Judge one batch of these lanes. None if somebody else holds them all, or nothing was due."""
    now = timezone.now()
    claim = claims.mark(lanes, batch_size_max=pace.size, now=now)
    if claim is None:
        return None
    if not claim.lanes:
        return 0
    reach("pump.marked")
    started = time.perf_counter()
    try:
        with _collecting_later():
            count = _judge(claim, now=now, pace=pace)
    except (OperationalError, InterfaceError):
        # The database was busy, gone, or broke a deadlock: nobody's fault, so nothing is halved.
        logger.exception("A batch could not be written lanes=%s", claim.lanes)
        _release(claim)
        done.failures += 1
        return None
    except Exception:
        logger.exception("A batch failed lanes=%s size=%d", claim.lanes, claim.batch_size)
        error = traceback.format_exc(limit=-8)
        letter = claims.give_up(claim, attempts_max=settings.ATTEMPTS_MAX, error=error, now=now)
        if letter is not None:
            logger.error("Event %d went to the dead letters", letter.event_id)
        done.failures += 1
        return 0
    pace.learn(time.perf_counter() - started, count)
    done.events += count
    done.batches += 1
    reach("batch.committed")
    return count or None


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Leave the garbage of a batch to its end; to look for it all the while takes a seventh of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _judge(claim: Claim, *, now: datetime, pace: Pace) -> int:
    with transaction.atomic():
        if not claims.lock(claim):
            return 0
        reach("batch.claimed")
        count = batches.judge_lanes(lanes=claim.lanes, batch_size=claim.batch_size, now=now)
        claims.settle(claim, batch_size_max=pace.size_max)
    return count


def _release(claim: Claim) -> None:
    try:
        claims.release(claim)
    except (OperationalError, InterfaceError):
        logger.warning("The marks of lanes %s stay until they are old", claim.lanes)


def oldest_work_age(*, now: datetime) -> timedelta | None:
    """How long the event that waits longest has waited, or None if nothing waits."""
    from members.models import Work  # noqa: PLC0415

    oldest = Work.objects.filter(available_at__lte=now).order_by("event_id").values_list("available_at").first()
    return now - oldest[0] if oldest else None
