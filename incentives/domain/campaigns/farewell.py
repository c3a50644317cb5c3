"""What those half-way are told when a campaign is stopped: once each, a service, and not at night."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from incentives.domain.campaigns.people import guests_of
from incentives.domain.campaigns.quests import runs_of
from incentives.domain.ledger.queries import major
from incentives.domain.pump import hints
from incentives.enums import PendingState
from incentives.models import Campaign, PendingAward
from members.domain.events.telling import tell
from members.domain.outcomes import CAMPAIGN_STOPPED
from members.domain.registry import registry
from members.enums import MemberStatus, MessageKind
from members.models import EventType, Member, MessageTemplate

TITLES = {"en": "“{campaign}” ends early", "zh-hans": "「{campaign}」提前结束"}
TEXTS = {"en": "What you were given stays yours. {keeps}", "zh-hans": "已经给你的都归你。{keeps}"}


def template_code(campaign: Campaign) -> str:
    return f"{campaign.code}-stopped"


def waiting(campaign: Campaign) -> QuerySet[PendingAward]:
    codes = campaign.rules.values("rule__code")
    return PendingAward.objects.filter(rule_code__in=codes, state=PendingState.WAITING)


def half_way(campaign: Campaign) -> QuerySet[Member]:
    """Whoever waits for something of it: an award, a guest who is on the way, oneself as one, or the end of a quest."""
    guests = guests_of(campaign.code).filter(retained_at=None)
    people = Member.objects.filter(status__in=(MemberStatus.ACTIVE, MemberStatus.SUSPENDED), is_house=False)
    return people.filter(
        Q(pk__in=waiting(campaign).values("member_id"))
        | Q(pk__in=guests.values("member_id"))
        | Q(pk__in=guests.filter(inviter__isnull=False).values("inviter_id"))
        | Q(pk__in=runs_of(campaign).values("member_id"))
    )


def tell_all(campaign: Campaign, *, finish_by: datetime | None, now: datetime) -> int:
    """Tell each of them what they keep, in the transaction that stops it; returns how many."""
    ids = list(half_way(campaign).order_by("pk").values_list("pk", flat=True))
    if not ids:
        return 0
    MessageTemplate.objects.get_or_create(
        code=template_code(campaign),
        defaults={
            "event_type": EventType.objects.get(code=CAMPAIGN_STOPPED), "kind": MessageKind.SERVICE, "titles": TITLES,
            "texts": TEXTS, "condition": f'event.data.campaign == "{campaign.code}"',
        },
    )  # fmt: skip
    # What is heard is known for two seconds; this template is new.
    registry.forget()
    tell(CAMPAIGN_STOPPED, _said(campaign, ids, finish_by), now=now)
    hints.wake_on_commit()
    return len(ids)


def _said(campaign: Campaign, ids: Iterable[int], finish_by: datetime | None) -> list[tuple[int, dict[str, Any]]]:
    sums = waiting(campaign).values("member_id").annotate(count=Count("pk"), minor=Sum("amount"))
    awards = {row["member_id"]: (row["count"], row["minor"]) for row in sums}
    on_their_way = list(guests_of(campaign.code).filter(retained_at=None).values_list("inviter_id", "member_id"))
    inviters, guests = {inviter for inviter, _guest in on_their_way}, {guest for _inviter, guest in on_their_way}
    on_quests = set(runs_of(campaign).values_list("member_id", flat=True)) if finish_by is not None else set()
    told = []
    for pk in ids:
        count, minor = awards.get(pk, (0, 0))
        said: dict[str, Any] = {
            "campaign": campaign.code,
            "waiting": count,
            "guests": pk in inviters,
            "guest": pk in guests,
        }
        if count:
            said |= {"amount": major(minor, campaign.currency.scale), "currency": campaign.currency.code}
        if pk in on_quests and finish_by is not None:
            said["until"] = finish_by.isoformat()
        told.append((pk, said))
    return told
