"""Badges: which there are, and which a member holds."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.models import Badge, BadgeGrant
from members.api.authentication import PerKeyThrottle
from members.api.members import find_member
from members.api.params import known_only
from members.api.schemas import PROBLEMS
from members.enums import Scope


class BadgeBody(serializers.ModelSerializer[Badge]):
    """An honour; `repeatable` says whether a member may hold it more than once."""

    names = serializers.DictField(child=serializers.CharField())
    repeatable = serializers.BooleanField(source="is_repeatable")

    class Meta:
        model = Badge
        fields = ["code", "names", "repeatable"]


class GrantBody(serializers.Serializer[Any]):
    """A badge that a member was given, and the rule that gave it."""

    badge = serializers.CharField(source="badge.code")
    names = serializers.DictField(child=serializers.CharField(), source="badge.names")
    granted_at = serializers.DateTimeField()
    rule_code = serializers.CharField(allow_blank=True)
    rule_version = serializers.IntegerField(allow_null=True)


class Badges(APIView):
    scopes = {"GET": Scope.RULES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="list_badges", responses={200: BadgeBody(many=True), **PROBLEMS})
    def get(self, request: Request, **_: Any) -> Response:
        """Every badge that rules may grant."""
        known_only(request)
        return Response(BadgeBody(Badge.objects.order_by("code"), many=True).data)


class MemberBadges(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="member_badges", responses={200: GrantBody(many=True), **PROBLEMS})
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """The badges a member holds, the newest first; one that was given twice stands here twice."""
        known_only(request)
        grants = BadgeGrant.objects.filter(member_id=find_member(ref).pk).select_related("badge")
        return Response(GrantBody(grants.order_by("-granted_at", "-id"), many=True).data)
