"""The way out of email, from a link in a message: one button, no login. Mail programs press it too (RFC 8058)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from config.site.inbox import back
from config.site.views import for_member
from members.domain.notifications import mailing
from members.models import Member


@csrf_exempt  # The address itself is the permission, and mail programs post without a form.
@require_http_methods(["GET", "HEAD", "POST"])
def off(request: HttpRequest, token: str) -> HttpResponse:
    """Ask once, and switch it off when the button is pressed. Looking at the page changes nothing."""
    member = mailing.member_of(token)
    if member is None:
        raise Http404
    if request.method == "POST":
        mailing.choose_email(member=member, wants=False)
    answer = render(request, "site/email_off.html", {"is_off": not mailing.wants_email(member.pk)})
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@require_POST
@for_member
def switch(request: HttpRequest, member: Member) -> HttpResponse:
    """Email, or none."""
    mailing.choose_email(member=member, wants=request.POST.get("wants") == "yes")
    return back()
