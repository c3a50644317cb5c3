"""What operators see of rules and points."""

from incentives.admin import (
    campaigns,
    cases,
    contents,
    corrections,
    event_imports,
    ladders,
    ledger,
    needs,
    newcomers,
    operations,
    partners,
    privileges,
    promises,
    quests,
    referrals,
    rules,
)

__all__ = [
    "campaigns",
    "cases",
    "contents",
    "corrections",
    "event_imports",
    "ladders",
    "ledger",
    "needs",
    "newcomers",
    "operations",
    "partners",
    "privileges",
    "promises",
    "quests",
    "referrals",
    "rules",
]
