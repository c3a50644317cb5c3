"""Violations, appeals and reports: the queues of whoever looks after how people treat each other."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.dataclasses import ActionDialog
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from incentives.admin.dialogs import shown
from incentives.domain import conduct
from members.admin.base import Plain, Window, link
from members.admin.within import HARMLESS, Within
from members.domain.conduct.acceptance import NotTheRules, publish_rules
from members.domain.conduct.ladder import NotAllowed, Sentence
from members.domain.conduct.reports import decide_report
from members.domain.conduct.violations import CannotDecide
from members.enums import Consequence
from members.models import CommunityRules, ConductStep, Freeze, Report, Violation, ViolationKind


class ViolationForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """What happened; the consequence is the ladder's unless another is chosen."""

    kind = forms.ModelChoiceField(
        ViolationKind.objects.all(), label=gettext_lazy("kind"), widget=UnfoldAdminSelectWidget
    )
    evidence = forms.CharField(
        label=gettext_lazy("evidence"), max_length=4_000, required=False, widget=UnfoldAdminTextareaWidget
    )
    consequence = forms.ChoiceField(
        label=gettext_lazy("consequence"), required=False, widget=UnfoldAdminSelectWidget,
        choices=[("", gettext_lazy("what the ladder says")), *Consequence.choices],
    )  # fmt: skip
    hours = forms.IntegerField(
        label=gettext_lazy("hours frozen"), required=False, min_value=1, widget=UnfoldAdminIntegerFieldWidget
    )
    fine = forms.DecimalField(
        label=gettext_lazy("fine"), required=False, min_value=0, max_digits=18, decimal_places=4,
        widget=UnfoldAdminDecimalFieldWidget,
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("reason"), max_length=500, required=False, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("The member reads it. A ban, and a fine above 100 points, needs one."),
    )  # fmt: skip


class DecisionForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """Why; the member reads it."""

    note = forms.CharField(label=gettext_lazy("Why"), max_length=500, widget=UnfoldAdminTextInputWidget)


def record(request: HttpRequest, member_id: int, given: dict[str, Any]) -> Violation | None:
    """Record what an operator decided; what stands in the way is told, and nothing happens."""
    chosen = given["consequence"]
    sentence = Sentence(Consequence(chosen), given["hours"], given["fine"] or None) if chosen else None
    try:
        made = conduct.record_violation(
            member_id=member_id, kind=given["kind"], now=timezone.now(), evidence=given["evidence"],
            operator=_name(request), reason=given["reason"], sentence=sentence,
        )  # fmt: skip
    except NotAllowed as error:
        messages.error(request, str(error))
        return None
    said = _("Recorded. What follows: %(what)s.") % {"what": made.get_consequence_display()}
    messages.success(request, said)
    return made


class ConductSteps:
    """The step of a member's page that records a violation."""

    @action(
        description=gettext_lazy("Record a violation"), url_path="violation", permissions=["violation"], icon="gavel",
        dialog=ActionDialog(
            title=gettext_lazy("Record a violation"),
            description=gettext_lazy("What follows takes effect at once; the member sees it and may appeal."),
            form_class=ViolationForm, form_submit_text=gettext_lazy("Record"),
        ),
    )  # fmt: skip
    def record_violation(self, request: HttpRequest, form: ViolationForm, object_id: int) -> HttpResponse:
        record(request, int(object_id), form.cleaned_data)
        return shown(request, reverse("admin:members_member_change", args=[object_id]))

    def has_violation_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perm("members.add_violation")


@admin.register(Violation)
class ViolationAdmin(Window[Violation]):
    """What was held against whom. Appeals, and what software wants a person to look at, come first in the filter."""

    within = Within(member="member")
    list_display = (
        "id", "recorded_at", "who", "kind", "consequence", "strikes", "state", "needs_person", "operator",
        "appealed_at",
    )  # fmt: skip
    list_filter = ("state", "needs_person", "kind", "consequence")
    list_select_related = ("member", "kind")
    search_fields = ("=member__ref", "member__display_name")
    ordering = ("-id",)
    fields = (
        "who", "kind", "state", "evidence", "reason", "operator", "needs_person", "happened_at", "recorded_at",
        "consequence", "hours", "fine", "fine_in_the_books", "strikes", "strikes_until", "appealed_at", "appeal",
        "decided_at", "decided_by", "note",
    )  # fmt: skip
    actions_detail = ("uphold", "overturn")

    @admin.display(description=gettext_lazy("member"))
    def who(self, violation: Violation) -> SafeString:
        return link(reverse("admin:members_member_change", args=[violation.member_id]), violation.member)

    @admin.display(description=gettext_lazy("journal"))
    def fine_in_the_books(self, violation: Violation) -> str:
        if violation.journal_id is None:
            return "—"
        return link(reverse("admin:incentives_journal_change", args=[violation.journal_id]), violation.journal_id)

    def has_decide_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perm("members.change_violation")

    @action(
        description=gettext_lazy("Uphold"), url_path="uphold", permissions=["decide"], icon="check",
        dialog=ActionDialog(
            title=gettext_lazy("Uphold this violation"),
            description=gettext_lazy("It stays as it is; there is no other appeal."),
            form_class=DecisionForm, form_submit_text=gettext_lazy("Uphold"),
        ),
    )  # fmt: skip
    def uphold(self, request: HttpRequest, form: DecisionForm, object_id: int) -> HttpResponse:
        return self._decide(request, form, int(object_id), is_upheld=True)

    @action(
        description=gettext_lazy("Overturn"), url_path="overturn", permissions=["decide"], icon="undo",
        dialog=ActionDialog(
            title=gettext_lazy("Overturn this violation"),
            description=gettext_lazy(
                "Exactly what it took is given back: the fine, the freeze or the ban, the strikes, and what went "
                "unpaid because of it."
            ),
            form_class=DecisionForm, form_submit_text=gettext_lazy("Overturn"),
        ),
    )  # fmt: skip
    def overturn(self, request: HttpRequest, form: DecisionForm, object_id: int) -> HttpResponse:
        return self._decide(request, form, int(object_id), is_upheld=False)

    def _decide(self, request: HttpRequest, form: DecisionForm, violation_id: int, *, is_upheld: bool) -> HttpResponse:
        note = form.cleaned_data["note"]
        try:
            found = conduct.decide(
                violation_id=violation_id, is_upheld=is_upheld, now=timezone.now(), by=_name(request), note=note
            )
        except CannotDecide as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("It is %(state)s now.") % {"state": found.get_state_display()})
            self.log_change(request, found, f"{found.get_state_display()}. {note}"[:500])
        return shown(request, reverse("admin:members_violation_change", args=[violation_id]))


@admin.register(Report)
class ReportAdmin(Window[Report]):
    """What members report of each other; the reporter hears the outcome."""

    within = Within(member="subject")
    list_display = ("id", "reported_at", "reporter", "about_whom", "about", "state", "decided_at")
    list_filter = ("state",)
    list_select_related = ("reporter", "subject")
    search_fields = ("=reporter__ref", "=subject__ref", "=about")
    ordering = ("-id",)
    fields = (
        "reporter",
        "about_whom",
        "about",
        "text",
        "state",
        "reported_at",
        "decided_at",
        "decided_by",
        "violation",
    )
    actions = ("dismiss",)
    actions_detail = ("act",)

    @admin.display(description=gettext_lazy("about whom"))
    def about_whom(self, report: Report) -> SafeString:
        return link(reverse("admin:members_member_change", args=[report.subject_id]), report.subject)

    def has_decide_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perm("members.change_report")

    @admin.action(description=gettext_lazy("No violation: close selected reports"), permissions=["decide"])
    def dismiss(self, request: HttpRequest, chosen: QuerySet[Report]) -> None:
        now, user = timezone.now(), _user(request)
        count = sum(decide_report(report_id=pk, now=now, by=user) for pk in chosen.values_list("pk", flat=True))
        messages.success(request, _("%(count)d reports were closed.") % {"count": count})

    @action(
        description=gettext_lazy("Record a violation"), url_path="act", permissions=["decide"], icon="gavel",
        dialog=ActionDialog(
            title=gettext_lazy("Record a violation of whom this is about"),
            description=gettext_lazy("The report is closed as acted on, and its reporter hears that."),
            form_class=ViolationForm, form_submit_text=gettext_lazy("Record"),
        ),
    )  # fmt: skip
    def act(self, request: HttpRequest, form: ViolationForm, object_id: int) -> HttpResponse:
        found = Report.objects.get(pk=object_id)
        page = reverse("admin:members_report_change", args=[object_id])
        if found.decided_at is not None:
            messages.error(request, _("This report was decided before."))
            return shown(request, page)
        made = record(request, found.subject_id, form.cleaned_data)
        if made is not None:
            decide_report(report_id=found.pk, now=timezone.now(), by=_user(request), violation=made)
        return shown(request, page)


@admin.register(Freeze)
class FreezeAdmin(Window[Freeze]):
    within = Within(member="member")
    list_display = ("member", "what", "begins_at", "ends_at", "lifted_at", "violation")
    list_filter = ("what",)
    list_select_related = ("member", "violation")
    search_fields = ("=member__ref",)
    ordering = ("-id",)


@admin.register(ViolationKind)
class ViolationKindAdmin(Plain[ViolationKind]):
    within = HARMLESS
    list_display = ("code", "strikes", "strike_days", "consequence", "fine", "hours", "is_automatic")

    def has_delete_permission(self, *_: object) -> bool:
        """Violations name it."""
        return False


@admin.register(ConductStep)
class ConductStepAdmin(Plain[ConductStep]):
    within = HARMLESS
    list_display = ("strikes", "consequence", "hours", "fine")


@admin.register(CommunityRules)
class CommunityRulesAdmin(Plain[CommunityRules]):
    """A version is written, then published; members accept its very words."""

    within = HARMLESS
    list_display = ("number", "published_at", "accepted_by")
    actions_detail = ("publish",)

    @admin.display(description=gettext_lazy("accepted by"))
    def accepted_by(self, rules: CommunityRules) -> int:
        return int(getattr(rules, "accepted_count", 0))

    def get_queryset(self, request: HttpRequest) -> QuerySet[CommunityRules]:
        found: QuerySet[CommunityRules] = super().get_queryset(request)
        return found.annotate(accepted_count=Count("acceptances"))

    def has_change_permission(self, request: HttpRequest, obj: CommunityRules | None = None) -> bool:
        return (obj is None or obj.published_at is None) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: CommunityRules | None = None) -> bool:
        return obj is not None and obj.published_at is None and super().has_delete_permission(request, obj)

    def has_publish_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perm("members.change_communityrules")

    @action(
        description=gettext_lazy("Publish"), url_path="publish", permissions=["publish"], icon="publish",
        dialog=ActionDialog(
            title=gettext_lazy("Publish these rules"),
            description=gettext_lazy("They are in force at once, never change again, and are accepted anew."),
            form_class=BaseDialogForm, form_submit_text=gettext_lazy("Publish"),
        ),
    )  # fmt: skip
    def publish(self, request: HttpRequest, form: BaseDialogForm, object_id: int) -> HttpResponse:
        rules = CommunityRules.objects.get(pk=object_id)
        try:
            publish_rules(rules=rules, now=timezone.now())
        except NotTheRules as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Version %(number)d is in force.") % {"number": rules.number})
            self.log_change(request, rules, _("Published."))
        return shown(request, reverse("admin:members_communityrules_change", args=[object_id]))


def _user(request: HttpRequest) -> AbstractBaseUser:
    assert isinstance(request.user, AbstractBaseUser), "the admin lets nobody else in"
    return request.user


def _name(request: HttpRequest) -> str:
    return f"operator {request.user.pk}"
