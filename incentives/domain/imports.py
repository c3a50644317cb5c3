"""Carries imports of members on, and takes them back with whatever their joining has paid."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from incentives.domain.pump import hints
from incentives.domain.withdrawing import withdraw
from members.domain.outcomes import MEMBER_JOINED
from members.domain.people import import_jobs, importing
from members.domain.people.importing import CHUNK, AlreadyUndone, Undone
from members.enums import ImportState
from members.models import Event, MemberImport


def carry_on_imports(*, now: datetime, seconds_max: float = 20.0) -> list[int]:
    """Carry every table on that is at work and return the numbers of those that came to an end.

    One that turned out to be impossible while it was being stored is taken back: all of it or nothing.
    """
    ended = import_jobs.carry_on(now=now, seconds_max=seconds_max)
    broken = MemberImport.objects.filter(state=ImportState.REFUSED, written__gt=0, undone_at__isnull=True)
    for pk in list(broken.values_list("pk", flat=True)):
        try:
            undo_import(import_id=pk, now=now)
        except AlreadyUndone:
            continue
    if ended:
        with transaction.atomic():
            hints.wake_on_commit()
    return ended


def undo_import(*, import_id: int, now: datetime, by: AbstractBaseUser | None = None) -> Undone:
    """Take an import back as a whole. Raises AlreadyUndone."""
    with transaction.atomic():
        made = MemberImport.objects.select_for_update().get(pk=import_id)
        if not made.is_quiet and made.undone_at is None:
            new = list(made.lines.filter(is_new=True).values_list("member_id", flat=True))
            joined = [
                pk
                for first in range(0, len(new), CHUNK)
                for pk in Event.objects.filter(
                    member_id__in=new[first : first + CHUNK], type__code=MEMBER_JOINED
                ).values_list("pk", flat=True)
            ]
            withdraw(event_ids=joined, cause=f"import {made.pk} undone", now=now, actor=str(by or ""))
        undone = importing.undo(import_id=import_id, now=now, by=by)
        hints.wake_on_commit()
    return undone
