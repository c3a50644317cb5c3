"""A member's invitations, as their page shows them: to make a code, and to take one back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from config.site.views import for_member
from incentives.domain.campaigns.openings import open_to
from members.domain.invitations import making
from members.models import Invitation, Member


def _back() -> HttpResponse:
    return redirect(f"{reverse('points')}#invite")


def _campaign(request: HttpRequest, member: Member) -> str:
    """The campaign that a code is made for, if that is one of the member's; a code for none is a code all the same."""
    wanted = request.POST.get("campaign", "")
    return wanted if wanted and wanted in {each.code for each in open_to(member, now=timezone.now())} else ""


@require_POST
@for_member
def make(request: HttpRequest, member: Member) -> HttpResponse:
    """One more code, for one person."""
    try:
        made = making.invite(inviter=member, now=timezone.now(), channel="page", campaign=_campaign(request, member))
    except making.CannotInvite:
        messages.error(request, _("There is no invitation left to give at the moment."))
    else:
        messages.success(request, _("Here is your code: %(code)s. It lets one person in.") % {"code": made.code})
    return _back()


@require_POST
@for_member
def revoke(request: HttpRequest, member: Member) -> HttpResponse:
    """Take back a code that nobody has used yet."""
    found = Invitation.objects.filter(
        inviter=member, code=request.POST.get("code", "")[:32].replace("\x00", "")
    ).first()
    if found is None:
        raise Http404
    making.revoke(invitation=found, now=timezone.now())
    messages.success(request, _("Taken back; nobody can join with it any more."))
    return _back()
