"""Codes for free tickets, which partners and channels give away."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from activities.api.activities import find_activity
from activities.api.tickets import find_ticket
from activities.domain.orders import codes
from activities.models import SEATS_MAX, TicketCode
from incentives.api.points import IDEMPOTENCY, Moving
from incentives.api.schemas import PROBLEMS
from members.api.bodies import Moment, StrictBody
from members.api.paging import Pages
from members.api.problems import Problem
from members.enums import Scope
from members.models import Partner


class TicketCodeBody(serializers.ModelSerializer[TicketCode]):
    """A code for a free ticket, and how often it was used."""

    ticket = serializers.CharField(source="ticket.code")
    partner = serializers.CharField(source="partner.code", allow_null=True, default=None)

    class Meta:
        model = TicketCode
        fields = ["code", "ticket", "partner", "channel", "uses_max", "uses", "expires_at", "revoked_at", "made_at"]


class NewTicketCode(StrictBody):
    """Which ticket is free, how often and until when. A partner's count against the tickets agreed."""

    ticket = serializers.CharField(max_length=40)
    uses_max = serializers.IntegerField(min_value=1, max_value=SEATS_MAX, default=1)
    code = serializers.RegexField(
        r"^([A-Z0-9][A-Z0-9-]*)?\Z", max_length=32, required=False, allow_blank=True, default="",
        help_text="Capital letters, digits and hyphens; without one we make one.",
    )  # fmt: skip
    partner = serializers.CharField(max_length=64, required=False, allow_null=True, default=None)
    channel = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    expires_at = Moment(required=False, allow_null=True, default=None)


class TicketCodes(generics.ListAPIView[TicketCode], Moving):
    scopes = {"GET": Scope.ACTIVITIES_READ, "POST": Scope.ACTIVITIES_WRITE}
    queryset = TicketCode.objects.none()
    serializer_class = TicketCodeBody
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[TicketCode]:
        if getattr(self, "swagger_fake_view", False):
            return TicketCode.objects.none()
        found = TicketCode.objects.select_related("ticket", "partner")
        return found.filter(activity=find_activity(self.kwargs["activity"]))

    @extend_schema(operation_id="list_ticket_codes", responses={200: TicketCodeBody(many=True), **PROBLEMS})
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The codes for free tickets of an activity, the last one made first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="make_ticket_code", request=NewTicketCode, parameters=[IDEMPOTENCY],
        responses={201: TicketCodeBody, 200: TicketCodeBody, **PROBLEMS},
    )  # fmt: skip
    def post(self, request: Request, activity: str, **_: Any) -> Response:
        """Make a code that makes a ticket free, for a partner or a channel."""
        found = find_activity(activity)
        body = NewTicketCode(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        ticket, named = find_ticket(found, given.pop("ticket")), given.pop("partner")
        partner = Partner.objects.filter(code=named).first() if named is not None and "\x00" not in named else None
        if named is not None and partner is None:
            raise Problem(
                f"There is no partner {named[:64]!r}.", status_code=404, kind="unknown_partner", pointer="/partner"
            )

        def do(_key: bytes, actor: str) -> dict[str, Any]:
            made = codes.make(ticket=ticket, partner=partner, now=timezone.now(), by=f"app {actor}", **given)
            return dict(TicketCodeBody(made).data)

        return self.once(request, request.data, do)
