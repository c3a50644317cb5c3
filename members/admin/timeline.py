from __future__ import annotations

import json

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from members.admin.base import Window, link
from members.admin.within import Within
from members.models import Event, Rejection


@admin.register(Event)
class EventAdmin(Window[Event]):
    """The timeline, newest first. Search by a member's ref or by the source's own id."""

    within = Within(space="space")
    list_display = ("id", "occurred_at", "member", "type", "source", "reported_as", "followed_from")
    list_filter = ("type", "source")
    list_select_related = ("member", "type", "source", "key")
    search_fields = ("=member__ref", "=key__external_id", "=id")
    search_help_text = _("A member's ref, the source's own id, or our number of the event.")
    ordering = ("-id",)
    fields = ("who", "type", "source", "reported_as", "occurred_at", "received_at", "followed_from", "data")

    @admin.display(description=_("member"))
    def who(self, event: Event) -> SafeString:
        return link(reverse("admin:members_member_change", args=[event.member_id]), event.member)

    @admin.display(description=_("reported as"))
    def reported_as(self, event: Event) -> str:
        key = getattr(event, "key", None)
        return key.external_id if key is not None else "—"

    @admin.display(description=_("followed from"))
    def followed_from(self, event: Event) -> str:
        if event.cause_id is None:
            return "—"
        return link(reverse("admin:members_event_change", args=[event.cause_id]), event.cause_id)

    @admin.display(description=_("data"))
    def data(self, event: Event) -> str:
        payload = getattr(event, "payload", None)
        if payload is None:
            return str(_("erased"))
        text = json.dumps(json.loads(payload.data), ensure_ascii=False, indent=2)
        return format_html('<pre class="desk-code">{}</pre>', text)


@admin.register(Rejection)
class RejectionAdmin(Window[Rejection]):
    list_display = ("received_at", "source", "external_id", "ref", "code", "pointer", "sentence")
    list_filter = ("code", "source")
    search_fields = ("=external_id", "=ref")
    search_help_text = _("The source's own id, or a member's ref.")
    ordering = ("-id",)
