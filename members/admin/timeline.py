from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from members.admin.base import Window
from members.models import Event, Rejection


@admin.register(Event)
class EventAdmin(Window[Event]):
    """The timeline, newest first. Search by a member's ref or by the source's own id."""

    list_display = ("id", "occurred_at", "member", "type", "source", "reported_as", "cause_id")
    list_filter = ("type", "source")
    list_select_related = ("member", "type", "source", "key")
    search_fields = ("member__ref", "key__external_id")
    ordering = ("-id",)
    fields = ("member", "type", "source", "reported_as", "occurred_at", "received_at", "cause_id", "data")
    change_form_template = "admin/event_trace.html"

    @admin.display(description=_("reported as"))
    def reported_as(self, event: Event) -> str:
        key = getattr(event, "key", None)
        return key.external_id if key is not None else ""

    @admin.display(description=_("data"))
    def data(self, event: Event) -> str:
        payload = getattr(event, "payload", None)
        return payload.data if payload is not None else ""


@admin.register(Rejection)
class RejectionAdmin(Window[Rejection]):
    list_display = ("received_at", "source", "external_id", "ref", "code", "pointer", "sentence")
    list_filter = ("code", "source")
    search_fields = ("external_id", "ref")
    ordering = ("-id",)
