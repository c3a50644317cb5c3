"""What staff see of a member's timeline: each event with what came of it, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from incentives.domain.engine import rulebook
from incentives.domain.ledger.queries import major
from incentives.domain.wording import plain
from incentives.models import BadgeGrant, Entry, Journal, Judgement, PrivilegeGrant
from members.domain.texts import text_in
from members.models import DeadLetter, Event, Work


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event and its outcome; `tone` is paid, nothing, waiting, failed or told (what we ourselves recorded)."""

    id: int
    type: str
    meaning: str
    occurred_at: datetime
    tone: str
    outcome: str


def timeline_of(member_id: int, *, language: str, count: int = 30, only_reported: bool = False) -> list[EventLine]:
    """A member's newest events, in a fixed number of queries; perhaps only those that an app reported."""
    newest = (
        Event.objects.filter(member_id=member_id)
        # What rules paid for an event stands beside that event already.
        .exclude(type__code__startswith="points.", cause_id__isnull=False)
        .select_related("type")
        .order_by("-occurred_at", "-id")
    )
    if only_reported:
        newest = newest.filter(type__is_internal=False)
    return _lines(list(newest[:count]), language)


def lines_of(event_ids: list[int], *, language: str) -> list[EventLine]:
    """These events with what came of each, the newest first, in a fixed number of queries."""
    events = Event.objects.filter(pk__in=event_ids).select_related("type").order_by("-occurred_at", "-id")
    return _lines(list(events), language)


def _lines(events: list[Event], language: str) -> list[EventLine]:
    ids = [event.pk for event in events]
    moved = moved_by(ids, language)
    judged = set(Judgement.objects.filter(event_id__in=ids).values_list("event_id", flat=True))
    waiting = set(Work.objects.filter(pk__in=ids).values_list("pk", flat=True))
    failed = set(DeadLetter.objects.filter(pk__in=ids).exclude(pk__in=waiting).values_list("pk", flat=True)) - judged
    lines = []
    for event in events:
        if moved.get(event.pk):
            tone, outcome = "paid", ", ".join(moved[event.pk])
        elif event.pk in failed:
            tone, outcome = "failed", _("could not be judged")
        elif event.pk in waiting:
            tone, outcome = "waiting", _("waits to be judged")
        elif event.type.is_internal:
            tone, outcome = "told", ""
        else:
            tone = "nothing"
            outcome = _("no rule paid") if event.pk in judged else _("no rule listens")
        lines.append(EventLine(event.pk, event.type.code, event.type.meaning, event.occurred_at, tone, outcome))
    return lines


def moved_by(event_ids: list[int], language: str) -> dict[int, list[str]]:
    """What each event moved, as "+15 Points", and the badges and privileges it gave."""
    known = {currency.pk: (code, currency) for code, currency in rulebook.current().known.currencies.items()}
    journals = {
        journal.pk: journal for journal in Journal.objects.filter(event_id__in=event_ids, reverses_id__isnull=True)
    }
    sums = Entry.objects.filter(journal_id__in=journals).order_by("journal_id").values_list("journal_id")
    totals: dict[tuple[int, int], Decimal] = {}
    for journal_id, total in sums.annotate(total=Sum("amount")):
        journal = journals[journal_id]
        key = (journal.event_id or 0, journal.currency_id)
        totals[key] = totals.get(key, Decimal(0)) + major(total, known[journal.currency_id][1].scale)
    moved: dict[int, list[str]] = {}
    for (event_id, currency_id), total in totals.items():
        code, currency = known[currency_id]
        sign = "+" if total > 0 else ""
        moved.setdefault(event_id, []).append(f"{sign}{plain(total)} {text_in(currency.names, language, code)}")
    for grant in BadgeGrant.objects.filter(event_id__in=event_ids).select_related("badge"):
        name = text_in(grant.badge.names, language, grant.badge.code)
        moved.setdefault(grant.event_id or 0, []).append(_("badge “%(name)s”") % {"name": name})
    for given in PrivilegeGrant.objects.filter(event_id__in=event_ids).select_related("privilege"):
        name = text_in(given.privilege.names, language, given.privilege.code)
        moved.setdefault(given.event_id or 0, []).append(_("privilege “%(name)s”") % {"name": name})
    return moved
