from incentives.models.badges import Badge, BadgeGrant
from incentives.models.judgements import Judgement
from incentives.models.ledger import (
    NEVER,
    Account,
    Currency,
    Entry,
    Hold,
    Journal,
    Lot,
    Note,
    Request,
    Reversal,
)
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
    "NEVER",
    "Account",
    "Badge",
    "BadgeGrant",
    "Currency",
    "Entry",
    "Hold",
    "Journal",
    "Judgement",
    "LimitName",
    "LimitUse",
    "LookupTable",
    "Lot",
    "Note",
    "Request",
    "Reversal",
    "Rule",
    "RuleInterval",
    "RuleSet",
    "RuleVersion",
    "SharedLimit",
]
