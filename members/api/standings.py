"""Where members stand on each ladder, and tiers that are lent or opened by hand."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle, key_of
from members.api.bodies import Moment, StrictBody
from members.api.members import find_member
from members.api.params import known_only
from members.api.problems import Problem
from members.api.schemas import PROBLEMS
from members.domain.ladders import leaves, lending
from members.domain.standing import standing_of
from members.enums import Scope
from members.models import Tier


class TierBody(serializers.Serializer[Any]):
    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    threshold = serializers.CharField()


class WantBody(serializers.Serializer[Any]):
    """A counter, or a metric in its last days (null: ever), that has come so far, and how far it must.

    Where `is_limit`, it may come so far at most.
    """

    counter = serializers.CharField(allow_blank=True)
    metric = serializers.CharField(allow_blank=True, help_text="Such as content:quality; empty for a counter.")
    within_days = serializers.IntegerField(allow_null=True)
    has = serializers.CharField()
    needs = serializers.CharField()
    is_limit = serializers.BooleanField()


class DutyLineBody(serializers.Serializer[Any]):
    """What the held tier asks for this month: any one of these is enough."""

    is_done = serializers.BooleanField()
    any_of = WantBody(many=True)


class ProjectionBody(serializers.Serializer[Any]):
    """The tier that will be held at a moment if nothing more happens; null for none."""

    tier = TierBody(allow_null=True)
    at = serializers.DateTimeField()


class LineBody(serializers.Serializer[Any]):
    """Place 14 of 12: who has come to a scarce tier, the best first, and how many there may be."""

    tier = TierBody()
    place = serializers.IntegerField()
    places = serializers.IntegerField()


class LoanBody(serializers.Serializer[Any]):
    """A tier lent by hand, until when and why."""

    tier = TierBody()
    until = serializers.DateTimeField()
    reason = serializers.CharField()


class StandingBody(serializers.Serializer[Any]):
    """Where a member stands on a ladder; amounts in major units.

    `safe_until` is null where the tier is never lost, or may be at any time; `grace_until` where it is earned.
    """

    ladder = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    purpose = serializers.CharField(allow_blank=True)
    tier = TierBody(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)
    value = serializers.CharField()
    next_tier = TierBody(allow_null=True)
    missing = serializers.CharField(allow_null=True)
    share = serializers.IntegerField(help_text="Per cent of the way to the next tier.")
    demands = WantBody(many=True, help_text="What else the next tier asks for.")
    demands_held = WantBody(many=True, help_text="What else the held tier asks for, where tiers can be lost.")
    needs_invitation = serializers.BooleanField(help_text="Whether the next tier is by invitation and this is missing.")
    invited_into = TierBody(allow_null=True)
    duties = DutyLineBody(many=True, help_text="What the held tier asks for this month, all of it.")
    duties_missed = serializers.IntegerField()
    safe_until = serializers.DateTimeField(allow_null=True)
    grace_until = serializers.DateTimeField(allow_null=True)
    projection = ProjectionBody(allow_null=True)
    line = LineBody(allow_null=True)
    loan = LoanBody(allow_null=True)
    away_until = serializers.DateTimeField(
        allow_null=True, help_text="The end of a leave of absence, where the held tier would ask for something."
    )


class NewLeave(StrictBody):
    """Until when a member is away, and from when if not from now; the reason is for the team."""

    until = Moment()
    begins_at = Moment(required=False)
    reason = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


class LeaveBody(serializers.Serializer[Any]):
    """A leave of absence: the duties of every month that it touches are forgiven."""

    member = serializers.CharField(source="member.ref")
    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    reason = serializers.CharField(allow_blank=True)


class NewLoan(StrictBody):
    """Until when the tier is lent, and why."""

    until = Moment()
    reason = serializers.CharField(max_length=300)


class LoanMade(serializers.Serializer[Any]):
    """A tier lent by hand."""

    member = serializers.CharField(source="member.ref")
    ladder = serializers.CharField(source="tier.ladder.code")
    tier = serializers.CharField(source="tier.code")
    until = serializers.DateTimeField()
    reason = serializers.CharField()


class NewTierInvitation(StrictBody):
    """Why the member is invited; they may read it."""

    reason = serializers.CharField(max_length=300, required=False, default="", allow_blank=True)


class TierInvitationBody(serializers.Serializer[Any]):
    """An invitation into a tier; it counts once it is accepted, until it is ended."""

    member = serializers.CharField(source="member.ref")
    ladder = serializers.CharField(source="tier.ladder.code")
    tier = serializers.CharField(source="tier.code")
    reason = serializers.CharField(allow_blank=True)
    invited_at = serializers.DateTimeField()
    accepted_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class MemberStanding(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="member_standing", responses={200: StandingBody(many=True), **PROBLEMS})
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """Tier, progress, what is missing, until when it is safe, and what it will come to, on every ladder."""
        known_only(request)
        return Response(StandingBody(standing_of(find_member(ref).pk, now=timezone.now()), many=True).data)


class MemberLeave(APIView):
    scopes = {"PUT": Scope.MEMBERS_WRITE, "DELETE": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="take_leave", request=NewLeave, responses={200: LeaveBody, **PROBLEMS})
    def put(self, request: Request, ref: str, **_: Any) -> Response:
        """Let a member be away, at most sixty days of any year. Sending it again moves the end."""
        member, body = find_member(ref), NewLeave(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            made = leaves.take_leave(
                member=member, now=timezone.now(), by=str(key_of(request).name), **body.validated_data
            )
        except leaves.CannotLeave as error:
            raise Problem(str(error), status_code=422, kind="cannot_leave") from error
        return Response(LeaveBody(made).data)

    @extend_schema(operation_id="end_leave", request=None, responses={200: LeaveBody, **PROBLEMS})
    def delete(self, request: Request, ref: str, **_: Any) -> Response:
        """The member is back."""
        ended = leaves.end_leave(member=find_member(ref), now=timezone.now())
        if ended is None:
            raise Problem("This member is not away.", status_code=404, kind="not_away")
        return Response(LeaveBody(ended).data)


class TierLoan(APIView):
    scopes = {"PUT": Scope.MEMBERS_WRITE, "DELETE": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="lend_tier", request=NewLoan, responses={200: LoanMade, **PROBLEMS})
    def put(self, request: Request, ref: str, ladder: str, tier: str, **_: Any) -> Response:
        """Let a member hold at least this tier until a moment. Sending it again moves the end."""
        member, found = find_member(ref), find_tier(ladder, tier)
        body = NewLoan(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            pin = lending.lend(
                member=member, tier=found, now=timezone.now(), by=str(key_of(request).name), **body.validated_data
            )
        except lending.CannotLend as error:
            raise Problem(str(error), status_code=422, kind="cannot_lend") from error
        return Response(LoanMade(pin).data)

    @extend_schema(operation_id="take_tier_back", request=None, responses={200: LoanMade, **PROBLEMS})
    def delete(self, request: Request, ref: str, ladder: str, tier: str, **_: Any) -> Response:
        """End the loan now; the member keeps what they have earned."""
        ended = lending.take_back(member=find_member(ref), tier=find_tier(ladder, tier), now=timezone.now())
        if ended is None:
            raise Problem("This tier is not lent to this member.", status_code=404, kind="not_lent")
        return Response(LoanMade(ended).data)


class TierInvitations(APIView):
    scopes = {"PUT": Scope.MEMBERS_WRITE, "DELETE": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="invite_into_tier", request=NewTierInvitation, responses={200: TierInvitationBody, **PROBLEMS}
    )
    def put(self, request: Request, ref: str, ladder: str, tier: str, **_: Any) -> Response:
        """Open a tier that is by invitation only. Sending it again returns the open invitation."""
        member, found = find_member(ref), find_tier(ladder, tier)
        body = NewTierInvitation(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            made = lending.invite_into(
                member=member, tier=found, now=timezone.now(), by=str(key_of(request).name), **body.validated_data
            )
        except lending.CannotLend as error:
            raise Problem(str(error), status_code=422, kind="cannot_lend") from error
        return Response(TierInvitationBody(made).data)

    @extend_schema(operation_id="end_tier_invitation", request=None, responses={200: TierInvitationBody, **PROBLEMS})
    def delete(self, request: Request, ref: str, ladder: str, tier: str, **_: Any) -> Response:
        """The member declines, or it is taken back; the tier is closed to them again."""
        ended = lending.end_invitation(member=find_member(ref), tier=find_tier(ladder, tier), now=timezone.now())
        if ended is None:
            raise Problem("There is no open invitation into this tier.", status_code=404, kind="not_invited")
        return Response(TierInvitationBody(ended).data)


class TierAcceptance(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="accept_tier_invitation", request=None, responses={200: TierInvitationBody, **PROBLEMS})
    def post(self, request: Request, ref: str, ladder: str, tier: str, **_: Any) -> Response:
        """The member says yes. Repeating it returns the first answer."""
        accepted = lending.accept(member=find_member(ref), tier=find_tier(ladder, tier), now=timezone.now())
        if accepted is None:
            raise Problem("There is no open invitation into this tier.", status_code=404, kind="not_invited")
        return Response(TierInvitationBody(accepted).data)


def find_tier(ladder: str, tier: str) -> Tier:
    """A tier by its ladder's code and its own. Raises a 404 problem."""
    found = None
    if "\x00" not in ladder + tier:
        found = Tier.objects.in_use().filter(ladder__code=ladder, code=tier).select_related("ladder").first()
    if found is None:
        raise Problem(
            f"There is no tier {tier[:64]!r} on a ladder {ladder[:64]!r}.", status_code=404, kind="unknown_tier"
        )
    return found
