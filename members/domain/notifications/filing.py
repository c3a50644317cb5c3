"""Files the events that some template listens to, in the transaction that writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection

from members.domain.registry import registry
from members.domain.sql import insert

# What happened longer ago is no news: late reports and whole histories are brought in without a word to anybody.
NEWS_FOR = timedelta(days=7)


def heard() -> frozenset[int]:
    """The types, by id, that some template in use listens to, as known at most two seconds ago; no query."""
    return registry.heard


def is_heard(type_id: int) -> bool:
    return type_id in registry.heard


def file(events: Iterable[tuple[int, datetime, datetime]]) -> None:
    """Keep the news among these (id, occurred at, received at) for the job that writes notifications."""
    assert connection.in_atomic_block, "an event and what is to be told of it are kept together"
    news = [(event_id,) for event_id, occurred_at, received_at in events if received_at - occurred_at <= NEWS_FOR]
    insert("members_notificationwork", {"event_id": "bigint"}, news)
