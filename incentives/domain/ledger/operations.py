"""The single movements: spend, hold, capture, void, transfer, adjust, open, reverse, expire.

Each takes locks in the order of the whole house (accounts by id), decides in a book, and writes once. Called again
with the same `key` it returns what it did the first time.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Sum
from django.utils import timezone

from incentives.domain.ledger import keys
from incentives.domain.ledger.book import AVAILABLE, HELD, PENDING, Book, InsufficientPoints, LedgerError
from incentives.domain.ledger.expiry import midnight
from incentives.domain.ledger.permits import check_receiver, check_spender
from incentives.domain.ledger.rows import AccountState
from incentives.domain.ledger.store import open_book, write
from incentives.domain.ledger.telling import tell
from incentives.enums import Bucket, Contra, HoldState, JournalKind, PendingState
from incentives.models import NEVER, Account, Currency, Entry, Hold, Journal, Lot, Note, PendingAward, Reversal
from members.domain.outcomes import POINTS_ADJUSTED, POINTS_REVERSED, POINTS_SPENT, POINTS_TRANSFERRED
from members.models import Member

EXPIRY_BATCH_MAX = 500


class UnknownHold(LedgerError):
    """There is no such hold."""


class HoldClosed(LedgerError):
    """The hold was captured or given back before."""


class NotTransferable(LedgerError):
    """Points of this currency stay with whoever earned them."""


class CannotReverse(LedgerError):
    """This journal cannot be taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What an operation did: amounts in minor units. `is_new` is False where it had been done before."""

    journal_id: int
    amount: int
    balance: int
    is_new: bool = True
    unrecovered: int = 0


def spend(*, member_id: int, currency: Currency, amount: int, key: bytes, now: datetime, actor: str = "") -> Moved:
    """Take points for something redeemed, the soonest to expire first. Raises InsufficientPoints, MayNotSpend."""
    with transaction.atomic():
        book, done = _begin(member_id, currency, key, now)
        if done is not None:
            return done
        check_spender(member_id, now)
        account = book.account(member_id, currency.pk)
        _need(account, amount)
        journal_id = _journal(book, account, key, JournalKind.SPEND, now, actor=actor)
        book.draw(account, journal_id, Contra.REDEEMED, amount)
        write(book)
        tell(POINTS_SPENT, member_id=member_id, currency=currency, amount=-amount, now=now)
    return Moved(journal_id=journal_id, amount=-amount, balance=account.balance)


def adjust(
    *, member_id: int, currency: Currency, amount: int, key: bytes, now: datetime, reason: str, actor: str = ""
) -> Moved:
    """Add or take points by hand, with the reason beside the books. Raises InsufficientPoints when taking too many."""
    assert amount, "an adjustment moves something"
    assert reason, "an adjustment says why"
    with transaction.atomic():
        book, done = _begin(member_id, currency, key, now)
        if done is not None:
            return done
        account = book.account(member_id, currency.pk)
        if amount > 0:
            book.award(
                member_id=member_id, currency_id=currency.pk, amount=amount, key=key, effective_at=now,
                kind=JournalKind.ADJUST.value, contra=Contra.ADJUSTED.value, actor=actor,
            )  # fmt: skip
        else:
            _need(account, -amount)
            journal_id = _journal(book, account, key, JournalKind.ADJUST, now, actor=actor)
            book.draw(account, journal_id, Contra.ADJUSTED, -amount)
        journal_id = _journal_under(book, key)
        write(book)
        Note.objects.create(journal_id=journal_id, text=reason)
        tell(POINTS_ADJUSTED, member_id=member_id, currency=currency, amount=amount, now=now)
    return Moved(journal_id=journal_id, amount=amount, balance=account.balance)


def open_balance(
    *,
    member_id: int,
    currency: Currency,
    amount: int,
    key: bytes,
    effective_at: datetime,
    expires_at: datetime = NEVER,
    actor: str = "",
) -> Moved:
    """Bring a balance from elsewhere, with its own date and expiry."""
    now = timezone.now()
    with transaction.atomic():
        book, done = _begin(member_id, currency, key, now)
        if done is not None:
            return done
        book.award(
            member_id=member_id, currency_id=currency.pk, amount=amount, key=key, effective_at=effective_at,
            expires_at=expires_at, kind=JournalKind.OPENING.value, actor=actor,
        )  # fmt: skip
        write(book)
        tell(POINTS_ADJUSTED, member_id=member_id, currency=currency, amount=amount, now=now)
    return Moved(journal_id=_journal_under(book, key), amount=amount, balance=book.balance(member_id, currency.pk))


def transfer(
    *, payer_id: int, payee_id: int, currency: Currency, amount: int, key: bytes, now: datetime, actor: str = ""
) -> Moved:
    """Give points to another member, each lot with its expiry. Two journals, one movement.

    Raises InsufficientPoints, NotTransferable, MayNotSpend and MayNotReceive.
    """
    if not currency.is_transferable:
        raise NotTransferable(f"{currency.code} cannot be given to others.")
    if payer_id == payee_id:
        raise LedgerError("Payer and payee are the same member.")
    with transaction.atomic():
        book = open_book(member_ids=[payer_id, payee_id], currency_ids=[currency.pk], lower_bounds=_bounds(currency))
        done = _done(payer_id, currency, key)
        if done is not None:
            return done
        check_spender(payer_id, now)
        check_receiver(payee_id)
        payer, payee = book.account(payer_id, currency.pk), book.account(payee_id, currency.pk)
        book.expire_due(payer, now)
        _need(payer, amount)
        journal_id = book.ids.take("journal")
        out = _journal(book, payer, key, JournalKind.TRANSFER, now, movement=journal_id, actor=actor)
        parts = book.draw(payer, out, Contra.TRANSIT, amount)
        into = _journal(
            book, payee, keys.of_reversal(key, "payee"), JournalKind.TRANSFER, now, movement=journal_id, actor=actor
        )
        for lot, part in parts:
            book.put(payee, into, Contra.TRANSIT, part, expires_at=lot.expires_at, pool=lot.pool)
        write(book)
        tell(POINTS_TRANSFERRED, member_id=payer_id, currency=currency, amount=-amount, now=now)
        tell(POINTS_TRANSFERRED, member_id=payee_id, currency=currency, amount=amount, now=now)
    return Moved(journal_id=out, amount=-amount, balance=payer.balance)


def hold(
    *,
    member_id: int,
    currency: Currency,
    amount: int,
    key: bytes,
    now: datetime,
    expires_at: datetime,
    actor: str = "",
) -> Hold:
    """Set points aside until `expires_at`, keeping each lot's expiry. Raises InsufficientPoints, MayNotSpend."""
    with transaction.atomic():
        book = open_book(
            member_ids=[member_id],
            currency_ids=[currency.pk],
            buckets=(AVAILABLE, HELD),
            lower_bounds=_bounds(currency),
        )
        earlier = Journal.objects.filter(member_id=member_id, key=key).first()
        if earlier is not None:
            return Hold.objects.get(pk=uuid.UUID(earlier.actor.rpartition("#")[2]))
        check_spender(member_id, now)
        account, held = book.account(member_id, currency.pk), book.account(member_id, currency.pk, HELD)
        book.expire_due(account, now)
        _need(account, amount)
        made = Hold(member_id=member_id, currency_id=currency.pk, amount=amount, expires_at=expires_at)
        journal_id = _journal(book, account, key, JournalKind.HOLD, now, actor=f"{actor[:40]}#{made.pk}")
        parts = book.draw(account, journal_id, Contra.TRANSIT, amount)
        for lot, part in parts:
            book.put(held, journal_id, Contra.TRANSIT, part, expires_at=lot.expires_at, pool=lot.pool)
        made.parts = [[lot.pool, lot.expires_at.isoformat(), part] for lot, part in parts]
        write(book)
        made.save(force_insert=True)
    return made


def capture(*, hold_id: uuid.UUID, now: datetime, amount: int | None = None, actor: str = "") -> Hold:
    """Redeem what is held, or a part of it; the rest goes back. A second capture raises HoldClosed."""
    with transaction.atomic():
        made, book = _locked_hold(hold_id)
        taken = made.amount if amount is None else amount
        if not 0 < taken <= made.amount:
            raise LedgerError(f"Between 1 and {made.amount} can be captured.")
        _settle(made, book, taken, now=now, state=HoldState.CAPTURED, actor=actor)
    return made


def void(*, hold_id: uuid.UUID, now: datetime, state: HoldState = HoldState.VOIDED, actor: str = "") -> Hold:
    """Give everything back into the lots it came from. What expired meanwhile expires on its return."""
    with transaction.atomic():
        made, book = _locked_hold(hold_id)
        _settle(made, book, 0, now=now, state=state, actor=actor)
    return made


def reverse(*, journal_id: int, cause: str, now: datetime, actor: str = "") -> Moved:
    """Take back a whole award, deduction or spending.

    Points that were added are taken from their own lot first, then from the soonest to expire, then as debt down
    to the currency's limit; what cannot be recovered is recorded. An award that still waits is taken out of
    `pending`, where it is whole. Reversing twice for one cause does it once. Raises CannotReverse.
    """
    original = Journal.objects.filter(pk=journal_id).first()
    if original is None or original.kind not in _REVERSIBLE:
        raise CannotReverse("Only awards, deductions, spendings, adjustments and openings can be reversed.")
    currency = Currency.objects.get(pk=original.currency_id)
    member_id = _whose_now(original.member_id)
    key = keys.of_reversal(bytes(original.key), cause)
    with transaction.atomic():
        waited = PendingAward.objects.filter(journal_id=journal_id).exists()
        buckets = (AVAILABLE, PENDING) if waited else (AVAILABLE,)
        book, done = _begin(member_id, currency, key, now, buckets=buckets)
        if done is not None:
            return done
        entries = list(Entry.objects.filter(journal_id=journal_id).order_by("sequence"))
        moved = sum(entry.amount for entry in entries)
        record, _ = Reversal.objects.select_for_update().get_or_create(
            journal_id=journal_id, defaults={"amount": abs(moved)}
        )
        if record.reversed_amount:
            raise CannotReverse("This journal was reversed before.")
        touched = Lot.objects.filter(pk__in={e.lot_id for e in entries}).order_by("is_debt")
        # What had paid a debt names the debt's lot first; its own is the one that the rest went into.
        lots = dict(touched.values_list("pk", "expires_at"))
        account = book.account(member_id, currency.pk, _bucket_of(journal_id, now))
        recovered = _recoverable(account, moved) if moved > 0 else -moved
        made = _journal(
            book, account, key, JournalKind.REVERSE, now, actor=actor, reverses_id=journal_id,
            wanted=moved if recovered < moved else None, event_id=original.event_id,
        )  # fmt: skip
        if moved > 0:
            _take_back(book, account, made, recovered, first=next(iter(lots.values())))
        else:
            for entry in entries:
                book.put(account, made, Contra.REVERSED, -entry.amount, expires_at=lots[entry.lot_id])
        write(book)
        record.reversed_amount = recovered
        record.save(update_fields=["reversed_amount"])
        amount = -recovered if moved > 0 else recovered
        tell(POINTS_REVERSED, member_id=member_id, currency=currency, amount=amount, now=now)
    return Moved(journal_id=made, amount=amount, balance=account.balance, unrecovered=abs(moved) - recovered)


def _whose_now(member_id: int) -> int:
    """Whose points these are now: a merged member's are its survivor's."""
    return Member.objects.values_list("merged_into_id", flat=True).get(pk=member_id) or member_id


def _recoverable(account: AccountState, moved: int) -> int:
    """How much of what was added can be taken back: what is there, and what the member may owe."""
    there = min(moved, max(0, account.balance))
    debt = max(0, min(moved - there, account.balance - there - account.lower_bound))
    if not there + debt:
        raise CannotReverse("Nothing is left to take back, and the currency allows no debt.")
    return there + debt


def _take_back(book: Book, account: AccountState, journal_id: int, amount: int, *, first: datetime) -> None:
    there = min(amount, max(0, account.balance))
    if there:
        book.draw(account, journal_id, Contra.REVERSED, there, first=first)
    if amount > there:
        book.owe(account, journal_id, Contra.REVERSED, amount - there)


def _bucket_of(journal_id: int, now: datetime) -> int:
    """Where the points of a journal lie; an award that waits is withdrawn from pending."""
    waiting = PendingAward.objects.select_for_update().filter(journal_id=journal_id).first()
    if waiting is None or waiting.state == PendingState.MATURED:
        return AVAILABLE
    if waiting.state != PendingState.WAITING:
        raise CannotReverse("This award was never sure and is gone already.")
    waiting.state, waiting.settled_at = PendingState.WITHDRAWN, now
    waiting.save(update_fields=["state", "settled_at"])
    return PENDING


def expire_due(*, now: datetime, batches_max: int = 20) -> int:
    """Expire what remains in lots whose moment has come; return how many lots. Running it twice does it once."""
    count = 0
    for _ in range(batches_max):
        done = _expire_batch(now)
        count += done
        if done < EXPIRY_BATCH_MAX:
            break
    return count


def expire_idle(*, now: datetime, batches_max: int = 20) -> int:
    """Expire balances that have not moved for as long as their currency's policy says; return how many.

    `{"kind": "idle", "days": N}`: N days after the local day of an account's newest entry, at midnight of the
    programme. Points with an expiry of their own keep it.
    """
    zone = timezone.get_default_timezone()
    count = 0
    for currency in Currency.objects.filter(expiry__kind="idle").order_by("pk"):
        days = timedelta(days=currency.expiry["days"])
        quiet_since = midnight(now.astimezone(zone).date() - days + timedelta(days=1), zone)
        for _ in range(batches_max):
            done = _expire_idle_batch(currency, quiet_since, days, zone)
            count += done
            if done < EXPIRY_BATCH_MAX:
                break
    return count


def release_expired_holds(*, now: datetime, count_max: int = 500) -> int:
    """Give back open holds whose time is over; return how many."""
    due = Hold.objects.filter(state=HoldState.OPEN, expires_at__lte=now).values_list("pk", flat=True)[:count_max]
    count = 0
    for hold_id in list(due):
        try:
            void(hold_id=hold_id, now=now, state=HoldState.EXPIRED, actor="timeout")
        except HoldClosed:
            continue
        count += 1
    return count


_REVERSIBLE = (
    JournalKind.AWARD, JournalKind.DEDUCT, JournalKind.SPEND, JournalKind.ADJUST, JournalKind.OPENING,
)  # fmt: skip


def _expire_batch(now: datetime) -> int:
    # What is pending or held is not expired there, but when it comes out.
    ours = Account.objects.filter(pk=OuterRef("account_id"), bucket=Bucket.AVAILABLE)
    due = Lot.objects.filter(Exists(ours), remaining__gt=0, expires_at__lte=now).order_by("expires_at", "id")
    account_ids = list(due.values_list("account_id", flat=True)[:EXPIRY_BATCH_MAX])
    owners = list(
        Account.objects.filter(pk__in=account_ids, bucket=Bucket.AVAILABLE).values_list("member_id", "currency_id")
    )
    if not owners:
        return 0
    with transaction.atomic():
        book = open_book(member_ids={m for m, _ in owners}, currency_ids={c for _, c in owners})
        count = 0
        for account in book.accounts.values():
            count += book.expire_due(account, now)
        write(book)
    return count


def _expire_idle_batch(currency: Currency, quiet_since: datetime, days: timedelta, zone: tzinfo) -> int:
    lasting = Lot.objects.filter(account_id=OuterRef("pk"), expires_at=NEVER, remaining__gt=0)
    idle = Account.objects.filter(
        Exists(lasting), currency_id=currency.pk, bucket=Bucket.AVAILABLE, posted_at__lt=quiet_since
    ).order_by("pk")
    member_ids = list(idle.values_list("member_id", flat=True)[:EXPIRY_BATCH_MAX])
    if not member_ids:
        return 0
    count = 0
    with transaction.atomic():
        book = open_book(member_ids=member_ids, currency_ids=[currency.pk])
        for account in book.accounts.values():
            # Somebody may have moved it while we waited for its lock.
            if account.posted_at is None or account.posted_at >= quiet_since:
                continue
            due_at = midnight(account.posted_at.astimezone(zone).date() + days, zone)
            for lot in [lot for lot in account.lots.values() if lot.remaining > 0 and lot.expires_at >= NEVER]:
                book.expire_lot(account, lot, due_at=due_at)
            count += 1
        write(book)
    return count


def _settle(made: Hold, book: Book, taken: int, *, now: datetime, state: HoldState, actor: str) -> None:
    held = book.account(made.member_id, made.currency_id, HELD)
    account = book.account(made.member_id, made.currency_id)
    kind = JournalKind.CAPTURE if taken else JournalKind.VOID
    journal_id = _journal(book, account, keys.of_request(str(made.pk), "settle"), kind, now, actor=actor)
    rest = taken
    for pool, text, amount in made.parts:
        expires_at = datetime.fromisoformat(text)
        lot = held.lots[pool, expires_at, False]
        part = min(rest, amount)
        rest -= part
        if part:
            book.take_lot(held, journal_id, Contra.REDEEMED, lot, part)
        if amount - part:
            book.take_lot(held, journal_id, Contra.TRANSIT, lot, amount - part)
            book.put(account, journal_id, Contra.TRANSIT, amount - part, expires_at=expires_at, pool=pool)
    # What expired while it was held expires on its return.
    book.expire_due(account, now)
    write(book)
    if taken:
        currency = Currency.objects.get(pk=made.currency_id)
        tell(POINTS_SPENT, member_id=made.member_id, currency=currency, amount=-taken, now=now)
    made.captured, made.voided, made.state = taken, made.amount - taken, state
    made.save(update_fields=["captured", "voided", "state"])


def _locked_hold(hold_id: uuid.UUID) -> tuple[Hold, Book]:
    found = Hold.objects.filter(pk=hold_id).first()
    if found is None:
        raise UnknownHold("There is no such hold.")
    # Accounts before holds: the same order for everybody who moves points.
    book = open_book(member_ids=[found.member_id], currency_ids=[found.currency_id], buckets=(AVAILABLE, HELD))
    made = Hold.objects.select_for_update().get(pk=hold_id)
    if made.state != HoldState.OPEN:
        raise HoldClosed(f"This hold is {made.get_state_display()}.")
    return made, book


def _begin(
    member_id: int, currency: Currency, key: bytes, now: datetime, *, buckets: Sequence[int] = (AVAILABLE,)
) -> tuple[Book, Moved | None]:
    """Lock the account and see whether this was done before; if not, what is due to expire does so first."""
    book = open_book(
        member_ids=[member_id], currency_ids=[currency.pk], buckets=buckets, lower_bounds=_bounds(currency)
    )
    done = _done(member_id, currency, key)
    if done is None:
        book.expire_due(book.account(member_id, currency.pk), now)
    return book, done


def _done(member_id: int, currency: Currency, key: bytes) -> Moved | None:
    """What was done under this key before; looked up under the account's lock."""
    earlier = Journal.objects.filter(member_id=member_id, key=key).first()
    if earlier is None:
        return None
    accounts = Account.objects.filter(member_id=member_id, currency_id=currency.pk, bucket=Bucket.AVAILABLE)
    account_id = accounts.values_list("pk", flat=True).get()
    entries = Entry.objects.filter(journal_id=earlier.pk, account_id=account_id)
    amount = entries.aggregate(total=Sum("amount"))["total"] or 0
    last = entries.order_by("-sequence").first()
    return Moved(
        journal_id=earlier.pk,
        amount=amount,
        balance=last.balance_after if last else 0,
        is_new=False,
        unrecovered=(earlier.wanted or abs(amount)) - abs(amount),
    )


def _journal(
    book: Book,
    account: AccountState,
    key: bytes,
    kind: JournalKind,
    effective_at: datetime,
    *,
    actor: str = "",
    movement: int | None = None,
    reverses_id: int | None = None,
    wanted: int | None = None,
    event_id: int | None = None,
) -> int:
    return book.open_journal(
        member_id=account.member_id, currency_id=account.currency_id, key=key, kind=kind.value,
        effective_at=effective_at, movement=movement, reverses_id=reverses_id, actor=actor, wanted=wanted,
        event_id=event_id,
    )  # fmt: skip


def _journal_under(book: Book, key: bytes) -> int:
    return next(journal.id for journal in book.journals if journal.key == key)


def _need(account: AccountState, amount: int) -> None:
    assert amount > 0, "amounts are positive; the operation says which way they go"
    if account.balance < amount:
        raise InsufficientPoints(amount, max(0, account.balance))


def _bounds(currency: Currency) -> dict[int, int]:
    return {currency.pk: -currency.debt_limit}
