"""What operators do about events and members' points."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from incentives.admin.conduct import ConductSteps
from incentives.admin.dialogs import StepForm, dialog, shown
from incentives.admin.imports import TableSteps
from incentives.admin.ledger import LedgerWindow
from incentives.admin.people import PersonSteps
from incentives.domain import dead_letters, support, traces
from incentives.domain.ledger import LedgerError, operations, queries
from incentives.domain.movements import movements_of, pending_of
from incentives.domain.wording import plain
from incentives.models import Badge, BadgeGrant, Case, Currency, Judgement
from members.admin.base import Plain, Window, link
from members.admin.members import MemberAdmin
from members.admin.timeline import EventAdmin
from members.admin.within import HARMLESS, Within
from members.domain.intentions.queries import intention_of
from members.domain.roles.appointing import in_force_of
from members.domain.spaces.joining import spaces_of
from members.domain.standing import standing_of
from members.domain.texts import text_in
from members.models import DeadLetter, Event, Member

STATEMENT_LINES, TIMELINE_LINES = 12, 14


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
class MemberDesk(PersonSteps, ConductSteps, TableSteps, MemberAdmin):
    """A member with balances, standing, statement, timeline, and a way to adjust."""

    change_form_outer_before_template = "admin/_member_standing.html"
    actions_list = ("import_table", "export_table", "export_xlsx")
    actions_detail = ("adjust_points", "record_violation", "change_status", "merge_member", "erase_member")

    @action(description=gettext_lazy("Adjust points"), url_path="adjust", permissions=["adjust"], icon="edit")
    def adjust_points(self, request: HttpRequest, object_id: str) -> HttpResponse:
        member = Member.objects.get(pk=object_id)
        case = _case_of(request, member)
        reason = _("Case %(number)d: ") % {"number": case.pk} if case is not None else ""
        form = AdjustForm(request.POST or None, initial={"reason": reason})
        if request.method == "POST" and form.is_valid() and self._adjust(request, member, form.cleaned_data):
            if case is not None:
                self.log_change(request, member, _("Points adjusted for case %(number)d.") % {"number": case.pk})
                return HttpResponseRedirect(reverse("admin:incentives_case_change", args=[case.pk]))
            return HttpResponseRedirect(reverse("admin:members_member_change", args=[member.pk]))
        context = {
            **self.admin_site.each_context(request), "form": form, "member": member, "opts": self.opts,
            "balances": queries.balances(member.pk),
        }  # fmt: skip
        return TemplateResponse(request, "admin/adjust.html", {**context, "title": _("Adjust points of %s") % member})

    def _adjust(self, request: HttpRequest, member: Member, given: dict[str, Any]) -> bool:
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
        messages.success(request, _("Done. The balance is now %(balance)s.") % {"balance": plain(balance)})
        return True

    def has_adjust_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perm("incentives.add_journal")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        member = Member.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        desk = _desk_of(member) if member is not None else {}
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **desk})
        return response


def _case_of(request: HttpRequest, member: Member) -> Case | None:
    """The case that brought the operator here, if it is the member's."""
    number = request.GET.get("case", "")
    is_number = number.isascii() and number.isdigit() and len(number) <= 18
    return Case.objects.filter(pk=number, member=member).first() if is_number else None


def _desk_of(member: Member) -> dict[str, Any]:
    language = get_language() or "en"
    history, _more = movements_of(member, now=timezone.now(), language=language, count=STATEMENT_LINES)
    return {
        "member": member,
        "intention": intention_of(member),
        "spaces": spaces_of(member),
        "roles": in_force_of(member, timezone.now()),
        "balances": queries.balances(member.pk),
        "standings": standing_of(member.pk, now=timezone.now()),
        "expiring": [lot for lot in queries.lots(member.pk) if lot.expires_at is not None][:3],
        "history": history,
        "pending": pending_of(member, language=language),
        "timeline": support.timeline_of(member.pk, language=language, count=TIMELINE_LINES),
    }


@admin.register(Event)
class EventDesk(EventAdmin):
    """An event with its trace."""

    change_form_outer_before_template = "admin/_trace.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        is_there = object_id.isdigit() and Event.objects.filter(pk=object_id).exists()
        trace = traces.trace_of(int(object_id), language_code=get_language() or "en") if is_there else None
        extra = {**(extra_context or {}), "trace": trace}
        response: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return response


@admin.register(DeadLetter)
class DeadLetterAdmin(Window[DeadLetter]):
    """Events that could not be judged. After the mend they are judged again, or laid aside."""

    list_display = ("event_id", "who", "kind_of_event", "state", "attempts", "failed_at", "last_words")
    list_filter = ("state",)
    list_select_related = ("event__member", "event__type")
    search_fields = ("=event__member__ref", "=event_id")
    search_help_text = gettext_lazy("A member's ref, or our number of the event.")
    ordering = ("-failed_at",)
    actions = ("replay", "dismiss")
    actions_detail = ("replay_one", "dismiss_one")
    fields = ("event_link", "who", "kind_of_event", "state", "attempts", "failed_at", "story")

    @admin.display(description=gettext_lazy("error"))
    def last_words(self, letter: DeadLetter) -> str:
        return letter.error.strip().splitlines()[-1][:160]

    @admin.display(description=gettext_lazy("error"))
    def story(self, letter: DeadLetter) -> SafeString:
        return format_html('<pre class="desk-code">{}</pre>', letter.error.strip())

    @admin.display(description=gettext_lazy("event"))
    def event_link(self, letter: DeadLetter) -> SafeString:
        return link(reverse("admin:members_event_change", args=[letter.event_id]), letter.event_id)

    @admin.display(description=gettext_lazy("member"))
    def who(self, letter: DeadLetter) -> SafeString:
        return link(reverse("admin:members_member_change", args=[letter.event.member_id]), letter.event.member)

    @admin.display(description=gettext_lazy("type"))
    def kind_of_event(self, letter: DeadLetter) -> str:
        return letter.event.type.code

    def has_act_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("members.change_deadletter")

    @admin.action(description=gettext_lazy("Judge again"), permissions=["act"])
    def replay(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        self._replay(request, letters.values_list("pk", flat=True))

    @admin.action(description=gettext_lazy("Lay aside"), permissions=["act"])
    def dismiss(self, request: HttpRequest, letters: QuerySet[DeadLetter]) -> None:
        self._dismiss(request, letters.values_list("pk", flat=True))

    @action(
        description=gettext_lazy("Judge again"), url_path="replay", permissions=["act"], icon="replay",
        dialog=dialog(
            gettext_lazy("Judge this event again"),
            gettext_lazy("It goes back to work at once; do it when the cause is mended."),
            gettext_lazy("Judge again"),
        ),
    )  # fmt: skip
    def replay_one(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        self._replay(request, [object_id])
        self._log(request, object_id, _("Judged again."), form)
        return shown(request, reverse("admin:members_deadletter_change", args=[object_id]))

    @action(
        description=gettext_lazy("Lay aside"), url_path="dismiss", permissions=["act"], icon="archive",
        dialog=dialog(
            gettext_lazy("Lay this event aside"),
            gettext_lazy("It will never be judged; it stays on the timeline."),
            gettext_lazy("Lay aside"),
        ),
    )  # fmt: skip
    def dismiss_one(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        self._dismiss(request, [object_id])
        self._log(request, object_id, _("Laid aside."), form)
        return shown(request, reverse("admin:members_deadletter_change", args=[object_id]))

    def _log(self, request: HttpRequest, event_id: int, said: str, form: StepForm) -> None:
        letter = DeadLetter.objects.filter(pk=event_id).first()
        if letter is not None:
            self.log_change(request, letter, f"{said} {form.cleaned_data['reason']}".strip())

    def _replay(self, request: HttpRequest, event_ids: Iterable[int]) -> None:
        count = dead_letters.replay(event_ids=event_ids, now=timezone.now())
        said = ngettext("%(count)d event goes back to work.", "%(count)d events go back to work.", count)
        self.message_user(request, said % {"count": count})

    def _dismiss(self, request: HttpRequest, event_ids: Iterable[int]) -> None:
        count = dead_letters.dismiss(event_ids=event_ids)
        said = ngettext("%(count)d letter was laid aside.", "%(count)d letters were laid aside.", count)
        self.message_user(request, said % {"count": count})


@admin.register(Judgement)
class JudgementAdmin(Window[Judgement]):
    list_display = ("id", "event", "run", "member", "rule_set_id", "judged_at", "verdicts")
    search_fields = ("=event_id", "=member_id")
    search_help_text = gettext_lazy("The number of an event or a member.")
    ordering = ("-id",)

    @admin.display(description=gettext_lazy("event"))
    def event(self, judgement: Judgement) -> SafeString:
        return link(reverse("admin:members_event_change", args=[judgement.event_id]), judgement.event_id)

    @admin.display(description=gettext_lazy("member"))
    def member(self, judgement: Judgement) -> SafeString:
        return link(reverse("admin:members_member_change", args=[judgement.member_id]), judgement.member_id)


@admin.register(Badge)
class BadgeAdmin(Plain[Badge]):
    within = HARMLESS
    list_display = ("code", "name", "is_repeatable")

    @admin.display(description=gettext_lazy("name"))
    def name(self, badge: Badge) -> str:
        return text_in(badge.names, get_language() or "en", badge.code)

    def has_delete_permission(self, *_args: object) -> bool:
        """Members hold it, and rules name it."""
        return False


@admin.register(BadgeGrant)
class BadgeGrantAdmin(LedgerWindow[BadgeGrant]):
    within = Within(member="member_id")
    has_currency = False
    list_display = ("granted_at", "badge", "who", "rule_code", "event")
    list_filter = ("badge",)
    list_select_related = ("badge",)
    search_fields = ("=member_id", "rule_code")
    search_help_text = gettext_lazy("A member's ref or number, or a rule's code.")
    ordering = ("-id",)
