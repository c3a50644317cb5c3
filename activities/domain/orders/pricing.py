"""Which tickets somebody may take now, what they cost, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from activities.domain import wording
from activities.domain.orders import passes
from activities.models import Activity, Registration, Ticket
from incentives.domain.privileges.deciding import Answer
from incentives.domain.privileges.wording import WhyNot, tier_too_low_words
from members.enums import AgeBand
from members.models import Member, Standing


@dataclass(frozen=True, slots=True)
class Offer:
    """A ticket as a member sees it: `why_not` None is theirs to take; `left` None is without bound.

    `by_pass` is what they may do with its pass when the activity begins, None where it has none.
    """

    ticket: Ticket
    left: int | None
    why_not: WhyNot | None
    by_pass: Answer | None = None


def offers_of(activity: Activity, member: Member, *, now: datetime) -> list[Offer]:
    """Every ticket on sale, or to be, with the reason where it is not theirs to take: a fixed number of queries."""
    found = activity.tickets.filter(is_active=True).select_related("tier__ladder", "currency", "alone", "privilege")
    tickets = list(found.order_by("price", "pk"))
    if not tickets:
        return []
    held = dict(Standing.objects.filter(member=member).values_list("ladder_id", "tier__threshold"))
    passed = passes.answers(tickets, member, activity, now=now)
    return [_offer(each, member, held, activity, passed.get(each.privilege_id or 0), now) for each in tickets]


def _offer(
    ticket: Ticket, member: Member, held: Mapping[int, int | None], activity: Activity, by_pass: Answer | None,
    now: datetime,
) -> Offer:  # fmt: skip
    why = not_on_sale(ticket, held, activity, now=now)
    if why is None and (by_pass is None or not by_pass.may):
        why = by_pass.why_not if by_pass is not None and ticket.pass_only else may_not_pay(ticket, member)
    return Offer(ticket, left_of(ticket, activity), why, by_pass)


def check_ticket(
    ticket: Ticket, member: Member, activity: Activity, *, now: datetime, is_free: bool = False,
    with_pass: bool | None = None,
) -> WhyNot | None:  # fmt: skip
    """Why this member may not take this ticket now; None if they may.

    By a code it is free, and costs no minor; neither does it with its pass. `with_pass` None is either way.
    """
    held = dict(Standing.objects.filter(member=member).values_list("ladder_id", "tier__threshold"))
    why = not_on_sale(ticket, held, activity, now=now)
    if why is not None or is_free:
        return why
    if ticket.privilege_id is None:
        return _no_pass() if with_pass else may_not_pay(ticket, member)
    if with_pass is False:
        return _only_with_pass(ticket) if ticket.pass_only else may_not_pay(ticket, member)
    answer = passes.answers([ticket], member, activity, now=now).get(ticket.privilege_id)
    if answer is not None and answer.may:
        return None
    return answer.why_not if answer is not None and (with_pass or ticket.pass_only) else may_not_pay(ticket, member)


def asks_for_pass(registration: Registration) -> bool:
    """Whether it is the pass or nothing: it was asked for, or there is no other way for this member."""
    ticket = registration.ticket
    if ticket is None or ticket.privilege_id is None:
        return False
    return ticket.pass_only or bool(registration.with_pass) or may_not_pay(ticket, registration.member) is not None


def not_on_sale(ticket: Ticket, held: Mapping[int, int | None], activity: Activity, *, now: datetime) -> WhyNot | None:
    """Why nobody, or nobody who stands so low, has this ticket now."""
    if ticket.sells_from is not None and now < ticket.sells_from:
        moment = wording.moment_words(ticket.sells_from, activity)
        return WhyNot("ticket_sold_later", _("Sold from %(moment)s.") % {"moment": moment})
    if not ticket.is_sold_at(now):
        return WhyNot("ticket_not_sold", _("This ticket is not sold any more."))
    if ticket.tier is not None and (held.get(ticket.tier.ladder_id) or -1) < ticket.tier.threshold:
        return WhyNot("tier_too_low", tier_too_low_words(wording.words_in(ticket.tier.names, ticket.tier.code)))
    return None


def may_not_pay(ticket: Ticket, member: Member) -> WhyNot | None:
    """Why a member may not pay the price of a ticket; None if they may, or it has none."""
    if ticket.price and member.age_band != AgeBand.ADULT and not has_guardian(member):
        return WhyNot("not_adult", _("Only adults, and whoever has a guardian's consent, order what costs money."))
    return None


def _no_pass() -> WhyNot:
    return WhyNot("no_pass", _("No pass opens this ticket; choose another one, or pay its price."))


def _only_with_pass(ticket: Ticket) -> WhyNot:
    assert ticket.privilege is not None, "only_with_a_pass_costs_nothing_else"
    said = {"pass": wording.words_in(ticket.privilege.names, ticket.privilege.code)}
    return WhyNot("pass_only", _("This ticket is only had with %(pass)s.") % said)


def has_guardian(member: Member) -> bool:
    """Whether the host app has told us of a guardian's consent: its attribute `guardian` is true."""
    return member.attributes.get("guardian") is True


def left_of(ticket: Ticket, activity: Activity) -> int | None:
    """How many seats are left of a ticket, and never more than the activity has; None without any bound."""
    own = None if ticket.capacity is None else max(0, ticket.capacity - ticket.seats_taken)
    bounds = [each for each in (own, activity.seats_left) if each is not None]
    return min(bounds) if bounds else None
