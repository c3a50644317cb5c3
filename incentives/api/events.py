"""Events in, and what became of them."""

from __future__ import annotations

import threading
import time
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.api.schemas import PROBLEMS, Trace
from incentives.domain import traces
from incentives.domain.pump import hints, loop
from members.api.authentication import PerKeyThrottle, key_of
from members.api.parsers import EventParser
from members.api.problems import Problem
from members.domain.events import envelopes, intake
from members.domain.events.intake import Result
from members.enums import Scope
from members.models import EventKey, Work

WAIT_POLL_SECONDS = 0.02
OVERLOAD_LOOK_SECONDS = 1.0


class EventItem(serializers.Serializer[Any]):
    """A CloudEvent 1.0 in JSON."""

    source = serializers.CharField(max_length=128, help_text="Who reports it; one of the key's sources.")
    id = serializers.CharField(max_length=128, help_text="The source's own id; the same event always has the same.")
    type = serializers.CharField(max_length=64, help_text="A registered event type.")
    subject = serializers.CharField(max_length=128, help_text="The member's ref.")
    time = serializers.DateTimeField(required=False, help_text="When it happened, with a zone; now if left out.")
    space = serializers.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", required=False, help_text="The ref of the space where it happened."
    )
    data = serializers.DictField(required=False, help_text="As the type's schema says.")
    specversion = serializers.ChoiceField(choices=["1.0"], required=False)


class EventResult(serializers.Serializer[Any]):
    """What became of one item."""

    status = serializers.ChoiceField(choices=["accepted", "duplicate", "conflict", "rejected"])
    source = serializers.CharField()
    id = serializers.CharField()
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)
    pointer = serializers.CharField(required=False)
    outcome = Trace(required=False)


class EventResults(serializers.Serializer[Any]):
    results = EventResult(many=True)


_waiters = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 2))


class _Overload:
    """Whether the oldest work is older than we promise, looked up at most once a second."""

    def __init__(self) -> None:
        self._looked_at = 0.0
        self._is_over = False

    def is_over(self) -> bool:
        if time.monotonic() - self._looked_at > OVERLOAD_LOOK_SECONDS:
            self._looked_at = time.monotonic()
            age = loop.oldest_work_age(now=timezone.now())
            self._is_over = age is not None and age.total_seconds() > settings.WORK_AGE_SECONDS_MAX
        return self._is_over


_overload = _Overload()


class AnyType(DefaultContentNegotiation):
    """CloudEvents have content types of their own; the body says what it is."""


class Events(APIView):
    """Report events."""

    scopes = {"POST": Scope.EVENTS_WRITE}
    parser_classes = [EventParser]
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="report_events",
        summary="Report one event or many",
        description=(
            "One CloudEvent as an object, many as an array (`application/json` or "
            "`application/cloudevents-batch+json`), or one in binary mode with `ce-` headers. Each item gets its own "
            "result, in order; a bad one never rejects its neighbours. Repeating a request is safe."
        ),
        request={"application/json": EventItem(many=True), "application/cloudevents+json": EventItem},
        responses={202: EventResults, 200: EventResults, **PROBLEMS},
        parameters=[
            OpenApiParameter("dry_run", OpenApiTypes.BOOL, description="Give verdicts, store nothing."),
            OpenApiParameter(
                "Prefer", OpenApiTypes.STR, OpenApiParameter.HEADER,
                description="`wait=2` waits up to two seconds for what the events earned.",
            ),
        ],
        examples=[
            OpenApiExample(
                "One event",
                value=[
                    {
                        "source": "forum", "id": "post-1041", "type": "content.published", "subject": "ada",
                        "data": {"content_id": "1041", "words": 640},
                    }
                ],
                request_only=True,
            )
        ],
    )  # fmt: skip
    def post(self, request: Request, **_: Any) -> Response:
        if _overload.is_over():
            raise Problem(
                "More events wait than can be judged in time; send this again later.",
                status_code=429,
                kind="too_much_work",
                headers={"Retry-After": "30"},
            )
        is_dry = _is_dry(request)
        bounds = intake.default_bounds()
        try:
            items = envelopes.split(_body(request), request.content_type or "", _headers(request), bounds)
        except envelopes.TooMuch as error:
            raise Problem(error.sentence, status_code=413, kind="too_large") from error
        except envelopes.Malformed as error:
            raise Problem(error.sentence, kind="malformed", pointer=error.pointer) from error
        if not items:
            raise Problem("There is no event in this request.", kind="malformed")
        receipt = intake.record_events(
            items=items, allowed_sources=key_of(request).source_codes, now=timezone.now(), dry_run=is_dry, bounds=bounds
        )
        if receipt.lanes:
            hints.wake_on_commit()
        waited = _wait(receipt.results, _preferred_wait(request))
        body = {"results": [_shown(result, i, len(items)) for i, result in enumerate(receipt.results)]}
        headers = {}
        if waited is not None:
            headers["Preference-Applied"] = f"wait={waited}"
            for shown, result in zip(body["results"], receipt.results, strict=True):
                if result.event_id:
                    shown["outcome"] = Trace(traces.trace_of(result.event_id)).data
        filed = any(result.verdict == "accepted" for result in receipt.results) and not is_dry
        return Response(body, status=202 if filed else 200, headers=headers)


class EventOutcome(APIView):
    """What became of one event."""

    scopes = {"GET": Scope.EVENTS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="event_outcome",
        summary="What became of an event, and why",
        responses={200: Trace, **PROBLEMS},
    )
    def get(self, request: Request, source: str, external_id: str, **_: Any) -> Response:
        key = None
        if source in key_of(request).source_codes and "\x00" not in external_id:
            key = EventKey.objects.filter(source__code=source, external_id=external_id).first()
        if key is None:
            raise Problem("We know no such event.", status_code=404, kind="not_found")
        return Response(Trace(traces.trace_of(key.event_id)).data)


def _is_dry(request: Request) -> bool:
    """Whether this is only a question. A word that is neither yes nor no must not be taken for "store it"."""
    word = request.query_params.get("dry_run", "").lower()
    if word not in ("", "0", "1", "false", "no", "true", "yes"):
        raise Problem("dry_run is true or false.", kind="invalid", pointer="/dry_run")
    return word in ("1", "true", "yes")


def _body(request: Request) -> bytes:
    """EventParser leaves the body as it came; without one there is nothing to parse."""
    body: Any = request.data
    return body if isinstance(body, bytes) else b""


def _headers(request: Request) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items() if name.lower().startswith("ce-")}


def _preferred_wait(request: Request) -> float:
    for part in request.headers.get("Prefer", "").split(","):
        name, _, value = part.strip().partition("=")
        if name == "wait" and value.strip().isascii() and value.strip().isdigit():
            return min(float(value.strip()[:4]), settings.WAIT_SECONDS_MAX)
    return 0.0


def _wait(results: list[Result], seconds: float) -> int | None:
    """Wait until the accepted events are judged; None if nobody asked, or too many threads wait already."""
    accepted = [result.event_id for result in results if result.verdict == "accepted" and result.event_id]
    if not seconds or not _waiters.acquire(blocking=False):
        return None
    try:
        deadline = time.monotonic() + seconds
        while accepted and time.monotonic() < deadline:
            if not Work.objects.filter(event_id__in=accepted).exists():
                break
            time.sleep(WAIT_POLL_SECONDS)
    finally:
        _waiters.release()
    return int(seconds)


def _shown(result: Result, place: int, count: int) -> dict[str, Any]:
    shown: dict[str, Any] = {"status": result.verdict, "source": result.source, "id": result.id}
    if result.code:
        shown |= {"code": result.code, "detail": result.sentence}
        shown["pointer"] = f"#{f'/{place}' if count > 1 else ''}{result.pointer}"
    return shown
