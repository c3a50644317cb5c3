"""Partners, what was agreed with them, and what each side gave and got."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.dataclasses import ActionDialog
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from incentives.admin.dialogs import shown
from incentives.domain.partners import scoreboard_of
from members.admin.base import Remembered, WhyForm
from members.domain.invitations.making import CannotInvite, invite
from members.models import Partner, Space


class PartnerForm(WhyForm):
    class Meta:
        model = Partner
        fields = [
            "code", "name", "contact", "contract_from", "contract_until", "codes_max", "tickets_max", "source",
            "note",
        ]  # fmt: skip


class CodeForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """For how many people the code is, and which space it opens."""

    uses = forms.IntegerField(
        label=gettext_lazy("for so many people"), min_value=1, max_value=1_000_000, widget=UnfoldAdminIntegerFieldWidget
    )
    space = forms.ModelChoiceField(
        Space.objects.all(), label=gettext_lazy("opens the space"), required=False, widget=UnfoldAdminSelectWidget
    )


@admin.register(Partner)
class PartnerAdmin(Remembered[Partner]):
    form = PartnerForm
    change_form_outer_before_template = "admin/_partner.html"
    list_display = (
        "code", "name", "contract_from", "contract_until", "codes_max", "tickets_given", "tickets_max", "source",
    )  # fmt: skip
    list_select_related = ("source",)
    search_fields = ("code", "name", "contact")
    actions_detail = ("make_code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Partner | None = None) -> tuple[str, ...]:
        return ("code",) if obj is not None else ()

    def has_delete_permission(self, *_args: object) -> bool:
        """Members came by it; its contract ends instead."""
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        partner = Partner.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        board: dict[str, Any] = {"partner": partner, "score": scoreboard_of(partner)} if partner is not None else {}
        answer: HttpResponse = super().change_view(request, object_id, form_url, {**(extra_context or {}), **board})
        return answer

    def has_code_permission(self, request: HttpRequest, *_args: object) -> bool:
        return request.user.has_perms(("members.change_partner", "members.add_invitation"))

    @action(
        description=gettext_lazy("Make a code"), url_path="code", permissions=["code"], icon="qr_code",
        dialog=ActionDialog(
            title=gettext_lazy("A code for this partner to give away"),
            description=gettext_lazy("It lets in as many as it says, until the contract ends."),
            form_class=CodeForm, form_submit_text=gettext_lazy("Make it"),
        ),
    )  # fmt: skip
    def make_code(self, request: HttpRequest, form: CodeForm, object_id: int) -> HttpResponse:
        given, partner = form.cleaned_data, Partner.objects.get(pk=object_id)
        try:
            made = invite(
                inviter=None, now=timezone.now(), channel="partner", uses_max=given["uses"], space=given["space"],
                partner=partner,
            )  # fmt: skip
        except CannotInvite as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, partner, _("Made the code %(code)s.") % {"code": made.code})
            said = {"code": made.code, "uses": made.uses_max}
            messages.success(request, _("The code is %(code)s, for %(uses)d people.") % said)
        return shown(request, reverse("admin:members_partner_change", args=[object_id]))
