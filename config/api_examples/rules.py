"""Rules and quests."""

from __future__ import annotations

from config.api_examples.shared import NOON, Call

DOCUMENT = {
    "code": "good-recipe",
    "name": {"en": "A good recipe", "zh-hans": "好食谱"},
    "when": "recipe.shared",
    "if": {"all": [{"expr": "event.data.steps >= 3", "why_not": {"en": "The recipe has fewer than 3 steps."}}]},
    "then": [{"do": "award", "currency": "points", "amount": 10}],
    "limits": [{"per": "member", "every": "day", "times": 3}],
}
RULE = {
    "code": "good-recipe",
    "version": 2,
    "state": "live",
    "when": "recipe.shared",
    "document": DOCUMENT,
    "published_at": NOON,
    "change": {
        "of": "next",
        "shared": "",
        "version": 3,
        "takes_effect_at": "2026-12-08T12:00:00Z",
        "why": ["Effect 1 may give less than before."],
    },
}
QUEST_DOCUMENT = {
    "code": "baker",
    "name": {"en": "Share three bakes", "zh-hans": "分享三次烘焙"},
    "repeat": "week",
    "steps": [{"code": "bake", "name": {"en": "Share a bake"}, "when": "recipe.shared", "count": 3}],
}
QUEST = {"code": "baker", "version": 1, "state": "live", "document": QUEST_DOCUMENT, "published_at": NOON}
MEMBER_QUEST = {
    "code": "baker",
    "version": 1,
    "names": {"en": "Share three bakes", "zh-hans": "分享三次烘焙"},
    "texts": {},
    "state": "open",
    "repeat": "week",
    "welcome": False,
    "ordered": False,
    "started_at": "2026-11-22T23:00:00Z",
    "due_at": "2026-11-29T23:00:00Z",
    "closed_at": None,
    "done": 0,
    "steps": [
        {
            "code": "bake",
            "names": {"en": "Share a bake"},
            "reached": 2,
            "wanted": 3,
            "done_at": None,
            "due_at": None,
            "streak": None,
            "rewards": [],
        }
    ],
    "rewards": [{"currency": "points", "amount": "60", "badge": ""}],
}

CALLS: dict[str, Call] = {
    "list_rules": Call("List rules", [RULE]),
    "read_rule": Call("Read a rule", RULE),
    "check_rule": Call(
        "Check a rule document",
        {
            "valid": False,
            "findings": [
                {
                    "pointer": "/if/all/0/expr",
                    "code": "unknown_field",
                    "severity": "error",
                    "text": "There is no field event.data.stpes.",
                    "fix": "Did you mean event.data.steps?",
                    "span": [0, 16],
                }
            ],
            "fields": [],
            "most": [],
        },
        {
            "document": {
                **DOCUMENT,
                "if": {"all": [{"expr": "event.data.stpes >= 3"}]},
            }
        },
    ),
    "evaluate_rule": Call(
        "Try a rule document on facts",
        {"matched": True, "pays": {"points": "10"}},
        {"document": DOCUMENT, "facts": {"event.data.steps": 7}},
    ),
    "list_quests": Call("List quests", [QUEST]),
    "check_quest": Call(
        "Check a quest",
        {
            "valid": False,
            "findings": [
                {
                    "pointer": "/steps/0/when",
                    "code": "unknown_type",
                    "severity": "error",
                    "text": "There is no event type 'recipe.sharde'.",
                    "fix": "Did you mean 'recipe.shared'?",
                    "span": None,
                }
            ],
        },
        {"document": {"code": "baker", "steps": [{"code": "bake", "when": "recipe.sharde", "count": 3}]}},
    ),
    "member_quests": Call("How far a member is with quests", [MEMBER_QUEST]),
    "begin_quest": Call(
        "Begin a quest by choice",
        {"quest": "baker", "version": 1, "state": "open", "started_at": NOON, "due_at": "2026-11-30T23:00:00Z"},
    ),
}
