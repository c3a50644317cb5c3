"""The tickets that each date of a series begins with, within its form."""

from __future__ import annotations

from typing import Any

from django.forms.models import BaseInlineFormSet
from unfold.admin import StackedInline

from activities.admin.tickets import PriceForm
from activities.models import Series, SeriesTicket
from members.admin.languages import Worded

FIELDS = [
    "code", "names", "price", "currency", "points", "capacity", "sells_from_days", "sells_from_time",
    "sells_until_days", "sells_until_time", "tier", "privilege", "pass_only",
]  # fmt: skip


class SeriesTicketForm(PriceForm):
    class Meta:
        model = SeriesTicket
        fields = FIELDS

    def __init__(self, *args: Any, series: Series, **kwargs: Any) -> None:
        self.series = series
        super().__init__(*args, **kwargs)

    def money(self) -> str:
        return self.series.money


class SeriesTicketFormSet(BaseInlineFormSet[SeriesTicket, Series, SeriesTicketForm]):
    """A series that is being made is not saved yet when its tickets are read."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return {**super().get_form_kwargs(index), "series": self.instance}


class SeriesTicketInline(Worded, StackedInline):  # type: ignore[misc]  # The theme ships no types.
    model = SeriesTicket
    form = SeriesTicketForm
    formset = SeriesTicketFormSet
    fields = (
        "code", "names", ("price", "capacity"), ("currency", "points"), ("sells_from_days", "sells_from_time"),
        ("sells_until_days", "sells_until_time"), "tier", ("privilege", "pass_only"),
    )  # fmt: skip
    extra = 0


def written(formset: Any) -> list[dict[str, Any]]:
    """All tickets as the form has them, without those that are to go."""
    return [
        {"texts": form.instance.texts, **{name: form.cleaned_data[name] for name in FIELDS}}
        for form in formset.forms
        if form not in formset.deleted_forms and (form.has_changed() or form.instance.pk)
    ]


def note_nothing(formset: Any) -> None:
    """The log tells of no ticket that was refused."""
    formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
