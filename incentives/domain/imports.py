"""Takes an import of members back, with whatever their joining has paid."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from incentives.domain.pump import hints
from incentives.domain.withdrawing import withdraw
from members.domain.outcomes import MEMBER_JOINED
from members.domain.people import importing
from members.domain.people.importing import Undone
from members.models import Event, MemberImport


def undo_import(*, import_id: int, now: datetime, by: AbstractBaseUser | None = None) -> Undone:
    """Take an import back as a whole. Raises AlreadyUndone."""
    with transaction.atomic():
        made = MemberImport.objects.select_for_update().get(pk=import_id)
        if not made.is_quiet and made.undone_at is None:
            new = made.lines.filter(is_new=True).values_list("member_id", flat=True)
            joined = Event.objects.filter(member_id__in=list(new), type__code=MEMBER_JOINED)
            cause = f"import {made.pk} undone"
            withdraw(event_ids=list(joined.values_list("pk", flat=True)), cause=cause, now=now, actor=str(by or ""))
        undone = importing.undo(import_id=import_id, now=now, by=by)
        hints.wake_on_commit()
    return undone
