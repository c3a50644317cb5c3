"""Who of the team does what; it is changed on the Today page."""

from __future__ import annotations

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin

from members.admin.base import Window
from members.admin.within import Within
from members.models import WorkItem


@admin.register(WorkItem)
class WorkItemAdmin(SimpleHistoryAdmin, Window[WorkItem]):  # type: ignore[misc]  # The library ships no types.
    within = Within(member="member")
    list_display = ("kind", "object_id", "member", "assignee", "due_at", "snoozed_until", "note", "touched_at")
    list_filter = ("kind", "assignee")
    list_select_related = ("member", "assignee")
    search_fields = ("=member__ref", "note")
    ordering = ("-touched_at",)
