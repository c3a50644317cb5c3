"""What operators see of rules and points."""

from incentives.admin import ledger, operations, rules

__all__ = ["ledger", "operations", "rules"]
