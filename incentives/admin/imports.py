"""Members from a table and back into one, and imports that are watched and taken back."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from typing import IO, Any

from django import forms
from django.contrib import admin, messages
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldBooleanWidget

from incentives.admin.dialogs import StepForm, dialog, shown
from incentives.admin.import_windows import SHOWN_MAX, FileForm, ImportWindow, file_page
from incentives.domain.imports import undo_import
from incentives.domain.pump import hints
from incentives.tasks.imports import carry_on_imports
from members.domain.attributes import definitions
from members.domain.people.import_jobs import hand_in
from members.domain.people.importing import (
    EVENTS,
    INVITED,
    LOGIN,
    REFERRAL,
    REPORTED,
    ROLE,
    AlreadyUndone,
    Imported,
    import_members,
    outlook_of,
)
from members.domain.people.sheets import XLSX, BadTable, as_xlsx, lines_of
from members.domain.people.tables import table_of, titles_of
from members.enums import ImportState
from members.models import Member, MemberImport

# More lines than this are brought in by a worker, with progress.
LINES_AT_ONCE_MAX = 500
# An undo is foreseen line by line; beyond this it would take too long to look at.
FORESEEN_MAX = 5_000


class ImportForm(FileForm):
    """A table, and whether rules hear of it."""

    command = "manage.py import_members"
    file_help = gettext_lazy("CSV in UTF-8, or XLSX; the first line names the columns. 10 MB at most.")

    is_loud = forms.BooleanField(
        label=gettext_lazy("Let rules hear of it"), required=False, widget=UnfoldBooleanWidget,
        help_text=gettext_lazy("New members are paid a welcome and count as newcomers; otherwise nothing is paid."),
    )  # fmt: skip


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
            file, words = given["file"].file, {"name": given["file"].name, "now": timezone.now(), "by": request.user}
            try:
                if _is_long(file):
                    made = hand_in(file=file, is_quiet=not given["is_loud"], is_tried=given["is_tried"], **words)
                    hints.send_on_commit(carry_on_imports)
                    return shown(request, reverse("admin:members_memberimport_change", args=[made.pk]))
                done = import_members(file=file, is_quiet=not given["is_loud"], dry_run=given["is_tried"], **words)
            except BadTable as error:
                form.add_error("file", str(error))
        return file_page(
            request, form=form, model=MemberImport, title=_("Import members"), done=done,
            titles=titles_of(definitions()), back=reverse("admin:members_member_changelist"),
            back_title=_("Back to the members"),
        )  # fmt: skip

    @action(description=gettext_lazy("Export"), url_path="export", permissions=["import"], icon="download")
    def export_table(self, request: HttpRequest) -> HttpResponse:
        answer = StreamingHttpResponse(_lines(), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="members.csv"'
        return answer  # type: ignore[return-value]  # The theme hands any response on.

    @action(description=gettext_lazy("Export as XLSX"), url_path="export-xlsx", permissions=["import"], icon="download")
    def export_xlsx(self, request: HttpRequest) -> HttpResponse:
        rows = table_of(Member.objects.exclude(status="erased"), definitions(), is_typed=True)
        return FileResponse(as_xlsx(rows), as_attachment=True, filename="members.xlsx", content_type=XLSX)  # type: ignore[return-value]

    def has_import_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perms(("members.add_member", "members.change_member"))


def _is_long(file: IO[bytes]) -> bool:
    """Whether a table has more lines than a request should bring in. Raises BadTable."""
    count = sum(1 for _ in islice(lines_of(file), LINES_AT_ONCE_MAX + 2))
    file.seek(0)
    return count > LINES_AT_ONCE_MAX + 1


def _lines() -> Iterator[str]:
    writer: Any = csv.writer(Echo())
    for cells in table_of(Member.objects.exclude(status="erased"), definitions()):
        yield writer.writerow(cells)


@admin.register(MemberImport)
class MemberImportAdmin(ImportWindow[MemberImport]):
    """Tables that were brought here; each can be taken back as a whole."""

    list_display = (
        "id", "made_at", "name", "state", "made_by", "is_quiet", "created", "changed", "unchanged", "rejected",
        "undone_at",
    )  # fmt: skip
    list_filter = ("state", "is_quiet")
    fields = (
        "name", "digest", "made_at", "made_by", "is_quiet", "is_tried", "created", "changed", "unchanged", "rejected",
        "undone_at", "undone_by",
    )  # fmt: skip
    actions_detail = ("undo", "refused")

    def desk_of(self, made: MemberImport) -> dict[str, Any]:
        return {**super().desk_of(made), **_outlook_of(made)}

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


def _outlook_of(made: MemberImport) -> dict[str, Any]:
    """What an undo would do, where there is something to undo."""
    if made.state != ImportState.DONE or made.undone_at is not None:
        return {}
    if made.created + made.changed > FORESEEN_MAX:
        return {"is_too_long": True}
    outlook = outlook_of(made)
    words = {
        EVENTS: _("something has happened with them since"),
        REFERRAL: _("came by an invitation, or brought somebody"),
        INVITED: _("has invited somebody"),
        LOGIN: _("has a login, or was merged"),
        REPORTED: _("was reported"),
        ROLE: _("greets newcomers, or has hosted a game"),
    }
    staying = [(line.member, words[reason]) for line, reason in outlook.staying[:SHOWN_MAX]]
    return {"outlook": outlook, "staying": staying, "staying_count": len(outlook.staying)}
