"""What operators see of rules and points."""

from incentives.admin import ladders, ledger, operations, referrals, rules

__all__ = ["ladders", "ledger", "operations", "referrals", "rules"]
