"""What operators see of rules and points."""

from incentives.admin import campaigns, cases, ladders, ledger, operations, privileges, promises, referrals, rules

__all__ = ["campaigns", "cases", "ladders", "ledger", "operations", "privileges", "promises", "referrals", "rules"]
