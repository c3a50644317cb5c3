"""What operators see of rules and points."""

from incentives.admin import cases, ladders, ledger, operations, privileges, promises, referrals, rules

__all__ = ["cases", "ladders", "ledger", "operations", "privileges", "promises", "referrals", "rules"]
