"""What members made: the queue of what waits for approval, and how much of all is theirs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
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
from incentives.domain import contents
from members.admin.base import Window, link
from members.admin.within import Within
from members.domain.contents.judging import CannotJudge
from members.domain.contents.shares import weeks_of
from members.enums import ContentStep
from members.models import Content

MARKS_SHOWN_MAX, WEEKS_SHOWN = 100, 8


class RemovalForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """Why; the author reads it."""

    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=500, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("The author reads it."),
    )  # fmt: skip


class GoodFilter(admin.SimpleListFilter):
    title = gettext_lazy("quality")
    parameter_name = "good"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("good")), ("waits", gettext_lazy("not decided yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Content]) -> QuerySet[Content]:
        if self.value() == "yes":
            return queryset.filter(pk__in=Content.objects.good().values("pk"))
        if self.value() == "waits":
            return queryset.filter(decided_at__isnull=True, published_at__isnull=False, removed_at__isnull=True)
        return queryset


@admin.register(Content)
class ContentAdmin(Window[Content]):
    """What was submitted and waits stands in the filter; above the list, whose contents fill the community."""

    within = Within(member="author")
    list_display = (
        "external_id", "who", "kind", "topic", "state", "published_at", "appreciators", "quality", "submitted_at",
    )  # fmt: skip
    list_filter = ("state", GoodFilter, "kind")
    list_select_related = ("author", "source")
    list_before_template = "admin/_content_shares.html"
    search_fields = ("=external_id", "=author__ref", "author__display_name")
    ordering = ("-id",)
    fields = (
        "external_id", "source", "who", "kind", "topic", "state", "submitted_at", "approved_at", "published_at",
        "featured_at", "accepted_at", "removed_at", "operator", "reason", "decided_at", "quality_at",
        "quality_lost_at", "weight", "appreciators", "withdrawn_at", "marks",
    )  # fmt: skip
    actions = ("approve_chosen",)
    actions_detail = ("approve", "feature", "remove")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {**(extra_context or {}), "weeks": weeks_of(now=timezone.now(), count=WEEKS_SHOWN)}
        answer: HttpResponse = super().changelist_view(request, context)
        return answer

    @admin.display(description=gettext_lazy("author"))
    def who(self, content: Content) -> SafeString:
        return link(reverse("admin:members_member_change", args=[content.author_id]), content.author)

    @admin.display(description=gettext_lazy("quality"))
    def quality(self, content: Content) -> str:
        if content.quality_at is None:
            return "—"
        if content.quality_lost_at is not None or content.removed_at is not None:
            return _("lost")
        return _("good, weight %(weight)d") % {"weight": content.weight}

    @admin.display(description=gettext_lazy("what was said of it"))
    def marks(self, content: Content) -> SafeString:
        found = content.marks.select_related("by").order_by("-at", "-pk")[:MARKS_SHOWN_MAX]
        lines = [
            (
                f"{timezone.localtime(mark.at):%Y-%m-%d %H:%M}",
                link(reverse("admin:members_event_change", args=[mark.event_id]), mark.get_step_display()),
                str(mark.by) if mark.by is not None else "",
            )
            for mark in found
        ]
        return format_html_join("", "<div>{} · {} {}</div>", lines) or SafeString("—")

    def has_judge_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("members.change_content")

    @admin.action(description=gettext_lazy("Approve selected contents"), permissions=["judge"])
    def approve_chosen(self, request: HttpRequest, chosen: QuerySet[Content]) -> None:
        for content in chosen:
            self._judge(request, content.pk, ContentStep.APPROVED)

    @action(
        description=gettext_lazy("Approve"), url_path="approve", permissions=["judge"], icon="check",
        dialog=dialog(
            gettext_lazy("Approve this content"),
            gettext_lazy("What its author has waiting for that is unlocked, and its seven days begin."),
            gettext_lazy("Approve"),
        ),
    )  # fmt: skip
    def approve(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, form, int(object_id), ContentStep.APPROVED)

    @action(
        description=gettext_lazy("Feature"), url_path="feature", permissions=["judge"], icon="star",
        dialog=dialog(
            gettext_lazy("Feature this content"),
            gettext_lazy("Within seven days of being published it is a quality content by that alone."),
            gettext_lazy("Feature"),
        ),
    )  # fmt: skip
    def feature(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, form, int(object_id), ContentStep.FEATURED)

    @action(
        description=gettext_lazy("Remove"), url_path="remove", permissions=["judge"], icon="delete",
        dialog=ActionDialog(
            title=gettext_lazy("Remove this content"),
            description=gettext_lazy("Exactly what it was paid is taken back, from whomever it went to."),
            form_class=RemovalForm, form_submit_text=gettext_lazy("Remove"),
        ),
    )  # fmt: skip
    def remove(self, request: HttpRequest, form: RemovalForm, object_id: int) -> HttpResponse:
        return self._step(request, form, int(object_id), ContentStep.REMOVED)

    def _step(self, request: HttpRequest, form: Any, content_id: int, step: ContentStep) -> HttpResponse:
        self._judge(request, content_id, step, form.cleaned_data["reason"])
        return shown(request, reverse("admin:members_content_change", args=[content_id]))

    def _judge(self, request: HttpRequest, content_id: int, step: ContentStep, reason: str = "") -> None:
        try:
            found, taken = contents.judge(
                content_id=content_id, step=step, now=timezone.now(), operator=operator_of(request), reason=reason
            )
        except CannotJudge as error:
            messages.error(request, str(error))
            return
        said = _("It is %(state)s now.") % {"state": found.get_state_display()}
        if taken is not None:
            words = _("%(count)d payments taken back, %(lost)d could not be recovered whole.")
            said = f"{said} {words % {'count': taken.reversed, 'lost': taken.lost}}"
        messages.success(request, said)
        self.log_change(request, found, f"{found.get_state_display()}. {reason}".strip())
