"""The first days: a table of how far newcomers get, by week, above everybody who joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incentives.domain.quests.effect import welcome_effect
from members.admin.base import Window
from members.admin.within import Within
from members.domain.newcomers.funnel import Week, funnel
from members.domain.newcomers.shares import Share
from members.models import Newcomer

HEADS = {
    "rules": _("Read the rules"), "page": _("Opened the page"), "hello": _("Said hello"), "ice": _("Broke the ice"),
    "connection": _("First connection"), "d7": _("Day 7"), "d30": _("Day 30"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A week as the table shows it."""

    week: Week
    cells: list[Share | None]


@admin.register(Newcomer)
class NewcomerAdmin(Window[Newcomer]):
    within = Within(member="member")
    list_before_template = "admin/_first_days.html"
    list_display = (
        "member", "joined_at", "rules_at", "page_at", "hello_at", "ice_at", "connected_at", "active_at", "retained_at",
    )  # fmt: skip
    list_filter = (
        ("hello_at", admin.EmptyFieldListFilter), ("ice_at", admin.EmptyFieldListFilter),
        ("connected_at", admin.EmptyFieldListFilter),
    )  # fmt: skip
    list_select_related = ("member",)
    search_fields = ("member__ref", "member__display_name")
    ordering = ("-joined_at",)

    @admin.display(description=_("opened the page at"))
    def page_at(self, newcomer: Newcomer) -> Any:
        return newcomer.member.page_opened_at

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        now = timezone.now()
        lines = [Line(week, [week.stages[name] for name in HEADS]) for week in funnel(now=now)]
        extra = {
            **(extra_context or {}), "heads": HEADS.values(), "lines": lines, "effect": welcome_effect(now=now),
        }  # fmt: skip
        response: HttpResponse = super().changelist_view(request, extra)
        return response
