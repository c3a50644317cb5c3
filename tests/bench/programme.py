"""The workload: 200 live rules over ten event types, ten thousand members, realistic skew; and the same rules by hand."""

from __future__ import annotations

import random
from typing import Any

TYPES = 10
RULES = 200
RULES_PER_TYPE = RULES // TYPES
FIELDS = {
    "words": {"type": "int", "min": 0, "max": 10_000},
    "score": {"type": "int", "min": 0, "max": 100},
    "kind": {"type": "string", "enum": ["guide", "question", "story", "news"]},
    "channel": {"type": "string", "enum": ["web", "app", "mail"]},
    "amount": {"type": "int", "min": 0, "max": 100_000},
    "fresh": {"type": "bool"},
}


def type_code(number: int) -> str:
    return f"bench.type{number}"


def clauses(type_number: int, rule_number: int) -> list[str]:
    """Four to six clauses; of the twenty rules of a type about one matches an event."""
    rng = random.Random(type_number * 1000 + rule_number)
    kind, channel = ["guide", "question", "story", "news"][rule_number % 4], ["web", "app", "mail"][rule_number % 3]
    found = [
        f'event.data.kind == "{kind}"',
        f"event.data.words >= {rng.randrange(100, 3000)}",
        f'event.data.channel == "{channel}"',
        f"event.data.score < {rng.randrange(60, 101)}",
    ]
    if rule_number % 2:
        found.append(f"event.data.amount >= {rng.randrange(10, 20_000)}")
    if rule_number % 3 == 0:
        found.append("member.verified || event.data.fresh")
    return found


def amount(rule_number: int) -> str:
    return str(5 + rule_number) if rule_number % 2 else "clamp(event.data.words / 100, 1, 50)"


def document(type_number: int, rule_number: int, *, budget: bool = False) -> dict[str, Any]:
    limits: list[dict[str, Any]] = [{"per": "member", "every": "day", "times": 1000}] if rule_number % 4 == 0 else []
    first = rule_number == 0
    return {
        "code": f"t{type_number}-r{rule_number}",
        "when": type_code(type_number),
        # The first rule of each type pays every event, as most communities' commonest rule does.
        "if": {
            "all": [{"expr": "event.data.words >= 0"}]
            if first
            else [{"expr": each} for each in clauses(type_number, rule_number)]
        },
        "then": [{"do": "award", "currency": "points", "amount": 3 if first else amount(rule_number)}],
        "limits": limits
        + (
            [{"per": "rule", "every": "ever", "amount": 10**12, "currency": "points", "over": "cut"}]
            if budget and first
            else []
        ),
    }


def by_hand() -> list[Any]:
    """The same rules as somebody would write them in Python, one function a type."""
    functions = []
    for type_number in range(TYPES):
        lines = ["def judge(event, member, counters, now, zone):", "    out = []"]
        names = {name: f"event.f{i}" for i, name in enumerate(sorted(FIELDS))}
        for rule in range(RULES_PER_TYPE):
            tests = ["event.data.words >= 0"] if rule == 0 else clauses(type_number, rule)
            condition = " and ".join(f"({each.replace('||', 'or')})" for each in tests)
            pays = (
                "3"
                if rule == 0
                else "floor(min(max(Decimal(event.data.words) / 100, 1), 50))"
                if rule % 2 == 0
                else amount(rule)
            )
            for name, attribute in names.items():
                condition = condition.replace(f"event.data.{name}", attribute)
                pays = pays.replace(f"event.data.{name}", attribute)
            lines.append(f"    if {condition}: out.append(({rule}, {pays}))")
        lines.append("    return out")
        from decimal import Decimal
        from math import floor

        scope: dict[str, Any] = {"Decimal": Decimal, "floor": floor}
        exec("\n".join(lines), scope)
        functions.append(scope["judge"])
    return functions


def item(number: int, rng: random.Random, members: int, hot: float = 0.0) -> dict[str, Any]:
    # A few members do much and many do little, as in every community.
    member = (
        0
        if rng.random() < hot
        else min(
            members - 1, int(rng.paretovariate(0.7) - 1) * 7 % members if rng.random() < 0.5 else rng.randrange(members)
        )
    )
    return {
        "source": "bench",
        "id": f"e{number}",
        "type": type_code(rng.randrange(TYPES)),
        "subject": f"m{member}",
        "data": {
            "words": rng.randrange(10_000),
            "score": rng.randrange(101),
            "kind": rng.choice(["guide", "question", "story", "news"]),
            "channel": rng.choice(["web", "app", "mail"]),
            "amount": rng.randrange(100_001),
            "fresh": rng.random() < 0.5,
        },
    }
