"""Reads the books: balances now and at any moment, statements with a running balance, lots."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from heapq import merge
from itertools import islice

from django.db.models import Sum

from incentives.enums import Bucket
from incentives.models import NEVER, Account, Currency, Entry, Journal, Lot, Note


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """A member's points in one currency, in major units."""

    currency: str
    names: dict[str, str]
    kind: str
    scale: int
    available: Decimal
    pending: Decimal
    held: Decimal


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement as its member reads it, in major units."""

    id: int
    journal_id: int
    currency: str
    kind: int
    amount: Decimal
    balance_after: Decimal
    posted_at: datetime
    effective_at: datetime
    event_id: int | None
    rule_code: str
    rule_version: int | None
    note: str
    wanted: Decimal | None


@dataclass(frozen=True, slots=True)
class LotLine:
    currency: str
    remaining: Decimal
    expires_at: datetime | None


def major(amount: int, scale: int) -> Decimal:
    """Minor units as an exact decimal with the currency's decimals."""
    return Decimal(amount).scaleb(-scale)


def balances(member_id: int) -> list[BalanceLine]:
    """Every currency with what is available, pending and held."""
    amounts = {
        (currency_id, bucket): balance
        for currency_id, bucket, balance in Account.objects.filter(member_id=member_id).values_list(
            "currency_id", "bucket", "balance"
        )
    }
    return [
        BalanceLine(
            c.code,
            c.names,
            c.kind,
            c.scale,
            *(major(amounts.get((c.pk, bucket.value), 0), c.scale) for bucket in Bucket),
        )
        for c in Currency.objects.order_by("-kind", "code")
    ]


def balance_at(*, member_id: int, currency: Currency, moment: datetime, by: str = "record") -> Decimal:
    """The available balance at a moment: by record time (what the books said then) or by business time.

    By record time it is the newest entry posted until then; by business time the sum of what was effective by then,
    whenever it was posted. A moment some seconds in the past cannot change any more.
    """
    account = Account.objects.filter(member_id=member_id, currency_id=currency.pk, bucket=Bucket.AVAILABLE).first()
    if account is None:
        return major(0, currency.scale)
    entries = Entry.objects.filter(account_id=account.pk)
    if by == "record":
        newest = entries.filter(posted_at__lte=moment).order_by("-sequence").first()
        return major(newest.balance_after if newest else 0, currency.scale)
    journals = Journal.objects.filter(member_id=member_id, effective_at__lte=moment).values("pk")
    total = entries.filter(journal_id__in=journals).aggregate(total=Sum("amount"))["total"]
    return major(total or 0, currency.scale)


class BadCursor(Exception):
    """A text that no statement gave as the way to its next page."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of movements, newest first, and the cursor of the next page, if there is one."""

    lines: list[StatementLine]
    following: str | None


def statement(
    *,
    member_id: int,
    currencies: Iterable[str] | None = None,
    cursor: str = "",
    count: int = 50,
    rule_code: str = "",
    kinds: Iterable[int] | None = None,
) -> Statement:
    """A member's movements of the available bucket, newest first.

    Pages are cut by each account's own numbering, the one order that several workers can never mix up, so a page
    costs the same wherever it lies. Raises BadCursor.
    """
    known = {c.pk: c for c in Currency.objects.all()}
    wanted = set(currencies) if currencies is not None else None
    accounts = {
        account.pk: known[account.currency_id]
        for account in Account.objects.filter(member_id=member_id, bucket=Bucket.AVAILABLE).order_by("pk")
        if wanted is None or known[account.currency_id].code in wanted
    }
    places = _read_cursor(cursor)
    entries = Entry.objects.all()
    if rule_code or kinds is not None:
        journals = Journal.objects.filter(member_id=member_id)
        if rule_code:
            journals = journals.filter(rule_code=rule_code)
        if kinds is not None:
            journals = journals.filter(kind__in=list(kinds))
        entries = entries.filter(journal_id__in=journals.values("pk"))
    newest = [
        entries.filter(account_id=pk, sequence__lt=places.get(currency.pk, SEQUENCE_MAX)).order_by("-sequence")[
            : count + 1
        ]
        for pk, currency in accounts.items()
    ]
    found = list(islice(merge(*newest, key=lambda row: (row.posted_at, row.pk), reverse=True), count + 1))
    rows, has_more = found[:count], len(found) > count
    for row in rows:
        places[accounts[row.account_id].pk] = row.sequence
    journals_by_id = Journal.objects.in_bulk([row.journal_id for row in rows])
    notes = dict(Note.objects.filter(pk__in=journals_by_id).values_list("pk", "text"))
    lines = [_line(row, journals_by_id[row.journal_id], accounts[row.account_id], notes) for row in rows]
    return Statement(lines, _cursor(places) if has_more else None)


SEQUENCE_MAX = 2**63 - 1
_PLACE = re.compile(r"([0-9]{1,9})\.([0-9]{1,18})", re.ASCII)


def _cursor(places: dict[int, int]) -> str:
    """Where each currency's next page begins, such as `1.340-2.77`."""
    return "-".join(f"{currency_id}.{sequence}" for currency_id, sequence in sorted(places.items()))


def _read_cursor(cursor: str) -> dict[int, int]:
    if not cursor:
        return {}
    places = [_PLACE.fullmatch(part) for part in cursor[:500].split("-")]
    if not all(places):
        raise BadCursor("This cursor is not valid; start again without it.")
    return {int(place[1]): int(place[2]) for place in places if place is not None}


def lots(member_id: int) -> list[LotLine]:
    """Open lots, the soonest to expire first; None for never."""
    scales = {c.pk: c for c in Currency.objects.all()}
    accounts = {a.pk: a for a in Account.objects.filter(member_id=member_id, bucket=Bucket.AVAILABLE)}
    found = Lot.objects.filter(account_id__in=accounts).exclude(remaining=0).order_by("expires_at", "id")
    lines = []
    for lot in found:
        currency = scales[accounts[lot.account_id].currency_id]
        expires_at = None if lot.expires_at >= NEVER else lot.expires_at
        lines.append(LotLine(currency.code, major(lot.remaining, currency.scale), expires_at))
    return lines


def _line(row: Entry, journal: Journal, currency: Currency, notes: dict[int, str]) -> StatementLine:
    return StatementLine(
        id=row.pk,
        journal_id=journal.pk,
        currency=currency.code,
        kind=journal.kind,
        amount=major(row.amount, currency.scale),
        balance_after=major(row.balance_after, currency.scale),
        posted_at=row.posted_at,
        effective_at=journal.effective_at,
        event_id=journal.event_id,
        rule_code=journal.rule_code,
        rule_version=journal.rule_version,
        note=notes.get(journal.pk, ""),
        wanted=major(journal.wanted, currency.scale) if journal.wanted is not None else None,
    )
