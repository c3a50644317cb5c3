"""The tables of the ledger. What must always be true stands here and in the guards, not in the code that writes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import uuid_utils.compat as uuid
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from incentives.bounds import AMOUNT_MAX
from incentives.enums import Bucket, Contra, CurrencyKind, HoldState, JournalKind, PendingState

# Drivers cannot read 'infinity', so never is this moment; faces show it as null.
NEVER = datetime(9000, 1, 1, tzinfo=UTC)


class Currency(models.Model):
    """A kind of points. Amounts are whole minor units; `scale` says how many of their digits are decimals."""

    code = models.SlugField(_("code"), max_length=32, unique=True)
    names = models.JSONField(_("names"), default=dict, help_text=_("By language, such as en and zh-hans."))
    kind = models.CharField(_("kind"), max_length=12, choices=CurrencyKind, default=CurrencyKind.SPENDABLE)
    scale = models.PositiveSmallIntegerField(_("decimals"), default=0)
    expiry = models.JSONField(_("expiry"), default=dict, blank=True, help_text=_('Such as {"kind": "never"}.'))
    expiry_next = models.JSONField(_("expiry from then on"), null=True, blank=True, editable=False)
    expiry_next_at = models.DateTimeField(_("another expiry from"), null=True, blank=True, editable=False)
    # Up to which member, and when all of them, were told of another expiry.
    expiry_told_up_to = models.BigIntegerField(default=0, editable=False)
    expiry_told_at = models.DateTimeField(null=True, editable=False)
    debt_limit = models.BigIntegerField(
        _("debt limit"), default=0, help_text=_("How far below zero a reversal may take a member, in minor units.")
    )
    deduct_floor = models.BigIntegerField(
        _("deduct floor"), default=0, help_text=_("Rules never take a balance below this, in minor units.")
    )
    is_transferable = models.BooleanField(_("transferable"), default=False)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("currency")
        verbose_name_plural = _("currencies")
        constraints = [
            models.CheckConstraint(condition=Q(scale__lte=4), name="currency_scale_is_0_to_4"),
            models.CheckConstraint(condition=Q(debt_limit__gte=0), name="currency_debt_limit_is_positive"),
            models.CheckConstraint(
                condition=Q(expiry_next__isnull=True, expiry_next_at__isnull=True)
                | Q(expiry_next__isnull=False, expiry_next_at__isnull=False),
                name="another_expiry_has_its_day",
            ),
            models.CheckConstraint(condition=Q(kind__in=CurrencyKind.values), name="currency_kind_is_known"),
            # What decides about tiers is earned; what others give would count for them.
            models.CheckConstraint(
                condition=~Q(kind=CurrencyKind.QUALIFYING, is_transferable=True),
                name="qualifying_points_stay_with_who_earned_them",
                violation_error_message=_("Qualifying points are earned; they cannot be transferred."),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def expiry_at(self, moment: datetime) -> dict[str, Any]:
        """The policy that points earned at a moment live by."""
        is_next = self.expiry_next_at is not None and moment >= self.expiry_next_at
        policy: dict[str, Any] = (self.expiry_next if is_next else self.expiry) or {}
        return policy


class Account(models.Model):
    """A member's bucket of a currency. The hot row: narrow, and its balance always equals its newest entry's."""

    id = models.BigAutoField(primary_key=True)
    member_id = models.BigIntegerField(_("member"))
    currency_id = models.IntegerField(_("currency"))
    bucket = models.PositiveSmallIntegerField(_("bucket"), choices=Bucket, default=Bucket.AVAILABLE)
    balance = models.BigIntegerField(_("balance"), default=0)
    sequence = models.BigIntegerField(_("entries"), default=0)
    lower_bound = models.BigIntegerField(_("lower bound"), default=0)
    posted_at = models.DateTimeField(_("last posted at"), null=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(fields=["member_id", "currency_id", "bucket"], name="account_opened_once"),
            models.CheckConstraint(condition=Q(balance__gte=F("lower_bound")), name="account_never_overdrawn"),
            models.CheckConstraint(condition=Q(lower_bound__lte=0), name="account_lower_bound_is_no_credit"),
            models.CheckConstraint(
                condition=Q(balance__lte=AMOUNT_MAX) & Q(balance__gte=-AMOUNT_MAX), name="account_balance_is_bounded"
            ),
        ]

    def __str__(self) -> str:
        return f"account {self.pk}"


class Lot(models.Model):
    """Points of an account that expire together. A bucket, not one per award."""

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField(_("account"))
    pool = models.CharField(_("pool"), max_length=32, default="")
    expires_at = models.DateTimeField(_("expires at"), default=NEVER)
    is_debt = models.BooleanField(_("debt"), default=False)
    granted = models.BigIntegerField(_("granted"), default=0)
    remaining = models.BigIntegerField(_("remaining"), default=0)

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints = [
            models.UniqueConstraint(fields=["account_id", "pool", "expires_at", "is_debt"], name="lot_kept_once"),
            models.CheckConstraint(
                condition=(Q(is_debt=False) & Q(remaining__gte=0)) | (Q(is_debt=True) & Q(remaining__lte=0)),
                name="lot_never_overspent",
            ),
        ]
        indexes = [
            # Lots that are due: what the expiry job reads.
            models.Index(fields=["expires_at"], condition=Q(remaining__gt=0), name="lot_due"),
        ]

    def __str__(self) -> str:
        return f"lot {self.pk}"


class Journal(models.Model):
    """Why points moved: one journal for each effect, for ever. `key` makes a second posting impossible."""

    id = models.BigAutoField(primary_key=True)
    member_id = models.BigIntegerField(_("member"))
    currency_id = models.IntegerField(_("currency"))
    key = models.BinaryField(_("key"), max_length=32)
    kind = models.PositiveSmallIntegerField(_("kind"), choices=JournalKind)
    effective_at = models.DateTimeField(_("effective at"))
    event_id = models.BigIntegerField(_("event"), null=True)
    rule_code = models.CharField(_("rule"), max_length=64, default="")
    rule_version = models.IntegerField(_("version"), null=True)
    effect_number = models.PositiveSmallIntegerField(_("effect"), null=True)
    run = models.PositiveSmallIntegerField(_("run"), default=0)
    reverses_id = models.BigIntegerField(_("reverses"), null=True)
    movement = models.BigIntegerField(_("movement"), null=True)
    actor = models.CharField(_("actor"), max_length=80, default="")
    wanted = models.BigIntegerField(_("wanted"), null=True, help_text=_("Where less was moved than was asked for."))

    class Meta:
        verbose_name = _("journal")
        verbose_name_plural = _("journals")
        constraints = [
            models.UniqueConstraint(fields=["member_id", "key"], name="effect_posted_once"),
            models.CheckConstraint(condition=Q(kind__in=JournalKind.values), name="journal_kind_is_known"),
        ]
        indexes = [
            # What an event paid: traces and reversals.
            models.Index(fields=["event_id"], condition=Q(event_id__isnull=False), name="journal_of_event"),
            models.Index(fields=["movement"], condition=Q(movement__isnull=False), name="journal_of_movement"),
        ]

    def __str__(self) -> str:
        return f"journal {self.pk}"


class Entry(models.Model):
    """One movement of one account, balanced by construction: it names the contra the points came from or went to."""

    id = models.BigAutoField(primary_key=True)
    journal_id = models.BigIntegerField(_("journal"))
    member_id = models.BigIntegerField(_("member"))
    account_id = models.BigIntegerField(_("account"))
    contra = models.PositiveSmallIntegerField(_("contra"), choices=Contra)
    lot_id = models.BigIntegerField(_("lot"))
    amount = models.BigIntegerField(_("amount"))
    sequence = models.BigIntegerField(_("number"))
    balance_after = models.BigIntegerField(_("balance after"))
    posted_at = models.DateTimeField(_("posted at"))

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.UniqueConstraint(fields=["account_id", "sequence"], name="entry_numbered_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="entry_moves_something"),
            models.CheckConstraint(
                condition=Q(amount__lte=AMOUNT_MAX) & Q(amount__gte=-AMOUNT_MAX), name="entry_amount_is_bounded"
            ),
            models.CheckConstraint(condition=Q(sequence__gt=0), name="entry_number_is_positive"),
            models.CheckConstraint(condition=Q(contra__in=Contra.values), name="entry_contra_is_known"),
        ]
        indexes = [models.Index(fields=["journal_id"], name="entry_of_journal")]

    def __str__(self) -> str:
        return f"entry {self.pk}"


class Note(models.Model):
    """Words about a journal, such as an operator's reason. Beside the books, since erasure must reach it."""

    journal_id = models.BigIntegerField(primary_key=True)
    text = models.CharField(_("text"), max_length=500)

    def __str__(self) -> str:
        return self.text


class Reversal(models.Model):
    """How much of a journal was to be taken back, and how much was. Locked by each reversal of it."""

    journal_id = models.BigIntegerField(primary_key=True)
    amount = models.BigIntegerField(_("amount"))
    # Of what was to be taken back, the rest could not be recovered.
    wanted_amount = models.BigIntegerField(_("to be reversed"), default=0, db_default=0)
    reversed_amount = models.BigIntegerField(_("reversed"), default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reversed_amount__lte=F("amount")) & Q(reversed_amount__gte=0),
                name="reversals_never_exceed_the_journal",
            ),
            models.CheckConstraint(
                condition=Q(wanted_amount__lte=F("amount")) & Q(reversed_amount__lte=F("wanted_amount")),
                name="no_more_is_reversed_than_was_wanted",
            ),
        ]

    def __str__(self) -> str:
        return f"reversal of journal {self.journal_id}"


class Hold(models.Model):
    """Points set aside until they are captured or given back. `parts` keeps the lots they came from."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid7, editable=False)
    member_id = models.BigIntegerField(_("member"))
    currency_id = models.IntegerField(_("currency"))
    amount = models.BigIntegerField(_("amount"))
    captured = models.BigIntegerField(_("captured"), default=0)
    voided = models.BigIntegerField(_("given back"), default=0)
    parts = models.JSONField(_("parts"), default=list)
    state = models.CharField(_("state"), max_length=8, choices=HoldState, default=HoldState.OPEN)
    expires_at = models.DateTimeField(_("until"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="hold_holds_something"),
            models.CheckConstraint(
                condition=Q(captured__gte=0) & Q(voided__gte=0) & Q(amount__gte=F("captured") + F("voided")),
                name="hold_never_gives_more_than_it_holds",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(state="open"), name="hold_due")]

    def __str__(self) -> str:
        return f"hold {self.pk}"


class PendingAward(models.Model):
    """Points that a rule paid and that are not sure yet: they wait in `pending` for a moment or for an event.

    At `due_at` they unlock, or, where they wait for an event (`until_type`), they lapse. `match` is a field of its
    data with the value that it must carry.
    """

    id = models.BigAutoField(primary_key=True)
    journal_id = models.BigIntegerField(_("journal"), unique=True)
    member_id = models.BigIntegerField(_("member"))
    currency_id = models.IntegerField(_("currency"))
    amount = models.BigIntegerField(_("amount"))
    expires_at = models.DateTimeField(_("expires at"), default=NEVER)
    rule_code = models.CharField(_("rule"), max_length=64)
    rule_version = models.IntegerField(_("version"))
    effect_number = models.PositiveSmallIntegerField(_("effect"))
    event_id = models.BigIntegerField(_("event"))
    until_type_id = models.BigIntegerField(_("until"), null=True)
    match = models.CharField(_("match"), max_length=200, default="", help_text=_("Such as content_id=1041."))
    due_at = models.DateTimeField(_("due at"))
    state = models.CharField(_("state"), max_length=9, choices=PendingState, default=PendingState.WAITING)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    settled_by_id = models.BigIntegerField(_("settled by"), null=True)

    class Meta:
        verbose_name = _("pending award")
        verbose_name_plural = _("pending awards")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="pending_award_adds_points"),
            models.CheckConstraint(
                condition=Q(state="waiting", settled_at__isnull=True)
                | (~Q(state="waiting") & Q(settled_at__isnull=False)),
                name="pending_award_is_settled_once",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="pending_award_due"),
            models.Index(
                fields=["member_id", "until_type_id"], condition=Q(state="waiting"), name="pending_award_waits"
            ),
        ]

    def __str__(self) -> str:
        return f"pending award {self.pk}"


class Request(models.Model):
    """An unsafe call and its answer, kept so that a retry gets the first answer, refusals included."""

    api_key = models.CharField(max_length=150)
    idempotency_key = models.CharField(max_length=128)
    digest = models.BinaryField(max_length=32)
    outcome = models.JSONField(null=True)
    refusal = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["api_key", "idempotency_key"], name="request_answered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.api_key[:8]}/{self.idempotency_key}"
