from incentives.models.badges import Badge, BadgeGrant
from incentives.models.judgements import Judgement
from incentives.models.rules import (
    LimitName,
    LimitUse,
    LookupTable,
    Rule,
    RuleInterval,
    RuleSet,
    RuleVersion,
    SharedLimit,
)

__all__ = [
    "Badge",
    "BadgeGrant",
    "Judgement",
    "LimitName",
    "LimitUse",
    "LookupTable",
    "Rule",
    "RuleInterval",
    "RuleSet",
    "RuleVersion",
    "SharedLimit",
]
