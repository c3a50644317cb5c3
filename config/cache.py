"""A cache in Redis that is done without while Redis is away."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import TimeoutError as TooSlow
from redis.retry import Retry

logger = logging.getLogger(__name__)

SECONDS_AWAY = 2.0
# A look into the cache must cost less than what it saves; one more try, since an idle connection may be stale.
OPTIONS: dict[str, Any] = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "retry": Retry(NoBackoff(), 1)}


class ForgivingRedisCache(RedisCache):
    """What we keep can be looked up again, so a dead Redis costs some speed and never an answer.

    Nothing is found and nothing is kept while it is away; after a failure it is left alone for two seconds, so that
    a request does not wait for the dead once per key. What is not used here does not forgive.
    """

    # Of the whole process: Django makes a cache for each thread.
    away_until = 0.0

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        if time.monotonic() < ForgivingRedisCache.away_until:
            return default
        try:
            return super().get(key, default, version)
        except (NotConnected, TooSlow) as error:
            _leave_alone(error)
            return default

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        if time.monotonic() < ForgivingRedisCache.away_until:
            return
        try:
            super().set(key, value, timeout, version)
        except (NotConnected, TooSlow) as error:
            _leave_alone(error)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        if time.monotonic() < ForgivingRedisCache.away_until:
            return False
        try:
            return bool(super().add(key, value, timeout, version))
        except (NotConnected, TooSlow) as error:
            _leave_alone(error)
            return False

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Count on; away, it knows no such number, and says so as any cache does: ValueError."""
        if time.monotonic() < ForgivingRedisCache.away_until:
            raise ValueError(f"The cache is away, and with it {key!r}")
        try:
            return int(super().incr(key, delta, version))
        except (NotConnected, TooSlow) as error:
            _leave_alone(error)
            raise ValueError(f"The cache is away, and with it {key!r}") from error


def _leave_alone(error: Exception) -> None:
    ForgivingRedisCache.away_until = time.monotonic() + SECONDS_AWAY
    logger.warning("The cache is away: %s", error)
