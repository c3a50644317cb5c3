"""Takes back a share of what an event has paid: what was paid for money goes back as the money does."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from incentives.domain.ledger.operations import CannotReverse
from incentives.domain.privileges.granting import revoke_grant
from incentives.domain.reversals import reverse_journal
from incentives.domain.withdrawing import hold, stop_waiting, tell_withdrawn
from incentives.enums import JournalKind, PendingState
from incentives.models import Entry, Journal, PendingAward, PrivilegeGrant, Reversal
from members.models import Work


def take_back_share(*, event_id: int, given: int, of: int, cause: str, now: datetime) -> bool:
    """Take back so much that in all given/of of what an event has paid is gone; a fraction stays with whoever has it.

    Limits and budgets get theirs back. A privilege that was granted for it is taken back with the whole, and stays with
    a part; what was used of it stays used. An award that still waits goes whole or not at all, and one that waited for
    somebody else and has become sure is final. False where something is not ready: the event is not judged yet, or
    what it paid its own member still waits and only a part is to go. Doing it again for one cause changes nothing.
    """
    assert 0 < given <= of, "a share is more than nothing and not more than all"
    with transaction.atomic():
        paid, assigned = hold([event_id])
        events = [*paid, *assigned]
        is_whole = given == of
        if is_whole:
            stop_waiting(events, now)
        elif Work.objects.filter(event_id__in=[event.pk for event in events]).exists():
            return False
        others = {event.pk for event in assigned}
        is_ready = True
        made = Journal.objects.filter(
            event_id__in=[event.pk for event in events], kind__in=(JournalKind.AWARD, JournalKind.DEDUCT)
        )
        for journal in made.order_by("pk"):
            is_ready &= _take(journal, given, of, cause, now, is_others=journal.event_id in others)
        if is_whole:
            _revoke({event.pk for event in events}, now)
            tell_withdrawn(assigned, now)
    return is_ready


def _revoke(events: set[int], now: datetime) -> None:
    for grant_id in PrivilegeGrant.objects.filter(event_id__in=events).order_by("pk").values_list("pk", flat=True):
        revoke_grant(grant_id=grant_id, now=now)


def _take(journal: Journal, given: int, of: int, cause: str, now: datetime, *, is_others: bool) -> bool:
    """Take a share of one journal, and say whether that is settled."""
    waited = PendingAward.objects.filter(journal_id=journal.pk).values_list("state", flat=True).first()
    if waited == PendingState.WAITING and given < of:
        return is_others
    if waited == PendingState.MATURED and is_others:
        return True
    moved = Entry.objects.filter(journal_id=journal.pk).aggregate(total=Sum("amount"))["total"]
    gone = Reversal.objects.filter(journal_id=journal.pk).values_list("wanted_amount", flat=True).first() or 0
    wanted = abs(moved or 0) * given // of - gone
    if wanted > 0:
        try:
            reverse_journal(journal_id=journal.pk, cause=cause, amount=wanted, now=now)
        except CannotReverse:
            # It was spent, and the currency allows no debt; or it never became sure.
            return True
    return True
