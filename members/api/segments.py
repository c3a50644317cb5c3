"""Segments: how large they are, who is in them, and lists that are filled by hand."""

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

from members.api.authentication import PerKeyThrottle
from members.api.members import find_member
from members.api.paging import Pages
from members.api.params import MomentFilter, known_only
from members.api.problems import Problem
from members.api.schemas import PROBLEMS
from members.domain.ladders.measures import BadMetric
from members.domain.segments import evaluating
from members.domain.segments.conditions import BadCondition
from members.domain.segments.layers import TARGET
from members.enums import Scope, SegmentKind
from members.models import Segment, SegmentMember

TREND_MAX = 60


class SegmentBody(serializers.Serializer[Any]):
    """A set of members and how it is kept."""

    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    kind = serializers.ChoiceField(choices=SegmentKind.choices)
    size = serializers.IntegerField()
    evaluated_at = serializers.DateTimeField(allow_null=True)


class SizeBody(serializers.Serializer[Any]):
    """How large it was, and who came and went; `came_from` counts by layer, an empty one is none."""

    at = serializers.DateTimeField()
    size = serializers.IntegerField()
    entered = serializers.IntegerField()
    left = serializers.IntegerField()
    came_from = serializers.DictField(child=serializers.IntegerField())


class SegmentDetailBody(SegmentBody):
    """A segment with its trend, newest first; of a layer also its share of all layers and the target, in per cent."""

    condition = serializers.CharField(allow_blank=True)
    metric = serializers.CharField(allow_blank=True)
    days = serializers.IntegerField(allow_null=True)
    share = serializers.IntegerField(allow_null=True)
    keep = serializers.IntegerField(allow_null=True)
    layer_share = serializers.CharField(allow_null=True)
    layer_target = serializers.IntegerField(allow_null=True)
    trend = SizeBody(many=True)


class MembershipBody(serializers.ModelSerializer[SegmentMember]):
    """Somebody in a segment, since when."""

    member = serializers.CharField(source="member.ref")

    class Meta:
        model = SegmentMember
        fields = ["member", "since"]


class ChangeBody(serializers.Serializer[Any]):
    """What an evaluation or a change by hand has come to."""

    segment = serializers.CharField()
    entered = serializers.IntegerField()
    left = serializers.IntegerField()


class MembershipFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    since_from = MomentFilter("since", "gte", help_text="Only who came at or after this moment.")
    since_until = MomentFilter("since", "lt", help_text="Only who came before this moment.")


class Segments(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="list_segments", responses={200: SegmentBody(many=True), **PROBLEMS})
    def get(self, request: Request, **_: Any) -> Response:
        """Every segment and how large it is."""
        known_only(request)
        return Response(SegmentBody(_told().order_by("code"), many=True).data)


class SegmentDetail(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_segment", responses={200: SegmentDetailBody, **PROBLEMS})
    def get(self, request: Request, code: str, **_: Any) -> Response:
        """A segment, how it is kept, and its last 60 sizes; for a layer the target that it is compared with."""
        known_only(request)
        return Response(SegmentDetailBody(_detail(find_segment(code))).data)


class SegmentMembers(generics.ListAPIView[SegmentMember]):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]
    serializer_class = MembershipBody
    filterset_class = MembershipFilter
    pagination_class = Pages
    queryset = SegmentMember.objects.all()

    def get_queryset(self) -> QuerySet[SegmentMember]:
        if getattr(self, "swagger_fake_view", False):
            return SegmentMember.objects.none()
        return SegmentMember.objects.filter(segment=find_segment(self.kwargs["code"])).select_related("member")

    @extend_schema(operation_id="list_segment_members", responses={200: MembershipBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who is in a segment, the newest first."""
        return super().get(request, *args, **kwargs)


class SegmentMembership(APIView):
    scopes = {"PUT": Scope.MEMBERS_WRITE, "DELETE": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="put_into_segment", request=None, responses={200: ChangeBody, **PROBLEMS})
    def put(self, request: Request, code: str, ref: str, **_: Any) -> Response:
        """Put a member into a list. Repeating it changes nothing."""
        return self._change(evaluating.put_by_hand, code, ref, place=0)

    @extend_schema(operation_id="take_out_of_segment", request=None, responses={200: ChangeBody, **PROBLEMS})
    def delete(self, request: Request, code: str, ref: str, **_: Any) -> Response:
        """Take a member out of a list. Repeating it changes nothing."""
        return self._change(evaluating.take_out, code, ref, place=1)

    def _change(self, act: Any, code: str, ref: str, *, place: int) -> Response:
        segment, member = find_segment(code), find_member(ref)
        try:
            moved = [0, 0]
            moved[place] = int(act(segment=segment, member=member, now=timezone.now()))
        except evaluating.NotByHand as error:
            raise Problem(str(error), status_code=422, kind="not_by_hand") from error
        return Response(ChangeBody({"segment": code, "entered": moved[0], "left": moved[1]}).data)


class SegmentEvaluation(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="evaluate_segment", request=None, responses={200: ChangeBody(many=True), **PROBLEMS})
    def post(self, request: Request, code: str, **_: Any) -> Response:
        """Find out now who is in a segment; of a layer all layers. Repeating it at once changes nothing."""
        segment = find_segment(code)
        now = timezone.now()
        try:
            if segment.kind == SegmentKind.LAYER:
                changes = evaluating.evaluate_layers(now=now)
            elif segment.kind == SegmentKind.STATIC:
                raise Problem(f"{code} is a list, kept by hand.", status_code=422, kind="kept_by_hand")
            else:
                changes = [evaluating.evaluate_segment(segment=segment, now=now)]
        except (BadCondition, BadMetric) as error:
            raise Problem(str(error), status_code=422, kind="bad_segment") from error
        said = [{"segment": c.segment.code, "entered": len(c.entered), "left": len(c.left)} for c in changes]
        return Response(ChangeBody(said, many=True).data)


def _told() -> QuerySet[Segment]:
    """Layers of intention are the team's; they leave for nobody."""
    return Segment.objects.exclude(kind=SegmentKind.INTENTION)


def find_segment(code: str) -> Segment:
    """A segment by its code. Raises a 404 problem."""
    found = _told().filter(code=code).first() if "\x00" not in code else None
    if found is None:
        raise Problem(f"There is no segment {code[:48]!r}.", status_code=404, kind="unknown_segment")
    return found


_SHOWN = ("code", "names", "kind", "size", "evaluated_at", "condition", "metric", "days", "share", "keep")


def _detail(segment: Segment) -> dict[str, Any]:
    shown: dict[str, Any] = {name: getattr(segment, name) for name in _SHOWN}
    layer_share = None
    if segment.kind == SegmentKind.LAYER:
        whole = sum(Segment.objects.filter(kind=SegmentKind.LAYER).values_list("size", flat=True))
        layer_share = f"{segment.size * 100 / whole:.1f}" if whole else None
    trend = segment.sizes.order_by("-at")[:TREND_MAX]
    return {**shown, "layer_share": layer_share, "layer_target": TARGET.get(segment.code), "trend": trend}
