"""Invitations: give codes away, let newcomers in, see how far they got and whether it multiplies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.api.authentication import PerKeyThrottle
from members.api.bodies import Moment, StrictBody
from members.api.members import find_member, known_time_zone
from members.api.problems import Problem
from members.api.schemas import PROBLEMS
from members.api.spaces import find_space
from members.domain.invitations import growth as growing
from members.domain.invitations import making
from members.domain.invitations.accepting import CannotJoin, accept
from members.domain.people.tables import REF
from members.domain.spaces.joining import place_of
from members.enums import AgeBand, MembershipState, Scope
from members.models import Invitation, Member, Partner, Referral

SHOWN_MAX = 200


class InvitationBody(serializers.Serializer[Any]):
    """A code and what it is good for; `inviter` is null for a code of the operators."""

    code = serializers.CharField()
    inviter = serializers.CharField(source="inviter.ref", allow_null=True, default=None)
    channel = serializers.CharField(allow_blank=True)
    campaign = serializers.CharField(allow_blank=True)
    space = serializers.CharField(source="space.ref", allow_null=True, default=None)
    partner = serializers.CharField(source="partner.code", allow_null=True, default=None)
    email = serializers.CharField(allow_blank=True)
    email_domain = serializers.CharField(allow_blank=True)
    uses = serializers.IntegerField()
    uses_max = serializers.IntegerField(allow_null=True)
    sent_at = serializers.DateTimeField()
    opens_at = serializers.DateTimeField(allow_null=True, help_text="Lets nobody in before.")
    expires_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class NewInvitation(StrictBody):
    """Without an inviter the code is the operators'; only such a code may be for many.

    It may open a space as well, and be a partner's, within what was agreed.
    """

    inviter = serializers.CharField(max_length=128, required=False, allow_null=True)
    channel = serializers.SlugField(max_length=64, required=False, default="")
    campaign = serializers.SlugField(max_length=64, required=False, default="")
    space = serializers.CharField(max_length=64, required=False, allow_null=True, default=None)
    partner = serializers.CharField(max_length=64, required=False, allow_null=True, default=None)
    email = serializers.EmailField(required=False, default="")
    email_domain = serializers.RegexField(r"^@?[A-Za-z0-9.-]{1,119}$", required=False, default="")
    uses_max = serializers.IntegerField(min_value=1, max_value=10**6, required=False, allow_null=True, default=1)
    expires_at = Moment(required=False, allow_null=True, default=None)


class Newcomer(StrictBody):
    """Who joins: the host app's ref, and whatever else is known of them."""

    ref = serializers.RegexField(rf"^{REF.pattern}$", max_length=128)
    email = serializers.EmailField(required=False, default="")
    display_name = serializers.CharField(max_length=150, required=False, default="")
    language = serializers.CharField(max_length=16, required=False, default="")
    time_zone = serializers.CharField(max_length=64, required=False, default="")
    age_band = serializers.ChoiceField(choices=AgeBand.choices, required=False, default=AgeBand.UNKNOWN)

    def validate_time_zone(self, value: str) -> str:
        return known_time_zone(value)


class ReferralBody(serializers.Serializer[Any]):
    """A newcomer's way so far; a stage that was not reached is null."""

    member = serializers.CharField(source="member.ref")
    inviter = serializers.CharField(source="inviter.ref", allow_null=True, default=None)
    code = serializers.CharField(source="invitation.code")
    depth = serializers.IntegerField()
    state = serializers.CharField()
    joined_at = serializers.DateTimeField()
    broke_ice_at = serializers.DateTimeField(allow_null=True)
    active_at = serializers.DateTimeField(allow_null=True)
    retained_at = serializers.DateTimeField(allow_null=True)


class JoinedBody(ReferralBody):
    """A newcomer, and where their code opens a space whether they are in, or their place in its line."""

    space = serializers.CharField(allow_null=True)
    space_state = serializers.ChoiceField(choices=MembershipState.choices, allow_null=True)
    place = serializers.IntegerField(allow_null=True)


class ReferralsBody(serializers.Serializer[Any]):
    """Whom a member brought, newest first, and how many more they may invite (null: as many as they like)."""

    invitations_left = serializers.IntegerField(allow_null=True)
    referrals = ReferralBody(many=True)


class GrowthBody(serializers.Serializer[Any]):
    """K and what it is made of; ratios are decimal strings, null where there is nothing to divide by."""

    group = serializers.CharField(allow_blank=True)
    members = serializers.IntegerField()
    senders = serializers.IntegerField()
    sent = serializers.IntegerField()
    joined = serializers.IntegerField()
    retained = serializers.IntegerField()
    per_member = serializers.CharField(allow_null=True)
    conversion = serializers.CharField(allow_null=True)
    k = serializers.CharField(allow_null=True)
    retained_k = serializers.CharField(allow_null=True)
    median_days = serializers.CharField(allow_null=True)


class Invitations(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="invite", request=NewInvitation, responses={201: InvitationBody, **PROBLEMS})
    def post(self, request: Request, **_: Any) -> Response:
        """Make an invitation: a member's to one person, or the operators' for as many as it says."""
        body = NewInvitation(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = dict(body.validated_data)
        ref = wanted.pop("inviter", None)
        inviter = find_member(ref, "/inviter") if ref else None
        if wanted["space"] is not None:
            wanted["space"] = find_space(wanted["space"], "/space")
        if wanted["partner"] is not None:
            wanted["partner"] = _partner(wanted["partner"], inviter)
        if wanted["email"] and wanted["uses_max"] != 1:
            raise Problem("A code for one address is for one person.", kind="invalid", pointer="/uses_max")
        try:
            made = making.invite(inviter=inviter, now=timezone.now(), **wanted)
        except making.CannotInvite as error:
            raise Problem(str(error), status_code=422, kind="may_not_invite") from error
        return Response(InvitationBody(made).data, status=201)


class InvitationDetail(APIView):
    scopes = {"GET": Scope.MEMBERS_READ, "DELETE": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_invitation", responses={200: InvitationBody, **PROBLEMS})
    def get(self, request: Request, code: str, **_: Any) -> Response:
        """A code, and how often it was used."""
        return Response(InvitationBody(_find(code)).data)

    @extend_schema(operation_id="revoke_invitation", request=None, responses={200: InvitationBody, **PROBLEMS})
    def delete(self, request: Request, code: str, **_: Any) -> Response:
        """Let nobody in with it any more; whoever came stays."""
        making.revoke(invitation=_find(code), now=timezone.now())
        return Response(InvitationBody(_find(code)).data)


class InvitationAcceptance(APIView):
    scopes = {"POST": Scope.MEMBERS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="accept_invitation",
        request=Newcomer,
        responses={201: JoinedBody, 200: JoinedBody, **PROBLEMS},
    )
    def post(self, request: Request, code: str, **_: Any) -> Response:
        """Let somebody in: the member is made and their lineage recorded. Repeating it returns the first answer."""
        body = Newcomer(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            joined = accept(code=_plain(code), now=timezone.now(), **body.validated_data)
        except CannotJoin as error:
            status = {"unknown_code": 404, "already_member": 409}.get(error.kind, 422)
            raise Problem(error.sentence, status_code=status, kind=error.kind) from error
        inside = joined.membership
        where = {
            "space": inside.space.ref if inside is not None else None,
            "space_state": inside.state if inside is not None else None,
            "place": place_of(inside) if inside is not None else None,
        }
        return Response({**ReferralBody(joined.referral).data, **where}, status=201 if joined.is_new else 200)


class MemberReferrals(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="member_referrals", responses={200: ReferralsBody, **PROBLEMS})
    def get(self, request: Request, ref: str, **_: Any) -> Response:
        """Whom a member brought (the newest 200) and how far each of them got."""
        member = find_member(ref)
        found = Referral.objects.filter(inviter=member).select_related("member", "inviter", "invitation")
        quota = making.quota_of(member, timezone.now())
        return Response(
            ReferralsBody(
                {"invitations_left": quota.left, "referrals": found.order_by("-joined_at", "-pk")[:SHOWN_MAX]}
            ).data
        )


class GrowthReport(APIView):
    scopes = {"GET": Scope.MEMBERS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="growth",
        responses={200: GrowthBody(many=True), **PROBLEMS},
        parameters=[
            OpenApiParameter("joined_from", OpenApiTypes.DATETIME, description="The base: members who joined since."),
            OpenApiParameter("joined_until", OpenApiTypes.DATETIME, description="The base: and before."),
            OpenApiParameter("sent_from", OpenApiTypes.DATETIME, description="Invitations they sent since."),
            OpenApiParameter("sent_until", OpenApiTypes.DATETIME, description="And before."),
            OpenApiParameter("accepted_within_days", OpenApiTypes.INT, description="14 unless told otherwise."),
            OpenApiParameter(
                "group_by",
                OpenApiTypes.STR,
                enum=["channel", "campaign", "depth", "cohort", "space"],
                description="A line for each.",
            ),
        ],
    )
    def get(self, request: Request, **_: Any) -> Response:
        """The K-factor of a cohort: invitations per member, the share that joined, and their product."""
        asked = GrowthQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        within = timedelta(days=wanted.pop("accepted_within_days", growing.ACCEPTED_WITHIN.days))
        return Response(GrowthBody(growing.growth(accepted_within=within, **wanted), many=True).data)


class GrowthQuery(serializers.Serializer[Any]):
    joined_from = Moment(required=False)
    joined_until = Moment(required=False)
    sent_from = Moment(required=False)
    sent_until = Moment(required=False)
    accepted_within_days = serializers.IntegerField(min_value=1, max_value=3_650, required=False)
    group_by = serializers.ChoiceField(choices=["channel", "campaign", "depth", "cohort", "space"], required=False)


def _partner(code: str, inviter: Member | None) -> Partner:
    if inviter is not None:
        raise Problem("A code is a member's or a partner's, not both.", kind="invalid", pointer="/partner")
    found = Partner.objects.filter(code=code).first()
    if found is None:
        raise Problem(f"There is no partner {code!r}.", status_code=404, kind="unknown_partner", pointer="/partner")
    return found


def _plain(code: str) -> str:
    if len(code) > 32 or not code.isprintable():
        raise Problem("There is no invitation with this code.", status_code=404, kind="unknown_code")
    return code


def _find(code: str) -> Invitation:
    found = Invitation.objects.filter(code=_plain(code).upper()).select_related("inviter", "space", "partner").first()
    if found is None:
        raise Problem("There is no invitation with this code.", status_code=404, kind="unknown_code")
    return found
