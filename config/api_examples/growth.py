"""Invitations, campaigns and partners."""

from __future__ import annotations

from config.api_examples.shared import NOON, Call

PARTNER = {
    "code": "bookshop",
    "name": "The bookshop at the corner",
    "contract_from": "2026-09-01",
    "contract_until": "2027-08-31",
    "source": "bookshop",
}
INVITATION = {
    "code": "7KXM2PQR9T",
    "inviter": "ada",
    "channel": "friend",
    "campaign": "",
    "space": "reading-circle",
    "partner": None,
    "email": "bo@example.org",
    "email_domain": "",
    "uses": 1,
    "uses_max": 1,
    "sent_at": NOON,
    "opens_at": None,
    "expires_at": None,
    "revoked_at": None,
}
CAMPAIGN = {
    "code": "spring-friends",
    "names": {"en": "Spring friends", "zh-hans": "春天的朋友"},
    "template": "bring-friends",
    "state": "running",
    "follows": None,
    "audience": "writers",
    "currency": "points",
    "budget": "5000",
    "begins_at": NOON,
    "ends_at": "2026-12-24T12:00:00Z",
    "stages": [
        {
            "names": {"en": "Invitation letters", "zh-hans": "邀请函"},
            "opens": "letters",
            "begins_at": NOON,
            "ends_at": "2026-12-24T12:00:00Z",
        }
    ],
    "letter": {"en": "Come in with my code and say hello.", "zh-hans": "用我的邀请码进来打个招呼吧。"},
    "started_at": NOON,
    "closed_at": None,
    "reason": "",
}
REFERRAL = {
    "member": "bo",
    "inviter": "ada",
    "code": "7KXM2PQR9T",
    "depth": 1,
    "state": "open",
    "joined_at": NOON,
    "broke_ice_at": None,
    "active_at": None,
    "retained_at": None,
}

CALLS: dict[str, Call] = {
    "invite": Call(
        "Give an invitation away",
        {**INVITATION, "uses": 0},
        {"inviter": "ada", "channel": "friend", "email": "bo@example.org"},
    ),
    "read_invitation": Call("What a code is good for", INVITATION),
    "revoke_invitation": Call("Take an invitation back", {**INVITATION, "uses": 0, "revoked_at": NOON}),
    "accept_invitation": Call(
        "Let a newcomer in",
        {**REFERRAL, "space": None, "space_state": None, "place": None},
        {"ref": "bo", "email": "bo@example.org"},
    ),
    "member_referrals": Call("Whom a member brought", {"invitations_left": 17, "referrals": [REFERRAL]}),
    "list_campaigns": Call("List campaigns", {"next": None, "previous": None, "results": [CAMPAIGN]}),
    "read_campaign": Call("One campaign", CAMPAIGN),
    "campaign_report": Call(
        "What a campaign cost and brought",
        {
            "currency": "points",
            "budget": "5000",
            "cost": "1180",
            "slots": [
                {"slot": "attract", "awards": 21, "cost": "420", "waiting": "40"},
                {"slot": "induce", "awards": 26, "cost": "760", "waiting": "120"},
            ],
            "steps": {"sent": 64, "joined": 38, "broke_ice": 21, "active": 17, "retained": 11},
            "audience": 30,
            "k": "1.2667",
            "stayed": [
                {
                    "days": 7,
                    "guests": 30,
                    "guests_there": 17,
                    "share": "0.5667",
                    "before": 24,
                    "before_there": 10,
                    "share_before": "0.4167",
                }
            ],
            "held_out": [
                {
                    "days": 7,
                    "given": 190,
                    "given_there": 121,
                    "given_steps": 58,
                    "held": 21,
                    "held_there": 11,
                    "held_steps": 4,
                    "stayed_more": [-9, 33],
                    "stepped_more": [-9, 24],
                    "is_small": False,
                }
            ],
            "per_retained": "107.27",
            "activities": [
                {
                    "code": "spring-evening",
                    "names": {"en": "An evening to bring a friend to"},
                    "kind": "sharing",
                    "state": "reviewed",
                    "starts_at": "2026-12-04T18:00:00Z",
                    "registered": 24,
                    "came": 21,
                    "new_members": 9,
                    "money": "EUR",
                    "cost": "180.00",
                    "income": "0",
                }
            ],
        },
    ),
    "stop_campaign": Call(
        "Stop a campaign",
        {
            "campaign": {**CAMPAIGN, "state": "stopped", "closed_at": NOON, "reason": "Too many at once."},
            "kept": {
                "waiting": 6,
                "amount": "120",
                "currency": "points",
                "members": 5,
                "guests": 38,
                "half_way": 27,
                "enrolled": 9,
                "finish_by": "2026-12-08T12:00:00Z",
                "told": 34,
                "activities": [
                    {
                        "code": "spring-evening",
                        "names": {"en": "An evening to bring a friend to"},
                        "kind": "sharing",
                        "state": "open",
                        "starts_at": "2026-12-04T18:00:00Z",
                        "seats": 24,
                        "taken": 12,
                    }
                ],
            },
        },
        {"reason": "Too many at once."},
    ),
    "list_partners": Call("Every partner", [PARTNER]),
    "read_partner": Call(
        "What a partner and we gave each other",
        {
            **PARTNER,
            "scoreboard": {
                "tickets_given": 12,
                "tickets_max": 20,
                "codes": 3,
                "codes_used": 41,
                "people_left": 59,
                "joined": 41,
                "active": 22,
                "retained": 15,
                "events": 340,
                "paid": [{"currency": "points", "amount": "1700"}],
                "tickets_used": 11,
                "sessions": 2,
                "sessions_came": 53,
                "new_members": 7,
            },
        },
    ),
    "growth": Call(
        "Whether inviting multiplies",
        [
            {
                "group": "",
                "members": 400,
                "senders": 160,
                "sent": 610,
                "joined": 240,
                "retained": 96,
                "per_member": "1.5250",
                "conversion": "0.3934",
                "k": "0.6000",
                "retained_k": "0.2400",
                "median_days": "2.5",
            }
        ],
    ),
}
