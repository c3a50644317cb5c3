"""Shapes that admin classes share."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

M = TypeVar("M", bound=Model)


class Plain(ModelAdmin, Generic[M]):  # type: ignore[misc]  # The theme ships no types.
    """A list of bearable length that never counts a big table."""

    list_per_page = 50
    show_full_result_count = False


class Window(Plain[M]):
    """Looked at, never touched: corrections are posted, not typed over."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False
