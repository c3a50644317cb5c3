"""The community's rules and where a member stands with them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle
from members.api.bodies import StrictBody
from members.api.members import find_member
from members.api.params import known_only
from members.api.problems import Problem
from members.api.schemas import PROBLEMS
from members.domain.conduct.acceptance import NotTheRules, accept_rules, current_rules, rules_to_accept
from members.domain.conduct.queries import conduct_of, may_appeal
from members.enums import Scope


class RulesBody(serializers.Serializer[Any]):
    """The version in force, each part by language."""

    version = serializers.IntegerField(source="number")
    advocated = serializers.DictField(child=serializers.CharField())
    forbidden = serializers.DictField(child=serializers.CharField())
    published_at = serializers.DateTimeField()


class AcceptanceBody(StrictBody):
    """The version that the member has read and accepts."""

    version = serializers.IntegerField(min_value=1, max_value=10**9)


class AcceptedBody(serializers.Serializer[Any]):
    version = serializers.IntegerField(source="rules.number")
    accepted_at = serializers.DateTimeField()


class FreezeBody(serializers.Serializer[Any]):
    what = serializers.CharField()
    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class HeldBody(serializers.Serializer[Any]):
    """Something held against a member, as they see it."""

    id = serializers.CharField(source="pk")
    kind = serializers.CharField(source="kind.code")
    state = serializers.CharField()
    consequence = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    may_appeal = serializers.SerializerMethodField()

    def get_may_appeal(self, violation: Any) -> bool:
        return may_appeal(violation, timezone.now())


class ConductBody(serializers.Serializer[Any]):
    """`clear_at` is when the last live strike is forgotten; `next_consequence` would follow from `next_strikes` on."""

    status = serializers.CharField()
    strikes = serializers.IntegerField()
    clear_at = serializers.DateTimeField(allow_null=True)
    next_strikes = serializers.IntegerField(allow_null=True)
    next_consequence = serializers.CharField(allow_null=True)
    rules_to_accept = serializers.IntegerField(allow_null=True)
    freezes = FreezeBody(many=True)
    violations = HeldBody(many=True)


class CommunityRulesNow(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_community_rules", responses={200: RulesBody, **PROBLEMS})
    def get(self, request: Request, **_: Any) -> Response:
        """The community's rules in force."""
        known_only(request)
        rules = current_rules()
        if rules is None:
            raise Problem("No rules were published yet.", status_code=404, kind="no_rules_yet")
        return Response(RulesBody(rules).data)


class MemberRules(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="accept_community_rules",
        request=AcceptanceBody,
        responses={201: AcceptedBody, 200: AcceptedBody, **PROBLEMS},
    )
    def post(self, request: Request, ref: str, **_: Any) -> Response:
        """Record that a member accepts the rules in force; repeating it changes nothing."""
        body = AcceptanceBody(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            made, is_new = accept_rules(
                member=find_member(ref), number=body.validated_data["version"], now=timezone.now()
            )
        except NotTheRules as error:
            raise Problem(str(error), status_code=422, kind="not_the_rules", pointer="/version") from error
        return Response(AcceptedBody(made).data, status=201 if is_new else 200)


class MemberConduct(APIView):
    scopes = {"GET": Scope.CONDUCT_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="member_conduct", responses={200: ConductBody, **PROBLEMS})
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """What is held against a member, what is frozen until when, and the way back."""
        member = find_member(ref)
        found, rules = conduct_of(member, timezone.now()), rules_to_accept(member)
        step = found.next_step
        return Response(
            ConductBody(
                {
                    "status": member.status,
                    "strikes": found.strikes,
                    "clear_at": found.clear_at,
                    "next_strikes": step.strikes if step is not None else None,
                    "next_consequence": step.consequence if step is not None else None,
                    "rules_to_accept": rules.number if rules is not None else None,
                    "freezes": found.freezes,
                    "violations": found.violations,
                }
            ).data
        )
