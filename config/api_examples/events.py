"""Events and what became of them."""

from __future__ import annotations

from config.api_examples.shared import NOON, Call

TYPE = {
    "code": "recipe.shared",
    "meaning": "A member shared a recipe.",
    "schema": {"recipe_id": {"type": "string", "max_length": 64}, "steps": {"type": "int", "min": 1, "max": 100}},
    "version": 1,
    "contribution": True,
    "conversation": False,
    "counterpart": "",
    "gathering": "",
    "content": {"step": "published", "id": "recipe_id"},
}
TRACE = {
    "state": "judged",
    "judged_at": NOON,
    "moved": {"points": "10"},
    "rules": [
        {
            "code": "good-recipe",
            "version": 2,
            "name": "A good recipe",
            "matched": True,
            "reason": "",
            "clauses": [
                {"text": "event.data.steps >= 3", "passed": True, "read": {"event.data.steps": 7}, "why_not": ""}
            ],
            "effects": [{"what": "points", "kind": "award", "wanted": "10", "paid": "10", "reason": ""}],
        }
    ],
    "error": "",
}

CALLS: dict[str, Call] = {
    "report_events": Call(
        "Report one event or many",
        {"results": [{"status": "accepted", "source": "forum", "id": "recipe-1041"}]},
        [
            {
                "source": "forum",
                "id": "recipe-1041",
                "type": "recipe.shared",
                "subject": "ada",
                "time": NOON,
                "data": {"recipe_id": "1041", "steps": 7},
            }
        ],
    ),
    "event_outcome": Call("What became of an event, and why", TRACE),
    "list_event_types": Call("List event types", [TYPE]),
    "read_event_type": Call("Read an event type", TYPE),
    "put_event_type": Call(
        "Register an event type, or widen its schema",
        TYPE,
        {"meaning": TYPE["meaning"], "schema": TYPE["schema"], "contribution": True},
    ),
    "list_rejections": Call(
        "What was refused, and why",
        {
            "next": None,
            "previous": None,
            "results": [
                {
                    "source": "forum",
                    "id": "recipe-1042",
                    "ref": "ada",
                    "code": "unknown_type",
                    "pointer": "/type",
                    "sentence": "There is no event type 'recipe.shred'. Did you mean 'recipe.shared'?",
                    "received_at": NOON,
                }
            ],
        },
    ),
}
