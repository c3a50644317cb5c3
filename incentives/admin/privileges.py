"""Privileges as operators define, grant and freeze them."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from incentives.domain.privileges import granting
from incentives.domain.privileges.attention import SellsAttention, check_sale
from incentives.models import Privilege, PrivilegeGrant, PrivilegeGround
from members.admin.base import Plain
from members.admin.within import HARMLESS, Within
from members.domain.texts import text_in


def operator_of(request: HttpRequest) -> str:
    """Who acts, as the books name them."""
    return f"operator {request.user.pk}"


class GroundForm(forms.ModelForm[PrivilegeGround]):
    class Meta:
        model = PrivilegeGround
        fields = ["kind", "tier", "badge", "segment", "role", "currency", "price", "quota", "bought_max"]


class GroundFormSet(forms.BaseInlineFormSet[PrivilegeGround, Privilege, GroundForm]):
    """All grounds together: what of others' attention they sell is a tenth at most."""

    def clean(self) -> None:
        super().clean()
        kept = [
            form
            for form in self.forms
            if form not in self.deleted_forms and form.has_changed() | bool(form.instance.pk)
        ]
        if any(form.errors for form in kept):
            return
        try:
            check_sale(self.instance, [form.instance for form in kept])
        except SellsAttention as error:
            raise forms.ValidationError(str(error)) from error


class GroundInline(TabularInline):  # type: ignore[misc]  # The theme ships no types.
    model = PrivilegeGround
    form = GroundForm
    formset = GroundFormSet
    extra = 0


@admin.register(Privilege)
class PrivilegeAdmin(Plain[Privilege]):
    within = HARMLESS
    list_display = ("code", "name", "kind", "way", "quota", "every", "promise_hours", "is_active")
    list_filter = ("way", "is_active")
    search_fields = ("code",)
    ordering = ("code",)
    inlines = (GroundInline,)

    @admin.display(description=gettext_lazy("name"))
    def name(self, privilege: Privilege) -> str:
        return text_in(privilege.names, get_language() or "en", privilege.code)

    def has_delete_permission(self, *_args: object) -> bool:
        """Members have used it, and rules name it; it is switched off instead."""
        return False


class GrantForm(forms.ModelForm[PrivilegeGrant]):
    # One form is one grant, however often its button is pressed.
    token = forms.CharField(widget=forms.HiddenInput, initial=secrets.token_hex, max_length=64)
    days = forms.IntegerField(
        label=gettext_lazy("or so many whole days"), min_value=1, max_value=3_660, required=False,
        widget=UnfoldAdminIntegerFieldWidget, help_text=gettext_lazy("Where the member lives, with today."),
    )  # fmt: skip
    like = forms.CharField(
        label=gettext_lazy("or as long as this activity"), max_length=80, required=False,
        widget=UnfoldAdminTextInputWidget, help_text=gettext_lazy("Its code."),
    )  # fmt: skip

    class Meta:
        model = PrivilegeGrant
        fields = ["privilege", "member", "until", "days", "like", "uses_max", "reason"]

    def clean(self) -> dict[str, Any] | None:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return given
        try:
            granting.check_window(
                member_id=given["member"].pk, privilege=given["privilege"], now=timezone.now(), until=given["until"],
                days=given["days"], like=given["like"],
            )  # fmt: skip
        except granting.CannotGrant as error:
            self.add_error("like" if given["like"] else "until", error.sentence)
        return given

    def clean_privilege(self) -> Privilege:
        privilege: Privilege = self.cleaned_data["privilege"]
        try:
            granting.check_grantable(privilege)
        except granting.NotGrantable as error:
            raise forms.ValidationError(str(error)) from error
        return privilege

    def clean_until(self) -> Any:
        until = self.cleaned_data["until"]
        if until is not None and until <= timezone.now():
            raise forms.ValidationError(_("This lies in the past."))
        return until


@admin.register(PrivilegeGrant)
class PrivilegeGrantAdmin(Plain[PrivilegeGrant]):
    """Who was given what, by rule, birthday, app or colleague; a grant is taken back, never changed."""

    within = Within(member="member")
    form = GrantForm
    list_display = (
        "privilege",
        "member",
        "granted_at",
        "starts_at",
        "until",
        "uses",
        "uses_max",
        "given_by",
        "revoked_at",
    )
    list_filter = ("privilege",)
    list_select_related = ("privilege", "member")
    search_fields = ("member__ref", "rule_code")
    raw_id_fields = ("member",)
    ordering = ("-id",)
    actions = ("revoke",)

    @admin.display(description=gettext_lazy("by"))
    def given_by(self, grant: PrivilegeGrant) -> str:
        return grant.rule_code or grant.actor or "—"

    def has_change_permission(self, request: HttpRequest, obj: PrivilegeGrant | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, *_args: object) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: PrivilegeGrant, form: Any, change: bool) -> None:  # noqa: FBT001
        given = form.cleaned_data
        made, _new = granting.grant_privilege(
            member_id=given["member"].pk, privilege=given["privilege"], key=given["token"], now=timezone.now(),
            until=given["until"], days=given["days"], like=given["like"], uses_max=given["uses_max"],
            reason=given["reason"], actor=operator_of(request),
        )  # fmt: skip
        obj.pk = made.pk

    @admin.action(description=gettext_lazy("Take selected grants back"), permissions=["change"])
    def revoke(self, request: HttpRequest, grants: QuerySet[PrivilegeGrant]) -> None:
        count = sum(granting.revoke_grant(grant_id=grant.pk, now=timezone.now()) for grant in grants)
        messages.success(request, _("%(count)d grants were taken back.") % {"count": count})
