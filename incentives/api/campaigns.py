"""Campaigns: what runs, what came of it, and the switch that stops it."""

from __future__ import annotations

from typing import Any

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incentives.api.schemas import PROBLEMS
from incentives.domain.campaigns.reporting import report_of
from incentives.domain.campaigns.stopping import CannotStop, kept_of, stop
from incentives.domain.ledger.queries import major
from incentives.enums import CampaignState, Slot, StageOpens
from incentives.models import Campaign
from members.api.authentication import PerKeyThrottle
from members.api.bodies import StrictBody
from members.api.paging import Pages
from members.api.params import known_only
from members.api.problems import Problem
from members.enums import Scope


class StageBody(serializers.Serializer[Any]):
    """A stretch of a campaign, and whose invitations or codes it opens."""

    names = serializers.DictField(child=serializers.CharField())
    opens = serializers.ChoiceField(choices=StageOpens.choices)
    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class CampaignBody(serializers.Serializer[Any]):
    """What a campaign is for, until when, and within which budget. The hidden part is not told."""

    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    template = serializers.CharField()
    state = serializers.ChoiceField(choices=CampaignState.choices)
    follows = serializers.CharField(source="follows.code", allow_null=True, default=None)
    audience = serializers.CharField(
        source="audience.code", allow_null=True, default=None, help_text="A segment; null for everybody."
    )
    currency = serializers.CharField(source="currency.code")
    budget = serializers.SerializerMethodField(help_text="In major units.")
    begins_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    stages = StageBody(many=True, help_text="Empty while it is a draft.")
    letter = serializers.DictField(child=serializers.CharField(), help_text="Words for cards and invitations.")
    started_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True, help_text="Why it was stopped.")

    def get_budget(self, campaign: Campaign) -> str:
        return str(major(campaign.budget, campaign.currency.scale))


class KeptActivityBody(serializers.Serializer[Any]):
    """An activity of the campaign that takes place unless it is called off."""

    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    kind = serializers.CharField()
    state = serializers.CharField()
    starts_at = serializers.DateTimeField()
    seats = serializers.IntegerField(allow_null=True)
    taken = serializers.IntegerField()


class KeptBody(serializers.Serializer[Any]):
    """What those keep who are half-way: `waiting` awards unlock or lapse as promised; guests stay members."""

    waiting = serializers.IntegerField()
    amount = serializers.CharField()
    currency = serializers.CharField()
    members = serializers.IntegerField(help_text="Whose awards wait.")
    guests = serializers.IntegerField()
    half_way = serializers.IntegerField(help_text="Guests who have not stayed for a month yet.")
    enrolled = serializers.IntegerField(help_text="Members on one of its quests.")
    finish_by = serializers.DateTimeField(allow_null=True, help_text="Until when those may finish; null for nobody.")
    told = serializers.IntegerField(help_text="Those half-way, who are told what they keep.")
    activities = KeptActivityBody(many=True, help_text="Which go on.")


class StoppedBody(serializers.Serializer[Any]):
    campaign = CampaignBody()
    kept = KeptBody()


class StopBody(StrictBody):
    """Why it is stopped, and which of its activities are called off; whoever is registered reads why."""

    reason = serializers.CharField(max_length=200)
    call_off = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=100, required=False, default=list,
        help_text="Codes of activities of the campaign.",
    )  # fmt: skip
    call_off_reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class SlotBody(serializers.Serializer[Any]):
    slot = serializers.ChoiceField(choices=Slot.choices)
    awards = serializers.IntegerField()
    cost = serializers.CharField()
    waiting = serializers.CharField(help_text="Of the cost, what is not sure yet.")


class StepsBody(serializers.Serializer[Any]):
    sent = serializers.IntegerField()
    joined = serializers.IntegerField()
    broke_ice = serializers.IntegerField()
    active = serializers.IntegerField()
    retained = serializers.IntegerField()


class StayedBody(serializers.Serializer[Any]):
    """Of the guests, and of those who joined in as long a time before, how many contributed in that week."""

    days = serializers.IntegerField()
    guests = serializers.IntegerField()
    guests_there = serializers.IntegerField()
    share = serializers.CharField(allow_null=True)
    before = serializers.IntegerField()
    before_there = serializers.IntegerField()
    share_before = serializers.CharField(allow_null=True)


class ComparedBody(serializers.Serializer[Any]):
    """Of those who got something hidden and of those held out, how many stayed and went on; in points of a hundred."""

    days = serializers.IntegerField()
    given = serializers.IntegerField(source="given.of")
    given_there = serializers.IntegerField(source="given.count")
    given_steps = serializers.IntegerField(source="given_steps.count")
    held = serializers.IntegerField(source="held.of")
    held_there = serializers.IntegerField(source="held.count")
    held_steps = serializers.IntegerField(source="held_steps.count")
    stayed_more = serializers.ListField(
        child=serializers.IntegerField(), help_text="At least and at most, as sure as 95 %."
    )
    stepped_more = serializers.ListField(child=serializers.IntegerField())
    is_small = serializers.BooleanField(help_text="Fewer than twenty on one side, which says little.")


class ActivityLineBody(serializers.Serializer[Any]):
    """What an activity of the campaign came to; money as decimal strings."""

    code = serializers.CharField()
    names = serializers.DictField(child=serializers.CharField())
    kind = serializers.CharField()
    state = serializers.CharField()
    starts_at = serializers.DateTimeField()
    registered = serializers.IntegerField()
    came = serializers.IntegerField()
    new_members = serializers.IntegerField()
    money = serializers.CharField(allow_blank=True)
    cost = serializers.CharField(allow_null=True)
    income = serializers.CharField()


class CampaignReportBody(serializers.Serializer[Any]):
    """What a campaign cost and brought; amounts and ratios are decimal strings."""

    currency = serializers.CharField()
    budget = serializers.CharField()
    cost = serializers.CharField()
    slots = SlotBody(many=True)
    steps = StepsBody()
    audience = serializers.IntegerField()
    k = serializers.CharField(allow_null=True)
    stayed = StayedBody(many=True)
    held_out = ComparedBody(many=True, help_text="Empty where nobody was held out.")
    per_retained = serializers.CharField(allow_null=True, help_text="Cost for each guest who stayed for a month.")
    activities = ActivityLineBody(many=True, help_text="Its activities, the first one first.")


class CampaignFilter(django_filters.FilterSet):  # type: ignore[misc]  # The library ships no types.
    state = django_filters.ChoiceFilter(choices=CampaignState.choices, help_text="Only campaigns in this state.")


class Campaigns(generics.ListAPIView[Campaign]):
    scopes = {"GET": Scope.CAMPAIGNS_READ}
    throttle_classes = [PerKeyThrottle]
    queryset = Campaign.objects.select_related("currency", "follows", "audience").prefetch_related("stages")
    serializer_class = CampaignBody
    filterset_class = CampaignFilter
    pagination_class = Pages

    @extend_schema(operation_id="list_campaigns", responses={200: CampaignBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Every campaign, newest first."""
        return super().get(request, *args, **kwargs)


class CampaignDetail(APIView):
    scopes = {"GET": Scope.CAMPAIGNS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="read_campaign", responses={200: CampaignBody, **PROBLEMS})
    def get(self, request: Request, campaign_code: str, **_: Any) -> Response:
        """A campaign with its stages."""
        known_only(request)
        return Response(CampaignBody(_find(campaign_code)).data)


class CampaignReport(APIView):
    scopes = {"GET": Scope.CAMPAIGNS_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="campaign_report", responses={200: CampaignReportBody, **PROBLEMS})
    def get(self, request: Request, campaign_code: str, **_: Any) -> Response:
        """What it has cost slot by slot, how far its guests have come, and its K against 1."""
        known_only(request)
        return Response(CampaignReportBody(report_of(_find(campaign_code), now=timezone.now())).data)


class CampaignStop(APIView):
    scopes = {"POST": Scope.CAMPAIGNS_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(operation_id="stop_campaign", request=StopBody, responses={200: StoppedBody, **PROBLEMS})
    def post(self, request: Request, campaign_code: str, **_: Any) -> Response:
        """Stop everything of it at once, and say what those half-way keep. Repeating it changes nothing."""
        body = StopBody(data=request.data)
        body.is_valid(raise_exception=True)
        found = _find(campaign_code)
        try:
            stop(campaign_id=found.pk, by=None, now=timezone.now(), **body.validated_data)
        except CannotStop as error:
            raise Problem(str(error), status_code=422, kind="cannot_stop") from error
        found = _find(campaign_code)
        return Response(StoppedBody({"campaign": found, "kept": kept_of(found, now=timezone.now())}).data)


def _find(code: str) -> Campaign:
    found = Campaign.objects.filter(code=code) if code.isprintable() and len(code) <= 40 else Campaign.objects.none()
    campaign = found.select_related("currency", "follows", "audience").prefetch_related("stages").first()
    if campaign is None:
        raise Problem("There is no such campaign.", status_code=404, kind="unknown_campaign")
    return campaign
