"""What several groups of examples show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NOON = "2026-11-24T12:00:00Z"


@dataclass(frozen=True)
class Call:
    """A call in a few words, with an example; `request` is None where nothing is sent."""

    summary: str
    response: Any
    request: Any = None


PROBLEM = {
    "type": "/problems/unknown_member",
    "title": "Not Found",
    "status": 404,
    "detail": "There is no member 'adda'.",
    "instance": "/api/v1/members/adda",
}
