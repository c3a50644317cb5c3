"""The calendar and the page of an activity, for members and for whoever passes by."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from activities.models import Activity
from config.site.gatherings.calendar import asked_of, calendar_of
from config.site.gatherings.showing import Given, shown_of
from config.site.views import member_of
from members.models import Member

CHANNEL_LENGTH_MAX, CODE_LENGTH_MAX = 40, 80


@never_cache
@require_GET
def calendar(request: HttpRequest) -> HttpResponse:
    """What is coming, a month, and what is past."""
    member = member_of(request)
    now = timezone.now()
    with timezone.override(member.zone() if member is not None else None):
        asked = asked_of(request.GET.dict(), today=timezone.localdate(now))
        page = calendar_of(member, asked, now=now)
        return render(request, "site/activities.html", {"page": page, "member": member})


@never_cache
@require_GET
def activity(request: HttpRequest, code: str) -> HttpResponse:
    """The page of an activity that has been announced."""
    channel = request.GET.get("from", "").replace("\x00", "")[:CHANNEL_LENGTH_MAX]
    group = request.GET.get("group", "").replace("\x00", "")[:CODE_LENGTH_MAX]
    return show(request, member_of(request), find_public(code), Given(channel=channel, group=group))


def show(
    request: HttpRequest, member: Member | None, found: Activity, given: Given, *, status: int = 200
) -> HttpResponse:
    """The page, with what was written into its form."""
    with timezone.override(member.zone() if member is not None else None):
        page = shown_of(found, member, now=timezone.now(), given=given)
        context: dict[str, Any] = {"page": page, "activity": found, "member": member}
        return render(request, "site/activity.html", context, status=status)


def find_public(code: str) -> Activity:
    """An activity by its address; a draft is not there."""
    found = (
        Activity.objects.public().select_related("space", "tier", "series").filter(code=code[:CODE_LENGTH_MAX]).first()
    )
    if found is None:
        raise Http404
    return found
