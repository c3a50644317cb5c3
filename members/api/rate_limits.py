"""What is left of a key's requests, told with every answer.

`RateLimit-Policy` and `RateLimit` are the fields of the IETF's draft (draft-ietf-httpapi-ratelimit-headers): the
quota `q` in a window of `w` seconds, and what remains `r` until `t` seconds from now.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

SECONDS = 60
POLICY = "per-key"

_NOTED = "laurels_rate_limit"


def window_of(now: float) -> tuple[int, int]:
    """The number of the window that holds a moment, and how many whole seconds are left of it, at least one."""
    window = int(now // SECONDS)
    return window, max(1, math.ceil((window + 1) * SECONDS - now))


def note(request: HttpRequest, *, most: int, left: int, seconds: int) -> None:
    """Remember what to tell with the answer."""
    setattr(request, _NOTED, (most, left, seconds))


class RateLimitHeaders:
    """Middleware that tells what a throttle has noted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        noted: tuple[int, int, int] | None = getattr(request, _NOTED, None)
        if noted is not None:
            most, left, seconds = noted
            response["RateLimit-Policy"] = f'"{POLICY}";q={most};w={SECONDS}'
            response["RateLimit"] = f'"{POLICY}";r={left};t={seconds}'
        return response
