"""What members have used, booked and asked for: the team's queue, by deadline."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.dataclasses import ActionDialog
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from incentives.admin.dialogs import StepForm, dialog, shown
from incentives.admin.privileges import operator_of
from incentives.domain.privileges import fulfilling, using
from incentives.models import WAITING_STATES, PrivilegeUse
from members.admin.base import Window, link
from members.admin.within import Within


class FulfilForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """How a promise was kept."""

    answer = forms.CharField(
        label=gettext_lazy("Answer"), max_length=2_000, required=False, widget=UnfoldAdminTextareaWidget,
        help_text=gettext_lazy("The member reads it."),
    )  # fmt: skip
    proof = forms.CharField(
        label=gettext_lazy("Proof"), max_length=500, required=False, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Such as an address or a parcel's number."),
    )  # fmt: skip


@admin.register(PrivilegeUse)
class PrivilegeUseAdmin(Window[PrivilegeUse]):
    """What waits stands first, the most urgent on top."""

    within = Within(member="member")
    list_display = ("privilege", "who", "state", "due", "assignee", "about", "used_at", "settled_at")
    list_filter = ("state", "privilege", "assignee")
    list_select_related = ("privilege", "member", "assignee")
    search_fields = ("member__ref", "target", "text")
    ordering = (F("settled_at").asc(nulls_first=True), F("due_at").asc(nulls_last=True), "-id")
    fields = (
        "privilege", "who", "state", "due", "wanted_at", "target", "text", "assignee", "answer", "proof", "used_at",
        "actor", "settled_at", "settled_by", "journal_id",
    )  # fmt: skip
    actions = ("take", "lay_down")
    actions_detail = ("fulfil", "give_back")

    @admin.display(description=gettext_lazy("member"))
    def who(self, use: PrivilegeUse) -> str:
        return link(reverse("admin:members_member_change", args=[use.member_id]), use.member)

    @admin.display(description=gettext_lazy("promised until"), ordering="due_at")
    def due(self, use: PrivilegeUse) -> str:
        if use.due_at is None:
            return "—"
        said = f"{timezone.localtime(use.due_at):%Y-%m-%d %H:%M}"
        is_late = use.state in WAITING_STATES and use.due_at <= timezone.now()
        return _("%(moment)s, overdue") % {"moment": said} if is_late else said

    @admin.display(description=gettext_lazy("about"))
    def about(self, use: PrivilegeUse) -> str:
        return (use.text or use.target)[:80]

    def has_serve_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("incentives.change_privilegeuse")

    @admin.action(description=gettext_lazy("I take these"), permissions=["serve"])
    def take(self, request: HttpRequest, uses: QuerySet[PrivilegeUse]) -> None:
        assert isinstance(request.user, AbstractBaseUser), "the admin lets nobody else in"
        count = fulfilling.assign(use_ids=uses.values_list("pk", flat=True), to=request.user)
        messages.success(request, _("%(count)d are yours now.") % {"count": count})

    @admin.action(description=gettext_lazy("Lay down for a colleague"), permissions=["serve"])
    def lay_down(self, request: HttpRequest, uses: QuerySet[PrivilegeUse]) -> None:
        count = fulfilling.assign(use_ids=uses.values_list("pk", flat=True), to=None)
        messages.success(request, _("%(count)d wait for a colleague.") % {"count": count})

    @action(
        description=gettext_lazy("Fulfil"), url_path="fulfil", permissions=["serve"], icon="task_alt",
        dialog=ActionDialog(
            title=gettext_lazy("The promise is kept"),
            description=gettext_lazy("Write what the member gets to read, or a proof of what was done, or both."),
            form_class=FulfilForm,
            form_submit_text=gettext_lazy("Fulfil"),
        ),
    )  # fmt: skip
    def fulfil(self, request: HttpRequest, form: FulfilForm, object_id: int) -> HttpResponse:
        try:
            use = fulfilling.fulfil(
                use_id=object_id, now=timezone.now(), actor=operator_of(request), **self._given(form, "answer", "proof")
            )
        except fulfilling.CannotFulfil as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, use, _("Fulfilled."))
            messages.success(request, _("The member reads it on their page."))
        return shown(request, reverse("admin:incentives_privilegeuse_change", args=[object_id]))

    @action(
        description=gettext_lazy("Give back"), url_path="give-back", permissions=["serve"], icon="undo",
        dialog=dialog(
            gettext_lazy("Give this use back"),
            gettext_lazy("The member may use it again, and gets back what it cost."),
            gettext_lazy("Give back"),
        ),
    )  # fmt: skip
    def give_back(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        use = PrivilegeUse.objects.get(pk=object_id)
        try:
            using.give_back(use_id=use.pk, member_id=use.member_id, now=timezone.now(), actor=operator_of(request))
        except using.CannotGiveBack as error:
            messages.error(request, error.sentence)
        else:
            self.log_change(request, use, f"{_('Given back.')} {form.cleaned_data['reason']}".strip())
        return shown(request, reverse("admin:incentives_privilegeuse_change", args=[object_id]))

    def _given(self, form: FulfilForm, *names: str) -> dict[str, Any]:
        return {name: form.cleaned_data.get(name) or "" for name in names}
