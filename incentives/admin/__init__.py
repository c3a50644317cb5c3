"""What operators see of rules and points."""

from incentives.admin import ledger, operations, privileges, promises, referrals, rules

__all__ = ["ledger", "operations", "privileges", "promises", "referrals", "rules"]
