"""What operators see of rules and points."""

from incentives.admin import contents, ladders, ledger, needs, operations, privileges, promises, referrals, rules

__all__ = ["contents", "ladders", "ledger", "needs", "operations", "privileges", "promises", "referrals", "rules"]
