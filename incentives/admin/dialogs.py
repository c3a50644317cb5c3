"""Steps that are confirmed before they are taken: a link opens a dialog, and only its button acts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy
from unfold.dataclasses import ActionDialog
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from incentives.enums import Emergency


class StepForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """Why a step is taken; the reason stands in the history."""

    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Stands in the history beside your name."),
    )  # fmt: skip


class NoticeForm(StepForm):
    """A step by which members may get less: with notice, or without and the reason why."""

    emergency = forms.ChoiceField(
        label=gettext_lazy("Without notice because of"), required=False, widget=UnfoldAdminSelectWidget,
        choices=[("", gettext_lazy("— with notice, where members may get less —")), *Emergency.choices],
        help_text=gettext_lazy("Only for fraud or a mistake, and only with a written reason; both stay on record."),
    )  # fmt: skip


def dialog(title: Any, description: Any, verb: Any, form: type[StepForm] = StepForm) -> ActionDialog:
    return ActionDialog(title=title, description=description, form_class=form, form_submit_text=verb)


def shown(request: HttpRequest, url: str) -> HttpResponse:
    """Go on to a page, also from within a dialog."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
