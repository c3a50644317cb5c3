"""Spaces, how they are doing, and who is in them or waits at their doors."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.forms.models import construct_instance
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from members.admin.base import Plain, Remembered, WhyForm, reason_field
from members.admin.within import Within
from members.domain.spaces import joining
from members.domain.spaces.health import weeks_of
from members.domain.texts import text_in
from members.enums import MembershipState
from members.models import Appointment, Space, SpaceMember
from members.models.roles import HOST


class SpaceForm(WhyForm):
    """A space has a why of its own, in its charter; the reason of a change bears another name."""

    reason_is = "change_reason"
    why = None  # type: ignore[assignment]  # So Django takes a field of the base away.
    change_reason = reason_field()

    class Meta:
        model = Space
        fields = [
            "ref", "names", "for_whom", "why", "gives", "is_not", "rules", "capacity", "intake_max", "language",
            "state",
        ]  # fmt: skip


@admin.register(Space)
class SpaceAdmin(Remembered[Space]):
    """A group, a channel or a chapter; on its page, above the form, how it has been doing."""

    within = Within(space="pk", barred=("add",))
    form = SpaceForm
    change_form_outer_before_template = "admin/_space.html"
    list_display = ("ref", "name", "state", "inside", "waiting", "capacity", "intake_max", "language")
    list_filter = ("state", "language")
    search_fields = ("ref",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Space]:
        found: QuerySet[Space] = super().get_queryset(request)
        inside = Q(memberships__state=MembershipState.IN, memberships__member__is_house=False)
        return found.annotate(
            in_count=Count("memberships", filter=inside),
            waiting_count=Count("memberships", filter=Q(memberships__state=MembershipState.WAITING)),
        )

    @admin.display(description=gettext_lazy("name"))
    def name(self, space: Space) -> str:
        return text_in(space.names, get_language() or "en")

    @admin.display(description=gettext_lazy("members"))
    def inside(self, space: Any) -> int:
        return int(space.in_count)

    @admin.display(description=gettext_lazy("in line"))
    def waiting(self, space: Any) -> int:
        return int(space.waiting_count)

    def get_readonly_fields(self, request: HttpRequest, obj: Space | None = None) -> tuple[str, ...]:
        return ("ref",) if obj is not None else ()

    def has_delete_permission(self, *_args: object) -> bool:
        """Events name it; it is closed instead."""
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        space = Space.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        shown: dict[str, Any] = {}
        if space is not None:
            now = timezone.now()
            hosts = Appointment.objects.in_force_at(now).filter(space=space, role__code=HOST).select_related("member")
            shown = {"space": space, "weeks": weeks_of(space, now=now), "hosts": [each.member for each in hosts]}
        answer: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})
        return answer


class SpaceMemberForm(forms.ModelForm[SpaceMember]):
    class Meta:
        model = SpaceMember
        fields = ["space", "member"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        space, member = cleaned.get("space"), cleaned.get("member")
        if space is not None and member is not None:
            try:
                joining.check(space, member)
            except joining.CannotEnter as error:
                raise forms.ValidationError(error.sentence) from error
        return cleaned

    def _post_clean(self) -> None:
        """Whoever was there before comes back into the same row."""
        self.instance = construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)


@admin.register(SpaceMember)
class SpaceMemberAdmin(Plain[SpaceMember]):
    """Whoever is put in by hand goes past the line."""

    within = Within(space="space")
    form = SpaceMemberForm
    list_display = ("space", "member", "state", "asked_at", "joined_at", "left_at")
    list_filter = ("state", "space")
    list_select_related = ("space", "member")
    search_fields = ("=member__ref", "member__display_name")
    raw_id_fields = ("member",)
    ordering = ("-id",)
    actions = ("let_in", "let_out")

    def has_change_permission(self, request: HttpRequest, obj: SpaceMember | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, *_args: object) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: SpaceMember, form: Any, change: bool) -> None:  # noqa: FBT001
        made, _new = joining.enter(space=obj.space, member=obj.member, now=timezone.now(), by_hand=True)
        obj.pk = made.pk

    @admin.action(description=gettext_lazy("Let selected members in now, past the line"), permissions=["change"])
    def let_in(self, request: HttpRequest, chosen: QuerySet[SpaceMember]) -> None:
        count = 0
        for each in chosen.select_related("space", "member"):
            try:
                count += joining.enter(space=each.space, member=each.member, now=timezone.now(), by_hand=True)[1]
            except joining.CannotEnter as error:
                messages.error(request, f"{each.member}: {error.sentence}")
        messages.success(request, _("%(count)d came in.") % {"count": count})

    @admin.action(description=gettext_lazy("Take selected members out"), permissions=["change"])
    def let_out(self, request: HttpRequest, chosen: QuerySet[SpaceMember]) -> None:
        found = chosen.select_related("space", "member")
        count = sum(joining.leave(space=each.space, member=each.member, now=timezone.now()) for each in found)
        messages.success(request, _("%(count)d left.") % {"count": count})
