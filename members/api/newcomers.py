"""A member's first days, and how far newcomers get by week of joining."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle
from members.api.members import find_member
from members.api.params import known_only
from members.api.schemas import PROBLEMS
from members.domain.newcomers.funnel import STAGES, Week, funnel
from members.domain.newcomers.queries import first_day_of
from members.enums import Scope


class FirstDayBody(serializers.Serializer[Any]):
    """When a member first did each thing, null while they have not; `greeter` is whom they may turn to."""

    joined_at = serializers.DateTimeField()
    rules_at = serializers.DateTimeField(allow_null=True)
    page_at = serializers.DateTimeField(allow_null=True)
    hello_at = serializers.DateTimeField(allow_null=True)
    ice_at = serializers.DateTimeField(allow_null=True)
    connected_at = serializers.DateTimeField(allow_null=True)
    active_at = serializers.DateTimeField(allow_null=True)
    retained_at = serializers.DateTimeField(allow_null=True)
    greeter = serializers.CharField(allow_null=True)


class ShareBody(serializers.Serializer[Any]):
    """So many of those who joined, in whole per cent; `low` and `high` are the ends of the 95 % interval."""

    count = serializers.IntegerField()
    percent = serializers.IntegerField()
    low = serializers.IntegerField()
    high = serializers.IntegerField()
    small = serializers.BooleanField(source="is_small")


class NewcomerWeekBody(serializers.Serializer[Any]):
    """Newcomers of a week, from its Monday. A stage is null while it is not known of everybody."""

    monday = serializers.DateTimeField()
    joined = serializers.IntegerField()
    rules = ShareBody(allow_null=True)
    page = ShareBody(allow_null=True)
    hello = ShareBody(allow_null=True)
    ice = ShareBody(allow_null=True)
    connection = ShareBody(allow_null=True)
    d7 = ShareBody(allow_null=True)
    d30 = ShareBody(allow_null=True)


class MemberFirstDay(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="member_first_day", responses={200: FirstDayBody, **PROBLEMS})
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """A member's first days, and who greets them."""
        known_only(request)
        return Response(FirstDayBody(first_day_of(find_member(ref))).data)


class NewcomerWeeks(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="newcomer_weeks", responses={200: NewcomerWeekBody(many=True), **PROBLEMS})
    def get(self, request: Request, **_: Any) -> Response:
        """How far newcomers get: the last twelve weeks of joining, the newest first."""
        known_only(request)
        return Response(NewcomerWeekBody([_plain(week) for week in funnel(now=timezone.now())], many=True).data)


def _plain(week: Week) -> dict[str, Any]:
    return {"monday": week.monday, "joined": week.joined, **{name: week.stages[name] for name in STAGES}}
