"""Shapes that admin classes share."""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from members.admin.languages import Worded
from members.admin.within import Bounded

M = TypeVar("M", bound=Model)


class Plain(Worded, Bounded, ModelAdmin, Generic[M]):  # type: ignore[misc]  # The theme ships no types.
    """A list of bearable length that never counts a big table."""

    list_per_page = 50
    show_full_result_count = False


def reason_field() -> forms.CharField:
    return forms.CharField(
        label=_("Why this change"),
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Stands in the history beside your name."),
    )


class WhyForm(forms.ModelForm[Any]):
    """A form that asks for the reason of a change; it goes into the history. `reason_is` names its field."""

    reason_is: ClassVar[str] = "why"
    why = reason_field()


class Remembered(SimpleHistoryAdmin, Plain[M]):  # type: ignore[misc]  # Neither library ships types.
    """A list whose changes are kept, with who made them and why. Its form is a WhyForm."""

    history_list_display = ("history_change_reason",)

    def save_model(self, request: HttpRequest, obj: M, form: Any, change: bool) -> None:  # noqa: FBT001
        said = form.cleaned_data.get(form.reason_is)
        obj._change_reason = said or None  # type: ignore[attr-defined]  # noqa: SLF001
        super().save_model(request, obj, form, change)


def link(url: str, text: object) -> SafeString:
    """A link inside a list or a form."""
    return format_html('<a class="desk-link" href="{}">{}</a>', url, text)


class Window(Plain[M]):
    """Looked at, never touched: corrections are posted, not typed over."""

    def has_add_permission(self, request: HttpRequest, *_args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False
