"""What members need, and whom operators ask to serve it."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.dataclasses import ActionDialog
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from incentives.admin.dialogs import StepForm, dialog, shown
from incentives.admin.privileges import operator_of
from incentives.domain.pump import hints
from members.admin.base import Window, link
from members.admin.within import Within, narrowed
from members.domain.needs import posting, serving
from members.domain.needs.people import CannotServe
from members.models import Member, Need
from members.models.needs import CANDIDATES_MAX


class CandidateForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """Who could serve it."""

    ref = forms.CharField(
        label=gettext_lazy("ref of who could help"), max_length=128, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("They are asked on their page; nobody learns who said no."),
    )  # fmt: skip


@admin.register(Need)
class NeedAdmin(Window[Need]):
    """Open ones first, and of those what ends soonest."""

    within = Within(member="asker")
    list_display = ("words", "kind", "who", "audience", "state", "proposed", "until", "closed_at")
    list_filter = ("state", "kind", "audience")
    list_select_related = ("asker",)
    search_fields = ("=asker__ref", "words")
    ordering = (F("closed_at").asc(nulls_first=True), "until", "-id")
    fields = (
        "words", "kind", "who", "audience", "segment", "tier", "state", "posted_at", "until", "confirm_until",
        "closed_at", "places",
    )  # fmt: skip
    actions_detail = ("propose", "withdraw")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Need]:
        found: QuerySet[Need] = super().get_queryset(request)
        return found.annotate(proposed_count=Count("candidates"))

    @admin.display(description=gettext_lazy("who asks"))
    def who(self, need: Need) -> SafeString:
        return link(reverse("admin:members_member_change", args=[need.asker_id]), need.asker)

    @admin.display(description=gettext_lazy("proposed"))
    def proposed(self, need: Need) -> str:
        return f"{getattr(need, 'proposed_count', 0)} / {CANDIDATES_MAX}"

    @admin.display(description=gettext_lazy("candidates"))
    def places(self, need: Need) -> SafeString:
        lines = [
            (
                link(reverse("admin:members_member_change", args=[each.member_id]), each.member),
                each.get_state_display(),
                each.proposed_by,
            )
            for each in need.candidates.select_related("member").order_by("slot")
        ]
        return format_html_join("", "<div>{} · {} · {}</div>", lines) or SafeString("—")

    def has_serve_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("members.change_need")

    @action(
        description=gettext_lazy("Propose somebody"), url_path="propose", permissions=["serve"], icon="person_add",
        dialog=ActionDialog(
            title=gettext_lazy("Who could serve this need?"),
            description=gettext_lazy(
                "Three at most. The contacts of the two open to each other once both have agreed."
            ),
            form_class=CandidateForm, form_submit_text=gettext_lazy("Ask them"),
        ),
    )  # fmt: skip
    def propose(self, request: HttpRequest, form: CandidateForm, object_id: int) -> HttpResponse:
        page = reverse("admin:members_need_change", args=[object_id])
        ref = form.cleaned_data["ref"].strip()
        member = narrowed(Member.objects.filter(ref=ref), Within(member="pk"), request.user).first()
        if member is None:
            messages.error(request, _("There is no member with this ref."))
            return shown(request, page)
        try:
            serving.propose(need_id=int(object_id), member=member, now=timezone.now(), by=operator_of(request))
        except CannotServe as error:
            messages.error(request, error.sentence)
        else:
            hints.wake_on_commit()
            self.log_change(request, Need.objects.get(pk=object_id), _("Proposed %(ref)s.") % {"ref": ref})
            messages.success(request, _("They are asked on their page."))
        return shown(request, page)

    @action(
        description=gettext_lazy("Withdraw"), url_path="withdraw", permissions=["serve"], icon="undo",
        dialog=dialog(
            gettext_lazy("Withdraw this need"),
            gettext_lazy("Who asked, and who was asked, read that it is withdrawn."),
            gettext_lazy("Withdraw"),
        ),
    )  # fmt: skip
    def withdraw(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        need = posting.withdraw(need_id=int(object_id), now=timezone.now())
        hints.wake_on_commit()
        self.log_change(request, need, f"{_('Withdrawn.')} {form.cleaned_data['reason']}".strip())
        return shown(request, reverse("admin:members_need_change", args=[object_id]))
