"""Who is calling."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle, key_of
from members.api.schemas import PROBLEMS


class Caller(serializers.Serializer[Any]):
    name = serializers.CharField()
    prefix = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    sources = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField(allow_null=True)


class WhoAmI(APIView):
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="whoami", responses={200: Caller, **PROBLEMS})
    def get(self, request: Request, **_: Any) -> Response:
        """The key of this request: its name, scopes and sources."""
        key = key_of(request)
        return Response(
            {
                "name": key.name,
                "prefix": key.prefix,
                "scopes": sorted(key.scopes),
                "sources": sorted(key.source_codes),
                "expires_at": key.expiry_date,
            }
        )
