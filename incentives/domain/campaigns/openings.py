"""The campaigns in which a member may invite now, and how far they have come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from incentives.domain.campaigns.doors import may_invite
from incentives.domain.campaigns.people import guests_of
from incentives.domain.campaigns.tasks import progress_of
from incentives.enums import CampaignState
from incentives.models import Campaign
from members.models import Member

SHOWN_MAX = 3


@dataclass(frozen=True, slots=True)
class Opening:
    """A campaign as its member sees it; `friends` is None where it sets no task."""

    code: str
    names: Mapping[str, str]
    letter: Mapping[str, str]
    ends_at: datetime
    friends: int | None
    done: int

    @property
    def is_done(self) -> bool:
        return self.friends is not None and self.done >= self.friends


def open_to(member: Member, *, now: datetime) -> list[Opening]:
    """Running campaigns whose stage is for the member, the one that ends first first. One query while there is none."""
    running = Campaign.objects.filter(state=CampaignState.RUNNING, begins_at__lte=now, ends_at__gt=now)
    found = [each for each in running.order_by("ends_at", "pk") if may_invite(each, member, now)][:SHOWN_MAX]
    return [_opening(each, member) for each in found]


def _opening(campaign: Campaign, member: Member) -> Opening:
    numbers = campaign.numbers
    friends = numbers.get("friends")
    done = progress_of(guests_of(campaign.code), member.pk, days=numbers["days"]) if friends is not None else 0
    return Opening(campaign.code, campaign.names, campaign.letter, campaign.ends_at, friends, done)
