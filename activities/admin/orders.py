"""What was ordered and what goes back, with the steps that a person takes when money moves by hand."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.dataclasses import ActionDialog
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from activities.domain import money
from activities.domain.orders import codes, paying, providers, refunding
from activities.enums import OrderState, RefundState
from activities.models import Group, Order, Payment, Refund, TicketCode
from incentives.admin.dialogs import dialog, shown
from incentives.admin.privileges import operator_of
from incentives.domain.ledger.queries import major as points_major
from incentives.domain.requests import Refused
from members.admin.base import Plain, Window, link
from members.admin.within import Within


def _amount(label: Any, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=0, max_digits=15, required=False, widget=UnfoldAdminDecimalFieldWidget,
        help_text=help_text,
    )  # fmt: skip


def _text(label: Any, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=200, required=required, widget=UnfoldAdminTextInputWidget, help_text=help_text
    )


class PaymentForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """How much has come, and what it is known by."""

    amount = _amount(gettext_lazy("amount"), gettext_lazy("Empty for all that is left to pay."))
    ref = _text(
        gettext_lazy("known as"),
        gettext_lazy("The number of the transfer or the receipt. Told twice it is one payment."),
    )


class PartForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """How much goes back, and why."""

    amount = _amount(gettext_lazy("amount"))
    points = _amount(gettext_lazy("points"))
    reason = _text(gettext_lazy("Why"), gettext_lazy("The member reads it."))


class PaidBackForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """What the money that went back is known by."""

    ref = _text(gettext_lazy("known as"), gettext_lazy("The number of the transfer or the receipt."), required=False)


class PaymentInline(TabularInline):  # type: ignore[misc]  # The theme ships no types.
    model = Payment
    fields = readonly_fields = ("provider", "provider_ref", "how_much", "at", "actor")
    extra = 0

    def has_add_permission(self, *_args: Any) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    @admin.display(description=gettext_lazy("amount"))
    def how_much(self, payment: Payment) -> str:
        return money.words(payment.amount, payment.order.money)


class RefundInline(TabularInline):  # type: ignore[misc]  # The theme ships no types.
    model = Refund
    fields = readonly_fields = ("how_much", "why", "reason", "state", "decided_at", "done_at", "actor")
    extra = 0

    def has_add_permission(self, *_args: Any) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    @admin.display(description=gettext_lazy("amount"))
    def how_much(self, refund: Refund) -> str:
        return worth_of(refund.amount, refund.points, refund.order)


def worth_of(amount: int, points: int, order: Order) -> str:
    """Money and points as people read them: €20 + 100 points."""
    said = [money.words(amount, order.money)] if amount else []
    if points and order.currency is not None:
        said.append(f"{points_major(points, order.currency.scale):f} {order.currency.code}")
    return " + ".join(said) or "—"


class Money(Window[Any]):
    """Looked at, and moved on by steps alone."""

    def has_step_permission(self, request: HttpRequest, *_args: object) -> bool:
        """Whoever may change money says that it has moved; nobody types it over."""
        return bool(request.user.has_perm(f"activities.change_{self.opts.model_name}"))

    def step(self, request: HttpRequest, object_id: Any, do: Callable[[], bool], said: str) -> HttpResponse:
        """Take a step, and say what came of it."""
        try:
            is_new = do()
        except (Refused, forms.ValidationError) as error:
            messages.error(request, error.sentence if isinstance(error, Refused) else error.message)
        else:
            if is_new:
                self.log_change(request, self.model._default_manager.get(pk=object_id), said)  # noqa: SLF001
            (messages.success if is_new else messages.info)(request, said if is_new else _("That was known."))
        return shown(request, reverse(f"admin:activities_{self.opts.model_name}_change", args=[object_id]))

    def only(self, found: Any, wanted: dict[str, bool]) -> Any:
        """The steps that make sense now; what is no step of ours stays."""
        return [each for each in found if wanted.get(each.method.__name__, True)]


@admin.register(Order)
class OrderAdmin(Money):
    """What was ordered, what came for it and what went back."""

    within = Within(space="activity__space")
    list_display = (
        "number",
        "activity",
        "member",
        "of_ticket",
        "state",
        "due",
        "came",
        "back",
        "expires_at",
        "placed_at",
    )
    list_filter = ("state", "provider", "activity")
    list_select_related = ("activity", "member", "ticket", "currency")
    search_fields = ("=public_id", "=member__ref", "activity__code", "=payments__provider_ref", "=provider_ref")
    ordering = ("-id",)
    inlines = (PaymentInline, RefundInline)
    fields = (
        "public_id", "activity", "member", "of_ticket", "seats", "state", "due", "came", "back", "provider",
        "provider_ref", "placed_at", "expires_at", "paid_at", "ended_at",
    )  # fmt: skip
    actions_detail = ("money_has_come", "give_back")

    @admin.display(description=gettext_lazy("reference"))
    def number(self, order: Order) -> str:
        return f"{order.pk:08d}"

    @admin.display(description=gettext_lazy("ticket"))
    def of_ticket(self, order: Order) -> str:
        return order.ticket.code

    @admin.display(description=gettext_lazy("due"))
    def due(self, order: Order) -> str:
        return worth_of(order.amount, order.points, order)

    @admin.display(description=gettext_lazy("paid"))
    def came(self, order: Order) -> str:
        return worth_of(order.paid, order.points if order.journal_id is not None else 0, order)

    @admin.display(description=gettext_lazy("refunded"))
    def back(self, order: Order) -> str:
        return worth_of(order.refunded, order.points_refunded, order)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> Any:
        order = Order.objects.filter(pk=object_id).first() if str(object_id).isdigit() else None
        is_by_hand = order is not None and order.provider == providers.OFFLINE and order.state == OrderState.PLACED
        is_there = order is not None and (
            order.paid > order.refunded or (order.journal_id is not None and order.points > order.points_refunded)
        )
        found = super().get_actions_detail(request, object_id)
        return self.only(found, {"money_has_come": is_by_hand, "give_back": is_there})

    @action(
        description=gettext_lazy("The money has come"), url_path="paid", permissions=["step"], icon="payments",
        dialog=dialog(
            gettext_lazy("The money has come"),
            gettext_lazy("With the last of what is due the place is theirs, and they hear of it."),
            gettext_lazy("It has come"), PaymentForm,
        ),
    )  # fmt: skip
    def money_has_come(self, request: HttpRequest, form: PaymentForm, object_id: int) -> HttpResponse:
        order = Order.objects.get(pk=object_id)
        given, now = form.cleaned_data, timezone.now()

        def do() -> bool:
            amount = _minor(given["amount"], order.money) or order.left_to_pay
            return paying.pay(
                order_id=order.pk, provider=providers.OFFLINE, ref=given["ref"], amount=amount, money=order.money,
                at=now, now=now, actor=operator_of(request),
            )[1]  # fmt: skip

        return self.step(request, object_id, do, _("The money has come: %(ref)s.") % {"ref": given["ref"]})

    @action(
        description=gettext_lazy("Give back a part"), url_path="give-back", permissions=["step"], icon="undo",
        dialog=dialog(
            gettext_lazy("Give back a part, or all of it"),
            gettext_lazy("Points are back at once; money is paid back next. The place stays theirs."),
            gettext_lazy("Give back"), PartForm,
        ),
    )  # fmt: skip
    def give_back(self, request: HttpRequest, form: PartForm, object_id: int) -> HttpResponse:
        order = Order.objects.select_related("currency").get(pk=object_id)
        given = form.cleaned_data
        # Pressed twice for the same state of the order it is one refund.
        key = f"desk-{order.refunded}-{order.points_refunded}"

        def do() -> bool:
            return refunding.refund(
                order_id=order.pk, amount=_minor(given["amount"], order.money), points=_points(given["points"], order),
                key=key, now=timezone.now(), reason=given["reason"], actor=operator_of(request),
            )[1]  # fmt: skip

        return self.step(request, object_id, do, _("It goes back: %(reason)s") % {"reason": given["reason"]})


@admin.register(Refund)
class RefundAdmin(Money):
    """What goes back: what a person has to pay stands in Today."""

    within = Within(space="order__activity__space")
    list_display = ("how_much", "state", "why", "order_link", "whose", "decided_at", "tries", "error", "done_at")
    list_filter = ("state", "why", "order__provider")
    list_select_related = ("order__currency", "order__member")
    search_fields = ("=order__public_id", "=order__member__ref", "=provider_ref")
    ordering = ("-id",)
    fields = (
        "how_much", "state", "why", "reason", "order_link", "whose", "provider_ref", "tries", "next_try_at", "error",
        "decided_at", "done_at", "actor",
    )  # fmt: skip
    actions_detail = ("paid_back", "try_again")

    @admin.display(description=gettext_lazy("amount"))
    def how_much(self, refund: Refund) -> str:
        return worth_of(refund.amount, refund.points, refund.order)

    @admin.display(description=gettext_lazy("order"))
    def order_link(self, refund: Refund) -> SafeString:
        return link(reverse("admin:activities_order_change", args=[refund.order_id]), f"{refund.order_id:08d}")

    @admin.display(description=gettext_lazy("member"))
    def whose(self, refund: Refund) -> str:
        return str(refund.order.member)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> Any:
        refund = (
            Refund.objects.select_related("order").filter(pk=object_id).first() if str(object_id).isdigit() else None
        )
        is_open = refund is not None and refund.state != RefundState.DONE
        is_service = refund is not None and refund.order.provider != providers.OFFLINE
        has_failed = refund is not None and refund.state == RefundState.FAILED
        wanted = {"paid_back": is_open and (not is_service or has_failed), "try_again": has_failed and is_service}
        return self.only(super().get_actions_detail(request, object_id), wanted)

    @action(
        description=gettext_lazy("It was paid back"), url_path="paid-back", permissions=["step"], icon="done",
        dialog=dialog(
            gettext_lazy("It was paid back by hand"),
            gettext_lazy("Say so when the money has left; nobody pays it twice."), gettext_lazy("It was paid back"),
            PaidBackForm,
        ),
    )  # fmt: skip
    def paid_back(self, request: HttpRequest, form: PaidBackForm, object_id: int) -> HttpResponse:
        def do() -> bool:
            return refunding.confirm(
                refund_id=int(object_id), now=timezone.now(), actor=operator_of(request), ref=form.cleaned_data["ref"]
            )[1]

        return self.step(request, object_id, do, _("It was paid back."))

    @action(
        description=gettext_lazy("Try again"), url_path="try-again", permissions=["step"], icon="refresh",
        dialog=ActionDialog(
            title=gettext_lazy("Ask the payment service again"),
            description=gettext_lazy("What it has done already it does not do twice."), form_class=BaseDialogForm,
            form_submit_text=gettext_lazy("Try again"),
        ),
    )  # fmt: skip
    def try_again(self, request: HttpRequest, form: BaseDialogForm, object_id: int) -> HttpResponse:
        def do() -> bool:
            return refunding.try_again(refund_id=int(object_id), now=timezone.now())[1]

        return self.step(request, object_id, do, _("It is asked for again within a minute."))


@admin.register(Group)
class GroupAdmin(Window[Group]):
    """Who buys together, and whether they are enough yet."""

    within = Within(space="activity__space")
    list_display = ("code", "activity", "ticket", "state", "places", "leader", "closes_at")
    list_filter = ("state",)
    list_select_related = ("activity", "ticket", "leader")
    search_fields = ("=code", "activity__code", "=leader__ref")
    ordering = ("-id",)

    @admin.display(description=gettext_lazy("paid / places"))
    def places(self, group: Group) -> str:
        paid: int = group.paid_seats  # type: ignore[attr-defined]  # Counted with the list.
        return f"{paid} / {group.size}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        paid = Sum("orders__seats", filter=Q(orders__state__in=(OrderState.GATHERING, OrderState.PAID)), default=0)
        found: QuerySet[Group] = super().get_queryset(request).annotate(paid_seats=paid)
        return found


class CodeForm(forms.ModelForm[TicketCode]):
    class Meta:
        model = TicketCode
        fields = ["activity", "ticket", "code", "uses_max", "expires_at", "partner", "channel"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        ticket, activity = cleaned.get("ticket"), cleaned.get("activity")
        if ticket is not None and activity is not None and ticket.activity_id != activity.pk:
            self.add_error("ticket", _("This ticket is of another activity."))
        return cleaned


@admin.register(TicketCode)
class TicketCodeAdmin(Plain[TicketCode]):
    """Free tickets that partners and channels give away, and how many were taken."""

    form = CodeForm
    within = Within(space="activity__space")
    list_display = ("code", "activity", "ticket", "partner", "channel", "uses", "uses_max", "expires_at", "revoked_at")
    list_filter = ("partner", "activity")
    list_select_related = ("activity", "ticket", "partner")
    search_fields = ("=code", "channel", "partner__code")
    ordering = ("-id",)
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: TicketCode | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, *_args: object) -> bool:
        """It is taken back, never forgotten: places name it."""
        return False

    def save_model(self, request: HttpRequest, obj: TicketCode, form: Any, change: bool) -> None:  # noqa: FBT001
        given = {name: form.cleaned_data[name] for name in CodeForm.Meta.fields if name != "activity"}
        try:
            obj.pk = codes.make(now=timezone.now(), by=operator_of(request), **given).pk
        except Refused as error:
            messages.error(request, error.sentence)

    @admin.action(description=gettext_lazy("Take selected codes back"), permissions=["change"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[TicketCode]) -> None:
        count = sum(codes.revoke(code_id=each.pk, now=timezone.now()) for each in chosen)
        messages.success(request, _("%(count)d codes are valid no more.") % {"count": count})


def _minor(amount: Decimal | None, code: str) -> int:
    if not amount:
        return 0
    if not money.is_money(code):
        raise forms.ValidationError(_("Nothing of this was paid in money."))
    try:
        return money.minor(amount, code)
    except ValueError as error:
        raise forms.ValidationError(str(error)) from error


def _points(amount: Decimal | None, order: Order) -> int:
    if not amount:
        return 0
    scaled = amount.scaleb(order.currency.scale) if order.currency is not None else Decimal("0.5")
    if scaled != scaled.to_integral_value():
        raise forms.ValidationError(_("These points have no such decimals."))
    return int(scaled)
