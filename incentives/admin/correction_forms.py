"""The form of a correction: only the fields that its list and its act need."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from incentives.domain.corrections.making import REASON_LENGTH_MAX, Wanted
from incentives.enums import CorrectionAct, CorrectionList
from incentives.models import Badge, Currency, Privilege, Rule
from members.domain.people.sheets import BadTable, first_column
from members.models import EventType, Segment

# What is asked for each list and each act.
LIST_FIELDS: dict[str, tuple[str, ...]] = {
    CorrectionList.REFS: ("file", "refs"),
    CorrectionList.SEGMENT: ("segment",),
    CorrectionList.PAID: ("rule", "version", "begins_at", "ends_at"),
    CorrectionList.EVENT: ("type", "field", "value", "begins_at", "ends_at"),
}
ACT_FIELDS: dict[str, tuple[str, ...]] = {
    CorrectionAct.ADD: ("currency", "amount"),
    CorrectionAct.TAKE_BACK: ("rule", "version", "begins_at", "ends_at"),
    CorrectionAct.JUDGE_AGAIN: ("type", "begins_at", "ends_at"),
    CorrectionAct.PRIVILEGE: ("privilege", "until", "uses_max"),
    CorrectionAct.BADGE: ("badge",),
}
ALWAYS = ("reason", "is_quiet")
FILE_BYTES_MAX = 5 * 1024 * 1024


class ChoiceForm(forms.Form):
    """The two questions that decide about all others."""

    found_by = forms.ChoiceField(
        label=gettext_lazy("For whom"), choices=CorrectionList.choices, widget=UnfoldAdminSelectWidget
    )
    act = forms.ChoiceField(
        label=gettext_lazy("What is done"), choices=CorrectionAct.choices, widget=UnfoldAdminSelectWidget
    )


def _moment(label: Any, help_text: Any = "") -> forms.SplitDateTimeField:
    return forms.SplitDateTimeField(
        label=label, help_text=help_text, required=False, widget=UnfoldAdminSplitDateTimeWidget
    )


class CorrectionForm(forms.Form):
    """Everything that may be asked; `choose` leaves the rest out."""

    file = forms.FileField(
        label=gettext_lazy("file"), required=False, widget=UnfoldAdminFileFieldWidget,
        help_text=gettext_lazy("CSV or XLSX; the column ref, or the first one."),
    )  # fmt: skip
    refs = forms.CharField(
        label=gettext_lazy("or refs"), required=False, widget=UnfoldAdminTextareaWidget,
        help_text=gettext_lazy("One a line."),
    )  # fmt: skip
    segment = forms.ModelChoiceField(
        Segment.objects.order_by("code"), label=gettext_lazy("segment"), widget=UnfoldAdminSelectWidget,
        to_field_name="code",
    )  # fmt: skip
    rule = forms.ModelChoiceField(
        Rule.objects.order_by("code"), label=gettext_lazy("rule"), widget=UnfoldAdminSelectWidget, to_field_name="code"
    )
    version = forms.IntegerField(
        label=gettext_lazy("only its version"), required=False, min_value=1, widget=UnfoldAdminIntegerFieldWidget
    )
    type = forms.ModelChoiceField(
        EventType.objects.order_by("code"), label=gettext_lazy("event type"), widget=UnfoldAdminSelectWidget,
        to_field_name="code",
    )  # fmt: skip
    field = forms.CharField(
        label=gettext_lazy("whose field"), required=False, max_length=64, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Such as session; empty for every such event."),
    )  # fmt: skip
    value = forms.CharField(
        label=gettext_lazy("says"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget
    )
    begins_at = _moment(gettext_lazy("from"), gettext_lazy("Such as 2026-11-24 and 18:00, in the programme's time."))
    ends_at = _moment(gettext_lazy("until"), gettext_lazy("Exclusive; by when it happened."))
    currency = forms.ModelChoiceField(
        Currency.objects.order_by("code"), label=gettext_lazy("currency"), widget=UnfoldAdminSelectWidget,
        to_field_name="code",
    )  # fmt: skip
    amount = forms.DecimalField(
        label=gettext_lazy("amount for each"), max_digits=18, decimal_places=4, widget=UnfoldAdminDecimalFieldWidget
    )
    privilege = forms.ModelChoiceField(
        Privilege.objects.order_by("code"), label=gettext_lazy("privilege"), widget=UnfoldAdminSelectWidget,
        to_field_name="code",
    )  # fmt: skip
    until = _moment(gettext_lazy("holds until"), gettext_lazy("Empty for as long as such grants last."))
    uses_max = forms.IntegerField(
        label=gettext_lazy("uses at most"), required=False, min_value=1, widget=UnfoldAdminIntegerFieldWidget
    )
    badge = forms.ModelChoiceField(
        Badge.objects.order_by("code"), label=gettext_lazy("badge"), widget=UnfoldAdminSelectWidget,
        to_field_name="code",
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("reason"), max_length=REASON_LENGTH_MAX, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("The members read it in their statement."),
    )  # fmt: skip
    is_quiet = forms.BooleanField(
        label=gettext_lazy("Send no message"), required=False, widget=UnfoldBooleanWidget,
        help_text=gettext_lazy("The statement says it all the same."),
    )  # fmt: skip

    def choose(self, found_by: str, act: str) -> None:
        """Ask only what this list and this act need."""
        wanted = dict.fromkeys((*LIST_FIELDS[found_by], *ACT_FIELDS[act], *ALWAYS))
        self.fields = {name: self.fields[name] for name in wanted}

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file is not None and file.size > FILE_BYTES_MAX:
            raise forms.ValidationError(_("At most 5 MB."))
        return file

    def refs_given(self) -> tuple[str, ...]:
        """The refs of the file and of the box. Raises BadTable."""
        file, typed = self.cleaned_data.get("file"), self.cleaned_data.get("refs", "")
        found = list(first_column(file.file, title="ref")) if file is not None else []
        return (*found, *typed.splitlines())

    def wanted(self, request: HttpRequest, found_by: str, act: str) -> Wanted:
        """What is asked for, in the domain's words. Raises BadTable."""
        given = self.cleaned_data
        said = {
            name: given[name]
            for name in ("version", "begins_at", "ends_at", "until", "uses_max", "amount")
            if name in given
        }
        named = {
            name: getattr(given[name], "code", given[name]) or ""
            for name in ("segment", "rule", "type", "currency", "privilege", "badge", "field", "value")
            if name in given
        }
        return Wanted(
            found_by=found_by, act=act, reason=given["reason"], is_quiet=given["is_quiet"], refs=self.refs_given(),
            by=request.user, **said, **named,  # type: ignore[arg-type]
        )  # fmt: skip


__all__ = ["BadTable", "ChoiceForm", "CorrectionForm"]
