from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.admin.base import Remembered, WhyForm
from members.admin.within import Within
from members.domain.attributes import BadAttributes, changed, definitions
from members.domain.joining import Arrival, tell_joined
from members.models import Member


class MemberForm(WhyForm):
    class Meta:
        model = Member
        fields = "__all__"

    def clean_attributes(self) -> dict[str, Any]:
        given = self.cleaned_data["attributes"] or {}
        if not isinstance(given, dict):
            raise ValidationError(_("Write an object: the code of each attribute and its value."))
        try:
            return changed(given, {}, definitions(), is_new=True)
        except BadAttributes as error:
            raise ValidationError([f"{code}: {sentence}" for code, sentence in error.mistakes.items()]) from error


@admin.register(Member)
class MemberAdmin(Remembered[Member]):
    within = Within(member="pk", barred=("add", "merge_member"))
    form = MemberForm
    list_display = ("ref", "display_name", "status", "language", "time_zone", "is_house", "joined_at")
    list_filter = ("status", "is_house", "language", "age_band")
    search_fields = ("ref", "display_name", "email", "public_id")
    ordering = ("-id",)
    # A status is changed with a reason, in a step of its own.
    readonly_fields = ("status", "public_id", "created_at")
    raw_id_fields = ("user", "invited_by")
    fieldsets = (
        (None, {"fields": ("ref", "display_name", "email", "status", "joined_at", "why")}),
        (
            _("How they live"),
            {
                "fields": (
                    "language",
                    "time_zone",
                    "age_band",
                    "birthday",
                    "is_verified",
                    "is_house",
                    "invited_by",
                    "attributes",
                )
            },
        ),
        (_("Technical"), {"fields": ("user", "public_id", "created_at"), "classes": ("collapse",)}),
    )

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:  # noqa: FBT001
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if not change:
                tell_joined([Arrival(obj.pk, obj.joined_at)], now=timezone.now())

    def has_delete_permission(self, *_: object) -> bool:
        """Members leave or are erased; their books stay."""
        return False
