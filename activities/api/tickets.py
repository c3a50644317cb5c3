"""What a place costs: the tickets of an activity, and which of them a member may take."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from activities.api.activities import find_activity
from activities.api.order_bodies import TicketBody, TicketChange, TicketOfferBody, offer_body
from activities.domain import money
from activities.domain.changing import CannotEdit
from activities.domain.orders import pricing, tickets
from activities.models import MONEY_MAX, Activity, Ticket
from incentives.api.needs import find_tier
from incentives.api.points import find_currency
from incentives.api.schemas import PROBLEMS
from incentives.bounds import AMOUNT_MAX
from incentives.models import Privilege
from members.api.authentication import PerKeyThrottle
from members.api.members import find_member
from members.api.params import known_only, text_of
from members.api.problems import Problem
from members.enums import Scope

CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Tickets(APIView):
    scopes = {"GET": Scope.ACTIVITIES_READ}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="list_tickets", responses={200: TicketOfferBody(many=True), **PROBLEMS},
        parameters=[OpenApiParameter("member", str, description="Whose: says which of them they may take now.")],
    )  # fmt: skip
    def get(self, request: Request, activity: str, **_: Any) -> Response:
        """The tickets of an activity, the cheapest first; for a member with whether they may take it, and why not."""
        known_only(request, "member")
        found = find_activity(activity)
        ref = text_of(request, "member")
        if ref:
            offers = pricing.offers_of(found, find_member(ref, "/member"), now=timezone.now())
            return Response([offer_body(each) for each in offers])
        rows = found.tickets.select_related("currency", "tier__ladder", "alone", "privilege").order_by("price", "pk")
        return Response(
            [{**TicketBody(_of(each, found)).data, "may": None, "why_not": None, "by_pass": None} for each in rows]
        )


class TicketDetail(APIView):
    scopes = {"PUT": Scope.ACTIVITIES_WRITE}
    throttle_classes = [PerKeyThrottle]

    @extend_schema(
        operation_id="put_ticket", request=TicketChange, responses={200: TicketBody, 201: TicketBody, **PROBLEMS}
    )
    def put(self, request: Request, activity: str, ticket: str, **_: Any) -> Response:
        """Make a ticket, or change one. Orders already made keep what they cost."""
        found = find_activity(activity)
        if CODE.fullmatch(ticket) is None:
            raise Problem("A ticket's code has up to 40 small letters, digits and hyphens.", kind="invalid")
        body = TicketChange(data=request.data)
        body.is_valid(raise_exception=True)
        values = _values(dict(body.validated_data), found, found.tickets.filter(code=ticket).first())
        try:
            made, is_new = tickets.put(activity_id=found.pk, code=ticket, values=values, now=timezone.now())
        except CannotEdit as error:
            pointer = f"/{error.field}" if error.field and error.field != "code" else ""
            raise Problem(error.sentence, kind="invalid", pointer=pointer) from error
        return Response(TicketBody(made).data, status=201 if is_new else 200)


def find_ticket(activity: Activity, code: str, pointer: str = "/ticket") -> Ticket:
    found = activity.tickets.filter(code=code).first() if "\x00" not in code else None
    if found is None:
        raise Problem("This activity has no such ticket.", status_code=404, kind="unknown_ticket", pointer=pointer)
    return found


def money_minor(amount: Decimal, code: str, pointer: str = "/amount") -> int:
    """Money in major units as whole minor ones; a fraction that it does not have is refused, never rounded."""
    if not amount:
        return 0
    if not money.is_money(code):
        raise Problem("Nothing of this is paid in money.", kind="invalid", pointer=pointer)
    try:
        found = money.minor(amount, code)
    except ValueError as error:
        raise Problem(str(error), kind="invalid", pointer=pointer) from error
    if found > MONEY_MAX:
        most = money.major(MONEY_MAX, code)
        raise Problem(f"At most {most:,f} {code} can be moved.", kind="invalid", pointer=pointer)
    return found


def points_minor(amount: Decimal, scale: int, pointer: str = "/points") -> int:
    scaled = amount.scaleb(scale)
    if scaled != scaled.to_integral_value() or scaled > AMOUNT_MAX:
        raise Problem(f"These points have {scale} decimals, and their bounds.", kind="invalid", pointer=pointer)
    return int(scaled)


def _values(given: dict[str, Any], activity: Activity, earlier: Ticket | None) -> dict[str, Any]:
    """What was named becomes what it names, and amounts become whole minor units."""
    if given.get("currency"):
        given["currency"] = find_currency(given["currency"])
    if "price" in given and given["price"] and not activity.money:
        raise Problem("Say first in which money the activity is paid, such as EUR.", kind="invalid", pointer="/price")
    if "price" in given:
        given["price"] = money_minor(given["price"], activity.money, "/price")
    if "points" in given:
        currency = given.get("currency", earlier.currency if earlier is not None else None)
        if given["points"] and not currency:
            raise Problem("Say how many points, and which.", kind="invalid", pointer="/currency")
        given["points"] = points_minor(given["points"], currency.scale) if currency else 0
    if given.get("alone"):
        given["alone"] = find_ticket(activity, given["alone"], "/alone")
    if given.get("tier"):
        given["tier"] = find_tier(given["tier"])
    if given.get("privilege"):
        given["privilege"] = find_privilege(given["privilege"])
    return given


def find_privilege(code: str, pointer: str = "/privilege") -> Privilege:
    found = Privilege.objects.filter(code=code).first() if "\x00" not in code else None
    if found is None:
        sentence = f"There is no privilege {code!r}."
        raise Problem(sentence, status_code=404, kind="unknown_privilege", pointer=pointer)
    return found


def _of(ticket: Ticket, activity: Activity) -> Ticket:
    ticket.activity = activity
    return ticket
