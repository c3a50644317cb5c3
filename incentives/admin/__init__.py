"""What operators see of rules and points."""

from incentives.admin import ladders, ledger, operations, privileges, promises, referrals, rules

__all__ = ["ladders", "ledger", "operations", "privileges", "promises", "referrals", "rules"]
