"""What the points page shows, ready to show, in a number of queries that does not grow with a member's history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.site.queries.about import AboutLine, about_of
from config.site.queries.badges import BadgeLine, badges_of
from config.site.queries.conduct import ConductPart, conduct_of_member
from config.site.queries.history import PENDING, SHOWN, HistoryLine, history_of
from config.site.queries.standing import Ladder, OtherLadder, ladder_of, other_ladder_of
from config.site.queries.words import initials_of, language_now
from incentives.domain import earnings, movements, traces
from incentives.domain.earnings import Way
from incentives.domain.ledger import queries as ledger
from incentives.domain.ledger.queries import BadCursor
from incentives.domain.movements import PendingLine
from incentives.enums import CurrencyKind
from members.domain.standing import standing_of
from members.models import Event, Member

__all__ = ["PENDING", "SHOWN", "BadCursor", "page_of", "why"]

EXPIRING_WITHIN = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the member sees at once."""

    member: Member
    initials: str
    spendable: ledger.BalanceLine | None
    growth: ledger.BalanceLine | None
    expiring: ledger.LotLine | None
    ladder: Ladder | None
    others: list[OtherLadder]
    ways: list[Way]
    history: list[HistoryLine]
    more: str | None
    pending: list[PendingLine]
    badges: list[BadgeLine]
    about: list[AboutLine]
    conduct: ConductPart

    @property
    def badges_held(self) -> int:
        return sum(1 for badge in self.badges if badge.granted_at is not None)


def page_of(member: Member, *, now: datetime, show: str = "", search: str = "", before: str = "") -> Page:
    """Gather a member's points page."""
    balances = ledger.balances(member.pk)
    spendable = next((line for line in balances if line.kind == CurrencyKind.SPENDABLE), None)
    growth = next((line for line in balances if line.kind == CurrencyKind.QUALIFYING), None)
    standings = [line for line in standing_of(member.pk, now=now) if line.tiers]
    ways = earnings.ways_to_earn(member, now=now, language=language_now())
    history: list[HistoryLine] = []
    more: str | None = None
    if show != PENDING:
        history, more = history_of(member, now=now, show=show, search=search, before=before)
    tells_pending = show in ("", PENDING) and not search and not before
    return Page(
        member=member,
        initials=initials_of(member.display_name or member.ref),
        spendable=spendable,
        growth=growth,
        expiring=_expiring(member, spendable, now),
        ladder=ladder_of(standings[0]) if standings else None,
        others=[other_ladder_of(line) for line in standings[1:]],
        ways=ways,
        history=history,
        more=more,
        pending=movements.pending_of(member, language=language_now()) if tells_pending else [],
        badges=badges_of(member, ways),
        about=about_of(member),
        conduct=conduct_of_member(member, now),
    )


def why(member: Member, event_id: int) -> traces.Trace | None:
    """The trace of one of the member's own events; surprises stay hidden until they pay."""
    if not Event.objects.filter(pk=event_id, member_id=member.pk).exists():
        return None
    return traces.trace_of(event_id, language_code=language_now(), shows_hidden=False)


def _expiring(member: Member, spendable: ledger.BalanceLine | None, now: datetime) -> ledger.LotLine | None:
    if spendable is None:
        return None
    for lot in ledger.lots(member.pk):
        if lot.currency == spendable.currency and lot.expires_at is not None and lot.remaining > 0:
            return lot if lot.expires_at <= now + EXPIRING_WITHIN else None
    return None
