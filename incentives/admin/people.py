"""What operators do with a member as a person, each step with its reason."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.dataclasses import ActionDialog
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from incentives.admin.dialogs import shown
from incentives.domain.erasing import erase
from incentives.domain.ledger import LedgerError
from incentives.domain.merging import merge
from members.domain.people.erasing import CannotErase
from members.domain.people.merging import CannotMerge
from members.domain.statuses import StatusFixed, change_status
from members.enums import MemberStatus
from members.models import Member

# A ban is recorded as a violation, so that it can be appealed.
TO = (MemberStatus.ACTIVE, MemberStatus.SUSPENDED, MemberStatus.LEFT)


class StatusForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """A status and why."""

    status = forms.ChoiceField(
        label=gettext_lazy("status"), choices=[(each.value, each.label) for each in TO], widget=UnfoldAdminSelectWidget
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=100, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Stands in the history beside your name."),
    )  # fmt: skip


class MergeForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """The other membership of the same person, and why one is sure of it."""

    merged = forms.CharField(
        label=gettext_lazy("ref of the other membership"), max_length=128, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("It goes; this one stays."),
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=80, widget=UnfoldAdminTextInputWidget)


class EraseForm(BaseDialogForm):  # type: ignore[misc]  # The theme ships no types.
    """The ref typed out, and why."""

    ref = forms.CharField(
        label=gettext_lazy("Type the ref of this member"), max_length=128, widget=UnfoldAdminTextInputWidget
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=100, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("It stays for ever; name nobody in it."),
    )  # fmt: skip


class PersonSteps:
    """The steps of a member's page that change what the person may do."""

    @action(
        description=gettext_lazy("Change status"), url_path="status", permissions=["change"], icon="person_alert",
        dialog=ActionDialog(
            title=gettext_lazy("Change the status of this member"),
            description=gettext_lazy(
                "Suspended and banned members earn and spend nothing, but see their page; who has left does not."
            ),
            form_class=StatusForm, form_submit_text=gettext_lazy("Change"),
        ),
    )  # fmt: skip
    def change_status(self, request: HttpRequest, form: StatusForm, object_id: int) -> HttpResponse:
        given = form.cleaned_data
        status = MemberStatus(given["status"])
        try:
            is_changed = change_status(
                member_id=int(object_id), status=status, now=timezone.now(), reason=given["reason"], by=request.user
            )
        except StatusFixed as error:
            messages.error(request, str(error))
        else:
            said = _("The member is now %(status)s.") if is_changed else _("The member was %(status)s already.")
            messages.success(request, said % {"status": status.label})
        return shown(request, reverse("admin:members_member_change", args=[object_id]))

    @action(
        description=gettext_lazy("Merge"), url_path="merge", permissions=["merge"], icon="merge",
        dialog=ActionDialog(
            title=gettext_lazy("Merge another membership into this one"),
            description=gettext_lazy(
                "Points, timeline, badges and lineage come over, and the other ref means this member from then on. "
                "This cannot be undone."
            ),
            form_class=MergeForm, form_submit_text=gettext_lazy("Merge"),
        ),
    )  # fmt: skip
    def merge_member(self, request: HttpRequest, form: MergeForm, object_id: int) -> HttpResponse:
        given = form.cleaned_data
        page = reverse("admin:members_member_change", args=[object_id])
        other = Member.objects.filter(ref=given["merged"].strip()).first()
        if other is None:
            messages.error(request, _("There is no member with this ref."))
            return shown(request, page)
        try:
            done = merge(
                survivor_id=int(object_id), merged_id=other.pk, now=timezone.now(), reason=given["reason"],
                by=request.user, actor=f"operator {request.user.pk}",
            )  # fmt: skip
        except (CannotMerge, LedgerError) as error:
            messages.error(request, str(error))
        else:
            said = _("They are one member now.") if done.is_new else _("They were merged before.")
            messages.success(request, said)
        return shown(request, page)

    def has_merge_permission(self, request: HttpRequest, *_: object) -> bool:
        """It moves points and what is known of people."""
        return request.user.has_perms(("members.change_member", "incentives.add_journal"))

    @action(
        description=gettext_lazy("Erase"), url_path="erase", permissions=["erase"], icon="delete_forever",
        dialog=ActionDialog(
            title=gettext_lazy("Erase this person"),
            description=gettext_lazy(
                "Name, address, attributes, login, history and whatever events say about the person are removed; "
                "their points end. The books stay. This cannot be undone."
            ),
            form_class=EraseForm, form_submit_text=gettext_lazy("Erase for good"),
        ),
    )  # fmt: skip
    def erase_member(self, request: HttpRequest, form: EraseForm, object_id: int) -> HttpResponse:
        given = form.cleaned_data
        try:
            erase(
                member_id=int(object_id), ref=given["ref"].strip(), reason=given["reason"], now=timezone.now(),
                by=request.user, actor=f"operator {request.user.pk}",
            )  # fmt: skip
        except CannotErase as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("This person was erased."))
        return shown(request, reverse("admin:members_member_change", args=[object_id]))

    def has_erase_permission(self, request: HttpRequest, *_: object) -> bool:
        """Whoever may take somebody out of the books' sight: administrators, by the right to delete members."""
        return request.user.has_perm("members.delete_member")
