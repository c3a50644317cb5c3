"""A member's history as people read it: what one event or one act moved, in one line, with its reason at hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from incentives.domain.engine import rulebook
from incentives.domain.engine.rulebook import RuleBook
from incentives.domain.ledger import queries as ledger
from incentives.domain.ledger.queries import StatementLine
from incentives.domain.rules.limits import Ceiling
from incentives.domain.usage import Usage, own_ceiling, usage_of, uses_of
from incentives.enums import CurrencyKind, JournalKind, PendingState
from incentives.models import Journal, PendingAward
from members.domain.counters.periods import local_day
from members.domain.texts import text_in
from members.models import Member

# An event moves several currencies and a spending several lots; a line of history holds all of them.
LINES_PER_MOVEMENT = 3
PENDING_SHOWN_MAX = 20


@dataclass(frozen=True, slots=True)
class Part:
    """What moved in one currency, in major units; `wanted` where more was asked for."""

    currency: str
    name: str
    amount: Decimal
    balance_after: Decimal
    wanted: Decimal | None


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of history. `parts` begins with the currency that counts most to a member; amounts are signed."""

    id: int
    kind: JournalKind
    happened_at: datetime
    event_id: int | None
    rule_code: str
    rule_name: str
    note: str
    actor: str
    parts: tuple[Part, ...]
    usage: Usage | None

    @property
    def main(self) -> Part:
        return self.parts[0]

    @property
    def others(self) -> tuple[Part, ...]:
        return self.parts[1:]


def movements_of(
    member: Member,
    *,
    now: datetime,
    language: str,
    count: int,
    before: str = "",
    rule_code: str = "",
    kinds: Sequence[JournalKind] | None = None,
) -> tuple[list[Movement], str | None]:
    """A page of movements, newest first, and where the next one begins (None: that was all). Raises BadCursor."""

    def read(most: int) -> ledger.Statement:
        return ledger.statement(
            member_id=member.pk,
            cursor=before,
            count=most,
            rule_code=rule_code,
            kinds=[kind.value for kind in kinds] if kinds is not None else None,
        )

    found = read(count * LINES_PER_MOVEMENT)
    groups = _grouped(found.lines)
    if found.following is not None and len(groups) > 1:
        # The last one may go on beyond what was read; it opens the next page instead.
        groups = groups[:-1]
    shown = groups[:count]
    line_count = sum(len(group) for group in shown)
    is_all = found.following is None and line_count == len(found.lines)
    following = None if is_all or not shown else read(line_count).following
    return _told(member, shown, now=now, language=language), following


@dataclass(frozen=True, slots=True)
class PendingLine:
    """An award that is not sure yet: it unlocks at `due_at`, or, with `is_awaiting`, must be confirmed until then."""

    rule_name: str
    name: str
    amount: Decimal
    since: datetime
    due_at: datetime
    is_awaiting: bool
    event_id: int


def pending_of(member: Member, *, language: str) -> list[PendingLine]:
    """What waits for a member, the soonest first."""
    known = {currency.pk: (code, currency) for code, currency in rulebook.current().known.currencies.items()}
    names = rule_names(language)
    waiting = PendingAward.objects.filter(member_id=member.pk, state=PendingState.WAITING).order_by("due_at", "id")
    found = list(waiting[:PENDING_SHOWN_MAX])
    began = dict(Journal.objects.filter(pk__in=[award.journal_id for award in found]).values_list("pk", "effective_at"))
    lines = []
    for award in found:
        code, currency = known[award.currency_id]
        lines.append(
            PendingLine(
                rule_name=names.get(award.rule_code, award.rule_code),
                name=text_in(currency.names, language, code),
                amount=ledger.major(award.amount, currency.scale),
                since=began[award.journal_id],
                due_at=award.due_at,
                is_awaiting=award.until_type_id is not None,
                event_id=award.event_id,
            )
        )
    return lines


def rule_names(language: str) -> dict[str, str]:
    """Names of all rules that were ever in force, by code."""
    names = {}
    for type_book in rulebook.current().by_code.values():
        for span in type_book.spans:
            names[span.rule.document.code] = text_in(span.rule.document.name, language, span.rule.document.code)
    return names


def rule_named(search: str, language: str) -> str:
    """The code of the first rule whose name or code holds what was searched for; empty for none."""
    wanted = search.casefold().strip()
    if not wanted:
        return ""
    return next(
        (code for code, name in rule_names(language).items() if wanted in name.casefold() or wanted in code), ""
    )


def _grouped(lines: Iterable[StatementLine]) -> list[list[StatementLine]]:
    """Neighbours that one event earned by one rule, or that one journal moved, belong together."""
    groups: list[list[StatementLine]] = []
    for line in lines:
        if groups and _belongs(line, groups[-1][-1]):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


def _belongs(line: StatementLine, other: StatementLine) -> bool:
    if line.journal_id == other.journal_id:
        return True
    mine = (line.event_id, line.kind, line.rule_code, line.rule_version, line.amount > 0)
    theirs = (other.event_id, other.kind, other.rule_code, other.rule_version, other.amount > 0)
    return line.event_id is not None and mine == theirs


def _told(member: Member, groups: list[list[StatementLine]], *, now: datetime, language: str) -> list[Movement]:
    book = rulebook.current()
    names = rule_names(language)
    journals = {
        journal.pk: journal
        for journal in Journal.objects.filter(pk__in={line.journal_id for group in groups for line in group})
    }
    origins = dict(
        Journal.objects.filter(pk__in={j.reverses_id for j in journals.values() if j.reverses_id}).values_list(
            "pk", "rule_code"
        )
    )
    ceilings = _ceilings(book, groups)
    days = {group[0].id: local_day(group[0].effective_at, member.zone()) for group in groups}
    today = local_day(now, member.zone())
    uses = uses_of(member.pk, [(c, days[group[0].id]) for group in groups if (c := ceilings.get(group[0].id))])
    told = []
    for group in groups:
        first, journal = group[0], journals[group[0].journal_id]
        ceiling = ceilings.get(first.id)
        rule_code = first.rule_code or origins.get(journal.reverses_id or 0, "")
        told.append(
            Movement(
                id=first.id,
                kind=JournalKind(first.kind),
                happened_at=first.effective_at,
                event_id=first.event_id,
                rule_code=rule_code,
                rule_name=names.get(rule_code, rule_code),
                note=first.note,
                actor=journal.actor,
                parts=_parts(group, book, language),
                usage=usage_of(ceiling, uses, day=days[first.id], today=today, known=book.known) if ceiling else None,
            )
        )
    return told


def _ceilings(book: RuleBook, groups: list[list[StatementLine]]) -> dict[int, Ceiling]:
    """The limit to tell beside each award, by the movement's id."""
    own: dict[str, tuple[Ceiling, ...]] = {}
    for type_book in book.by_code.values():
        for span in type_book.spans:
            for plan in book.at(type_book, span.begins).plans:
                own[plan.code] = plan.ceilings
    found = {}
    for group in groups:
        first = group[0]
        if first.kind == JournalKind.AWARD and first.rule_code in own:
            main = book.known.currencies.get(_main(group, book).currency)
            ceiling = own_ceiling(own[first.rule_code], main.pk if main else None)
            if ceiling is not None:
                found[first.id] = ceiling
    return found


def _main(group: list[StatementLine], book: RuleBook) -> StatementLine:
    return min(group, key=lambda line: _rank(line.currency, book))


def _rank(currency: str, book: RuleBook) -> tuple[bool, str]:
    """What can be spent comes first."""
    known = book.known.currencies.get(currency)
    return known is None or known.kind != CurrencyKind.SPENDABLE, currency


def _parts(group: list[StatementLine], book: RuleBook, language: str) -> tuple[Part, ...]:
    """One part for each currency; the newest line stands first and holds the balance afterwards."""
    by_currency: dict[str, list[StatementLine]] = {}
    for line in group:
        by_currency.setdefault(line.currency, []).append(line)
    parts = []
    for code in sorted(by_currency, key=lambda each: _rank(each, book)):
        lines = by_currency[code]
        known = book.known.currencies.get(code)
        parts.append(
            Part(
                currency=code,
                name=text_in(known.names, language, code) if known is not None else code,
                amount=sum((line.amount for line in lines), Decimal(0)),
                balance_after=lines[0].balance_after,
                wanted=next((line.wanted for line in lines if line.wanted is not None), None),
            )
        )
    return tuple(parts)
