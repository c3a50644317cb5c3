"""Activities: what there is, what it is made of, and how its life goes on."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db import IntegrityError, transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from activities.api.bodies import ActivityBody, ActivityChange, NewActivity, StepBody, VerdictBody
from activities.domain import campaigns, changing, life
from activities.domain.deciding import verdict_of
from activities.enums import ActivityKind, ActivityState, Part
from activities.models import Activity, ActivityPerson
from incentives.api.needs import find_tier
from incentives.api.points import IDEMPOTENCY, Moving
from incentives.api.schemas import PROBLEMS
from incentives.models import Campaign
from members.api.authentication import PerKeyThrottle, key_of
from members.api.members import find_member
from members.api.paging import Pages
from members.api.params import MomentFilter, known_only
from members.api.problems import Problem
from members.api.segments import find_segment
from members.enums import Scope
from members.models import Member, Space

_SHOWN = Activity.objects.select_related("space", "segment", "tier__ladder", "campaign").prefetch_related(
    "people__member"
)


class ActivityFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    kind = django_filters.ChoiceFilter(choices=ActivityKind.choices, help_text="Only of this kind.")
    state = django_filters.ChoiceFilter(choices=ActivityState.choices, help_text="Only in this state.")
    space = django_filters.CharFilter("space__ref", max_length=64, help_text="Only of the space with this ref.")
    campaign = django_filters.CharFilter(
        "campaign__code", max_length=40, help_text="Only of the campaign of this code."
    )
    ends_after = MomentFilter("ends_at", "gt", help_text="Only what is not over by then.")
    starts_before = MomentFilter("starts_at", "lt", help_text="Only what begins before.")

    class Meta:
        model = Activity
        fields: list[str] = []


class Activities(generics.ListAPIView[Activity], Moving):
    scopes = {"GET": Scope.ACTIVITIES_READ, "POST": Scope.ACTIVITIES_WRITE}
    queryset = _SHOWN
    serializer_class = ActivityBody
    filterset_class = ActivityFilter
    pagination_class = Pages

    @extend_schema(operation_id="list_activities", responses={200: ActivityBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All activities, drafts included, the last one made first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="draft_activity", request=NewActivity, parameters=[IDEMPOTENCY],
        responses={201: ActivityBody, 200: ActivityBody, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request, **_: Any) -> Response:
        """Draft an activity. It is announced by a step of its own."""
        body = NewActivity(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        people = [(find_member(ref, "/hosts"), Part.HOST) for ref in given.pop("hosts")]
        people += [(find_member(ref, "/speakers"), Part.SPEAKER) for ref in given.pop("speakers")]
        values = with_names(given)

        def do(_key: bytes, _actor: str) -> dict[str, Any]:
            return _drafted(values, people)

        return self.once(request, request.data, do)


class ActivityDetail(APIView):
    scopes = {"GET": Scope.ACTIVITIES_READ, "PATCH": Scope.ACTIVITIES_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_activity", responses={200: ActivityBody, **PROBLEMS})
    def get(self, request: Request, activity: str, **_: Any) -> Response:
        """An activity, its seats and who makes it."""
        known_only(request)
        return Response(ActivityBody(find_activity(activity)).data)

    @extend_schema(operation_id="change_activity", request=ActivityChange, responses={200: ActivityBody, **PROBLEMS})
    def patch(self, request: Request, activity: str, **_: Any) -> Response:
        """Change an activity. Whoever is registered hears of another time or place; new seats are offered in order."""
        found = find_activity(activity)
        body = ActivityChange(data=request.data)
        body.is_valid(raise_exception=True)
        values = with_names(dict(body.validated_data))
        try:
            changing.change(activity_id=found.pk, values=values, now=timezone.now())
        except changing.CannotEdit as error:
            raise _problem(error) from error
        return Response(ActivityBody(find_activity(activity)).data)


class ActivitySteps(APIView):
    scopes = {"POST": Scope.ACTIVITIES_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="step_activity", request=StepBody, responses={200: ActivityBody, **PROBLEMS})
    def post(self, request: Request, activity: str, **_: Any) -> Response:
        """Announce an activity, open, begin or finish it, close its books, or cancel it. Repeating changes nothing."""
        found = find_activity(activity)
        body = StepBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        by = given["operator"] or f"app {key_of(request).name}"
        try:
            life.step(
                activity_id=found.pk, to=ActivityState(given["to"]), now=timezone.now(), by=by, reason=given["reason"]
            )
        except life.CannotStep as error:
            raise Problem(str(error), status_code=422, kind=error.kind) from error
        return Response(ActivityBody(find_activity(activity)).data)


class ActivityVerdict(APIView):
    scopes = {"GET": Scope.ACTIVITIES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="may_register", responses={200: VerdictBody, **PROBLEMS})
    def get(self, request: Request, activity: str, ref: str, **_: Any) -> Response:
        """Whether a member may register for an activity now, and why not."""
        known_only(request)
        verdict = verdict_of(find_activity(activity), find_member(ref), now=timezone.now())
        return Response(VerdictBody(verdict).data)


def find_activity(code: str) -> Activity:
    found = _SHOWN.filter(code=code).first() if "\x00" not in code else None
    if found is None:
        raise Problem(f"There is no activity {code[:80]!r}.", status_code=404, kind="unknown_activity")
    return found


def _drafted(values: dict[str, Any], people: list[tuple[Member, Part]]) -> dict[str, Any]:
    made = Activity(**values)
    try:
        with transaction.atomic():
            if made.campaign is not None:
                campaigns.hold(made.campaign)
            asked = {"questions": made.questions, **({"campaign": made.campaign} if made.campaign is not None else {})}
            changing.check(made, asked, now=timezone.now())
            changing.check_whole(made)
            made.save(force_insert=True)
    except changing.CannotEdit as error:
        raise _problem(error) from error
    except IntegrityError as error:
        raise Problem(f"There is an activity {made.code!r} already.", status_code=409, kind="code_taken") from error
    ActivityPerson.objects.bulk_create(
        [ActivityPerson(activity=made, member=member, part=part) for member, part in dict.fromkeys(people)]
    )
    body: dict[str, Any] = ActivityBody(find_activity(made.code)).data
    return dict(body)


def _problem(error: changing.CannotEdit) -> Problem:
    return Problem(error.sentence, kind="invalid", pointer=f"/{error.field}" if error.field else "")


def with_names(given: dict[str, Any]) -> dict[str, Any]:
    """What was named becomes what it names."""
    if "space" in given:
        given["space"] = find_space(given["space"]) if given["space"] else None
    if "segment" in given:
        given["segment"] = find_segment(given["segment"]) if given["segment"] else None
    if "tier" in given:
        given["tier"] = find_tier(given["tier"]) if given["tier"] else None
    if "campaign" in given:
        given["campaign"] = _find_campaign(given["campaign"]) if given["campaign"] else None
    return given


def _find_campaign(code: str) -> Campaign:
    found = Campaign.objects.filter(code=code).first() if "\x00" not in code else None
    if found is None:
        raise Problem(f"There is no campaign {code[:40]!r}.", kind="unknown_campaign", pointer="/campaign")
    return found


def find_space(ref: str) -> Space:
    found = Space.objects.filter(ref=ref).first() if "\x00" not in ref else None
    if found is None:
        raise Problem(f"There is no space {ref[:64]!r}.", kind="unknown_space", pointer="/space")
    return found
