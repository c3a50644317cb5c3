"""Responsibilities: what there is to take on, and who serves where until when."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle, key_of
from members.api.bodies import Moment, StrictBody
from members.api.members import find_member
from members.api.params import known_only, text_of
from members.api.problems import Problem
from members.api.schemas import PROBLEMS
from members.api.spaces import find_space
from members.domain.roles import appointing
from members.enums import Scope
from members.models import Appointment, Role


class RoleBody(serializers.ModelSerializer[Role]):
    """A responsibility: what it is called, its duties and its thanks, by language."""

    names = serializers.DictField(child=serializers.CharField())
    duties = serializers.DictField(child=serializers.CharField())
    thanks = serializers.DictField(child=serializers.CharField())

    class Meta:
        model = Role
        fields = ["code", "names", "duties", "thanks", "term_days", "is_active"]


class AppointmentBody(serializers.Serializer[Any]):
    """A term: in one space, or everywhere (null), from a moment until another (null for no end)."""

    role = serializers.CharField(source="role.code")
    member = serializers.CharField(source="member.ref")
    space = serializers.CharField(source="space.ref", allow_null=True, default=None)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    appointed_by = serializers.CharField(allow_blank=True)


class NewAppointment(StrictBody):
    """Where (everywhere if left out), from when (now) and until when (the term of the role)."""

    space = serializers.CharField(max_length=64, required=False, allow_null=True, default=None)
    starts_at = Moment(required=False, allow_null=True, default=None)
    ends_at = Moment(required=False, allow_null=True, default=None)
    operator = serializers.CharField(
        max_length=80, required=False, default="", help_text="The person who appoints, as your team knows them."
    )


class EndedBody(serializers.Serializer[Any]):
    """Whether a term has ended by this; again it is false."""

    role = serializers.CharField()
    ended = serializers.BooleanField()


SPACE = OpenApiParameter("space", OpenApiTypes.STR, description="The term in this space; everywhere if left out.")


class Roles(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="list_roles", responses={200: RoleBody(many=True), **PROBLEMS})
    def get(self, request: Request, **_: Any) -> Response:
        """Every responsibility that members can take on."""
        known_only(request)
        return Response(RoleBody(Role.objects.order_by("code"), many=True).data)


class MemberRoles(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="member_roles", responses={200: AppointmentBody(many=True), **PROBLEMS})
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """What a member is responsible for now."""
        known_only(request)
        found = appointing.in_force_of(find_member(ref), timezone.now()).select_related("member", "role", "space")
        return Response(AppointmentBody(found, many=True).data)


class MemberRole(APIView):
    scopes = {"PUT": Scope.MEMBERS_WRITE, "DELETE": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="appoint",
        request=NewAppointment,
        responses={200: AppointmentBody, 201: AppointmentBody, **PROBLEMS},
    )
    def put(self, request: Request, ref: str, role: str, **_: Any) -> Response:
        """Appoint a member. Whoever is appointed there already keeps the term; its end moves where one is given."""
        body = NewAppointment(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        member, found = find_member(ref), find_role(role)
        try:
            made, is_new = appointing.appoint(
                member=member, role=found, space=find_space(given["space"], "/space") if given["space"] else None,
                starts_at=given["starts_at"], ends_at=given["ends_at"], now=timezone.now(),
                by=given["operator"] or f"app {key_of(request).name}",
            )  # fmt: skip
        except appointing.CannotAppoint as error:
            raise Problem(error.sentence, status_code=422, kind=error.kind) from error
        return Response(AppointmentBody(made).data, status=201 if is_new else 200)

    @extend_schema(
        operation_id="end_appointment", request=None, parameters=[SPACE], responses={200: EndedBody, **PROBLEMS}
    )
    def delete(self, request: Request, ref: str, role: str, **_: Any) -> Response:
        """End a member's term now. Repeating it changes nothing."""
        known_only(request, "space")
        where = text_of(request, "space", 64)
        space = find_space(where, "/space") if where else None
        open_one = Appointment.objects.filter(
            member=find_member(ref), role=find_role(role), space=space, ended_at__isnull=True
        ).first()
        by = f"app {key_of(request).name}"
        is_ended = open_one is not None and appointing.end(appointment_id=open_one.pk, now=timezone.now(), by=by)
        return Response(EndedBody({"role": role, "ended": is_ended}).data)


def find_role(code: str) -> Role:
    """A role by its code. Raises a 404 problem."""
    found = Role.objects.filter(code=code).first() if "\x00" not in code else None
    if found is None:
        raise Problem(f"There is no responsibility {code[:40]!r}.", status_code=404, kind="unknown_role")
    return found
