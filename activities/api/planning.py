"""This month's activity for members: what is proposed, and the draft that it becomes, once a month."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from activities.api.activities import find_activity
from activities.api.bodies import ActivityBody
from activities.domain import planning
from activities.enums import InvitedFor
from activities.models import SEATS_MAX, Activity, ActivityInvitation
from incentives.api.points import IDEMPOTENCY, Moving
from incentives.api.schemas import PROBLEMS
from members.api.bodies import Moment, StrictBody
from members.api.members import find_member
from members.api.params import known_only
from members.api.problems import Problem
from members.enums import Scope

INVITED_MAX = 200
CAPACITY = OpenApiParameter(
    "capacity", {"type": "integer", "minimum": 1, "maximum": SEATS_MAX},
    description="How many seats; those of the last one, if left out. Never more than a small activity has.",
)  # fmt: skip


class PlanCandidateBody(serializers.Serializer[Any]):
    """A member on the list. `growth` is what they grew by in the calendar month before."""

    member = serializers.CharField(source="member.ref")
    reason = serializers.ChoiceField(choices=InvitedFor.choices)
    words = serializers.CharField(help_text="The reason in the language of Accept-Language.")
    growth = serializers.SerializerMethodField()

    def get_growth(self, candidate: planning.Candidate) -> str:
        return f"{candidate.growth:f}"


class PlanBody(serializers.Serializer[Any]):
    """What is proposed. `last` is the activity that it follows; `planned` the draft that there is of its month."""

    code = serializers.CharField()
    last = serializers.CharField(source="last.code", allow_null=True, default=None)
    planned = serializers.SerializerMethodField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    zone = serializers.CharField()
    place = serializers.CharField(allow_blank=True)
    capacity = serializers.IntegerField()
    invited = PlanCandidateBody(many=True)

    def get_planned(self, plan: planning.Plan) -> str | None:
        return Activity.objects.filter(code=plan.code).values_list("code", flat=True).first()


class NewPlan(StrictBody):
    """What is changed of the plan before it is drafted; what is left out is as proposed."""

    starts_at = Moment(required=False, allow_null=True, default=None)
    place = serializers.CharField(max_length=300, required=False, allow_null=True, allow_blank=True, default=None)
    capacity = serializers.IntegerField(min_value=1, max_value=SEATS_MAX, required=False, allow_null=True, default=None)
    invited = serializers.ListField(
        child=serializers.CharField(max_length=128), max_length=INVITED_MAX, required=False, allow_null=True,
        default=None, help_text="Refs of who is invited first; everybody on the list, if left out.",
    )  # fmt: skip


class InvitedFirstBody(serializers.ModelSerializer[ActivityInvitation]):
    """A member who may register first, and why."""

    member = serializers.CharField(source="member.ref")

    class Meta:
        model = ActivityInvitation
        fields = ["member", "reason", "words", "invited_at"]


class PlannedBody(serializers.Serializer[Any]):
    """The draft and whom it invites; they hear of it when it is announced."""

    activity = ActivityBody()
    invited = InvitedFirstBody(many=True)


class MemberActivityPlan(Moving):
    scopes = {"GET": Scope.ACTIVITIES_READ, "POST": Scope.ACTIVITIES_WRITE}

    @extend_schema(
        operation_id="read_member_activity_plan", parameters=[CAPACITY], responses={200: PlanBody, **PROBLEMS}
    )
    def get(self, request: Request, **_: Any) -> Response:
        """Propose this month's activity for members: date, place and size as the last one, and whom to invite."""
        known_only(request, "capacity")
        capacity = _capacity_of(request.query_params.get("capacity"))
        return Response(PlanBody(planning.plan_of(now=timezone.now(), capacity=capacity)).data)

    @extend_schema(
        operation_id="plan_member_activity", request=NewPlan, parameters=[IDEMPOTENCY],
        responses={201: PlannedBody, 200: PlannedBody, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request, **_: Any) -> Response:
        """Draft it with its invitations, once a month: whoever asks again is answered with what there is."""
        body = NewPlan(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        chosen = None if given["invited"] is None else [find_member(ref, "/invited") for ref in given["invited"]]
        had: list[str] = []

        def do(_key: bytes, _actor: str) -> dict[str, Any]:
            now = timezone.now()
            plan = planning.plan_of(now=now, capacity=given["capacity"])
            try:
                made = planning.draft(
                    plan=plan, starts_at=given["starts_at"] or plan.starts_at,
                    place=plan.place if given["place"] is None else given["place"],
                    capacity=given["capacity"] or plan.capacity,
                    members=[each.member for each in plan.invited] if chosen is None else chosen, now=now,
                )  # fmt: skip
            except planning.PlannedAlready as error:
                had.append(error.code)
                return _planned(error.code)
            except planning.CannotPlan as error:
                raise Problem(str(error), status_code=422, kind="cannot_plan") from error
            return _planned(made.code)

        answer = self.once(request, request.data, do)
        if had:
            answer.status_code = 200
        return answer


def _planned(code: str) -> dict[str, Any]:
    found = find_activity(code)
    invited = found.invitations.select_related("member").order_by("pk")
    return dict(PlannedBody({"activity": found, "invited": invited}).data)


def _capacity_of(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= SEATS_MAX):
        raise Problem(f"capacity is a number from 1 to {SEATS_MAX}.", kind="invalid", pointer="/capacity")
    return int(text)
