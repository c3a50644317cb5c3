"""Erases a person and closes what they have, so that the books stay whole without them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from incentives.domain import followers, ledger
from incentives.domain.campaigns import people as campaign_people
from incentives.domain.ledger import keys, operations
from incentives.domain.ledger.book import AVAILABLE, PENDING
from incentives.domain.pump import hints
from incentives.domain.quests import leaving
from incentives.enums import CaseState, CorrectionList, HoldState, PendingState
from incentives.models import Account, Case, Correction, Currency, Hold, PendingAward, PrivilegeGrant, PrivilegeUse
from members.domain.people.erasing import check_erasure, erase_person
from members.lanes import lane_of
from members.models import Lane, Member

REASON = "The member was erased."


def erase(*, member_id: int, ref: str, reason: str, now: datetime, by: object | None = None, actor: str = "") -> Member:
    """Remove everything that identifies a person, for good, with the memberships that were merged into theirs.

    `ref` is the member's, typed out. Holds are given back, pending awards lapse, and what is left is taken by an
    adjustment. Raises CannotErase.
    """
    with transaction.atomic():
        ids = [member_id, *Member.objects.filter(merged_into=member_id).values_list("pk", flat=True)]
        lanes = sorted({lane_of(pk) for pk in ids})
        list(Lane.objects.select_for_update().filter(number__in=lanes).order_by("number"))
        people = {each.pk: each for each in Member.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
        check_erasure(people[member_id], ref)
        for person in people.values():
            _close(person.pk, now=now, actor=actor)
            _forget_rights(person.pk)
            _forget_cases(person.pk, now)
            leaving.forget(person.pk)
            campaign_people.forget(person.pk)
            followers.forget(person.pk, now=now)
            _forget_in_corrections(person.ref)
            erase_person(person, now=now, reason=reason, by=by)
        hints.wake_on_commit()
    return people[member_id]


def _close(member_id: int, *, now: datetime, actor: str) -> None:
    for hold_id in Hold.objects.filter(member_id=member_id, state=HoldState.OPEN).values_list("pk", flat=True):
        operations.void(hold_id=hold_id, now=now, actor=actor)
    currencies = Currency.objects.filter(
        pk__in=Account.objects.filter(member_id=member_id).values_list("currency_id", flat=True)
    )
    _lapse(member_id, [currency.pk for currency in currencies], now=now)
    for currency in currencies:
        book = ledger.open_book(member_ids=[member_id], currency_ids=[currency.pk])
        account = book.account(member_id, currency.pk)
        book.expire_due(account, now)
        ledger.write(book)
        if account.balance > 0:
            operations.adjust(
                member_id=member_id, currency=currency, amount=-account.balance, reason=REASON, now=now, actor=actor,
                key=keys.of_request(f"erase {member_id}", currency.code),
            )  # fmt: skip


def _lapse(member_id: int, currency_ids: list[int], *, now: datetime) -> None:
    book = ledger.open_book(member_ids=[member_id], currency_ids=currency_ids, buckets=(AVAILABLE, PENDING))
    waiting = list(PendingAward.objects.filter(member_id=member_id, state=PendingState.WAITING).order_by("id"))
    for award in waiting:
        book.lapse(award, key=keys.of_settling(award.journal_id), effective_at=now)
        award.state, award.settled_at = PendingState.LAPSED, now
    ledger.write(book)
    PendingAward.objects.bulk_update(waiting, ["state", "settled_at"])
    # Such as `author=ada`.
    PendingAward.objects.filter(member_id=member_id).update(match="")


def _forget_rights(member_id: int) -> None:
    """The uses stay as numbers; what was asked, answered and proved goes."""
    PrivilegeUse.objects.filter(member_id=member_id).update(text="", target="", answer="", proof="")
    PrivilegeGrant.objects.filter(member_id=member_id).update(reason="")


def _forget_cases(member_id: int, now: datetime) -> None:
    """Questions stay as numbers; what was said in them goes, and nobody waits for an answer."""
    cases = Case.objects.filter(member_id=member_id)
    cases.exclude(state=CaseState.CLOSED).update(state=CaseState.CLOSED, closed_at=now)
    cases.update(text="", said={}, found={}, answer="")


def _forget_in_corrections(ref: str) -> None:
    """A correction for everyone with an event that names them goes on without the name."""
    for found in Correction.objects.filter(found_by=CorrectionList.EVENT, whom__value=ref):
        found.whom = {**found.whom, "value": ""}
        found.save(update_fields=["whom"])
