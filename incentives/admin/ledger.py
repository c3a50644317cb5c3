"""The ledger is a window: corrections are posted, never typed over. Members, currencies and amounts by their names."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Max, Model, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from incentives.domain.currencies import CannotShorten, put_expiry
from incentives.domain.ledger.queries import major
from incentives.domain.notice import NoReason, WithoutNotice
from incentives.domain.rules.expiry import BadExpiry, check_expiry
from incentives.domain.wording import plain
from incentives.enums import Emergency
from incentives.models import NEVER, Account, Currency, Entry, Hold, Journal, Lot, PendingAward
from members.admin.base import M, Remembered, WhyForm, Window, link
from members.models import Member


class CurrencyForm(WhyForm):
    emergency = forms.ChoiceField(
        label=_("Without notice because of"), required=False, widget=UnfoldAdminSelectWidget,
        choices=[("", _("— with notice, where members may get less —")), *Emergency.choices],
        help_text=_("Only for fraud or a mistake, and only with a written reason; both stay on record."),
    )  # fmt: skip
    waits = False

    class Meta:
        model = Currency
        fields = ["code", "names", "kind", "scale", "expiry", "debt_limit", "deduct_floor", "is_transferable"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.expiry_next is not None and "expiry" in self.fields:
            # What was announced is what a form left alone leaves as it is.
            self.initial["expiry"] = self.instance.expiry_next
            when = f"{timezone.localtime(self.instance.expiry_next_at):%Y-%m-%d %H:%M}"
            self.fields["expiry"].help_text = gettext("For what is earned from %(when)s on.") % {"when": when}

    def clean_expiry(self) -> Any:
        policy = self.cleaned_data["expiry"] or {}
        try:
            check_expiry(policy)
        except BadExpiry as error:
            raise ValidationError(str(error)) from error
        return policy

    def clean(self) -> dict[str, Any]:
        """What points live by is changed longer at once, and shorter after notice or in an emergency."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors or not self.instance.pk:
            return cleaned
        held, kind = Currency.objects.get(pk=self.instance.pk), cleaned.get("emergency")
        try:
            skipped = WithoutNotice(Emergency(kind), cleaned.get("why", "")) if kind else None
            self.waits = put_expiry(held, cleaned["expiry"], now=timezone.now(), without_notice=skipped)
        except NoReason as error:
            raise ValidationError({"why": str(error)}) from error
        except CannotShorten as error:
            raise ValidationError({"expiry": str(error)}) from error
        cleaned["expiry"] = held.expiry
        self.instance.expiry_next, self.instance.expiry_next_at = held.expiry_next, held.expiry_next_at
        self.instance.expiry_told_up_to, self.instance.expiry_told_at = held.expiry_told_up_to, held.expiry_told_at
        return cleaned


@admin.register(Currency)
class CurrencyAdmin(Remembered[Currency]):
    form = CurrencyForm
    list_display = ("code", "kind", "scale", "expiry", "expiry_next", "expiry_next_at", "is_transferable")

    def save_model(self, request: HttpRequest, obj: Currency, form: Any, change: bool) -> None:  # noqa: FBT001
        super().save_model(request, obj, form, change)
        if form.waits:
            when = timezone.localtime(obj.expiry_next_at)
            said = gettext(
                "Points earned from %(when)s on expire sooner; members are told. Until then nothing changes."
            )
            messages.success(request, said % {"when": f"{when:%Y-%m-%d %H:%M}"})

    def get_readonly_fields(self, request: HttpRequest, obj: Currency | None = None) -> tuple[str, ...]:
        """Amounts in the books are in minor units: their meaning may not move."""
        return ("code", "kind", "scale") if obj is not None else ()

    def has_delete_permission(self, *_: object) -> bool:
        return False


class CurrencyFilter(admin.SimpleListFilter):
    title = _("currency")
    parameter_name = "currency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), code) for pk, code in Currency.objects.order_by("code").values_list("pk", "code")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(currency_id=self.value()) if (self.value() or "").isdigit() else queryset


def _of(model: type[Model], name: str, key: Any) -> Subquery:
    """A value of the row that a number names: hot tables carry numbers, and a list asks once for all its rows."""
    return Subquery(model._default_manager.filter(pk=key).values(name)[:1])  # noqa: SLF001  Django's own.


def told(row: Any, amount: int) -> str:
    """An amount of a row of the books in major units with its currency."""
    number = plain(major(amount, row.scale or 0)).replace("-", "\N{MINUS SIGN}")
    return f"{number} {row.currency_code or ''}".strip()


class LedgerWindow(Window[M]):
    """A list of the books: found by a member's ref, shown with names, and never touched."""

    currency_key: Any = OuterRef("currency_id")
    member_key: Any = OuterRef("member_id")
    has_currency = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        names: dict[str, Any] = {"member_ref": _of(Member, "ref", self.member_key)}
        if self.has_currency:
            names["currency_code"] = _of(Currency, "code", self.currency_key)
            names["scale"] = _of(Currency, "scale", self.currency_key)
        return super().get_queryset(request).annotate(**names)  # type: ignore[no-any-return]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """What an operator pastes is a member's ref more often than a number of ours."""
        member = Member.objects.filter(ref=search_term.strip()).first()
        if member is not None:
            return queryset.filter(member_id=member.pk), False
        found: tuple[QuerySet[M], bool] = super().get_search_results(request, queryset, search_term)
        return found

    @admin.display(description=_("member"))
    def who(self, row: Any) -> str:
        if row.member_ref is None:
            return str(row.member_id)
        return link(reverse("admin:members_member_change", args=[row.member_id]), row.member_ref)

    @admin.display(description=_("event"))
    def event(self, row: Any) -> str:
        if row.event_id is None:
            return "—"
        return link(reverse("admin:members_event_change", args=[row.event_id]), row.event_id)

    @admin.display(description=_("currency"))
    def currency(self, row: Any) -> str:
        return row.currency_code or "—"

    @admin.display(description=_("amount"))
    def moved(self, row: Any) -> str:
        return told(row, row.amount)


@admin.register(Account)
class AccountAdmin(LedgerWindow[Account]):
    list_display = ("id", "who", "currency", "bucket", "has", "sequence", "posted_at")
    list_filter = ("bucket", CurrencyFilter)
    search_fields = ("=member_id",)
    search_help_text = _("A member's ref or number.")
    ordering = ("-id",)
    fields = ("who", "currency", "bucket", "has", "sequence", "lower_bound", "posted_at")

    @admin.display(description=_("balance"), ordering="balance")
    def has(self, row: Any) -> str:
        return told(row, row.balance)


_ACCOUNT_CURRENCY = Subquery(Account.objects.filter(pk=OuterRef(OuterRef("account_id"))).values("currency_id")[:1])


@admin.register(Lot)
class LotAdmin(LedgerWindow[Lot]):
    currency_key = _ACCOUNT_CURRENCY
    member_key = Subquery(Account.objects.filter(pk=OuterRef(OuterRef("account_id"))).values("member_id")[:1])
    list_display = ("id", "who", "currency", "remains", "was_granted", "until", "is_debt")
    list_filter = ("is_debt",)
    search_fields = ("=account_id",)
    search_help_text = _("A member's ref, or the number of an account.")
    ordering = ("-id",)
    fields = ("who", "currency", "account_id", "pool", "remains", "was_granted", "until", "is_debt")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lot]:
        return super().get_queryset(request).annotate(member_id=_of(Account, "member_id", OuterRef("account_id")))

    @admin.display(description=_("remaining"), ordering="remaining")
    def remains(self, row: Any) -> str:
        return told(row, row.remaining)

    @admin.display(description=_("granted"), ordering="granted")
    def was_granted(self, row: Any) -> str:
        return told(row, row.granted)

    @admin.display(description=_("expires at"), ordering="expires_at")
    def until(self, row: Lot) -> Any:
        return _("never") if row.expires_at >= NEVER else row.expires_at


def _of_entries(aggregate: Any) -> Subquery:
    entries = Entry.objects.filter(journal_id=OuterRef("pk")).order_by().values("journal_id")
    return Subquery(entries.annotate(told=aggregate).values("told")[:1])


@admin.register(Journal)
class JournalAdmin(LedgerWindow[Journal]):
    list_display = ("id", "effective_at", "who", "kind", "total", "rule", "event", "actor")
    list_filter = ("kind", CurrencyFilter)
    search_fields = ("=id", "=member_id", "=event_id", "rule_code")
    search_help_text = _("A member's ref, a rule's code, or the number of a journal, member or event.")
    ordering = ("-id",)
    fields = (
        "who", "kind", "total", "rule", "effective_at", "event", "actor", "note", "asked_for", "reverses_id",
        "movement", "effect_number", "run", "hex_key",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Journal]:
        return (
            super()
            .get_queryset(request)
            .annotate(total_amount=_of_entries(Sum("amount")), set_aside=_of_entries(Max("amount")))
        )

    @admin.display(description=_("amount"))
    def total(self, row: Any) -> str:
        # What only changes its bucket sums to nothing: then what changed it is told.
        return told(row, row.total_amount or row.set_aside or 0)

    @admin.display(description=_("rule"), ordering="rule_code")
    def rule(self, journal: Journal) -> str:
        return f"{journal.rule_code} v{journal.rule_version}" if journal.rule_code else "—"

    @admin.display(description=_("reason"))
    def note(self, journal: Journal) -> str:
        from incentives.models import Note  # noqa: PLC0415

        note = Note.objects.filter(pk=journal.pk).first()
        return note.text if note is not None else "—"

    @admin.display(description=_("asked for"))
    def asked_for(self, row: Any) -> str:
        return told(row, row.wanted) if row.wanted is not None else "—"

    @admin.display(description=_("key"))
    def hex_key(self, journal: Journal) -> str:
        return bytes(journal.key).hex()


@admin.register(Entry)
class EntryAdmin(LedgerWindow[Entry]):
    currency_key = _ACCOUNT_CURRENCY
    list_display = ("id", "posted_at", "who", "moved", "after", "contra", "journal", "sequence")
    list_filter = ("contra",)
    search_fields = ("=member_id", "=journal_id", "=account_id")
    search_help_text = _("A member's ref, or the number of a journal or account.")
    ordering = ("-id",)
    fields = ("who", "journal", "account_id", "moved", "after", "contra", "lot_id", "sequence", "posted_at")

    @admin.display(description=_("balance after"))
    def after(self, row: Any) -> str:
        return told(row, row.balance_after)

    @admin.display(description=_("journal"), ordering="journal_id")
    def journal(self, entry: Entry) -> str:
        return link(reverse("admin:incentives_journal_change", args=[entry.journal_id]), entry.journal_id)


@admin.register(PendingAward)
class PendingAwardAdmin(LedgerWindow[PendingAward]):
    list_display = ("id", "who", "moved", "rule_code", "state", "due_at", "event")
    list_filter = ("state", CurrencyFilter)
    search_fields = ("=member_id", "rule_code")
    search_help_text = _("A member's ref or number, or a rule's code.")
    ordering = ("-id",)
    fields = ("who", "moved", "rule_code", "rule_version", "state", "due_at", "match", "settled_at", "event")


@admin.register(Hold)
class HoldAdmin(LedgerWindow[Hold]):
    list_display = ("id", "who", "moved", "was_captured", "was_voided", "state", "expires_at")
    list_filter = ("state", CurrencyFilter)
    search_fields = ("=member_id", "id")
    search_help_text = _("A member's ref or number, or a hold's id.")
    ordering = ("-created_at",)
    fields = ("id", "who", "moved", "was_captured", "was_voided", "state", "expires_at", "created_at")

    @admin.display(description=_("captured"))
    def was_captured(self, row: Any) -> str:
        return told(row, row.captured)

    @admin.display(description=_("given back"))
    def was_voided(self, row: Any) -> str:
        return told(row, row.voided)
