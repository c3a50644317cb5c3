from members.models.access import ApiKey
from members.models.connections import Acquaintance, Attendance, Connection, Contact, Introduction
from members.models.counters import Counter, CounterItem, CounterValue
from members.models.invitations import Invitation, Referral
from members.models.member import Member
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
    "Acquaintance",
    "ApiKey",
    "Attendance",
    "Connection",
    "Contact",
    "Counter",
    "CounterItem",
    "CounterValue",
    "DeadLetter",
    "Event",
    "EventKey",
    "EventPayload",
    "EventType",
    "Introduction",
    "Invitation",
    "Ladder",
    "Lane",
    "Member",
    "QuotaPlace",
    "Referral",
    "Rejection",
    "Source",
    "Standing",
    "StandingChange",
    "Tier",
    "TierInvitation",
    "TierPin",
    "Work",
]
