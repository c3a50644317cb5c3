"""How often somebody may ask: counted by the minute in the cache, a protection and not a bill."""

from __future__ import annotations

import time

from django.core.cache import cache

SECONDS = 60


def may_ask(who: str, *, most: int) -> bool:
    """Count once more for whoever asks, and say whether that is within what a minute allows."""
    counter = f"{who}:{int(time.time()) // SECONDS}"
    cache.add(counter, 0, 2 * SECONDS)
    try:
        return bool(cache.incr(counter) <= most)
    except ValueError:
        # The cache was emptied in between, or is away.
        return True
