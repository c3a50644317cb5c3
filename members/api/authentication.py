"""API keys: who calls, and what the key may do."""

from __future__ import annotations

import hashlib
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.utils import timezone
from rest_framework import authentication, exceptions, permissions, throttling
from rest_framework.request import Request

from members.api import rate_limits
from members.models import ApiKey

if TYPE_CHECKING:
    # DRF reads this module while it imports its own views.
    from rest_framework.views import APIView

KEYWORDS = ("Api-Key", "Bearer")
CACHE_SECONDS = 5
LAST_USED_EVERY = timedelta(minutes=1)


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """`Authorization: Api-Key <key>` (or Bearer). `request.auth` is then the ApiKey."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        keyword, _, given = header.partition(" ")
        given = given.strip()
        if keyword not in KEYWORDS or not given:
            raise exceptions.AuthenticationFailed("Send the key as: Authorization: Api-Key <key>.")
        key = self._key(given)
        # Whoever keeps a history of changes wants to know who made them.
        request._request.laurels_caller = key.name  # type: ignore[attr-defined]  # noqa: SLF001
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return 'Api-Key realm="laurels"'

    def _key(self, given: str) -> ApiKey:
        key = find_key(given)
        if key is None:
            raise exceptions.AuthenticationFailed("This key is not valid; check that it was copied whole.")
        if key.revoked:
            raise exceptions.AuthenticationFailed("This key was revoked; ask an operator for another.")
        if key.has_expired:
            raise exceptions.AuthenticationFailed("This key has expired; ask an operator for another.")
        return key


def find_key(given: str) -> ApiKey | None:
    """Find a key by its text, remembering the answer for some seconds: hashing it costs more than a request."""
    remembered = f"api-key:{hash_of(given)}"
    key: ApiKey | None = cache.get(remembered)
    if key is None:
        prefix, dot, _ = given.partition(".")
        if not dot or not given.isprintable():
            return None
        key = ApiKey.objects.filter(prefix=prefix[:8]).first()
        if key is None or not key.is_valid(given):
            return None
        key.source_codes = frozenset(key.sources.values_list("code", flat=True))
        cache.set(remembered, key, CACHE_SECONDS)
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > LAST_USED_EVERY:
        key.last_used_at = now
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
        cache.set(remembered, key, CACHE_SECONDS)
    return key


def hash_of(given: str) -> str:
    return hashlib.sha256(given.encode(errors="replace")).hexdigest()


class HasScope(permissions.BasePermission):
    """The key must hold the scope that the view names for the method: `scopes = {"GET": ..., "POST": ...}`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.auth is None:
            raise exceptions.NotAuthenticated("Send an API key: Authorization: Api-Key <key>.")
        scopes: dict[str, str] = getattr(view, "scopes", {})
        needed = scopes.get(request.method or "", "")
        if request.method in ("HEAD", "OPTIONS"):
            needed = scopes.get("GET", "")
        if not needed or needed in key_of(request).scopes:
            return True
        raise exceptions.PermissionDenied(f"This key lacks the scope {needed}.")


class PerKeyThrottle(throttling.BaseThrottle):
    """So many requests for each key in each minute; a protection, not a bill. One number in the cache for each key.

    What is left is told in the headers of the answer; see members/api/rate_limits.py.
    """

    def allow_request(self, request: Request, view: APIView) -> bool:
        if request.auth is None:
            return True
        key = key_of(request)
        most = key.requests_per_minute or settings.API_REQUESTS_PER_MINUTE
        window, self.seconds_left = rate_limits.window_of(time.time())
        counter = f"throttle:{key.pk}:{window}"
        cache.add(counter, 0, 2 * rate_limits.SECONDS)
        try:
            count = cache.incr(counter)
        except ValueError:
            # The cache was emptied in between; this is the first request it knows of.
            count = 1
        rate_limits.note(request._request, most=most, left=max(0, most - count), seconds=self.seconds_left)  # noqa: SLF001  DRF has no other way to it.
        return count <= most

    def wait(self) -> float:
        return float(self.seconds_left)


def key_of(request: Request) -> ApiKey:
    """The key that an authenticated request came with."""
    assert isinstance(request.auth, ApiKey), "HasScope lets nobody in without a key"
    return request.auth
