"""Partners and their scoreboards, for the community's own apps."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.api.schemas import PROBLEMS
from incentives.domain.partners import scoreboard_of
from members.api.authentication import PerKeyThrottle
from members.api.params import known_only
from members.api.problems import Problem
from members.enums import Scope
from members.models import Partner


class PartnerBody(serializers.ModelSerializer[Partner]):
    """A partner and its contract: both days included, an open end is null. Its contact stays with the team."""

    source = serializers.CharField(source="source.code", allow_null=True, default=None)

    class Meta:
        model = Partner
        fields = ["code", "name", "contract_from", "contract_until", "source"]


class PaidBody(serializers.Serializer[Any]):
    """What members got for its events, net, in major units."""

    currency = serializers.CharField()
    amount = serializers.CharField()


class ScoreboardBody(serializers.Serializer[Any]):
    """What each side gave and got. `people_left` is how many more its next codes may be for.

    `tickets_used` of the tickets given brought somebody, `sessions` were held by its guests, before `sessions_came`
    people, and `new_members` came to their first activity by either.
    """

    tickets_given = serializers.IntegerField()
    tickets_max = serializers.IntegerField()
    codes = serializers.IntegerField()
    codes_used = serializers.IntegerField()
    people_left = serializers.IntegerField()
    joined = serializers.IntegerField()
    active = serializers.IntegerField()
    retained = serializers.IntegerField()
    events = serializers.IntegerField()
    paid = PaidBody(many=True)
    tickets_used = serializers.IntegerField(source="gathered.tickets_used")
    sessions = serializers.IntegerField(source="gathered.sessions")
    sessions_came = serializers.IntegerField(source="gathered.sessions_came")
    new_members = serializers.IntegerField(source="gathered.new_members")


class PartnerDetailBody(PartnerBody):
    scoreboard = ScoreboardBody()

    class Meta(PartnerBody.Meta):
        fields = [*PartnerBody.Meta.fields, "scoreboard"]


class Partners(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="list_partners", responses={200: PartnerBody(many=True), **PROBLEMS})
    def get(self, request: Request, **_: Any) -> Response:
        """Every partner, by code."""
        known_only(request)
        return Response(PartnerBody(Partner.objects.select_related("source").order_by("code"), many=True).data)


class PartnerDetail(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_partner", responses={200: PartnerDetailBody, **PROBLEMS})
    def get(self, request: Request, code: str, **_: Any) -> Response:
        """A partner with its scoreboard, counted now."""
        known_only(request)
        partner = Partner.objects.filter(code=code).select_related("source").first() if "\x00" not in code else None
        if partner is None:
            raise Problem(f"There is no partner {code[:64]!r}.", status_code=404, kind="unknown_partner")
        return Response({**PartnerBody(partner).data, "scoreboard": ScoreboardBody(scoreboard_of(partner)).data})
