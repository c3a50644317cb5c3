"""What operators see of rules and points."""

from incentives.admin import ladders, ledger, newcomers, operations, privileges, promises, quests, referrals, rules

__all__ = ["ladders", "ledger", "newcomers", "operations", "privileges", "promises", "quests", "referrals", "rules"]
