"""What operators do about events and members' points."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from incentives.domain import dead_letters, traces
from incentives.domain.ledger import LedgerError, operations, queries
from incentives.models import Badge, BadgeGrant, Currency, Judgement
from members.admin.base import Plain, Window
from members.admin.members import MemberAdmin
from members.admin.timeline import EventAdmin
from members.domain.standing import standing_of
from members.models import DeadLetter, Event, Member


class AdjustForm(forms.Form):
    """Points added or taken by hand; the member reads the reason."""

    currency = forms.ModelChoiceField(
        Currency.objects.all(), label=gettext_lazy("currency"), widget=UnfoldAdminSelectWidget
    )
    amount = forms.DecimalField(
        max_digits=18, decimal_places=4, label=gettext_lazy("amount"), widget=UnfoldAdminDecimalFieldWidget,
        help_text=gettext_lazy("Below zero takes points."),
    )  # fmt: skip
    reason = forms.CharField(max_length=500, label=gettext_lazy("reason"), widget=UnfoldAdminTextInputWidget)
    # One form is one adjustment, however often its button is pressed.
    token = forms.CharField(widget=forms.HiddenInput, initial=secrets.token_hex)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "amount" in cleaned and "currency" in cleaned:
            minor = cleaned["amount"] * Decimal(10) ** cleaned["currency"].scale
            if not minor or minor != int(minor):
                raise forms.ValidationError(_("The amount must not be 0 and not be finer than the currency."))
            cleaned["minor"] = int(minor)
        return cleaned


admin.site.unregister(Member)
admin.site.unregister(Event)


@admin.register(Member)
class MemberDesk(MemberAdmin):
    """A member with balances, standing, statement, timeline, and a way to adjust."""

    change_form_template = "admin/member_desk.html"
    actions_detail = ("adjust_points",)

    @action(description=gettext_lazy("Adjust points"), url_path="adjust", permissions=["adjust"])
    def adjust_points(self, request: HttpRequest, object_id: str) -> HttpResponse:
        member = Member.objects.get(pk=object_id)
        form = AdjustForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and self._adjust(request, member, form.cleaned_data):
            return HttpResponseRedirect(reverse("admin:members_member_change", args=[member.pk]))
        context = {**self.admin_site.each_context(request), "form": form, "member": member, "opts": self.opts}
        return TemplateResponse(request, "admin/adjust.html", {**context, "title": _("Adjust points of %s") % member})

    def _adjust(self, request: HttpRequest, member: Member, given: dict[str, Any]) -> bool:
        from hashlib import sha256  # noqa: PLC0415

        try:
            moved = operations.adjust(
                member_id=member.pk, currency=given["currency"], amount=given["minor"],
                key=sha256(f"admin/{given['token']}".encode()).digest(), now=timezone.now(), reason=given["reason"],
                actor=f"operator {request.user.pk}",
            )  # fmt: skip
        except LedgerError as error:
            messages.error(request, str(error))
            return False
        balance = queries.major(moved.balance, given["currency"].scale)
        messages.success(request, _("Done. The balance is now %(balance)s.") % {"balance": balance})
        return True

    def has_adjust_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perm("incentives.add_journal")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        member = Member.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        desk: dict[str, Any] = {}
        if member is not None:
            timeline = Event.objects.filter(member=member).select_related("type").order_by("-occurred_at", "-id")[:30]
            desk = {
                "balances": queries.balances(member.pk),
                "standings": standing_of(member.pk),
                "statement": queries.statement(member_id=member.pk, count=20).lines,
                "timeline": timeline,
            }
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **desk})
        return response


@admin.register(Event)
class EventDesk(EventAdmin):
    """An event with its trace."""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        trace = traces.trace_of(int(object_id)) if object_id.isdigit() else None
        extra = {**(extra_context or {}), "trace": trace}
        response: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return response


@admin.register(DeadLetter)
class DeadLetterAdmin(Window[DeadLetter]):
    list_display = ("event_id", "state", "attempts", "failed_at", "last_words")
    list_filter = ("state",)
    ordering = ("-failed_at",)
    actions = ("replay", "dismiss")

    @admin.display(description=gettext_lazy("error"))
    def last_words(self, letter: DeadLetter) -> str:
        return letter.error.strip().splitlines()[-1][:160]

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("members.change_deadletter")

    @admin.action(description=gettext_lazy("Judge again"), permissions=["act"])
    def replay(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        count = dead_letters.replay(event_ids=letters.values_list("pk", flat=True), now=timezone.now())
        self.message_user(request, _("%(count)d events go back to work.") % {"count": count})

    @admin.action(description=gettext_lazy("Lay aside"), permissions=["act"])
    def dismiss(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        count = dead_letters.dismiss(event_ids=letters.values_list("pk", flat=True))
        self.message_user(request, _("%(count)d letters were laid aside.") % {"count": count})


@admin.register(Judgement)
class JudgementAdmin(Window[Judgement]):
    list_display = ("id", "event_id", "run", "member_id", "rule_set_id", "judged_at", "verdicts")
    search_fields = ("=event_id", "=member_id")
    ordering = ("-id",)


@admin.register(Badge)
class BadgeAdmin(Plain[Badge]):
    list_display = ("code", "names", "is_repeatable")


@admin.register(BadgeGrant)
class BadgeGrantAdmin(Window[BadgeGrant]):
    list_display = ("granted_at", "badge", "member_id", "rule_code", "event_id")
    list_filter = ("badge",)
    list_select_related = ("badge",)
    search_fields = ("=member_id",)
