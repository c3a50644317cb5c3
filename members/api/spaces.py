"""Spaces: what they are for, who is in them, who comes in and who leaves."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle
from members.api.members import find_member
from members.api.paging import Pages
from members.api.params import known_only
from members.api.problems import Problem
from members.api.schemas import PROBLEMS
from members.domain.spaces import joining
from members.enums import MembershipState, Scope, SpaceState
from members.models import Appointment, Space, SpaceMember
from members.models.roles import HOST


class SpaceBody(serializers.Serializer[Any]):
    """A group, channel or chapter with its charter, by language. `rules` is the number of the rules that hold in it,
    null for those that hold everywhere."""

    ref = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    for_whom = serializers.DictField(child=serializers.CharField())
    why = serializers.DictField(child=serializers.CharField())
    gives = serializers.DictField(child=serializers.CharField())
    is_not = serializers.DictField(child=serializers.CharField())
    hosts = serializers.ListField(child=serializers.CharField())
    rules = serializers.IntegerField(allow_null=True)
    capacity = serializers.IntegerField(allow_null=True)
    intake_max = serializers.IntegerField(allow_null=True)
    language = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=SpaceState.choices)
    members = serializers.IntegerField()
    waiting = serializers.IntegerField()


class SpaceMembershipBody(serializers.Serializer[Any]):
    """Somebody in a space, in its line, or who has left it. `place` is their place in line, null for whoever waits
    no more."""

    space = serializers.CharField(source="space.ref")
    member = serializers.CharField(source="member.ref")
    state = serializers.ChoiceField(choices=MembershipState.choices)
    asked_at = serializers.DateTimeField()
    joined_at = serializers.DateTimeField(allow_null=True)
    left_at = serializers.DateTimeField(allow_null=True)
    place = serializers.SerializerMethodField()

    def get_place(self, membership: SpaceMember) -> int | None:
        return joining.place_of(membership)


class SpaceLineBody(serializers.ModelSerializer[SpaceMember]):
    """Somebody in a space, in its line, or who has left it."""

    member = serializers.CharField(source="member.ref")

    class Meta:
        model = SpaceMember
        fields = ["member", "state", "asked_at", "joined_at", "left_at"]


class LeftBody(serializers.Serializer[Any]):
    """Whether somebody has left by this; again it is false."""

    space = serializers.CharField()
    left = serializers.BooleanField()


class SpaceMemberFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    state = django_filters.ChoiceFilter(
        choices=MembershipState.choices, help_text="Only who is in, waits in line, or has left."
    )

    class Meta:
        model = SpaceMember
        fields: list[str] = []


class Spaces(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="list_spaces", responses={200: SpaceBody(many=True), **PROBLEMS})
    def get(self, request: Request, **_: Any) -> Response:
        """Every space and how many are in it, house accounts left out."""
        known_only(request)
        return Response(SpaceBody([_plain(each) for each in _shown()], many=True).data)


class SpaceDetail(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_space", responses={200: SpaceBody, **PROBLEMS})
    def get(self, request: Request, space: str, **_: Any) -> Response:
        """A space, its charter and its hosts."""
        known_only(request)
        return Response(SpaceBody(_plain(_shown().get(pk=find_space(space).pk))).data)


class SpaceMembers(generics.ListAPIView[SpaceMember]):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]
    serializer_class = SpaceLineBody
    filterset_class = SpaceMemberFilter
    pagination_class = Pages
    queryset = SpaceMember.objects.all()

    def get_queryset(self) -> QuerySet[SpaceMember]:
        if getattr(self, "swagger_fake_view", False):
            return SpaceMember.objects.none()
        return SpaceMember.objects.filter(space=find_space(self.kwargs["space"])).select_related("member")

    @extend_schema(operation_id="list_space_members", responses={200: SpaceLineBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who is in a space, waits in its line or has left it, the newest first."""
        return super().get(request, *args, **kwargs)


class SpaceMembership(APIView):
    scopes = {"PUT": Scope.MEMBERS_WRITE, "DELETE": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="join_space",
        request=None,
        responses={200: SpaceMembershipBody, 201: SpaceMembershipBody, **PROBLEMS},
    )
    def put(self, request: Request, space: str, ref: str, **_: Any) -> Response:
        """Let a member into a space, or into its line where it is full. Repeating it changes nothing."""
        found, member = find_space(space), find_member(ref)
        try:
            membership, is_new = joining.enter(space=found, member=member, now=timezone.now())
        except joining.CannotEnter as error:
            raise Problem(error.sentence, status_code=422, kind=error.kind) from error
        return Response(SpaceMembershipBody(membership).data, status=201 if is_new else 200)

    @extend_schema(operation_id="leave_space", request=None, responses={200: LeftBody, **PROBLEMS})
    def delete(self, request: Request, space: str, ref: str, **_: Any) -> Response:
        """Let a member out of a space or its line. Repeating it changes nothing."""
        left = joining.leave(space=find_space(space), member=find_member(ref), now=timezone.now())
        return Response(LeftBody({"space": space, "left": left}).data)


def find_space(ref: str, pointer: str | None = None) -> Space:
    """A space by its ref. Raises a 404 problem."""
    found = Space.objects.filter(ref=ref).first() if "\x00" not in ref else None
    if found is None:
        raise Problem(f"There is no space {ref[:64]!r}.", status_code=404, kind="unknown_space", pointer=pointer)
    return found


def _shown() -> QuerySet[Space]:
    """Spaces with their counts and hosts: two queries."""
    inside = Q(memberships__state=MembershipState.IN, memberships__member__is_house=False)
    hosts = Appointment.objects.in_force_at(timezone.now()).filter(role__code=HOST).select_related("member")
    return (
        Space.objects.select_related("rules")
        .annotate(
            inside=Count("memberships", filter=inside),
            line=Count("memberships", filter=Q(memberships__state=MembershipState.WAITING)),
        )
        .prefetch_related(Prefetch("appointments", queryset=hosts.order_by("pk"), to_attr="serving"))
        .order_by("ref")
    )


_SAID = ("ref", "names", "for_whom", "why", "gives", "is_not", "capacity", "intake_max", "language", "state")


def _plain(space: Any) -> dict[str, Any]:
    return {
        **{name: getattr(space, name) for name in _SAID},
        "hosts": [each.member.ref for each in space.serving],
        "rules": space.rules.number if space.rules is not None else None,
        "members": space.inside,
        "waiting": space.line,
    }
