"""The ledger is a window: corrections are posted, never typed over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from incentives.domain.rules.expiry import BadExpiry, check_expiry
from incentives.models import Account, Currency, Entry, Hold, Journal, Lot
from members.admin.base import Plain, Window


class CurrencyForm(forms.ModelForm[Currency]):
    class Meta:
        model = Currency
        fields = ["code", "names", "kind", "scale", "expiry", "debt_limit", "deduct_floor", "is_transferable"]

    def clean_expiry(self) -> Any:
        policy = self.cleaned_data["expiry"] or {}
        try:
            check_expiry(policy)
        except BadExpiry as error:
            raise ValidationError(str(error)) from error
        return policy


@admin.register(Currency)
class CurrencyAdmin(Plain[Currency]):
    form = CurrencyForm
    list_display = ("code", "kind", "scale", "expiry", "is_transferable")

    def get_readonly_fields(self, request: HttpRequest, obj: Currency | None = None) -> tuple[str, ...]:
        """Amounts in the books are in minor units: their meaning may not move."""
        return ("code", "kind", "scale") if obj is not None else ()

    def has_delete_permission(self, *_: object) -> bool:
        return False


@admin.register(Account)
class AccountAdmin(Window[Account]):
    list_display = ("id", "member_id", "currency_id", "bucket", "balance", "sequence", "posted_at")
    list_filter = ("bucket", "currency_id")
    search_fields = ("=member_id",)
    ordering = ("-id",)


@admin.register(Lot)
class LotAdmin(Window[Lot]):
    list_display = ("id", "account_id", "expires_at", "is_debt", "granted", "remaining")
    search_fields = ("=account_id",)
    ordering = ("-id",)


@admin.register(Journal)
class JournalAdmin(Window[Journal]):
    list_display = ("id", "member_id", "kind", "rule_code", "rule_version", "event_id", "effective_at", "actor")
    list_filter = ("kind",)
    search_fields = ("=member_id", "=event_id", "rule_code")
    ordering = ("-id",)
    exclude = ("key",)
    readonly_fields = ("hex_key",)

    @admin.display(description=_("key"))
    def hex_key(self, journal: Journal) -> str:
        return bytes(journal.key).hex()


@admin.register(Entry)
class EntryAdmin(Window[Entry]):
    list_display = ("id", "posted_at", "member_id", "amount", "balance_after", "contra", "journal_id", "sequence")
    list_filter = ("contra",)
    search_fields = ("=member_id", "=journal_id", "=account_id")
    ordering = ("-id",)


@admin.register(Hold)
class HoldAdmin(Window[Hold]):
    list_display = ("id", "member_id", "amount", "captured", "voided", "state", "expires_at")
    list_filter = ("state",)
    search_fields = ("=member_id", "id")
