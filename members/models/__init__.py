from members.models.access import ApiKey
from members.models.attributes import AttributeDefinition
from members.models.conduct import (
    CommunityRules,
    ConductStep,
    Freeze,
    Report,
    RulesAcceptance,
    Violation,
    ViolationKind,
)
from members.models.connections import Acquaintance, Attendance, Connection, Contact, Introduction
from members.models.contents import Content, ContentMark
from members.models.counters import Counter, CounterItem, CounterValue
from members.models.games import Game, GameRound, GameTurn
from members.models.growth import GrowthWindow
from members.models.imports import (
    EventImport,
    EventImportFile,
    EventImportRefusal,
    ImportedEvent,
    MemberImport,
    MemberImportFile,
    MemberImportLine,
    MemberImportRefusal,
)
from members.models.intentions import Intention, IntentionEvidence
from members.models.invitations import Invitation, Referral
from members.models.member import Member
from members.models.needs import Need, NeedCandidate
from members.models.newcomers import Greeter, Greeting, Newcomer
from members.models.notifications import (
    MessageTemplate,
    Notification,
    NotificationChoice,
    NotificationEmail,
    NotificationWork,
)
from members.models.partners import Partner
from members.models.roles import Appointment, Cultivation, Role
from members.models.segments import Segment, SegmentMember, SegmentSize
from members.models.spaces import Space, SpaceMember, SpaceOperator
from members.models.tiers import (
    Ladder,
    LadderEdit,
    Leave,
    QuotaPlace,
    Standing,
    StandingChange,
    Tier,
    TierInvitation,
    TierPin,
)
from members.models.timeline import (
    DeadLetter,
    Event,
    EventKey,
    EventPayload,
    EventType,
    Lane,
    Rejection,
    Retraction,
    Source,
    Work,
)
from members.models.work_items import WorkItem

__all__ = [
    "Acquaintance",
    "ApiKey",
    "Appointment",
    "Attendance",
    "AttributeDefinition",
    "CommunityRules",
    "ConductStep",
    "Connection",
    "Contact",
    "Content",
    "ContentMark",
    "Counter",
    "CounterItem",
    "CounterValue",
    "Cultivation",
    "DeadLetter",
    "Event",
    "EventImport",
    "EventImportFile",
    "EventImportRefusal",
    "EventKey",
    "EventPayload",
    "EventType",
    "Freeze",
    "Game",
    "GameRound",
    "GameTurn",
    "Greeter",
    "Greeting",
    "GrowthWindow",
    "ImportedEvent",
    "Intention",
    "IntentionEvidence",
    "Introduction",
    "Invitation",
    "Ladder",
    "LadderEdit",
    "Lane",
    "Leave",
    "Member",
    "MemberImport",
    "MemberImportFile",
    "MemberImportLine",
    "MemberImportRefusal",
    "MessageTemplate",
    "Need",
    "NeedCandidate",
    "Newcomer",
    "Notification",
    "NotificationChoice",
    "NotificationEmail",
    "NotificationWork",
    "Partner",
    "QuotaPlace",
    "Referral",
    "Rejection",
    "Report",
    "Retraction",
    "Role",
    "RulesAcceptance",
    "Segment",
    "SegmentMember",
    "SegmentSize",
    "Source",
    "Space",
    "SpaceMember",
    "SpaceOperator",
    "Standing",
    "StandingChange",
    "Tier",
    "TierInvitation",
    "TierPin",
    "Violation",
    "ViolationKind",
    "Work",
    "WorkItem",
]
