"""Ladders: whoever changes one sees first who would rise and who would fall."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.forms.formsets import all_valid
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import StackedInline
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from incentives.domain.ladders import gained_since, undo_ladder_edit
from incentives.domain.pump import hints
from incentives.tasks.standing import evaluate_ladders
from members.admin.base import Remembered, WhyForm, Window
from members.admin.languages import Worded
from members.admin.within import HARMLESS
from members.domain.ladders.editing import BadLadder, Preview, check_demands, look_ahead
from members.domain.ladders.edits import EditConflict, differences, document_of, fingerprint, recording
from members.domain.ladders.measures import BadMetric, scale_of
from members.domain.ladders.undoing import CannotUndo, preview_undo
from members.models import Counter, Ladder, LadderEdit, Tier

CONFIRMED = "_confirmed"


class UndoForm(forms.Form):
    why = forms.CharField(
        label=gettext_lazy("Why it is undone"), max_length=200,
        widget=UnfoldAdminTextInputWidget(attrs={"required": True}),
    )  # fmt: skip


class TierForm(forms.ModelForm[Tier]):
    """Refuses demands and duties that name no counter of ours, under the words themselves."""

    class Meta:
        model = Tier
        fields = [
            "code", "names", "threshold", "keep", "demands", "duties", "quota_members", "quota_percent",
            "is_by_invitation", "invitations_max",
        ]  # fmt: skip
        help_texts = {
            "duties": gettext_lazy(
                'Each month, such as [{"counter": "posts", "at_least": 2}]; where one of several is enough:'
                ' [{"any_of": [{…}, {…}]}].'
            ),
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        counters = {counter.code: counter for counter in Counter.objects.all()}
        for word in ("demands", "duties"):
            cleaned[word] = cleaned.get(word) or []
            asked = {"demands": [], "duties": [], word: cleaned[word]}
            try:
                check_demands(str(cleaned.get("code", "")), counters=counters, **asked)
            except BadLadder as error:
                self.add_error(word, str(error))
        return cleaned


class TierInline(Worded, StackedInline):  # type: ignore[misc]
    model = Tier
    form = TierForm
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tier]:
        found: QuerySet[Tier] = super().get_queryset(request)
        return found.filter(retired_at=None)


class LadderForm(WhyForm):
    class Meta:
        model = Ladder
        fields = [
            "code", "names", "purpose", "metric", "window", "days", "rises", "falls", "validity_days", "grace_days",
        ]  # fmt: skip

    def clean_metric(self) -> str:
        metric: str = self.cleaned_data["metric"]
        try:
            scale_of(metric)
        except BadMetric as error:
            raise ValidationError(str(error)) from error
        return metric


@admin.register(Ladder)
class LadderAdmin(Remembered[Ladder]):
    """A ladder and its tiers. A change is shown with everybody it moves, and applied by a second step."""

    within = HARMLESS
    form = LadderForm
    list_display = ("code", "purpose", "metric", "window", "rises", "falls")
    list_filter = ("window", "falls")
    inlines = (TierInline,)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method == "POST" and object_id is not None and not request.POST.get(CONFIRMED):
            found = self._preview(request, object_id)
            if found is not None:
                return self._ask(request, object_id, found)
        if request.method != "POST":
            return self._form(request, object_id, form_url, extra_context)
        ladder = self.get_object(request, object_id) if object_id is not None else None
        why, seen = request.POST.get("why", ""), request.POST.get(CONFIRMED, "")
        try:
            with recording(ladder=ladder, why=why, by=str(request.user), now=timezone.now(), seen=seen):
                answer = self._form(request, object_id, form_url, extra_context)
                hints.send_on_commit(evaluate_ladders)
        except EditConflict as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:members_ladder_change", args=[object_id]))
        return answer

    def _form(self, request: HttpRequest, *words: Any) -> HttpResponse:
        answer: HttpResponse = super().changeform_view(request, *words)
        return answer

    def _preview(self, request: HttpRequest, object_id: str) -> Preview | None:
        """Save what was typed, look ahead, and undo it; None where it cannot be saved, or may not be."""
        ladder = self.get_object(request, object_id)
        if ladder is None or not self.has_change_permission(request, ladder):
            return None
        form = self.get_form(request, ladder, change=True)(request.POST, request.FILES, instance=ladder)
        formsets: list[BaseInlineFormSet[Any, Any, Any]]
        formsets, _inlines = self._create_formsets(request, form.instance, change=True)
        if not all_valid([*formsets]) or not form.is_valid():
            return None
        with transaction.atomic():
            before = document_of(ladder)
            form.save()
            for formset in formsets:
                formset.save()
            seen = fingerprint(before, document_of(ladder))
            found = look_ahead(ladder, now=timezone.now(), seen=seen)
            transaction.set_rollback(True)
        return found

    def _ask(self, request: HttpRequest, object_id: str, found: Preview) -> HttpResponse:
        given = [
            (name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"
        ]
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "preview": found, "given": given,
            "object_id": object_id, "title": _("Who rises and who falls"), "confirmed": CONFIRMED,
        }  # fmt: skip
        return TemplateResponse(request, "admin/ladder_preview.html", context)


@admin.register(LadderEdit)
class LadderEditAdmin(Window[LadderEdit]):
    """Changes of ladders as a whole. The newest of each can be undone, and who moves by that is shown first."""

    list_display = ("made_at", "ladder", "why", "made_by", "state")
    list_filter = ("ladder",)
    list_select_related = ("ladder", "undone_by", "undoes")
    ordering = ("-id",)
    fields = ("ladder", "made_at", "made_by", "why", "state")
    readonly_fields = ("state",)
    actions_detail = ("undo",)
    change_form_outer_after_template = "admin/_ladder_edit.html"

    @admin.display(description=gettext_lazy("State"))
    def state(self, edit: LadderEdit) -> str:
        if edit.undoes is not None:
            return _("undoes the change of %(when)s") % {"when": _local(edit.undoes.made_at)}
        return _("undone on %(when)s") % {"when": _local(edit.undo.made_at)} if edit.undo is not None else _("in force")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        edit = LadderEdit.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        story = {"differences": differences(edit), "gained": edit.gained} if edit is not None else {}
        answer: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})
        return answer

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The undo, where there is something to undo."""
        is_open = LadderEdit.objects.filter(pk=object_id, undoes=None, undone_by=None).exists()
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return offered if is_open else []

    @action(description=gettext_lazy("Undo"), url_path="undo", permissions=["undo"], icon="undo")
    def undo(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show who moves by it and what stays, and undo once that is confirmed."""
        edit = LadderEdit.objects.select_related("ladder").get(pk=object_id)
        form = UndoForm(request.POST or None)
        try:
            if not form.is_valid():
                return self._ask(request, edit, form, preview_undo(edit=edit, now=timezone.now()))
            why, seen = form.cleaned_data["why"], request.POST.get(CONFIRMED, "")
            undone = undo_ladder_edit(edit=edit, why=why, by=str(request.user), now=timezone.now(), seen=seen)
        except (CannotUndo, EditConflict) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:members_ladderedit_change", args=[object_id]))
        if undone.is_new:
            hints.send_on_commit(evaluate_ladders)
            messages.success(request, _("The ladder is what it was before. Everybody is evaluated again now."))
        else:
            messages.info(request, _("This change has been undone already."))
        return HttpResponseRedirect(reverse("admin:members_ladderedit_change", args=[undone.undo.pk]))

    def has_undo_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("members.change_ladder")

    def _ask(self, request: HttpRequest, edit: LadderEdit, form: UndoForm, found: Preview) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "preview": found, "edit": edit,
            "gained": gained_since(edit), "form": form, "title": _("Undo a change of a ladder"),
            "confirmed": CONFIRMED,
        }  # fmt: skip
        return TemplateResponse(request, "admin/ladder_undo.html", context)


def _local(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"
