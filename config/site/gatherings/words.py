"""What an activity is called, when it is, what it costs and for whom it is, each in one line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, tzinfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from activities.domain import money, wording
from activities.enums import ActivityKind
from activities.models import Activity, Registration, Ticket
from config.templatetags.names import amount, long_date
from incentives.domain.ledger.queries import major
from incentives.domain.privileges.definitions import remembered
from incentives.domain.privileges.wording import tier_too_low_words
from members.domain.counters.periods import zone_named

KINDS: dict[str, tuple[str, Promise]] = {
    ActivityKind.BRAND: ("i-store", gettext_lazy("Open event")),
    ActivityKind.MEMBER: ("i-users", gettext_lazy("Member meet-up")),
    ActivityKind.SHARING: ("i-mic", gettext_lazy("Sharing")),
    ActivityKind.PAID: ("i-ticket", gettext_lazy("With tickets")),
}
FEW = 3


def when(activity: Activity, zone: tzinfo | None = None) -> str:
    """Sun 30 Nov, 14:00–18:00, as the clock shows it where the activity is, or in another zone."""
    zone = zone or zone_named(activity.zone)
    starts, ends = activity.starts_at.astimezone(zone), activity.ends_at.astimezone(zone)
    said = {"date": long_date(starts.date()), "from": f"{starts:%H:%M}", "until": f"{ends:%H:%M}"}
    if starts.date() == ends.date():
        return _("%(date)s, %(from)s–%(until)s") % said
    return _("%(date)s, %(from)s to %(day)s, %(until)s") % {**said, "day": long_date(ends.date())}


def when_there(activity: Activity, zone: tzinfo) -> str:
    """When it is for somebody in another zone; empty where their clocks agree."""
    here, there = activity.starts_at.astimezone(zone), activity.starts_at.astimezone(zone_named(activity.zone))
    return "" if here.utcoffset() == there.utcoffset() else when(activity, zone)


def where(activity: Activity) -> str:
    return activity.place or _("Online")


def seats(activity: Activity) -> str:
    """3 of 18 left; empty where there is no bound."""
    left = activity.seats_left
    if left is None:
        return ""
    if left:
        return _("%(left)d of %(seats)d left") % {"left": left, "seats": activity.capacity}
    return _("Full, with a waiting list") if activity.has_waiting_list else _("Full")


def is_few(activity: Activity) -> bool:
    return activity.seats_left is not None and activity.seats_left <= FEW


def for_whom(activity: Activity) -> str:
    """For whom it is, in one line; what a segment is called is never said."""
    said = []
    if activity.tier is not None:
        said.append(tier_too_low_words(wording.words_in(activity.tier.names, activity.tier.code)))
    if activity.segment_id is not None:
        said.append(_("For a circle of members that changes."))
    if activity.only_space and activity.space is not None:
        said.append(_("For members of %(space)s.") % {"space": space_name(activity)})
    if not said:
        said.append(_("For everybody, guests too.") if activity.is_open_to_guests else _("For every member."))
    return " ".join(said)


def space_name(activity: Activity) -> str:
    return wording.words_in(activity.space.names, activity.space.ref) if activity.space is not None else ""


def price_of(ticket: Ticket, code: str, seats: int = 1) -> str:
    """€12, 200 points, both, free, or with a pass."""
    if ticket.pass_only:
        return _("With %(pass)s") % {"pass": pass_name(ticket)}
    return sum_of(ticket.price * seats, code, ticket.points * seats, ticket)


def pass_name(ticket: Ticket) -> str:
    """What a ticket's pass is called; looked up in memory, so that lists cost no query for it."""
    found = next((each for each in remembered().values() if each.id == ticket.privilege_id), None)
    return wording.words_in(found.names, found.code) if found is not None else _("a pass")


def by_pass(registration: Registration) -> str:
    """1 use of Ten visits: how somebody came by their place."""
    assert registration.ticket is not None, "a pass is of a ticket"
    said = {"count": registration.pass_uses, "pass": pass_name(registration.ticket)}
    return ngettext("%(count)d use of %(pass)s", "%(count)d uses of %(pass)s", registration.pass_uses) % said


def sum_of(cents: int, code: str, points: int, ticket: Ticket) -> str:
    """Money and points that belong together, in words; free where there is neither."""
    said = [money.words(cents, code)] if cents else []
    if points and ticket.currency is not None:
        name = wording.words_in(ticket.currency.names, ticket.currency.code)
        said.append(
            _("%(amount)s %(points)s") % {"amount": amount(major(points, ticket.currency.scale)), "points": name}
        )
    return " + ".join(said) or _("Free")


def price_line(activity: Activity, tickets: Iterable[Ticket], now: datetime) -> str:
    """The cheapest of what is on sale, and whether there is dearer; free where there are no tickets."""
    on_sale = [each for each in tickets if each.is_sold_at(now)]
    if not on_sale:
        return "" if list(tickets) else _("Free")
    # What is only had with a pass is nobody's price, where there is one.
    on_sale = [each for each in on_sale if not each.pass_only] or on_sale
    cheapest = min(on_sale, key=lambda each: (each.price, each.points))
    price = price_of(cheapest, activity.money)
    return price if len(on_sale) == 1 else _("from %(price)s") % {"price": price}
