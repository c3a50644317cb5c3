"""Event types: what apps may report."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle
from members.api.bodies import StrictMixin
from members.api.problems import Problem
from members.api.schemas import PROBLEMS
from members.domain.event_types import ReservedType, is_type_name, put_event_type
from members.domain.events.schemas import BadSchema
from members.enums import Scope
from members.models import EventType


class EventTypeBody(StrictMixin, serializers.ModelSerializer[EventType]):
    """A kind of event and the schema of its data: field name to {type, optional, min, max, max_length, enum}."""

    contribution = serializers.BooleanField(source="is_contribution", default=False)
    conversation = serializers.BooleanField(source="is_conversation", default=False)
    schema = serializers.DictField(default=dict)
    content = serializers.DictField(
        child=serializers.CharField(max_length=64), default=dict,
        help_text="What it says of a content: step, and the fields that name it: id, topic, kind, by.",
    )  # fmt: skip

    class Meta:
        model = EventType
        fields = [
            "code", "meaning", "schema", "version", "contribution", "conversation", "counterpart", "gathering",
            "content",
        ]  # fmt: skip
        read_only_fields = ["code", "version"]


class EventTypes(APIView):
    scopes = {"GET": Scope.EVENTS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="list_event_types", responses={200: EventTypeBody(many=True), **PROBLEMS})
    def get(self, request: Request, **_: Any) -> Response:
        """Every registered event type, our own included."""
        return Response(EventTypeBody(EventType.objects.all(), many=True).data)


class EventTypeDetail(APIView):
    scopes = {"GET": Scope.EVENTS_READ, "PUT": Scope.EVENTS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_event_type", responses={200: EventTypeBody, **PROBLEMS})
    def get(self, request: Request, code: str, **_: Any) -> Response:
        """One event type."""
        found = EventType.objects.filter(code=code).first() if "\x00" not in code else None
        if found is None:
            raise Problem("There is no such event type.", status_code=404, kind="unknown_type")
        return Response(EventTypeBody(found).data)

    @extend_schema(
        operation_id="put_event_type",
        request=EventTypeBody,
        responses={200: EventTypeBody, 201: EventTypeBody, **PROBLEMS},
    )
    def put(self, request: Request, code: str, **_: Any) -> Response:
        """Register an event type, or widen its schema."""
        if not is_type_name(code):
            raise Problem("A type is named like content.published: lower-case words joined by dots.", kind="invalid")
        body = EventTypeBody(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            made, is_new = put_event_type(code=code, **body.validated_data)
        except BadSchema as error:
            raise Problem(str(error), kind="invalid_schema", pointer="/schema") from error
        except ReservedType as error:
            raise Problem(str(error), status_code=409, kind="reserved_type") from error
        return Response(EventTypeBody(made).data, status=201 if is_new else 200)
