from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from members.admin.base import Plain
from members.domain.contents.words import read_words
from members.domain.counters.compiled import BadCounter
from members.domain.counters.making import check_new_counter, make_counter
from members.domain.event_types import check_counterpart
from members.domain.events.schemas import BadSchema, DataSchema, parse_schema, refuse_narrowing
from members.models import Counter, EventType, Source


@admin.register(Source)
class SourceAdmin(Plain[Source]):
    list_display = ("code", "description", "unknown_members", "unknown_spaces", "is_internal")


class EventTypeForm(forms.ModelForm[EventType]):
    """Refuses a schema that cannot be read, or that would no longer fit events of the past."""

    class Meta:
        model = EventType
        fields = [
            "code",
            "meaning",
            "schema",
            "is_contribution",
            "is_conversation",
            "counterpart",
            "gathering",
            "content",
        ]

    def clean_schema(self) -> Any:
        schema = self.cleaned_data["schema"] or {}
        code = self.data.get("code") or self.instance.code
        try:
            parsed = parse_schema(code, schema)
            check_counterpart(parsed, self.data.get("counterpart", ""))
            check_counterpart(parsed, self.data.get("gathering", ""), word="gathering")
            self._check_content(parsed)
            if self.instance.pk:
                refuse_narrowing(parse_schema(code, self.instance.schema), parsed)
        except BadSchema as error:
            raise ValidationError(str(error)) from error
        return schema

    def _check_content(self, parsed: DataSchema) -> None:
        """A content that is no JSON is told under its own field."""
        try:
            words = json.loads(self.data.get("content") or "{}")
        except ValueError:
            return
        read_words(parsed, words, self.data.get("counterpart", ""))


@admin.register(EventType)
class EventTypeAdmin(Plain[EventType]):
    form = EventTypeForm
    list_display = ("code", "meaning", "version", "is_contribution", "is_conversation", "is_internal")
    list_filter = ("is_internal",)
    search_fields = ("code", "meaning")

    def has_delete_permission(self, *_: object) -> bool:
        """Events and rules name their type for ever."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: EventType | None = None) -> bool:
        is_ours = obj is not None and obj.is_internal
        return not is_ours and super().has_change_permission(request, obj)


class CounterForm(forms.ModelForm[Counter]):
    class Meta:
        model = Counter
        fields = ["code", "event_type", "kind", "filter", "value", "by", "window", "days"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "event_type" in cleaned and not self.errors:
            try:
                check_new_counter(Counter(**cleaned))
            except BadCounter as error:
                raise ValidationError(str(error)) from error
        return cleaned


@admin.register(Counter)
class CounterAdmin(Plain[Counter]):
    """What a counter counts never changes: rules were published against it."""

    form = CounterForm
    list_display = ("code", "event_type", "kind", "filter", "value", "by", "window", "days")
    list_filter = ("event_type", "kind")
    list_select_related = ("event_type",)

    def save_model(self, request: HttpRequest, obj: Counter, form: Any, change: bool) -> None:  # noqa: FBT001
        make_counter(counter=obj)

    def has_change_permission(self, request: HttpRequest, obj: Counter | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, *_: object) -> bool:
        return False
