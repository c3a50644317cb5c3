"""Who holds which tier, who rose and fell, who stands in line, and what was lent or opened by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.admin.base import Plain, Window
from members.admin.within import Within
from members.domain.ladders import leaves, lending
from members.models import Leave, QuotaPlace, Standing, StandingChange, TierInvitation, TierPin


@admin.register(Standing)
class StandingAdmin(Window[Standing]):
    within = Within(member="member")
    list_display = ("member", "ladder", "tier", "since", "safe_until", "grace_until", "duties_missed")
    list_filter = ("ladder", "tier")
    list_select_related = ("member", "ladder", "tier__ladder")
    search_fields = ("member__ref", "member__display_name")


@admin.register(StandingChange)
class StandingChangeAdmin(Window[StandingChange]):
    within = Within(member="member")
    list_display = ("changed_at", "member", "ladder", "from_tier", "to_tier", "reason", "cause_id")
    list_filter = ("ladder", "reason")
    list_select_related = ("member", "ladder", "from_tier__ladder", "to_tier__ladder")
    search_fields = ("member__ref",)
    ordering = ("-id",)


@admin.register(QuotaPlace)
class QuotaPlaceAdmin(Window[QuotaPlace]):
    """Who stands where in line for a tier that only so many may hold."""

    within = Within(member="member")
    list_display = ("tier", "place", "places", "member")
    list_filter = ("tier",)
    list_select_related = ("member", "tier__ladder")
    search_fields = ("member__ref",)
    ordering = ("tier", "place")


class ByHand(Plain[Any]):
    """Made by hand and ended by an action; nothing of it is typed over."""

    within = Within(member="member")
    raw_id_fields = ("member",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, *_: object) -> bool:
        return False


@admin.register(TierPin)
class TierPinAdmin(ByHand):
    """A tier lent until a day, for a reason. Afterwards the member holds what they earn."""

    list_display = ("member", "tier", "until", "reason", "set_by", "set_at", "ended_at")
    list_filter = ("tier",)
    list_select_related = ("member", "tier__ladder")
    search_fields = ("member__ref",)
    ordering = ("-id",)
    fields = ("member", "tier", "until", "reason")
    actions = ("end",)

    def save_model(self, request: HttpRequest, obj: TierPin, form: Any, change: bool) -> None:  # noqa: FBT001
        try:
            made = lending.lend(by=str(request.user), now=timezone.now(), **form.cleaned_data)
        except lending.CannotLend as error:
            messages.error(request, str(error))
            return
        obj.pk = made.pk

    @admin.action(description=gettext_lazy("Take selected tiers back now"), permissions=["change"])
    def end(self, request: HttpRequest, pins: QuerySet[TierPin]) -> None:
        ended = [lending.take_back(member=pin.member, tier=pin.tier, now=timezone.now()) for pin in pins]
        count = sum(each is not None for each in ended)
        messages.success(request, _("%(count)d loans have ended.") % {"count": count})


@admin.register(Leave)
class LeaveAdmin(ByHand):
    """Who is away for a while; the duties of every month that it touches are forgiven."""

    list_display = ("member", "begins_at", "ends_at", "reason", "set_by", "set_at")
    list_select_related = ("member",)
    search_fields = ("member__ref", "member__display_name")
    ordering = ("-id",)
    fields = ("member", "begins_at", "ends_at", "reason")
    actions = ("end",)

    def save_model(self, request: HttpRequest, obj: Leave, form: Any, change: bool) -> None:  # noqa: FBT001
        given = dict(form.cleaned_data)
        try:
            made = leaves.take_leave(by=str(request.user), now=timezone.now(), until=given.pop("ends_at"), **given)
        except leaves.CannotLeave as error:
            messages.error(request, str(error))
            return
        obj.pk = made.pk

    @admin.action(description=gettext_lazy("They are back"), permissions=["change"])
    def end(self, request: HttpRequest, rows: QuerySet[Leave]) -> None:
        ended = [leaves.end_leave(member=row.member, now=timezone.now()) for row in rows]
        count = sum(each is not None for each in ended)
        messages.success(request, _("%(count)d leaves have ended.") % {"count": count})


@admin.register(TierInvitation)
class TierInvitationAdmin(ByHand):
    """An invitation into a tier that is not open to everybody. It counts once the member has accepted it."""

    list_display = ("member", "tier", "reason", "invited_by", "invited_at", "accepted_at", "ended_at")
    list_filter = ("tier",)
    list_select_related = ("member", "tier__ladder")
    search_fields = ("member__ref",)
    ordering = ("-id",)
    fields = ("member", "tier", "reason")
    actions = ("end",)

    def save_model(self, request: HttpRequest, obj: TierInvitation, form: Any, change: bool) -> None:  # noqa: FBT001
        try:
            made = lending.invite_into(by=str(request.user), now=timezone.now(), **form.cleaned_data)
        except lending.CannotLend as error:
            messages.error(request, str(error))
            return
        obj.pk = made.pk

    @admin.action(description=gettext_lazy("Take selected invitations back"), permissions=["change"])
    def end(self, request: HttpRequest, invitations: QuerySet[TierInvitation]) -> None:
        now = timezone.now()
        ended = [lending.end_invitation(member=each.member, tier=each.tier, now=now) for each in invitations]
        count = sum(each is not None for each in ended)
        messages.success(request, _("%(count)d invitations have ended.") % {"count": count})
