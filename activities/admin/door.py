"""The door, as operators look back at it."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from activities.models import Feedback, Paper, Scan
from members.admin.base import Window
from members.admin.within import Within


@admin.register(Scan)
class ScanAdmin(Window[Scan]):
    """Every scan and what came of it. What was wrong is taken back on the registration, by another line here."""

    list_display = ("scanned_at", "activity", "member", "by", "result", "why", "guests", "device", "actor", "reason")
    list_filter = ("result", "by")
    list_select_related = ("activity", "member")
    search_fields = ("=member__ref", "activity__code", "=nonce")
    ordering = ("-id",)
    within = Within(space="activity__space")


@admin.register(Feedback)
class FeedbackAdmin(Window[Feedback]):
    """What was said; whose it was stands there only where they show it."""

    list_display = ("given_at", "activity", "stars", "words", "whose")
    list_filter = ("stars",)
    list_select_related = ("registration__activity", "registration__member")
    search_fields = ("registration__activity__code",)
    fields = ("activity", "stars", "words", "whose", "given_at", "changed_at")
    readonly_fields = ("activity", "whose")
    ordering = ("-id",)
    within = Within(space="registration__activity__space")

    @admin.display(description=gettext_lazy("activity"))
    def activity(self, given: Feedback) -> str:
        return given.registration.activity.code

    @admin.display(description=gettext_lazy("member"))
    def whose(self, given: Feedback) -> str:
        return str(given.registration.member) if given.shows_name else "—"


@admin.register(Paper)
class PaperAdmin(Window[Paper]):
    """Letters and certificates that were issued."""

    list_display = ("issued_at", "kind", "registration", "code", "name_form")
    list_filter = ("kind",)
    list_select_related = ("registration",)
    search_fields = ("=code", "registration__activity__code", "=registration__member__ref")
    ordering = ("-id",)
    within = Within(space="registration__activity__space")
