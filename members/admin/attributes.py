from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from members.admin.base import Plain
from members.domain.attributes import check_definition
from members.models import AttributeDefinition


class AttributeForm(forms.ModelForm[AttributeDefinition]):
    """Refuses what means nothing, or what members' values would no longer fit."""

    class Meta:
        model = AttributeDefinition
        fields = [
            "code", "names", "kind", "choices", "minimum", "maximum", "is_required", "is_personal", "is_for_rules",
            "shown_to",
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            before = AttributeDefinition.objects.filter(pk=self.instance.pk).first()
            kept = {"code": before.code, "kind": before.kind} if before is not None else {}
            check_definition(AttributeDefinition(**{**cleaned, **kept}), before)
        return cleaned


@admin.register(AttributeDefinition)
class AttributeAdmin(Plain[AttributeDefinition]):
    form = AttributeForm
    list_display = ("code", "kind", "is_required", "is_personal", "is_for_rules", "shown_to")
    list_filter = ("kind", "shown_to")
    search_fields = ("code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Members hold values of it, and rules name it."""
        return ("code", "kind") if obj is not None else ()

    def has_delete_permission(self, *_: object) -> bool:
        return False
