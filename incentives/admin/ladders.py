"""Ladders: whoever changes one sees first who would rise and who would fall."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms.formsets import all_valid
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import TabularInline

from incentives.domain.pump import hints
from incentives.tasks.standing import evaluate_ladders
from members.admin.base import Remembered, WhyForm
from members.admin.within import HARMLESS
from members.domain.ladders.editing import BadLadder, Preview, check_demands, look_ahead
from members.domain.ladders.evaluating import editing_ladder
from members.domain.ladders.measures import BadMetric, scale_of
from members.models import Counter, Ladder, Tier

CONFIRMED = "_confirmed"


class TierForm(forms.ModelForm[Tier]):
    """Refuses demands and duties that name no counter of ours, under the words themselves."""

    class Meta:
        model = Tier
        fields = [
            "code", "names", "threshold", "keep", "demands", "duties", "quota_members", "quota_percent",
            "is_by_invitation", "invitations_max",
        ]  # fmt: skip

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


class TierInline(TabularInline):  # type: ignore[misc]
    model = Tier
    form = TierForm
    extra = 0


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
        if request.method == "POST" and object_id is not None and CONFIRMED not in request.POST:
            found = self._preview(request, object_id)
            if found is not None:
                return self._ask(request, object_id, found)
        if request.method != "POST":
            return self._form(request, object_id, form_url, extra_context)
        with editing_ladder():
            answer = self._form(request, object_id, form_url, extra_context)
            hints.send_on_commit(evaluate_ladders)
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
            form.save()
            for formset in formsets:
                formset.save()
            found = look_ahead(ladder, now=timezone.now())
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
