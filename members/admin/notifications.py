"""What members are told: templates as operators write them, and what was written from them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy

from members.admin.base import Remembered, WhyForm, Window, link
from members.admin.within import Within
from members.domain.events.schemas import parse_schema
from members.domain.notifications.templates import NOT_TOLD, BadTemplate, check_template
from members.domain.notifications.words import placeholders
from members.domain.texts import text_in
from members.models import EventType, MessageTemplate, Notification


class TemplateForm(WhyForm):
    """A template whose words and condition are checked before it is kept."""

    class Meta:
        model = MessageTemplate
        fields = ["code", "event_type", "condition", "kind", "titles", "texts", "by_email", "is_active"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        names = ("event_type", "kind", "condition", "titles", "texts")
        if all(name in given for name in names):
            event_type: EventType = given["event_type"]
            try:
                check_template(
                    schema=parse_schema(event_type.code, event_type.schema), **{name: given[name] for name in names}
                )
            except BadTemplate as error:
                raise ValidationError({error.field: error.sentence}) from error
        return given


@admin.register(MessageTemplate)
class MessageTemplateAdmin(Remembered[MessageTemplate]):
    form = TemplateForm
    list_display = ("code", "title", "event_type", "kind", "by_email", "is_active")
    list_filter = ("kind", "is_active")
    list_select_related = ("event_type",)
    search_fields = ("code", "event_type__code")
    ordering = ("code",)
    readonly_fields = ("may_stand_there",)

    @admin.display(description=gettext_lazy("title"))
    def title(self, template: MessageTemplate) -> str:
        return text_in(template.titles, get_language() or "en", template.code)

    @admin.display(description=gettext_lazy("placeholders"))
    def may_stand_there(self, template: MessageTemplate) -> str:
        kind = template.event_type
        return " ".join(
            f"{{{name}}}" for name in sorted(placeholders(parse_schema(kind.code, kind.schema), kind.counterpart))
        )

    def get_fields(self, request: HttpRequest, obj: MessageTemplate | None = None) -> list[str]:
        fields: list[str] = list(super().get_fields(request, obj))
        return fields if obj is not None else [name for name in fields if name != "may_stand_there"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "event_type":
            kwargs["queryset"] = EventType.objects.exclude(code__in=NOT_TOLD)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, *_: object) -> bool:
        """What was written from it names it; it is switched off instead."""
        return False


@admin.register(Notification)
class NotificationAdmin(Window[Notification]):
    within = Within(member="member")
    list_display = ("id", "who", "title", "template", "kind", "shown_at", "read_at", "email")
    list_filter = ("kind", "template")
    list_select_related = ("member", "template", "sending")
    search_fields = ("=member__ref",)
    search_help_text = gettext_lazy("A member's ref.")
    ordering = ("-id",)
    fields = ("who", "template", "kind", "titles", "texts", "event", "shown_at", "read_at", "email")

    @admin.display(description=gettext_lazy("member"))
    def who(self, row: Notification) -> SafeString:
        return link(reverse("admin:members_member_change", args=[row.member_id]), row.member)

    @admin.display(description=gettext_lazy("title"))
    def title(self, row: Notification) -> str:
        return text_in(row.titles, get_language() or "en", "")

    @admin.display(description=gettext_lazy("email"))
    def email(self, row: Notification) -> str:
        found = getattr(row, "sending", None)
        if found is None:
            return "—"
        return f"{found.get_state_display()} {found.error}".strip()

    @admin.display(description=gettext_lazy("event"))
    def event(self, row: Notification) -> SafeString:
        return link(reverse("admin:members_event_change", args=[row.event_id]), row.event_id)
