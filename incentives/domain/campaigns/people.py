"""Who a campaign is for and who takes part in it; and its rows when two members become one."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from incentives.domain.campaigns import gatherings
from incentives.enums import CampaignState
from incentives.models import Campaign, CampaignMember, QuestRun
from members.enums import MemberStatus, ReferralState
from members.models import Member, Referral

MOMENTS = ("told_at", "done_at", "returned_at", "surprised_at")
OVER = (CampaignState.STOPPED, CampaignState.ENDED)
# Nobody is told while it lasts that they are held out.
QUIET_MOMENTS = (*MOMENTS, "held_out_at")


def audience_of(campaign: Campaign) -> QuerySet[Member]:
    """Active members, not of the house, in the campaign's segment where it has one."""
    found = Member.objects.present().whole().filter(is_house=False)
    return found if campaign.audience_id is None else found.filter(segment_memberships__segment=campaign.audience_id)


def guests_of(campaign_code: str) -> QuerySet[Referral]:
    """Who came with a code of the campaign and was not found to be none."""
    return Referral.objects.filter(invitation__campaign=campaign_code).exclude(state=ReferralState.REJECTED)


def sure(guests: QuerySet[Referral]) -> QuerySet[Referral]:
    """Those of them whom nobody has doubts about."""
    return guests.filter(state__in=(ReferralState.OPEN, ReferralState.CONFIRMED))


def participants_of(campaign: Campaign) -> QuerySet[Member]:
    """Everybody whom its rules may have paid, with the memberships that were merged into theirs."""
    guests = Referral.objects.filter(invitation__campaign=campaign.code)
    found = (
        Q(pk__in=guests.values("member_id")) | Q(pk__in=guests.values("inviter_id"))
        | Q(pk__in=campaign.members.exclude(done_at=None, returned_at=None, surprised_at=None).values("member_id"))
        | Q(pk__in=QuestRun.objects.filter(quest__campaign_quest__campaign=campaign).values("member_id"))
    )  # fmt: skip
    for came in gatherings.who_came(campaign):
        # Whoever brought somebody who came may be paid for it.
        brought_by = Member.objects.filter(pk__in=came, invited_by__isnull=False).values("invited_by_id")
        found |= Q(pk__in=came) | Q(pk__in=brought_by)
    people = Member.objects.filter(found)
    return Member.objects.filter(Q(pk__in=people.values("pk")) | Q(merged_into__in=people.values("pk")))


def took_part(campaign_code: str) -> QuerySet[Member]:
    """Guests of a campaign, and those whose guests came."""
    guests = guests_of(campaign_code)
    whole = Member.objects.filter(status=MemberStatus.ACTIVE, is_house=False)
    return whole.filter(Q(pk__in=guests.values("member_id")) | Q(pk__in=guests.values("inviter_id")))


def join(survivor_id: int, merged_id: int) -> None:
    """What was told to or reached by either of two memberships is the survivor's; the earlier moment counts."""
    own = {each.campaign_id: each for each in CampaignMember.objects.filter(member_id=survivor_id)}
    for each in CampaignMember.objects.filter(member_id=merged_id).order_by("pk"):
        kept = own.get(each.campaign_id)
        if kept is None:
            CampaignMember.objects.filter(pk=each.pk).update(member_id=survivor_id)
            continue
        for name in QUIET_MOMENTS:
            moments = [moment for moment in (getattr(kept, name), getattr(each, name)) if moment is not None]
            setattr(kept, name, min(moments, default=None))
        kept.save(update_fields=QUIET_MOMENTS)
        each.delete()


def forget(member_id: int) -> None:
    """What a campaign told somebody who is erased is gone with them; what it paid stands in the books."""
    CampaignMember.objects.filter(member_id=member_id).delete()
