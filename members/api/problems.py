"""Errors as problem details (RFC 9457): what was wrong, where, and what to do."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, connection
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.encoding import force_str
from rest_framework import exceptions, status
from rest_framework.response import Response

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"


class Problem(exceptions.APIException):
    """A problem to answer with. `type` is a short name under /problems/; `pointer` names the place in the body."""

    def __init__(
        self,
        sentence: str,
        *,
        status_code: int = status.HTTP_400_BAD_REQUEST,
        kind: str = "invalid",
        pointer: str | None = None,
        headers: Mapping[str, str] | None = None,
        errors: list[dict[str, str]] | None = None,
    ) -> None:
        super().__init__(sentence, kind)
        self.status_code = status_code
        self.kind = kind
        self.errors = errors or ([{"pointer": f"#{pointer}", "detail": sentence}] if pointer is not None else [])
        self.headers = dict(headers or {})


def body_of(
    *, status_code: int, kind: str, detail: str, instance: str, errors: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Make a problem document."""
    body: dict[str, Any] = {
        "type": f"/problems/{kind}",
        "title": HTTPStatus(status_code).phrase,
        "status": status_code,
        "detail": detail,
        "instance": instance,
    }
    if errors:
        body["errors"] = errors
    return body


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer any exception of an API view; what nobody expected is logged and answered as 500."""
    request = context["request"]
    headers: dict[str, str] = {}
    errors: list[dict[str, str]] = []
    if isinstance(error, Http404):
        error = exceptions.NotFound("There is nothing at this address.")
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif _is_passing(error):
        logger.warning("%s %s met a database that did not answer", request.method, request.path, exc_info=error)
        error = Problem(
            "The database is busy; send the same request again.",
            status_code=status.HTTP_503_SERVICE_UNAVAILABLE,
            kind="busy",
            headers={"Retry-After": "1"},
        )
    if not isinstance(error, exceptions.APIException):
        logger.error("%s %s failed", request.method, request.path, exc_info=error)
        error = Problem("Something went wrong here; it was recorded.", status_code=500, kind="internal")
    kind = str(getattr(error, "kind", error.default_code))
    detail = force_str(error.detail) if not isinstance(error.detail, (list, dict)) else ""
    if isinstance(error, exceptions.ValidationError):
        kind = "invalid"
        errors = list(flat(error.detail, ""))
        detail = errors[0]["detail"] if len(errors) == 1 else "Some fields are not valid; see errors."
    if isinstance(error, Problem):
        errors, headers = error.errors, error.headers
    if isinstance(error, exceptions.Throttled):
        kind = "too_many_requests"
        headers["Retry-After"] = str(int(getattr(error, "wait", None) or 1))
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(getattr(error, "auth_header", ""))
    from rest_framework.views import set_rollback  # noqa: PLC0415  DRF reads this module while importing its views.

    set_rollback()
    body = body_of(status_code=error.status_code, kind=kind, detail=detail, instance=request.path, errors=errors)
    return Response(body, status=error.status_code, headers=headers, content_type=CONTENT_TYPE)


def _is_passing(error: Exception) -> bool:
    """Say whether the database is busy, restarting or out of connections: the same request will work later."""
    if isinstance(error, OperationalError):
        # To SQLite a missing table is an operational error too; that would not pass.
        return connection.vendor == "postgresql" or "locked" in str(error)
    return isinstance(error, InterfaceError)


def flat(detail: Any, pointer: str) -> Any:
    """The sentences of nested mistakes, each with a pointer to its place."""
    if isinstance(detail, dict):
        for name, value in detail.items():
            step = str(name)[:80].replace("~", "~0").replace("/", "~1")
            yield from flat(value, pointer if name == "non_field_errors" else f"{pointer}/{step}")
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            nested = isinstance(value, (dict, list))
            yield from flat(value, f"{pointer}/{index}" if nested else pointer)
    else:
        yield {"pointer": f"#{pointer}", "detail": force_str(detail)}


def plain(request: HttpRequest, *, status_code: int, kind: str, detail: str) -> JsonResponse:
    """A problem outside DRF, for addresses under /api/ that no view answers."""
    body = body_of(status_code=status_code, kind=kind, detail=detail, instance=request.path)
    return JsonResponse(body, status=status_code, content_type=CONTENT_TYPE)
