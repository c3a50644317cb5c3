"""The way of somebody who may carry the community one day: found, contacted, on trial, appointed; or resting."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from members.enums import CultivationStage
from members.models import Cultivation

WAY = (CultivationStage.FOUND, CultivationStage.CONTACTED, CultivationStage.TRIAL, CultivationStage.APPOINTED)


def following(stage: str) -> CultivationStage:
    """The stage after this one; whoever rests begins again, and the last one stays."""
    if stage == CultivationStage.RESTING:
        return CultivationStage.FOUND
    place = WAY.index(CultivationStage(stage))
    return WAY[min(place + 1, len(WAY) - 1)]


def move(*, cultivation_id: int, to: CultivationStage | None, now: datetime, by: object | None = None) -> Cultivation:
    """Move somebody to a stage, or to the next one (None). Where they are already, nothing changes."""
    with transaction.atomic():
        found = Cultivation.objects.select_for_update().get(pk=cultivation_id)
        stage = to or following(found.stage)
        if stage != found.stage:
            found.stage, found.since = stage, now
            found._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001
            found.save()
    return found
