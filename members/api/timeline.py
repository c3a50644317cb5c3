"""A member's timeline, as the apps that wrote it may read it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle, key_of
from members.api.members import find_member
from members.api.paging import bad_cursor, page_size_of
from members.api.params import PAGING, known_only, moment_of
from members.api.problems import Problem
from members.api.schemas import PAGE_SIZE, PROBLEMS
from members.domain.timeline import BadCursor, timeline_of
from members.enums import Scope

TYPES_MAX = 50


class EventName(serializers.Serializer[Any]):
    """An event as its source knows it."""

    source = serializers.CharField()
    id = serializers.CharField()


class TimelineEvent(serializers.Serializer[Any]):
    """Something that happened to or was done by the member."""

    type = serializers.CharField()
    source = serializers.CharField()
    id = serializers.CharField(allow_null=True, help_text="The source's own id; null for what Laurels itself records.")
    time = serializers.DateTimeField()
    received_at = serializers.DateTimeField()
    data = serializers.DictField(allow_null=True, help_text="Null once it was erased.")
    cause = EventName(allow_null=True, help_text="The event that this one follows from.")


class TimelinePage(serializers.Serializer[Any]):
    """A page of events, newest first; `next` is the cursor of the next page, null on the last."""

    next = serializers.CharField(allow_null=True)
    results = TimelineEvent(many=True)


class MemberTimeline(APIView):
    scopes = {"GET": Scope.EVENTS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="member_timeline",
        responses={200: TimelinePage, **PROBLEMS},
        parameters=[
            OpenApiParameter(
                "type", {"type": "string", "pattern": r"^[a-z0-9_.]{1,64}(,[a-z0-9_.]{1,64}){0,9}$"},
                description="Only this type; several are joined by commas.",
            ),
            OpenApiParameter("from", OpenApiTypes.DATETIME, description="Only what happened at or after this moment."),
            OpenApiParameter("until", OpenApiTypes.DATETIME, description="Only what happened before this moment."),
            OpenApiParameter(
                "cursor", {"type": "string", "pattern": r"^-?[0-9]{1,15}\.[0-9]{1,18}$"},
                description="Where the page begins, as `next` of the one before.",
            ),
            PAGE_SIZE,
        ],
    )  # fmt: skip
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """What happened to a member, newest first: events of the key's own sources, and what Laurels recorded."""
        known_only(request, "type", "from", "until", *PAGING)
        member = find_member(ref)
        types = [code for code in request.query_params.get("type", "").split(",") if code]
        if len(types) > TYPES_MAX or "\x00" in "".join(types):
            raise Problem(f"type names at most {TYPES_MAX} types, joined by commas.", kind="invalid", pointer="/type")
        try:
            page = timeline_of(
                member_id=member.pk,
                sources=key_of(request).source_codes,
                types=types,
                begins=moment_of(request, "from"),
                ends=moment_of(request, "until"),
                cursor=request.query_params.get("cursor", ""),
                count=page_size_of(request),
            )
        except BadCursor as error:
            raise bad_cursor() from error
        return Response({"next": page.following, "results": TimelineEvent(page.lines, many=True).data})
