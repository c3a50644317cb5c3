from members.models.access import ApiKey
from members.models.counters import Counter, CounterItem, CounterValue
from members.models.invitations import Invitation, Referral
from members.models.member import Member
from members.models.segments import Segment, SegmentMember, SegmentSize
from members.models.tiers import Ladder, QuotaPlace, Standing, StandingChange, Tier, TierInvitation, TierPin
from members.models.timeline import (
    DeadLetter,
    Event,
    EventKey,
    EventPayload,
    EventType,
    Lane,
    Rejection,
    Source,
    Work,
)

__all__ = [
    "ApiKey",
    "Counter",
    "CounterItem",
    "CounterValue",
    "DeadLetter",
    "Event",
    "EventKey",
    "EventPayload",
    "EventType",
    "Invitation",
    "Ladder",
    "Lane",
    "Member",
    "QuotaPlace",
    "Referral",
    "Rejection",
    "Segment",
    "SegmentMember",
    "SegmentSize",
    "Source",
    "Standing",
    "StandingChange",
    "Tier",
    "TierInvitation",
    "TierPin",
    "Work",
]
