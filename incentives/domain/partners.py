"""A partner's scoreboard: what each side gave and got, counted when it is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.db.models import Count, Q, Sum
from django.utils.module_loading import import_string

from incentives.domain.ledger.queries import major
from incentives.enums import JournalKind
from incentives.models import Currency
from members.domain.partners.giving import people_left
from members.domain.sql import rows_of
from members.enums import MemberStatus, ReferralState
from members.models import EventKey, Invitation, Partner, Referral

# What moves points for an event, and what takes that back.
_PAYING = (JournalKind.AWARD, JournalKind.DEDUCT, JournalKind.REVERSE, JournalKind.LAPSE)
_PAID = """
SELECT j.currency_id, sum(e.amount) FROM members_eventkey k
JOIN incentives_journal j ON j.event_id = k.event_id
JOIN incentives_entry e ON e.journal_id = j.id
WHERE k.source_id = %s AND j.kind IN ({kinds}) GROUP BY j.currency_id
"""


@dataclass(frozen=True, slots=True)
class Paid:
    """What members got for a partner's events in one currency, net of what was taken back, in major units."""

    currency: str
    names: dict[str, str]
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Gathered:
    """What came of it where people meet: `tickets_used` and `sessions_came` count people, guests of members too."""

    tickets_used: int = 0
    sessions: int = 0
    sessions_came: int = 0
    new_members: int = 0


@dataclass(frozen=True, slots=True)
class Scoreboard:
    """A partner and us. We gave tickets, codes and points to members for its events; it brought members and events.

    `joined` came by its codes and were not found to be none; of them `active` took part in their second week, and
    `retained` were still there after a month. `gathered` is what the app above counts (`PARTNERS_GATHERED`).
    """

    tickets_given: int
    tickets_max: int
    codes: int
    codes_used: int
    people_left: int
    joined: int
    active: int
    retained: int
    events: int
    paid: tuple[Paid, ...]
    gathered: Gathered


def scoreboard_of(partner: Partner) -> Scoreboard:
    """Count what has come of a partnership: a fixed number of queries, each along an index."""
    codes = Invitation.objects.filter(partner=partner).aggregate(count=Count("pk"), used=Sum("uses"))
    staying = Q(member__status__in=(MemberStatus.ACTIVE, MemberStatus.SUSPENDED))
    came = Referral.objects.filter(invitation__partner=partner).exclude(state=ReferralState.REJECTED).aggregate(
        joined=Count("pk"), active=Count("active_at", filter=staying), retained=Count("retained_at", filter=staying)
    )  # fmt: skip
    events = EventKey.objects.filter(source_id=partner.source_id).count() if partner.source_id is not None else 0
    return Scoreboard(
        tickets_given=partner.tickets_given,
        tickets_max=partner.tickets_max,
        codes=codes["count"],
        codes_used=codes["used"] or 0,
        people_left=people_left(partner),
        joined=came["joined"],
        active=came["active"],
        retained=came["retained"],
        events=events,
        paid=_paid(partner.source_id) if events else (),
        gathered=import_string(settings.PARTNERS_GATHERED)(partner),
    )


def _paid(source_id: int | None) -> tuple[Paid, ...]:
    kinds = ", ".join(["%s"] * len(_PAYING))
    found = dict(rows_of(_PAID.format(kinds=kinds), [source_id, *(kind.value for kind in _PAYING)]))
    return tuple(
        Paid(currency.code, currency.names, major(int(found[currency.pk]), currency.scale))
        for currency in Currency.objects.filter(pk__in=found).order_by("code")
        if found[currency.pk]
    )
