"""What the points page shows, ready to show, in a number of queries that does not grow with a member's history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from incentives.domain import traces
from incentives.domain.engine import rulebook
from incentives.domain.ledger import queries as ledger
from incentives.domain.ledger.queries import BadCursor, StatementLine
from incentives.domain.rules.checking import CheckedRule
from incentives.domain.rules.documents import Deduct, GrantBadge, text_in
from incentives.domain.rules.limits import Ceiling
from incentives.enums import CurrencyKind, JournalKind
from incentives.models import Badge, BadgeGrant, LimitUse
from members.domain.counters.periods import local_day, period_of
from members.domain.standing import StandingLine, standing_of
from members.models import Member

__all__ = ["BadCursor", "history_of", "page_of", "why"]

HISTORY_PAGE = 15
EXPIRING_WITHIN = timedelta(days=60)
SHOWN = {
    "earned": (JournalKind.AWARD, JournalKind.OPENING, JournalKind.MATURE),
    "spent": (JournalKind.SPEND, JournalKind.CAPTURE),
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One movement: what happened, why, and the balance after it."""

    id: int
    kind: str
    icon: str
    title: str
    why: str
    amount: Decimal
    balance_after: Decimal
    unit: str
    happened_at: datetime
    event_id: int | None
    trace: traces.RuleTrace | None


@dataclass(frozen=True, slots=True)
class Earning:
    """A way to earn that is open to everybody: what it pays and how much of its limit is used."""

    name: str
    pays: str
    limit: str
    used: int
    most: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class BadgeLine:
    name: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Everything on the first screen."""

    member: Member
    initials: str
    spendable: ledger.BalanceLine | None
    growth: ledger.BalanceLine | None
    expiring: ledger.LotLine | None
    standing: StandingLine | None
    tier_name: str
    next_name: str
    earnings: list[Earning]
    history: list[HistoryLine]
    more: str | None
    badges: list[BadgeLine]


def page_of(member: Member, *, now: datetime, show: str = "", search: str = "", before: str = "") -> Page:
    """Gather a member's points page."""
    language = _language()
    balances = ledger.balances(member.pk)
    spendable = next((line for line in balances if line.kind == CurrencyKind.SPENDABLE), None)
    growth = next((line for line in balances if line.kind == CurrencyKind.QUALIFYING), None)
    standing = next(iter(standing_of(member.pk)), None)
    history, more = history_of(member, show=show, search=search, before=before)
    return Page(
        member=member,
        initials=_initials(member.display_name or member.ref),
        spendable=spendable,
        growth=growth,
        expiring=_expiring(member, spendable, now),
        standing=standing,
        tier_name=text_in(standing.tier.names, language, standing.tier.code) if standing and standing.tier else "",
        next_name=(
            text_in(standing.next_tier.names, language, standing.next_tier.code)
            if standing and standing.next_tier
            else ""
        ),
        earnings=_earnings(member, now),
        history=history,
        more=more,
        badges=_badges(member),
    )


def history_of(
    member: Member, *, show: str = "", search: str = "", before: str = ""
) -> tuple[list[HistoryLine], str | None]:
    """A page of movements, newest first, and where the next one begins."""
    kinds = SHOWN.get(show)
    rule_code = _rule_named(search) if search else ""
    if search and not rule_code:
        return [], None
    page = ledger.statement(
        member_id=member.pk,
        cursor=before,
        count=HISTORY_PAGE,
        rule_code=rule_code,
        kinds=[kind.value for kind in kinds] if kinds else None,
    )
    names = {line.currency: text_in(line.names, _language(), line.currency) for line in ledger.balances(member.pk)}
    rules = _rule_names()
    return [_line(line, names, rules) for line in page.lines], page.following


def why(member: Member, event_id: int) -> traces.Trace | None:
    """The trace of one of the member's own events; surprises stay hidden until they pay."""
    from members.models import Event  # noqa: PLC0415

    if not Event.objects.filter(pk=event_id, member_id=member.pk).exists():
        return None
    return traces.trace_of(event_id, language_code=_language(), shows_hidden=False)


def _line(line: StatementLine, names: dict[str, str], rules: dict[str, str]) -> HistoryLine:
    kind = JournalKind(line.kind)
    look, icon, title = _LOOKS[kind]
    rule = rules.get(line.rule_code, line.rule_code)
    reason = line.note
    if line.wanted is not None:
        reason = _("%(wanted)s were asked for; this is what was there.") % {"wanted": line.wanted}
    return HistoryLine(
        id=line.id,
        kind=look,
        icon=icon,
        title=rule or str(title()),
        why=reason or (str(title()) if rule else ""),
        amount=line.amount,
        balance_after=line.balance_after,
        unit=names.get(line.currency, line.currency),
        happened_at=line.effective_at,
        event_id=line.event_id,
        trace=None,
    )


_LOOKS: dict[JournalKind, tuple[str, str, Any]] = {
    JournalKind.AWARD: ("earned", "i-ribbon", lambda: _("Earned")),
    JournalKind.DEDUCT: ("reversed", "i-undo", lambda: _("Taken by a rule")),
    JournalKind.SPEND: ("spent", "i-gift", lambda: _("Spent")),
    JournalKind.HOLD: ("pending", "i-clock", lambda: _("Set aside")),
    JournalKind.CAPTURE: ("spent", "i-gift", lambda: _("Spent")),
    JournalKind.VOID: ("earned", "i-repeat", lambda: _("Given back")),
    JournalKind.TRANSFER: ("spent", "i-share", lambda: _("Between members")),
    JournalKind.REVERSE: ("reversed", "i-undo", lambda: _("Taken back")),
    JournalKind.MATURE: ("earned", "i-ribbon", lambda: _("Unlocked")),
    JournalKind.LAPSE: ("expired", "i-hourglass", lambda: _("Lapsed")),
    JournalKind.EXPIRE: ("expired", "i-hourglass", lambda: _("Expired")),
    JournalKind.ADJUST: ("earned", "i-edit", lambda: _("Adjusted by the team")),
    JournalKind.OPENING: ("earned", "i-plus", lambda: _("Opening balance")),
}


def _expiring(member: Member, spendable: ledger.BalanceLine | None, now: datetime) -> ledger.LotLine | None:
    if spendable is None:
        return None
    for lot in ledger.lots(member.pk):
        if lot.currency == spendable.currency and lot.expires_at is not None:
            return lot if lot.expires_at <= now + EXPIRING_WITHIN else None
    return None


def _earnings(member: Member, now: datetime) -> list[Earning]:
    book = rulebook.current()
    day = local_day(now, member.zone())
    found: list[tuple[CheckedRule, Ceiling | None]] = []
    for type_book in book.by_code.values():
        in_force = book.at(type_book, now)
        for rule, plan in zip(in_force.compiled.rules, in_force.plans, strict=True):
            if rule.document.visibility != "public" or isinstance(rule.document.then[0], Deduct):
                continue
            ceiling = next((c for c in plan.ceilings if not c.is_shared_by_members), None)
            found.append((rule, ceiling))
    uses = {
        (limit_id, period): (times, amount)
        for limit_id, period, times, amount in LimitUse.objects.filter(
            member_id=member.pk, limit_id__in=[c.limit_id for _, c in found if c is not None]
        ).values_list("limit_id", "period", "times", "amount")
    }
    scales = {currency.pk: currency.scale for currency in book.known.currencies.values()}
    names = {code: text_in(currency.names, _language(), code) for code, currency in book.known.currencies.items()}
    badges = {badge.code: text_in(badge.names, _language(), badge.code) for badge in Badge.objects.all()}
    return sorted(
        (_earning(rule, ceiling, uses, day, scales, names, badges) for rule, ceiling in found),
        key=lambda earning: (not earning.is_open, earning.name),
    )


def _earning(
    rule: CheckedRule,
    ceiling: Ceiling | None,
    uses: dict[tuple[int, int], tuple[int, int]],
    day: int,
    scales: dict[int, int],
    names: dict[str, str],
    badges: dict[str, str],
) -> Earning:
    pays = []
    for effect in rule.effects:
        if isinstance(effect.effect, GrantBadge):
            pays.append(badges.get(effect.effect.badge, effect.effect.badge))
        elif effect.amount is not None and effect.amount.interval is not None:
            low, high = effect.amount.interval.low, effect.amount.interval.high
            amount = f"{_plain(high)}" if low == high else _("up to %(most)s") % {"most": _plain(high)}
            pays.append(f"{amount} {names[effect.effect.currency]}")
    used, most, words = 0, 0, ""
    if ceiling is not None:
        times, amount_used = uses.get((ceiling.limit_id, period_of(ceiling.every, day)), (0, 0))
        scale = scales.get(ceiling.currency_id or 0, 0)
        if ceiling.times is not None:
            used, most = times, ceiling.times
        else:
            used, most = int(ledger.major(amount_used, scale)), int(ledger.major(ceiling.amount or 0, scale))
        words = _EVERY[ceiling.every]() % {"used": used, "most": most}
    return Earning(
        name=text_in(rule.document.name, _language(), rule.document.code),
        pays=" · ".join(pays),
        limit=words,
        used=used,
        most=most,
        is_open=not most or used < most,
    )


_EVERY: dict[str, Any] = {
    "day": lambda: _("%(used)s of %(most)s used today"),
    "week": lambda: _("%(used)s of %(most)s used this week"),
    "month": lambda: _("%(used)s of %(most)s used this month"),
    "ever": lambda: _("%(used)s of %(most)s used"),
}


def _badges(member: Member) -> list[BadgeLine]:
    grants = BadgeGrant.objects.filter(member_id=member.pk).select_related("badge").order_by("-granted_at")[:12]
    return [BadgeLine(text_in(g.badge.names, _language(), g.badge.code), g.granted_at) for g in grants]


def _rule_names() -> dict[str, str]:
    """Names of all rules in force at any time, in the reader's language."""
    names = {}
    for type_book in rulebook.current().by_code.values():
        for span in type_book.spans:
            names[span.rule.document.code] = text_in(span.rule.document.name, _language(), span.rule.document.code)
    return names


def _rule_named(search: str) -> str:
    wanted = search.casefold().strip()
    for code, name in _rule_names().items():
        if wanted in name.casefold() or wanted in code:
            return code
    return ""


def _initials(name: str) -> str:
    words = name.split()
    if not words:
        return "?"
    return words[0][:2] if not name.isascii() else "".join(word[0] for word in words[:2]).upper()


def _plain(value: Decimal) -> str:
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def _language() -> str:
    return get_language() or "en"
