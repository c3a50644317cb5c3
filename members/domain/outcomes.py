"""The events that Laurels itself writes to the timeline. Their types are reserved."""

from __future__ import annotations

from collections.abc import Mapping

INTERNAL_SOURCE = "laurels"

POINTS_AWARDED = "points.awarded"
POINTS_DEDUCTED = "points.deducted"
POINTS_SPENT = "points.spent"
POINTS_ADJUSTED = "points.adjusted"
POINTS_TRANSFERRED = "points.transferred"
POINTS_REVERSED = "points.reversed"
POINTS_MATURED = "points.matured"
POINTS_EXPIRING = "points.expiring"
SEGMENT_ENTERED, SEGMENT_LEFT = "segment.entered", "segment.left"
TIER_CHANGED, TIER_WARNED = "tier.changed", "tier.warned"
BADGE_GRANTED = "badge.granted"
PRIVILEGE_GRANTED, PRIVILEGE_REVOKED = "privilege.granted", "privilege.revoked"
PRIVILEGE_EXPIRED, PRIVILEGE_USED = "privilege.expired", "privilege.used"
PRIVILEGE_GIVEN_BACK, PRIVILEGE_FULFILLED = "privilege.given_back", "privilege.fulfilled"
PRIVILEGE_OVERDUE = "privilege.overdue"
INTRODUCTION_ACCEPTED = "introduction.accepted"
MEMBER_JOINED = "member.joined"
MEMBER_STATUS_CHANGED = "member.status_changed"
MEMBER_MERGED = "member.merged"
MEMBER_ERASED = "member.erased"
RULES_ACCEPTED = "rules.accepted"
CONDUCT_VIOLATION, CONDUCT_APPEALED = "conduct.violation", "conduct.appealed"
CONDUCT_UPHELD, CONDUCT_OVERTURNED = "conduct.upheld", "conduct.overturned"
# Of a report only its reporter hears, and no rule may ever pay for one.
CONDUCT_REPORTED, CONDUCT_REPORT_DECIDED = "conduct.reported", "conduct.report_decided"
# "Something missing?": what came of a question is told to its member, and no rule may ever pay for one.
CASE_OPENED, CASE_ANSWERED = "case.opened", "case.answered"
CASE_REOPENED, CASE_CLOSED = "case.reopened", "case.closed"
REFERRAL_JOINED, REFERRAL_BROKE_ICE = "referral.joined", "referral.broke_ice"
REFERRAL_ACTIVE, REFERRAL_RETAINED = "referral.active", "referral.retained"
REFERRAL_REJECTED = "referral.rejected"
CAMPAIGN_OPENED, CAMPAIGN_TASK_DONE = "campaign.opened", "campaign.task_done"
CAMPAIGN_RETURNED, CAMPAIGN_SURPRISE = "campaign.returned", "campaign.surprise"

_TEXT = {"type": "string", "optional": True}
_STRIKES = {"type": "int", "min": 0, "max": 10_000}
_STATUS = {"type": "string", "enum": ["active", "suspended", "banned", "left", "erased"]}
# What was moved, in major units: above 0 came to the member, below 0 went.
_MOVED = {"currency": {"type": "string"}, "amount": {"type": "decimal", "min": -(10**15), "max": 10**15}}

_PRIVILEGE = {"privilege": {"type": "string"}}
_PRIVILEGE_USE = {**_PRIVILEGE, "use": {"type": "string"}, "target": _TEXT}

_REFERRAL = {"channel": _TEXT, "campaign": _TEXT, "depth": {"type": "int", "min": 1, "max": 10_000}}

_CAMPAIGN = {"campaign": {"type": "string"}}
_FRIENDS = {"type": "int", "min": 1, "max": 10_000}

# How one lane hands an effect to another. Rules cannot listen: what is paid is told as `points.awarded`.
EFFECT_ASSIGNED, EFFECT_WITHDRAWN = "effect.assigned", "effect.withdrawn"
HANDED_OVER = frozenset({EFFECT_ASSIGNED, EFFECT_WITHDRAWN})
NOT_FOR_RULES = HANDED_OVER | {
    CONDUCT_REPORTED, CONDUCT_REPORT_DECIDED, CASE_OPENED, CASE_ANSWERED, CASE_REOPENED, CASE_CLOSED,
}  # fmt: skip
_CASE = {"case": {"type": "string"}}
_EFFECT = {
    "rule": {"type": "string"},
    "version": {"type": "int", "min": 0, "max": 10**9},
    "effect": {"type": "int", "min": 0, "max": 100},
    "run": {"type": "int", "min": 0, "max": 32_767},
    "amount": {"type": "int", "min": 0, "max": 10**15},
    "cause": {"type": "int", "min": 0, "max": 10**17},
    "match": {"type": "string", "optional": True, "max_length": 200},
}

# Type to (meaning, schema); kept in the database so that rules can listen to them like to any other.
OUTCOME_TYPES: dict[str, tuple[str, Mapping[str, object]]] = {
    MEMBER_JOINED: ("A member was created.", {"channel": _TEXT}),
    MEMBER_STATUS_CHANGED: (
        "A member was suspended, banned or reinstated, has left or is back.",
        {"from_status": _STATUS, "to_status": _STATUS},
    ),
    MEMBER_MERGED: (
        "Another membership of the same person was merged into this one.",
        {"ref": {"type": "string", "personal": True}},
    ),
    MEMBER_ERASED: ("Everything that identifies this person was removed.", {}),
    RULES_ACCEPTED: ("A member accepted the community's rules.", {"version": {"type": "int", "min": 1, "max": 10**9}}),
    CONDUCT_VIOLATION: (
        "A violation of the rules was recorded.",
        {"kind": {"type": "string"}, "consequence": {"type": "string"}, "strikes": _STRIKES},
    ),
    CONDUCT_APPEALED: ("A member asked for a second look at a violation.", {"kind": {"type": "string"}}),
    CONDUCT_UPHELD: ("A violation was upheld.", {"kind": {"type": "string"}}),
    CONDUCT_OVERTURNED: ("A violation was overturned, and what it took given back.", {"kind": {"type": "string"}}),
    CONDUCT_REPORTED: ("A member reported somebody.", {}),
    CONDUCT_REPORT_DECIDED: ("What a member had reported was decided.", {"outcome": {"type": "string"}}),
    REFERRAL_JOINED: ("Somebody joined by invitation.", _REFERRAL),
    REFERRAL_BROKE_ICE: ("An invited newcomer spoke, and somebody answered, within 24 hours.", _REFERRAL),
    REFERRAL_ACTIVE: ("An invited newcomer contributed between day 7 and day 13.", _REFERRAL),
    REFERRAL_RETAINED: ("An invited newcomer contributed between day 30 and day 36.", _REFERRAL),
    REFERRAL_REJECTED: ("A referral was found not to be one.", _REFERRAL),
    CAMPAIGN_OPENED: (
        "A campaign that a member may take part in has begun.",
        {**_CAMPAIGN, "until": {"type": "timestamp"}},
    ),
    CAMPAIGN_TASK_DONE: (
        "As many friends of a member have broken the ice as a campaign asked for.",
        {**_CAMPAIGN, "friends": _FRIENDS},
    ),
    CAMPAIGN_RETURNED: (
        "A member of a campaign took part in the one that follows it.",
        {**_CAMPAIGN, "before": {"type": "string"}},
    ),
    CAMPAIGN_SURPRISE: (
        "The host of a campaign released something that nobody was promised.",
        {**_CAMPAIGN, "reason": _TEXT},
    ),
    INTRODUCTION_ACCEPTED: ("Two members agreed to be introduced to each other.", {"other": {"type": "string"}}),
    POINTS_AWARDED: ("Rules paid points for an event.", {}),
    POINTS_DEDUCTED: ("Rules took points for an event.", {}),
    POINTS_SPENT: ("Points were redeemed.", _MOVED),
    POINTS_ADJUSTED: ("Points were added or taken by hand, or brought from elsewhere.", _MOVED),
    POINTS_TRANSFERRED: ("Points came from, or went to, another member.", _MOVED),
    POINTS_REVERSED: ("A movement was taken back.", _MOVED),
    POINTS_MATURED: ("Points that had waited were unlocked.", _MOVED),
    POINTS_EXPIRING: (
        "Points will expire in 30, 7 or 1 days.",
        {
            "currency": {"type": "string"},
            "amount": {"type": "decimal", "min": 0, "max": 10**15},
            "days": {"type": "int", "min": 1, "max": 30},
            "on": {"type": "timestamp"},
        },
    ),
    CASE_OPENED: ("A member asked whether something is missing.", _CASE),
    CASE_ANSWERED: ("A question about something missing was answered.", _CASE),
    CASE_REOPENED: ("An answer did not answer the member's question; the team looks at it.", _CASE),
    CASE_CLOSED: ("A question about something missing was closed.", _CASE),
    EFFECT_ASSIGNED: ("A rule pays this member for what another did.", _EFFECT),
    EFFECT_WITHDRAWN: ("What a rule paid this member for another's event was taken back.", _EFFECT),
    TIER_CHANGED: (
        "A member rose or fell on a ladder.",
        {
            "ladder": {"type": "string"},
            "from_tier": _TEXT,
            "to_tier": _TEXT,
            "rose": {"type": "bool"},
            "reason": _TEXT,
        },
    ),
    SEGMENT_ENTERED: ("A member came into a segment.", {"segment": {"type": "string"}}),
    SEGMENT_LEFT: ("A member left a segment.", {"segment": {"type": "string"}}),
    TIER_WARNED: ("A member did not do a tier's duty for a month.", {"ladder": {"type": "string"}, "reason": _TEXT}),
    BADGE_GRANTED: ("A rule granted a badge.", {"badge": {"type": "string"}}),
    PRIVILEGE_GRANTED: ("A member was given a privilege.", _PRIVILEGE),
    PRIVILEGE_REVOKED: ("A privilege that had been given was taken back.", _PRIVILEGE),
    PRIVILEGE_EXPIRED: ("The time of a privilege that had been given is over.", _PRIVILEGE),
    PRIVILEGE_USED: ("A privilege was used, booked or asked for.", _PRIVILEGE_USE),
    PRIVILEGE_GIVEN_BACK: ("A use of a privilege was given back.", _PRIVILEGE_USE),
    PRIVILEGE_FULFILLED: ("The team kept what a privilege promises.", _PRIVILEGE_USE),
    PRIVILEGE_OVERDUE: ("The team did not keep a promise in time.", _PRIVILEGE_USE),
}
