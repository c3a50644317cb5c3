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
CONTENT_QUALITY_REACHED, CONTENT_QUALITY_LOST = "content.quality_reached", "content.quality_lost"
NEED_POSTED, NEED_PROPOSED, NEED_REFUSED = "need.posted", "need.proposed", "need.refused"
NEED_MATCHED, NEED_CONFIRMED, NEED_FAILED = "need.matched", "need.confirmed", "need.failed"
NEED_WITHDRAWN, NEED_EXPIRED = "need.withdrawn", "need.expired"
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
# What the team set right is told once to each member; what it moved is told to rules beside it.
CORRECTION_MADE, CORRECTION_UNDONE = "correction.made", "correction.undone"
REFERRAL_JOINED, REFERRAL_BROKE_ICE = "referral.joined", "referral.broke_ice"
REFERRAL_ACTIVE, REFERRAL_RETAINED = "referral.active", "referral.retained"
REFERRAL_REJECTED = "referral.rejected"
QUEST_STARTED, QUEST_STEP_COMPLETED = "quest.started", "quest.step_completed"
QUEST_COMPLETED, QUEST_EXPIRED = "quest.completed", "quest.expired"
# The first 24 hours: the first look at the points page, the first words, the first answer, the first acquaintance.
PAGE_OPENED, CONNECTION_MADE = "page.opened", "connection.made"
NEWCOMER_SAID_HELLO, NEWCOMER_BROKE_ICE = "newcomer.said_hello", "newcomer.broke_ice"
NEWCOMER_ASSIGNED, GREETER_ASSIGNED = "newcomer.assigned", "greeter.assigned"
GAME_PLAYED = "game.played"
CAMPAIGN_OPENED, CAMPAIGN_TASK_DONE = "campaign.opened", "campaign.task_done"
CAMPAIGN_RETURNED, CAMPAIGN_SURPRISE = "campaign.returned", "campaign.surprise"
CAMPAIGN_STOPPED = "campaign.stopped"
# That a public rule will pay less, or points expire sooner; told days before, and no rule may ever pay for it.
RULE_CHANGING, EXPIRY_CHANGING = "rule.changing", "expiry.changing"
SPACE_JOINED, SPACE_LEFT = "space.joined", "space.left"
ROLE_APPOINTED, ROLE_ENDED = "role.appointed", "role.ended"
ACTIVITY_ANNOUNCED, ACTIVITY_CHANGED = "activity.announced", "activity.changed"
ACTIVITY_REGISTERED, ACTIVITY_WAITLISTED = "activity.registered", "activity.waitlisted"
ACTIVITY_OFFERED, ACTIVITY_LAPSED = "activity.offered", "activity.lapsed"
ACTIVITY_CANCELLED, ACTIVITY_REFUSED = "activity.cancelled", "activity.refused"
ACTIVITY_REMINDER, ACTIVITY_INVITED = "activity.reminder", "activity.invited"
ACTIVITY_CHECKED_IN, ACTIVITY_MISSED = "activity.checked_in", "activity.missed"
ACTIVITY_SPOKE, ACTIVITY_RATED = "activity.spoke", "activity.rated"
PROPOSAL_MADE, PROPOSAL_ASKED = "proposal.made", "proposal.asked"
PROPOSAL_ACCEPTED, PROPOSAL_DECLINED = "proposal.accepted", "proposal.declined"
PROPOSAL_SCHEDULED, PROPOSAL_DELIVERED = "proposal.scheduled", "proposal.delivered"
ACTIVITY_ORDER_PAID, ACTIVITY_ORDER_REFUNDED = "activity.order_paid", "activity.order_refunded"
ACTIVITY_GROUP_COMPLETED, ACTIVITY_GROUP_FAILED = "activity.group_completed", "activity.group_failed"
ACTIVITY_BROUGHT = "activity.brought"

_TEXT = {"type": "string", "optional": True}
_PERSON = {"type": "string", "personal": True}
_STRIKES = {"type": "int", "min": 0, "max": 10_000}
_STATUS = {"type": "string", "enum": ["active", "suspended", "banned", "left", "erased"]}
# What was moved, in major units: above 0 came to the member, below 0 went.
_MOVED = {"currency": {"type": "string"}, "amount": {"type": "decimal", "min": -(10**15), "max": 10**15}}

_PRIVILEGE = {"privilege": {"type": "string"}}
_PRIVILEGE_USE = {**_PRIVILEGE, "use": {"type": "string"}, "target": _TEXT}

_REFERRAL = {"channel": _TEXT, "campaign": _TEXT, "depth": {"type": "int", "min": 1, "max": 10_000}}

_CONTENT = {
    "content_id": {"type": "string", "max_length": 128},
    "kind": {"type": "string", "optional": True, "max_length": 64},
    "topic": {"type": "string", "optional": True, "max_length": 128},
}
_PROVEN = {
    **_CONTENT,
    "weight": {"type": "int", "min": 1, "max": 3},
    "appreciators": {"type": "int", "min": 0, "max": 1_000_000},
    "featured": {"type": "bool"},
    "accepted": {"type": "bool"},
}
_NEED = {
    "need": {"type": "string", "max_length": 20},
    "kind": {"type": "string", "max_length": 40},
    "role": {"type": "string", "enum": ["asker", "helper"]},
}
_PAIR = {**_NEED, "other": {"type": "string", "personal": True, "max_length": 128}}
_CAMPAIGN = {"campaign": {"type": "string"}}
_FRIENDS = {"type": "int", "min": 1, "max": 10_000}

# How one lane hands an effect to another. Rules cannot listen: what is paid is told as `points.awarded`.
EFFECT_ASSIGNED, EFFECT_WITHDRAWN = "effect.assigned", "effect.withdrawn"
HANDED_OVER = frozenset({EFFECT_ASSIGNED, EFFECT_WITHDRAWN})
NOT_FOR_RULES = HANDED_OVER | {
    CONDUCT_REPORTED, CONDUCT_REPORT_DECIDED, CASE_OPENED, CASE_ANSWERED, CASE_REOPENED, CASE_CLOSED,
    CORRECTION_MADE, CORRECTION_UNDONE, RULE_CHANGING, EXPIRY_CHANGING, CAMPAIGN_STOPPED,
}  # fmt: skip
_CASE = {"case": {"type": "string"}}
_CORRECTION = {
    "correction": {"type": "string", "max_length": 20},
    "reason": {"type": "string", "max_length": 300},
    "currency": _TEXT,
    "amount": {"type": "decimal", "min": -(10**15), "max": 10**15, "optional": True},
}
_EFFECT = {
    "rule": {"type": "string"},
    "version": {"type": "int", "min": 0, "max": 10**9},
    "effect": {"type": "int", "min": 0, "max": 100},
    "run": {"type": "int", "min": 0, "max": 32_767},
    "amount": {"type": "int", "min": 0, "max": 10**15},
    "cause": {"type": "int", "min": 0, "max": 10**17},
    "match": {"type": "string", "optional": True, "max_length": 200},
}

_ROLE = {
    "role": {"type": "string", "max_length": 40},
    "space": {"type": "string", "optional": True, "max_length": 64},
}
_ACTIVITY = {
    "activity": {"type": "string", "max_length": 80},
    "kind": {"type": "string", "enum": ["brand", "member", "sharing", "paid"]},
    "space": {"type": "string", "optional": True, "max_length": 64},
    "campaign": {"type": "string", "optional": True, "max_length": 40},
}
_PROPOSAL = {
    "proposal": {"type": "string", "max_length": 36},
    "by_guest": {"type": "bool"},
    "activity": {"type": "string", "optional": True, "max_length": 80},
    "space": {"type": "string", "optional": True, "max_length": 64},
}
_MONEY = {
    "amount": {"type": "decimal", "min": 0, "max": 10**15},
    "money": {"type": "string", "max_length": 3},
}
_GROUP = {
    **_ACTIVITY,
    "ticket": {"type": "string", "max_length": 40},
    "size": {"type": "int", "min": 2, "max": 100},
    "leader": {"type": "bool"},
}
_GUESTS = {"type": "int", "min": 0, "max": 9}
_QUEST = {"quest": {"type": "string"}, "version": {"type": "int", "min": 1, "max": 10**9}}
_STEPS = {"type": "int", "min": 0, "max": 100}

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
    RULE_CHANGING: (
        "A way to earn will pay less from some day on, or end.",
        {"rule": {"type": "string"}, "on": {"type": "timestamp"}, "ends": {"type": "bool"}},
    ),
    EXPIRY_CHANGING: (
        "Points earned from some day on will expire sooner; those earned before stay as they are.",
        {"currency": {"type": "string"}, "on": {"type": "timestamp"}},
    ),
    CAMPAIGN_STOPPED: (
        "A campaign in which a member was half-way was stopped; what they keep.",
        {
            **_CAMPAIGN,
            "waiting": {"type": "int", "min": 0, "max": 10**9},
            "amount": {"type": "decimal", "min": 0, "max": 10**15, "optional": True},
            "currency": _TEXT,
            "guests": {"type": "bool"},
            "guest": {"type": "bool"},
            "until": {"type": "timestamp", "optional": True},
        },
    ),
    INTRODUCTION_ACCEPTED: ("Two members agreed to be introduced to each other.", {"other": {"type": "string"}}),
    CONTENT_QUALITY_REACHED: ("A content of this member was good; its seven days are over.", _PROVEN),
    CONTENT_QUALITY_LOST: ("A content that had been good was removed, or a report about it upheld.", _CONTENT),
    NEED_POSTED: ("A member asked for something.", _NEED),
    NEED_PROPOSED: ("A member was asked whether they could serve a need.", _NEED),
    NEED_REFUSED: ("Somebody who was asked about this member's need said no.", _NEED),
    NEED_MATCHED: ("Two members found each other for a need.", _PAIR),
    NEED_CONFIRMED: ("Both confirmed that a need was served.", _PAIR),
    NEED_FAILED: ("Two who had found each other for a need came to nothing.", _NEED),
    NEED_WITHDRAWN: ("A need was withdrawn.", _NEED),
    NEED_EXPIRED: ("The time of a need is over.", _NEED),
    QUEST_STARTED: ("A member has begun a quest.", _QUEST),
    QUEST_STEP_COMPLETED: ("A member has done a step of a quest.", {**_QUEST, "step": {"type": "string"}}),
    QUEST_COMPLETED: ("A member has done every step of a quest.", _QUEST),
    QUEST_EXPIRED: ("The time of a quest is up.", {**_QUEST, "done": _STEPS, "of": _STEPS}),
    PAGE_OPENED: ("A member opened their points page for the first time.", {}),
    CONNECTION_MADE: (
        "A member has come to know somebody.",
        {"known": {"type": "int", "min": 0, "max": 1_000_000}},
    ),
    NEWCOMER_SAID_HELLO: ("A newcomer spoke within 24 hours of joining.", {}),
    NEWCOMER_BROKE_ICE: ("A newcomer spoke, and somebody answered, within 24 hours of joining.", {}),
    NEWCOMER_ASSIGNED: ("A greeter was asked to welcome a newcomer.", {"newcomer": _PERSON}),
    GREETER_ASSIGNED: ("A newcomer was given somebody to turn to.", {"greeter": _PERSON}),
    GAME_PLAYED: (
        "A member took a turn in a game of the day.",
        {"game": {"type": "string"}, "round": {"type": "string"}, "right": {"type": "bool"}},
    ),
    SPACE_JOINED: ("A member came into a space.", {"space": {"type": "string", "max_length": 64}}),
    SPACE_LEFT: ("A member left a space.", {"space": {"type": "string", "max_length": 64}}),
    ROLE_APPOINTED: ("A member took on a responsibility.", _ROLE),
    ROLE_ENDED: ("A member's term in a responsibility is over.", _ROLE),
    ACTIVITY_ANNOUNCED: ("An activity that a member hosts or speaks at was announced.", _ACTIVITY),
    ACTIVITY_INVITED: (
        "A member was invited to an activity and may register before others, until a moment.",
        {**_ACTIVITY, "until": {"type": "timestamp"}},
    ),
    ACTIVITY_CHANGED: ("An activity that a member wants to come to has another time or place.", _ACTIVITY),
    ACTIVITY_REGISTERED: (
        "A member has a place in an activity.",
        {**_ACTIVITY, "guests": _GUESTS, "channel": _TEXT},
    ),
    ACTIVITY_WAITLISTED: (
        "A member waits for a place in an activity.",
        {**_ACTIVITY, "place": {"type": "int", "min": 1, "max": 1_000_000}},
    ),
    ACTIVITY_OFFERED: (
        "A place in an activity has become free for a member, until a moment.",
        {**_ACTIVITY, "until": {"type": "timestamp"}},
    ),
    ACTIVITY_LAPSED: ("A member let a place in an activity pass, or waited in vain.", _ACTIVITY),
    ACTIVITY_CANCELLED: (
        "A member's place in an activity, or their wish for one, was cancelled.",
        {
            **_ACTIVITY,
            "by": {"type": "string", "enum": ["member", "team"]},
            "late": {"type": "bool"},
            "had_place": {"type": "bool"},
        },
    ),
    ACTIVITY_REFUSED: ("A member who had asked for a place in an activity was refused.", _ACTIVITY),
    ACTIVITY_REMINDER: (
        "An activity that a member has a place in begins in a day or an hour.",
        {**_ACTIVITY, "hours": {"type": "int", "min": 1, "max": 24}, "starts_at": {"type": "timestamp"}},
    ),
    ACTIVITY_CHECKED_IN: (
        "A member came to an activity.",
        {**_ACTIVITY, "guests": _GUESTS, "walk_in": {"type": "bool"}},
    ),
    ACTIVITY_MISSED: ("A member with a place in an activity did not come.", _ACTIVITY),
    ACTIVITY_RATED: (
        "A member who came to an activity said how they found it.",
        {**_ACTIVITY, "stars": {"type": "int", "min": 1, "max": 5}, "words": {"type": "bool"}},
    ),
    PROPOSAL_MADE: ("A member proposed to share something, themselves or by a guest.", _PROPOSAL),
    PROPOSAL_ASKED: ("A member was asked whether they would speak at what another proposed.", _PROPOSAL),
    PROPOSAL_ACCEPTED: ("What a member had proposed was accepted.", _PROPOSAL),
    PROPOSAL_DECLINED: ("What a member had proposed was declined.", _PROPOSAL),
    PROPOSAL_SCHEDULED: ("What a member had proposed, or speaks at, has a date.", _PROPOSAL),
    PROPOSAL_DELIVERED: (
        "What a member had proposed, or spoke at, was delivered and looked at.",
        {**_PROPOSAL, "part": {"type": "string", "enum": ["proposer", "speaker", "both"]}},
    ),
    ACTIVITY_ORDER_PAID: (
        "A member's place in an activity was paid, in money or in points.",
        {
            **_ACTIVITY,
            **_MONEY,
            "ticket": {"type": "string", "max_length": 40},
            "seats": {"type": "int", "min": 1, "max": 10},
            "points": {"type": "decimal", "min": 0, "max": 10**15},
            "brought_by": {"type": "string", "optional": True, "personal": True, "max_length": 128},
        },
    ),
    ACTIVITY_ORDER_REFUNDED: (
        "What a member had paid for an activity went back, or a part of it.",
        {
            **_ACTIVITY,
            **_MONEY,
            "ticket": {"type": "string", "max_length": 40},
            "why": {"type": "string", "enum": ["cancelled", "called_off", "late", "surplus", "goodwill", "group"]},
        },
    ),
    ACTIVITY_BROUGHT: ("An activity is over to which a member had brought somebody who paid.", _ACTIVITY),
    ACTIVITY_GROUP_COMPLETED: ("A group that a member bought with is complete; the place is theirs.", _GROUP),
    ACTIVITY_GROUP_FAILED: (
        "A group that a member bought with was not complete in time; the money goes back, or the place is kept.",
        {**_GROUP, "kept": {"type": "bool"}},
    ),
    ACTIVITY_SPOKE: (
        "A member hosted an activity, spoke at it or helped.",
        {
            **_ACTIVITY,
            "part": {"type": "string", "enum": ["host", "speaker", "helper"]},
        },
    ),
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
    CORRECTION_MADE: ("The team set something right for this member.", _CORRECTION),
    CORRECTION_UNDONE: ("What the team had set right for this member was undone.", _CORRECTION),
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

# What is told of money: it never counts for growth, so rules pay no qualifying currency for it.
TOLD_OF_MONEY = frozenset({ACTIVITY_ORDER_PAID, ACTIVITY_ORDER_REFUNDED})

# What else is true of a type: who plays together meets, and a turn is the member's own words.
OUTCOME_MARKS: dict[str, Mapping[str, object]] = {
    GAME_PLAYED: {"is_conversation": True, "gathering": "round"},
    ACTIVITY_CHECKED_IN: {"gathering": "activity"},
    ACTIVITY_SPOKE: {"is_contribution": True},
}
