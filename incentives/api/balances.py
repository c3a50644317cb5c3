"""Balances, now and at any moment."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.domain.balances import balances_at
from incentives.domain.ledger import queries
from members.api.authentication import PerKeyThrottle
from members.api.members import find_member
from members.api.params import choice_of, known_only, moment_of
from members.api.schemas import PROBLEMS
from members.enums import Scope

BY = ("record", "business")


class BalanceBody(serializers.Serializer[Any]):
    """Amounts in major units, as decimal strings. Of a moment in the past only `available` is told."""

    currency = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    kind = serializers.CharField()
    available = serializers.CharField()
    pending = serializers.CharField(allow_null=True)
    held = serializers.CharField(allow_null=True)


class Balances(APIView):
    scopes = {"GET": Scope.POINTS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="member_balances",
        responses={200: BalanceBody(many=True), **PROBLEMS},
        parameters=[
            OpenApiParameter("at", OpenApiTypes.DATETIME, description="The balance at this moment; now if left out."),
            OpenApiParameter(
                "by", OpenApiTypes.STR, enum=BY,
                description="Whether `at` means what the books said then (record, the default), or what had happened "
                "by then, whenever it was posted (business).",
            ),
        ],
    )  # fmt: skip
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """What a member has in every currency, now or at a moment."""
        known_only(request, "at", "by")
        moment, by = moment_of(request, "at"), choice_of(request, "by", BY)
        member = find_member(ref)
        if moment is None and not by:
            return Response(BalanceBody(queries.balances(member.pk), many=True).data)
        then = balances_at(member_id=member.pk, moment=moment or timezone.now(), by=by or "record")
        return Response(BalanceBody(then, many=True).data)
