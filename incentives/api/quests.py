"""Quests: what is offered, how far a member is, and a member who begins one."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.api.rules import Draft, FindingBody, finding_body
from incentives.domain.quests import joining, publishing
from incentives.domain.quests.loading import IN_USE
from incentives.domain.quests.queries import quests_of
from incentives.enums import QuestState
from incentives.models import QuestVersion
from members.api.authentication import PerKeyThrottle
from members.api.members import find_member
from members.api.params import known_only
from members.api.problems import Problem
from members.api.schemas import PROBLEMS
from members.enums import Scope

CODE_LENGTH_MAX = 64


class QuestBody(serializers.Serializer[Any]):
    """One version of a quest, with its document as it was started."""

    code = serializers.CharField(source="quest.code")
    version = serializers.IntegerField(source="number")
    state = serializers.CharField()
    document = serializers.DictField()
    published_at = serializers.DateTimeField(allow_null=True)


class QuestReport(serializers.Serializer[Any]):
    """What checking found."""

    valid = serializers.BooleanField()
    findings = FindingBody(many=True)


class RewardBody(serializers.Serializer[Any]):
    """What a public rule pays: an amount of a currency in major units, or a badge."""

    currency = serializers.CharField(allow_blank=True)
    amount = serializers.CharField(allow_null=True)
    badge = serializers.CharField(allow_blank=True)


class StreakBody(serializers.Serializer[Any]):
    """Weeks in a row as they stand now, and the rest weeks that the season still has."""

    weeks = serializers.IntegerField()
    best = serializers.IntegerField()
    rests_left = serializers.IntegerField()


class StepBody(serializers.Serializer[Any]):
    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    reached = serializers.IntegerField()
    wanted = serializers.IntegerField()
    done_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    streak = StreakBody(allow_null=True)
    rewards = RewardBody(many=True)


class MemberQuestBody(serializers.Serializer[Any]):
    """A quest of a member. `ready` begins by itself with the first step, `offered` when the member chooses it."""

    code = serializers.CharField()
    version = serializers.IntegerField()
    names = serializers.DictField(child=serializers.CharField())
    texts = serializers.DictField(child=serializers.CharField())
    state = serializers.CharField(help_text="ready, offered, open, completed or expired.")
    repeat = serializers.CharField()
    welcome = serializers.BooleanField(source="is_welcome")
    ordered = serializers.BooleanField(source="is_ordered")
    started_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    done = serializers.IntegerField()
    steps = StepBody(many=True)
    rewards = RewardBody(many=True)


class BegunBody(serializers.Serializer[Any]):
    """A member on a quest."""

    quest = serializers.CharField(source="quest.code")
    version = serializers.IntegerField(source="version.number")
    state = serializers.CharField()
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)


class QuestFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    state = django_filters.ChoiceFilter(
        choices=QuestState.choices, help_text="Only versions in this state; live and paused ones if left out."
    )

    def filter_queryset(self, queryset: QuerySet[QuestVersion]) -> QuerySet[QuestVersion]:
        found: QuerySet[QuestVersion] = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("state") else found.filter(state__in=IN_USE)


class Quests(generics.ListAPIView[QuestVersion]):
    scopes = {"GET": Scope.RULES_READ}
    throttle_classes = [PerKeyThrottle]
    queryset = QuestVersion.objects.select_related("quest").order_by("quest__code", "-number")
    serializer_class = QuestBody
    filterset_class = QuestFilter
    pagination_class = None

    @extend_schema(operation_id="list_quests", responses={200: QuestBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Every quest version that is live or paused, or all of one state, by code."""
        return super().get(request, *args, **kwargs)


class QuestCheck(APIView):
    scopes = {"POST": Scope.RULES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="check_quest", request=Draft, responses={200: QuestReport, **PROBLEMS})
    def post(self, request: Request, **_: Any) -> Response:
        """Check a quest document: every mistake with its place and its mend."""
        body = Draft(data=request.data)
        body.is_valid(raise_exception=True)
        report = publishing.check_document(body.validated_data["document"])
        findings = [finding_body(finding) for finding in report.findings]
        return Response({"valid": report.quest is not None, "findings": findings})


class MemberQuests(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="member_quests", responses={200: MemberQuestBody(many=True), **PROBLEMS})
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """How far a member is: what is under way, what could begin, and what is over, the newest 200."""
        known_only(request)
        lines = quests_of(find_member(ref), now=timezone.now())
        return Response(MemberQuestBody(lines, many=True).data)


class MemberQuest(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="begin_quest", request=None, responses={201: BegunBody, 200: BegunBody, **PROBLEMS})
    def post(self, request: Request, ref: str, code: str, **_: Any) -> Response:
        """Let a member begin a quest that is begun by choice; repeating it changes nothing."""
        known_only(request)
        try:
            made, is_new = joining.begin_quest(
                member=find_member(ref), code=code[: CODE_LENGTH_MAX + 1], now=timezone.now()
            )
        except joining.CannotBegin as error:
            status = 404 if error.kind == "unknown_quest" else 422
            raise Problem(error.sentence, status_code=status, kind=error.kind) from error
        return Response(BegunBody(made).data, status=201 if is_new else 200)
