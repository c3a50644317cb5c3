"""The tickets of an activity, within its form: prices as people write them, in major units."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import StackedInline
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from activities.domain import changing, money
from activities.domain.orders import tickets
from activities.models import Ticket
from incentives.domain.ledger.queries import major as points_major
from members.admin.languages import Worded

FIELDS = [
    "code", "names", "price", "currency", "points", "capacity", "sells_from", "sells_until", "tier", "privilege",
    "pass_only", "group_size", "group_hours", "alone", "is_active",
]  # fmt: skip


class PriceForm(forms.ModelForm[Any]):
    """A price in major units, in money and in points."""

    price = forms.DecimalField(
        label=gettext_lazy("price"), required=False, min_value=0, max_digits=15, widget=UnfoldAdminDecimalFieldWidget,
        help_text=gettext_lazy("Of one seat, in the activity's money."),
    )  # fmt: skip
    points = forms.DecimalField(
        label=gettext_lazy("price in points"), required=False, min_value=0, max_digits=15,
        widget=UnfoldAdminDecimalFieldWidget, help_text=gettext_lazy("Of one seat."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:  # noqa: SLF001  As Django names it.
            return
        # Orders and links know it by this name.
        self.fields["code"].disabled = True
        if self.instance.price:
            self.initial["price"] = money.major(self.instance.price, self.money())
        if self.instance.currency is not None:
            self.initial["points"] = points_major(self.instance.points, self.instance.currency.scale)

    def money(self) -> str:
        """The money in which it is paid, as the whole form has it now."""
        raise NotImplementedError

    def clean_price(self) -> int:
        given: Decimal = self.cleaned_data["price"] or Decimal(0)
        code = self.money()
        if not given:
            return 0
        if not money.is_money(code):
            raise forms.ValidationError(_("Say first in which money the activity is paid, such as EUR."))
        try:
            return money.minor(given, code)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error

    def clean_points(self) -> int:
        given: Decimal = self.cleaned_data["points"] or Decimal(0)
        currency = self.cleaned_data.get("currency")
        if currency is None:
            if given:
                raise forms.ValidationError(_("Say how many points, and which."))
            return 0
        scaled = given.scaleb(currency.scale)
        if scaled != scaled.to_integral_value():
            raise forms.ValidationError(_("These points have no such decimals."))
        return int(scaled)


class TicketForm(PriceForm):
    class Meta:
        model = Ticket
        fields = FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["alone"].queryset = Ticket.objects.filter(activity_id=self.instance.activity_id)  # type: ignore[attr-defined]
        self.fields["group_hours"].required = False

    def money(self) -> str:
        return str(self.instance.activity.money)

    def clean_group_hours(self) -> int:
        return int(self.cleaned_data["group_hours"] or self.instance.group_hours)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's own, and not in its types.
        if self.errors:
            return
        try:
            tickets.check(self.instance, self.instance.activity)
        except changing.CannotEdit as error:
            self.add_error(error.field or None, error.sentence)


class TicketInline(Worded, StackedInline):  # type: ignore[misc]  # The theme ships no types.
    """Tickets are taken off sale, never thrown away: orders name them."""

    model = Ticket
    form = TicketForm
    fields = (
        ("code", "is_active"), "names", ("price", "capacity"), ("currency", "points"),
        ("sells_from", "sells_until"), "tier", ("privilege", "pass_only"), ("group_size", "group_hours"), "alone",
    )  # fmt: skip
    extra = 0

    def has_delete_permission(self, *_args: Any) -> bool:
        return False


def save_tickets(request: HttpRequest, formset: Any) -> None:
    """Write what was changed by way of the domain, which offers new seats to whoever waits."""
    formset.save(commit=False)  # It notes what is new and what was changed, for the log.
    for form in formset.forms:
        changed = [name for name in form.changed_data if name in FIELDS and name != "code"]
        if not form.has_changed() or not (changed or form.instance._state.adding):  # noqa: SLF001
            continue
        try:
            tickets.put(
                activity_id=formset.instance.pk, code=form.cleaned_data["code"],
                values={name: form.cleaned_data[name] for name in changed}, now=timezone.now(),
            )  # fmt: skip
        except changing.CannotEdit as error:
            # Somebody was faster than the form was checked.
            messages.error(request, error.sentence)
