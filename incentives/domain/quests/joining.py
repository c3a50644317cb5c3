"""A member begins a quest by choice."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from incentives.domain.engine import rulebook
from incentives.domain.engine.facts import load_members
from incentives.domain.engine.paying import refusal
from incentives.domain.pump import hints
from incentives.domain.quests.documents import BY_CHOICE
from incentives.models import QuestRun
from members.domain.events.telling import tell
from members.domain.outcomes import QUEST_STARTED
from members.lanes import lane_of
from members.models import Lane, Member


class CannotBegin(Exception):
    """Why a member cannot begin; `kind` names the reason, the message says it."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind, self.sentence = kind, sentence


def begin_quest(*, member: Member, code: str, now: datetime) -> tuple[QuestRun, bool]:
    """Let a member begin a quest now, once in each of its periods; the second value says whether it was now.

    Raises CannotBegin.
    """
    rules = rulebook.current()
    plan = next((each for each in rules.quests.values() if each.code == code and each.is_open_at(now)), None)
    if plan is None:
        raise CannotBegin("unknown_quest", _("There is no such quest open."))
    with transaction.atomic():
        # Whoever judges the member's events writes their runs: never both at once.
        Lane.objects.select_for_update().get(number=lane_of(member.pk))
        facts = load_members([member.pk], rules)[member.pk]
        found = QuestRun.objects.filter(
            member=member, quest_id=plan.quest_id, period=plan.period(now, facts.zone)
        ).first()
        if found is not None:
            return found, False
        if plan.begins != BY_CHOICE:
            raise CannotBegin("not_by_choice", _("This quest begins by itself."))
        if refusal(facts, now):
            raise CannotBegin("not_active", _("Nothing is earned at the moment, so no quest can be begun."))
        span = plan.span_from(now, facts.zone)
        if span is None:
            raise CannotBegin("not_open", _("This quest is not open now."))
        if not plan.is_for(facts, now):
            raise CannotBegin("not_for_you", _("This quest is for others."))
        made = QuestRun.objects.create(
            member=member, quest_id=plan.quest_id, version_id=plan.version_id, period=plan.period(now, facts.zone),
            started_at=span.begins, due_at=span.ends,
        )  # fmt: skip
        tell(QUEST_STARTED, [(member.pk, {"quest": plan.code, "version": plan.version})], now=now)
        hints.wake_on_commit()
    return made, True
