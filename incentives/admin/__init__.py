"""What operators see of rules and points."""

from incentives.admin import (
    cases,
    contents,
    corrections,
    ladders,
    ledger,
    needs,
    operations,
    privileges,
    promises,
    referrals,
    rules,
)

__all__ = [
    "cases", "contents", "corrections", "ladders", "ledger", "needs", "operations", "privileges", "promises",
    "referrals", "rules",
]  # fmt: skip
