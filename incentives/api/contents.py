"""The register of contents: what members made, what became of it, and how much of all is theirs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.api.schemas import PROBLEMS
from incentives.domain import contents
from members.api.authentication import PerKeyThrottle
from members.api.bodies import StrictBody
from members.api.members import YesOrNoFilter
from members.api.paging import Pages
from members.api.params import MomentFilter, known_only
from members.api.problems import Problem
from members.domain.contents import judging, shares
from members.enums import ContentState, ContentStep, Scope
from members.models import Content

DECISIONS = {"approve": ContentStep.APPROVED, "feature": ContentStep.FEATURED, "remove": ContentStep.REMOVED}


class ContentBody(serializers.ModelSerializer[Content]):
    """A content. `quality_at` is when it became sure that it is good, `weight` in how many of three ways."""

    id = serializers.CharField(source="pk")
    source = serializers.CharField(source="source.code")
    content_id = serializers.CharField(source="external_id")
    author = serializers.CharField(source="author.ref")

    class Meta:
        model = Content
        fields = [
            "id", "source", "content_id", "author", "kind", "topic", "state", "submitted_at", "approved_at",
            "published_at", "featured_at", "accepted_at", "removed_at", "operator", "reason", "decided_at",
            "quality_at", "quality_lost_at", "weight", "appreciators",
        ]  # fmt: skip


class ContentDecisionBody(StrictBody):
    """What was decided, who says so, and why; a removal needs a reason, and the author reads it."""

    decision = serializers.ChoiceField(choices=[(each, each) for each in DECISIONS])
    operator = serializers.CharField(max_length=100)
    reason = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)


class ContentFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    author = django_filters.CharFilter("author__ref", max_length=128, help_text="Only of the author with this ref.")
    source = django_filters.CharFilter("source__code", max_length=64, help_text="Only of this source.")
    content_id = django_filters.CharFilter("external_id", max_length=128, help_text="Only what the app calls so.")
    state = django_filters.ChoiceFilter(choices=ContentState.choices, help_text="Only of this state.")
    kind = django_filters.CharFilter("kind", max_length=64, help_text="Only of this kind.")
    topic = django_filters.CharFilter("topic", max_length=128, help_text="Only about this topic.")
    good = YesOrNoFilter(
        method="only_good", widget=forms.TextInput, help_text="Only quality contents, or only the others."
    )
    published_from = MomentFilter("published_at", "gte", help_text="Only what was published at or after this moment.")
    published_until = MomentFilter("published_at", "lt", help_text="Only what was published before this moment.")

    class Meta:
        model = Content
        fields: list[str] = []

    def only_good(self, found: QuerySet[Content], _name: str, value: bool) -> QuerySet[Content]:  # noqa: FBT001
        good = Content.objects.good()
        return found.filter(pk__in=good.values("pk")) if value else found.exclude(pk__in=good.values("pk"))


class Contents(generics.ListAPIView[Content]):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]
    queryset = Content.objects.select_related("author", "source")
    serializer_class = ContentBody
    filterset_class = ContentFilter
    pagination_class = Pages

    @extend_schema(operation_id="list_contents", responses={200: ContentBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Contents, the newest first."""
        return super().get(request, *args, **kwargs)


class ContentDetail(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_content", responses={200: ContentBody, **PROBLEMS})
    def get(self, request: Request, content_id: int, **_: Any) -> Response:
        """A content and what became of it."""
        known_only(request)
        return Response(ContentBody(find_content(content_id)).data)


class ContentDecision(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="decide_content", request=ContentDecisionBody, responses={200: ContentBody, **PROBLEMS})
    def post(self, request: Request, content_id: int, **_: Any) -> Response:
        """Approve, feature or remove a content; what a removed one was paid is taken back. Repeating it changes
        nothing."""
        body = ContentDecisionBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        found = find_content(content_id)
        try:
            contents.judge(
                content_id=found.pk, step=DECISIONS[given["decision"]], now=timezone.now(), operator=given["operator"],
                reason=given["reason"],
            )  # fmt: skip
        except judging.CannotJudge as error:
            raise Problem(str(error), status_code=422, kind="cannot_judge") from error
        return Response(ContentBody(find_content(found.pk)).data)


class ContentWeekBody(serializers.Serializer[Any]):
    """The 28 days before `ends_at`. Ratios are decimal strings, null where there is nothing to divide by."""

    ends_at = serializers.DateTimeField()
    contents = serializers.IntegerField()
    by_members = serializers.IntegerField()
    decided = serializers.IntegerField()
    good = serializers.IntegerField()
    authors = serializers.IntegerField()
    topics = serializers.IntegerField()
    share = serializers.SerializerMethodField()
    depth = serializers.SerializerMethodField()

    def get_share(self, week: shares.Week) -> str | None:
        return _ratio(week.share)

    def get_depth(self, week: shares.Week) -> str | None:
        return _ratio(week.depth)


class ContentShares(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="content_shares",
        responses={200: ContentWeekBody(many=True), **PROBLEMS},
        parameters=[
            OpenApiParameter(
                "weeks", OpenApiTypes.INT, description=f"How many, 1 to {shares.WEEKS_MAX}; 12 unless told otherwise."
            )
        ],
    )
    def get(self, request: Request, **_: Any) -> Response:
        """By week: how much of all contents is members', how much of theirs is good, from how many authors."""
        known_only(request, "weeks")
        asked = SharesQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        found = shares.weeks_of(now=timezone.now(), count=asked.validated_data["weeks"])
        return Response(ContentWeekBody(found, many=True).data)


class SharesQuery(serializers.Serializer[Any]):
    weeks = serializers.IntegerField(
        min_value=1, max_value=shares.WEEKS_MAX, required=False, default=shares.WEEKS_DEFAULT
    )


def find_content(content_id: int) -> Content:
    """A content by its number. Raises a 404 problem."""
    found = (
        Content.objects.filter(pk=content_id).select_related("author", "source").first() if content_id < 2**63 else None
    )
    if found is None:
        raise Problem("There is no such content.", status_code=404, kind="unknown_content")
    return found


def _ratio(value: Fraction | None) -> str | None:
    return None if value is None else f"{float(value):.4f}"
