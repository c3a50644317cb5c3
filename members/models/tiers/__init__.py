"""Where members stand: ladders, their tiers, and who holds which since when."""

from members.models.tiers.edits import LadderEdit
from members.models.tiers.ladders import Ladder, Tier
from members.models.tiers.leaves import Leave
from members.models.tiers.standings import QuotaPlace, Standing, StandingChange, TierInvitation, TierPin

__all__ = [
    "Ladder",
    "LadderEdit",
    "Leave",
    "QuotaPlace",
    "Standing",
    "StandingChange",
    "Tier",
    "TierInvitation",
    "TierPin",
]
