"""Is the service alive, and is it ready."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from incentives.domain.engine import rulebook
from incentives.domain.ledger import guards
from incentives.domain.pump import loop


def healthz(_request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """The database answers and every guard is in place; what else an operator should know does not make it unready."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        missing = guards.missing()
        age = loop.oldest_work_age(now=timezone.now())
        broken = sorted(rulebook.current().broken)
    except DatabaseError:
        return JsonResponse({"status": "the database does not answer"}, status=503)
    body = {
        "status": "guards are missing" if missing else "ok",
        "missing_guards": missing,
        "broken_rules": broken,
        "oldest_work_seconds": round(age.total_seconds(), 1) if age else 0,
    }
    return JsonResponse(body, status=503 if missing else 200)
