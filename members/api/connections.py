"""Who knows whom, and introductions."""

from __future__ import annotations

import re
from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle
from members.api.bodies import StrictBody
from members.api.members import find_member
from members.api.paging import Pages
from members.api.params import known_only
from members.api.problems import Problem
from members.api.schemas import PROBLEMS
from members.domain.connections import introductions, knowing
from members.domain.connections.queries import circle_of
from members.enums import Scope
from members.models import Acquaintance, Introduction

NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
COUNT_MAX = 1_000_000


class ConnectionLine(serializers.Serializer[Any]):
    """Somebody a member knows; `days` of contact in the ninety before the last one."""

    member = serializers.CharField()
    display_name = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    days = serializers.IntegerField()
    mutual = serializers.BooleanField(source="is_mutual")


class CircleBody(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    band = serializers.CharField(help_text="0-4, 5-6 or 7+.")
    off = serializers.BooleanField(source="is_off")
    connections = ConnectionLine(many=True, source="lines")


class SwitchBody(StrictBody):
    """Whether a member's connections are kept at all."""

    off = serializers.BooleanField()


class CountBody(serializers.ModelSerializer[Acquaintance]):
    member = serializers.CharField(source="member.ref")
    count = serializers.IntegerField(source="known")

    class Meta:
        model = Acquaintance
        fields = ["member", "count"]


class NewIntroduction(StrictBody):
    """Which two, and what both read."""

    first = serializers.CharField(max_length=128)
    second = serializers.CharField(max_length=128)
    words = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class AnswerBody(StrictBody):
    """Whose answer it is, and whether it is yes."""

    member = serializers.CharField(max_length=128)
    agrees = serializers.BooleanField()


class IntroductionBody(serializers.Serializer[Any]):
    """Who said no, or has not answered yet, is nobody's business."""

    id = serializers.CharField(source="pk")
    first = serializers.CharField(source="first.ref")
    second = serializers.CharField(source="second.ref")
    words = serializers.CharField(allow_blank=True)
    state = serializers.CharField()
    proposed_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class MemberConnections(APIView):
    scopes = {"GET": Scope.MEMBERS_READ, "PUT": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="member_connections", responses={200: CircleBody, **PROBLEMS})
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """How many others a member knows, and who, the strongest 200 first."""
        known_only(request)
        return Response(CircleBody(circle_of(find_member(ref).pk)).data)

    @extend_schema(operation_id="switch_connections", request=SwitchBody, responses={200: CircleBody, **PROBLEMS})
    def put(self, request: Request, ref: str, **_: Any) -> Response:
        """Switch a member's connections off, which forgets them, or on again."""
        body = SwitchBody(data=request.data)
        body.is_valid(raise_exception=True)
        member = find_member(ref)
        knowing.switch(member_id=member.pk, is_off=body.validated_data["off"])
        return Response(CircleBody(circle_of(member.pk)).data)


class MemberConnection(APIView):
    scopes = {"DELETE": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="hide_connection", request=None, responses={200: CircleBody, **PROBLEMS})
    def delete(self, request: Request, ref: str, other: str, **_: Any) -> Response:
        """Hide a connection for good: the member says it is none. It counts for neither any more."""
        member, with_whom = find_member(ref), find_member(other)
        if not knowing.mark_hidden(member_id=member.pk, other_id=with_whom.pk):
            raise Problem("These two are not connected.", status_code=404, kind="unknown_connection")
        return Response(CircleBody(circle_of(member.pk)).data)


class CountFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    least = django_filters.NumberFilter(
        "known", "gte", min_value=0, max_value=COUNT_MAX, help_text="Only members who know at least so many others."
    )
    most = django_filters.NumberFilter(
        "known", "lte", min_value=0, max_value=COUNT_MAX, help_text="Only members who know at most so many others."
    )

    class Meta:
        model = Acquaintance
        fields: list[str] = []


class ConnectionCounts(generics.ListAPIView[Acquaintance]):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]
    queryset = Acquaintance.objects.filter(is_off=False, member__is_house=False).select_related("member")
    serializer_class = CountBody
    filterset_class = CountFilter
    pagination_class = Pages

    @extend_schema(operation_id="list_connection_counts", responses={200: CountBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Members by how many others they know, such as those at 3 and 4, who could do with one more."""
        return super().get(request, *args, **kwargs)


class Introductions(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="introduce", request=NewIntroduction, responses={201: IntroductionBody, **PROBLEMS})
    def post(self, request: Request, **_: Any) -> Response:
        """Ask two members whether they would like to know each other."""
        body = NewIntroduction(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        one, other = find_member(given["first"], "/first"), find_member(given["second"], "/second")
        try:
            made = introductions.propose(one=one, other=other, words=given["words"], now=timezone.now())
        except introductions.CannotIntroduce as error:
            raise Problem(error.sentence, status_code=422, kind=error.kind) from error
        return Response(IntroductionBody(made).data, status=201)


class IntroductionAnswers(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="answer_introduction", request=AnswerBody, responses={200: IntroductionBody, **PROBLEMS}
    )
    def post(self, request: Request, introduction_id: str, **_: Any) -> Response:
        """Give one side's answer; with both sides' yes it is told to both. Repeating it changes nothing."""
        body = AnswerBody(data=request.data)
        body.is_valid(raise_exception=True)
        member = find_member(body.validated_data["member"], "/member")
        number = int(introduction_id) if NUMBER.fullmatch(introduction_id) else 0
        try:
            introductions.answer(
                introduction_id=number, member_id=member.pk, agrees=body.validated_data["agrees"], now=timezone.now()
            )
        except introductions.CannotIntroduce as error:
            status = 404 if error.kind == "unknown_introduction" else 422
            raise Problem(error.sentence, status_code=status, kind=error.kind) from error
        found = Introduction.objects.select_related("first", "second").get(pk=number)
        return Response(IntroductionBody(found).data)
