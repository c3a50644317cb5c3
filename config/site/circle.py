"""Whom a member knows, as their page shows it: to see, to hide, to take along, or to switch off."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config.site.views import for_member
from members.domain.connections import introductions, knowing
from members.domain.connections.queries import circle_of
from members.domain.people.tables import safe_cell
from members.models import Member


def _back() -> HttpResponse:
    return redirect(f"{reverse('points')}#circle")


@require_POST
@for_member
def hide(request: HttpRequest, member: Member) -> HttpResponse:
    """The member says: this is no connection of mine."""
    other = Member.objects.filter(ref=request.POST.get("other", "")[:128].replace("\x00", "")).first()
    if other is None or not knowing.mark_hidden(member_id=member.pk, other_id=other.pk):
        raise Http404
    messages.success(request, _("Hidden, and counted no more."))
    return _back()


@require_POST
@for_member
def switch(request: HttpRequest, member: Member) -> HttpResponse:
    """Forget all connections and keep none, or begin anew."""
    is_off = request.POST.get("off") == "yes"
    knowing.switch(member_id=member.pk, is_off=is_off)
    messages.success(request, _("Switched off and forgotten.") if is_off else _("Switched on."))
    return _back()


@require_POST
@for_member
def answer(request: HttpRequest, member: Member, introduction_id: int) -> HttpResponse:
    """Yes or no to an introduction."""
    try:
        introductions.answer(
            introduction_id=min(introduction_id, 2**62), member_id=member.pk, now=timezone.now(),
            agrees=request.POST.get("agrees") == "yes",
        )  # fmt: skip
    except introductions.CannotIntroduce as error:
        raise Http404 from error
    messages.success(request, _("Thank you; we will tell you when it comes about."))
    return _back()


@never_cache
@require_GET
@for_member
def export(_request: HttpRequest, member: Member) -> HttpResponse:
    """A member's own connections as a table to take along."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="connections.csv"'
    rows: Any = csv.writer(response)
    rows.writerow(["member", "name", "first contact", "last contact", "days of contact", "mutual"])
    for line in circle_of(member.pk).lines:
        first, last = line.first_at.isoformat(), line.last_at.isoformat()
        rows.writerow(
            [line.member, safe_cell(line.display_name), first, last, line.days, "yes" if line.is_mutual else "no"]
        )
    return response
