"""What operators see of rules and points."""

from incentives.admin import (
    cases,
    contents,
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
    "cases", "contents", "ladders", "ledger", "needs", "newcomers", "operations", "partners", "privileges", "promises",
    "quests", "referrals", "rules",
]  # fmt: skip
