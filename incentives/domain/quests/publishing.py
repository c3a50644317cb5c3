"""The life of a quest: draft, live, paused, ended, or replaced by its next version. What was started never changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from incentives.domain.catalogues import load_known
from incentives.domain.publishing import storable
from incentives.domain.quests import loading
from incentives.domain.quests.checking import Report
from incentives.domain.quests.documents import read_quest
from incentives.domain.revisions import revise
from incentives.domain.rules.documents import Finding
from incentives.enums import QuestState
from incentives.models import Quest, QuestInterval, QuestVersion


class CannotStart(Exception):
    """A quest that may not take this step; `findings` says what is wrong with its document, if that is why."""

    def __init__(self, sentence: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(sentence)
        self.findings = findings


def check_document(raw: object) -> Report:
    """Check a raw document against the catalogue of today."""
    return loading.check(raw, load_known())


def save_draft(*, document: dict[str, Any], by: AbstractBaseUser | None = None) -> QuestVersion:
    """Keep a document as the draft of its quest, replacing an earlier draft.

    The document must be readable; it may still fail its check, which only starting insists on. Raises BadDocument.
    """
    read = read_quest(document)
    with transaction.atomic():
        quest, _ = Quest.objects.select_for_update().get_or_create(code=read.code)
        draft = quest.versions.filter(state=QuestState.DRAFT).first()
        if draft is None:
            newest = quest.versions.order_by("-number").first()
            draft = QuestVersion(quest=quest, number=newest.number + 1 if newest else 1)
        draft.document = storable(document)
        draft.created_by_id = by.pk if by is not None else None
        draft.save()
    return draft


def start_quest(
    *, version: QuestVersion, now: datetime, by: AbstractBaseUser | None = None, open_from: datetime | None = None
) -> QuestVersion:
    """Let members begin with a draft from now on, in the place of the version before it.

    Whoever is on an earlier version goes on with that. `open_from` backdates it, for imports and tests. Raises
    CannotStart.
    """
    report = check_document(version.document)
    if report.quest is None:
        words = " ".join(f"{finding.pointer or '/'}: {finding}" for finding in report.errors)
        raise CannotStart(f"{version} has mistakes: {words}", report.errors)
    with transaction.atomic():
        _hold(version)
        if version.state != QuestState.DRAFT:
            raise CannotStart(f"{version} is {version.get_state_display()}; only a draft can be started.")
        begins = open_from or now
        if begins > now:
            raise CannotStart("open_from lies in the future; use the quest's window for that.")
        for other in QuestVersion.objects.filter(quest_id=version.quest_id, state__in=loading.IN_USE):
            _shut(other, begins)
            other.state = QuestState.REPLACED
            other.save(update_fields=["state"])
        version.state, version.published_at = QuestState.LIVE, now
        version.published_by_id = by.pk if by is not None else None
        version.save(update_fields=["state", "published_at", "published_by"])
        QuestInterval.objects.create(version=version, open_from=begins)
        revise(f"started quest {version}")
    return version


def pause_quest(*, version: QuestVersion, now: datetime) -> QuestVersion:
    """Let nobody begin for a while; whoever has begun goes on, for their time does too."""
    return _step(version, (QuestState.LIVE,), QuestState.PAUSED, now=now)


def resume_quest(*, version: QuestVersion, now: datetime) -> QuestVersion:
    """Let members begin again."""
    return _step(version, (QuestState.PAUSED,), QuestState.LIVE, now=now)


def end_quest(*, version: QuestVersion, now: datetime) -> QuestVersion:
    """End a version for good, and everybody's time on it: what happens from now on carries nobody on."""
    return _step(version, (*loading.IN_USE, QuestState.REPLACED), QuestState.ENDED, now=now)


def _step(version: QuestVersion, before: tuple[QuestState, ...], after: QuestState, *, now: datetime) -> QuestVersion:
    with transaction.atomic():
        _hold(version)
        if version.state not in before:
            raise CannotStart(f"{version} is {version.get_state_display()}; it cannot become {after.label}.")
        if after == QuestState.LIVE:
            QuestInterval.objects.create(version=version, open_from=now)
        else:
            _shut(version, now)
        version.state = after
        if after == QuestState.ENDED:
            version.ended_at = now
        version.save(update_fields=["state", "ended_at"])
        revise(f"{after} quest {version}")
    return version


def _hold(version: QuestVersion) -> None:
    Quest.objects.select_for_update().get(pk=version.quest_id)
    version.refresh_from_db()


def _shut(version: QuestVersion, moment: datetime) -> None:
    for interval in version.intervals.all():
        if interval.open_until is None or interval.open_until > moment:
            interval.open_until = max(moment, interval.open_from)
            interval.save(update_fields=["open_until"])
