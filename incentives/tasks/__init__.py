"""What Celery does for the incentives app. Every task may run twice, late, or never."""

from incentives.tasks.books import expire_due, expire_idle, release_expired_holds, settle_pending
from incentives.tasks.campaigns import advance_campaigns
from incentives.tasks.cases import close_quiet_cases, tell_expiring
from incentives.tasks.corrections import carry_on_corrections
from incentives.tasks.growing import advance_contents, advance_referrals, expire_needs
from incentives.tasks.imports import carry_on_imports, forget_refusals
from incentives.tasks.notices import carry_out_notices
from incentives.tasks.pumping import pump, wake_waiting_lanes
from incentives.tasks.quests import close_quests
from incentives.tasks.rights import end_grants, grant_birthday_gifts, tell_overdue
from incentives.tasks.standing import evaluate_ladders, evaluate_segments

__all__ = [
    "advance_campaigns",
    "advance_contents",
    "advance_referrals",
    "carry_on_corrections",
    "carry_on_imports",
    "carry_out_notices",
    "close_quests",
    "close_quiet_cases",
    "end_grants",
    "evaluate_ladders",
    "evaluate_segments",
    "expire_due",
    "expire_idle",
    "expire_needs",
    "forget_refusals",
    "grant_birthday_gifts",
    "pump",
    "release_expired_holds",
    "settle_pending",
    "tell_expiring",
    "tell_overdue",
    "wake_waiting_lanes",
]
