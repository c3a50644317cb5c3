from members.models.access import ApiKey
from members.models.attributes import AttributeDefinition
from members.models.counters import Counter, CounterItem, CounterValue
from members.models.imports import MemberImport, MemberImportLine
from members.models.invitations import Invitation, Referral
from members.models.member import Member
from members.models.tiers import Ladder, Standing, StandingChange, Tier
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
    "AttributeDefinition",
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
    "MemberImport",
    "MemberImportLine",
    "Referral",
    "Rejection",
    "Source",
    "Standing",
    "StandingChange",
    "Tier",
    "Work",
]
