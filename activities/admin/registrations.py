"""Who comes, who waits, and who is to be answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms.models import construct_instance
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activities.domain import deciding, questions, registering
from activities.enums import EndedBy
from activities.models import Registration
from incentives.admin.privileges import operator_of
from incentives.domain.requests import Refused
from members.admin.base import Plain


class RegistrationForm(forms.ModelForm[Registration]):
    class Meta:
        model = Registration
        fields = ["activity", "member", "guests", "answers", "channel"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        activity, member = cleaned.get("activity"), cleaned.get("member")
        if activity is None or member is None:
            return cleaned
        verdict = deciding.verdict_of(activity, member, now=timezone.now())
        if verdict.why_not is not None:
            raise forms.ValidationError(verdict.why_not.sentence)
        try:
            questions.answered(questions.read(activity.questions), cleaned.get("answers") or {})
        except questions.BadAnswer as error:
            self.add_error("answers", f"{error.code}: {error.sentence}")
        return cleaned

    def _post_clean(self) -> None:
        """The domain decides what becomes of it."""
        self.instance = construct_instance(self, self.instance, self._meta.fields, self._meta.exclude)


@admin.register(Registration)
class RegistrationAdmin(Plain[Registration]):
    """Whoever is put in by hand is registered like everybody: the same demands, the same line."""

    form = RegistrationForm
    list_display = ("activity", "member", "state", "guests", "registered_at", "until", "checked_in_at", "missed_at")
    list_filter = ("state", "activity__kind")
    list_select_related = ("activity", "member")
    search_fields = ("=member__ref", "member__display_name", "activity__code")
    raw_id_fields = ("activity", "member")
    ordering = ("-id",)
    actions = ("approve", "refuse", "cancel")

    def has_change_permission(self, request: HttpRequest, obj: Registration | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, *_args: object) -> bool:
        """It is cancelled, never forgotten."""
        return False

    def save_model(self, request: HttpRequest, obj: Registration, form: Any, change: bool) -> None:  # noqa: FBT001
        given = form.cleaned_data
        try:
            made, _new = registering.register(
                activity_id=given["activity"].pk, member=given["member"], now=timezone.now(), guests=given["guests"],
                answers=given["answers"] or {}, channel=given["channel"], actor=operator_of(request),
            )  # fmt: skip
        except Refused as error:
            # Somebody was faster than the form was checked.
            messages.error(request, error.sentence)
            return
        obj.pk = made.pk

    @admin.action(description=gettext_lazy("Say yes to selected registrations"), permissions=["change"])
    def approve(self, request: HttpRequest, chosen: QuerySet[Registration]) -> None:
        actor = operator_of(request)
        self._each(
            request, chosen, lambda pk: registering.approve(registration_id=pk, now=timezone.now(), actor=actor)[1]
        )

    @admin.action(description=gettext_lazy("Say no to selected registrations"), permissions=["change"])
    def refuse(self, request: HttpRequest, chosen: QuerySet[Registration]) -> None:
        self._each(request, chosen, lambda pk: registering.refuse(registration_id=pk, now=timezone.now())[1])

    @admin.action(description=gettext_lazy("Cancel selected registrations"), permissions=["change"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[Registration]) -> None:
        self._each(
            request, chosen,
            lambda pk: registering.cancel(registration_id=pk, now=timezone.now(), by=EndedBy.TEAM)[1],
        )  # fmt: skip

    def _each(self, request: HttpRequest, chosen: QuerySet[Registration], do: Callable[[int], bool]) -> None:
        count = 0
        for each in chosen.select_related("member").order_by("registered_at", "pk"):
            try:
                count += do(each.pk)
            except Refused as error:
                messages.error(request, f"{each.member}: {error.sentence}")
        messages.success(request, _("%(count)d registrations were changed.") % {"count": count})
