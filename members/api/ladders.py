"""Ladders and their tiers: what there is to reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle
from members.api.params import known_only
from members.api.schemas import PROBLEMS
from members.domain.standing import LadderLine, ladders
from members.enums import Scope


class LadderTier(serializers.Serializer[Any]):
    """A tier and the value of the ladder's metric at which it is reached, in major units."""

    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    threshold = serializers.CharField()


class LadderBody(serializers.Serializer[Any]):
    """A list of tiers, the lowest first, and the metric that decides."""

    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    metric = serializers.CharField(help_text="Such as balance:growth.")
    tiers = LadderTier(many=True)


class TierOfLadder(LadderTier):
    """A tier with the ladder it belongs to."""

    ladder = serializers.CharField()


class Configuration(APIView):
    scopes = {"GET": Scope.RULES_READ}
    throttle_classes = [PerKeyThrottle]


class Ladders(Configuration):
    @extend_schema(operation_id="list_ladders", responses={200: LadderBody(many=True), **PROBLEMS})
    def get(self, request: Request, **_: Any) -> Response:
        """Every ladder with its tiers."""
        known_only(request)
        return Response(LadderBody(ladders(), many=True).data)


class Tiers(Configuration):
    @extend_schema(operation_id="list_tiers", responses={200: TierOfLadder(many=True), **PROBLEMS})
    def get(self, request: Request, **_: Any) -> Response:
        """Every tier of every ladder, the lowest first."""
        known_only(request)
        return Response(TierOfLadder(list(_flat(ladders())), many=True).data)


def _flat(found: list[LadderLine]) -> Iterator[dict[str, Any]]:
    for ladder in found:
        for tier in ladder.tiers:
            yield {"ladder": ladder.code, "code": tier.code, "names": tier.names, "threshold": tier.threshold}
