"""Cases: what members miss, with all that was found about it, and the team's answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.dataclasses import ActionDialog
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from incentives.admin.dialogs import StepForm, dialog, shown
from incentives.domain import support, traces
from incentives.domain.missing import cases
from incentives.models import WAITING_CASES, Case
from members.admin.base import Window, link
from members.admin.within import Within
from members.domain.texts import text_in


class AnswerForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """What the member gets to read."""

    answer = forms.CharField(
        label=gettext_lazy("Answer"), max_length=cases.TEXT_LENGTH_MAX, widget=UnfoldAdminTextareaWidget
    )


@admin.register(Case)
class CaseAdmin(Window[Case]):
    """What waits stands first, the most urgent on top; each case opens with the trace of its event."""

    within = Within(member="member")
    change_form_outer_before_template = "admin/_case.html"
    list_display = ("id", "who", "about", "finding", "state", "due", "opened_at", "answered_by")
    list_filter = ("state", "finding")
    list_select_related = ("member",)
    search_fields = ("=member__ref", "text")
    search_help_text = gettext_lazy("A member's ref, or words.")
    ordering = (F("due_at").asc(nulls_last=True), "-id")
    fields = ("who", "state", "event_type", "rule_code", "happened_at", "opened_at", "actor", "asked_at", "closed_at")
    actions_detail = ("answer", "adjust", "close")

    @admin.display(description=gettext_lazy("member"))
    def who(self, case: Case) -> SafeString:
        return link(reverse("admin:members_member_change", args=[case.member_id]), case.member)

    @admin.display(description=gettext_lazy("about"))
    def about(self, case: Case) -> str:
        return (case.text or case.rule_code or case.event_type)[:80]

    @admin.display(description=gettext_lazy("promised until"), ordering="due_at")
    def due(self, case: Case) -> str:
        if case.due_at is None or case.state not in WAITING_CASES:
            return "—"
        said = f"{timezone.localtime(case.due_at):%Y-%m-%d %H:%M}"
        return _("%(moment)s, overdue") % {"moment": said} if case.due_at <= timezone.now() else said

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        case = Case.objects.filter(pk=object_id).select_related("member").first() if object_id.isdigit() else None
        desk = _desk_of(case) if case is not None else {}
        response: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **desk})
        return response

    def has_answer_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("incentives.change_case")

    def has_adjust_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("incentives.add_journal")

    @action(
        description=gettext_lazy("Answer"), url_path="answer", permissions=["answer"], icon="reply",
        dialog=ActionDialog(
            title=gettext_lazy("Answer this case"),
            description=gettext_lazy("The member reads it on their page, and may say that it does not answer it."),
            form_class=AnswerForm, form_submit_text=gettext_lazy("Answer"),
        ),
    )  # fmt: skip
    def answer(self, request: HttpRequest, form: AnswerForm, object_id: int) -> HttpResponse:
        try:
            case = cases.answer(
                case_id=int(object_id), words=form.cleaned_data["answer"], by=f"operator {request.user.pk}",
                now=timezone.now(),
            )  # fmt: skip
        except cases.CannotAsk as error:
            messages.error(request, error.sentence)
        else:
            self.log_change(request, case, _("Answered."))
            messages.success(request, _("The member reads it on their page."))
        return shown(request, reverse("admin:incentives_case_change", args=[object_id]))

    @action(description=gettext_lazy("Adjust points"), url_path="adjust", permissions=["adjust"], icon="edit")
    def adjust(self, request: HttpRequest, object_id: str) -> HttpResponse:
        case = Case.objects.get(pk=object_id)
        form = reverse("admin:members_member_adjust_points", args=[case.member_id])
        return HttpResponseRedirect(f"{form}?{urlencode({'case': case.pk})}")

    @action(
        description=gettext_lazy("Close the case"), url_path="close", permissions=["answer"], icon="check",
        dialog=dialog(
            gettext_lazy("Close this case"),
            gettext_lazy("The member may still reopen it within thirty days."),
            gettext_lazy("Close the case"),
        ),
    )  # fmt: skip
    def close(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        if cases.close(case_id=int(object_id), now=timezone.now()):
            said = f"{_('Closed.')} {form.cleaned_data['reason']}".strip()
            self.log_change(request, Case.objects.get(pk=object_id), said)
        return shown(request, reverse("admin:incentives_case_change", args=[object_id]))


def _desk_of(case: Case) -> dict[str, Any]:
    """What whoever answers needs at hand: the words, the finding, the trace, and what else happened that day."""
    language = get_language() or "en"
    found = [int(each["event"]) for each in case.found.get("candidates", [])]
    return {
        "case": case,
        "said": text_in(case.said, language),
        "facts": {name: value for name, value in case.found.items() if name not in ("candidates", "clauses", "event")},
        "candidates": support.lines_of(found, language=language),
        "trace": traces.trace_of(case.event_id, language_code=language) if case.event_id is not None else None,
    }
