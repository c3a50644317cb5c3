"""What a member does with their notifications: read them, and switch promotions off or on."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from config.site.views import for_member
from members.domain.notifications import inbox
from members.models import Member


@require_POST
@for_member
def read(_request: HttpRequest, member: Member) -> HttpResponse:
    """Everything that was shown so far is read."""
    inbox.mark_read(member=member, now=timezone.now())
    return back()


@require_POST
@for_member
def switch(request: HttpRequest, member: Member) -> HttpResponse:
    """Promotions, or none."""
    inbox.choose(member=member, wants=request.POST.get("wants") == "yes", now=timezone.now())
    return back()


def back() -> HttpResponse:
    return redirect(f"{reverse('points')}#inbox")
