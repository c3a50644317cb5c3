"""Which tickets somebody may take now, what they cost, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from activities.domain import wording
from activities.models import Activity, Ticket
from incentives.domain.privileges.wording import WhyNot, tier_too_low_words
from members.enums import AgeBand
from members.models import Member, Standing


@dataclass(frozen=True, slots=True)
class Offer:
    """A ticket as a member sees it: `why_not` None is theirs to take; `left` None is without bound."""

    ticket: Ticket
    left: int | None
    why_not: WhyNot | None


def offers_of(activity: Activity, member: Member, *, now: datetime) -> list[Offer]:
    """Every ticket on sale, or to be, with the reason where it is not theirs to take: three queries."""
    found = activity.tickets.filter(is_active=True).select_related("tier__ladder", "currency", "alone")
    tickets = list(found.order_by("price", "pk"))
    if not tickets:
        return []
    held = dict(Standing.objects.filter(member=member).values_list("ladder_id", "tier__threshold"))
    return [Offer(each, left_of(each, activity), why_not(each, member, held, activity, now=now)) for each in tickets]


def check_ticket(
    ticket: Ticket, member: Member, activity: Activity, *, now: datetime, is_free: bool = False
) -> WhyNot | None:
    """Why this member may not take this ticket now; None if they may. By a code it is free, and costs no minor."""
    held = dict(Standing.objects.filter(member=member).values_list("ladder_id", "tier__threshold"))
    why = why_not(ticket, member, held, activity, now=now)
    return None if is_free and why is not None and why.code == "not_adult" else why


def why_not(
    ticket: Ticket, member: Member, held: Mapping[int, int | None], activity: Activity, *, now: datetime
) -> WhyNot | None:
    if ticket.sells_from is not None and now < ticket.sells_from:
        moment = wording.moment_words(ticket.sells_from, activity)
        return WhyNot("ticket_sold_later", _("Sold from %(moment)s.") % {"moment": moment})
    if not ticket.is_sold_at(now):
        return WhyNot("ticket_not_sold", _("This ticket is not sold any more."))
    if ticket.tier is not None and (held.get(ticket.tier.ladder_id) or -1) < ticket.tier.threshold:
        return WhyNot("tier_too_low", tier_too_low_words(wording.words_in(ticket.tier.names, ticket.tier.code)))
    if ticket.price and member.age_band != AgeBand.ADULT and not has_guardian(member):
        return WhyNot("not_adult", _("Only adults, and whoever has a guardian's consent, order what costs money."))
    return None


def has_guardian(member: Member) -> bool:
    """Whether the host app has told us of a guardian's consent: its attribute `guardian` is true."""
    return member.attributes.get("guardian") is True


def left_of(ticket: Ticket, activity: Activity) -> int | None:
    """How many seats are left of a ticket, and never more than the activity has; None without any bound."""
    own = None if ticket.capacity is None else max(0, ticket.capacity - ticket.seats_taken)
    bounds = [each for each in (own, activity.seats_left) if each is not None]
    return min(bounds) if bounds else None
