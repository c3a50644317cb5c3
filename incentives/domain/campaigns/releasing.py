"""Releases from a campaign's hidden slot: to everybody who has come so far, for a reason they read. Never by lot."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from incentives.domain.campaigns.holding_out import held_out
from incentives.domain.campaigns.people import guests_of, sure
from incentives.domain.ledger.queries import major
from incentives.domain.pump import hints
from incentives.enums import CampaignState, ReleasedTo, Slot
from incentives.models import Campaign, CampaignMember, CampaignRelease
from members.domain.events.telling import tell
from members.domain.invitations.rings import freeloaders
from members.domain.outcomes import CAMPAIGN_SURPRISE
from members.enums import MemberStatus
from members.models import Member


class CannotRelease(Exception):
    """A release that cannot be; the message says why."""


def release(*, campaign_id: int, whom: ReleasedTo, reason: str, by: str, now: datetime) -> CampaignRelease:
    """Pay the hidden amount to all of them, each once in a campaign. Raises CannotRelease.

    Where the reserve is not enough for all, nobody is paid: who would be left out must not be a matter of chance.
    """
    if not reason.strip():
        raise CannotRelease(_("Say why; those whom it is for read it."))
    with transaction.atomic():
        campaign = Campaign.objects.select_for_update(of=("self",)).select_related("currency").get(pk=campaign_id)
        if campaign.state != CampaignState.RUNNING or not campaign.begins_at <= now < campaign.ends_at:
            raise CannotRelease(_("Only while a campaign runs something of it can be released."))
        if not campaign.rules.filter(slot=Slot.HIDDEN).exists():
            raise CannotRelease(_("This campaign has nothing hidden."))
        group = list(waiting_for(campaign, whom, now).order_by("pk").values_list("pk", flat=True))
        held = held_out(campaign, group)
        ids = [pk for pk in group if pk not in set(held)]
        if not ids:
            raise CannotRelease(_("There is nobody yet whom it would be for."))
        each = campaign.numbers["surprise"] * 10**campaign.currency.scale
        left = left_of(campaign)
        if each * len(ids) > left:
            scale = campaign.currency.scale
            said = _(
                "%(count)d members would get %(amount)s, and %(left)s are left of the hidden part; choose a smaller "
                "group."
            )
            amounts = {"amount": f"{major(each * len(ids), scale):,f}", "left": f"{major(left, scale):,f}"}
            raise CannotRelease(said % {"count": len(ids), **amounts})
        made = CampaignRelease.objects.create(
            campaign=campaign, whom=whom, reason=reason.strip()[:200], members=len(ids), held_out=len(held),
            amount=each * len(ids), released_at=now, released_by=by[:150],
        )  # fmt: skip
        CampaignMember.objects.bulk_create(
            [CampaignMember(campaign=campaign, member_id=pk) for pk in group], ignore_conflicts=True
        )
        campaign.members.filter(member__in=ids).update(surprised_at=now)
        campaign.members.filter(member__in=held).update(held_out_at=now)
        tell(CAMPAIGN_SURPRISE, [(pk, {"campaign": campaign.code, "reason": made.reason}) for pk in ids], now=now)
        hints.wake_on_commit()
    return made


def left_of(campaign: Campaign) -> int:
    """What is left of the reserve, in minor units."""
    return campaign.reserve - (campaign.releases.aggregate(used=Sum("amount"))["used"] or 0)


def waiting_for(campaign: Campaign, whom: ReleasedTo, now: datetime) -> QuerySet[Member]:
    """Whom a release would be for now; of them some may be held out, and those never get it in this campaign.

    Who took something and went is not among them until they do something.
    """
    guests = sure(guests_of(campaign.code))
    ids: Any
    if whom == ReleasedTo.SPOKE:
        ids = guests.filter(broke_ice_at__isnull=False).values("member_id")
    elif whom == ReleasedTo.RETAINED:
        ids = guests.filter(retained_at__isnull=False).values("member_id")
    else:
        ids = guests.filter(broke_ice_at__isnull=False, inviter__isnull=False).values("inviter_id")
    before = campaign.members.exclude(surprised_at=None, held_out_at=None).values("member_id")
    found = Member.objects.filter(pk__in=ids, status=MemberStatus.ACTIVE, is_house=False).exclude(pk__in=before)
    return found.exclude(pk__in=freeloaders(now=now).values("pk"))
