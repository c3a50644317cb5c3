"""Puts quests in place: a file each, started as the next version where its words are new."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from incentives.domain.program.parts import Applied
from incentives.domain.program.words import BadProgram, read_yaml
from incentives.domain.publishing import storable
from incentives.domain.quests import publishing
from incentives.domain.quests.documents import read_quest
from incentives.domain.rules.documents import BadDocument
from incentives.enums import QuestState
from incentives.models import Quest


def put_quest(path: Path, applied: Applied, *, now: datetime, open_from: datetime | None) -> None:
    """Start a quest's file, unless the version in use says the same. An operator's draft stays as it is.

    Raises BadProgram.
    """
    document = read_yaml(path)
    try:
        code = read_quest(document).code
        quest = Quest.objects.select_for_update().filter(code=code).first()
        versions = list(quest.versions.order_by("-number")) if quest is not None else []
        wanted = storable(document)
        draft = next((each for each in versions if each.state == QuestState.DRAFT), None)
        newest = next((each for each in versions if each.state != QuestState.DRAFT), None)
        if newest is not None and newest.document == wanted:
            return
        if draft is not None and draft.document != wanted:
            raise BadProgram(f"quests/{path.name}: {_IN_THE_WAY.format(draft=draft)}")
        draft = draft or publishing.save_draft(document=document)
        publishing.start_quest(version=draft, now=now, open_from=open_from)
    except (BadDocument, publishing.CannotStart) as error:
        raise BadProgram(f"quests/{path.name}: {error}") from error
    applied.changed.append(f"quest {draft}")


_IN_THE_WAY = (
    "{draft} is a draft with other words, and the file would overwrite it. In the admin, start it or delete it; or "
    "write its words into the file. Then apply again."
)
