"""What becomes of a member's quests when the member is erased, or turns out to be another member."""

from __future__ import annotations

from incentives.domain.quests.closing import done_of
from incentives.enums import RunState
from incentives.models import QuestRun


def forget(member_id: int) -> None:
    """What is under way ends without a word; what is over stays as a number, without how it came about."""
    QuestRun.objects.filter(member_id=member_id, state=RunState.OPEN).delete()
    QuestRun.objects.filter(member_id=member_id).update(progress={})


def join(survivor_id: int, merged_id: int) -> None:
    """The merged one's quests go along; of two runs of one quest the one that got further is kept."""
    own = {
        (run.quest_id, run.period): run
        for run in QuestRun.objects.filter(member_id=survivor_id).select_related("version__quest")
    }
    for run in QuestRun.objects.filter(member_id=merged_id).select_related("version__quest").order_by("pk"):
        kept = own.get((run.quest_id, run.period))
        if kept is not None and _further(kept) >= _further(run):
            run.delete()
            continue
        if kept is not None:
            kept.delete()
        run.member_id = survivor_id
        run.save(update_fields=["member"])


def _further(run: QuestRun) -> tuple[bool, bool, int]:
    return run.state == RunState.COMPLETED, run.state == RunState.OPEN, done_of(run)[0]
