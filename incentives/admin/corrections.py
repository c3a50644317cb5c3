"""Corrections: asked for, looked at, approved by a second pair of eyes, watched, undone as a whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.decorators import action

from incentives.admin.correction_forms import BadTable, ChoiceForm, CorrectionForm
from incentives.admin.dialogs import StepForm, dialog, shown
from incentives.domain.corrections import queries, steps
from incentives.domain.corrections.making import BadCorrection, make
from incentives.domain.pump import hints
from incentives.enums import CorrectionAct, CorrectionList, CorrectionState
from incentives.models import Correction
from incentives.tasks.corrections import carry_on_corrections
from members.admin.base import Window
from members.domain.people.sheets import XLSX, as_xlsx

STEPS: dict[str, tuple[str, ...]] = {
    CorrectionState.DRAFT: ("approve", "look_again", "discard"),
    CorrectionState.WAITING: ("approve", "look_again", "discard"),
    CorrectionState.DONE: ("undo", "lines"),
    CorrectionState.UNDONE: ("lines",),
}
MOVING = (CorrectionState.GATHERING, CorrectionState.RUNNING, CorrectionState.UNDOING)


@admin.register(Correction)
class CorrectionAdmin(Window[Correction]):
    """The newest first; each opens with what it would do, or has done, to whom."""

    change_form_outer_before_template = "admin/_correction.html"
    list_display = ("id", "created_at", "act", "found_by", "reason", "state", "members", "size", "created_by")
    list_filter = ("state", "act", "found_by")
    list_select_related = ("created_by",)
    search_fields = ("=id", "reason")
    ordering = ("-id",)
    fields = ("created_at", "created_by", "app", "approved_by", "done_at", "undone_at", "is_quiet")
    actions_list = ("new",)
    actions_detail = ("approve", "hand_over", "look_again", "discard", "undo", "lines")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.progress)
        return [path("<int:pk>/progress/", view, name="incentives_correction_progress"), *super().get_urls()]

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it has come; the page asks every few seconds while it moves."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        correction = Correction.objects.get(pk=pk)
        if correction.state not in MOVING:
            return shown(request, reverse("admin:incentives_correction_change", args=[pk]))
        context = {"correction": correction, "progress": queries.progress_of(correction), "is_moving": True}
        return render(request, "admin/_correction_progress.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        found = Correction.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        desk = _desk_of(found, request) if found is not None else {}
        answer: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **desk})
        return answer

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only the steps that the correction can take now, and this person may."""
        found = Correction.objects.filter(pk=object_id).first() if str(object_id).isdigit() else None
        names: tuple[str, ...] = STEPS.get(found.state, ()) if found is not None else ()
        if found is not None and found.needs_second and found.created_by_id == request.user.pk:
            is_new = found.state == CorrectionState.DRAFT
            names = tuple("hand_over" if n == "approve" else n for n in names if n != "approve" or is_new)
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return [each for each in offered if each.action_name.removeprefix("incentives_correction_") in names]

    def has_make_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("incentives.add_correction")

    def has_step_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("incentives.change_correction")

    @action(description=gettext_lazy("New correction"), url_path="new", permissions=["make"], icon="add")
    def new(self, request: HttpRequest) -> HttpResponse:
        choice = ChoiceForm(request.GET or None)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": _("New correction")}
        if not choice.is_valid():
            return TemplateResponse(request, "admin/correction.html", {**context, "choice": choice})
        found_by, act = choice.cleaned_data["found_by"], choice.cleaned_data["act"]
        form = CorrectionForm(request.POST or None, request.FILES or None, initial=dict(request.GET.items()))
        form.choose(found_by, act)
        made = self._make(request, form, found_by, act) if request.method == "POST" and form.is_valid() else None
        if made is not None:
            return HttpResponseRedirect(reverse("admin:incentives_correction_change", args=[made.pk]))
        chosen = f"{CorrectionList(found_by).label} · {CorrectionAct(act).label}"
        return TemplateResponse(
            request, "admin/correction.html", {**context, "choice": choice, "form": form, "chosen": chosen}
        )

    def _make(self, request: HttpRequest, form: CorrectionForm, found_by: str, act: str) -> Correction | None:
        try:
            made = make(form.wanted(request, found_by, act), now=timezone.now())
        except BadTable as error:
            form.add_error("file", str(error))
            return None
        except BadCorrection as error:
            form.add_error(error.field if error.field in form.fields else None, error.sentence)
            return None
        hints.send_on_commit(carry_on_corrections)
        self.log_addition(request, made, made.reason)
        return made

    def _step(self, request: HttpRequest, pk: int, form: StepForm, step: Callable[..., Any]) -> HttpResponse:
        try:
            made = step(correction_id=int(pk), now=timezone.now(), by=request.user, why=form.cleaned_data["reason"])
        except steps.CannotStep as error:
            messages.error(request, error.sentence)
        else:
            hints.send_on_commit(carry_on_corrections)
            self.log_change(request, made, f"{made.get_state_display()} {form.cleaned_data['reason']}".strip())
        return shown(request, reverse("admin:incentives_correction_change", args=[pk]))

    @action(
        description=gettext_lazy("Approve"), url_path="approve", permissions=["step"], icon="check",
        dialog=dialog(
            gettext_lazy("Approve this correction"),
            gettext_lazy("It begins at once, and can be undone as a whole afterwards."),
            gettext_lazy("Approve"),
        ),
    )  # fmt: skip
    def approve(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, object_id, form, steps.approve)

    @action(
        description=gettext_lazy("Ask a second operator"), url_path="hand-over", permissions=["step"], icon="group",
        dialog=dialog(
            gettext_lazy("Ask a second operator"),
            gettext_lazy("It is large, so somebody else approves it. It stands on everybody's Today."),
            gettext_lazy("Ask"),
        ),
    )  # fmt: skip
    def hand_over(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, object_id, form, steps.hand_over)

    @action(
        description=gettext_lazy("Look again"), url_path="look-again", permissions=["step"], icon="refresh",
        dialog=dialog(
            gettext_lazy("Work it out anew"),
            gettext_lazy("Who is on the list, and what it would do, as of now."),
            gettext_lazy("Look again"),
        ),
    )  # fmt: skip
    def look_again(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, object_id, form, steps.look_again)

    @action(
        description=gettext_lazy("Discard"), url_path="discard", permissions=["step"], icon="delete",
        dialog=dialog(
            gettext_lazy("Discard this correction"), gettext_lazy("It does nothing."), gettext_lazy("Discard")
        ),
    )  # fmt: skip
    def discard(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, object_id, form, steps.discard)

    @action(
        description=gettext_lazy("Undo"), url_path="undo", permissions=["step"], icon="undo",
        dialog=dialog(
            gettext_lazy("Undo this correction"),
            gettext_lazy(
                "For every member of it. What was spent meanwhile is not recovered and is listed. Say why: the members "
                "read it."
            ),
            gettext_lazy("Undo"),
        ),
    )  # fmt: skip
    def undo(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        return self._step(request, object_id, form, steps.undo)

    @action(description=gettext_lazy("Lines as XLSX"), url_path="lines", permissions=["view"], icon="download")
    def lines(self, request: HttpRequest, object_id: str) -> HttpResponse:
        correction = Correction.objects.get(pk=object_id)
        rows = queries.table_of(correction, language=get_language() or "en")
        answer = HttpResponse(as_xlsx(rows), content_type=XLSX)
        answer["Content-Disposition"] = f'attachment; filename="correction-{correction.pk}.xlsx"'
        return answer


def _desk_of(correction: Correction, request: HttpRequest) -> dict[str, Any]:
    if correction.state == CorrectionState.GATHERING:
        return {"correction": correction, "is_moving": True, "progress": queries.progress_of(correction)}
    look = queries.look_at(correction, language=get_language() or "en")
    return {
        "correction": correction,
        "look": look,
        "progress": look.progress,
        "is_moving": correction.state in MOVING,
        "is_own": correction.needs_second and correction.created_by_id == request.user.pk,
        "steps": correction.steps.select_related("by"),
    }
