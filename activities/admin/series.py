"""Series as operators write them, with the dates that follow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminURLInputWidget

from activities.admin.series_tickets import SeriesTicketInline, note_nothing, written
from activities.domain.series import drafting, recurring
from activities.domain.wording import words_in
from activities.models import Series
from members.admin.base import Remembered, WhyForm
from members.admin.within import Within
from members.domain.counters.periods import zone_named

DATES_SHOWN, LOOK_AHEAD = 12, timedelta(days=400)


class SeriesForm(WhyForm):
    is_refused = False

    link = forms.URLField(
        label=gettext_lazy("link"), required=False, max_length=500, assume_scheme="https",
        widget=UnfoldAdminURLInputWidget,
    )  # fmt: skip

    class Meta:
        model = Series
        fields = [
            "code", "rule", "starts_on", "starts_time", "minutes", "zone", "excluded", "moved", "rest_days",
            "is_active", "kind", "names", "summaries", "texts", "language", "space", "place", "link", "capacity",
            "guests_max", "tier", "segment", "only_space", "questions", "money", "late_refund_percent", "host",
            "speaker",
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        values = {name: cleaned[name] for name in self._meta.fields or () if name in cleaned and name != "why"}
        if {"rule", "starts_on", "starts_time", "minutes", "kind"} <= set(values):
            try:
                drafting.check(Series(**{"code": "x", **values}))
            except drafting.CannotRepeat as error:
                self.add_error(error.field if error.field in self.fields else None, error.sentence)
        return cleaned


@admin.register(Series)
class SeriesAdmin(Remembered[Series]):
    """A change brings the drafts that nobody touched along; what members know of stays as it is."""

    within = Within(space="space")
    form = SeriesForm
    list_display = ("code", "name", "kind", "rule", "zone", "next_date", "is_active")
    list_filter = ("is_active", "kind", "space")
    search_fields = ("code",)
    ordering = ("code",)
    raw_id_fields = ("host", "speaker")
    readonly_fields = ("coming",)
    inlines = (SeriesTicketInline,)
    fieldsets = (
        (None, {"fields": ("code", "kind", "names", "summaries", "texts", "language", "space")}),
        (
            gettext_lazy("When it comes again"),
            {
                "fields": (
                    "rule", ("starts_on", "starts_time"), ("minutes", "zone"), "excluded", "moved", "rest_days",
                    "is_active", "coming",
                )
            },
        ),
        (
            gettext_lazy("What each date begins as"),
            {
                "fields": (
                    "place", "link", ("capacity", "guests_max"), "tier", "segment", "only_space", "questions",
                    ("money", "late_refund_percent"), "host", "speaker",
                )
            },
        ),
        (None, {"fields": ("why",)}),
    )  # fmt: skip

    @admin.display(description=gettext_lazy("name"))
    def name(self, series: Series) -> str:
        return words_in(series.names, series.code)

    @admin.display(description=gettext_lazy("next"))
    def next_date(self, series: Series) -> str:
        return next(iter(self._dates(series, 1)), "—")

    @admin.display(description=gettext_lazy("the next dates"))
    def coming(self, series: Series) -> SafeString | str:
        found = self._dates(series, DATES_SHOWN) if series.pk else []
        if not found:
            return "—"
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((each,) for each in found)))

    def has_delete_permission(self, request: HttpRequest, obj: Series | None = None) -> bool:
        """It is ended, not thrown away: its dates tell of it."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Series | None = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return fixed if obj is None else (*fixed, "code")

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:  # noqa: FBT001
        assert isinstance(obj, Series), "it is the list of series"
        now = timezone.now()
        if not change:
            super().save_model(request, obj, form, change)
            drafting.change(series_id=obj.pk, values={}, now=now)
            return
        values = {name: form.cleaned_data[name] for name in form.changed_data if name not in ("why", "code")}
        try:
            _series, done = drafting.change(
                series_id=obj.pk, values=values, now=now, reason=form.cleaned_data.get("why", "")
            )
        except drafting.CannotRepeat as error:
            # Its tickets are priced in what was refused, so they do not go without it.
            form.is_refused = True
            messages.error(request, error.sentence)
        else:
            self._say(request, done)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001
        """Tickets are written whole, and the drafts follow."""
        formset.save(commit=False)  # It notes what is new, changed and gone, for the log.
        if form.is_refused or not formset.has_changed():
            note_nothing(formset)
            return
        try:
            _series, done = drafting.change(
                series_id=formset.instance.pk, values={"tickets": written(formset)}, now=timezone.now()
            )
        except drafting.CannotRepeat as error:
            note_nothing(formset)
            messages.error(request, error.sentence)
        else:
            self._say(request, done)

    def _say(self, request: HttpRequest, done: drafting.Drafted) -> None:
        said = {"made": done.made, "changed": done.changed, "removed": done.removed}
        messages.info(request, _("Drafts: %(made)d new, %(changed)d changed, %(removed)d gone.") % said)

    def _dates(self, series: Series, count: int) -> list[str]:
        now = timezone.now()
        try:
            found = drafting.dates_of(series, first=now, until=now + LOOK_AHEAD)
        except recurring.BadRule as error:
            return [str(error)]
        zone = zone_named(series.zone)
        return [f"{each.starts_at.astimezone(zone):%Y-%m-%d %H:%M}" for each in found[:count]]
