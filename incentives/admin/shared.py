"""The desk of what rules share, limits and tables: changed for more at once, for less after the days of notice."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from incentives.domain import sharing
from incentives.domain.catalogues import check_shared_limit
from incentives.domain.notice import NoReason, WithoutNotice
from incentives.domain.rules.documents import BadDocument
from incentives.domain.rules.tables import BadTable, read_table
from incentives.enums import Emergency
from incentives.models import LookupTable, SharedLimit
from members.admin.base import M, Remembered, WhyForm


class SharedForm(WhyForm):
    """With notice where members may get less, or without and the reason why."""

    emergency = forms.ChoiceField(
        label=gettext_lazy("Without notice because of"), required=False, widget=UnfoldAdminSelectWidget,
        choices=[("", gettext_lazy("— with notice, where members may get less —")), *Emergency.choices],
        help_text=gettext_lazy("Only for fraud or a mistake, and only with a written reason; both stay on record."),
    )  # fmt: skip
    words: ClassVar[str]
    skipped: WithoutNotice | None = None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        kind = cleaned.get("emergency")
        try:
            self.skipped = WithoutNotice(Emergency(kind), cleaned.get("why", "")) if kind else None
            if self.instance.pk and not self.errors:
                sharing.lessens(thing=self.instance, words=cleaned[self.words], now=timezone.now())
        except NoReason as error:
            raise ValidationError({"why": str(error)}) from error
        except sharing.BreaksRule as error:
            raise ValidationError({self.words: str(error)}) from error
        return cleaned


class SharedAdmin(Remembered[M]):
    """Its code is what rules name it by, so it stays, and so does whatever a rule in use names."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        obj._change_reason = form.cleaned_data.get("why") or None  # noqa: SLF001
        told = sharing.put_shared(
            thing=obj, words=obj.words, now=timezone.now(), by=request.user,  # type: ignore[arg-type]
            without_notice=form.skipped,
        )  # fmt: skip
        if told is not None:
            when = f"{timezone.localtime(told.takes_effect_at):%Y-%m-%d %H:%M}"
            said = _("%(thing)s takes effect on %(when)s; members are told. %(why)s")
            messages.success(request, said % {"thing": obj, "when": when, "why": " ".join(told.why)})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "before", "until") if obj is not None else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed and obj is not None and not sharing.is_in_use(obj, now=timezone.now())


class LimitForm(SharedForm):
    words = "document"

    class Meta:
        model = SharedLimit
        fields = ["code", "document"]

    def clean_document(self) -> Any:
        try:
            check_shared_limit(code="", document=self.cleaned_data["document"])
        except BadDocument as error:
            raise ValidationError([f"{finding.pointer or '/'}: {finding}" for finding in error.findings]) from error
        return self.cleaned_data["document"]


@admin.register(SharedLimit)
class SharedLimitAdmin(SharedAdmin[SharedLimit]):
    form = LimitForm
    list_display = ("code", "document", "until", "before")


class TableForm(SharedForm):
    words = "rows"

    class Meta:
        model = LookupTable
        fields = ["code", "rows"]

    def clean_rows(self) -> Any:
        try:
            return {key: str(value) for key, value in read_table(self.cleaned_data["rows"]).items()}
        except BadTable as error:
            raise ValidationError(str(error)) from error


@admin.register(LookupTable)
class LookupTableAdmin(SharedAdmin[LookupTable]):
    form = TableForm
    list_display = ("code", "rows", "until", "before")
