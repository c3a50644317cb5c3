"""Files of events that are brought in by a worker, and what became of their lines."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanWidget

from incentives.admin.dialogs import StepForm, dialog, shown
from incentives.admin.import_windows import FileForm, ImportWindow, file_page
from incentives.domain.event_import_jobs import hand_in
from incentives.domain.importing import BadImport, undo_event_import
from incentives.domain.pump import hints
from incentives.tasks.imports import carry_on_imports
from members.domain.people.importing import AlreadyUndone
from members.models import EventImport

# More events than this are taken back by the command line, which may take its time.
UNDONE_HERE_MAX = 5_000
MAPPING_LENGTH_MAX = 20_000
MAPPING_EXAMPLE = """source: shop
id: "order-{order_no}"
type: order.paid
subject: "{member}"
time: "{paid_at}"
data: {amount: "{amount}"}"""


class EventsForm(FileForm):
    """A file of events, how its columns become events, who hears of them, and whether it is only tried."""

    command = "manage.py import_events"
    file_help = gettext_lazy("JSONL, one CloudEvent a line, or CSV in UTF-8 with a mapping. 10 MB at most.")

    mapping = forms.CharField(
        label=gettext_lazy("Mapping"), required=False, max_length=MAPPING_LENGTH_MAX,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 7, "placeholder": MAPPING_EXAMPLE}),
        help_text=gettext_lazy("For CSV: what each part of an event is filled with, {this} being a column. YAML."),
    )  # fmt: skip
    is_loud = forms.BooleanField(
        label=gettext_lazy("Aloud"), required=False, widget=UnfoldBooleanWidget,
        help_text=gettext_lazy("Send messages, welcome whom the events bring, move referrals on."),
    )  # fmt: skip
    is_unjudged = forms.BooleanField(
        label=gettext_lazy("Only onto the timeline"), required=False, widget=UnfoldBooleanWidget,
        help_text=gettext_lazy("Rules and counters never hear of these events."),
    )  # fmt: skip

    field_order = ("file", "mapping", "is_tried", "is_loud", "is_unjudged")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        if file is not None and file.name.lower().endswith(".csv") and not cleaned.get("mapping"):
            self.add_error("mapping", _("A CSV file needs a mapping: say which column is what."))
        return cleaned


@admin.register(EventImport)
class EventImportAdmin(ImportWindow[EventImport]):
    """Files of events; what they have paid can be taken back."""

    list_display = (
        "id", "made_at", "name", "state", "made_by", "is_quiet", "is_judged", "accepted", "duplicates", "rejected",
        "undone_at",
    )  # fmt: skip
    list_filter = ("state", "is_quiet", "is_judged")
    fields = (
        "name", "digest", "made_at", "made_by", "is_quiet", "is_judged", "is_tried", "accepted", "duplicates",
        "rejected", "finished_at", "undone_at", "undone_by",
    )  # fmt: skip
    actions_list = ("import_file",)
    actions_detail = ("undo", "refused")

    @action(description=gettext_lazy("Import"), url_path="import", permissions=["import"], icon="upload")
    def import_file(self, request: HttpRequest) -> HttpResponse:
        form = EventsForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                made = hand_in(
                    file=given["file"].file, name=given["file"].name, mapping=given["mapping"], now=timezone.now(),
                    by=request.user, is_quiet=not given["is_loud"], is_judged=not given["is_unjudged"],  # type: ignore[arg-type]
                    is_tried=given["is_tried"],
                )  # fmt: skip
            except BadImport as error:
                form.add_error("file", str(error))
            else:
                hints.send_on_commit(carry_on_imports)
                return shown(request, self._page_of(made.pk))
        return file_page(
            request, form=form, model=EventImport, title=_("Import events"),
            back=reverse("admin:members_eventimport_changelist"), back_title=_("Back to the imports"),
        )  # fmt: skip

    def has_import_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perm("members.add_eventimport")

    def has_undo_permission(self, request: HttpRequest, *_: object) -> bool:
        return request.user.has_perm("members.change_eventimport")

    @action(
        description=gettext_lazy("Undo"), url_path="undo", permissions=["undo"], icon="undo",
        dialog=dialog(
            gettext_lazy("Take back what this import has paid"),
            gettext_lazy("The events stay on the timeline; what they paid, to whomever, is reversed."),
            gettext_lazy("Undo"),
        ),
    )  # fmt: skip
    def undo(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        made = EventImport.objects.get(pk=object_id)
        if made.accepted > UNDONE_HERE_MAX:
            messages.error(request, _("It is too long for a page: manage.py import_events --undo %d") % made.pk)
            return shown(request, self._page_of(made.pk))
        try:
            done = undo_event_import(import_id=made.pk, now=timezone.now(), actor=str(request.user), by=request.user)  # type: ignore[arg-type]
        except AlreadyUndone as error:
            messages.error(request, str(error))
        else:
            said = _("Taken back %(reversed)d, stopped %(stopped)d, not recovered %(lost)d.")
            counts = {"reversed": done.reversed, "stopped": done.stopped, "lost": done.lost}
            messages.success(request, said % counts)
            self.log_change(request, made, f"{_('Undone.')} {form.cleaned_data['reason']}".strip())
        return shown(request, self._page_of(made.pk))
