"""Invitations and the referrals that somebody should look at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import ActionForm

from incentives.domain import referrals
from members.admin.base import Plain, Window
from members.admin.within import Within
from members.domain.invitations.making import invite
from members.models import Invitation, Referral


def _operator(request: HttpRequest) -> AbstractBaseUser:
    assert isinstance(request.user, AbstractBaseUser), "the admin lets nobody else in"
    return request.user


class InvitationForm(forms.ModelForm[Invitation]):
    class Meta:
        model = Invitation
        fields = ["code", "channel", "campaign", "space", "email", "email_domain", "uses_max", "expires_at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A code that is only looked at has no fields.
        if "code" in self.fields:
            self.fields["code"].required = False
            self.fields["code"].help_text = gettext_lazy("Empty for a random one.")

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).upper()
        if code and Invitation.objects.filter(code=code).exists():
            raise forms.ValidationError(_("This code is taken; choose another."))
        return code


@admin.register(Invitation)
class InvitationAdmin(Plain[Invitation]):
    """Codes of the operators are made here; members' codes come from the app and are only looked at."""

    within = Within(space="space")
    form = InvitationForm
    list_display = (
        "code", "inviter", "partner", "channel", "campaign", "space", "uses", "uses_max", "sent_at", "expires_at",
        "revoked_at",
    )  # fmt: skip
    list_filter = ("channel", "campaign", "space", "partner")
    list_select_related = ("inviter", "space", "partner")
    search_fields = ("code", "inviter__ref", "email")
    ordering = ("-id",)
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, *_: object) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:  # noqa: FBT001
        made = invite(inviter=None, now=timezone.now(), **form.cleaned_data)
        obj.pk, obj.code = made.pk, made.code

    @admin.action(description=gettext_lazy("Take selected codes back"), permissions=["change"])
    def revoke(self, request: HttpRequest, invitations: QuerySet[Invitation]) -> None:
        count = invitations.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
        messages.success(request, _("%(count)d codes let nobody in any more.") % {"count": count})


class DecisionForm(ActionForm):  # type: ignore[misc]  # The theme ships no types.
    note = forms.CharField(required=False, max_length=500, label=gettext_lazy("Why"))


@admin.register(Referral)
class ReferralAdmin(Window[Referral]):
    """Who brought whom, how far they got, and what was stopped to be looked at."""

    within = Within(member="member")
    action_form = DecisionForm
    list_display = (
        "member", "inviter", "invitation", "depth", "state", "why", "joined_at", "broke_ice_at", "active_at",
        "retained_at",
    )  # fmt: skip
    list_filter = ("state", "depth")
    list_select_related = ("member", "inviter", "invitation")
    search_fields = ("member__ref", "inviter__ref", "invitation__code")
    ordering = ("-joined_at",)
    actions = ("confirm", "reject")

    @admin.display(description=gettext_lazy("why it was stopped"))
    def why(self, referral: Referral) -> str:
        words = {
            "same_email": _("the inviter's own address"),
            "email_shape": _("addresses that are counted up"),
            "burst": _("many within minutes"),
            "banned_email": _("the address of somebody who was banned"),
            "closed_tree": _("somebody up the line is the newcomer"),
            "closed_circle": _("nobody of them knows anybody else"),
            "packet": _("most of the inviter's guests took something and went"),
        }
        return ", ".join(words.get(reason, reason) for reason in referral.reasons)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("members.change_referral")

    @admin.action(description=gettext_lazy("It is a real newcomer: let it count"), permissions=["decide"])
    def confirm(self, request: HttpRequest, chosen: QuerySet[Referral]) -> None:
        for referral in chosen:
            try:
                referrals.confirm_referral(
                    referral_id=referral.pk,
                    by=_operator(request),
                    now=timezone.now(),
                    note=request.POST.get("note", ""),
                )
            except referrals.CannotDecide as error:
                messages.error(request, f"{referral}: {error}")
            else:
                messages.success(request, _("%(referral)s counts from now on.") % {"referral": referral})

    @admin.action(description=gettext_lazy("It is none: take back what it paid"), permissions=["decide"])
    def reject(self, request: HttpRequest, chosen: QuerySet[Referral]) -> None:
        for referral in chosen:
            try:
                taken = referrals.reject_referral(
                    referral_id=referral.pk,
                    by=_operator(request),
                    now=timezone.now(),
                    note=request.POST.get("note", ""),
                )
            except referrals.CannotDecide as error:
                messages.error(request, f"{referral}: {error}")
            else:
                words = _("%(referral)s: %(count)d payments taken back, %(lost)d could not be recovered whole.")
                messages.success(request, words % {"referral": referral, "count": taken.reversed, "lost": taken.lost})
