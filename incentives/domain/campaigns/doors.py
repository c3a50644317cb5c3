"""Whether a code of a campaign may be made now, and until when it is good; named in settings.INVITATION_DOORS."""

from __future__ import annotations

from datetime import datetime

from incentives.enums import CampaignState, StageOpens
from incentives.models import Campaign
from members.domain.invitations.making import CannotInvite
from members.models import Member, SegmentMember


def door(code: str, inviter: Member | None, now: datetime) -> datetime | None:
    """Refuse unless the campaign has begun and its stage is for them; a word that is no campaign's is only a word.

    Stopping holds the campaign's row as we do: no code is made that a stop would not see. Raises CannotInvite.
    """
    campaign = Campaign.objects.select_for_update(no_key=True, of=("self",)).filter(code=code).first()
    if campaign is None:
        return None
    if campaign.state != CampaignState.RUNNING or campaign.ends_at <= now:
        raise CannotInvite(f"The campaign {code} is {campaign.get_state_display()}; no code of it can be made.")
    if inviter is not None:
        _check_stage(campaign, inviter, now)
    return campaign.ends_at


def may_invite(campaign: Campaign, member: Member, now: datetime) -> bool:
    """Whether a member may make codes of a running campaign now: known voices from their stage on."""
    open_now = set(campaign.stages.filter(begins_at__lte=now).values_list("opens", flat=True))
    if campaign.ends_at <= now or not open_now:
        return False
    if StageOpens.LETTERS in open_now:
        return campaign.audience_id is None or _is_in(member, campaign.audience_id)
    return StageOpens.VOICES in open_now and campaign.voices_id is not None and _is_in(member, campaign.voices_id)


def _check_stage(campaign: Campaign, inviter: Member, now: datetime) -> None:
    if may_invite(campaign, inviter, now):
        return
    letters = campaign.stages.filter(opens=StageOpens.LETTERS, begins_at__gt=now).first()
    if letters is not None:
        opens = inviter.local(letters.begins_at)
        raise CannotInvite(f"Invitations of {campaign.code} open to everybody of it on {opens:%Y-%m-%d}.")
    raise CannotInvite(f"The campaign {campaign.code} is for others.")


def _is_in(member: Member, segment_id: int) -> bool:
    return SegmentMember.objects.filter(segment_id=segment_id, member=member).exists()
