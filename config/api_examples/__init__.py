"""One example for each call of the API: what is sent and what comes back. A test proves that they fit the schema."""

from __future__ import annotations

from config.api_examples import (
    circles,
    conduct,
    events,
    gatherings,
    growth,
    inbox,
    people,
    points,
    privileges,
    rules,
    standing,
)
from config.api_examples.shared import PROBLEM, Call

__all__ = ["CALLS", "PROBLEM", "Call"]

CALLS: dict[str, Call] = {
    **people.CALLS,
    **events.CALLS,
    **standing.CALLS,
    **growth.CALLS,
    **circles.CALLS,
    **gatherings.CALLS,
    **conduct.CALLS,
    **points.CALLS,
    **rules.CALLS,
    **privileges.CALLS,
    **inbox.CALLS,
}
