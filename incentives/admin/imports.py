"""Members from a table and back into one, and imports that are taken back."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanWidget

from incentives.admin.dialogs import StepForm, dialog, shown
from incentives.domain.imports import undo_import
from members.admin.base import Window
from members.domain.attributes import definitions
from members.domain.people.importing import AlreadyUndone, Imported, import_members
from members.domain.people.sheets import BadTable
from members.domain.people.tables import table_of, titles_of
from members.models import Member, MemberImport

FILE_BYTES_MAX = 10 * 1024 * 1024


class ImportForm(forms.Form):
    """A table, and whether it is only tried, and whether rules hear of it."""

    file = forms.FileField(
        label=gettext_lazy("file"), widget=UnfoldAdminFileFieldWidget,
        help_text=gettext_lazy("A CSV file in UTF-8; its first line names the columns. 10 MB at most."),
    )  # fmt: skip
    is_tried = forms.BooleanField(
        label=gettext_lazy("Only try it"), required=False, initial=True, widget=UnfoldBooleanWidget,
        help_text=gettext_lazy("Says what it would do and stores nothing."),
    )  # fmt: skip
    is_loud = forms.BooleanField(
        label=gettext_lazy("Let rules hear of it"), required=False, widget=UnfoldBooleanWidget,
        help_text=gettext_lazy("New members are paid a welcome and count as newcomers; otherwise nothing is paid."),
    )  # fmt: skip

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > FILE_BYTES_MAX:
            raise forms.ValidationError(_("Larger files are brought by manage.py import_members."))
        return file


class Echo:
    """A file that hands back what is written into it."""

    def write(self, text: str) -> str:
        return text


class TableSteps:
    """The steps of the list of members that bring many in or take all of them out."""

    @action(description=gettext_lazy("Import"), url_path="import", permissions=["import"], icon="upload")
    def import_table(self, request: HttpRequest) -> HttpResponse:
        form = ImportForm(request.POST or None, request.FILES or None)
        done: Imported | None = None
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                done = import_members(
                    file=given["file"].file, name=given["file"].name, now=timezone.now(),
                    by=request.user, is_quiet=not given["is_loud"], dry_run=given["is_tried"],  # type: ignore[arg-type]
                )  # fmt: skip
            except BadTable as error:
                form.add_error("file", str(error))
        context = {
            **admin.site.each_context(request), "form": form, "done": done, "opts": Member._meta,  # noqa: SLF001
            "titles": titles_of(definitions()), "title": _("Import members"),
        }  # fmt: skip
        return TemplateResponse(request, "admin/import_members.html", context)

    @action(description=gettext_lazy("Export"), url_path="export", permissions=["import"], icon="download")
    def export_table(self, request: HttpRequest) -> HttpResponse:
        answer = StreamingHttpResponse(_lines(), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="members.csv"'
        return answer  # type: ignore[return-value]  # The theme hands any response on.

    def has_import_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perms(("members.add_member", "members.change_member"))


def _lines() -> Iterator[str]:
    writer: Any = csv.writer(Echo())
    for cells in table_of(Member.objects.exclude(status="erased"), definitions()):
        yield writer.writerow(cells)


@admin.register(MemberImport)
class MemberImportAdmin(Window[MemberImport]):
    """Tables that were brought here; each can be taken back as a whole."""

    list_display = ("id", "made_at", "name", "made_by", "is_quiet", "created", "changed", "unchanged", "undone_at")
    list_filter = ("is_quiet",)
    list_select_related = ("made_by",)
    search_fields = ("name",)
    ordering = ("-id",)
    fields = (
        "name", "digest", "made_at", "made_by", "is_quiet", "created", "changed", "unchanged", "undone_at", "undone_by",
    )  # fmt: skip
    actions_detail = ("undo",)

    def has_undo_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perms(("members.add_member", "members.change_member"))

    @action(
        description=gettext_lazy("Undo"), url_path="undo", permissions=["undo"], icon="undo",
        dialog=dialog(
            gettext_lazy("Take this import back"),
            gettext_lazy(
                "Whom it made goes, whom it changed is as before. Somebody with whom something has happened since "
                "stays, as one who has left."
            ),
            gettext_lazy("Undo"),
        ),
    )  # fmt: skip
    def undo(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        try:
            undone = undo_import(import_id=int(object_id), now=timezone.now(), by=request.user)  # type: ignore[arg-type]
        except AlreadyUndone as error:
            messages.error(request, str(error))
        else:
            said = _("%(removed)d removed, %(restored)d put back, %(kept)d left.")
            messages.success(request, said % asdict(undone))
            made = MemberImport.objects.get(pk=object_id)
            self.log_change(request, made, f"{_('Undone.')} {form.cleaned_data['reason']}".strip())
        return shown(request, reverse("admin:members_memberimport_change", args=[object_id]))
