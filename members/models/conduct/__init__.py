from members.models.conduct.rules import CommunityRules, ConductStep, RulesAcceptance, ViolationKind
from members.models.conduct.violations import Freeze, Report, Violation

__all__ = [
    "CommunityRules",
    "ConductStep",
    "Freeze",
    "Report",
    "RulesAcceptance",
    "Violation",
    "ViolationKind",
]
