"""Ladders and their tiers: what there is to reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle
from members.api.bodies import StrictBody
from members.api.params import known_only
from members.api.problems import Problem
from members.api.schemas import PROBLEMS
from members.domain.ladders.demands import ANY_OF_MAX
from members.domain.ladders.editing import BadLadder, preview
from members.domain.standing import LadderLine, ladders
from members.enums import Falls, LadderWindow, Rises, Scope
from members.models import Ladder


class LadderTier(serializers.Serializer[Any]):
    """A tier and the value of the ladder's metric at which it is reached, in major units."""

    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    threshold = serializers.CharField()


class LadderBody(serializers.Serializer[Any]):
    """A list of tiers, the lowest first, and the metric that decides."""

    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    purpose = serializers.CharField(allow_blank=True)
    metric = serializers.CharField(help_text="Such as earned:growth.")
    window = serializers.ChoiceField(choices=LadderWindow.choices)
    tiers = LadderTier(many=True)


class TierOfLadder(LadderTier):
    """A tier with the ladder it belongs to."""

    ladder = serializers.CharField()


class Codes(serializers.DictField):
    """What is said of each, by code."""

    def to_internal_value(self, data: Any) -> Any:
        for code in data if isinstance(data, dict) else ():
            if not re.fullmatch(r"[-\w]{1,64}", code, re.ASCII):
                raise serializers.ValidationError(f"{code[:64]!r} is no code: letters, digits, _ and - only.")
        return super().to_internal_value(data)


class Wanted(StrictBody):
    """A counter, or a metric in its last days, that must have come so far, perhaps from so many people on so many days.

    Or one that may come so far at most.
    """

    counter = serializers.CharField(max_length=64, required=False)
    metric = serializers.CharField(max_length=80, required=False, help_text="Such as content:quality.")
    within_days = serializers.IntegerField(min_value=1, max_value=3_660, required=False, help_text="Of a metric.")
    at_least = serializers.IntegerField(min_value=1, max_value=10**9, required=False)
    at_most = serializers.IntegerField(min_value=0, max_value=10**9, required=False)
    people = serializers.CharField(max_length=80, required=False)
    people_min = serializers.IntegerField(min_value=1, max_value=10**9, required=False)
    days = serializers.CharField(max_length=80, required=False)
    days_min = serializers.IntegerField(min_value=1, max_value=10**9, required=False)


class WayOfDuty(StrictBody):
    """A counter of the month, or a metric, that must come so far each month."""

    counter = serializers.CharField(max_length=64, required=False)
    metric = serializers.CharField(max_length=80, required=False, help_text="Such as content:quality.")
    at_least = serializers.IntegerField(min_value=1, max_value=10**9)


class Duty(WayOfDuty):
    """What must come so far each month, or `any_of` several, one of which is enough."""

    at_least = serializers.IntegerField(min_value=1, max_value=10**9, required=False)
    any_of = serializers.ListField(child=WayOfDuty(), required=False, min_length=2, max_length=ANY_OF_MAX)


class EditedTier(StrictBody):
    """What a tier would be; whatever is left out stays as it is. Thresholds in minor units."""

    names = serializers.DictField(child=serializers.CharField(max_length=100), required=False)
    threshold = serializers.IntegerField(min_value=-(10**15), max_value=10**15, required=False)
    keep = serializers.IntegerField(min_value=-(10**15), max_value=10**15, required=False, allow_null=True)
    demands = serializers.ListField(child=Wanted(), required=False, max_length=20)
    duties = serializers.ListField(child=Duty(), required=False, max_length=20)
    quota_members = serializers.IntegerField(min_value=1, max_value=10**9, required=False, allow_null=True)
    quota_percent = serializers.IntegerField(min_value=1, max_value=100, required=False, allow_null=True)
    by_invitation = serializers.BooleanField(source="is_by_invitation", required=False)


class EditedLadder(StrictBody):
    """What a ladder would be; whatever is left out stays as it is."""

    names = serializers.DictField(child=serializers.CharField(max_length=100), required=False)
    purpose = serializers.CharField(max_length=200, required=False, allow_blank=True)
    metric = serializers.CharField(max_length=80, required=False)
    window = serializers.ChoiceField(choices=LadderWindow.choices, required=False)
    days = serializers.IntegerField(min_value=1, max_value=3_660, required=False, allow_null=True)
    rises = serializers.ChoiceField(choices=Rises.choices, required=False)
    falls = serializers.ChoiceField(choices=Falls.choices, required=False)
    validity_days = serializers.IntegerField(min_value=1, max_value=3_660, required=False, allow_null=True)
    grace_days = serializers.IntegerField(min_value=0, max_value=3_660, required=False)
    tiers = Codes(child=EditedTier(), required=False, default=dict)


class ShiftBody(serializers.Serializer[Any]):
    """Somebody who would rise or fall; an empty tier is none."""

    member = serializers.CharField(source="member.ref")
    display_name = serializers.CharField(source="member.display_name", allow_blank=True)
    from_tier = serializers.CharField(allow_blank=True)
    to_tier = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()
    value = serializers.CharField()


class PreviewBody(serializers.Serializer[Any]):
    """How many would rise and fall, and the 200 of each with the highest values."""

    rise_count = serializers.IntegerField()
    fall_count = serializers.IntegerField()
    rises = ShiftBody(many=True)
    falls = ShiftBody(many=True)
    fingerprint = serializers.CharField(help_text="Names the change that was looked at; send it with the change.")


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


class LadderPreview(APIView):
    scopes = {"POST": Scope.RULES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="preview_ladder", request=EditedLadder, responses={200: PreviewBody, **PROBLEMS})
    def post(self, request: Request, code: str, **_: Any) -> Response:
        """Who would rise and who would fall if the ladder were changed so. Nothing is changed."""
        find_ladder(code)
        body = EditedLadder(data=request.data)
        body.is_valid(raise_exception=True)
        values = dict(body.validated_data)
        tiers = values.pop("tiers")
        try:
            found = preview(code=code, values=values, tiers=tiers, now=timezone.now())
        except BadLadder as error:
            raise Problem(str(error), status_code=422, kind="bad_ladder") from error
        return Response(PreviewBody(found).data)


def find_ladder(code: str) -> Ladder:
    """A ladder by its code. Raises a 404 problem."""
    found = Ladder.objects.filter(code=code).first() if "\x00" not in code else None
    if found is None:
        raise Problem(f"There is no ladder {code[:64]!r}.", status_code=404, kind="unknown_ladder")
    return found


def _flat(found: list[LadderLine]) -> Iterator[dict[str, Any]]:
    for ladder in found:
        for tier in ladder.tiers:
            yield {"ladder": ladder.code, "code": tier.code, "names": tier.names, "threshold": tier.threshold}
