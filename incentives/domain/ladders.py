"""Undoes edits of ladders, and says what rules had given for the rises between: that stays with the members."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery, Sum

from incentives.enums import JournalKind
from incentives.models import Account, BadgeGrant, Currency, Entry, Journal, PrivilegeGrant
from members.domain.ladders import undoing
from members.domain.ladders.undoing import Undone
from members.domain.outcomes import TIER_CHANGED
from members.enums import StandingReason
from members.models import EventPayload, LadderEdit, StandingChange


def undo_ladder_edit(*, edit: LadderEdit, why: str, by: str, now: datetime, seen: str = "") -> Undone:
    """Undo an edit, and keep with the undo what was gained meanwhile. Raises what `undoing.undo_edit` does."""
    with transaction.atomic():
        undone = undoing.undo_edit(edit=edit, why=why, by=by, now=now, seen=seen)
        if undone.is_new:
            undone.undo.gained = gained_since(edit)
            undone.undo.save(update_fields=["gained"])
    return undone


def gained_since(edit: LadderEdit) -> dict[str, Any]:
    """How often members rose and fell on the ladder since an edit, and what rules gave for it, in major units."""
    changes = StandingChange.objects.filter(ladder=edit.ladder_id, changed_at__gte=edit.made_at)
    changes = changes.exclude(reason=StandingReason.UNDONE)
    ranks = {each["id"]: each["threshold"] for each in (*edit.before["tiers"], *edit.after["tiers"])}
    moves = list(changes.values_list("from_tier", "to_tier").annotate(count=Count("pk")).order_by())
    rises = sum(count for before, after, count in moves if _height(ranks, after) > _height(ranks, before))
    events = EventPayload.objects.filter(
        event__type__code=TIER_CHANGED, event__occurred_at__gte=edit.made_at,
        data__contains=f'"ladder":"{edit.ladder.code}"',
    ).values("event_id")  # fmt: skip
    awards = Journal.objects.filter(event_id__in=events, kind=JournalKind.AWARD)
    currency = Account.objects.filter(pk=OuterRef("account_id")).values("currency_id")
    paid = (
        Entry.objects.filter(journal_id__in=awards.values("pk"))
        .annotate(currency=Subquery(currency))
        .values_list("currency")
        .annotate(total=Sum("amount"))
        .order_by("currency")
    )
    currencies = Currency.objects.in_bulk()
    return {
        "rises": rises,
        "falls": sum(count for *_, count in moves) - rises,
        "points": {currencies[pk].code: str(Decimal(total).scaleb(-currencies[pk].scale)) for pk, total in paid},
        "badges": BadgeGrant.objects.filter(event_id__in=events).count(),
        "privileges": PrivilegeGrant.objects.filter(event_id__in=events).count(),
    }


def _height(ranks: dict[int, int], tier_id: int | None) -> float:
    return ranks.get(tier_id, float("-inf")) if tier_id is not None else float("-inf")
