"""Who registers for an activity, who waits, who changed their mind."""

from __future__ import annotations

import uuid
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from activities.api.activities import find_activity
from activities.api.bodies import (
    NewRegistration,
    RegistrationBody,
    RegistrationLineBody,
    RegistrationStep,
)
from activities.api.due import pay_of
from activities.api.tickets import find_ticket
from activities.domain import questions, registering
from activities.enums import EndedBy, RegistrationState
from activities.models import Order, Registration
from incentives.api.points import IDEMPOTENCY, Moving
from incentives.api.schemas import PROBLEMS
from incentives.domain.requests import Refused
from members.api.authentication import PerKeyThrottle, key_of
from members.api.members import find_member
from members.api.paging import Pages
from members.api.params import known_only
from members.api.problems import Problem
from members.enums import Scope


class RegistrationFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    state = django_filters.ChoiceFilter(choices=RegistrationState.choices, help_text="Only in this state.")

    class Meta:
        model = Registration
        fields: list[str] = []


class Registrations(generics.ListAPIView[Registration], Moving):
    scopes = {"GET": Scope.ACTIVITIES_READ, "POST": Scope.ACTIVITIES_WRITE}
    queryset = Registration.objects.none()
    serializer_class = RegistrationLineBody
    filterset_class = RegistrationFilter
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Registration]:
        found = Registration.objects.select_related("activity", "member")
        if getattr(self, "swagger_fake_view", False):
            return found.none()
        return found.filter(activity=find_activity(self.kwargs["activity"]))

    @extend_schema(operation_id="list_registrations", responses={200: RegistrationLineBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Everybody who ever registered for an activity, the last one first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="register", request=NewRegistration, parameters=[IDEMPOTENCY],
        responses={201: RegistrationBody, 200: RegistrationBody, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request, activity: str, **_: Any) -> Response:
        """Register a member: with a place, a bill, for approval, or on the waiting list; `state` says which. Whoever is
        registered already keeps what they have. `order` says what a ticket costs, until when, and how to pay."""
        found = find_activity(activity)
        body = NewRegistration(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        member = find_member(given["member"], "/member")
        ticket = find_ticket(found, given["ticket"]) if given["ticket"] is not None else None

        def do(_key: bytes, actor: str) -> dict[str, Any]:
            try:
                made, _new = registering.register(
                    activity_id=found.pk, member=member, now=timezone.now(), guests=given["guests"],
                    answers=given["answers"], ticket=ticket, channel=given["channel"], actor=f"app {actor}",
                    group=given["group"], stays_alone=given["stays_alone"],
                    with_pass=given["with_pass"], free_code=given["free_code"], link=given["link"],
                )  # fmt: skip
            except questions.BadAnswer as error:
                raise Problem(error.sentence, kind="invalid", pointer=f"/answers/{error.code}") from error
            return _plain(made, in_transaction=True)

        return _with_pay(self.once(request, request.data, do))


class RegistrationDetail(APIView):
    scopes = {"GET": Scope.ACTIVITIES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_registration", responses={200: RegistrationBody, **PROBLEMS})
    def get(self, request: Request, registration_id: str, **_: Any) -> Response:
        """A registration, and what became of it."""
        known_only(request)
        return Response(_plain(find_registration(registration_id)))


class RegistrationSteps(APIView):
    scopes = {"POST": Scope.ACTIVITIES_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="step_registration", request=RegistrationStep, responses={200: RegistrationBody, **PROBLEMS}
    )
    def post(self, request: Request, registration_id: str, **_: Any) -> Response:
        """Cancel a registration, take or decline an offer, approve or refuse a wish. Repeating changes nothing."""
        found = find_registration(registration_id)
        body = RegistrationStep(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        now, actor = timezone.now(), given["operator"] or f"app {key_of(request).name}"
        try:
            made = _take(found, given, now, actor)
        except Refused as error:
            raise Problem(error.sentence, status_code=422, kind=error.kind) from error
        return Response(_plain(made))


class MemberRegistrations(generics.ListAPIView[Registration]):
    scopes = {"GET": Scope.ACTIVITIES_READ}
    throttle_classes = [PerKeyThrottle]
    queryset = Registration.objects.none()
    serializer_class = RegistrationLineBody
    filterset_class = RegistrationFilter
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Registration]:
        found = Registration.objects.select_related("activity", "member")
        if getattr(self, "swagger_fake_view", False):
            return found.none()
        return found.filter(member=find_member(self.kwargs["ref"]))

    @extend_schema(operation_id="member_registrations", responses={200: RegistrationLineBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Everything a member registered for, the last first."""
        return super().get(request, *args, **kwargs)


def find_registration(text: str) -> Registration:
    try:
        public_id = uuid.UUID(text)
    except ValueError:
        public_id = uuid.UUID(int=0)
    found = (
        Registration.objects.select_related("activity", "member", "ticket", "brought_by")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise Problem("There is no such registration.", status_code=404, kind="unknown_registration")
    return found


def _take(found: Registration, given: dict[str, Any], now: Any, actor: str) -> Registration:
    step = given["step"]
    if step == "cancel":
        by = EndedBy.MEMBER if given["by"] == "member" else EndedBy.TEAM
        return registering.cancel(registration_id=found.pk, now=now, by=by, reason=given["reason"])[0]
    if step == "accept":
        return registering.accept_offer(registration_id=found.pk, member_id=found.member_id, now=now)[0]
    if step == "decline":
        return registering.decline_offer(registration_id=found.pk, member_id=found.member_id, now=now)[0]
    if step == "approve":
        return registering.approve(registration_id=found.pk, now=now, actor=actor)[0]
    return registering.refuse(registration_id=found.pk, now=now, reason=given["reason"])[0]


def _plain(registration: Registration, *, in_transaction: bool = False) -> dict[str, Any]:
    return dict(RegistrationBody(registration, context={"in_transaction": in_transaction}).data)


def _with_pay(answer: Response) -> Response:
    """Say how the order is paid, now that its transaction is over."""
    order = answer.data["order"]
    if order is None:
        return answer
    now = Order.objects.get(public_id=order["id"])
    return Response({**answer.data, "order": {**order, "pay": pay_of(now)}}, status=answer.status_code)
