"""Who comes, who waits, and who is to be answered."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms.models import construct_instance
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from activities.domain import deciding, questions, registering
from activities.domain.checking_in import scanning, taking_back
from activities.enums import EndedBy, RegistrationState
from activities.models import Registration
from incentives.admin.dialogs import StepForm, dialog, shown
from incentives.admin.privileges import operator_of
from incentives.domain.requests import Refused
from members.admin.base import Plain
from members.admin.within import Within


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

    within = Within(space="activity__space")
    form = RegistrationForm
    list_display = ("activity", "member", "state", "guests", "registered_at", "until", "checked_in_at", "missed_at")
    list_filter = ("state", "activity__kind")
    list_select_related = ("activity", "member")
    search_fields = ("=member__ref", "member__display_name", "activity__code")
    raw_id_fields = ("activity", "member")
    ordering = ("-id",)
    actions = ("approve", "refuse", "cancel")
    actions_detail = ("check_in_now", "undo_check_in")

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

    @action(
        description=gettext_lazy("Check in now"), url_path="check-in", permissions=["door"], icon="how_to_reg",
        dialog=dialog(
            gettext_lazy("They are here"), gettext_lazy("Rules thank them for having come."),
            gettext_lazy("Check in"),
        ),
    )  # fmt: skip
    def check_in_now(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        found, now = get_object_or_404(Registration.objects.select_related("member"), pk=object_id), timezone.now()
        scanned = scanning.Scanned(
            nonce=f"desk-{secrets.token_hex(12)}", scanned_at=now, registration=found, device="desk",
            reason=form.cleaned_data["reason"],
        )  # fmt: skip
        taken = scanning.take(activity_id=found.activity_id, scanned=scanned, now=now, actor=operator_of(request))
        (messages.error if taken.scan.why else messages.success)(request, taken.sentence)
        return self._shown(request, object_id)

    @action(
        description=gettext_lazy("They have not come"), url_path="undo-check-in", permissions=["door"], icon="undo",
        dialog=dialog(
            gettext_lazy("Take a wrong check-in back"),
            gettext_lazy("What rules paid for it is taken back. Say why."), gettext_lazy("Take it back"),
        ),
    )  # fmt: skip
    def undo_check_in(self, request: HttpRequest, form: StepForm, object_id: int) -> HttpResponse:
        get_object_or_404(Registration, pk=object_id)
        try:
            taken = taking_back.undo(
                registration_id=int(object_id), nonce=f"desk-{secrets.token_hex(12)}",
                reason=form.cleaned_data["reason"], now=timezone.now(), actor=operator_of(request),
            )  # fmt: skip
        except scanning.CannotScan as error:
            messages.error(request, error.sentence)
        else:
            messages.success(request, taken.sentence)
        return self._shown(request, object_id)

    def has_door_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perm("activities.change_registration")

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> Any:
        """What can be done with whoever has a place: they come, or have not come after all."""
        found = super().get_actions_detail(request, object_id)
        registration = Registration.objects.filter(pk=object_id).first() if str(object_id).isdigit() else None
        if registration is None or registration.state != RegistrationState.CONFIRMED:
            return []
        name = "check_in_now" if registration.checked_in_at is None else "undo_check_in"
        return [each for each in found if each.method.__name__ == name]

    def _shown(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return shown(request, reverse("admin:activities_registration_change", args=[object_id]))

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
