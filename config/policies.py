"""Which Content-Security-Policy a page is served with: the strict one, unless its software needs more."""

from __future__ import annotations

from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase


class PolicyMiddleware(CSPMiddleware):
    """Serves settings.CONTENT_SECURITY_POLICY, but under the prefixes of CONTENT_SECURITY_POLICIES theirs."""

    def get_policy_parts(self, request: HttpRequest, response: HttpResponseBase, *args: Any, **options: Any) -> Any:
        parts = super().get_policy_parts(request, response, *args, **options)
        for prefix, policy in settings.CONTENT_SECURITY_POLICIES.items():
            if parts.config is None and request.path_info.startswith(prefix):
                parts.config = policy
        return parts
