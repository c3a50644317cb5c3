"""What operators see of rules and points."""

from incentives.admin import ledger, operations, referrals, rules

__all__ = ["ledger", "operations", "referrals", "rules"]
