"""What the lists of imports share: the page that watches one, its refused lines, and the form that hands a file in."""

from __future__ import annotations

import csv
from typing import Any, TypeVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanWidget

from incentives.admin.dialogs import shown
from members.admin.base import Window
from members.domain.people.import_steps import Job
from members.domain.people.tables import safe_cell
from members.enums import ImportState

FILE_BYTES_MAX = 10 * 1024 * 1024
SHOWN_MAX = 50

J = TypeVar("J", bound=Job)


class FileForm(forms.Form):
    """A file, and whether it is only tried. `file_help` says what may be in it, `command` brings larger ones."""

    command: str
    file_help: Any

    file = forms.FileField(label=gettext_lazy("file"), widget=UnfoldAdminFileFieldWidget)
    is_tried = forms.BooleanField(
        label=gettext_lazy("Only try it"), required=False, initial=True, widget=UnfoldBooleanWidget,
        help_text=gettext_lazy("Says what it would do and stores nothing."),
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["file"].help_text = self.file_help

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > FILE_BYTES_MAX:
            raise forms.ValidationError(_("Larger files are brought by %(command)s.") % {"command": self.command})
        return file


def file_page(request: HttpRequest, *, form: FileForm, model: type[Job], title: str, **more: Any) -> TemplateResponse:
    """The page with the form that hands a file in."""
    context = {**admin.site.each_context(request), "form": form, "opts": model._meta, "title": title, **more}  # noqa: SLF001
    return TemplateResponse(request, "admin/import_file.html", context)


class ImportWindow(Window[J]):
    """Files that were brought here, each watched while it moves; what makes sense for one is offered."""

    change_form_outer_before_template = "admin/_import.html"
    list_select_related = ("made_by",)
    search_fields = ("name",)
    ordering = ("-id",)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.progress)
        return [path("<int:pk>/progress/", view, name=f"{self._name()}_progress"), *super().get_urls()]

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it has come; the page asks every few seconds while it moves."""
        made = self.get_queryset(request).filter(pk=pk).first()
        if made is None:
            raise Http404
        if not self.has_view_permission(request, made):
            raise PermissionDenied
        if made.is_over:
            return shown(request, self._page_of(pk))
        return render(request, "admin/_import_progress.html", {"made": made, "progress_url": self._progress_of(pk)})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        made = self._made(request, object_id)
        desk = self.desk_of(made) if made is not None else {}
        answer: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **desk})
        return answer

    def desk_of(self, made: J) -> dict[str, Any]:
        """What stands above the fields of one import."""
        refusals: Any = made.refusals
        return {
            "made": made, "refusals": refusals.order_by("line")[:SHOWN_MAX], "progress_url": self._progress_of(made.pk)
        }  # fmt: skip

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what makes sense for this import."""
        made = self._made(request, object_id)
        names = set()
        if made is not None and made.state == ImportState.DONE and made.undone_at is None:
            names.add("undo")
        if made is not None and made.rejected:
            names.add("refused")
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return [each for each in offered if each.action_name.removeprefix(f"{self._name()}_") in names]

    @action(description=gettext_lazy("Refused lines"), url_path="refused", permissions=["view"], icon="download")
    def refused(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The refused lines with what is wrong, as CSV."""
        made: Any = self._made(request, object_id)
        if made is None:
            raise Http404
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="import-{made.pk}-refused.csv"'
        writer = csv.writer(answer)
        writer.writerow(["line", "what is wrong"])
        for refusal in made.refusals.order_by("line").iterator():
            writer.writerow([refusal.line, safe_cell(refusal.sentence)])
        return answer

    def _made(self, request: HttpRequest, object_id: Any) -> J | None:
        found: J | None = self.get_queryset(request).filter(pk=object_id).first() if str(object_id).isdigit() else None
        return found

    def _name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def _page_of(self, pk: int) -> str:
        return reverse(f"admin:{self._name()}_change", args=[pk])

    def _progress_of(self, pk: int) -> str:
        return reverse(f"admin:{self._name()}_progress", args=[pk])
