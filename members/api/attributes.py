"""Which attributes members have here."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle
from members.api.params import known_only
from members.api.schemas import PROBLEMS
from members.enums import Scope
from members.models import AttributeDefinition


class AttributeBody(serializers.ModelSerializer[AttributeDefinition]):
    """An attribute and what may stand in it; bounds are decimal strings, null where there are none."""

    names = serializers.DictField(child=serializers.CharField())
    choices = serializers.ListField(child=serializers.CharField())
    required = serializers.BooleanField(source="is_required")
    personal = serializers.BooleanField(source="is_personal")
    for_rules = serializers.BooleanField(source="is_for_rules")

    class Meta:
        model = AttributeDefinition
        fields = [
            "code", "names", "kind", "choices", "minimum", "maximum", "required", "personal", "for_rules", "shown_to",
        ]  # fmt: skip


class Attributes(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="list_attributes", responses={200: AttributeBody(many=True), **PROBLEMS})
    def get(self, request: Request, **_: Any) -> Response:
        """What operators want to know of members, and in which form."""
        known_only(request)
        return Response(AttributeBody(AttributeDefinition.objects.all(), many=True).data)
